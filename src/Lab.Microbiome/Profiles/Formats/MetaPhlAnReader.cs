using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>MetaPhlAn profiles, versions 2, 3 and 4, with and without taxids and header lines, single and merged.</summary>
internal sealed class MetaPhlAnReader : FormatReader
{
    private const string Gtdb = "metaphlan4-gtdb";

    public override ImmutableArray<ProfileFormat> Formats { get; } =
    [
        Version(2, "Tab-separated: lineage, percent; every rank has its own rows.", "k__Bacteria|p__Bacteroidetes\t92.24896"),
        Version(3, "Tab-separated: lineage, taxids, percent, additional species; every rank has its own rows.", "#mpa_v30_CHOCOPhlAn_201901"),
        Version(4, "As MetaPhlAn 3, with t__SGB rows and the number of reads processed; also rel_ab_w_read_stats.", "#mpa_vJun23_CHOCOPhlAnSGB_202403"),
        Version(Gtdb, "MetaPhlAn 4 profile in GTDB's names", "What sgb_to_gtdb_profile.py makes of a MetaPhlAn 4 profile: lineages with ; and no taxids.",
            "d__Bacteria;p__Bacteroidota\t42.0996", "GTDB"),
    ];

    public override Recognition? Recognise(ProfileContent content)
    {
        bool header = content.Lines.Take(8).Any(l => l.Text.StartsWith("#mpa_v", StringComparison.Ordinal)
            || l.Text.Contains("\tMetaphlan", StringComparison.Ordinal) || l.Text.StartsWith("#clade_name\t", StringComparison.Ordinal)
                || l.Text.StartsWith("clade_name\t", StringComparison.Ordinal));
        bool rows = content.Lines.Take(2).Any(l => l.Text.Contains('\t', StringComparison.Ordinal) && MetaPhlAnHeader.IsClade(l.Text));

        // Without MetaPhlAn's own lines, lineages of ; are an amplicon's, and those of d__ and | are sylph-tax's or Kraken 2's.
        bool database = content.HeadHas("#mpa_v");
        bool others = !database && content.Head.Any(l => l.StartsWith("d__", StringComparison.Ordinal)
            || (l.StartsWith("k__", StringComparison.Ordinal) && l.Split('\t')[0].Contains(';', StringComparison.Ordinal)));
        if ((!header && !rows) || others)
        {
            return null;
        }

        var found = MetaPhlAnHeader.Read(content.Lines);
        return content.Head.Any(l => l.StartsWith("d__", StringComparison.Ordinal)) ? new(Gtdb) : new($"metaphlan{found.Version}", found.VersionIsCertain);
    }

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems, header) = (content.Lines, context.Problems, MetaPhlAnHeader.Read(content.Lines));
        var table = new AbundanceTable { Format = format, Unit = AbundanceUnit.Percent, Aggregation = Aggregation.Clade, Database = header.Database };
        if (header.Names is { } names)
        {
            SampleNames.AddTo(table, names, header.HeaderLine!.Value, header.Columns[0] + 1, context);
        }
        else if (header.Columns.Length == 1)
        {
            table.Samples.Add(new TableSample(null, problems) { TotalReads = header.TotalReads });
        }
        else
        {
            problems.Error("header-missing", "No line names the samples of the columns.", "The first line is: clade_name, and the accessions.", lines[0].Number);
        }

        if (table.Samples.Count != header.Columns.Length)
        {
            return [];
        }

        var columns = new SampleColumns(table, header.Columns, context);
        foreach (var line in lines.Where(l => l.Text[0] != '#' && l.Number != header.HeaderLine).TakeWhile(_ => !columns.Full))
        {
            string[] cells = line.Text.Split('\t');
            if (!MetaPhlAnHeader.IsClade(line.Text))
            {
                problems.Error("wrong-metaphlan-output", $"{ProblemList.Quote(cells[0])} is no clade.",
                    "Send the profile (-t rel_ab), not markers or read maps.", line.Number, 1);
            }
            else if (columns.Fit(cells, line.Number))
            {
                if (MetaPhlAnHeader.IsUnclassified(cells[0]))
                {
                    columns.Add(null, cells, line.Number);
                }
                else if (Taxon(line.Number, cells, header.TaxidColumn, context) is { } taxon && table.Add(taxon, problems) is { } place)
                {
                    columns.Add(place, cells, line.Number);
                }
            }
        }

        table.Unit = AreFractions(table) ? AbundanceUnit.Fraction : AbundanceUnit.Percent;
        return table.Sources();
    }

    // Tables of many samples are divided by 100 for statistics. That no sample has more than 1 and one has about 1 says so; of one sample it would not.
    private static bool AreFractions(AbundanceTable table) => table.Samples.Count > 1 && table.Samples.Max(sample => Enumerable.Range(0, sample.Count)
        .Select(i => sample[i]).GroupBy(r => table.Taxa[r.Taxon].Rank).Select(g => g.Sum(r => r.Value)).DefaultIfEmpty(0).Max()) is > 0.5 and < 1.005;

    private static TableTaxon? Taxon(int line, string[] cells, int? taxidColumn, ReaderContext context)
    {
        char separator = cells[0].Contains('|', StringComparison.Ordinal) ? '|' : ';';
        string[] levels = cells[0].Trim().TrimEnd(separator).Split(separator);
        if (levels.Length > context.Limits.MaxDepth)
        {
            context.Problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "A lineage has at most eight.", line, 1);
            return null;
        }

        long? taxid = null;
        if (taxidColumn is { } column && column < cells.Length && cells[column].Split('|', ';') is var path && path.Length == levels.Length
            && long.TryParse(path[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long id) && id > 0)
        {
            taxid = id;
        }

        // sgb_to_gtdb adds up what has no name at a rank: it is of no one taxon of that rank.
        bool nameless = levels.Length > 1 && levels[^1].EndsWith("__", StringComparison.Ordinal);
        return new TableTaxon(cells[0], taxid, nameless ? $"unclassified {LineageText.Level(levels[^2]).Name}" : levels[^1],
            nameless ? TaxonomicRank.None : LineageText.Level(levels[^1]).Rank, line)
        { Levels = [.. levels], Key = string.Join('|', levels) };
    }

    private static ProfileFormat Version(int version, string description, string example) =>
        Version($"metaphlan{version}", $"MetaPhlAn {version} profile", description, example, version == 4 ? "SGB" : "NCBI") with
        {
            Documentation = $"https://github.com/biobakery/biobakery/wiki/metaphlan{version}",
            Sought = version == 4 ? [] : [OrganismGroup.Virus],
        };

    private static ProfileFormat Version(string id, string name, string description, string example, string taxonomy) =>
        new(id, name, description, [AbundanceUnit.Percent, AbundanceUnit.Fraction], $"shotgun-{id}", example)
        {
            Documentation = "https://github.com/biobakery/MetaPhlAn/wiki/MetaPhlAn-4",
            Abundance = AbundanceType.Taxonomic,
            Aggregation = Aggregation.Clade,
            Denominator = Denominator.Unknown,
            Taxonomy = taxonomy,
            ManySamples = true,
        };
}
