using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Lab.Microbiome.Taxonomy;

/// <summary>Finds the taxon that a file means: by taxid, current name, former name, or lineage string in the spellings of NCBI, MetaPhlAn,
/// Greengenes, SILVA and GTDB. Immutable; obtain it from <see cref="TaxonomyRelease.Names"/>.</summary>
public sealed partial class TaxonNameResolver
{
    // Names that stand for several taxa, with the lowest node that holds them all.
    private static readonly FrozenDictionary<string, long> Ambiguous = new Dictionary<string, long>
    {
        ["escherichia shigella"] = 543,
        ["clostridium sensu stricto"] = 31979,
        ["burkholderia caballeronia paraburkholderia"] = 119060,
        ["allorhizobium neorhizobium pararhizobium rhizobium"] = 82115,
    }.ToFrozenDictionary();

    private readonly TaxonomyRelease taxonomy;
    private readonly FrozenDictionary<string, ImmutableArray<Taxon>> current;
    private readonly FrozenDictionary<string, ImmutableArray<Taxon>> former;

    internal TaxonNameResolver(TaxonomyRelease taxonomy)
    {
        this.taxonomy = taxonomy;
        current = Index(taxonomy.Taxa.Select(t => (LineageText.Key(t.Name), t)));
        former = Index(taxonomy.Taxa.SelectMany(t => t.FormerNames.Select(n => (LineageText.Key(n), t))));
    }

