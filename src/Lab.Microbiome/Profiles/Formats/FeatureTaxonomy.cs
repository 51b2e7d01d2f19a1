namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The second file of a feature table: QIIME 2's taxonomy, a lineage for each feature. Further columns and blank lines are allowed.</summary>
internal static class FeatureTaxonomy
{
    private static readonly string[] Titles = ["Taxon", "taxonomy", "Consensus Lineage", "lineage"];

    /// <summary>The lineage of each feature. Problems name lines of the second file.</summary>
    public static Dictionary<string, string> Read(ReadOnlyMemory<byte> bytes, ReaderContext context)
    {
        var problems = context.Problems;
        var content = bytes.Span is [0xEF, 0xBB, 0xBF, ..] ? bytes.Span[3..] : bytes.Span;
        var lineages = new Dictionary<string, string>();
        if (content.Length > context.Limits.MaxBytes)
        {
            problems.Refuse(ProfileRefusal.TooLarge, "content-too-large", $"The taxonomy has more than {context.Limits.MaxBytes} bytes.", "Leave out what the table does not have.");
            return lineages;
        }

        var lines = TextContent.Lines(content, context.Limits, problems);
        if (lines.Count == 0)
        {
            if (!problems.HasErrors)
            {
                problems.Error("empty-file", "The taxonomy is empty.", "Was the file written completely?");
            }

            return lineages;
        }

        string[] first = lines[0].Text.Split('\t', StringSplitOptions.TrimEntries);
        bool titled = first.Length > 1 && Titles.Contains(first[1], StringComparer.OrdinalIgnoreCase);
        if (titled && first.Distinct().Count() < first.Length)
        {
            problems.Error("duplicate-column", "Two columns of the taxonomy have one name.", "Name each column once.", lines[0].Number);
        }

        foreach (var line in lines.Skip(titled ? 1 : 0).TakeWhile(_ => !problems.Truncated))
        {
            string[] cells = line.Text.Split('\t', StringSplitOptions.TrimEntries);
            if (cells.Length != first.Length || cells.Length < 2)
            {
                problems.Error("column-count", $"{cells.Length} columns instead of {Math.Max(2, first.Length)} in the taxonomy.", "Columns are separated by tabs.", line.Number, cells.Length);
            }
            else if (!lineages.TryAdd(cells[0], cells[1]))
            {
                problems.Error("duplicate-taxon", $"The feature {ProblemList.Quote(cells[0])} stands in the taxonomy already.", "Give one lineage for each.", line.Number, 1);
            }
        }

        return lineages;
    }
}
