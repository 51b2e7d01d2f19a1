using Lab.Microbiome.Profiles;

namespace Lab.Microbiome.Cohorts;

/// <summary>How far a cohort may speak of a sample (the median F/B ratio of healthy adults differs 36-fold between studies).</summary>
public enum CohortMatch
{
    /// <summary>Not at all.</summary>
    None,
    /// <summary>Shotgun by another profiler or against another database: phyla, families, genera, ratios and guilds only, with a caveat.</summary>
    SamePlatform,
    /// <summary>Everything.</summary>
    SameMethod,
}

/// <summary>Matches cohorts with assays.</summary>
public static class CohortMatching
{
    /// <summary>How far this cohort may speak of samples measured so.</summary>
    public static CohortMatch Match(Assay assay, ReferenceCohort? cohort)
    {
        ArgumentNullException.ThrowIfNull(assay);
        if (cohort is null || cohort.Platform != assay.Platform || assay.Profiler == Assay.NotStated) return CohortMatch.None;
        var sameDatabase = assay.DatabaseFamily == cohort.DatabaseFamily;
        // Amplicon classifiers name genera by their database, and each region sees its own genera: another one is another language. The program matters less.
        if (assay.Platform == Platform.Amplicon) return sameDatabase && assay.Region == cohort.Region ? CohortMatch.SameMethod : CohortMatch.None;
        return sameDatabase && assay.Profiler == cohort.Profiler ? CohortMatch.SameMethod : CohortMatch.SamePlatform;
    }

    /// <summary>The wanted cohort where it may speak at all, or the best of all that are no stratum: of two that fit equally well, the first; null when none may.</summary>
    public static ReferenceCohort? Best(Assay assay, IEnumerable<ReferenceCohort> cohorts, string? wanted)
    {
        if (wanted is not null) return cohorts.LastOrDefault(c => (c.Ref == wanted || c.Id == wanted) && Match(assay, c) != CohortMatch.None);
        return cohorts.Where(cohort => cohort.Stratum is null).Select(cohort => (cohort, match: Match(assay, cohort))).Where(c => c.match != CohortMatch.None)
            .OrderByDescending(c => c.match).Select(c => c.cohort).FirstOrDefault();
    }
}
