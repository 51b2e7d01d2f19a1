using System.Collections.Immutable;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A feature table as text, of QIIME 1 and 2 and of every program that converts BIOM: features as rows, samples as columns, and sometimes the lineage
/// as the last column or as the id.</summary>
internal sealed class FeatureTableReader : FormatReader
{
    private const string Id = "feature-table-tsv";
    private static readonly string[] Openings = ["# Constructed from biom", "#OTU ID\t", "# OTU ID\t", "#OTUID\t", "#OTU_ID\t", "#NAME\t", "OTU ID\t"];
    private static readonly string[] Lineages = ["taxonomy", "Consensus Lineage", "ConsensusLineage", "Taxon", "lineage"];
    private static readonly string[] Others = ["taxid", "Confidence"];

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Feature table (QIIME)",
        "Tab-separated: #OTU ID, samples, taxonomy; or lineages as ids; or with the taxonomy of QIIME 2 as a second file.",
        [AbundanceUnit.Reads, AbundanceUnit.EstimatedReads, AbundanceUnit.Fraction, AbundanceUnit.Percent], "amplicon-16s", "#OTU ID\tS1\tS2\ttaxonomy")
    {
        Documentation = "https://biom-format.org/documentation/biom_conversion.html",
        Abundance = AbundanceType.Sequence,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.All,
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content) =>
        content.Head.Take(5).Any(l => Openings.Any(o => l.StartsWith(o, StringComparison.OrdinalIgnoreCase)))
            || (content.Lines is [var first, ..] && first.Text.StartsWith("# QIIME", StringComparison.Ordinal)) ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        int header = Header(lines);
        string[] titles = lines[header].Text.Split('\t');
        if (titles.Length < 2)
        {
            problems.Error("header-unknown", "There is no line of sample names.", "It begins with '#OTU ID' and is separated by tabs.", lines[header].Number);
            return [];
        }

        int samples = titles.Length - 1;
        int? lineage = null;
        for (; samples > 0 && (Is(titles[samples], Lineages) || Is(titles[samples], Others)); samples--)
        {
            lineage = Is(titles[samples], Lineages) ? samples : lineage;
        }

        var table = new FeatureTable(Id, context);
        SampleNames.AddTo(table.Table, titles[1..(samples + 1)], i => (lines[header].Number, i + 2, null), context);
        if (problems.HasErrors)
        {
            return [];
        }

        var cells = new CellRow('\t');
        foreach (var line in lines.Skip(header + 1).TakeWhile(_ => !problems.Truncated))
        {
            if (!Row(line, cells, titles.Length, samples, lineage, table, problems))
            {
                return [];
            }
        }

        return problems.HasErrors ? [] : FeatureLineages.Sources(table, content, context);
    }

    // False when the table is too large.
    private static bool Row(TextLine line, CellRow cells, int columns, int samples, int? lineage, FeatureTable table, ProblemList problems)
    {
        int count = cells.Take(line.Text);
        if (count != columns)
        {
            problems.Error("column-count", $"{count} columns instead of {columns}.", "Columns are separated by tabs.", line.Number, count);
            return true;
        }

        int feature = table.Add(new Feature(cells[0].Trim().ToString(), cells.Text(lineage), line.Number));
        for (int sample = 0; sample < samples; sample++)
        {
            if (Numbers.Decimal(cells[sample + 1], line.Number, sample + 2, problems) is { } value && !table.Add(feature, sample, value))
            {
                return false;
            }
        }

        return true;
    }

    // The last of the first lines that are comments, or the first line.
    private static int Header(List<TextLine> lines)
    {
        int last = lines.FindIndex(l => l.Text[0] != '#') - 1;
        return last >= 0 ? last : lines[0].Text[0] == '#' ? lines.Count - 1 : 0;
    }

    private static bool Is(string title, string[] names) => names.Contains(title.Trim(), StringComparer.OrdinalIgnoreCase);
}
