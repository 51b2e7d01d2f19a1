namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A sparse matrix of BIOM 2.1 in compressed rows: the values of row i are those from <c>Starts[i]</c> up to <c>Starts[i + 1]</c>.</summary>
internal sealed record BiomMatrix(int[] Starts, int[] Columns, double[] Values, int Width)
{
    /// <exception cref="Hdf5Exception">A part is missing, or its numbers are not those of such a matrix.</exception>
    public static BiomMatrix Read(Hdf5Values file, string axis, int rows, int columns, ProfileLimits limits)
    {
        string path = $"{axis}/matrix";
        foreach (string group in new[] { axis, path })
        {
            if (!file.Exists(group))
            {
                throw Wrong("biom-structure", $"There is no group {group}.");
            }
        }

        ulong count = file.Length($"{path}/data");
        if (count > (ulong)limits.MaxValues)
        {
            throw new Hdf5Exception(ProfileRefusal.TooLarge, "decompressed-too-large", $"{path}/data has more than {limits.MaxValues} values.", "Send the samples in several files.");
        }

        file.Expect($"{path}/indices", (long)count);
        if (file.Length($"{path}/indptr") != (ulong)rows + 1)
        {
            throw Wrong("biom-indptr", $"{path}/indptr has not {rows + 1} numbers.");
        }

        double[] values = file.Numbers($"{path}/data");
        long[] indices = file.Integers($"{path}/indices");
        long[] starts = file.Integers($"{path}/indptr");
        if (values.Length != indices.Length)
        {
            throw Wrong("biom-shape", $"{path}/data is of more than one dimension.");
        }

        bool ordered = starts.Length == rows + 1 && starts[0] == 0 && starts[^1] == values.Length;
        for (int i = 1; ordered && i < starts.Length; i++)
        {
            ordered = starts[i] >= starts[i - 1];
        }

        if (!ordered)
        {
            throw Wrong("biom-indptr", $"{path}/indptr does not go from 0 to {values.Length} in {rows} steps up.");
        }

        int[] seen = new int[columns];
        for (int row = 0; row < rows; row++)
        {
            for (long i = starts[row]; i < starts[row + 1]; i++)
            {
                if (indices[i] < 0 || indices[i] >= columns || seen[indices[i]] == row + 1)
                {
                    throw Wrong("biom-index", $"{path}/indices has an index that stands twice in its row or is not one of 0 to {columns - 1}.");
                }

                seen[indices[i]] = row + 1;
            }
        }

        return new BiomMatrix(Array.ConvertAll(starts, n => (int)n), Array.ConvertAll(indices, n => (int)n), values, columns);
    }

    /// <summary>Notes values that are no abundance; false where there are any.</summary>
    public bool Check(ProblemList problems)
    {
        foreach (double value in Values)
        {
            var (code, message) = !double.IsFinite(value) ? ("value-not-finite", "A value is not finite.")
                : value < 0 ? ("value-negative", "A value is negative.")
                : value > Numbers.MaxCount ? ("value-out-of-range", "A value is more than 2^53.") : ("", "");
            if (code.Length > 0)
            {
                problems.Error(code, message, "An abundance is 0 or more.");
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether another is this one by columns. The order within a row, and zeros that are listed, do not matter.</summary>
    public bool IsTransposed(BiomMatrix other)
    {
        // As many of a column as the other has in that row, and the columns in order of the row: then both can be walked side by side.
        int[] ends = new int[Width + 1];
        for (int i = 0; i < Columns.Length; i++)
        {
            ends[Columns[i] + 1] += Values[i] == 0 ? 0 : 1;
        }

        for (int column = 0; column < Width; column++)
        {
            ends[column + 1] += ends[column];
        }

        int count = ends[Width];
        int[] rows = new int[count];
        double[] values = new double[count];
        int[] next = ends[..Width];
        for (int row = 0; row < Starts.Length - 1; row++)
        {
            for (int i = Starts[row]; i < Starts[row + 1]; i++)
            {
                if (Values[i] != 0)
                {
                    int place = next[Columns[i]]++;
                    (rows[place], values[place]) = (row, Values[i]);
                }
            }
        }

        for (int column = 0; column < Width; column++)
        {
            int from = other.Starts[column];
            int length = other.Starts[column + 1] - from;
            Array.Sort(other.Columns, other.Values, from, length);
            int at = ends[column];
            for (int i = from; i < from + length; i++)
            {
                if (other.Values[i] == 0)
                {
                    continue;
                }

                if (at == ends[column + 1] || rows[at] != other.Columns[i] || values[at] != other.Values[i])
                {
                    return false;
                }

                at++;
            }

            if (at != ends[column + 1])
            {
                return false;
            }
        }

        return true;
    }

    public void AddTo(FeatureTable table)
    {
        for (int row = 0; row < Starts.Length - 1; row++)
        {
            for (int i = Starts[row]; i < Starts[row + 1]; i++)
            {
                table.Add(row, Columns[i], Values[i]);
            }
        }
    }

    private static Hdf5Exception Wrong(string code, string message) => new(ProfileRefusal.Meaning, code, message, "Was the file cut, or edited?");
}
