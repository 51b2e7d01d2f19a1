using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using Scope = Lab.Api.Partners.Scope;

namespace Lab.Api.Hosting;

/// <summary>Failures as RFC 9457 problem documents, one example a code.</summary>
public static class OpenApiFailures
{
    public const string MediaType = "application/problem+json";

    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    public static OpenApiResponse Response(string operation, string path, int status, IOpenApiSchema problem, IEnumerable<IAuthorizeData> authorization)
    {
        var codes = Codes(operation, status);
        var response = new OpenApiResponse
        {
            Description = string.Join("\n", codes.Select(c => $"- `{c.Code}`: {c.Title}. {c.Advice}")),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [MediaType] = new()
                {
                    Schema = problem,
                    Examples = codes.ToDictionary(c => c.Code, c => (IOpenApiExample)new OpenApiExample
                    {
                        Summary = c.Title,
                        Value = OpenApiParts.Example(Problem(operation, path, c, authorization)),
                    }),
                },
            },
        };
        if (codes.Any(c => c == ProblemCodes.RequestInProgress || c.Status is 429 or 503)) (response.Headers ??= new Dictionary<string, IOpenApiHeader>())["Retry-After"] = RetryAfter();
        return response;
    }

    public static OpenApiHeader RetryAfter() => new()
    {
        Description = "Seconds after which to ask again.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0" },
        Example = 2,
    };

    private static ProblemCode[] Codes(string operation, int status) => (operation, status) switch
    {
        ("putSample" or "resolveTaxa", 400) => [ProblemCodes.BodyInvalid, ProblemCodes.BadRequest],
        ("uploadProfile" or "uploadProfiles" or "previewReport" or "validateProfile", 400) => [ProblemCodes.ProfileMalformed, ProblemCodes.CompressionCorrupt, ProblemCodes.BadRequest],
        ("rejectSample" or "requestExport" or "requestAnalyses" or "putAssay" or "putPartner" or "createApiKey" or "rotateApiKey" or "releaseReport" or "amendReport" or "withdrawReport" or "createWebhook" or "verifyAudit", 400) => [ProblemCodes.BodyInvalid, ProblemCodes.BadRequest],
        ("compareReports", 400) => [ProblemCodes.BodyInvalid, ProblemCodes.BadRequest],
        ("compareReports", 404) => [ProblemCodes.NotFound, ProblemCodes.ReportNotReleased],
        ("rejectSample", 409) => [ProblemCodes.WithdrawFirst, ProblemCodes.SampleRejected],
        ("requestAnalyses", 409) => [ProblemCodes.ProfileMissing, ProblemCodes.SampleRejected, ProblemCodes.RequestInProgress],
        ("requestAnalyses", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.PanelUnknown, ProblemCodes.CohortUnknown, ProblemCodes.IdempotencyMismatch],
        ("requestExport", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.AssayUnknown, ProblemCodes.IdempotencyMismatch],
        ("getExportContent", 409) => [ProblemCodes.TaskState],
        ("getExportContent", 410) => [ProblemCodes.Expired, ProblemCodes.Erased],
        ("retryAnalysis", 409) => [ProblemCodes.AnalysisState, ProblemCodes.AnalysisSuperseded, ProblemCodes.SampleRejected],
        ("cancelAnalysis", 409) => [ProblemCodes.AnalysisState],
        ("releaseReport", 409) => [ProblemCodes.ReportReleased, ProblemCodes.ReportSuperseded, ProblemCodes.SecondPersonNeeded, ProblemCodes.SampleRejected, ProblemCodes.RequestInProgress],
        ("amendReport", 409) => [ProblemCodes.ReportSuperseded, ProblemCodes.ReportWithdrawn, ProblemCodes.SampleRejected, ProblemCodes.RequestInProgress],
        ("withdrawReport", 409) => [ProblemCodes.ReportPreliminary, ProblemCodes.ReportSuperseded, ProblemCodes.ReportWithdrawn, ProblemCodes.RequestInProgress],
        ("releaseReport" or "amendReport" or "withdrawReport", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.IdempotencyMismatch],
        ("testWebhook" or "replayWebhookDelivery", 409) => [ProblemCodes.WebhookDisabled],
        ("createWebhook", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.IdempotencyMismatch],
        ("publishCohort", 400) => [ProblemCodes.BodyInvalid, ProblemCodes.CompressionCorrupt, ProblemCodes.BadRequest],
        ("publishPanel", 400) => [ProblemCodes.BodyInvalid, ProblemCodes.CompressionCorrupt, ProblemCodes.BadRequest],
        ("publishCohort" or "publishPanel", 409) => [ProblemCodes.ReferenceFixed, ProblemCodes.VersionTaken, ProblemCodes.RequestInProgress],
        ("publishCohort", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.AssayUnknown, ProblemCodes.PanelUnknown, ProblemCodes.CohortTooSmall, ProblemCodes.IdempotencyMismatch],
        ("publishPanel", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.RuleTooCommon, ProblemCodes.IdempotencyMismatch],
        ("requestImpact", 400) => [ProblemCodes.BodyInvalid, ProblemCodes.BadRequest],
        ("requestImpact", 422) => [ProblemCodes.CohortUnknown, ProblemCodes.IdempotencyMismatch],
        ("putAssay", 409) => [ProblemCodes.AssayFixed],
        ("rotateApiKey", 409) => [ProblemCodes.KeyState, ProblemCodes.RequestInProgress],
        ("createApiKey", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.PartnerUnknown, ProblemCodes.IdempotencyMismatch],
        ("rotateApiKey", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.IdempotencyMismatch],
        ("uploadProfile", 409) => [ProblemCodes.RequestInProgress, ProblemCodes.SampleRejected],
        ("getCurrentReport" or "getReport" or "getReportTaxa" or "listReportVersions" or "releaseReport" or "amendReport" or "withdrawReport" or "verifyReport" or "explainFinding" or "diffReports", 404) => [ProblemCodes.NotFound, ProblemCodes.ReportNotReleased],
        ("putSample", 409) => [ProblemCodes.PartnerFixed],
        ("putSample", 422) => [ProblemCodes.ValueInvalid, ProblemCodes.PartnerUnknown],
        ("uploadProfile", 422) => [.. Unusable, ProblemCodes.IdempotencyMismatch],
        ("previewReport", 422) => [.. Unusable, ProblemCodes.ValueInvalid],
        ("uploadProfiles", 422) => Unusable,
        ("diffReports", 422) => [ProblemCodes.OtherSeries],
        (_, 400) => [ProblemCodes.BadRequest],
        (_, 401) => [ProblemCodes.Unauthenticated],
        (_, 403) => [ProblemCodes.ScopeMissing],
        (_, 404) => [ProblemCodes.NotFound],
        (_, 406) => [ProblemCodes.NotAcceptable],
        (_, 409) => [ProblemCodes.RequestInProgress],
        (_, 410) => [ProblemCodes.Erased],
        (_, 412) => [ProblemCodes.PreconditionFailed],
        (_, 413) => [ProblemCodes.TooLarge],
        (_, 415) => [ProblemCodes.UnsupportedContent],
        (_, 422) => [ProblemCodes.ValueInvalid],
        (_, 429) => [ProblemCodes.TooManyRequests],
        (_, 428) => [ProblemCodes.PreconditionRequired],
        (_, 503) => [ProblemCodes.Unavailable],
        _ => [ProblemCodes.Internal with { Status = status }],
    };

    private static ProblemCode[] Unusable =>
        [ProblemCodes.ProfileInvalid, ProblemCodes.AssayUnknown, ProblemCodes.AssayMissing, ProblemCodes.PanelUnknown, ProblemCodes.CohortUnknown];

    private static ProblemDocument Problem(string operation, string path, ProblemCode code, IEnumerable<IAuthorizeData> authorization)
    {
        var errors = Errors(operation, code);
        return new ProblemDocument
        {
            Type = $"/problems/{code.Code}",
            Title = code.Title,
            Status = code.Status,
            Detail = errors is { Length: var count } && code != ProblemCodes.BodyInvalid && code != ProblemCodes.ValueInvalid
                ? string.Create(CultureInfo.InvariantCulture, $"{count} problem{(count == 1 ? "" : "s")}; nothing was stored.")
                : Detail(operation, code, authorization),
            Instance = path,
            Code = code.Code,
            Hint = code.Advice,
            TraceId = TraceId,
            Errors = errors,
        };
    }

    private static string Detail(string operation, ProblemCode code, IEnumerable<IAuthorizeData> authorization) => code.Code switch
    {
        "unauthenticated" => "The API key is unknown, expired or revoked.",
        "scope-missing" => $"The credential lacks the scope {string.Join(", ", authorization.Select(a => a.Policy).Where(p => p is not null and not Scope.AnyKey))}.",
        "body-invalid" => "The body is not what is asked for; nothing was stored.",
        "value-invalid" => "Nothing was stored.",
        "bad-request" when operation is "getAnalysis" or "getExport" => "wait is a number of seconds from 0 to 60.",
        "bad-request" when operation == "diffReports" => "to is the id of the version to compare with.",
        "other-series" => "The two reports are of different samples or assays.",
        "too-large" => "The body is larger than the limit.",
        "unsupported-content" => "The Content-Encoding is not known.",
        "idempotency-mismatch" => "This Idempotency-Key was used for a request with another path, query or body.",
        "precondition-failed" => $"The {(operation.EndsWith("Report", StringComparison.Ordinal) ? "report" : operation switch { "putAssay" => "assay", "putPartner" => "partner", _ => "sample" })} has changed since it was read.",
        _ => $"{code.Title}.",
    };

    private static ProblemError[]? Errors(string operation, ProblemCode code) => code.Code switch
    {
        "value-invalid" when operation == "getProfileDiversity" => [new("value-invalid", null, null, null, "metrics: the name at place 2 is no metric.", "Known: ace, berger-parker, brillouin, ….")],
        "value-invalid" when operation is "getReport" or "getCurrentReport" or "previewReport" => [new("value-invalid", null, null, null, "view: the value is not known.", "Known: full, clinician, consumer, consensus.")],
        "value-invalid" when operation == "requestExport" => [new("value-invalid", null, null, "/filter/assay", "A table is of one assay: what was measured by different methods is not compared number by number.", "GET /v1/assays lists them.")],
        "value-invalid" when operation == "createWebhook" => [new("value-invalid", null, null, "/url", "The address is not public.", "Send the URL of a public https endpoint; addresses inside have to be configured by the lab.")],
        "value-invalid" when operation == "verifyAudit" => [new("value-invalid", null, null, "/head", "A head is a number of rows from 1 on and 64 hex digits.", "Send sealed and head as an earlier verification answered them.")],
        "value-invalid" when operation == "listAudit" => [new("value-invalid", null, null, null, "from: this is no time.", "Send a time with its zone, as 2026-11-20T07:30:00Z, or a date (UTC), as 2026-11-20; in a URL a + is %2B.")],
        "value-invalid" when operation == "getTimeline" => [new("value-invalid", null, null, null, "lang: the value is not known.", "Known: en, nl.")],
        "value-invalid" when operation == "compareReports" => [new("value-invalid", null, null, "", "Either two reports or one subject is compared.", "Send { \"from\": …, \"to\": … } with ids of reports, or { \"subject\": … }.")],
        "value-invalid" when operation == "resolveTaxa" => [new("value-invalid", null, null, "/names/3", "A name is a text of at most 1000 characters.", "Send the name or the lineage alone.")],
        "value-invalid" when operation == "createApiKey" => [new("value-invalid", null, null, "/scopes/1", "The scope is not known.", "Known: samples:write, ….")],
        "value-invalid" when operation == "rotateApiKey" => [new("value-invalid", null, null, "/overlapHours", "The overlap is 0 to 720 hours.", "0 ends the old key at once.")],
        "value-invalid" when operation == "putPartner" => [new("value-invalid", null, null, "/name", "A name has 1 to 200 characters, none of them a control character.", "Send the organisation's name.")],
        "value-invalid" when operation.StartsWith("list", StringComparison.Ordinal) => [new("value-invalid", null, null, null, "status: the value is not known.", "Known: registered, ….")],
        "body-invalid" => [new("json-invalid", 3, 21, "/bristolScale", "The JSON is malformed, or a member is unknown, repeated, missing or of another type.", "Compare it with the API description.")],
        "profile-malformed" => [new("json-invalid", 4, 12, null, "The JSON is malformed.", "Send the file as the program wrote it.")],
        "profile-invalid" =>
        [
            new("column-count", 17, 5, null, "The line has 5 columns; the lines before have 6.", "Send the file as the program wrote it."),
            new("value-negative", 23, 2, null, "The value -12 is negative.", "Send read counts, or fractions of 0 to 1."),
        ],
        "value-invalid" =>
        [
            new("value-invalid", null, null, "/bristolScale", "The Bristol scale runs from 1 to 7.", "Leave it out when it is not known."),
            new("value-invalid", null, null, "/receivedAt", "The sample was received before it was collected.", "Check both times and their zones."),
        ],
        _ => null,
    };
}
