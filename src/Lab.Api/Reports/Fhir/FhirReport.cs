using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Lab.Microbiome.Panels;

namespace Lab.Api.Reports.Fhir;

/// <summary>A version of a report as a FHIR R4 DiagnosticReport, with its specimen and observations contained: whoever has it has all of it.</summary>
public static class FhirReport
{
    public const string MediaType = "application/fhir+json";

    private const string Loinc = "http://loinc.org", Uuid = "urn:ietf:rfc:3986", IdentifierTypes = "http://terminology.hl7.org/CodeSystem/v2-0203";

    private static readonly JsonSerializerOptions Options = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }.ForFhir(ModelInfo.ModelInspector);

    /// <summary>Renders a stored document; the same document gives the same bytes.</summary>
    public static byte[] Write(ReadOnlySpan<byte> document)
    {
        var reader = new Utf8JsonReader(document);
        using var parsed = JsonDocument.ParseValue(ref reader);
        return Write(Report(parsed.RootElement));
    }

    public static byte[] Write(Resource resource) => JsonSerializer.SerializeToUtf8Bytes(resource, Options);

    private static DiagnosticReport Report(JsonElement report)
    {
        var sample = report.GetProperty("sample");
        var subject = sample.Words("subject") is { } pseudonym ? new ResourceReference { Type = "Patient", Identifier = new Identifier { Value = pseudonym } } : null;
        var status = report.GetProperty("status").GetString()!;
        var observations = new FhirObservations(report, Parse<ObservationStatus>(status), subject).All().ToArray();
        var conclusion = Conclusion(report, status);
        return new()
        {
            Id = report.GetProperty("id").GetString(),
            Language = "en",
            Contained = [Specimen(sample, subject), .. observations],
            Extension = report.Member("replaces") is { } replaced ? [new Extension("http://hl7.org/fhir/StructureDefinition/diagnosticReport-replaces", Earlier(replaced.GetString()!))] : [],
            Identifier = [Version(report.GetProperty("id").GetString()!), .. Accession(sample), new Identifier { Type = new CodeableConcept { Text = "Version" }, Value = report.GetProperty("version").GetRawText() }],
            Status = Parse<DiagnosticReport.DiagnosticReportStatus>(status),
            Category = [new CodeableConcept("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB", "Laboratory", null)],
            Code = new CodeableConcept(Loinc, "11502-2", "Laboratory report", "Gut microbiome report"),
            Subject = subject,
            Effective = sample.Words("collectedAt") is { } collected ? new FhirDateTime(collected) : null,
            Issued = DateTimeOffset.Parse(report.GetProperty("issuedAt").GetString()!, CultureInfo.InvariantCulture),
            Specimen = [new ResourceReference("#specimen")],
            Result = [.. observations.Select(o => new ResourceReference($"#{o.Id}"))],
            ConclusionElement = new FhirString(conclusion.En).Translated(conclusion.Nl),
        };
    }

    private static Specimen Specimen(JsonElement sample, ResourceReference? subject) => new()
    {
        Id = "specimen",
        AccessionIdentifier = Accession(sample).FirstOrDefault(),
        Type = new CodeableConcept("http://terminology.hl7.org/CodeSystem/v2-0487", "STL", "Stool = Fecal", "Stool"),
        Subject = subject,
        ReceivedTime = sample.Words("receivedAt"),
        Collection = sample.Words("collectedAt") is { } collected ? new() { Collected = new FhirDateTime(collected) } : null,
    };

    private static Identifier Version(string id) => new() { System = Uuid, Value = $"urn:uuid:{id}" };

    private static ResourceReference Earlier(string id) => new() { Type = "DiagnosticReport", Identifier = Version(id) };

    /// <summary>No system: an accession is unique in its laboratory only, and the software does not know which one that is.</summary>
    private static IEnumerable<Identifier> Accession(JsonElement sample) =>
        sample.Words("accession") is { } accession ? [new() { Type = new CodeableConcept(IdentifierTypes, "ACSN", "Accession ID", null), Value = accession }] : [];

    /// <summary>In words, what comes first first: that it must not be used, when to seek care, whether the measurement is good, what was found, what else to know.</summary>
    private static BilingualText Conclusion(JsonElement report, string status)
    {
        var notices = report.GetProperty("notices").EnumerateArray().ToLookup(n => n.GetProperty("code").GetString()!.StartsWith("seek-care-", StringComparison.Ordinal), n => n.GetProperty("text").Bilingual());
        var lines = (IEnumerable<BilingualText>)
        [
            .. Change(report, status), .. notices[true], .. Quality(report.GetProperty("quality")), .. Findings(report, status), .. notices[false],
        ];
        return new(string.Join('\n', lines.Select(l => l.En)), string.Join('\n', lines.Select(l => l.Nl)));
    }

    private static IEnumerable<BilingualText> Change(JsonElement report, string status)
    {
        var because = report.Member("because");
        var reason = because?.Words("reason") is { } code ? LabCodes.Text(LabCodes.Change, code) : null;
        var note = because?.Words("note");
        if (status == "entered-in-error") yield return new("This report was withdrawn and must not be used.", "Dit rapport is ingetrokken en mag niet worden gebruikt.");
        if (reason is not null) yield return new($"Reason of the change: {reason.En}.", $"Reden van de wijziging: {reason.Nl}.");
        if (note is not null) yield return new($"Note: {note}", $"Opmerking: {note}");
    }

    private static IEnumerable<BilingualText> Quality(JsonElement quality) => quality.GetProperty("status").GetString() switch
    {
        "warn" => [new("The quality of the measurement has remarks: see the observation of the quality.", "Over de kwaliteit van de meting zijn er opmerkingen: zie de observatie van de kwaliteit.")],
        "fail" => [new("The quality of the measurement is insufficient.", "De kwaliteit van de meting is onvoldoende.")],
        _ => [],
    };

    private static BilingualText[] Findings(JsonElement report, string status)
    {
        var findings = report.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("text").Bilingual()).ToArray();
        if (findings.Length > 0 || status == "entered-in-error") return findings;
        return report.GetProperty("method").Member("cohort") is null
            ? [new("Nothing was compared: there is no reference cohort for this measurement.", "Er is niets vergeleken: er is geen referentiegroep voor deze meting.")]
            : [new("No findings.", "Geen bevindingen.")];
    }

    private static T Parse<T>(string status) where T : struct, Enum => Hl7.Fhir.Utility.EnumUtility.ParseLiteral<T>(status) ?? throw new InvalidOperationException($"FHIR has no status {status}.");
}
