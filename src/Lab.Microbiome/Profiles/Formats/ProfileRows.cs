using System.Collections.Immutable;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Resolves the rows of one file against the taxonomy and keeps count of what it does not know.</summary>
internal sealed class ProfileRows(ReaderContext context)
{
    private readonly TaxonomyRelease taxonomy = context.Taxonomy;
    private readonly HashSet<long> contradicted = [];
    private int unresolved;
    private int ambiguous;
    private int unknown;
    private (int? Line, string? Pointer, string Name) firstUnresolved;
    private (int? Line, string? Pointer, string Name) firstAmbiguous;
    private (int? Line, string? Pointer, string Name) firstUnknown;

    /// <summary>True when a taxid and the name beside it were of two taxa.</summary>
    public bool NameTaxidMismatch { get; private set; }

    /// <summary>Understands a taxid and a name together: the taxid wins unless it belongs to a taxon of quite another name.</summary>
    public TaxonResolution Resolve(long? taxid, string name, TaxonomicRank? rank, int? line = null, string? pointer = null)
    {
        if (taxid is { } id && taxonomy.Find(id) is { } known)
        {
            if (name.Length == 0 || IsNameOf(known, name) || IsRenamed(known, name, rank))
            {
                return taxonomy.Names.Of(known);
            }

            NameTaxidMismatch = true;
            contradicted.Add(id);
            context.Problems.Warning("name-taxid-mismatch", $"Taxid {id} is {known.Name}, not {ProblemList.Quote(name)}; the name was followed.",
                "Check the database that the file was made with.", line, pointer: pointer);
            taxid = null;
        }

        var resolution = name.Length > 0 ? taxonomy.Names.Resolve(name, rank) : taxonomy.Names.Resolve($"{taxid}", rank);
        if (resolution.Taxon is { } named && taxid is not null)
        {
            // The file's taxid is one that this release lacks. Only the very name at the very rank makes it a merged or newer id of that taxon.
            if (resolution.Warning is null && rank == named.Rank)
            {
                return resolution;
            }

            resolution = new TaxonResolution(null, rank ?? TaxonomicRank.None, LineageText.Display(LineageText.Level(name).Name), null, [], "name-unresolved");
        }

        if (name.Length == 0 && resolution.Taxon is null && taxid is { } alone && WellKnownRoots.GroupOf(alone) is null)
        {
            firstUnknown = unknown++ == 0 ? (line, pointer, $"{alone}") : firstUnknown;
        }
        else
        {
            Note(resolution, name.Length > 0 ? name : $"{taxid}", taxid, line, pointer);
        }

        return resolution;
    }

    /// <summary>Whether this taxid was found to belong to another name, so that it must not be kept.</summary>
    public bool Contradicts(long taxid) => contradicted.Contains(taxid) || taxid == 0;

    /// <summary>The group: by a well-known root, else the parent's, else the taxonomy's, else the form of the name.</summary>
    public OrganismGroup Group(long? taxid, string name, OrganismGroup? parent, Taxon? nearest)
    {
        bool itself = nearest is not null && nearest.Taxid == taxid && nearest.Name == name;
        var (own, known) = itself ? taxonomy.GroupsOf(nearest!)
            : ((taxid is { } id ? WellKnownRoots.GroupOf(id) : null) ?? WellKnownRoots.GroupOf(name), nearest is null ? OrganismGroup.Unknown : taxonomy.GroupsOf(nearest).Lineage);
        if (own is { } root)
        {
            return root;
        }

        if (parent is { } above && above != OrganismGroup.Unknown)
        {
            return above == OrganismGroup.OtherEukaryote && known == OrganismGroup.Fungi ? known : above;
        }

        return known != OrganismGroup.Unknown ? known : WellKnownRoots.IsVirusName(name) ? OrganismGroup.Virus : OrganismGroup.Unknown;
    }

    /// <summary>Adds one warning about all names that the taxonomy does not know, one about taxids, one about ambiguous names.</summary>
    public void Warn()
    {
        if (unresolved > 0)
        {
            context.Problems.Warning("name-unresolved",
                $"{unresolved} name(s) are not in the taxonomy {taxonomy.Version}, first {ProblemList.Quote(firstUnresolved.Name)}.",
                "They keep their own rows below their lowest known ancestor; only sums roll up.", firstUnresolved.Line, pointer: firstUnresolved.Pointer);
        }

        if (unknown > 0)
        {
            context.Problems.Warning("taxid-unknown", $"{unknown} taxid(s) without a name are not in the taxonomy {taxonomy.Version}, first {firstUnknown.Name}.",
                "They keep their own rows; where nothing above them is known they are unassigned at every rank.", firstUnknown.Line, pointer: firstUnknown.Pointer);
        }

        if (ambiguous > 0)
        {
            context.Problems.Warning("name-ambiguous", $"{ambiguous} name(s) stand for several taxa, first {ProblemList.Quote(firstAmbiguous.Name)}.",
                "They stand below the lowest taxon that holds all that they may mean.", firstAmbiguous.Line, pointer: firstAmbiguous.Pointer);
        }
    }

    private void Note(TaxonResolution resolution, string name, long? taxid, int? line, string? pointer)
    {
        if (resolution.Warning == "name-ambiguous")
        {
            firstAmbiguous = ambiguous++ == 0 ? (line, pointer, name) : firstAmbiguous;
        }
        else if (resolution.Taxon is null && WellKnownRoots.GroupOf(LineageText.Level(name).Name) is null
            && (taxid is null || WellKnownRoots.GroupOf(taxid.Value) is null))
        {
            firstUnresolved = unresolved++ == 0 ? (line, pointer, name) : firstUnresolved;
        }
    }

    // Names change faster than releases: a new genus keeps the epithet, a new ending keeps the stem.
    private bool IsNameOf(Taxon taxon, string submitted)
    {
        string key = LineageText.Key(LineageText.Level(submitted).Name);
        if (taxon.FormerNames.Prepend(taxon.Name).Any(n => SameName(LineageText.Key(n), key)))
        {
            return true;
        }

        return taxonomy.Names.Resolve(submitted, taxon.Rank).Taxon == taxon;
    }

    // A name at the same rank (or between the ranks) that belongs to no other taxon is newer than the release: Xanthomonadales is now
    // Lysobacterales. A species of another epithet is not taken on trust: databases with ids of their own would pass.
    private bool IsRenamed(Taxon taxon, string submitted, TaxonomicRank? rank) =>
        (rank == TaxonomicRank.None || (rank == taxon.Rank && rank < TaxonomicRank.Species)) && taxonomy.Names.Resolve(submitted).Taxon is null;

    private static bool SameName(string known, string submitted)
    {
        if (known == submitted)
        {
            return true;
        }

        string[] a = known.Split(' ');
        string[] b = submitted.Split(' ');
        return a.Length == 1 || b.Length == 1 ? a.Length == b.Length && Stem(a[0]) == Stem(b[0]) : Stem(a[1]) == Stem(b[1]) && (a[1] != "sp" || a[0] == b[0]);
    }

    private static string Stem(string word) => word.Length > 5 ? word[..5] : word;
}
