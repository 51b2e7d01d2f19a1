using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>mOTUs 2 and 3: a row for each of some 33,000 species-level clusters, nearly all 0, and the table of all ranks (-A).</summary>
internal sealed partial class MotusReader : FormatReader
{
    private const string Clusters = "motus";
    private const string Clades = "motus-clades";

    public override ImmutableArray<ProfileFormat> Formats { get; } =
    [
        Motus(Clusters, "mOTUs profile", "Tab-separated, two comment lines: consensus taxonomy (NCBI taxid) and the samples; ends with what is unassigned.",
            "Faecalibacterium prausnitzii [ref_mOTU_v3_06110]\t853\t0.0412", Aggregation.Disjoint),
        Motus(Clades, "mOTUs table of all ranks", "Tab-separated: lineage and the samples; every rank has its own rows, and none says what is unassigned.",
            "k__Bacteria|p__Firmicutes\t0.4356903253", Aggregation.Clade),
    ];

    public override Recognition? Recognise(ProfileContent content) =>
        content.HeadHas("#mOTUs2_clade\t") ? new(Clades)
        : content.HeadHas("#consensus_taxonomy\t") || content.HeadHas("#mOTU\t") || content.HeadHas("# git tag version") || content.HeadHas("# motus version")
            ? new(Clusters) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        int at = lines.FindIndex(l => Titles(l.Text) is not null);
        if (at < 0)
        {
            problems.Error("header-missing", "No line names the columns.", "It begins with #consensus_taxonomy, #mOTU or #mOTUs2_clade.", lines[0].Number);
            return [];
        }

        string[] titles = Titles(lines[at].Text)!;
        int? taxids = Array.IndexOf(titles, "NCBI_tax_id") is > 0 and var found ? found : null;
        int name = Array.IndexOf(titles, "consensus_taxonomy") is > 0 and var second ? second : 0;
        int first = Math.Max(taxids ?? 0, name) + 1;
        string settings = string.Join(' ', lines.Take(at).Select(l => l.Text));

        // Counts have no decimals, fractions have them even where they are 0.
        bool counts = lines.Skip(at + 1).Take(1000).All(l => !l.Text.Split('\t').Skip(first).Any(c => c.Contains('.', StringComparison.Ordinal)));
        var table = new AbundanceTable
        {
            Format = format,
            // By default a count is scaled by the length of the genes.
            Unit = !counts ? AbundanceUnit.Fraction : settings.Contains("insert.raw_counts", StringComparison.Ordinal) ? AbundanceUnit.Reads : AbundanceUnit.EstimatedReads,
            Aggregation = format == Clades ? Aggregation.Clade : Aggregation.Disjoint,
        };
        if (titles.Length <= first)
        {
            problems.Error("header-unknown", "The header names no sample.", "Send the table as mOTUs wrote it.", lines[at].Number);
            return [];
        }

        SampleNames.AddTo(table, titles[first..], lines[at].Number, first + 1, context);
        if (table.Samples.Count == 0)
        {
            return [];
        }

        bool ended = false;
        var rank = RankOf(settings);
        var columns = new SampleColumns(table, [.. Enumerable.Range(first, table.Samples.Count)], context) { Whole = counts };
        foreach (var line in lines.Skip(at + 1).Where(l => l.Text[0] != '#').TakeWhile(_ => !columns.Full))
        {
            string[] cells = line.Text.Split('\t');
            ended |= cells[0] is "unassigned" or "-1";
            if (!columns.Fit(cells, line.Number))
            {
                continue;
            }

            if (cells[0] is "unassigned" or "-1")
            {
                columns.Add(null, cells, line.Number);
            }
            else if (Found(cells, first) && (format == Clades ? Clade(cells[0], line.Number, context) : Cluster(cells, name, taxids, rank, line.Number, problems)) is { } taxon
                && table.Add(taxon, problems) is { } place)
            {
                columns.Add(place, cells, line.Number);
            }
        }

