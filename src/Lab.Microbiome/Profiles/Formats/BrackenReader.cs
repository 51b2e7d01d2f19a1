using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Bracken's table of re-estimated reads at one rank. It has no lineage and no unclassified reads.</summary>
internal sealed class BrackenReader : FormatReader
{
    /// <summary>The header line.</summary>
    private const string Header = "name\ttaxonomy_id\ttaxonomy_lvl\tkraken_assigned_reads\tadded_reads\tnew_est_reads\tfraction_total_reads";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new("bracken", "Bracken table",
        "Tab-separated, one rank a file, reads re-estimated from a Kraken 2 report.", [AbundanceUnit.EstimatedReads], "shotgun-bracken", Header)
    {
        Documentation = "https://github.com/jenniferlu717/Bracken#output-file-formats",
        Abundance = AbundanceType.Sequence,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.Classified,
        Taxonomy = "NCBI",
    }];

    public override Recognition? Recognise(ProfileContent content) =>
        content.Lines is [var first, ..] && first.Text.StartsWith("name\ttaxonomy_id\ttaxonomy_lvl", StringComparison.Ordinal) ? new("bracken") : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        if (lines[0].Text.TrimEnd() != Header)
        {
            problems.Error("header-unknown", "The header is not Bracken's.",
                "It is: name, taxonomy_id, taxonomy_lvl, kraken_assigned_reads, added_reads, new_est_reads, fraction_total_reads.",
                lines[0].Number);
            return [];
        }

        if (lines.Count == 1)
        {
            problems.Error("no-data-rows", "There is a header and nothing else.", "Was there no read to re-estimate?", lines[0].Number + 1);
            return [];
        }

        var table = new AbundanceTable { Format = "bracken", Unit = AbundanceUnit.EstimatedReads, Aggregation = Aggregation.Disjoint };
        var sample = new TableSample(null, problems);
        var seen = new Dictionary<long, int>();
        double fractions = 0;
        foreach (var line in lines.Skip(1).TakeWhile(_ => !problems.Truncated))
        {
            if (ParseRow(line, seen, problems) is not { } row)
            {
                continue;
            }

            fractions += row.Fraction;
            table.Taxa.Add(new TableTaxon(row.Name, row.Taxid, row.Name, row.Rank, line.Number));
            sample.Add(table.Taxa.Count - 1, row.Reads);
        }

        if (!problems.HasErrors && Math.Abs(fractions - 1) > 0.01)
        {
            problems.Warning("fraction-sum", string.Create(CultureInfo.InvariantCulture, $"fraction_total_reads sums to {fractions:0.####}."),
                "The reads were taken. Was the table filtered?", column: 7);
        }

        table.Samples.Add(sample);
        return table.Sources();
    }

    private static Row? ParseRow(TextLine line, Dictionary<long, int> seen, ProblemList problems)
    {
        string[] cells = line.Text.Split('\t');
        if (cells.Length != 7)
        {
            problems.Error("column-count", $"{cells.Length} columns instead of 7.", "Send the table as Bracken wrote it.", line.Number, cells.Length);
            return null;
        }

        bool hasTaxid = long.TryParse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture, out long taxid);
        long? assigned = Numbers.Count(cells[3], line.Number, 4, problems);
        long? added = Numbers.Count(cells[4], line.Number, 5, problems);
        long? reads = Numbers.Count(cells[5], line.Number, 6, problems);
        double? fraction = Numbers.Decimal(cells[6], line.Number, 7, problems);
        if (!hasTaxid)
        {
            problems.Error("taxid-invalid", $"{ProblemList.Quote(cells[1])} is no taxid.", "A taxid is a whole number.", line.Number, 2);
        }
        else if (!seen.TryAdd(taxid, line.Number))
        {
            problems.Error("duplicate-taxon", $"Taxid {taxid} stands in line {seen[taxid]} already.", "Are these two tables in one file?", line.Number, 2);
        }

        if (assigned + added is { } sum && reads is { } estimate && sum != estimate)
        {
            problems.Error("bracken-sum-mismatch", $"kraken_assigned_reads + added_reads is {sum}, new_est_reads is {estimate}.",
                "Send the table as Bracken wrote it.", line.Number, 6);
        }

        var rank = RankOf(cells[2]);
        if (rank is null)
        {
            problems.Error("rank-unknown", $"{ProblemList.Quote(cells[2])} is no rank code.", "Rank codes are D K P C O F G S, a digit may follow.",
                line.Number, 3);
        }

        return hasTaxid && reads is { } n && fraction is { } share && rank is { } level ? new Row(cells[0].Trim(), taxid, level, n, share) : null;
    }

    private static TaxonomicRank? RankOf(string code) => code.Trim() switch
    {
        "D" => TaxonomicRank.Domain,
        "K" => TaxonomicRank.Kingdom,
        "P" => TaxonomicRank.Phylum,
        "C" => TaxonomicRank.Class,
        "O" => TaxonomicRank.Order,
        "F" => TaxonomicRank.Family,
        "G" => TaxonomicRank.Genus,
        "S" => TaxonomicRank.Species,
        ['S', _, ..] => TaxonomicRank.Strain,
        ['R' or 'D' or 'K' or 'P' or 'C' or 'O' or 'F' or 'G', ..] => TaxonomicRank.None,
        _ => null,
    };

    private sealed record Row(string Name, long Taxid, TaxonomicRank Rank, long Reads, double Fraction);
}
