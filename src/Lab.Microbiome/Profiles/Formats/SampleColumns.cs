namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The columns of a table that hold the numbers of its samples. A cell that is no number spoils its sample and no other.</summary>
internal sealed class SampleColumns(AbundanceTable table, IReadOnlyList<int> columns, ReaderContext context)
{
    private int values;

    /// <summary>Whether the numbers are whole.</summary>
    public bool Whole { get; init; }

    /// <summary>Whether an empty cell, or one that the line leaves out, is 0: outer joins of tables write none.</summary>
    public bool BlankIsZero { get; init; }

    /// <summary>Whether reading on would find nothing that is still to be told.</summary>
    public bool Full => context.Problems.Truncated || values > context.Limits.MaxValues;

    /// <summary>Whether the line has all columns; a problem where it has not.</summary>
    public bool Fit(string[] cells, int line)
    {
        if (BlankIsZero || cells.Length > columns[^1])
        {
            return true;
        }

        context.Problems.Error("column-count", $"{cells.Length} columns instead of {columns[^1] + 1} or more.", "Columns are separated by tabs; was the file cut?", line,
            cells.Length);
        return false;
    }

    /// <summary>Adds the numbers of a line to the samples.</summary>
    /// <param name="taxon">The place of the taxon; null where the line is what is not classified.</param>
    /// <param name="cells">The cells of the line, which fits.</param>
    /// <param name="line">Its number.</param>
    public void Add(int? taxon, string[] cells, int line)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            string cell = columns[i] < cells.Length ? cells[columns[i]] : "";
            var sample = table.Samples[i];
            double? value = BlankIsZero && string.IsNullOrWhiteSpace(cell) ? 0
                : Whole ? Numbers.Count(cell, line, columns[i] + 1, sample.Problems) : Numbers.Decimal(cell, line, columns[i] + 1, sample.Problems);
            if (value is not { } number)
            {
                continue;
            }

            values += number > 0 ? 1 : 0;
            if (taxon is { } place)
            {
                sample.Add(place, number);
            }
            else
            {
                sample.Unclassified = (sample.Unclassified ?? 0) + number;
            }
        }

        if (values > context.Limits.MaxValues)
        {
            context.Problems.Refuse(ProfileRefusal.TooLarge, "too-many-values", $"The table has more than {context.Limits.MaxValues} numbers.", "Send it in several tables.", line);
        }
    }
}
