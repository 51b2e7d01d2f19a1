using System.Text.Json.Nodes;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Cohorts;
using Lab.Api.Events;
using Lab.Api.Exports;
using Lab.Api.Panels;
using Lab.Api.Partners;
using Lab.Api.Profiles;
using Lab.Api.Reports;
using Lab.Api.Reports.Fhir;
using Lab.Api.Samples;
using Lab.Api.Subjects;
using Lab.Api.Taxa;
using Lab.Api.Webhooks;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;

namespace Lab.Api.Hosting;

/// <summary>Every route of the contract, in the order of the story: upload, follow, read. Nothing is open that does not say so.</summary>
public static class Contract
{
    public static void MapContract(this WebApplication app)
    {
        var samples = app.MapGroup("/v1/samples").WithTags("Samples");
        samples.MapPut("/{accession}", PutSample.PutAsync).RequireAuthorization(Scope.SamplesWrite).WithName("putSample")
            .TakesJson<SampleRegistration>().Produces<SampleDetails>(200).Produces<SampleDetails>(201).Fails(400, 401, 403, 404, 409, 410, 412, 422)
            .WithSummary("Register a sample").WithDescription("""
                Creates (201) or replaces (200) what the lab knows of a specimen. Every member is optional and absent means null, but a partner once set stays. `subject` is the lab's pseudonym, never a name.
                """);
        samples.MapGet("/{accession}", GetSample.GetAsync).RequireAuthorization(Scope.SamplesRead).WithName("getSample").Fails(401, 403, 404, 410)
            .WithSummary("Read a sample").WithDescription("With its profiles and its current report's id and status.");
        samples.MapGet("", ListSamples.GetAsync).RequireAuthorization(Scope.SamplesRead).WithName("listSamples").Fails(400, 401, 403, 422)
            .WithSummary("List samples").WithDescription("The newest first, page by page: what is registered meanwhile stands before the first page.");

        samples.MapPost("/{accession}/reject", RejectSample.PostAsync).RequireAuthorization(Scope.SamplesWrite).WithName("rejectSample")
            .TakesJson<RejectionRequest>().Produces<SampleDetails>(200).Fails(400, 401, 403, 404, 409, 410, 412, 422)
            .WithSummary("Reject a sample").WithDescription("A rejected sample takes no profile, and its open analyses are cancelled. After a release it has to be withdrawn first.");

        var profiles = app.MapGroup("/v1").WithTags("Profiles");
        profiles.MapPost("/samples/{accession}/profiles", UploadProfile.PostAsync).RequireAuthorization(Scope.ProfilesWrite).WithName("uploadProfile")
            .TakesProfile().Produces<UploadAccepted>(202).Produces<UploadAccepted>(200).Fails(400, 401, 403, 404, 409, 410, 413, 415, 422, 503)
            .WithSummary("Upload what a pipeline wrote").WithDescription("""
                The body is the file, as the pipeline wrote it, plain, gzip or zstd; what it is decides itself. 202: stored, and its analysis is queued; follow `Location`.
                200: the same bytes are there already, with the same ids. Anything else: nothing was stored, and `errors` names every problem at once. The sample is registered by this call if it is not known.
                """);
        profiles.MapPost("/profiles", UploadProfiles.PostAsync).RequireAuthorization(Scope.ProfilesWrite).WithName("uploadProfiles")
            .TakesProfile(many: true).Produces<UploadVerdict>(202, UploadProfiles.Ndjson).Fails(400, 401, 403, 413, 415, 422, 503)
            .WithSummary("Upload many samples at once").WithDescription("""
                A table of several samples, whose names are accessions; or, as `application/x-ndjson`, one sample in Lab's own JSON with its `accession` a line, any number of lines. The answer has one line a sample, in order,
                and comes when the whole body has been read. A sample that cannot be used is `rejected` and spoils no other; what is there already is a `duplicate`, so a request that broke off is simply sent again.
                """);
        profiles.MapGet("/profiles/{id}", GetProfile.GetAsync).RequireAuthorization(Scope.SamplesRead).WithName("getProfile").Fails(401, 403, 404, 410)
            .WithSummary("Read a profile as Lab understood it").WithDescription("Taxa resolved to NCBI taxids and current names, with their lineage, reads of the whole clade, and fraction.");
        profiles.MapGet("/profiles/{id}/source", GetProfile.SourceAsync).RequireAuthorization(Scope.SamplesRead).WithName("getProfileSource").Fails(401, 403, 404, 410)
            .Produces<byte[]>(200, "application/octet-stream")
            .WithSummary("Read the content as it came").WithDescription("The bytes after all decoding; their SHA-256 is the profile's.");
        profiles.MapGet("/profiles/{id}/diversity", GetDiversity.GetAsync).RequireAuthorization(Scope.SamplesRead).WithName("getProfileDiversity").Fails(401, 403, 404, 410, 422)
            .WithSummary("Compute the diversity of a profile").WithDescription($$"""
                At full precision, by the rules of a report and against the cohort that a report would use. A value that is not defined is null, with a reason.

                On any profile: {{Metrics(counts: false)}}, and by an order q (0 to 100 with at most three decimals, or `inf`) `hill-{q}`, `renyi-{q}`, `tsallis-{q}`.

                On read counts only (else `requires-integer-counts` or `estimated-counts`): {{Metrics(counts: true)}}; for m reads `rarefied-{m}` (expected taxa), `rarefied-se-{m}` (their standard deviation),
                `coverage-{m}` and `hill-{q}-at-{m}`; at a coverage c between 0 and 1 `reads-at-coverage-{c}` and `hill-{q}-at-coverage-{c}` (q up to 10). m above the reads, or for coverage and Hill numbers of order
                0, 1 and 2 above twice the reads, is `too-few-reads`.

                `distance-to-healthy` on a profile that a cohort's people were measured like (else `no-matching-cohort`): the Bray-Curtis dissimilarity, 0 to 1, to their average composition at the rank; its percentile is
                among these people, each against the others. No diagnosis: many people with a disease lie within.

                `ci95` of `robbins` is Esty's interval. `singletons-are-classifier-noise` weighs most on richness, coverage and what is extrapolated from them.
                """);
        profiles.MapPost("/profiles/validate", ValidateProfile.PostAsync).RequireAuthorization(Scope.ProfilesWrite).WithName("validateProfile").TakesProfile().Fails(400, 401, 403, 413, 415)
            .WithSummary("Check a profile without storing it").WithDescription("A dry run of an upload: what would be 422 as an upload is 200 with `valid: false` and every problem; anything else is the status that an upload gets.");

        var analyses = app.MapGroup("/v1/analyses").WithTags("Analyses");
        analyses.MapGet("/{id}", GetAnalysis.GetAsync).RequireAuthorization(Scope.SamplesRead).WithName("getAnalysis").Fails(400, 401, 403, 404)
            .WithSummary("Follow an analysis").WithDescription("`wait` (0 to 60 s) holds the answer until it is done. `Retry-After` while it is not.");
        analyses.MapGet("", ListAnalyses.GetAsync).RequireAuthorization(Scope.SamplesRead).WithName("listAnalyses").Fails(400, 401, 403, 422)
            .WithSummary("List analyses").WithDescription("The newest first, page by page: what is queued meanwhile stands before the first page.");

        analyses.MapPost("", RequestAnalyses.PostAsync).RequireAuthorization(Scope.ProfilesWrite).WithName("requestAnalyses")
            .TakesJson<AnalysisRequest>().Produces<AnalysesQueued>(202).Fails(400, 401, 403, 404, 409, 410, 422)
            .WithSummary("Interpret again").WithDescription("""
                Queues one analysis a profile: the current ones of a sample, of a subject, of everybody, or one named profile, which thereby becomes the current one again. Without `panel` the current default;
                without `cohort` the one that was measured most alike. Reports that were released stay current until the new version is released.
                """);
        analyses.MapPost("/{id}/retry", ChangeAnalysis.RetryAsync).RequireAuthorization(Scope.ProfilesWrite).WithName("retryAnalysis").Fails(401, 403, 404, 409, 410)
            .WithSummary("Try an analysis again").WithDescription("One that failed or was cancelled, unless a later one has taken its place.");
        analyses.MapPost("/{id}/cancel", ChangeAnalysis.CancelAsync).RequireAuthorization(Scope.ProfilesWrite).WithName("cancelAnalysis").Fails(401, 403, 404, 409, 410)
            .WithSummary("Cancel an analysis").WithDescription("One that is queued or running; what it has computed by then is not published.");

        var reports = app.MapGroup("/v1").WithTags("Reports");
        reports.MapGet("/samples/{accession}/report", GetReport.CurrentAsync).RequireAuthorization(Scope.ReportsRead).WithName("getCurrentReport").ReturnsReport().Fails(401, 403, 404, 406, 410, 422)
            .WithSummary("Read a sample's current report").WithDescription("The last released version; when none is released, for a key of the lab with `reports:sign` the last preliminary. Without `assay`, the one issued last. `Accept` chooses JSON, a page for people, FHIR R4 or CSV.");
        reports.MapGet("/reports/{id}", GetReport.ByIdAsync).RequireAuthorization(Scope.ReportsRead).WithName("getReport").ReturnsReport().Fails(401, 403, 404, 406, 410, 422)
            .WithSummary("Read one version of a report").WithDescription("Written once: the same bytes for ever, with a strong ETag. A later version is named in `Link`. `Accept` chooses JSON, a page for people (`lang`, `view`), FHIR R4 (a DiagnosticReport that holds all it refers to), or CSV (the whole table of taxa).");
        reports.MapGet("/reports", ListReports.GetAsync).RequireAuthorization(Scope.ReportsRead).WithName("listReports").Fails(400, 401, 403, 422)
            .WithSummary("List reports").WithDescription("One item a series (a sample and an assay): its current version, as you may see it. A new version does not move its item. `versions=all`: every version that you may see, the newest first.");
        reports.MapGet("/reports/{id}/taxa", GetReportTaxa.GetAsync).RequireAuthorization(Scope.ReportsRead).WithName("getReportTaxa").Fails(401, 403, 404, 410)
            .WithSummary("Read the whole table of a report").WithDescription("Every taxon of every rank with its place in the report's cohort, as in `composition` but not cut.");
        reports.MapGet("/reports/{id}/findings/{code}/explanation", ExplainFinding.GetAsync).RequireAuthorization(Scope.ReportsRead).WithName("explainFinding").Fails(401, 403, 404, 410)
            .WithSummary("Explain a finding").WithDescription("""
                Why the report has it: the rule, the limit and the floor, what was observed, the cohort and how many people it is, who makes up the value, evidence and base rate,
                and each step that led to the severity. From the report, the panel and the cohort in the versions that the report names. 404 also for a finding that the report does not have.
                """);
        reports.MapGet("/reports/{id}/diff", DiffReports.GetAsync).RequireAuthorization(Scope.ReportsRead).WithName("diffReports").Fails(400, 401, 403, 404, 410, 422)
            .WithSummary("Compare two versions of a report").WithDescription("""
                What differs between this version and the one that `to` names, of the same sample and assay: method, quality, every metric, ratio, guild and index, the taxa of the composition,
                findings, notices and recommendations. What is equal is left out. `sameContent` is true when the digests agree.
                """);
        reports.MapGet("/subjects/{subject}/timeline", GetTimeline.GetAsync).RequireAuthorization(Scope.ReportsRead).WithName("getTimeline").Produces<Timeline>(200).Fails(401, 403, 404, 406, 422)
            .WithSummary("Read a subject's timeline").WithDescription("""
                The person's current reports as you may see them, by the time of collection, else of issue: each metric, ratio, guild and index as a series, what is registered with each sample beside it, and
                each report compared with the one before as `POST /v1/comparisons` does. At most the newest hundred. `Accept` chooses JSON or a page for people (`lang`) with a trend for each.
                """);
        reports.MapPost("/comparisons", CompareReports.PostAsync).RequireAuthorization(Scope.ReportsRead).WithName("compareReports").TakesJson<ComparisonRequest>().Produces<ReportComparison>(200)
            .Fails(400, 401, 403, 404, 410, 422)
            .WithSummary("Compare reports over time").WithDescription("""
                Two reports (`from`, `to`), or with `subject` all current ones of a person, each against the one before. First whether one method measured both: if not, `comparable` is false, `reasons` says why,
                and only what a reference of another method may speak of is compared, without a word on noise (shotgun: phyla, families, genera, ratios, guilds; amplicons: nothing).

                `distances` are at the lowest rank of the assay; their `percentile` is among every two people of the report's cohort, where it was measured by the same method. `changes` are told as log2(to / from),
                or as a difference. `beyondNoise` is against the lab's replicates of the assay where there are at least `minimumPairs` pairs (1.96 √2 of their within-pair deviation), else against the error of counting reads;
                it is null where neither is known. Of twenty things that did not change, one passes by chance: see `judged` and `beyond`.

                `reasons`: `withdrawn quality-failed platform-differs region-differs profiler-not-stated profiler-differs database-differs rank-differs kingdoms-differ unit-differs denominator-differs assay-differs`.
                `caveats`: `depth-unknown depth-differs` (richness is not compared) `database-release-differs not-known-to-be-one-person`.
                """);
        reports.MapPost("/reports/preview", PreviewReport.PostAsync).RequireAuthorization(Scope.ProfilesWrite).WithName("previewReport")
            .TakesProfile().ReturnsReport(etag: false).Fails(400, 401, 403, 406, 413, 415, 422)
            .WithSummary("Try a report without storing anything").WithDescription("The body is an upload; the answer is the whole report. Its `id` is zero and its `version` 0, because it is nowhere.");

        reports.MapGet("/reports/{id}/versions", ListVersions.GetAsync).RequireAuthorization(Scope.ReportsRead).WithName("listReportVersions").Fails(401, 403, 404, 410)
            .WithSummary("List the versions of a report").WithDescription("The series (sample and assay) that the report belongs to, oldest first. Partners see released versions only.");
        reports.MapPost("/reports/{id}/release", SignReport.ReleaseAsync).RequireAuthorization(Scope.ReportsSign).WithName("releaseReport")
            .TakesJson<ReleaseNote>(optional: true).Produces<ReportSummary>(201).Fails(400, 401, 403, 404, 409, 410, 412, 422, 428)
            .WithSummary("Release a report").WithDescription("""
                Makes a new version of the last, preliminary one: `final` the first time; then `corrected` after another profile, a changed sample or an error, else `amended`. From then on partners read it.
                """);
        reports.MapPost("/reports/{id}/amend", SignReport.AmendAsync).RequireAuthorization(Scope.ReportsSign).WithName("amendReport")
            .TakesJson<ChangeReason>().Produces<ReportSummary>(201).Fails(400, 401, 403, 404, 409, 410, 412, 422, 428)
            .WithSummary("Amend a report").WithDescription("Makes a new version of the last one with a reason and a note. Once something was released it is `preliminary` and waits for `release`.");
        reports.MapPost("/reports/{id}/withdraw", SignReport.WithdrawAsync).RequireAuthorization(Scope.ReportsSign).WithName("withdrawReport")
            .TakesJson<ChangeReason>().Produces<ReportSummary>(201).Fails(400, 401, 403, 404, 409, 410, 412, 422, 428)
            .WithSummary("Withdraw a report").WithDescription("Makes a version `entered-in-error` of the released one, at once: without findings, with the reason. The version before answers unchanged and names it in `Link`.");
        reports.MapPost("/reports/{id}/verify", VerifyReport.PostAsync).RequireAuthorization(Scope.ReportsSign).WithName("verifyReport").Fails(401, 403, 404, 410)
            .WithSummary("Verify a report").WithDescription("`intact`: the stored bytes are those that the audit trail recorded. `reproduced`: read from its source and computed again with what was pinned, it has the same digest.");

        var reference = app.MapGroup("/v1").WithTags("Reference data").RequireAuthorization(Scope.AnyKey);
        reference.MapGet("/taxa/{taxid}", GetTaxon.Get).WithName("getTaxon").Fails(401, 404)
            .WithSummary("Read a taxon").WithDescription("By NCBI taxid: current name, former names, rank and lineage.");
        reference.MapGet("/taxa", SearchTaxa.Get).WithName("searchTaxa").Fails(400, 401)
            .WithSummary("Search taxa").WithDescription("By any current or former name, words of it, or taxid; the best match first.");
        reference.MapPost("/taxa/resolve", (Delegate)ResolveTaxa.PostAsync).WithName("resolveTaxa").TakesJson<TaxonNames>().Fails(400, 401, 422)
            .WithSummary("Resolve names").WithDescription("What each name means, in their order, by the same rules as uploads: any name, former name, taxid, or a lineage as GTDB, SILVA, Greengenes, MetaPhlAn or NCBI write it. An unknown one has a null taxid and a warning.");
        reference.MapGet("/formats", ListFormats.Get).WithName("listFormats").Fails(401)
            .WithSummary("List the formats that are understood").WithDescription("As the readers themselves declare them.");
        reference.MapGet("/assays", ListAssays.GetAsync).WithName("listAssays").Fails(401)
            .WithSummary("List the assays").WithDescription("How samples are measured: platform, profiler, database, kingdoms seen, unit, minimum reads.");
        reference.MapGet("/context-codes", ListContextCodes.Get).WithName("listContextCodes").Fails(401)
            .WithSummary("List the codes of a sample's context").WithDescription("Symptoms, red flags, diagnoses and medication, with labels in English and Dutch; for red flags, how soon to seek care and what a report then says.");
        reference.MapGet("/panels", ListPanels.GetAsync).WithName("listPanels").Fails(400, 401)
            .WithSummary("List the panels").WithDescription("The rules, guilds and ratios that a report is made with. Published versions never change.");
        reference.MapGet("/panels/{id}/versions/{version:int}", ListPanels.GetVersionAsync).WithName("getPanelVersion").Fails(401, 404)
            .WithSummary("Read a panel").WithDescription("The whole panel as data: guild members, ratios, rules, texts, citations.");
        reference.MapGet("/cohorts", ListCohorts.GetAsync).WithName("listCohorts").Fails(400, 401)
            .WithSummary("List the reference cohorts").WithDescription("Who they are, how they were measured, how many, where the figures come from and under which licence.");
        reference.MapGet("/cohorts/{id}/versions/{version:int}", ListCohorts.GetVersionAsync).WithName("getCohortVersion").Fails(401, 404)
            .WithSummary("Read a cohort").WithDescription("Quantiles and prevalence per taxon, metric, ratio and guild. Of a version that is being built: how far it is.");
        reference.MapGet("/cohorts/{id}/versions/{version:int}/taxa/{taxid:long}", ListCohorts.GetTaxonAsync).WithName("getCohortTaxon").Fails(401, 404)
            .WithSummary("Read a taxon of a cohort").WithDescription("Its prevalence and the quantiles of its fraction among the cohort's people. 404 where the cohort does not list it: fewer than 2 % have it.");
        reference.MapGet("/about", () => TypedResults.Ok(About.This)).WithName("getAbout").Fails(401)
            .WithSummary("What runs here").WithDescription("Versions of the service, the engine and the taxonomy.");

        var codes = app.MapGroup("/fhir/CodeSystem").WithTags("Reference data").AllowAnonymous();
        codes.MapGet("", GetCodeSystems.Get).WithName("listCodeSystems").Produces<JsonObject>(200, FhirReport.MediaType)
            .WithSummary("List the code systems").WithDescription("The codes of our own that a report in FHIR uses, in English and Dutch, as a FHIR Bundle.");
        codes.MapGet("/{id}", GetCodeSystems.GetOne).WithName("getCodeSystem").Fails(404).Produces<JsonObject>(200, FhirReport.MediaType)
            .WithSummary("Read a code system").WithDescription("As a FHIR CodeSystem.");

        app.MapPut("/v1/assays/{id}", PutAssay.PutAsync).WithTags("Reference data").RequireAuthorization(Scope.PanelsAdmin).WithName("putAssay")
            .TakesJson<AssayDefinition>().Produces<AssayDetails>(200).Produces<AssayDetails>(201).Fails(400, 401, 403, 404, 409, 412, 422)
            .WithSummary("Define an assay").WithDescription("An assay of the lab's own; uploads name it as `?assay=`. Reports keep the definition that they were made with. Those that ship do not change.");

        var library = app.MapGroup("/v1").WithTags("Reference data").RequireAuthorization(Scope.PanelsAdmin);
        library.MapPost("/cohorts/{id}/versions", PublishCohort.PostAsync).WithName("publishCohort").TakesJson<CohortRequest>().Produces<CohortSummary>(201).Produces<CohortSummary>(202).Produces<CohortSummary>(200)
            .Fails(400, 401, 403, 404, 409, 413, 415, 422)
            .WithSummary("Publish a cohort").WithDescription("""
                The next version of a cohort of the lab's own, and what the body is decides itself. A table (docs/cohort-format.md): 201, published and frozen; 200 where it is that version already. A request in JSON: 202, and the
                version is built of the lab's released reports, one of each person who agreed to it; follow `Location`. Published, it is used for new analyses of the assays that it fits, the last published first, unless it is a
                stratum (an age, a sex): that is used where it is named. Reports keep the version that they were made with until they are interpreted again.
                """);
        library.MapPost("/panels/{id}/versions", PublishPanel.PostAsync).WithName("publishPanel").TakesJson<Panel>().Produces<PanelStored>(201).Produces<PanelStored>(200)
            .Fails(400, 401, 403, 404, 409, 413, 415, 422)
            .WithSummary("Publish a panel").WithDescription("""
                The next version of a panel of the lab's own, whole or with a `base` that it only adds recommendations to. `draft=true` keeps it to be tried and replaced; without it, it is frozen. The answer says how often each
                rule makes a finding in the healthy people of each cohort. A new or changed rule that is more than information in more than 10 % of them is refused, unless `force` gives the reason, which is recorded.
                """);
        library.MapPost("/panels/{id}/versions/{version:int}/impact", RequestImpact.PostAsync).WithName("requestImpact").TakesJson<ImpactRequest>(optional: true).Produces<ImpactState>(202)
            .Fails(400, 401, 403, 404, 409, 422)
            .WithSummary("Try a panel over what is stored").WithDescription("Evaluates a draft or a published version over every stored profile, as `POST /v1/analyses` with `all` would, and changes nothing. Follow `Location`.");
        library.MapGet("/panels/{id}/versions/{version:int}/impact/{impact}", RequestImpact.GetAsync).WithName("getImpact").Fails(401, 403, 404)
            .WithSummary("Follow the trial of a panel").WithDescription("How far it is; then how many reports would change, and which findings would come, go or change their severity.");
        library.MapGet("/panels/{id}/versions/{version:int}/impact/{impact}/reports", RequestImpact.ReportsAsync).WithName("getImpactReports").Produces<ReportImpact>(200, RequestImpact.Ndjson).Fails(401, 403, 404, 410)
            .WithSummary("Read which reports would change").WithDescription("One line a report that would say something else than its last version does. Kept for some days; gone when a person in it is erased.");

        app.MapDelete("/v1/subjects/{subject}", EraseSubject.DeleteAsync).RequireAuthorization(Scope.ClientsAdmin).WithTags("Subjects").WithName("eraseSubject").Fails(401, 403, 404)
            .WithSummary("Erase a subject").WithDescription("""
                Contents of uploads, profiles, reports and context of all samples of the subject are gone; ids, versions, digests and times stay, and later reads are 410. A running analysis publishes nothing any more.
                It cannot be taken back.
                """);

        app.MapGet("/v1/subjects/{subject}/export", ExportSubject.GetAsync).RequireAuthorization(Scope.ClientsAdmin).WithTags("Subjects").WithName("exportSubject")
            .Streams(etag: false, "application/json").Fails(401, 403, 404)
            .WithSummary("Export a subject").WithDescription("All that is known of a person, as one JSON document that is sent while it is read. An answer that breaks off is no JSON: ask again.");

        var exports = app.MapGroup("/v1/exports").WithTags("Exports").RequireAuthorization(Scope.ReportsRead);
        exports.MapPost("", RequestExport.PostAsync).WithName("requestExport").TakesJson<ExportRequest>().Produces<ExportState>(202).Fails(400, 401, 403, 409, 422)
            .WithSummary("Ask for an export").WithDescription($"""
                The released, current reports that you may see and that the filter lets through, in the order of registration, all of one moment. `{ExportRules.Ndjson}`: the documents themselves, also those that say that they are withdrawn.
                `{ExportRules.Tsv}` and `{ExportRules.Biom}`: a table of taxa by samples, of one assay and one rank, without what was withdrawn: fractions as reports have them, of all that is classified as Bacteria, Archaea or Fungi, or
                integer reads. A column adds up to what is assigned at the rank, which may be less than 1; rows of a file that share a taxid are one.

                202: follow `Location`. The content is kept for 7 days, unless the lab set another time, and deleted before that when a sample in it is erased.
                """);
        exports.MapGet("/{id}", GetExport.GetAsync).WithName("getExport").Fails(400, 401, 403, 404)
            .WithSummary("Follow an export").WithDescription("`wait` (0 to 60 s) holds the answer until it is done. `Retry-After` while it is not. `download` is there while there is content.");
        exports.MapGet("/{id}/content", GetExportContent.GetAsync).WithName("getExportContent").Streams(etag: true, "application/x-ndjson", "text/tab-separated-values", "application/json").Fails(401, 403, 404, 409, 410)
            .WithSummary("Download an export").WithDescription("In the format that was asked for, gzip to who takes it; an answer that breaks off is shorter than its `Content-Length`.");
        exports.MapGet("", ListExports.GetAsync).WithName("listExports").Fails(400, 401, 403, 422)
            .WithSummary("List exports").WithDescription("Yours, also those that were asked for with another key, the newest first.");
        exports.MapDelete("/{id}", DeleteExport.DeleteAsync).WithName("deleteExport").Fails(401, 403, 404)
            .WithSummary("Cancel or remove an export").WithDescription("One that is open is cancelled and stays in the list; one that has ended is removed with its content.");
        var webhooks = app.MapGroup("/v1/webhooks").WithTags("Webhooks").RequireAuthorization(Scope.WebhooksManage);
        webhooks.MapPost("", CreateWebhook.PostAsync).WithName("createWebhook").TakesJson<WebhookRequest>().Produces<WebhookCreated>(201).Fails(400, 401, 403, 409, 422)
            .WithSummary("Create a webhook").WithDescription("""
                Events are sent to `url` as soon as they happen, signed as [standard-webhooks](https://www.standardwebhooks.com) says; `webhooks` of this document has the requests. A partner's key makes one for the events of
                the partner's samples, a key of the lab one for all. Only what is 2xx within 15 seconds is delivered; redirects are not followed. What fails is tried again for three days (after 5 s, 5 min, 30 min, 2 h, 5 h,
                10 h, 14 h, 20 h, 24 h, each give or take a tenth), always with the same `webhook-id`. 410 disables the webhook. The secret is shown in this answer and never again.
                """);
        webhooks.MapGet("", ListWebhooks.GetAsync).WithName("listWebhooks").Fails(400, 401, 403)
            .WithSummary("List the webhooks").WithDescription("The newest first.");
        webhooks.MapGet("/{id}", ListWebhooks.GetOneAsync).WithName("getWebhook").Fails(401, 403, 404)
            .WithSummary("Read a webhook").WithDescription("Without its secret.");
        webhooks.MapDelete("/{id}", ChangeWebhook.DeleteAsync).WithName("deleteWebhook").Fails(401, 403, 404)
            .WithSummary("Delete a webhook").WithDescription("Its deliveries go with it; nothing is sent to it any more.");
        webhooks.MapPost("/{id}/test", ChangeWebhook.TestAsync).WithName("testWebhook").Fails(401, 403, 404, 409)
            .WithSummary("Send a test").WithDescription("One request of the type `webhook.test`, signed as all are and tried once. How it went stands among the deliveries.");
        webhooks.MapPost("/{id}/rotate-secret", ChangeWebhook.RotateAsync).WithName("rotateWebhookSecret").Fails(401, 403, 404)
            .WithSummary("Change the secret").WithDescription("The new secret is shown in this answer and never again. For 24 hours requests carry a signature of each, so that the receiver can change in between.");
        webhooks.MapGet("/{id}/deliveries", ListDeliveries.GetAsync).WithName("listWebhookDeliveries").Fails(400, 401, 403, 404, 422)
            .WithSummary("List the deliveries of a webhook").WithDescription("The newest first, each with every try: when, how long, what was answered or why not, and when the next is due.");
        webhooks.MapPost("/{id}/deliveries/{deliveryId}/replay", ListDeliveries.ReplayAsync).WithName("replayWebhookDelivery").Fails(401, 403, 404, 409)
            .WithSummary("Send a delivery again").WithDescription("At once, and by the whole schedule if that fails: the same body under the same `webhook-id`.");
        app.MapGet("/v1/events", ListEvents.GetAsync).RequireAuthorization(Scope.ReportsRead).WithTags("Webhooks").WithName("listEvents").Fails(400, 401, 403)
            .WithSummary("List events").WithDescription("""
                What webhooks send, for who would rather ask: the oldest first, after a number. Numbers rise in the order of commits, and none appears before one that was read, so who remembers the last number misses
                nothing; not every number is yours. A partner sees the events of its samples. A sample that is given to a partner later brings its events along, under new numbers.
                """);

        var audit = app.MapGroup("/v1/audit").WithTags("Audit").RequireAuthorization(Scope.AuditRead);
        audit.MapGet("", ListAudit.GetAsync).WithName("listAudit").Fails(400, 401, 403, 422)
            .WithSummary("List the audit trail").WithDescription("""
                Who did what to which, the newest first. Every change is there from its commit on; reads of reports and profiles (`report.read`, `profile.read`) at most 200 ms later. `subject` finds what concerns a person's samples.
                With `actor`, `from` and `to`: what a key did, or read, in a time.
                """);
        audit.MapPost("/verify", VerifyAudit.PostAsync).WithName("verifyAudit").TakesJson<KnownHead>(optional: true).Fails(400, 401, 403, 422)
            .WithSummary("Verify the audit trail").WithDescription("""
                Computes the hash chain over all rows again: a row that was changed, removed or added is named. With a `sealed` and `head` that were noted earlier, also whether the chain still goes through there,
                which nobody can arrange afterwards. For keys of the lab.
                """);
        var clients = app.MapGroup("/v1").WithTags("Partners and keys").RequireAuthorization(Scope.ClientsAdmin);
        clients.MapPut("/partners/{id}", PutPartner.PutAsync).WithName("putPartner").TakesJson<PartnerDefinition>().Produces<PartnerDetails>(200).Produces<PartnerDetails>(201).Fails(400, 401, 403, 404, 412, 422)
            .WithSummary("Register a partner").WithDescription("Creates it (201) or gives it another name (200). Samples and keys name it by its id, which does not change.");
        clients.MapGet("/partners", ListPartners.GetAsync).WithName("listPartners").Fails(400, 401, 403)
            .WithSummary("List partners").WithDescription("By id, page by page.");
        clients.MapPost("/api-keys", (Delegate)CreateApiKey.PostAsync).WithName("createApiKey").TakesJson<ApiKeyRequest>().Produces<ApiKeyIssued>(201).Fails(400, 401, 403, 409, 422)
            .WithSummary("Make a key").WithDescription($"""
                A key of a partner, or without `partner` of the lab. It is answered this once, and again only to the same request with the same `Idempotency-Key`. A partner's key has none of
                {string.Join(", ", Scope.LabOnly.Select(s => $"`{s}`"))}: they concern all partners.
                """);
        clients.MapGet("/api-keys", ListApiKeys.GetAsync).WithName("listApiKeys").Fails(400, 401, 403, 422)
            .WithSummary("List keys").WithDescription("The newest first, page by page, with those that ended.");
        clients.MapGet("/api-keys/{id}", GetApiKey.GetAsync).WithName("getApiKey").Fails(401, 403, 404)
            .WithSummary("Read a key's details").WithDescription("What it may do, since when and until when, and when it was last used. Never the key itself.");
        clients.MapPost("/api-keys/{id}/rotate", RotateApiKey.PostAsync).WithName("rotateApiKey").TakesJson<ApiKeyRotation>(optional: true).Produces<ApiKeyIssued>(201).Fails(400, 401, 403, 404, 409, 422)
            .WithSummary("Replace a key").WithDescription("""
                A new key with the same name, scopes and partner, that lives as long as the old one was given. The old one works for `overlapHours` more (24 where it is not said). Of a line at most two keys work:
                what the old one itself replaced is revoked.
                """);
        clients.MapDelete("/api-keys/{id}", RevokeApiKey.DeleteAsync).WithName("revokeApiKey").Fails(401, 403, 404)
            .WithSummary("Revoke a key").WithDescription("No request that begins after the answer gets in with it at this node, none a second later at any. What it is sending at that moment is still taken. Again: the same answer.");

        app.MapGet("/problems/{code}", ProblemPage.Get).AllowAnonymous().WithTags("Problems").WithName("getProblem").Fails(404).Produces<ProblemExplained>(200)
            .WithSummary("What a problem means").WithDescription("The page that `type` of a problem document points to.");
    }

