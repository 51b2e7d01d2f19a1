using System.Collections.Immutable;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The table behind QIIME 2's bar plots (level-6.csv): samples as rows, lineages as columns, and the metadata of the samples in further columns, which
/// nothing marks but that they are no lineages.</summary>
internal sealed class BarplotReader : FormatReader
{
    private const string Id = "qiime2-barplot";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "QIIME 2 bar plot table",
        "Comma-separated: samples as rows, lineages as columns; columns that are no lineage are metadata and not read.",
        [AbundanceUnit.Reads, AbundanceUnit.EstimatedReads, AbundanceUnit.Fraction, AbundanceUnit.Percent], "amplicon-16s",
        "index,k__Bacteria;p__Firmicutes,k__Bacteria;p__Bacteroidetes,body-site")
    {
        Documentation = "https://docs.qiime2.org/2024.10/plugins/available/taxa/barplot/",
        Abundance = AbundanceType.Sequence,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.All,
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content) =>
        content.Lines is [var first, ..] && Cells.Split(first.Text, Separator(first.Text)) is { Length: > 1 } titles && !IsTaxon(titles[0])
            && !titles[0].Any(char.IsAsciiDigit) && titles.Skip(1).Any(IsTaxon) ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        char separator = Separator(lines[0].Text);
        string[] titles = Cells.Split(lines[0].Text, separator)!;
        var cells = new CellRow(separator);
        var names = new string[lines.Count - 1];
        for (int i = 1; i < lines.Count && !problems.Truncated; i++)
        {
            int count = cells.Take(lines[i].Text);
            names[i - 1] = count == titles.Length ? cells[0].ToString() : "";
            if (count != titles.Length)
            {
                problems.Error("column-count", $"{count} columns instead of {titles.Length}.", "Send the table as QIIME 2 wrote it.", lines[i].Number, count);
            }
        }

        var table = new FeatureTable(Id, context);
        int[] columns = [.. Enumerable.Range(1, titles.Length - 1).Where(c => IsTaxon(titles[c]))];
        foreach (int column in columns)
        {
            table.Add(new Feature(titles[column].Trim(), null, lines[0].Number) { Column = column + 1 });
        }

        if (!problems.HasErrors)
        {
            SampleNames.AddTo(table.Table, names, i => (lines[i + 1].Number, 1, null), context);
        }

        for (int i = 1; i < lines.Count && !problems.HasErrors; i++)
        {
            cells.Take(lines[i].Text);
            for (int feature = 0; feature < columns.Length; feature++)
            {
                if (Numbers.Decimal(cells[columns[feature]], lines[i].Number, columns[feature] + 1, problems) is { } value && !table.Add(feature, i - 1, value))
                {
                    return [];
                }
            }
        }

        if (lines.Count == 1)
        {
            problems.Error("no-data-rows", "There are no samples.", "Were all filtered out?", lines[0].Number);
        }

        return problems.HasErrors ? [] : FeatureLineages.Sources(table, content, context);
    }

    private static char Separator(string line) => line.Contains('\t', StringComparison.Ordinal) ? '\t' : ',';

    private static bool IsTaxon(string title) => FeatureLineages.IsLineage(title.Trim())
        && (title.Contains("__", StringComparison.Ordinal) || title.AsSpan().ContainsAny(';', '|') || title.Trim().Equals("Unassigned", StringComparison.OrdinalIgnoreCase));
}
