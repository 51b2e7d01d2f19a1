using Lab.Api.Hosting;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;

namespace Lab.Api.Profiles;

/// <summary>What a profile is read with: checked when it is asked for, so that no job fails for a typing error.</summary>
public sealed record Interpretation(Assay Assay, Panel Panel, string? Cohort)
{
    public static Interpretation Of(TaxonomicProfile profile, string? assay, string? panel, string? cohort)
    {
        var id = assay ?? profile.DeclaredAssay ?? Assay.Shipped.FirstOrDefault(a => a.Formats.Contains(profile.Format))?.Id
            ?? throw new ProblemException(ProblemCodes.AssayMissing, $"The format {profile.Format} does not tell how the sample was measured.");
        var known = Assay.Find(id) ?? throw new ProblemException(ProblemCodes.AssayUnknown, "The assay is not known.");
        var rules = panel is null ? Panel.Default : Panel.Find(panel) ?? throw new ProblemException(ProblemCodes.PanelUnknown, "The panel is not known.");
        if (cohort is not null && ReferenceCohort.Find(cohort) is null) throw new ProblemException(ProblemCodes.CohortUnknown, "The cohort is not known.");
        return new(known, rules, cohort);
    }

    /// <summary>The cohort that applies now: the wanted one, or the best fit; null when none fits.</summary>
    public ReferenceCohort? MatchedCohort() => CohortMatching.Best(Assay, ReferenceCohort.Shipped, Cohort);
}
