using System.Text.Json;
using Hl7.Fhir.Model;
using static Lab.Api.Reports.Fhir.FhirValues;

namespace Lab.Api.Reports.Fhir;

/// <summary>The Observations of a report: its quality, and one a metric, index, ratio, guild, finding, phylum and genus.</summary>
internal sealed class FhirObservations(JsonElement report, ObservationStatus status, ResourceReference? subject)
{
    private const string Interpretations = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

    private readonly JsonElement method = report.GetProperty("method");
    private readonly string? collected = report.GetProperty("sample").Words("collectedAt");

    public IEnumerable<Observation> All() =>
    [
        Quality(report.GetProperty("quality")),
        .. Items(report, "findings").Select(Finding),
        .. Items(report, "diversity").Select(Metric), .. Items(report, "indices").Select(Index), .. Items(report, "ratios").Select(Ratio), .. Items(report, "guilds").Select(Guild),
        .. Items(report.GetProperty("composition"), "phylum").Select((taxon, place) => Taxon(taxon, "phylum", place + 1)),
        .. Items(report.GetProperty("composition"), "genus").Select((taxon, place) => Taxon(taxon, "genus", place + 1)),
    ];

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string name) => parent.GetProperty(name).EnumerateArray();

    private Observation Quality(JsonElement quality)
    {
        var observation = Make("quality", LabCodes.Concept(LabCodes.Measurement, "quality"),
            Component("total-reads", quality.Member("totalReads"), Reads), Component("unclassified-fraction", quality.Member("unclassifiedFraction")),
            Component("host-fraction", quality.Member("hostFraction")), Component("viral-fraction", quality.Member("viralFraction")));
        observation.Value = LabCodes.Concept(LabCodes.Quality, quality.GetProperty("status").GetString()!);
        foreach (var check in Items(quality, "checks").Where(c => c.GetProperty("status").GetString() is "warn" or "fail")) observation.Note.Add(new Annotation { Text = check.Words("message") });
        return observation;
    }

    private Observation Metric(JsonElement metric)
    {
        var id = metric.GetProperty("metric").GetString()!;
        var observation = Measured($"metric-{id}", LabCodes.Concept(LabCodes.Measurement, id), metric, metric.Member("value"), Component("assigned-fraction", metric.Member("assignedFraction")));
        observation.Method!.Text += $"; rank {metric.Words("rank")}{(metric.Words("base") is { } logarithm ? $", logarithm to the base {logarithm}" : "")}";
        return observation;
    }

    /// <summary>Its reference comes with the publication, not from the report's cohort.</summary>
    private Observation Index(JsonElement index)
    {
        var id = index.GetProperty("id").GetString()!;
        var observation = Measured($"index-{id}", LabCodes.Concept(LabCodes.Measurement, id), index, index.Member("value"));
        foreach (var range in observation.ReferenceRange) range.Text = Limits(index.GetProperty("reference"), "the healthy people that the index was published with", ("p5", "p5"), ("median", "p50"), ("p95", "p95"));
        observation.Note.Add(Note(index.GetProperty("text").Bilingual()));
        return observation;
    }

    private Observation Ratio(JsonElement ratio)
    {
        var id = ratio.GetProperty("id").GetString()!;
        return Measured($"ratio-{id}", LabCodes.Concept(LabCodes.Measurement, id), ratio, ratio.Member("value"),
            Component("numerator", ratio.Member("numerator")), Component("denominator", ratio.Member("denominator")), Component("log2", ratio.Member("log2")));
    }

    private Observation Guild(JsonElement guild)
    {
        var id = guild.GetProperty("id").GetString()!;
        return Measured($"guild-{id}", LabCodes.Concept(LabCodes.Measurement, id), guild, guild.Member("fraction"), [.. Shares(guild)]);
    }

    private Observation Taxon(JsonElement taxon, string rank, int place) => Measured($"{rank}-{place}", LabCodes.Concept(LabCodes.Measurement, $"{rank}-fraction", taxon.Words("name")), taxon,
        taxon.Member("fraction"), Component("taxon", FhirValues.Taxon(taxon)), Component("reads", taxon.Member("reads"), Reads));

    private Observation Finding(JsonElement finding)
    {
        var (code, about, reference) = (finding.GetProperty("code").GetString()!, finding.GetProperty("subject"), finding.GetProperty("reference"));
        var observation = Make($"finding-{code}", LabCodes.Concept(LabCodes.Finding, code),
        [
            Component("severity", LabCodes.Concept(LabCodes.Severity, finding.GetProperty("severity").GetString()!)), Component("percentile", reference.Member("percentile"), Percent),
            Component("counting-stability", finding.Member("countingStability")), Component("base-rate", finding.Member("baseRate")), .. Shares(finding),
        ]);
        // A list of genera has no value of its own: they are its components.
        if (finding.Member("value") is { } value) SetValue(observation, value);
        observation.Interpretation = Interpretation(finding.GetProperty("direction").GetString()!);
        AddRange(observation, reference, ("p2.5", "p2_5"), ("p97.5", "p97_5"));
        observation.Note = [Note(finding.GetProperty("text").Bilingual()), .. Caveats(finding)];
        if (about.GetProperty("kind").GetString() is "metric" or "guild" or "ratio")
        {
            observation.DerivedFrom = [new ResourceReference($"#{about.GetProperty("kind").GetString()}-{about.GetProperty("id").GetString()}")];
        }
        return observation;
    }

    private static IEnumerable<Observation.ComponentComponent> Shares(JsonElement parent) => Items(parent, "contributions").Select(part => Of(FhirValues.Taxon(part), part.GetProperty("share")));

    /// <summary>What everything that is measured has: value, interval, place in the cohort, status or reason, caveats.</summary>
    private Observation Measured(string id, CodeableConcept code, JsonElement measured, JsonElement? value, params Observation.ComponentComponent?[] components)
    {
        var (state, reason, reference) = (measured.GetProperty("status").GetString()!, measured.Words("reason"), measured.Member("reference"));
        var observation = Make(id, code, [.. components, Interval(measured.Member("ci95")), Component("percentile", reference?.Member("percentile"), Percent)]);
        if (value is { } number) SetValue(observation, number);
        else observation.DataAbsentReason = Absent(reason ?? state);
        observation.Interpretation = Interpretation(state);
        if (reference is { } place) AddRange(observation, place, ("p5", "p5"), ("p95", "p95"));
        observation.Note = [.. Caveats(measured)];
        // A value that has no cohort keeps its value, and then FHIR has no place for a reason but this.
        if (reason is not null && observation.DataAbsentReason is null) observation.Note.Insert(0, Note(LabCodes.Text(LabCodes.Reason, reason)));
        return observation;
    }

    private Observation Make(string id, CodeableConcept code, params IEnumerable<Observation.ComponentComponent?> components) => new()
    {
        Id = id,
        Status = status,
        Code = code,
        Subject = subject,
        Effective = collected is null ? null : new FhirDateTime(collected),
        Specimen = new ResourceReference("#specimen"),
        Method = new CodeableConcept
        {
            Text = $"{method.Words("platform")}, {method.Words("profiler")}, database {method.Words("database") ?? "not known"}; rules {method.Words("panel")}, taxonomy {method.Words("taxonomy")}, {method.Words("engine")}",
        },
        Component = [.. components.OfType<Observation.ComponentComponent>()],
    };

    private static void SetValue(Observation observation, JsonElement number)
    {
        if (Measure(number) is { } measure) observation.Value = measure;
        else observation.DataAbsentReason = Absent("not-representable", number.GetRawText());
    }

    private void AddRange(Observation observation, JsonElement reference, (string Name, string Member) low, (string Name, string Member) high)
    {
        if (reference.Member(low.Member) is not { } from || reference.Member(high.Member) is not { } to) return;
        var how = method.Words("cohortMatch") == "same-method" ? "" : ", who were measured by another method";
        observation.ReferenceRange =
        [
            new() { Low = Measure(from), High = Measure(to), Text = Limits(reference, $"the reference cohort {method.Words("cohort")}{how}", low, ("median", "p50"), high) },
        ];
    }

    private static string Limits(JsonElement reference, string whom, params (string Name, string Member)[] limits) =>
        string.Join(", ", limits.Where(l => reference.Member(l.Member) is not null).Select(l => $"{l.Name} {reference.GetProperty(l.Member).GetRawText()}")) + $" of {whom}";

    private static List<CodeableConcept> Interpretation(string state)
    {
        (string Code, string Display)? known = state switch
        {
            "within" => ("N", "Normal"),
            "low" => ("L", "Low"),
            "high" => ("H", "High"),
            "absent" or "not-detected" => ("ND", "Not detected"),
            _ => null,
        };
        return known is { } said ? [new CodeableConcept { Coding = [new Coding(Interpretations, said.Code, said.Display)], Text = state }] : [];
    }

    private static IEnumerable<Annotation> Caveats(JsonElement measured) => measured.Codes("caveats").Select(code => Note(LabCodes.Text(LabCodes.Caveat, code)));

    private static Annotation Note(Lab.Microbiome.Panels.BilingualText text) => new() { TextElement = new Markdown(text.En).Translated(text.Nl) };
}