    /// <summary>Understands a taxid in digits, a name, or a lineage string.</summary>
    /// <param name="submitted">What the file says.</param>
    /// <param name="rank">The rank that the file gives beside it; decides between taxa of one name (Actinobacteria is a phylum and a class).
    /// A known name of another rank is then not taken.</param>
    public TaxonResolution Resolve(string submitted, TaxonomicRank? rank = null)
    {
        ArgumentNullException.ThrowIfNull(submitted);
        string text = submitted.Trim();
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long taxid))
        {
            return taxonomy.Find(taxid) is { } found ? Known(found, null) : Unknown(text, rank ?? TaxonomicRank.None, null, []);
        }

        return LineageText.IsLineage(text) ? ResolveLineage(text) : ResolveName(text, rank);
    }

    /// <summary>A taxon of the release as what its taxid in digits is understood as.</summary>
    internal TaxonResolution Of(Taxon taxon) => Known(taxon, null);

    private TaxonResolution ResolveLineage(string lineage)
    {
        var levels = LineageText.Split(lineage).Where(l => l.Name.Length > 0).ToImmutableArray();
        if (levels.IsEmpty)
        {
            return Unknown("", TaxonomicRank.None, null, []);
        }

        levels = WithWholeSpeciesName(levels);
        var own = levels[^1];
        var row = ResolveName(own.Name, own.Rank == TaxonomicRank.None ? null : own.Rank);
        if (row.Taxon is not null || row.Warning == Warnings.Ambiguous)
        {
            return row;
        }

        for (int i = levels.Length - 2; i >= 0; i--)
        {
            var level = levels[i];
            var above = ResolveName(level.Name, level.Rank == TaxonomicRank.None ? null : level.Rank);
            if (above.Taxon is not null)
            {
                return Unknown(LineageText.Display(own.Name), own.Rank, above.Taxon, levels[(i + 1)..^1]);
            }

            if (above.Warning == Warnings.Ambiguous)
            {
                return Unknown(LineageText.Display(own.Name), own.Rank, above.Ancestor, levels[i..^1]);
            }
        }

        return Unknown(LineageText.Display(own.Name), own.Rank, null, levels[..^1]);
    }

    // Greengenes and kraken-biom give the epithet alone: g__Faecalibacterium;s__prausnitzii, g__Bacteroides;s__sp. D2.
    private static ImmutableArray<LineageLevel> WithWholeSpeciesName(ImmutableArray<LineageLevel> levels)
    {
        var own = levels[^1];
        string key = LineageText.Key(own.Name);
        bool epithet = own.Rank == TaxonomicRank.Species && levels.Length > 1 && levels[^2].Rank == TaxonomicRank.Genus
            && own.Name.Length > 0 && char.IsAsciiLetterLower(own.Name[0])
            && (!key.Contains(' ', StringComparison.Ordinal) || key.StartsWith("sp ", StringComparison.Ordinal));
        return epithet ? levels.SetItem(levels.Length - 1, own with { Name = $"{levels[^2].Name} {own.Name}" }) : levels;
    }

    private TaxonResolution ResolveName(string submitted, TaxonomicRank? rank)
    {
        var level = LineageText.Level(submitted);
        rank = level.Rank == TaxonomicRank.None ? rank : level.Rank;
        string name = LineageText.Display(level.Name);
        string key = LineageText.Key(level.Name);
        if (key.Length == 0)
        {
            return Unknown("", rank ?? TaxonomicRank.None, null, []);
        }

        string unnumbered = TrailingNumber().Replace(key, "");
        if (Ambiguous.TryGetValue(unnumbered, out long holder))
        {
            return new TaxonResolution(null, rank ?? TaxonomicRank.Genus, name, taxonomy.Find(holder), [], Warnings.Ambiguous);
        }

        if (Lookup(key, rank, name, null) is { } exact)
        {
            return exact;
        }

        // A GTDB suffix marks a part of a taxon; above the genus the parts are one taxon to everyone else.
        string withoutSuffix = LineageText.Key(GtdbSuffix().Replace(level.Name, ""));
        string withoutGroup = withoutSuffix.EndsWith(" group", StringComparison.Ordinal) ? withoutSuffix[..^" group".Length] : withoutSuffix;
        foreach (string candidate in new[] { withoutSuffix, withoutGroup, TrailingNumber().Replace(withoutGroup, "") })
        {
            if (candidate != key && candidate.Length > 0 && Lookup(candidate, rank, name, Warnings.Approximate) is { } near)
            {
                return near;
            }
        }

        var guessed = rank ?? GuessRank(name);
        return Unknown(name, guessed, WellKnownRoots.IsVirusName(key) ? null : AncestorInName(withoutGroup, guessed), []);
    }

    private TaxonResolution? Lookup(string key, TaxonomicRank? rank, string name, string? warning)
    {
        foreach (var index in new[] { current, former })
        {
            if (!index.TryGetValue(key, out var all))
            {
                continue;
            }

            var fitting = rank is { } wanted ? all.Where(t => Fits(t.Rank, wanted)).ToImmutableArray() : all;
            if (fitting.Length == 1)
            {
                return Known(fitting[0], fitting[0].Rank >= TaxonomicRank.Genus ? warning : null);
            }

            if (fitting.Length > 1)
            {
                // Without a rank a name of a phylum and its class means the phylum: the wider one is never wrong.
                var nested = fitting.OrderBy(t => t.Rank).ThenBy(t => t.Taxid).First();
                bool oneLine = fitting.All(t => taxonomy.Lineage(t.Taxid).Contains(nested));
                return oneLine ? Known(nested, Warnings.Ambiguous)
                    : new TaxonResolution(null, rank ?? nested.Rank, name, LowestCommon(fitting), [], Warnings.Ambiguous);
            }
        }

        return null;
    }

    private static bool Fits(TaxonomicRank known, TaxonomicRank wanted) =>
        wanted == TaxonomicRank.None || known == wanted || (wanted == TaxonomicRank.Kingdom && known == TaxonomicRank.Domain);

    private Taxon? AncestorInName(string key, TaxonomicRank rank)
    {
        // Environmental names begin with a word that is no taxon.
        string text = key.StartsWith("uncultured ", StringComparison.Ordinal) ? key["uncultured ".Length..] : key;
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        string first = blank > 0 ? text[..blank] : "";
        if (first.Length == 0 || !(current.TryGetValue(first, out var all) || former.TryGetValue(first, out all)))
        {
            return null;
        }

        var above = all.Where(t => t.Rank < rank || rank == TaxonomicRank.None).ToImmutableArray();
        return above.Length == 1 ? above[0] : null;
    }

    private Taxon? LowestCommon(ImmutableArray<Taxon> taxa)
    {
        var common = taxonomy.Lineage(taxa[0].Taxid);
        return common.LastOrDefault(node => !taxa.Contains(node) && taxa.All(t => taxonomy.Lineage(t.Taxid).Contains(node)));
    }

    private TaxonResolution Known(Taxon taxon, string? warning) =>
        new(taxon, taxon.Rank, taxon.Name, taxon.ParentTaxid is { } parent ? taxonomy.Find(parent) : null, [], warning);

    private static TaxonResolution Unknown(string name, TaxonomicRank rank, Taxon? ancestor, ImmutableArray<LineageLevel> between) =>
        new(null, rank, name, ancestor, between, Warnings.Unresolved);

    private static TaxonomicRank GuessRank(string name)
    {
        string key = LineageText.Key(name);
        return key.Contains(' ', StringComparison.Ordinal) ? TaxonomicRank.Species
            : key.EndsWith("aceae", StringComparison.Ordinal) ? TaxonomicRank.Family
            : key.EndsWith("ales", StringComparison.Ordinal) ? TaxonomicRank.Order
            : TaxonomicRank.None;
    }

    private static FrozenDictionary<string, ImmutableArray<Taxon>> Index(IEnumerable<(string Key, Taxon Taxon)> names) =>
        names.Distinct().GroupBy(n => n.Key).ToFrozenDictionary(g => g.Key, g => g.Select(n => n.Taxon).ToImmutableArray());

    [GeneratedRegex(" [0-9]{1,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex TrailingNumber();

    [GeneratedRegex("(?<=[a-z])_[A-Z]{1,2}(?![A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex GtdbSuffix();

    private static class Warnings
    {
        public const string Unresolved = "name-unresolved";
        public const string Ambiguous = "name-ambiguous";
        public const string Approximate = "name-approximate";
    }
}
