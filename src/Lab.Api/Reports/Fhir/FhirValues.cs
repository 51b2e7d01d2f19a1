using System.Globalization;
using System.Text.Json;
using Hl7.Fhir.Model;
using Lab.Microbiome.Panels;

namespace Lab.Api.Reports.Fhir;

/// <summary>Members of a report's JSON as FHIR's data types. A number is the one that stands there, or it is not there and says why.</summary>
internal static class FhirValues
{
    public const string One = "1", Percent = "%", Reads = "reads";

    private const string Ucum = "http://unitsofmeasure.org", Absence = "http://terminology.hl7.org/CodeSystem/data-absent-reason", Ncbi = "http://www.ncbi.nlm.nih.gov/taxonomy";

    /// <summary>A member's value, or null where it is null or not there.</summary>
    public static JsonElement? Member(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A member as text that a FHIR string may hold; null where there is nothing to see.</summary>
    public static string? Words(this JsonElement parent, string name) => parent.Member(name)?.GetString() is { } text ? Clean(text) : null;

    public static IEnumerable<string> Codes(this JsonElement parent, string name) => parent.Member(name)?.EnumerateArray().Select(code => code.GetString()!) ?? [];

    public static BilingualText Bilingual(this JsonElement parent) => new(parent.Words("en") ?? "", parent.Words("nl") ?? "");

    /// <summary>The number, or null where a FHIR decimal of .NET (28 digits) would change it.</summary>
    public static decimal? Exact(JsonElement number) =>
        decimal.TryParse(number.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && value.ToString("E5", CultureInfo.InvariantCulture) == number.GetDouble().ToString("E5", CultureInfo.InvariantCulture) ? value : null;

    public static Quantity? Measure(JsonElement number, string unit = One) => Exact(number) is not { } value ? null
        : new() { Value = value, Unit = unit == One ? null : unit, System = Ucum, Code = unit == Reads ? One : unit };

    /// <summary>Why there is no value.</summary>
    public static CodeableConcept Absent(string reason, string? text = null) => new()
    {
        Coding =
        [
            new Coding(Absence, reason switch
            {
                "requires-integer-counts" or "estimated-counts" or "kingdom-not-assayed" or "profiler-mismatch" => "not-performed",
                "denominator-zero" or "not-detected" => "not-applicable",
                "not-representable" => "unsupported",
                _ => "unknown",
            }),
            .. LabCodes.Concept(LabCodes.Reason, reason).Coding,
        ],
        Text = text ?? LabCodes.Text(LabCodes.Reason, reason).En,
    };

    public static CodeableConcept Taxon(JsonElement taxon)
    {
        var (name, former) = (taxon.Words("name") ?? "?", taxon.Words("formerName"));
        return new()
        {
            Coding = taxon.Member("taxid") is { } taxid ? [new Coding(Ncbi, taxid.GetRawText(), name)] : [],
            Text = former is null ? name : $"{name} (formerly {former})",
        };
    }

    public static Observation.ComponentComponent? Component(string code, JsonElement? value, string unit = One) => value is not { } number ? null : Of(LabCodes.Concept(LabCodes.Measurement, code), number, unit);

    public static Observation.ComponentComponent Of(CodeableConcept code, JsonElement number, string unit = One)
    {
        var measure = Measure(number, unit);
        return new() { Code = code, Value = measure, DataAbsentReason = measure is null ? Absent("not-representable", number.GetRawText()) : null };
    }

    public static Observation.ComponentComponent Component(string code, CodeableConcept value) => new() { Code = LabCodes.Concept(LabCodes.Measurement, code), Value = value };

    public static Observation.ComponentComponent? Interval(JsonElement? interval)
    {
        if (interval is not { } bounds) return null;
        var component = new Observation.ComponentComponent { Code = LabCodes.Concept(LabCodes.Measurement, "interval-95") };
        if (Measure(bounds[0]) is { } low && Measure(bounds[1]) is { } high) component.Value = new Hl7.Fhir.Model.Range { Low = low, High = high };
        else component.DataAbsentReason = Absent("not-representable", bounds.GetRawText());
        return component;
    }

    /// <summary>The Dutch of a text, beside it.</summary>
    public static T Translated<T>(this T text, string dutch) where T : PrimitiveType
    {
        text.Extension =
        [
            new Extension { Url = "http://hl7.org/fhir/StructureDefinition/translation", Extension = [new Extension("lang", new Code("nl")), new Extension("content", new FhirString(dutch))] },
        ];
        return text;
    }

    /// <summary>Names come from files of anybody: FHIR's strings hold no control characters, and something to see.</summary>
    public static string? Clean(string text)
    {
        var clean = string.Concat(text.Select(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r') ? ' ' : c));
        return string.IsNullOrWhiteSpace(clean) ? null : clean.Trim();
    }
}
