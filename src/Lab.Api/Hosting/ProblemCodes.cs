namespace Lab.Api.Hosting;

/// <summary>A kind of failure that clients are told of: the page <c>/problems/{code}</c> and the status.</summary>
/// <param name="Code">kebab-case, stable.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">What went wrong.</param>
/// <param name="Advice">What to do about it.</param>
public sealed record ProblemCode(string Code, int Status, string Title, string Advice);

/// <summary>Every problem that the service answers with.</summary>
public static class ProblemCodes
{
    public static readonly ProblemCode BadRequest = new("bad-request", 400, "The request is malformed", "Compare it with the API description.");
    public static readonly ProblemCode BodyInvalid = new("body-invalid", 400, "The body does not have the shape that is asked for", "Mend every entry of errors.");
    public static readonly ProblemCode ProfileMalformed = new("profile-malformed", 400, "The profile is not well-formed", "Mend every entry of errors and send it again; nothing was stored.");
    public static readonly ProblemCode CompressionCorrupt = new("compression-corrupt", 400, "The compressed content is damaged or cut off", "Compress it again and send it again; nothing was stored.");
    public static readonly ProblemCode Unauthenticated = new("unauthenticated", 401, "A valid API key is needed", "Send a key as X-Api-Key.");
    public static readonly ProblemCode ScopeMissing = new("scope-missing", 403, "The key may not do this", "Ask the lab for a key with the scope that is named.");
    public static readonly ProblemCode NotFound = new("not-found", 404, "There is no such thing, or it is not yours", "Check the id.");
    public static readonly ProblemCode ReportNotReleased = new("report-not-released", 404, "No report of this sample has been released yet", "Ask again later.");
    public static readonly ProblemCode MethodNotAllowed = new("method-not-allowed", 405, "The method is not allowed here", "Compare it with the API description.");
    public static readonly ProblemCode NotAcceptable = new("not-acceptable", 406, "No representation of this kind", "Ask for application/json, text/html, application/fhir+json or text/csv.");
    public static readonly ProblemCode PartnerFixed = new("partner-fixed", 409, "The sample belongs to another partner already", "A key with clients:admin can change it.");
    public static readonly ProblemCode RequestInProgress = new("request-in-progress", 409, "The first request with this Idempotency-Key is still running", "Repeat it after Retry-After.");
    public static readonly ProblemCode SampleRejected = new("sample-rejected", 409, "The sample was rejected", "Register a new specimen under an accession of its own.");
    public static readonly ProblemCode WithdrawFirst = new("withdraw-first", 409, "A report of the sample was released", "Withdraw it, then reject the sample.");
    public static readonly ProblemCode ProfileMissing = new("profile-missing", 409, "The sample has no profile yet", "Upload one.");
    public static readonly ProblemCode ReportSuperseded = new("report-superseded", 409, "The report has a later version", "Read the version that Link names, and decide on that one.");
    public static readonly ProblemCode ReportReleased = new("report-released", 409, "The version is released already", "Amend or withdraw it.");
    public static readonly ProblemCode ReportPreliminary = new("report-preliminary", 409, "The version was not released", "Only a released report can be withdrawn.");
    public static readonly ProblemCode ReportWithdrawn = new("report-withdrawn", 409, "The report is withdrawn", "Ask for a new analysis and release its report.");
    public static readonly ProblemCode SecondPersonNeeded = new("second-person-needed", 409, "Another person has to release it", "Who amended a report does not release it.");
    public static readonly ProblemCode AnalysisState = new("analysis-state", 409, "The analysis is not in a state that allows it", "Read the analysis; only failed and cancelled ones are retried, only open ones cancelled.");
    public static readonly ProblemCode AnalysisSuperseded = new("analysis-superseded", 409, "A later analysis of the sample has taken its place", "POST /v1/analyses with the profileId makes that profile current again.");
    public static readonly ProblemCode AssayFixed = new("assay-fixed", 409, "The assay ships with Lab", "Choose another id for an assay of your own.");
    public static readonly ProblemCode TaskState = new("task-state", 409, "The task is not in a state that allows it", "Read it; there is content once it has succeeded.");
    public static readonly ProblemCode Expired = new("expired", 410, "The content was deleted when its time had come", "Ask for it again.");
    public static readonly ProblemCode WebhookDisabled = new("webhook-disabled", 409, "The webhook is disabled", "Its receiver answered 410 Gone. Delete it and create another.");
    public static readonly ProblemCode KeyState = new("key-state", 409, "The key is not in a state that allows it", "Only an active key that was not replaced yet is rotated.");
    public static readonly ProblemCode ReferenceFixed = new("reference-fixed", 409, "The panel or cohort ships with Lab", "Choose another id for versions of your own.");
    public static readonly ProblemCode VersionTaken = new("version-taken", 409, "The version is not the next one", "Send it as the version that the detail names; a published version never changes.");
    public static readonly ProblemCode Erased = new("erased", 410, "It was erased", "Nothing of it is left but its ids, versions, digests and times.");
    public static readonly ProblemCode PreconditionFailed = new("precondition-failed", 412, "The thing has changed meanwhile", "Read it again and repeat with its ETag.");
    public static readonly ProblemCode TooLarge = new("too-large", 413, "The content is too large", "Send one sample a request, without reads.");
    public static readonly ProblemCode UnsupportedContent = new("unsupported-content", 415, "This kind of content is not accepted", "Send the abundance table that the profiler wrote, plain or gzip.");
    public static readonly ProblemCode ProfileInvalid = new("profile-invalid", 422, "The profile cannot be used", "Mend every entry of errors and send it again; nothing was stored.");
    public static readonly ProblemCode ValueInvalid = new("value-invalid", 422, "A value cannot be right", "Mend every entry of errors.");
    public static readonly ProblemCode AssayUnknown = new("assay-unknown", 422, "No such assay", "GET /v1/assays lists them.");
    public static readonly ProblemCode AssayMissing = new("assay-missing", 422, "The assay is not known", "Name it as ?assay= or in the JSON; GET /v1/assays lists them.");
    public static readonly ProblemCode AccessionMissing = new("accession-missing", 422, "The sample is not named", "Name each line or column by an accession, or send one sample to POST /v1/samples/{accession}/profiles.");
    public static readonly ProblemCode AccessionInvalid = new("accession-invalid", 422, "The name of a sample is no accession", "An accession has 1 to 64 letters, digits and . _ : - and starts with a letter or digit.");
    public static readonly ProblemCode PanelUnknown = new("panel-unknown", 422, "No such panel", "GET /v1/panels lists them.");
    public static readonly ProblemCode CohortUnknown = new("cohort-unknown", 422, "No such cohort, or none that this assay may be compared with", "GET /v1/cohorts lists them.");
    public static readonly ProblemCode CountsMissing = new("counts-missing", 422, "A sample has no integer read counts", "Ask for fractions, or leave such samples out.");
    public static readonly ProblemCode CohortTooSmall = new("cohort-too-small", 422, "Too few people fit", "A cohort needs 120 people or more: ask fewer things of them, or register consent.");
    public static readonly ProblemCode RuleTooCommon = new("rule-too-common", 422, "A rule is more than information in too many healthy people", "Let it only inform, mend its limits, or send ?force= with the reason.");
    public static readonly ProblemCode OtherSeries = new("other-series", 422, "The two reports are not versions of one series", "Name two versions of one sample and assay.");
    public static readonly ProblemCode PartnerUnknown = new("partner-unknown", 422, "No such partner", "Register the partner first.");
    public static readonly ProblemCode IdempotencyMismatch = new("idempotency-mismatch", 422, "The Idempotency-Key was used for another request", "Use a new key for a new request.");
    public static readonly ProblemCode PreconditionRequired = new("precondition-required", 428, "If-Match is needed", "Read the report and send its ETag as If-Match.");
    public static readonly ProblemCode TooManyRequests = new("too-many-requests", 429, "There were too many requests", "Repeat the request after Retry-After; RateLimit says what is left.");
    public static readonly ProblemCode Internal = new("internal", 500, "The service failed", "Repeat the request; if it fails again, report the traceId.");
    public static readonly ProblemCode MethodUnknown = new("method-unknown", 501, "The method is not known", "Use a method of the API description.");
    public static readonly ProblemCode Unavailable = new("unavailable", 503, "The service cannot answer now", "Repeat the request after Retry-After.");

    public static readonly IReadOnlyDictionary<string, ProblemCode> All = typeof(ProblemCodes).GetFields()
        .Select(f => f.GetValue(null)).OfType<ProblemCode>().ToDictionary(p => p.Code);
}
