using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Api.Reports;
using Lab.Api.Reports.Fhir;
using Microsoft.OpenApi;

namespace Lab.Api.Hosting;

/// <summary>The parts of the document that no signature holds: the report's schemas and the examples.</summary>
public static class OpenApiParts
{
    private static readonly JsonNode Examples = JsonNode.Parse(Resource("OpenApiExamples.json"))!;

    /// <summary>Names that no other type's schema may have.</summary>
    public static IReadOnlySet<string> ReportSchemaNames { get; } = ReportSchemas().Keys.ToHashSet();

    /// <summary>The report's schemas, by name: the engine writes the report as JSON, so no type of the service has its shape.</summary>
    public static IDictionary<string, IOpenApiSchema> ReportSchemas()
    {
        var read = OpenApiDocument.Parse(Resource("OpenApiReport.json"), OpenApiConstants.Json);
        if (read is not { Document.Components.Schemas: { } schemas, Diagnostic.Errors.Count: 0 })
        {
            throw new InvalidOperationException($"OpenApiReport.json: {string.Join(" ", read.Diagnostic?.Errors.Select(e => e.ToString()) ?? [])}");
        }
        return schemas;
    }

    /// <summary>An example of an operation's answer (its status) or request (<c>body</c>); null when there is none.</summary>
    public static JsonNode? Example(string operation, string part) => Examples[operation]?[part]?.DeepClone();

    /// <summary>The example of an operation's answer, rendered as a report of it would be.</summary>
    public static JsonNode FhirExample(string operation) => JsonNode.Parse(FhirReport.Write(JsonSerializer.SerializeToUtf8Bytes(Examples[operation]!["200"])))!;

    /// <summary>The example of the whole table, as CSV.</summary>
    public static JsonNode CsvExample() => JsonValue.Create(Encoding.UTF8.GetString(ReportCsv.Write(Examples["getReportTaxa"]!["200"]!["items"].Deserialize<TableTaxon[]>(Json.Options)!)));

    /// <summary>What a stream of a media type is.</summary>
    public static string Description(string operation, string mediaType) => (operation, mediaType) switch
    {
        ("getExportContent", "application/x-ndjson") => "A report a line, byte for byte as it is stored (RFC 8785).",
        ("getExportContent", "application/json") => "BIOM 1.0: a sparse table, its rows with `taxonomy`, `taxid`, `name` and `rank`, its columns with the report's id, version and status.",
        ("getExportContent", _) => "Taxa by samples, tabs between, UTF-8, ordered by lineage; what a sample does not have is 0. A name that a spreadsheet would take for a formula begins with an apostrophe.",
        _ => "Samples with their context, profiles (as Lab understood them, and the content as it came), analyses, every version of every report, and what the audit trail has of them.",
    };

    /// <summary>An example of it; a report and a sample in it are those of their own operations.</summary>
    public static JsonNode? StreamExample(string operation, string mediaType)
    {
        if (mediaType == "application/x-ndjson") return JsonValue.Create($"{Example("getReport", "200")!.ToJsonString(Json.Options)}\n");
        var example = Example(operation, mediaType);
        if (operation != "exportSubject") return example;
        var sample = example!["samples"]![0]!;
        sample["profiles"]![0]!["normalised"] = Example("getProfile", "200");
        sample["profiles"]![0]!["source"]!["content"] = Example("getProfileSource", "200");
        sample["analyses"]!.AsArray().Add(Example("getAnalysis", "200"));
        sample["reports"]!.AsArray().Add(Example("getReport", "200"));
        return example;
    }

    public static JsonNode Example(ProblemDocument problem) => JsonSerializer.SerializeToNode(problem, Json.Options)!;

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"openapi/{name}") ?? throw new InvalidOperationException($"{name} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
