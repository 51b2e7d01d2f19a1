namespace Lab.Microbiome.Cohorts;

/// <summary>A reference cohort.</summary>
public sealed record ReferenceCohort;
