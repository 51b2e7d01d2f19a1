using System.Collections.Immutable;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>sylph-tax's profile of one sample (.sylphmpa): taxonomic and sequence abundance side by side, every rank with its own rows.</summary>
internal sealed class SylphTaxReader : FormatReader
{
    private const string Id = "sylph-tax";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "sylph-tax profile (.sylphmpa)",
        "Tab-separated: lineage, relative (taxonomic) abundance, sequence abundance, ANI, …; every rank has its own rows. The relative abundance is read.",
        [AbundanceUnit.Percent], "shotgun-sylph", "d__Bacteria|p__Bacteroidota\t44.9051\t55.8956\tNA\tNA")
    {
        Documentation = "https://sylph-docs.github.io/sylph-tax/",
        Abundance = AbundanceType.Taxonomic,
        Aggregation = Aggregation.Clade,
        Denominator = Denominator.Classified,
        Taxonomy = "GTDB",
    }];

    public override Recognition? Recognise(ProfileContent content) => content.Head.Any(l => IsTitle(l) && l.Split('\t').Contains("sequence_abundance")) ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        var header = lines.Find(l => IsTitle(l.Text));
        string[] titles = header.Text.Split('\t', StringSplitOptions.TrimEntries);
        int value = Array.IndexOf(titles, "relative_abundance");
        if (value < 0)
        {
            problems.Error("header-unknown", "The header has no relative_abundance.", "Send the table as sylph-tax wrote it.", header.Number);
            return [];
        }

        string? sample = lines.Find(l => l.Text.StartsWith("#SampleID\t", StringComparison.Ordinal)).Text?.Split('\t')[1];
        var table = new AbundanceTable { Format = Id, Unit = AbundanceUnit.Percent, Aggregation = Aggregation.Clade };
        table.Samples.Add(new TableSample(sample is null ? null : SampleNames.AsAccession(SampleNames.FileName(sample)), problems));
        var columns = new SampleColumns(table, [value], context);
        foreach (var line in lines.Where(l => l.Number > header.Number && l.Text[0] != '#').TakeWhile(_ => !columns.Full))
        {
            string[] cells = line.Text.Split('\t');
            string[] levels = cells[0].Trim().Split('|');
            if (levels.Length > context.Limits.MaxDepth)
            {
                problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "A lineage has at most eight.", line.Number, 1);
            }
            else if (columns.Fit(cells, line.Number) && TaxonNames.Check(levels[^1], line.Number, 1, problems)
                && table.Add(new TableTaxon(cells[0], null, levels[^1], LineageText.Level(levels[^1]).Rank, line.Number) { Levels = [.. levels] }, problems) is { } place)
            {
                columns.Add(place, cells, line.Number);
            }
        }

        return table.Sources();
    }

    private static bool IsTitle(string line) => line.StartsWith("clade_name\t", StringComparison.Ordinal) || line.StartsWith("#clade_name\t", StringComparison.Ordinal);
}
