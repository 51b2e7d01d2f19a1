using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Lab.Microbiome.Taxonomy;

/// <summary>One release of the taxonomy that Lab knows: the taxa of the human gut with their current and former names. Immutable.</summary>
public sealed class TaxonomyRelease
{
    private static readonly Lazy<TaxonomyRelease> LazyShipped = new(LoadShipped);
    private readonly FrozenDictionary<long, Taxon> taxa;
    private readonly ImmutableArray<Taxon> ordered;
    private readonly Lazy<TaxonNameResolver> resolver;

    private TaxonomyRelease(string version, ImmutableArray<Taxon> ordered)
    {
        Version = version;
        this.ordered = ordered;
        taxa = ordered.ToFrozenDictionary(t => t.Taxid);
        resolver = new Lazy<TaxonNameResolver>(() => new TaxonNameResolver(this));
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

    /// <summary>Taxa one of whose names begins with the text, then those one of whose names contains it; case does not matter.</summary>
    public ImmutableArray<Taxon> Search(string text, int limit)
    {
        ArgumentNullException.ThrowIfNull(text);
        string wanted = text.Trim();
        if (wanted.Length == 0 || limit <= 0)
        {
            return [];
        }

        return [.. ordered.Select(t => (Taxon: t, Place: Place(t, wanted))).Where(t => t.Place < 2).OrderBy(t => t.Place).Select(t => t.Taxon).Take(limit)];
    }

    private static int Place(Taxon taxon, string wanted)
    {
        var names = taxon.FormerNames.Prepend(taxon.Name);
        return names.Any(n => n.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)) ? 0
            : names.Any(n => n.Contains(wanted, StringComparison.OrdinalIgnoreCase)) ? 1 : 2;
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
