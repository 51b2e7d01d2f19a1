using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Emu's relative abundances of full-length 16S reads, single with or without estimated counts, and combined.</summary>
internal sealed class EmuReader : FormatReader
{
    private const string Id = "emu";
    private const string Counts = "estimated counts";

    // Lowest first: the first that is not empty names the row.
    private static readonly (string Column, TaxonomicRank Rank)[] Ranks =
    [
        ("species", TaxonomicRank.Species), ("genus", TaxonomicRank.Genus), ("family", TaxonomicRank.Family), ("order", TaxonomicRank.Order), ("class", TaxonomicRank.Class),
        ("phylum", TaxonomicRank.Phylum), ("superkingdom", TaxonomicRank.Domain), ("domain", TaxonomicRank.Domain),
    ];

    private static readonly string[] Others = ["tax_id", "abundance", Counts, "lineage", "clade", "kingdom", "realm", "subspecies", "species subgroup", "species group"];

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Emu relative abundance",
        "Tab-separated: tax_id, abundance, species, genus, … (estimated counts); or the ranks and a column for each sample (combine-outputs).",
        [AbundanceUnit.Fraction, AbundanceUnit.EstimatedReads], "amplicon-16s-emu", "853\t0.4210526\tFaecalibacterium prausnitzii\tFaecalibacterium")
    {
        Documentation = "https://github.com/treangenlab/emu#usage",
        Abundance = AbundanceType.Sequence,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.Classified,
        Taxonomy = "NCBI",
        ManySamples = true,
    }];

    // A combined table begins with a rank and the next one above it.
    public override Recognition? Recognise(ProfileContent content)
    {
        string[] titles = content.Lines is [var first, ..] ? first.Text.Split('\t', StringSplitOptions.TrimEntries) : [];
        int rank = titles is [var own, ..] ? Array.FindIndex(Ranks, r => r.Column == own) : -1;
        return titles is ["tax_id", "abundance" or "species" or "lineage", ..] || (rank is >= 0 and < 5 && titles.Length > 2 && titles[1] == Ranks[rank + 1].Column) ? new(Id) : null;
    }

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        string[] titles = lines[0].Text.Split('\t', StringSplitOptions.TrimEntries);
        bool single = titles.Contains("abundance");
        string value = titles.Contains(Counts) ? Counts : "abundance";
        int[] values = [.. Enumerable.Range(0, titles.Length).Where(c => single ? titles[c] == value : titles[c].Length > 0 && !IsKnown(titles[c]))];
        var table = new AbundanceTable { Format = Id, Unit = AbundanceUnit.Fraction, Aggregation = Aggregation.Disjoint };
        if (values.Length == 0)
        {
            problems.Error("header-unknown", "There is no column of abundances.", "Send the table as Emu wrote it.", lines[0].Number);
            return [];
        }

        if (single && values.Length > 1)
        {
            problems.Error("duplicate-column", "Two columns have one name.", "Send the table as Emu wrote it.", lines[0].Number, values[1] + 1);
            return [];
        }

        if (single)
        {
            table.Samples.Add(new TableSample(null, problems));
        }
        else
        {
            SampleNames.AddTo(table, [.. values.Select(v => titles[v])], lines[0].Number, values[0] + 1, context);
        }

        if (table.Samples.Count == 0)
        {
            return [];
        }

        var columns = new SampleColumns(table, values, context) { BlankIsZero = !single };
        foreach (var line in lines.Skip(1).TakeWhile(_ => !columns.Full))
        {
            string[] cells = line.Text.Split('\t', StringSplitOptions.TrimEntries);
            if (!columns.Fit(cells, line.Number))
            {
                continue;
            }

            if (cells[0] is "unmapped" or "mapped_unclassified" or "mapped_filtered" or "unassigned")
            {
                if (!single || cells[values[0]].Length > 0)
                {
                    columns.Add(null, cells, line.Number);
                }
            }
            else if (Taxon(cells, titles, line.Number, problems) is { } taxon && table.Add(taxon, problems) is { } place)
            {
                columns.Add(place, cells, line.Number);
            }
        }

        Settle(table, titles.Contains(Counts));
        return table.Sources();
    }

    // Fractions are of what was classified: their 0 beside "unmapped" says nothing. Combined counts have no title of their own.
    private static void Settle(AbundanceTable table, bool counts)
    {
        table.Unit = counts || table.Samples.Exists(s => s.Sum + (s.Unclassified ?? 0) > 1.5) ? AbundanceUnit.EstimatedReads : AbundanceUnit.Fraction;
        foreach (var sample in table.Samples.Where(s => table.Unit == AbundanceUnit.Fraction && s.Unclassified == 0))
        {
            sample.Unclassified = null;
        }
    }

    private static TableTaxon? Taxon(string[] cells, string[] titles, int line, ProblemList problems)
    {
        string Cell(string title) => Array.IndexOf(titles, title) is >= 0 and var at && at < cells.Length ? cells[at] : "";
        string id = Cell("tax_id");
        long? taxid = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0 ? number : null;
        var named = Ranks.Where(r => Cell(r.Column).Length > 0).ToArray();
        string lineage = string.Join(';', named.Reverse().Select(r => $"{LineageText.Prefix(r.Rank)}{Cell(r.Column)}"));
        string name = named.Length > 0 ? Cell(named[0].Column) : Cell("lineage");
        if (name.Length == 0 && taxid is null)
        {
            problems.Error("taxon-unnamed", "The row has neither a taxid nor a name.", "Send the table as Emu wrote it.", line, 1);
            return null;
        }

        if (!named.All(r => TaxonNames.Check(Cell(r.Column), line, Array.IndexOf(titles, r.Column) + 1, problems)) || !TaxonNames.Check(Cell("lineage"), line, 1, problems))
        {
            return null;
        }

        // By the taxid where there is one; else the lineage is all that tells the place.
        return new TableTaxon(name.Length > 0 ? name : id, taxid, taxid is null && named.Length > 1 ? lineage : name, named.Length > 0 ? named[0].Rank : null, line)
        {
            Key = taxid is { } key ? $"{key}" : lineage.Length > 0 ? lineage : name,
        };
    }

    private static bool IsKnown(string title) => Others.Contains(title) || Ranks.Any(r => r.Column == title);
}
