using System.Text.Json.Nodes;
using Lab.Api.Analyses;
using Lab.Api.Partners;
using Lab.Api.Profiles;
using Lab.Api.Reports;
using Lab.Api.Reports.Fhir;
using Lab.Api.Reports.Page;
using Lab.Api.Samples;
using Lab.Api.Webhooks;
using Lab.Microbiome.Profiles;
using Microsoft.OpenApi;

namespace Lab.Api.Hosting;

/// <summary>What each parameter means, with an example.</summary>
public static class OpenApiParameters
{
    private const string Uuid = "019938c2-7b48-7d90-a2c4-8f1e6d3b7a09", OtherUuid = "019938d0-11aa-7e63-b5f0-2c9d8e7a6b14";

    /// <summary>Completes the parameters that the signature gave.</summary>
    public static void Describe(OpenApiOperation operation, string id)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            var schema = (OpenApiSchema)parameter.Schema!;
            (string Description, JsonNode Example) said = (parameter.Name, id) switch
            {
                ("wait", "getExport") => ("Seconds to hold the answer until the export is done.", 20),
                ("status", "listExports") => ("Only with this status.", "succeeded"),
                ("id", "getExport" or "getExportContent" or "deleteExport") => ("The export's id, as it was answered.", Uuid),
                ("subject", "eraseSubject" or "exportSubject" or "getTimeline") => ("The lab's pseudonym of the person.", "SUBJECT-7"),
                ("id", "getWebhook" or "deleteWebhook" or "testWebhook" or "rotateWebhookSecret" or "listWebhookDeliveries" or "replayWebhookDelivery") => ("The webhook's id.", Uuid),
                ("deliveryId", _) => ("The delivery's id.", OtherUuid),
                ("after", _) => ("The number of the last event that you have; 0 for all.", 41),
                ("limit", "listEvents") => ("How many, 1 to 200; else 50.", 50),
                ("status", "listWebhookDeliveries") => ("Only with this status.", "dead"),
                ("actor", _) => ("Only what this key did, by its id, or this part of the service.", "3f9a1c0be2d4"),
                ("action", _) => ("Only this action.", "report.read"),
                ("object", _) => ("Only what was done to this, as kind:id.", $"report:{Uuid}"),
                ("from", _) => ("From this time or day (UTC) on.", "2026-11-20"),
                ("to", "listAudit") => ("Until this time or day (UTC), this included.", "2026-11-27"),
                ("subject", "listAudit") => ("Only what concerns the samples of this person, by the lab's pseudonym.", "P-4711"),
                ("accession", "putSample") => ("The lab's number of the specimen, unique in the lab and compared exactly.", "LIMS-2026-00123"),
                ("accession", "uploadProfile") => ("The lab's number of the specimen. It is registered by this call if it is not known.", "MY-FIRST"),
                ("accession", "listReports") => ("Only of this specimen.", "DEMO-SHOTGUN-1"),
                ("accession", "rejectSample") => ("The lab's number of the specimen.", "LIMS-2026-00123"),
                ("accession", _) => ("The lab's number of the specimen, compared exactly.", "DEMO-SHOTGUN-1"),
                ("assay", "getCurrentReport") => ("The series to read: the current report of this assay. Without it, of the one issued last.", "shotgun-metaphlan2"),
                ("assay", _) => ("How the sample was measured, an id of `GET /v1/assays`. Without it, what the file declares, else the one that fits the format.", "shotgun-kraken2"),
                ("format", _) => ("The format of the body. Without it, it is recognised.", "kraken2-report"),
                ("panel", _) => ("The rules to report with, as `id@version`, of `GET /v1/panels`. Without it, the current default.", "gut-core@1"),
                ("cohort", _) => ("The cohort to compare with, as `id@version`, of `GET /v1/cohorts`. Without it, the one that was measured most alike.", "western-shotgun@1"),
                ("allowIncomplete", _) => ("Accept a report that was cut or filtered; otherwise it is 422 `report-incomplete`.", false),
                ("wait", _) => ("Seconds to hold the answer until the analysis is done.", 20),
                ("draft", _) => ("Keep it to be tried and replaced; nothing is analysed with it.", true),
                ("force", _) => ("Why a rule may be more than information in more than 10 % of the healthy; it is recorded.", "The clinicians asked to see it."),
                ("impact", _) => ("The trial's id.", Uuid),
                ("taxid", "getCohortTaxon") => ("NCBI taxid.", 853),
                ("taxid", _) => ("NCBI taxid.", "853"),
                ("subject", _) => ("Only of this person, by the lab's pseudonym.", "P-4711"),
                ("status", "listReports") => ("Only with this status.", "final"),
                ("status", "listApiKeys") => ("Only in this state.", "active"),
                ("partner", _) => ("Only of this partner.", "clinic-north"),
                ("status", "listAnalyses") => ("Only with this status.", "failed"),
                ("status", _) => ("Only with this status.", "reported"),
                ("finding", _) => ("Only with a finding of this code.", "klebsiella-high"),
                ("versions", _) => ("`all`: every version; else of each series its current one.", "all"),
                ("collectedFrom", _) => ("Only collected at this time or later; a date is its beginning (UTC).", "2026-11-01"),
                ("collectedTo", _) => ("Only collected at this time or earlier; a date is its whole day (UTC).", "2026-11-30"),
                ("updatedFrom", _) => ("Only versions issued at this time or later; a date is its beginning (UTC).", "2026-11-20T07:30:00Z"),
                ("q", _) => ("A name that it has or had, the beginning of one or of its words, or a taxid.", "faecali"),
                ("metrics", _) => ($"Which metrics, with commas between them, at most {GetDiversity.MaxMetrics}. Without it, the nine of a report.", "shannon,chao1-classic,hill-1.5,rarefied-5000"),
                ("limit", _) => ("How many items at most.", 50),
                ("cursor", _) => ("`next` of the page before, as it was answered, with the same filters. Without it, the first page.", "YbuBFyBZ0WgBmThIwntIfZA"),
                ("lang", _) => ("The language of the page. Without it, that of `Accept-Language`, else English.", "nl"),
                ("view", _) => ("How much of the report the page shows: everything; compact with codes; short and plain; or as the consensus on microbiome testing asks.", "full"),
                ("version", _) => ("A published version.", 1),
                ("code", "explainFinding") => ("The code of one of the report's findings.", "klebsiella-high"),
                ("to", _) => ("The version to compare with, of the same sample and assay.", OtherUuid),
                ("code", _) => ("The code of a problem, kebab-case.", "profile-invalid"),
                ("id", "getPanelVersion") => ("The panel's id.", "gut-core"),
                ("id", "publishPanel") => ("A name of 1 to 64 letters, digits and . _ : -", "gut-own"),
                ("id", "publishCohort") => ("A name of 1 to 64 letters, digits and . _ : -", "own-kraken2"),
                ("id", "requestImpact" or "getImpact" or "getImpactReports") => ("The panel's id.", "gut-core"),
                ("id", "getCohortTaxon") => ("The cohort's id.", "western-shotgun"),
                ("id", "getCohortVersion") => ("The cohort's id.", "western-shotgun"),
                ("id", "getCodeSystem") => ("The code system's id.", LabCodes.Measurement),
                ("id", "putPartner") => ("The partner's id, a name of 1 to 64 letters, digits and . _ : -", "clinic-north"),
                ("id", "getApiKey" or "rotateApiKey" or "revokeApiKey") => ("The key's id: its second part.", "7hQ2mZx0KpWd"),
                ("id", "putAssay") => ("A name of 1 to 64 letters, digits and . _ : -", "amplicon-16s-v3v4"),
                ("id", "retryAnalysis" or "cancelAnalysis") => ("The analysis' id.", Uuid),
                ("id", "listReportVersions" or "releaseReport" or "amendReport" or "withdrawReport" or "verifyReport") => ("The version's id.", Uuid),
                ("id", "getAnalysis") => ("The analysis' id, as the upload answered it.", Uuid),
                ("id", "getReport" or "getReportTaxa" or "explainFinding" or "diffReports") => ("The report's id, as the analysis names it.", Uuid),
                ("id", _) => ("The profile's id, as the upload answered it.", Uuid),
                _ => throw new InvalidOperationException($"The parameter {parameter.Name} of {id} is not described."),
            };
            (parameter.Description, var example) = said;
            switch (parameter.Name)
            {
                case "accession": schema.Pattern = Accession.Pattern; break;
                case "to" when id == "listAudit": break;
                case "to": (schema.Format, parameter.Required) = ("uuid", true); break;
                case "id" when example.ToString() == Uuid: schema.Format = "uuid"; break;
                case "deliveryId": schema.Format = "uuid"; break;
                case "after": schema.Minimum = "0"; break;
                case "format": schema.Enum = [.. ProfileFormats.All.Select(f => JsonValue.Create(f.Id))]; break;
                case "wait": (schema.Minimum, schema.Maximum) = ("0", "60"); break;
                case "q": (schema.MinLength, schema.MaxLength) = (1, 200); break;
                case "status": schema.Enum = [.. (id == "listWebhookDeliveries" ? Delivery.Statuses : id == "listApiKeys" ? ListApiKeys.Statuses : id == "listSamples" ? ListSamples.Statuses : id is "listAnalyses" or "listExports" ? ListAnalyses.Statuses : ListReports.Statuses).Select(s => JsonValue.Create(s))]; break;
                case "partner" or "subject": schema.Pattern = Accession.Pattern; break;
                case "finding": schema.Pattern = ListReports.FindingPattern; break;
                case "versions": schema.Enum = [.. ListReports.Versions.Select(v => JsonValue.Create(v))]; break;
                case "lang": schema.Enum = [.. ReportPage.Languages.Select(l => JsonValue.Create(l))]; break;
                case "view": schema.Enum = [.. ReportPage.Views.Select(v => JsonValue.Create(v))]; break;
                case "limit": (schema.Minimum, schema.Maximum) = ("1", "200"); break;
                case "version": schema.Minimum = "1"; break;
                case "impact": schema.Format = "uuid"; break;
                case "force": (schema.MinLength, schema.MaxLength) = (1, 500); break;
                case "taxid" when id == "getCohortTaxon": schema.Minimum = "1"; break;
                case "taxid": schema.Pattern = "^[0-9]{1,18}$"; break;
                default: break;
            }
            Exemplify(parameter, schema, example);
        }
    }

    /// <summary>The headers that the handlers read themselves.</summary>
    public static void AddHeaders(OpenApiOperation operation, string id, bool hasETag)
    {
        if (hasETag) Add(operation, "If-None-Match", "The ETag of the answer as you have it: when it is still that one, 304 without a body.", "\"5c0f3a9be1d27486\"");
        switch (id)
        {
            case "uploadProfile" or "requestAnalyses" or "publishCohort" or "publishPanel" or "requestImpact" or "requestExport" or "createWebhook" or "createApiKey" or "rotateApiKey":
                AddIdempotencyKey(operation);
                break;
            case "releaseReport" or "amendReport" or "withdrawReport":
                Add(operation, "If-Match", "The ETag of the report as you have read it: nothing is signed unseen. Without it 428, for another 412.", "\"5c0f3a9be1d27486\"");
                AddIdempotencyKey(operation);
                break;
            case "putSample" or "rejectSample" or "putAssay" or "putPartner":
                Add(operation, "If-Match", $"The ETag of the {id switch { "putAssay" => "assay", "putPartner" => "partner", _ => "sample" }} as you know it: when it has changed meanwhile, 412 and nothing is stored.", "\"3\"");
                break;
            default: break;
        }
        operation.Parameters = operation.Parameters is { Count: > 0 } ? operation.Parameters : null;
    }

    private static void AddIdempotencyKey(OpenApiOperation operation) => Add(operation, "Idempotency-Key",
        "1 to 255 characters, kept 30 days. The same key and request again: the first answer byte for byte, with `Idempotency-Replayed: true`. Another request: 422.",
        "2f1d9f0c-upload-1", schema => (schema.MinLength, schema.MaxLength) = (1, 255));

    private static void Add(OpenApiOperation operation, string name, string description, string example, Action<OpenApiSchema>? narrow = null)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String };
        narrow?.Invoke(schema);
        var parameter = new OpenApiParameter { Name = name, In = ParameterLocation.Header, Description = description, Schema = schema };
        Exemplify(parameter, schema, example);
        (operation.Parameters ??= []).Add(parameter);
    }

    /// <summary>Swagger UI sends a parameter's example unless the reader empties the field. What narrows a request (a format, a key) is therefore an example
    /// of the schema, which it only shows.</summary>
    private static void Exemplify(OpenApiParameter parameter, OpenApiSchema schema, JsonNode example)
    {
        if (parameter.In == ParameterLocation.Path || parameter.Name is "wait" or "q" or "to" && schema.Format == "uuid") parameter.Example = example;
        else schema.Examples = [example];
    }
}
