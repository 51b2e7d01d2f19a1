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

    public static JsonNode Example(ProblemDocument problem) => JsonSerializer.SerializeToNode(problem, Json.Options)!;

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"openapi/{name}") ?? throw new InvalidOperationException($"{name} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
