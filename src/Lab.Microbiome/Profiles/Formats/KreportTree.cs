namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A row of a kreport as written.</summary>
internal sealed record KreportRow(int Line, double Percent, string PercentText, long Clade, long Direct, string Code, long Taxid, string Name, int Level)
{
    public bool IsUnclassified => Code[0] == 'U' || (Taxid == 0 && Name == "unclassified");
}

/// <summary>The tree that the indentation of a kreport means.</summary>
internal sealed class KreportTree
{
    public KreportTree(List<KreportRow> rows)
    {
        Parents = new int[rows.Count];
        var open = new Stack<int>();
        for (int i = 0; i < rows.Count; i++)
        {
            Parents[i] = -1;
            if (rows[i].IsUnclassified)
            {
                continue;
            }

            Direct += rows[i].Direct;
            while (open.Count > 0 && rows[open.Peek()].Level >= rows[i].Level)
            {
                open.Pop();
            }

            Parents[i] = open.Count > 0 ? open.Peek() : -1;
            open.Push(i);
            TopClades += Parents[i] < 0 ? rows[i].Clade : 0;
            RootClade = rows[i].Taxid == 1 ? rows[i].Clade : RootClade;
        }
    }

    /// <summary>Index of the parent of each row, -1 for none.</summary>
    public int[] Parents { get; }

    /// <summary>The clade of the root row; null when there is none.</summary>
    public long? RootClade { get; }

    /// <summary>The direct reads of all rows but the unclassified.</summary>
    public long Direct { get; }

    /// <summary>The sum of the rows without a parent.</summary>
    public long TopClades { get; }
}
