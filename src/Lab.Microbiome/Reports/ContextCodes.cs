using System.Collections.Immutable;
using System.Text.Json;
using Lab.Microbiome.Panels;

namespace Lab.Microbiome.Reports;

/// <summary>A code of a symptom, a diagnosis or a medicine.</summary>
/// <param name="Code">e.g. <c>bloating</c>.</param>
/// <param name="Label">What it is called.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Notices">Codes of the notices that it brings.</param>
/// <param name="RedFlag">The red flag that it amounts to.</param>
public sealed record ContextCode(string Code, BilingualText Label, string Source, ImmutableArray<string> Notices = default, string? RedFlag = null);

/// <summary>A sign that a physician has to look at, whatever a report says.</summary>
/// <param name="Code">e.g. <c>rectal-bleeding</c>.</param>
/// <param name="Label">What it is called.</param>
/// <param name="Urgency">The code of an <see cref="UrgencyLevel"/>.</param>
/// <param name="Notice">What the person is told of it; how soon to seek care is the urgency's text.</param>
/// <param name="Source">The guideline, and whether it was read.</param>
public sealed record RedFlag(string Code, BilingualText Label, string Urgency, BilingualText Notice, string Source);

/// <summary>How soon to seek care.</summary>
/// <param name="Code">emergency, same-day, urgent, routine or discuss.</param>
/// <param name="Text">What to do, with <c>{flags}</c> for the notices of the red flags.</param>
/// <param name="Source">The guideline.</param>
public sealed record UrgencyLevel(string Code, BilingualText Text, string Source);

/// <summary>A notice that a code brings.</summary>
/// <param name="Code">e.g. <c>sibo-not-assessable-from-stool</c>.</param>
/// <param name="Text">Both languages.</param>
/// <param name="Source">What it stands on.</param>
public sealed record ContextNotice(string Code, BilingualText Text, string Source);

/// <summary>Everything that may be registered beside a sample, as data; docs/data-sources.md names the guidelines.</summary>
public sealed record ContextCodes
{
    /// <summary>The licence of the data.</summary>
    public required string License { get; init; }
    /// <summary>What the file is.</summary>
    public required string Description { get; init; }
    /// <summary>How soon to seek care, the most urgent first.</summary>
    public required ImmutableArray<UrgencyLevel> Urgencies { get; init; }
    /// <summary>Complaints.</summary>
    public required ImmutableArray<ContextCode> Symptoms { get; init; }
    /// <summary>Alarm signs, of people and of other tests.</summary>
    public required ImmutableArray<RedFlag> RedFlags { get; init; }
    /// <summary>What a physician has established before.</summary>
    public required ImmutableArray<ContextCode> Diagnoses { get; init; }
    /// <summary>What the person takes.</summary>
    public required ImmutableArray<ContextCode> Medication { get; init; }
    /// <summary>The notices that codes bring, in the order of a report.</summary>
    public required ImmutableArray<ContextNotice> Notices { get; init; }

    /// <summary>The codes that ship with Lab.</summary>
    public static ContextCodes Shipped { get; } = Read();

    /// <summary>The codes of each list, by the list's name.</summary>
    public IEnumerable<(string Name, ImmutableArray<string> Codes)> Lists() =>
    [
        ("symptoms", [.. Symptoms.Select(c => c.Code)]), ("redFlags", [.. RedFlags.Select(c => c.Code)]),
        ("diagnoses", [.. Diagnoses.Select(c => c.Code)]), ("medication", [.. Medication.Select(c => c.Code)]),
    ];

    private static ContextCodes Read()
    {
        using var stream = typeof(ContextCodes).Assembly.GetManifestResourceStream("context-codes.json") ?? throw new InvalidOperationException("context-codes.json is not embedded.");
        return JsonSerializer.Deserialize<ContextCodes>(stream, JsonSerializerOptions.Web)!;
    }
}
