using System.Collections.Immutable;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A taxon of a table as the file writes it.</summary>
/// <param name="Submitted">The text that is shown as the submitted name.</param>
/// <param name="Taxid">NCBI taxid; null where the file gives none.</param>
/// <param name="Name">The name, or a whole lineage; empty where the taxid is all there is.</param>
/// <param name="Rank">The rank beside the name; null where the file gives none.</param>
/// <param name="Line">Its line; 0 where rows have none.</param>
internal sealed record TableTaxon(string Submitted, long? Taxid, string Name, TaxonomicRank? Rank, int Line)
{
    /// <summary>The lineage, root first and the taxon last; needed where a row stands below another row.</summary>
    public ImmutableArray<string> Levels { get; init; } = [];

    /// <summary>The JSON Pointer of the taxon, for JSON.</summary>
    public string? Pointer { get; init; }

    /// <summary>What tells it from other taxa where the submitted text does not: its taxid, or the path of ids, root first and parted by |; null where the
    /// text does.</summary>
    public string? Key { get; init; }
}

/// <summary>A sample of a table: its numbers, and what is wrong with them alone.</summary>
internal sealed class TableSample(string? accession, ProblemList problems)
{
    private int[] taxa = [];
    private double[] values = [];

    /// <summary>The sample's name in the file; null where it has none that could be an accession.</summary>
    public string? Accession { get; } = accession;

    public ProblemList Problems { get; } = problems;

    /// <summary>What is not classified, in the unit of the table; null where the file cannot say.</summary>
    public double? Unclassified { get; set; }

    /// <summary>All reads; null where the file cannot say.</summary>
    public long? TotalReads { get; set; }

    public int Count { get; private set; }

    public double Sum { get; private set; }

    /// <summary>Adds the number of a taxon; zeros are left out.</summary>
    public void Add(int taxon, double value)
    {
        if (value == 0)
        {
            return;
        }

        if (Count == taxa.Length)
        {
            Array.Resize(ref taxa, Math.Max(16, 2 * Count));
            Array.Resize(ref values, taxa.Length);
        }

        taxa[Count] = taxon;
        values[Count++] = value;
        Sum += value;
    }

    /// <summary>Replaces features by their taxa and adds up what is one taxon then; what has no taxon is not classified.</summary>
    /// <param name="places">For each feature the place of its taxon; -1 where it is not classified.</param>
    /// <param name="whole">Whether the numbers are counts, which the file gave with a decimal point.</param>
    /// <param name="sums">A zero for each taxon, and left so.</param>
    public void Collapse(int[] places, bool whole, double[] sums)
    {
        int distinct = 0;
        double unclassified = 0;
        for (int i = 0; i < Count; i++)
        {
            double value = whole ? Math.Round(values[i]) : values[i];
            int place = places[taxa[i]];
            if (place < 0)
            {
                unclassified += value;
                continue;
            }

            if (sums[place] == 0)
            {
                taxa[distinct++] = place;
            }

            sums[place] += value;
        }

        Array.Sort(taxa, 0, distinct);
        (Count, Sum) = (distinct, 0);
        for (int i = 0; i < distinct; i++)
        {
            values[i] = sums[taxa[i]];
            sums[taxa[i]] = 0;
            Sum += values[i];
        }

        Unclassified = Array.IndexOf(places, -1) < 0 ? null : unclassified;
    }

    public (int Taxon, double Value) this[int index] => (taxa[index], values[index]);
}

/// <summary>Taxa and samples as a file gives them, before any name is resolved.</summary>
internal sealed class AbundanceTable
{
    private readonly Dictionary<string, int> places = [];
    private int[]? parents;

    public required string Format { get; init; }

    public required AbundanceUnit Unit { get; set; }

    public required Aggregation Aggregation { get; init; }

    public string? Database { get; init; }

    /// <summary>Whether the file was seen to be cut and the sender allowed it.</summary>
    public bool Incomplete { get; set; }

    /// <summary>The problem of rows that are the sum of other rows, where each read should stand once.</summary>
    public (string Code, string Hint, double? AtDomain) Stacked { get; init; } = ("ranks-mixed", "List each read once, at the lowest rank known.", null);

    /// <summary>The assay that the rows tell of; null where the format's default applies.</summary>
    public string? Assay { get; set; }

    /// <summary>Whether the rows of the file are features, none of which holds another whatever their lineages.</summary>
    public bool OfFeatures { get; set; }

    /// <summary>Whether a sample of zeros is a sample: a table of features lists those too that failed to be sequenced.</summary>
    public bool HasEmptySamples { get; set; }

    public List<TableTaxon> Taxa { get; } = [];

    public List<TableSample> Samples { get; } = [];

    /// <summary>The place of a taxon that is new; null, and a problem, for one that stands in the table already.</summary>
    public int? Add(TableTaxon taxon, ProblemList problems)
    {
        if (places.TryAdd(taxon.Key ?? taxon.Submitted, Taxa.Count))
        {
            Taxa.Add(taxon);
            return Taxa.Count - 1;
        }

        var first = Taxa[places[taxon.Key ?? taxon.Submitted]];
        problems.Error("duplicate-taxon", first.Pointer is null ? $"The taxon stands in line {first.Line} already." : $"The taxon stands at {first.Pointer} already.",
            "Are these two files in one?", taxon.Line > 0 ? taxon.Line : null, taxon.Line > 0 ? 1 : null, taxon.Pointer);
        return null;
    }

    /// <summary>The place of a taxon, added if it is new: for tables whose rows are features, of which many are one taxon.</summary>
    public int Collapse(TableTaxon taxon)
    {
        if (places.TryAdd(taxon.Key ?? taxon.Submitted, Taxa.Count))
        {
            Taxa.Add(taxon);
        }

        return places[taxon.Key ?? taxon.Submitted];
    }

    /// <summary>For each taxon the place of the nearest taxon that its lineage names above it, whatever the order of the rows; -1 where the table has
    /// none.</summary>
    public int[] Parents()
    {
        if (parents is not null)
        {
            return parents;
        }

        var byPath = new Dictionary<string, int>(Taxa.Count);
        for (int i = 0; i < Taxa.Count; i++)
        {
            byPath.TryAdd(Path(Taxa[i]), i);
        }

        var above = byPath.GetAlternateLookup<ReadOnlySpan<char>>();
        return parents = [.. Taxa.Select(taxon =>
        {
            var path = Path(taxon).AsSpan();
            for (int end = path.LastIndexOf('|'); end > 0; end = path.LastIndexOf('|'))
            {
                path = path[..end];
                if (above.TryGetValue(path, out int parent))
                {
                    return parent;
                }
            }

            return -1;
        })];
    }

    private static string Path(TableTaxon taxon) => taxon.Key ?? string.Join('|', taxon.Levels);

    /// <summary>The samples as sources that are built one at a time.</summary>
    public IReadOnlyList<SampleSource> Sources() => [.. Samples.Select(s => new SampleSource(s.Accession, context => Build(s, context), () => SliceReader.Write(this, s)))];

    /// <summary>The profile of one of its samples; null, with the reasons noted, where there is none.</summary>
    public TaxonomicProfile? Build(TableSample sample, ReaderContext context)
    {
        context.Problems.AddAll(sample.Problems);
        if (context.Problems.HasErrors)
        {
            return null;
        }

        return Aggregation == Aggregation.Disjoint ? DisjointRows.Profile(this, sample, context) : CladeRows.Profile(this, sample, context);
    }
}