        if (format == Clades)
        {
            AddUnassigned(table);
        }
        else if (!ended)
        {
            CutReport.Note(table, "The last row, of what is unassigned, is missing.", context);
        }

        return table.Sources();
    }

    private static string[]? Titles(string line) => line.StartsWith("#mOTUs2_clade\t", StringComparison.Ordinal) || line.StartsWith("#consensus_taxonomy\t", StringComparison.Ordinal)
        || line.StartsWith("#mOTU\t", StringComparison.Ordinal) ? line[1..].TrimEnd().Split('\t') : null;

    // Whether a sample has any of it: names of 33,000 rows need not be kept.
    private static bool Found(string[] cells, int first) => cells.Skip(first).Any(c => c is not ("0" or "0.0" or "0.0000000000"));

    // Fractions are of everything: what the domains leave is unassigned.
    private static void AddUnassigned(AbundanceTable table)
    {
        foreach (var sample in table.Samples.Where(_ => table.Unit == AbundanceUnit.Fraction))
        {
            double roots = Enumerable.Range(0, sample.Count).Select(i => sample[i]).Where(r => table.Taxa[r.Taxon].Levels.Length == 1).Sum(r => r.Value);
            sample.Unclassified = roots > 0 ? Math.Max(0, 1 - roots) : null;
        }
    }

    private static TableTaxon? Clade(string lineage, int line, ReaderContext context)
    {
        string[] levels = lineage.Trim().Split('|');
        if (levels.Length > context.Limits.MaxDepth)
        {
            context.Problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "A lineage has at most eight.", line, 1);
            return null;
        }

        string name = Bare(levels[^1]);
        return TaxonNames.Check(name, line, 1, context.Problems)
            ? new TableTaxon(lineage, null, name, LineageText.Level(levels[^1]).Rank, line) { Levels = [.. levels] } : null;
    }

    private static TableTaxon? Cluster(string[] cells, int column, int? taxids, TaxonomicRank rank, int line, ProblemList problems)
    {
        string name = Bare(cells[column]);

        // Version 2 says "unknown Firmicutes" where version 3 says "Firmicutes species incertae sedis", which tells the phylum.
        name = name.StartsWith("unknown ", StringComparison.Ordinal) ? $"{name["unknown ".Length..]} species incertae sedis" : name;
        long? taxid = taxids is { } at && long.TryParse(cells[at], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long id) && id > 0
            ? id : null;
        return TaxonNames.Check(name, line, column + 1, problems)
            ? new TableTaxon(column == 0 ? cells[0] : $"{cells[column]} [{cells[0]}]", taxid, name, LineageText.IsLineage(name) ? null : rank, line) : null;
    }

    private static string Bare(string name) => Mark().Replace(name, "").Trim();

    // -k says the rank of the rows; a mOTU is a species.
    private static TaxonomicRank RankOf(string settings) =>
        Level().Match(settings) is { Success: true } match && Enum.TryParse(match.Groups[1].Value, ignoreCase: true, out TaxonomicRank rank) ? rank : TaxonomicRank.Species;

    [GeneratedRegex(@"\s*\[\w*_?mOTU_\w+\]\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();

    [GeneratedRegex("calc_motu [^|]* -k (kingdom|phylum|class|order|family|genus)\\b", RegexOptions.CultureInvariant)]
    private static partial Regex Level();

    private static ProfileFormat Motus(string id, string name, string description, string example, Aggregation aggregation) =>
        new(id, name, description, [AbundanceUnit.Fraction, AbundanceUnit.EstimatedReads, AbundanceUnit.Reads], "shotgun-motus", example)
        {
            Documentation = "https://github.com/motu-tool/mOTUs_v2/wiki/Explain-the-resulting-profile",
            Abundance = AbundanceType.Taxonomic,
            Aggregation = aggregation,
            Denominator = Denominator.All,
            TellsItsEnd = true,
            Taxonomy = "NCBI",
            ManySamples = true,
        };
}
