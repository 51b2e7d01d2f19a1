using System.Collections.Immutable;
using Lab.Microbiome.Cohorts;

namespace Lab.Microbiome.FollowUp;

/// <summary>Two samples of one person beside each other: first whether they may be compared at all, then how far apart they lie and what changed.</summary>
/// <param name="Comparability">Whether one method measured both.</param>
/// <param name="Distances">Both distances where one method measured both, else none.</param>
/// <param name="Changes">Of everything that may be compared; of two shotgun methods phyla, families, genera, ratios and guilds, without a word on noise.</param>
public sealed record SampleComparison(Comparability Comparability, ImmutableArray<ProfileDistance> Distances, ImmutableArray<Change> Changes)
{
    /// <summary>Compares two samples.</summary>
    /// <param name="from">The earlier.</param>
    /// <param name="to">The later, measured with the same panel.</param>
    /// <param name="cohort">Whose spread distances are placed in; null or of another method: in none.</param>
    /// <param name="noise">The replicates of the assay, over the list of the cohort where it has one; null: the counting error is all that is known.</param>
    /// <exception cref="ArgumentException">The panels differ.</exception>
    public static SampleComparison Of(MeasuredSample from, MeasuredSample to, ReferenceCohort? cohort, ReplicateNoise? noise)
    {
        var comparability = Comparability.Of(from, to);
        if (from.Panel.Ref != to.Panel.Ref) throw new ArgumentException("The panels differ.", nameof(to));
        return new(comparability, comparability.Extent == ComparableExtent.Everything ? ProfileDistance.Of(from, to, cohort, noise) : [], Change.Of(from, to, comparability, noise));
    }
}