    private static string Metrics(bool counts) => string.Join(", ", AlphaMetric.Names.Where(name => AlphaMetric.Find(name)!.NeedsCounts == counts).Select(name => $"`{name}`"));
}

/// <summary>What runs here.</summary>
public sealed record About(string Name, string Version, string Engine, string Taxonomy)
{
    public static readonly About This = new("Lab", typeof(About).Assembly.GetName().Version!.ToString(3), Lab.Microbiome.Reports.ReportBuilder.Engine, Lab.Microbiome.Taxonomy.TaxonomyRelease.Shipped.Version);
}

/// <summary>A kind of problem, explained.</summary>
/// <param name="Code">As problem documents and their errors name it.</param>
/// <param name="Status">Of the answer; of a problem in an upload, where it is the only kind. As a warning it is none.</param>
/// <param name="Title">What is wrong.</param>
/// <param name="Advice">What to do about it.</param>
/// <param name="Example">Of a problem in an upload, a small content that has it; else null.</param>
public sealed record ProblemExplained(string Code, int Status, string Title, string Advice, string? Example);

/// <summary>The page of a problem.</summary>
public static class ProblemPage
{
    public static IResult Get(string code) => (ProblemCodes.All.GetValueOrDefault(code) ?? ProfileProblemCodes.Find(code)) is { } problem
        ? TypedResults.Ok(new ProblemExplained(problem.Code, problem.Status, problem.Title, problem.Advice, ProfileProblemCodes.All.GetValueOrDefault(code)?.Example))
        : throw new ProblemException(ProblemCodes.NotFound, "There is no such problem.");
}
