using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Lab.Microbiome.Profiles;

namespace Lab.Microbiome.Taxonomy;

/// <summary>One release of the taxonomy that Lab knows: the taxa of the human gut with their current and former names. Immutable.</summary>
public sealed class TaxonomyRelease
{
    private const int NoMatch = int.MaxValue;

    private static readonly Lazy<TaxonomyRelease> LazyShipped = new(LoadShipped);
    private readonly FrozenDictionary<long, Taxon> taxa;
    private readonly ImmutableArray<Taxon> ordered;
    private readonly Lazy<TaxonNameResolver> resolver;
    private readonly Lazy<ImmutableArray<(Taxon Taxon, ImmutableArray<string> Names)>> keys;
    private readonly Lazy<FrozenDictionary<long, (OrganismGroup? Own, OrganismGroup Lineage)>> groups;

    private TaxonomyRelease(string version, ImmutableArray<Taxon> ordered)
    {
        Version = version;
        this.ordered = ordered;
        taxa = ordered.ToFrozenDictionary(t => t.Taxid);
        groups = new(() => ordered.ToFrozenDictionary(t => t.Taxid, t => (WellKnownRoots.GroupOf(t.Taxid) ?? WellKnownRoots.GroupOf(t.Name), WellKnownRoots.GroupOf(this, t.Taxid))));
        resolver = new Lazy<TaxonNameResolver>(() => new TaxonNameResolver(this));
        keys = new(() => [.. ordered.Select(t => (t, t.FormerNames.Prepend(t.Name).Select(LineageText.Key).ToImmutableArray()))]);
        foreach (var taxon in ordered.Where(t => t.ParentTaxid is { } parent && !taxa.ContainsKey(parent)))
        {
            throw new InvalidDataException($"Taxon {taxon.Taxid} has the parent {taxon.ParentTaxid}, which is not in the release.");
        }
    }

    /// <summary>The release that ships with Lab (<c>Data/gut-taxonomy.tsv</c>); read once, on first use.</summary>
    public static TaxonomyRelease Shipped => LazyShipped.Value;

    /// <summary>The name of the release, e.g. <c>gut-2026-11</c>.</summary>
    public string Version { get; }

    /// <summary>How many taxa it has.</summary>
    public int Count => ordered.Length;

    /// <summary>All taxa, from the domains down to the species.</summary>
    public ImmutableArray<Taxon> Taxa => ordered;

    /// <summary>Finds taxa by any name that a file may use.</summary>
    public TaxonNameResolver Names => resolver.Value;

    /// <summary>The group that the taxon itself is the root of (null for none), and that of its lineage: looked up, since every row of a profile asks.</summary>
    internal (OrganismGroup? Own, OrganismGroup Lineage) GroupsOf(Taxon taxon) => groups.Value[taxon.Taxid];

