using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Reports;

/// <summary>All that is measured of a profile, by the one rule that reports and cohorts share. Fractions are of what is classified as Bacteria, Archaea or Fungi.</summary>
public sealed class Measures
{
    /// <summary>The metrics of every report, in its order.</summary>
    public static readonly ImmutableArray<string> Metrics =
        ["observed", "shannon", "simpson", "inverse-simpson", "pielou", "berger-parker", "chao1", "goods-coverage", "fisher-alpha"];

    private readonly Composition composition;
    private readonly Lazy<CladeIndex> index;

    /// <summary>Measures a profile; <paramref name="lowestRank"/> is the lowest rank that its assay resolves.</summary>
    public Measures(TaxonomicProfile profile, TaxonomicRank lowestRank)
    {
        ArgumentNullException.ThrowIfNull(profile);
        Profile = profile;
        composition = new Composition(profile);
        index = new(() => new CladeIndex(profile));
        LowestRank = lowestRank;
        var lowest = composition.RowsAt(lowestRank).Where(r => r.Clade > 0).ToArray();
        Shares = RelativeAbundances.From(lowest.Select(r => r.Clade));
        Counts = profile.HasCounts ? Counts.FromWholeNumbers(lowest.Select(r => r.Clade)) : null;
    }

    /// <summary>The profile.</summary>
    public TaxonomicProfile Profile { get; }

    /// <summary>The rank of diversity.</summary>
    public TaxonomicRank LowestRank { get; }

    /// <summary>The rows and fractions.</summary>
    public Composition Composition => composition;

    /// <summary>Relative abundances at the lowest rank, renormalised to it.</summary>
    public RelativeAbundances Shares { get; }

    /// <summary>Read counts at the lowest rank; null where the file has none.</summary>
    public Counts? Counts { get; }

    /// <summary>Classified reads of Bacteria, Archaea and Fungi; null where the file has no counts.</summary>
    public long? ClassifiedReads => Profile.HasCounts ? (long)composition.Denominator : null;

    /// <summary>A metric of diversity, where it is defined for these numbers; null also for metrics that need counts where there are none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no metric of that name.</exception>
    public double? Metric(string metric) =>
        (AlphaMetric.Find(metric) ?? throw new ArgumentOutOfRangeException(nameof(metric), metric, "No such metric.")).Value(Shares, Counts);

    /// <summary>What stands at the lowest rank, by its taxid or, without one, its name; in the unit of the profile's clades.</summary>
    public IEnumerable<KeyValuePair<string, double>> Sample => composition.RowsAt(LowestRank).Where(r => r.Clade > 0)
        .Select(r => KeyValuePair.Create(r.Taxid?.ToString(CultureInfo.InvariantCulture) ?? r.Name, r.Clade));

    /// <summary>The rows by what a panel calls them.</summary>
    public CladeIndex Index => index.Value;

    /// <summary>The sum of some clades.</summary>
    public CladeSum Sum(ImmutableArray<PanelTaxon> members, ImmutableArray<PanelTaxon> excluded = default) => CladeSum.Of(index.Value, members, excluded);

    /// <summary>A value in the unit of the profile's clades as a fraction of 0..1; 0 where nothing is classified.</summary>
    public double Fraction(double value) => composition.Denominator > 0 ? Math.Min(1, value / composition.Denominator) : 0;

    /// <summary>Both sides of a ratio, as fractions; the lower side of a share is all that is classified: 1, or 0 where that is nothing.</summary>
    public (double Numerator, double Denominator) Sides(Ratio ratio)
    {
        ArgumentNullException.ThrowIfNull(ratio);
        return (Fraction(Sum(ratio.Numerator).Value), Fraction(ratio.Denominator.IsEmpty ? composition.Denominator : Sum(ratio.Denominator).Value));
    }
}
