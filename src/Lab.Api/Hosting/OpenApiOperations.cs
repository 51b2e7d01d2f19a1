using System.Text.Json.Nodes;
using Lab.Api.Reports;
using Lab.Api.Reports.Fhir;
using Lab.Microbiome.Panels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using static Lab.Api.Hosting.OperationMetadata;
using Scope = Lab.Api.Partners.Scope;

namespace Lab.Api.Hosting;

/// <summary>Failures as problem documents, uploads as editable text, reports by their schema.</summary>
public sealed class ContractOperations : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        var id = operation.OperationId!;
        OpenApiParameters.Describe(operation, id);
        var reads = context.ApiDescription is { HttpMethod: "GET", RelativePath: { } path } && path.StartsWith("v1/", StringComparison.Ordinal);
        var streamed = metadata.OfType<StreamedBody>().FirstOrDefault();
        reads &= streamed is not { Etag: false };
        OpenApiParameters.AddHeaders(operation, id, reads);
        if (metadata.OfType<ProfileBody>().FirstOrDefault() is { } profile) operation.RequestBody = profile.Many ? OpenApiUploads.Many() : OpenApiUploads.One(dryRun: id == "validateProfile");
        if (metadata.OfType<JsonBody>().FirstOrDefault() is { } body)
        {
            operation.RequestBody = OpenApiUploads.Body($"{(body.Optional ? "JSON, or nothing." : "JSON.")} An unknown or repeated member is 400.", body.Optional,
                ("application/json", context.SchemaGenerator.GenerateSchema(body.Type, context.SchemaRepository), [("example", operation.Summary!, OpenApiParts.Example(id, "body")!)]));
            if (id == "publishPanel")
            {
                // One that names a base needs no more than what it adds.
                var panel = (OpenApiSchema)context.SchemaRepository.Schemas[nameof(Panel)];
                operation.RequestBody.Content!["application/json"] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Description = "A panel: whole, or with a `base` and what it adds to that.",
                        Required = new SortedSet<string>(StringComparer.Ordinal) { "id", "version", "license", "description" },
                        Properties = panel.Properties,
                        AdditionalPropertiesAllowed = false,
                    },
                    Examples = operation.RequestBody.Content["application/json"].Examples,
                };
            }
            if (id == "publishCohort")
            {
                operation.RequestBody.Content!["text/tab-separated-values"] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A cohort's table, as docs/cohort-format.md describes it." } };
            }
        }
        operation.Responses ??= [];
        if (metadata.OfType<ReportBody>().FirstOrDefault() is { } report) AnswerReport(operation, context, report);
        if (streamed is not null) AnswerStream(operation, id, streamed);
        if (id == "getTimeline") AnswerPage((OpenApiResponse)operation.Responses["200"]);
        if (id == "compareReports")
        {
            var pair = operation.Responses["200"].Content!["application/json"];
            ((OpenApiMediaType)pair).Schema = new OpenApiSchema { AnyOf = [pair.Schema!, context.SchemaGenerator.GenerateSchema(typeof(SubjectComparisons), context.SchemaRepository)] };
        }
        Succeed(operation, id);
        if (reads && !metadata.OfType<ReportBody>().Any())
        {
            operation.Responses["304"] = new OpenApiResponse { Description = "You have it: it is the one of `If-None-Match`." };
            foreach (var answer in new[] { "200", "304" }) AddHeader((OpenApiResponse)operation.Responses[answer], "ETag", "Names these bytes.", "\"9e107d9d372bb682\"");
        }
        Secure(operation, context, metadata);
        var authorization = metadata.OfType<IAuthorizeData>().ToArray();
        var health = context.ApiDescription.RelativePath?.StartsWith("health/", StringComparison.Ordinal) == true;
        // What can happen to every request: a body that is too large, too many at once.
        int[] always = [.. operation.RequestBody is null ? Array.Empty<int>() : [StatusCodes.Status413PayloadTooLarge], .. health ? Array.Empty<int>() : [StatusCodes.Status429TooManyRequests]];
        foreach (var status in metadata.OfType<Failures>().SelectMany(f => f.Statuses).Concat(always).Distinct().Order())
        {
            var schema = context.SchemaGenerator.GenerateSchema(typeof(ProblemDocument), context.SchemaRepository);
            operation.Responses[$"{status}"] = OpenApiFailures.Response(id, "/" + context.ApiDescription.RelativePath, status, schema, authorization);
        }
        var answers = operation.Responses.OrderBy(r => r.Key, StringComparer.Ordinal).ToArray();
        operation.Responses.Clear();
        foreach (var (status, answer) in answers) operation.Responses.Add(status, answer);
        foreach (var (status, response) in operation.Responses.Select(r => (r.Key, (OpenApiResponse)r.Value)))
        {
            if (!health && (status[0] == '2' || status == "429"))
            {
                AddHeader(response, "RateLimit", "What is left of each limit, and in how many seconds it will be all again (draft-ietf-httpapi-ratelimit-headers).", "\"requests\";r=59999;t=1, \"concurrent\";r=511");
                AddHeader(response, "RateLimit-Policy", "The limits of this client: requests in a minute, and at once.", "\"requests\";q=60000;w=60, \"concurrent\";q=512;qu=\"concurrent-requests\"");
            }
            AddHeader(response, "Request-Id", "The request's trace id; name it when you report a problem.", "4bf92f3577b34da6a3ce929d0e0e4736");
        }
    }

    private static void Secure(OpenApiOperation operation, OperationFilterContext context, IList<object> metadata)
    {
        if (metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [];
            operation.Description += "\n\nScope: none, no key is needed.";
            return;
        }
        operation.Security = [.. new[] { ApiKeyAuthentication.SchemeName, TokenAuthority.SchemeName }.Select(name => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(name, context.Document)] = [] })];
        foreach (var scope in metadata.OfType<IAuthorizeData>().Select(a => a.Policy).OfType<string>())
        {
            var wider = Scope.Granting(scope).Where(s => s != scope).ToArray();
            operation.Description += scope == Scope.AnyKey ? "\n\nScope: any key."
                : $"\n\nScope: `{scope}`{(wider.Length == 0 ? "" : $" (contained in {string.Join(", ", wider.Select(s => $"`{s}`"))})")}{(Scope.LabOnly.Contains(scope) ? ", of the lab itself" : "")}.";
        }
    }

    private static void Succeed(OpenApiOperation operation, string id)
    {
        foreach (var (status, response) in operation.Responses!.Where(r => r.Key[0] == '2').Select(r => (r.Key, (OpenApiResponse)r.Value)))
        {
            response.Description = (id, status) switch
            {
                ("putSample", "200") => "Replaced.",
                ("putSample", "201") => "Created.",
                ("rejectSample", _) => "Rejected.",
                ("eraseSubject", _) => "Erased.",
                ("requestExport", _) => "Queued.",
                ("deleteExport", _) => "Cancelled or removed.",
                ("getExportContent", _) => "The content, to be saved.",
                ("exportSubject", _) => "All that is known of the person.",
                ("requestAnalyses", _) => "Queued.",
                ("retryAnalysis", _) => "Queued again.",
                ("cancelAnalysis", _) => "Cancelled.",
                ("releaseReport" or "amendReport" or "withdrawReport", _) => "The new version.",
                ("createWebhook", _) => "Created, with its secret.",
                ("deleteWebhook", _) => "The webhook as it was.",
                ("testWebhook" or "replayWebhookDelivery", _) => "On its way.",
                ("rotateWebhookSecret", _) => "The new secret.",
                ("putAssay" or "putPartner", "200") => "Replaced.",
                ("putAssay" or "putPartner", "201") => "Created.",
                ("createApiKey" or "rotateApiKey", _) => "The key, shown this once.",
                ("revokeApiKey", _) => "Revoked.",
                ("publishCohort", "200") or ("publishPanel", "200") => "That version is this very content already.",
                ("publishCohort", "201") => "Published.",
                ("publishCohort", "202") => "It is being built.",
                ("publishPanel", "201") => "Published, or kept as a draft.",
                ("requestImpact", _) => "It is being tried.",
                ("uploadProfiles", _) => "One verdict a sample, in order.",
                ("uploadProfile", "200") => "The same profile is there already: the same ids, nothing is doubled.",
                ("uploadProfile", "202") => "Stored, and its analysis is queued.",
                ("previewReport", _) => "The whole report. Nothing was stored.",
                ("getProfileSource", _) => "The content, to be saved.",
                ("getHealthLive", _) => "The process is alive.",
                ("getHealthReady", _) => "It can serve.",
                _ => $"{operation.Summary!.TrimEnd('.', '?')}: the answer.",
            };
            response.Content ??= new Dictionary<string, OpenApiMediaType>();
            if (response.Content.Count == 0) response.Content["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.Object } };
            if (id == "getProfileSource") response.Content["application/octet-stream"].Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
            foreach (var content in response.Content.Values) content.Example ??= OpenApiParts.Example(id, status);
            if (id is "putAssay" or "putPartner") AddHeader(response, "ETag", $"Names this state of the {(id == "putAssay" ? "assay" : "partner")}, for `If-Match`.", "\"1\"");
            if ((id, status) is ("putPartner", "201")) AddHeader(response, "Location", "The partner.", "/v1/partners/clinic-north");
            if (id is "createApiKey" or "rotateApiKey") AddHeader(response, "Location", "The key's details.", "/v1/api-keys/7hQ2mZx0KpWd");
            if (id is "releaseReport" or "amendReport" or "withdrawReport") AddHeader(response, "Location", "The new version.", "/v1/reports/019938d0-11aa-7e63-b5f0-2c9d8e7a6b14");
            if (id is "createWebhook") AddHeader(response, "Location", "The webhook.", "/v1/webhooks/019938c2-7b48-7d90-a2c4-8f1e6d3b7a09");
            if (id is "requestAnalyses") AddHeader(response, "Location", "The analysis, where it is only one.", "/v1/analyses/019938c2-6f11-7c52-8e01-5b7d3a9f4c20");
            if (id is "requestExport") AddHeader(response, "Location", "The export to follow.", "/v1/exports/019938e0-5d21-7b60-9a41-3c2d1e0f9b87");
            if (id is "publishCohort") AddHeader(response, "Location", "The version.", "/v1/cohorts/own-kraken2/versions/1");
            if (id is "publishPanel") AddHeader(response, "Location", "The version.", "/v1/panels/gut-own/versions/1");
            if (id is "requestImpact") AddHeader(response, "Location", "The trial to follow.", "/v1/panels/gut-core/versions/1/impact/019938c2-7b48-7d90-a2c4-8f1e6d3b7a09");
            if (id is "publishCohort" or "publishPanel" or "requestImpact" or "requestExport" or "requestAnalyses" or "releaseReport" or "amendReport" or "withdrawReport" or "createWebhook" or "createApiKey" or "rotateApiKey")
            {
                AddHeader(response, "Idempotency-Replayed", "`true` when this is the kept answer of the first request with the `Idempotency-Key`.", "true");
            }
            if (id is "putSample" or "rejectSample") AddHeader(response, "ETag", "Names this state of the sample, for `If-Match`.", "\"3\"");
            if ((id, status) is ("putAssay", "201")) AddHeader(response, "Location", "The assay.", "/v1/assays/amplicon-16s-v3v4");
            if ((id, status) is ("putSample", "201")) AddHeader(response, "Location", "The sample.", "/v1/samples/LIMS-2026-00123");
            if (id == "uploadProfile")
            {
                AddHeader(response, "Location", "The analysis to follow.", "/v1/analyses/019938c2-6f11-7c52-8e01-5b7d3a9f4c20");
                AddHeader(response, "Idempotency-Replayed", "`true` when this is the kept answer of the first request with the `Idempotency-Key`.", "true");
            }
            if (id is "getAnalysis" or "getExport") (response.Headers ??= new Dictionary<string, IOpenApiHeader>())["Retry-After"] = OpenApiFailures.RetryAfter();
        }
    }

    private static void AnswerStream(OpenApiOperation operation, string id, StreamedBody streamed)
    {
        var response = new OpenApiResponse { Content = new Dictionary<string, OpenApiMediaType>() };
        operation.Responses!["200"] = response;
        foreach (var type in streamed.MediaTypes)
        {
            response.Content[type] = new()
            {
                // Of NDJSON the schema is that of a line, as everywhere.
                Schema = new OpenApiSchema { Type = type.EndsWith("json", StringComparison.Ordinal) ? JsonSchemaType.Object : JsonSchemaType.String, Description = OpenApiParts.Description(id, type) },
                Example = OpenApiParts.StreamExample(id, type),
            };
        }
        AddHeader(response, "Content-Disposition", "A name for the file.", $"attachment; filename=\"{(id == "exportSubject" ? "SUBJECT-7.json" : "reports-2026-11-28.ndjson")}\"");
        if (streamed.Etag) AddHeader(response, "Vary", "What the representation depends on.", "Accept-Encoding");
    }

    private static void AnswerPage(OpenApiResponse response)
    {
        response.Content!["text/html"] = new()
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The timeline for people: one page without scripts, to read or to print." },
            Example = "<!doctype html>\n<html lang=\"nl\"><head><title>Darmmicrobioom in de tijd SUBJECT-7</title>…</head><body>…</body></html>",
        };
        AddHeader(response, "Content-Language", "The language of a page.", "nl");
    }

    private static void AnswerReport(OpenApiOperation operation, OperationFilterContext context, ReportBody report)
    {
        var response = new OpenApiResponse
        {
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = new OpenApiSchemaReference("Report", context.Document) },
                ["text/html"] = new()
                {
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The report for people: one page without scripts, to read or to print." },
                    Example = "<!doctype html>\n<html lang=\"nl\"><head><title>Rapport darmmicrobioom DEMO-SHOTGUN-1</title>…</head><body>…</body></html>",
                },
            },
        };
        operation.Responses!["200"] = response;
        AddHeader(response, "Content-Language", "The language of a page.", "nl");
        response.Content[FhirReport.MediaType] = new()
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.Object, Description = "A FHIR R4 DiagnosticReport that contains its Specimen and an Observation for each thing measured or found." },
            Example = OpenApiParts.FhirExample(operation.OperationId!),
        };
        response.Content[ReportCsv.MediaType] = new()
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The whole table, a taxon a row (RFC 4180, UTF-8). A name that a spreadsheet would take for a formula begins with an apostrophe." },
            Example = OpenApiParts.CsvExample(),
        };
        if (!report.Etag) return;
        var unchanged = new OpenApiResponse { Description = "You have it: it is the one of `If-None-Match`." };
        foreach (var answer in new[] { response, unchanged })
        {
            AddHeader(answer, "ETag", "Names these bytes: they never change.", "\"5c0f3a9be1d27486\"");
            AddHeader(answer, "Link", "A later version, when there is one.", "</v1/reports/019938d0-11aa-7e63-b5f0-2c9d8e7a6b14>; rel=\"successor-version\"");
            AddHeader(answer, "Vary", "What the representation depends on.", "Accept, Accept-Encoding, Accept-Language");
        }
        operation.Responses["304"] = unchanged;
    }

    private static void AddHeader(OpenApiResponse response, string name, string description, string example) =>
        (response.Headers ??= new Dictionary<string, IOpenApiHeader>())[name] =
            new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String }, Example = example };
}

