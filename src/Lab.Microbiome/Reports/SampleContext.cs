using System.Collections.Immutable;

namespace Lab.Microbiome.Reports;

/// <summary>What is known of the person beside the sample, as codes of <see cref="ContextCodes"/>. It brings notices and withholds recommendations; it never
/// changes a number or a finding. The order of the codes does not matter.</summary>
public sealed record SampleContext
{
    /// <summary>Such as <c>bloating</c>.</summary>
    public ImmutableArray<string> Symptoms { get; init; } = [];
    /// <summary>Such as <c>rectal-bleeding</c>.</summary>
    public ImmutableArray<string> RedFlags { get; init; } = [];
    /// <summary>Such as <c>ibd-crohn</c>.</summary>
    public ImmutableArray<string> Diagnoses { get; init; } = [];
    /// <summary>Such as <c>antibiotics-3-months</c>.</summary>
    public ImmutableArray<string> Medication { get; init; } = [];

    /// <summary>The four lists by their names, in the order of <see cref="ContextCodes.Lists"/>.</summary>
    public IEnumerable<(string Name, ImmutableArray<string> Codes)> Lists() =>
        [("symptoms", Symptoms), ("redFlags", RedFlags), ("diagnoses", Diagnoses), ("medication", Medication)];
}
