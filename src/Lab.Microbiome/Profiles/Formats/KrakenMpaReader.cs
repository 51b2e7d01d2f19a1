using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Kraken 2's report in MetaPhlAn's style (--use-mpa-style, kreport2mpa.py, combine_mpa.py): lineages and clade reads, no unclassified reads.</summary>
internal sealed partial class KrakenMpaReader : FormatReader
{
    private const string Id = "kraken2-mpa";
    private const string Header = "#Classification\t";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Kraken 2 report in MetaPhlAn style",
        "Tab-separated: lineage, clade reads; every rank has its own rows; also several samples (combine_mpa.py).",
        [AbundanceUnit.Reads, AbundanceUnit.EstimatedReads], "shotgun-kraken2", "d__Bacteria|p__Bacillota\t5950178")
    {
        Documentation = "https://github.com/DerrickWood/kraken2/blob/master/docs/MANUAL.markdown#sample-report-output-format",
        Abundance = AbundanceType.Sequence,
        Aggregation = Aggregation.Clade,
        Denominator = Denominator.Classified,
        Sought = [OrganismGroup.Host, OrganismGroup.Virus],
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content)
    {
        if (content.HeadHas(Header))
        {
            return new(Id);
        }

        // MetaPhlAn's k__ rows hold percent: whole numbers above 100 are reads.
        string[][] rows = [.. content.Head.Select(l => l.Split('\t'))];
        bool counts = rows.All(r => r.Length == 2 && Step().IsMatch(r[0]) && r[1].Length is > 0 and < 16 && r[1].All(char.IsAsciiDigit))
            && rows.Any(r => r[0].Contains('|', StringComparison.Ordinal));
        return counts && (rows.All(r => r[0][0] != 'k') || rows.Any(r => long.Parse(r[1], System.Globalization.CultureInfo.InvariantCulture) > 100)) ? new(Id) : null;
    }

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        var table = new AbundanceTable { Format = Id, Unit = AbundanceUnit.Reads, Aggregation = Aggregation.Clade };
        bool titled = lines[0].Text.StartsWith(Header, StringComparison.Ordinal);
        string[] names = titled ? lines[0].Text.TrimEnd().Split('\t')[1..] : ["-"];
        SampleNames.AddTo(table, [.. names.Select(SampleNames.FileName)], lines[0].Number, 2, context);
        if (table.Samples.Count == 0)
        {
            return [];
        }

        if (titled && lines.Count == 1)
        {
            problems.Error("no-data-rows", "There is a header and nothing else.", "Was there no read to classify?", lines[0].Number + 1);
        }

        var columns = new SampleColumns(table, [.. Enumerable.Range(1, table.Samples.Count)], context) { Whole = true };
        foreach (var line in lines.Skip(titled ? 1 : 0).TakeWhile(_ => !columns.Full))
        {
            string[] cells = line.Text.Split('\t');
            if (columns.Fit(cells, line.Number) && Taxon(cells[0], line.Number, context) is { } taxon && table.Add(taxon, problems) is { } place)
            {
                columns.Add(place, cells, line.Number);
            }
        }

        table.Unit = ComesOfBracken(table) ? AbundanceUnit.EstimatedReads : AbundanceUnit.Reads;
        return table.Sources();
    }

    // Bracken moves all reads down to one rank; Kraken 2 leaves some at every rank.
    private static bool ComesOfBracken(AbundanceTable table)
    {
        var lowest = table.Taxa.Select(t => t.Rank ?? TaxonomicRank.None).DefaultIfEmpty().Max();
        int[] parents = table.Parents();
        double above = 0, all = 0;
        foreach (var sample in table.Samples)
        {
            var direct = new Dictionary<int, double>();
            for (int i = 0; i < sample.Count; i++)
            {
                var (place, value) = sample[i];
                direct[place] = direct.GetValueOrDefault(place) + value;
                if (parents[place] >= 0)
                {
                    direct[parents[place]] = direct.GetValueOrDefault(parents[place]) - value;
                }
                else
                {
                    all += value;
                }
            }

            above += direct.Where(d => table.Taxa[d.Key].Rank < lowest).Sum(d => Math.Max(0, d.Value));
        }

        return above <= 0.001 * all;
    }

    private static TableTaxon? Taxon(string lineage, int line, ReaderContext context)
    {
        string[] levels = [.. lineage.Trim().Split('|').Select(Level)];
        if (levels.Length > context.Limits.MaxDepth)
        {
            context.Problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "A lineage has at most eight.", line, 1);
            return null;
        }

        if (!Step().IsMatch(lineage))
        {
            context.Problems.Error("taxon-unnamed", $"{ProblemList.Quote(lineage)} is no lineage.", "A lineage is d__Bacteria|p__… .", line, 1);
            return null;
        }

        return TaxonNames.Check(levels[^1], line, 1, context.Problems)
            ? new TableTaxon(lineage, null, levels[^1], LineageText.Level(levels[^1]).Rank, line) { Levels = [.. levels], Key = string.Join('|', levels) } : null;
    }

    // Bracken's scripts write d_Bacteria; r and x are ranks that have no letter.
    private static string Level(string step) => Step().Match(step) is not { Success: true } match ? step
        : match.Groups[1].ValueSpan is "r" or "x" ? match.Groups[2].Value : $"{match.Groups[1].Value}__{match.Groups[2].Value}";

    [GeneratedRegex("^([dkpcofgsrx])__?(?=[^_])(.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Step();
}