/// <summary>What belongs to the document as a whole.</summary>
public sealed class ContractDocument : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        swaggerDoc.Tags = new HashSet<OpenApiTag>
        {
            Tag("Profiles", "Upload: the table that a profiler wrote, one sample a request or many."),
            Tag("Analyses", "Follow: the job that makes a report of a profile, until it is done."),
            Tag("Reports", "Read: what a partner gets. A version is written once and never changes."),
            Tag("Samples", "Specimens, by the lab's accession: what is known of them, before or after an upload."),
            Tag("Exports", "Many reports as one file, made by a worker: ask, follow, download."),
            Tag("Webhooks", "Who is told when something happens, and the events themselves."),
            Tag("Audit", "Who did what to which, chained by hash."),
            Tag("Subjects", "The people behind the samples, by the lab's pseudonyms."),
            Tag("Partners and keys", "Who may do what: partners, and the keys of machines."),
            Tag("Reference data", "What the numbers stand on: formats, assays, panels, cohorts, taxa."),
            Tag("Problems", "What every failure means and what to do about it."),
            Tag("Health", "For orchestrators: alive, ready."),
        };
        // Routes of groups and of the host come in an order that depends on the host; within a tag it is the order of the contract.
        var tags = swaggerDoc.Tags.Select(t => t.Name!).ToList();
        var paths = swaggerDoc.Paths.OrderBy(path => tags.IndexOf(path.Value.Operations!.First().Value.Tags!.First().Name!)).ToArray();
        swaggerDoc.Paths.Clear();
        foreach (var (route, item) in paths) swaggerDoc.Paths.Add(route, item);
        var schemas = (swaggerDoc.Components ??= new()).Schemas ??= new Dictionary<string, IOpenApiSchema>();
        foreach (var (name, schema) in OpenApiParts.ReportSchemas()) schemas[name] = schema;
        foreach (var (type, item) in OpenApiWebhooks.Of(context)) (swaggerDoc.Webhooks ??= new Dictionary<string, IOpenApiPathItem>())[type] = item;
        swaggerDoc.Components.Schemas = new SortedDictionary<string, IOpenApiSchema>(schemas, StringComparer.Ordinal);
    }

    private static OpenApiTag Tag(string name, string description) => new() { Name = name, Description = description };
}
