using System.Globalization;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Samples;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;

namespace Lab.Api.Cohorts;

/// <summary>Of whom a cohort is to be built: of the people who agreed, one released report each.</summary>
public sealed record CohortRequest
{
    /// <summary>How all of them were measured.</summary>
    public required string Assay { get; init; }
    /// <summary>Who they are, in words that fit a sentence, such as <c>healthy adults of Utrecht measured by this laboratory</c>.</summary>
    public required BilingualText Population { get; init; }
    /// <summary>What it is good for, and what not; without it, a sentence on how it was built.</summary>
    public BilingualText? Note { get; init; }
    /// <summary>The panel whose guilds, ratios and sums are measured, as <c>id@version</c>; the current default without it.</summary>
    public string? Panel { get; init; }
    /// <summary>Only female, male or other. The cohort is a stratum then, and used only where it is named.</summary>
    public string? Sex { get; init; }
    /// <summary>Only of this age or more, in whole years; a stratum.</summary>
    public short? AgeFrom { get; init; }
    /// <summary>Only of this age or less, in whole years; a stratum.</summary>
    public short? AgeTo { get; init; }
    /// <summary>Only of samples collected at this time or later.</summary>
    public DateTimeOffset? CollectedFrom { get; init; }
    /// <summary>Only of samples collected at this time or earlier.</summary>
    public DateTimeOffset? CollectedTo { get; init; }
    /// <summary>Without people whose context has one of these codes; without it, every red flag, every diagnosis, and <c>antibiotics-3-months</c>.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }
    /// <summary>Fail below so many people; at least 120.</summary>
    public int? MinimumN { get; init; }

    private static readonly string[] Unwell =
        [.. ContextCodes.Shipped.Lists().Where(l => l.Name is "redFlags" or "diagnoses").SelectMany(l => l.Codes), "antibiotics-3-months"];

    /// <summary>Whom it leaves out.</summary>
    public string[] Excluded() => Exclude is null ? Unwell : [.. Exclude];

    /// <summary>How many people it takes.</summary>
    public int Minimum() => MinimumN ?? CohortBuilder.MinimumPeople;

    /// <summary>Notes every value that cannot be right.</summary>
    public void Check()
    {
        var errors = new List<ProblemError>();
        void Demand(bool right, string pointer, string message, string hint)
        {
            if (!right) errors.Add(new("value-invalid", null, null, pointer, message, hint));
        }
        foreach (var (name, text) in new[] { ("population", Population), ("note", Note) })
        {
            if (text is null) continue;
            foreach (var (language, words) in new[] { ("en", text.En), ("nl", text.Nl) })
                Demand(words.Trim().Length is > 0 and <= 1000 && !words.Any(char.IsControl), $"/{name}/{language}", "A text is one line of 1 to 1,000 characters.", "Write it without line breaks and tabs.");
        }
        Demand(Sex is null || PutSample.Sexes.Contains(Sex), "/sex", "The word is not known.", $"Known: {string.Join(", ", PutSample.Sexes)}.");
        Demand(AgeFrom is null or (>= 0 and <= 120), "/ageFrom", "An age is 0 to 120 years.", "Leave it out for all.");
        Demand(AgeTo is null or (>= 0 and <= 120) && !(AgeTo < AgeFrom), "/ageTo", "An age is 0 to 120 years, and not below ageFrom.", "Leave it out for all.");
        Demand(!(CollectedTo < CollectedFrom), "/collectedTo", "The end is before the beginning.", "Exchange them.");
        Demand(MinimumN is null or >= CohortBuilder.MinimumPeople, "/minimumN", $"A cohort needs {CohortBuilder.MinimumPeople} people.", "Leave it out for that.");
        var known = ContextCodes.Shipped.Lists().SelectMany(l => l.Codes).ToHashSet();
        foreach (var (i, code) in (Exclude ?? []).Index()) Demand(known.Contains(code), $"/exclude/{i}", "The code is not known.", "GET /v1/context-codes lists them.");
        if (errors.Count > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors: errors);
    }

    /// <summary>What sets its people apart; null: nothing does.</summary>
    public string? Stratum()
    {
        var parts = new List<string>();
        if (Sex is not null) parts.Add(Sex);
        if ((AgeFrom, AgeTo) != (null, null)) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{AgeFrom ?? 0} to {AgeTo ?? 120} years"));
        return parts.Count == 0 ? null : string.Join("; ", parts);
    }

    /// <summary>What the cohort will say of itself.</summary>
    public CohortDescription Describe(string id, int version, Assay assay)
    {
        var dates = (CollectedFrom is { } from ? string.Create(CultureInfo.InvariantCulture, $", collected from {from:yyyy-MM-dd}") : "")
            + (CollectedTo is { } to ? string.Create(CultureInfo.InvariantCulture, $"{(CollectedFrom is null ? ", collected" : "")} until {to:yyyy-MM-dd}") : "");
        var without = Excluded() is { Length: > 0 } codes ? $"; without {string.Join(", ", codes)}" : "";
        return new(id, version, assay, Population, $"released reports of this laboratory's own samples, assay {assay.Id}{dates}; one sample a person, by consent{without}", "-", "of the laboratory; quantiles over groups of people",
            Note ?? new("Built of the laboratory's own released reports: good for samples that the laboratory measures the same way. The quantiles are those of its own clients.",
                "Gemaakt van de eigen vrijgegeven rapporten van het laboratorium: geschikt voor monsters die het laboratorium op dezelfde manier meet. De kwantielen zijn die van zijn eigen cliënten."))
        {
            Stratum = Stratum(),
        };
    }

    /// <summary>What is known of it before it is built.</summary>
    public CohortSummary Announce(string id, int version, Assay assay, string panel)
    {
        var description = Describe(id, version, assay);
        return new()
        {
            Id = id,
            Version = version,
            Status = CohortVersion.Building,
            Error = null,
            Progress = null,
            N = 0,
            Population = Population,
            Stratum = description.Stratum,
            Platform = Names.Of(assay.Platform),
            Region = assay.Region,
            Profiler = assay.Profiler,
            DatabaseFamily = assay.DatabaseFamily,
            Panel = panel,
            Source = description.Source,
            Doi = description.Doi,
            Licence = description.Licence,
            Note = description.Note,
            Digest = null,
        };
    }
}
