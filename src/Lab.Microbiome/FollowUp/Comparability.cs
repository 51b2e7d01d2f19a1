using System.Collections.Immutable;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Profiles.Formats;

namespace Lab.Microbiome.FollowUp;

/// <summary>How much of two measurements may be compared.</summary>
public enum ComparableExtent
{
    /// <summary>Nothing.</summary>
    Nothing,
    /// <summary>Shotgun by two methods: fractions of phyla, families and genera, ratios and sums of guilds, without a word on noise.</summary>
    Composition,
    /// <summary>Everything: one method measured both.</summary>
    Everything,
}

/// <summary>Whether one method measured two samples, and what stands in the way (docs/decisions/0010).</summary>
/// <param name="Extent">How much may be compared.</param>
/// <param name="Reasons">Why not everything, as codes; empty where everything may be.</param>
/// <param name="Caveats">What does not forbid the comparison but has to be known, as codes.</param>
public sealed record Comparability(ComparableExtent Extent, ImmutableArray<string> Reasons, ImmutableArray<string> Caveats)
{
    /// <summary>Where one sample has more than this many times the reads of the other, richness is not compared: it grows with depth.</summary>
    public const double DepthFactor = 2;

    /// <summary>The caveat of samples whose depths differ by more than <see cref="DepthFactor"/>.</summary>
    public const string DepthDiffers = "depth-differs";

    private static readonly ImmutableArray<string> Richness = ["observed", "pielou", "chao1", "goods-coverage", "fisher-alpha"];

    /// <summary>Whether a metric grows with depth: richness, what corrects for it, and evenness, which is divided by it.</summary>
    public static bool DependsOnDepth(string metric) => Richness.Contains(metric);

    /// <summary>Compares how two samples were measured, never what was found.</summary>
    public static Comparability Of(MeasuredSample from, MeasuredSample to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        var (a, b) = (from.Assay, to.Assay);
        var reasons = ImmutableArray.CreateBuilder<string>();
        void Demand(bool same, string reason)
        {
            if (!same) reasons.Add(reason);
        }
        Demand(a.Platform == b.Platform, "platform-differs");
        Demand(a.Region == b.Region, "region-differs");
        Demand(a.Profiler != Assay.NotStated && b.Profiler != Assay.NotStated, "profiler-not-stated");
        Demand(a.Profiler == b.Profiler, "profiler-differs");
        Demand(a.DatabaseFamily == b.DatabaseFamily, "database-differs");
        Demand(a.LowestRank == b.LowestRank, "rank-differs");
        Demand(a.Kingdoms.ToHashSet().SetEquals(b.Kingdoms), "kingdoms-differ");
        Demand(Numbers(from.Profile) == Numbers(to.Profile), "unit-differs");
        var (shares, others) = (Meaning(from.Profile), Meaning(to.Profile));
        Demand(shares == others || shares == AbundanceType.Unknown || others == AbundanceType.Unknown, "denominator-differs");
        // Under another name of its own a lab does something else to the sample, if only in the wet lab.
        Demand(a.Id == b.Id, "assay-differs");
        // Classifiers of amplicons name genera by their database, and each region sees its own: as with cohorts, another one is another language.
        var extent = reasons.Count == 0 ? ComparableExtent.Everything
            : a.Platform != b.Platform || a.Platform == Platform.Amplicon || reasons.Contains("profiler-not-stated") ? ComparableExtent.Nothing : ComparableExtent.Composition;
        return new(extent, reasons.ToImmutable(), extent == ComparableExtent.Nothing ? [] : [.. Remarks(from, to)]);
    }

    private static IEnumerable<string> Remarks(MeasuredSample from, MeasuredSample to)
    {
        if (from.Depth is not { } one || to.Depth is not { } other) yield return "depth-unknown";
        else if (Math.Max(one, other) > DepthFactor * Math.Min(one, other)) yield return DepthDiffers;
        if (from.Profile.Database is { } first && to.Profile.Database is { } second && first != second) yield return "database-release-differs";
    }

    // Percent is read as fractions: the two are one unit.
    private static AbundanceUnit Numbers(TaxonomicProfile profile) => profile.Unit == AbundanceUnit.Percent ? AbundanceUnit.Fraction : profile.Unit;

    // Shares of reads or of organisms: neither can be made of the other.
    private static AbundanceType Meaning(TaxonomicProfile profile) => ProfileFormats.Find(profile.Format)?.Abundance ?? AbundanceType.Unknown;
}
