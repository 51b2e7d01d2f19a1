using System.Collections.Immutable;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles;

/// <summary>What a profile consists of: the denominator and what stands beside it. Computed once; immutable.</summary>
/// <remarks>The denominator of every fraction is what is classified as Bacteria, Archaea or Fungi, or as a taxon of which nothing above is known;
/// unclassified reads, host and viruses stand outside it and are fractions of everything.</remarks>
public sealed class Composition
{
    private readonly TaxonomicProfile profile;
    private readonly ImmutableArray<ProfileTaxon>[] rows = new ImmutableArray<ProfileTaxon>[(int)TaxonomicRank.Strain + 1];

    /// <summary>The composition of a profile.</summary>
    public Composition(TaxonomicProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        this.profile = profile;
        Denominator = Sum(IsInside);
        var byRank = new List<ProfileTaxon>[rows.Length];
        foreach (var taxon in profile.Taxa)
        {
            if (IsInside(taxon.Group)) (byRank[(int)taxon.Rank] ??= []).Add(taxon);
        }
        for (int rank = 0; rank < rows.Length; rank++)
        {
            rows[rank] = byRank[rank] is { } inside ? [.. inside] : [];
        }
    }

    /// <summary>The sum of the top-most clades of Bacteria, Archaea, Fungi and of unknown rows, each read once; in the unit of <see
    /// cref="ProfileTaxon.Clade"/>, 0 or more.</summary>
    public double Denominator { get; }

    /// <summary>Host and food (Chordata, plants) as a fraction of everything, 0 to 1; null where nothing at all was measured, or the file has none and its
    /// format does not tell whether the profiler looked for them.</summary>
    public double? HostFraction => Beside(OrganismGroup.Host);

    /// <summary>Viruses as a fraction of everything, 0 to 1; null where nothing at all was measured, or the file has none and its format does not tell
    /// whether the profiler looked for them.</summary>
    public double? ViralFraction => Beside(OrganismGroup.Virus);

    /// <summary>What is not classified as a fraction of everything, 0 to 1; null where the file cannot say.</summary>
    public double? UnclassifiedFraction => profile.Unclassified is { } unclassified ? OfEverything(unclassified) : null;

    private double? Beside(OrganismGroup group) =>
        profile.Taxa.Any(t => t.Group == group) || ProfileFormats.Find(profile.Format)?.Sought.Contains(group) == true ? OfEverything(Sum(g => g == group)) : null;

    /// <summary>The rows of exactly this rank inside the denominator, in the order of the profile.</summary>
    public ImmutableArray<ProfileTaxon> RowsAt(TaxonomicRank rank) => rows[(int)rank];

    /// <summary>The share of the denominator that <see cref="RowsAt"/> covers, 0 to 1; 0 when the denominator is.</summary>
    public double AssignedFraction(TaxonomicRank rank)
    {
        double sum = 0;
        foreach (var row in RowsAt(rank))
        {
            sum += row.Clade;
        }

        return Denominator > 0 ? Math.Min(1, sum / Denominator) : 0;
    }

    /// <summary>The clade of a row as a fraction of the denominator, at most 1 (rounded percentages may add up to more); 0 when the denominator is.</summary>
    public double Fraction(ProfileTaxon row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Denominator > 0 ? Math.Min(1, row.Clade / Denominator) : 0;
    }

    private static bool IsInside(OrganismGroup group) =>
        group is OrganismGroup.Unknown or OrganismGroup.Bacteria or OrganismGroup.Archaea or OrganismGroup.Fungi;

    private double? OfEverything(double part) => profile.Everything > 0 ? Math.Clamp(part / profile.Everything, 0, 1) : null;

    // A clade counts where its parent is of the other side; a clade of the other side below it is taken off again.
    private double Sum(Func<OrganismGroup, bool> inside)
    {
        double sum = 0;
        foreach (var row in profile.Taxa)
        {
            bool above = row.Parent >= 0 && inside(profile.Taxa[row.Parent].Group);
            bool own = inside(row.Group);
            sum += own == above ? 0 : own ? row.Clade : -row.Clade;
        }

        return Math.Max(0, sum);
    }
}
