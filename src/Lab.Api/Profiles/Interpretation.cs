using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;

namespace Lab.Api.Profiles;

/// <summary>What a profile is read with: checked when it is asked for, so that no job fails for a typing error.</summary>
/// <param name="Assay">How it was measured.</param>
/// <param name="Panel">The rules.</param>
/// <param name="Cohort">The wanted cohort; null: the one that fits best when it is analysed.</param>
public sealed record Interpretation(Assay Assay, Panel Panel, string? Cohort);