    /// <summary>Reads a release from text in the format that the header of <c>Data/gut-taxonomy.tsv</c> describes.</summary>
    /// <exception cref="InvalidDataException">A line is not in that format, a parent is missing, or the release has no name.</exception>
    public static TaxonomyRelease Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        string version = "";
        var taxa = ImmutableArray.CreateBuilder<Taxon>();
        bool header = true;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                version = line.StartsWith("# release: ", StringComparison.Ordinal) ? line["# release: ".Length..].Trim() : version;
            }
            else if (header)
            {
                header = false;
            }
            else
            {
                taxa.Add(ReadTaxon(line));
            }
        }

        return version.Length > 0 ? new TaxonomyRelease(version, taxa.ToImmutable()) : throw new InvalidDataException("The taxonomy has no '# release:' line.");
    }

    /// <summary>The taxon with this NCBI taxid, or null when the release does not have it.</summary>
    public Taxon? Find(long taxid) => taxa.GetValueOrDefault(taxid);

    /// <summary>From the root to the taxon itself; empty when the release does not have it.</summary>
    public ImmutableArray<Taxon> Lineage(long taxid)
    {
        var lineage = ImmutableArray.CreateBuilder<Taxon>();
        for (var taxon = Find(taxid); taxon is not null && lineage.Count <= Count; taxon = taxon.ParentTaxid is { } parent ? Find(parent) : null)
        {
            lineage.Add(taxon);
        }

        lineage.Reverse();
        return lineage.ToImmutable();
    }

    /// <summary>The lineage as text, e.g. <c>d__Bacteria;p__Bacillota;…;s__Faecalibacterium prausnitzii</c>; empty for a taxid that is not in the
    /// release.</summary>
    public string LineageString(long taxid)
    {
        var text = new StringBuilder();
        foreach (var taxon in Lineage(taxid))
        {
            text.Append(text.Length > 0 ? ";" : "").Append(LineageText.Prefix(taxon.Rank)).Append(taxon.Name);
        }

        return text.ToString();
    }

    /// <summary>The ancestor at this rank (the taxon itself when it has the rank), or null.</summary>
    public Taxon? Ancestor(long taxid, TaxonomicRank rank) => Lineage(taxid).FirstOrDefault(t => t.Rank == rank);

    /// <summary>Taxa by any of their names or by taxid, the best match first: the taxid or the whole name, then how a name begins, then words that begin so (in
    /// their order), then any part of a name. A whole current name comes before a whole former one, and within each the wider rank first. Case, brackets and
    /// underscores do not matter.</summary>
    public ImmutableArray<Taxon> Search(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string wanted = LineageText.Key(text);
        if (wanted.Length == 0)
        {
            return [];
        }

        return [.. keys.Value.Select(t => (t.Taxon, Place: Place(t.Taxon, t.Names, wanted))).Where(t => t.Place < NoMatch)
            .OrderBy(t => t.Place).ThenBy(t => t.Taxon.Rank).ThenBy(t => t.Taxon.Name, StringComparer.Ordinal).ThenBy(t => t.Taxon.Taxid).Select(t => t.Taxon)];
    }

    private static int Place(Taxon taxon, ImmutableArray<string> names, string wanted)
    {
        if (names[0] == wanted || taxon.Taxid.ToString(CultureInfo.InvariantCulture) == wanted)
        {
            return 0;
        }

        return names.Min(name => name == wanted ? 1 : name.StartsWith(wanted, StringComparison.Ordinal) ? 2 : HasWords(name, wanted) ? 3
            : name.Contains(wanted, StringComparison.Ordinal) ? 4 : NoMatch);
    }

    private static bool HasWords(string name, string wanted)
    {
        string[] words = name.Split(' ');
        int at = 0;
        foreach (string begin in wanted.Split(' '))
        {
            while (at < words.Length && !words[at].StartsWith(begin, StringComparison.Ordinal))
            {
                at++;
            }

            if (at++ >= words.Length)
            {
                return false;
            }
        }

        return true;
    }

    private static Taxon ReadTaxon(string line)
    {
        string[] cells = line.Split('\t');
        if (cells.Length == 6
            && long.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out long taxid)
            && Enum.TryParse(cells[1], ignoreCase: true, out TaxonomicRank rank)
            && (cells[3].Length == 0 || long.TryParse(cells[3], NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            long? parent = cells[3].Length == 0 ? null : long.Parse(cells[3], NumberStyles.None, CultureInfo.InvariantCulture);
            return new Taxon(taxid, cells[2], rank, parent, [.. cells[4].Split('|', StringSplitOptions.RemoveEmptyEntries)]);
        }

        throw new InvalidDataException($"Not a taxon: {line}");
    }

    private static TaxonomyRelease LoadShipped()
    {
        using var stream = typeof(TaxonomyRelease).Assembly.GetManifestResourceStream("gut-taxonomy.tsv")
            ?? throw new InvalidOperationException("The assembly lacks its taxonomy.");
        using var reader = new StreamReader(stream);
        return Read(reader);
    }
}
