using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;

namespace Lab.Microbiome.Reports;

/// <summary>All that a report's content depends on; equal inputs give equal bytes, everywhere and always.</summary>
public sealed record ReportInput
{
    /// <summary>The normalised profile.</summary>
    public required TaxonomicProfile Profile { get; init; }
    /// <summary>Its <see cref="ProfileDigest.NormalisedSha256"/>, where it is known from storage; null: it is computed, which takes as long as all the rest.</summary>
    public string? ProfileSha256 { get; init; }
    /// <summary>How it was measured.</summary>
    public required Assay Assay { get; init; }
    /// <summary>The rules.</summary>
    public required Panel Panel { get; init; }
    /// <summary>The cohort; null when none fits.</summary>
    public required ReferenceCohort? Cohort { get; init; }
    /// <summary>When the specimen was taken; for the quality check <c>transit-time</c> only.</summary>
    public DateTimeOffset? CollectedAt { get; init; }
    /// <summary>When the lab received it.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }
    /// <summary>Whether the lab has the same bytes under another accession (a mix-up, or a copy).</summary>
    public bool SameBytesAsAnotherSample { get; init; }
    /// <summary>What is known of the person; null when nothing is. It decides notices and recommendations only.</summary>
    public SampleContext? Context { get; init; }
}
