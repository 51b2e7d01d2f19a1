using System.Text;
using System.Text.Json.Nodes;
using Lab.Api.Profiles;
using Microsoft.OpenApi;

namespace Lab.Api.Hosting;

/// <summary>The bodies of requests: uploads as editable text with an example for each thing that a report can find.</summary>
public static class OpenApiUploads
{
    // The first is filled in. What each gives when it is executed is in samples/README.md, and tested.
    private static readonly (string Name, string Summary, string File)[] Texts =
    [
        ("kraken2-report", "A Kraken 2 report, high in Klebsiella", "kraken2-klebsiella.kreport"),
        ("metaphlan2", "Few producers of short-chain fatty acids: a MetaPhlAn 2 profile", "metaphlan2-scfa-depleted.txt"),
        ("low-diversity", "Low diversity: one species makes up three quarters", "metaphlan2-low-diversity.txt"),
        ("escherichia-coli", "Overgrowth of Escherichia coli", "metaphlan2-escherichia-coli.txt"),
        ("candida-shotgun", "Candida, by a profiler that knows fungi", "metaphlan2-candida.txt"),
        ("shallow", "Too few reads: the quality fails", "kraken2-shallow.kreport"),
    ];

    /// <summary>Text comes first: that is what Swagger UI offers, filled in and editable.</summary>
    public static OpenApiRequestBody One(bool dryRun) => Body(
        "The file, as the pipeline wrote it, plain, gzip or zstd. Its content decides what it is; its Content-Type does not.", false,
        ("text/plain", new OpenApiSchema { Type = JsonSchemaType.String, Description = "A table." },
            [.. Texts.Take(dryRun ? 2 : Texts.Length).Select(t => (t.Name, t.Summary, (JsonNode)JsonValue.Create(Encoding.UTF8.GetString(Demo.File(t.File)))))]),
        ("application/json", new OpenApiSchema { Type = JsonSchemaType.Object, Description = "Lab's own format: unit, totals and taxa, by taxid, name or lineage." },
        [
            ("lab-json", "An amplicon profile of a healthy person", JsonNode.Parse(Demo.File("amplicon-16s-healthy.json"))!),
            .. dryRun ? [] : new[] { ("candida-16s", "Candida by 16S, which cannot assay fungi: no finding", JsonNode.Parse(Demo.File("amplicon-16s-candida.json"))!) },
        ]),
        ("application/octet-stream", new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "Any of the formats as a file, also gzip or zstd." }, []),
        ("multipart/form-data", Parts(), []));

    public static OpenApiRequestBody Many() => Body(
        "A table of several samples, plain, gzip or zstd; or NDJSON, one sample a line.", false,
        (UploadProfiles.Ndjson, new OpenApiSchema { Type = JsonSchemaType.String, Description = "Lab's own format with an `accession`, one sample a line." },
            [("ndjson", "Two samples", JsonValue.Create("""
                {"accession":"LIMS-2026-00123","assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":4120},{"taxid":820,"value":3000}]}
                {"accession":"LIMS-2026-00124","assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":2310},{"taxid":562,"value":1444}]}

                """))]),
        ("text/plain", new OpenApiSchema { Type = JsonSchemaType.String, Description = "A table whose columns are samples." }, []),
        ("application/octet-stream", new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "Any of the formats as a file, also gzip or zstd." }, []),
        ("multipart/form-data", Parts(), []));

    public static OpenApiRequestBody Body(string description, bool optional, params (string Type, IOpenApiSchema Schema, (string Name, string Summary, JsonNode Value)[] Examples)[] contents) => new()
    {
        Required = !optional,
        Description = description,
        Content = contents.ToDictionary(c => c.Type, c => new OpenApiMediaType
        {
            Schema = c.Schema,
            Examples = c.Examples.Length == 0 ? null : c.Examples.ToDictionary(e => e.Name, e => (IOpenApiExample)new OpenApiExample { Summary = e.Summary, Value = e.Value }),
        }),
    };

    private static OpenApiSchema Parts() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "For formats of two files.",
        Required = new HashSet<string> { "profile" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["profile"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "The table." },
            ["taxonomy"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "The taxonomy of its features, as QIIME 2 exports it." },
        },
    };
}
