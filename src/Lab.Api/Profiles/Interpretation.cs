using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;

namespace Lab.Api.Profiles;

/// <summary>What a profile is read with: checked when it is asked for, so that no job fails for a typing error.</summary>
public sealed record Interpretation(Assay Assay, Panel Panel, string? Cohort)
{
    /// <summary>The cohort that applies now: the wanted one, or the best fit; null when none fits.</summary>
    public ReferenceCohort? MatchedCohort() => CohortMatching.Best(Assay, ReferenceCohort.Shipped, Cohort);
}
