using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Lab.Client;

/// <summary>The typed client of the Lab HTTP API. One instance serves any number of calls at once; it neither retries nor disposes the
/// <see cref="HttpClient"/> that it was given.</summary>
/// <remarks>Every answer other than the expected one is a <see cref="LabProblemException"/>. Uploads are safe to repeat: the same bytes give the same ids.</remarks>
public sealed partial class LabClient
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly HttpClient http;
    private readonly string apiKey;

    /// <summary>A client of the service at <paramref name="http"/>'s base address, calling with one key.</summary>
    /// <param name="http">Its <see cref="HttpClient.BaseAddress"/> is the root of the service.</param>
    /// <param name="apiKey">A key of the lab or of a partner.</param>
    /// <exception cref="ArgumentException">There is no base address, or no key.</exception>
    public LabClient(HttpClient http, string apiKey)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentException.ThrowIfNullOrWhiteSpace(apiKey);
        if (http.BaseAddress is null) throw new ArgumentException("The base address is the root of the service.", nameof(http));
        this.http = http;
        this.apiKey = apiKey;
    }

    /// <summary>Registers a sample (or replaces what is registered of it). What is left out becomes null; a partner once set stays.</summary>
    /// <exception cref="LabProblemException"><c>partner-fixed</c>, <c>value-invalid</c>, <c>not-found</c> for another partner's accession.</exception>
    public Task<Sample> PutSampleAsync(string accession, SampleRegistration registration, CancellationToken cancellation = default) =>
        SendAsync<Sample>(HttpMethod.Put, SamplePath(accession), JsonContent.Create(registration, options: Json), cancellation);

    /// <summary>Reads a sample with its profiles and the current report's id.</summary>
    public Task<Sample> GetSampleAsync(string accession, CancellationToken cancellation = default) => GetAsync<Sample>(SamplePath(accession), cancellation);

    /// <summary>A page of the samples, the newest first.</summary>
    public Task<Page<SampleSummary>> ListSamplesAsync(SampleFilter? filter = null, int? limit = null, string? cursor = null, CancellationToken cancellation = default) =>
        GetAsync<Page<SampleSummary>>($"v1/samples{Query([("subject", filter?.Subject), ("status", filter?.Status), ("collectedFrom", Time(filter?.CollectedFrom)), ("collectedTo", Time(filter?.CollectedTo)),
            .. Paged(limit, cursor)])}", cancellation);

    /// <summary>Uploads what a pipeline wrote, plain or gzip. The sample is registered by this call if it is not known.</summary>
    /// <exception cref="LabProblemException">With every problem of the file at once; nothing was stored.</exception>
    public Task<Upload> UploadProfileAsync(string accession, Stream profile, UploadOptions? options = null, CancellationToken cancellation = default) =>
        UploadProfileAsync(accession, new StreamContent(profile), options, cancellation);

    /// <inheritdoc cref="UploadProfileAsync(string, Stream, UploadOptions?, CancellationToken)"/>
    public async Task<Upload> UploadProfileAsync(string accession, HttpContent content, UploadOptions? options = null, CancellationToken cancellation = default)
    {
        using var request = Request(HttpMethod.Post, $"{SamplePath(accession)}/profiles{Query(options)}", content);
        if (options?.IdempotencyKey is { } key) request.Headers.Add("Idempotency-Key", key);
        using var response = await SendAsync(request, cancellation);
        var upload = await ReadAsync<Upload>(response, cancellation);
        return upload with
        {
            IsNew = response.StatusCode == HttpStatusCode.Accepted,
            IsReplayed = response.Headers.Contains("Idempotency-Replayed"),
            Location = response.Headers.Location,
        };
    }

    /// <inheritdoc cref="UploadProfileAsync(string, Stream, UploadOptions?, CancellationToken)"/>
    public async Task<Upload> UploadProfileAsync(string accession, byte[] profile, UploadOptions? options = null, CancellationToken cancellation = default)
    {
        await using var stream = new MemoryStream(profile, writable: false);
        return await UploadProfileAsync(accession, stream, options, cancellation);
    }

    /// <summary>Uploads many samples: a table whose columns are accessions, or NDJSON, one sample a line. The verdicts come in order when all has been sent.</summary>
    /// <param name="content">A table of any content type; NDJSON as <c>application/x-ndjson</c>.</param>
    /// <param name="options">How it is to be read.</param>
    /// <param name="cancellation">Stops; what was stored is a <c>duplicate</c> when it is sent again.</param>
    public async IAsyncEnumerable<UploadVerdict> UploadProfilesAsync(HttpContent content, UploadOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var request = Request(HttpMethod.Post, $"v1/profiles{Query(options)}", content);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await DemandSuccessAsync(response, cancellation);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await lines.ReadLineAsync(cancellation) is { } line) yield return JsonSerializer.Deserialize<UploadVerdict>(line, Json)!;
    }

    /// <summary>Reads a profile as Lab understood it.</summary>
    public Task<Profile> GetProfileAsync(Guid id, CancellationToken cancellation = default) => GetAsync<Profile>($"v1/profiles/{id}", cancellation);

    /// <summary>What an upload of this file would give; nothing is stored. A file that would be refused as meaningless (422) is not valid, with every problem.</summary>
    /// <exception cref="LabProblemException">Malformed, too large, or no profile at all, as an upload of it.</exception>
    public Task<ProfileValidation> ValidateProfileAsync(byte[] profile, UploadOptions? options = null, CancellationToken cancellation = default) => ValidateProfileAsync(new ByteArrayContent(profile), options, cancellation);

    /// <inheritdoc cref="ValidateProfileAsync(byte[], UploadOptions?, CancellationToken)"/>
    public Task<ProfileValidation> ValidateProfileAsync(HttpContent content, UploadOptions? options = null, CancellationToken cancellation = default) =>
        SendAsync<ProfileValidation>(HttpMethod.Post, $"v1/profiles/validate{Query(options)}", content, cancellation);

    /// <summary>Metrics of a profile at full precision.</summary>
    /// <param name="id">The profile.</param>
    /// <param name="metrics">Such as <c>shannon</c>, <c>hill-1.5</c> or <c>rarefied-5000</c>, at most 100; none: the nine of a report.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="LabProblemException"><c>value-invalid</c> for a metric that is not known, or too many.</exception>
    public async Task<IReadOnlyList<ProfileMetric>> GetDiversityAsync(Guid id, IEnumerable<string>? metrics = null, CancellationToken cancellation = default) =>
        (await GetAsync<ProfileDiversity>($"v1/profiles/{id}/diversity{Query(("metrics", metrics is null ? null : string.Join(',', metrics)))}", cancellation)).Metrics;

    /// <summary>Reads the content of an upload as it came, after all decoding; its SHA-256 is the profile's.</summary>
    public async Task<byte[]> GetProfileSourceAsync(Guid id, CancellationToken cancellation = default)
    {
        using var request = Request(HttpMethod.Get, $"v1/profiles/{id}/source");
        using var response = await SendAsync(request, cancellation);
        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    /// <summary>Follows an analysis; with <paramref name="wait"/> the service holds the answer until it is done, or the time is over.</summary>
    /// <param name="id">The analysis.</param>
    /// <param name="wait">Whole seconds, at most 60.</param>
    /// <param name="cancellation">Gives up waiting; the analysis goes on.</param>
    public Task<Analysis> GetAnalysisAsync(Guid id, TimeSpan wait = default, CancellationToken cancellation = default) =>
        GetAsync<Analysis>($"v1/analyses/{id}{(wait > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $"?wait={Math.Ceiling(wait.TotalSeconds):0}") : "")}", cancellation);

    /// <summary>A page of the analyses, the newest first.</summary>
    public Task<Page<Analysis>> ListAnalysesAsync(string? status = null, int? limit = null, string? cursor = null, CancellationToken cancellation = default) =>
        GetAsync<Page<Analysis>>($"v1/analyses{Query([("status", status), .. Paged(limit, cursor)])}", cancellation);

    /// <summary>Waits until the analysis is done and reads its report.</summary>
    /// <exception cref="LabAnalysisException">It failed or was cancelled.</exception>
    public async Task<Report> WaitForReportAsync(Guid analysisId, CancellationToken cancellation = default)
    {
        Analysis analysis;
        do
        {
            analysis = await GetAnalysisAsync(analysisId, TimeSpan.FromSeconds(20), cancellation);
        }
        while (analysis.IsOpen);
        if (analysis.ReportId is not { } report) throw new LabAnalysisException(analysis);
        return (await GetReportAsync(report, null, cancellation)).Report!;
    }

    /// <summary>Reads one version of a report.</summary>
    /// <param name="id">The version's id.</param>
    /// <param name="ifNoneMatch">The <see cref="ReportReading.ETag"/> that the caller has: for that one the answer comes without a report.</param>
    /// <param name="cancellation">Stops reading.</param>
    public Task<ReportReading> GetReportAsync(Guid id, string? ifNoneMatch = null, CancellationToken cancellation = default) =>
        ReadReportAsync($"v1/reports/{id}", ifNoneMatch, cancellation);

    /// <summary>Reads a sample's current report: of one assay, or the one issued last.</summary>
    public Task<ReportReading> GetCurrentReportAsync(string accession, string? assay = null, string? ifNoneMatch = null, CancellationToken cancellation = default) =>
        ReadReportAsync($"{SamplePath(accession)}/report{(assay is null ? "" : $"?assay={Uri.EscapeDataString(assay)}")}", ifNoneMatch, cancellation);

    /// <summary>A page of the reports that the caller may see: of every series its current version, or every version.</summary>
    public Task<Page<ReportSummary>> ListReportsAsync(ReportFilter? filter = null, int? limit = null, string? cursor = null, CancellationToken cancellation = default) =>
        GetAsync<Page<ReportSummary>>($"v1/reports{Query([("subject", filter?.Subject), ("accession", filter?.Accession), ("status", filter?.Status), ("finding", filter?.Finding),
            ("updatedFrom", Time(filter?.UpdatedFrom)), ("versions", filter?.EveryVersion == true ? "all" : null), .. Paged(limit, cursor)])}", cancellation);

    /// <summary>Every taxon of a report version, every rank.</summary>
    public Task<IReadOnlyList<TableTaxon>> GetReportTaxaAsync(Guid id, CancellationToken cancellation = default) => ListAsync<TableTaxon>($"v1/reports/{id}/taxa", cancellation);

    /// <summary>Why a report has a finding: rule, limit, value, cohort, evidence, and each step to its severity.</summary>
    /// <exception cref="LabProblemException"><c>not-found</c> also for a finding that the report does not have; <c>report-not-released</c>.</exception>
    public Task<FindingExplanation> ExplainFindingAsync(Guid reportId, string code, CancellationToken cancellation = default) =>
        GetAsync<FindingExplanation>($"v1/reports/{reportId}/findings/{Uri.EscapeDataString(code)}/explanation", cancellation);

    /// <summary>What differs between two versions of one sample and assay; what is equal is left out.</summary>
    /// <exception cref="LabProblemException"><c>other-series</c>, <c>not-found</c>, <c>report-not-released</c>.</exception>
    public Task<ReportDiff> DiffReportsAsync(Guid from, Guid to, CancellationToken cancellation = default) => GetAsync<ReportDiff>($"v1/reports/{from}/diff?to={to}", cancellation);

    /// <summary>The whole report of a file; nothing is stored.</summary>
    public Task<Report> PreviewReportAsync(byte[] profile, UploadOptions? options = null, CancellationToken cancellation = default) =>
        SendAsync<Report>(HttpMethod.Post, $"v1/reports/preview{Query(options)}", new ByteArrayContent(profile), cancellation);

    /// <summary>Releases a preliminary report: from then on partners read it.</summary>
    /// <param name="id">The last version of its series.</param>
    /// <param name="etag">Of the report as it was read.</param>
    /// <param name="note">What a reader should know.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public Task<ReportSummary> ReleaseReportAsync(Guid id, string etag, string? note = null, CancellationToken cancellation = default) => SignAsync(id, "release", etag, note is null ? null : new { note }, cancellation);

    /// <summary>Adds a reason and a note as a new version, which waits for its release once something was released.</summary>
    /// <inheritdoc cref="ReleaseReportAsync"/>
    /// <param name="id">The last version of its series.</param>
    /// <param name="etag">Of the report as it was read.</param>
    /// <param name="reason">Such as <c>interpretation</c>.</param>
    /// <param name="note">In words.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public Task<ReportSummary> AmendReportAsync(Guid id, string etag, string reason, string note, CancellationToken cancellation = default) => SignAsync(id, "amend", etag, new { reason, note }, cancellation);

    /// <summary>Withdraws a released report, at once.</summary>
    /// <param name="id">The released version.</param>
    /// <param name="etag">Of the report as it was read.</param>
    /// <param name="reason">Such as <c>sample-mismatch</c>.</param>
    /// <param name="note">In words.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public Task<ReportSummary> WithdrawReportAsync(Guid id, string etag, string reason, string note, CancellationToken cancellation = default) => SignAsync(id, "withdraw", etag, new { reason, note }, cancellation);

    /// <summary>Proves a report against the audit trail and against its source.</summary>
    public Task<ReportVerification> VerifyReportAsync(Guid id, CancellationToken cancellation = default) => SendAsync<ReportVerification>(HttpMethod.Post, $"v1/reports/{id}/verify", null, cancellation);

    /// <summary>The series that a report belongs to, oldest first.</summary>
    public Task<IReadOnlyList<ReportSummary>> ListReportVersionsAsync(Guid id, CancellationToken cancellation = default) => ListAsync<ReportSummary>($"v1/reports/{id}/versions", cancellation);

    /// <summary>Rejects a sample: it takes no profile any more.</summary>
    /// <exception cref="LabProblemException"><c>withdraw-first</c> while a report of it is released.</exception>
    public Task<Sample> RejectSampleAsync(string accession, string reason, string? note = null, CancellationToken cancellation = default) =>
        SendAsync<Sample>(HttpMethod.Post, $"{SamplePath(accession)}/reject", JsonContent.Create(new { reason, note }, options: Json), cancellation);

    /// <summary>Queues analyses of profiles that are there, under other rules or the same again.</summary>
    public Task<AnalysesQueued> RequestAnalysesAsync(AnalysisRequest request, CancellationToken cancellation = default) =>
        SendAsync<AnalysesQueued>(HttpMethod.Post, "v1/analyses", JsonContent.Create(request, options: Json), cancellation);

    /// <summary>Tries a failed or cancelled analysis again.</summary>
    public Task<Analysis> RetryAnalysisAsync(Guid id, CancellationToken cancellation = default) => SendAsync<Analysis>(HttpMethod.Post, $"v1/analyses/{id}/retry", null, cancellation);

    /// <summary>Cancels a queued or running analysis.</summary>
    public Task<Analysis> CancelAnalysisAsync(Guid id, CancellationToken cancellation = default) => SendAsync<Analysis>(HttpMethod.Post, $"v1/analyses/{id}/cancel", null, cancellation);

    /// <summary>Erases all that is known of a person; it cannot be taken back. Gives how many samples it were.</summary>
    public async Task<int> EraseSubjectAsync(string subject, CancellationToken cancellation = default) =>
        (await SendAsync<SubjectErased>(HttpMethod.Delete, $"v1/subjects/{Uri.EscapeDataString(subject)}", null, cancellation)).Samples;

    /// <summary>Defines an assay of the lab's own; <see cref="Assay.Id"/> names it.</summary>
    public Task<Assay> PutAssayAsync(Assay assay, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(assay);
        var body = new { assay.Platform, assay.Region, assay.Profiler, assay.DatabaseFamily, assay.Kingdoms, assay.Unit, assay.LowestRank, assay.MinimumReads, assay.UnclassifiedLimit, assay.Source };
        return SendAsync<Assay>(HttpMethod.Put, $"v1/assays/{Uri.EscapeDataString(assay.Id)}", JsonContent.Create(body, options: Json), cancellation);
    }

    /// <summary>Reads a taxon by its NCBI taxid.</summary>
    public Task<Taxon> GetTaxonAsync(long taxid, CancellationToken cancellation = default) =>
        GetAsync<Taxon>(string.Create(CultureInfo.InvariantCulture, $"v1/taxa/{taxid}"), cancellation);

    /// <summary>Searches taxa by any current or former name, words of it, or taxid; the best match first.</summary>
    public Task<Page<Taxon>> SearchTaxaAsync(string text, int? limit = null, string? cursor = null, CancellationToken cancellation = default) =>
        GetAsync<Page<Taxon>>($"v1/taxa{Query([("q", text), .. Paged(limit, cursor)])}", cancellation);

    /// <summary>What names mean, in their order; at most 1,000.</summary>
    /// <param name="names">Any name, former name, taxid or lineage.</param>
    /// <param name="rank">Of those that do not tell it themselves, such as <c>genus</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<ResolvedTaxon>> ResolveTaxaAsync(IEnumerable<string> names, string? rank = null, CancellationToken cancellation = default) =>
        (await SendAsync<Page<ResolvedTaxon>>(HttpMethod.Post, "v1/taxa/resolve", JsonContent.Create(new { names, rank }, options: Json), cancellation)).Items;

    /// <summary>The formats that uploads may have.</summary>
    public Task<IReadOnlyList<ProfileFormat>> ListFormatsAsync(CancellationToken cancellation = default) => ListAsync<ProfileFormat>("v1/formats", cancellation);

    /// <summary>How samples may have been measured.</summary>
    public Task<IReadOnlyList<Assay>> ListAssaysAsync(CancellationToken cancellation = default) => ListAsync<Assay>("v1/assays", cancellation);

    /// <summary>What a sample's context may hold.</summary>
    public Task<IReadOnlyList<ContextCode>> ListContextCodesAsync(CancellationToken cancellation = default) => ListAsync<ContextCode>("v1/context-codes", cancellation);

    /// <summary>The panels that reports are made with.</summary>
    public Task<IReadOnlyList<Panel>> ListPanelsAsync(CancellationToken cancellation = default) => ListAsync<Panel>("v1/panels", cancellation);

    /// <summary>The cohorts that reports refer to.</summary>
    public Task<IReadOnlyList<Cohort>> ListCohortsAsync(CancellationToken cancellation = default) => ListAsync<Cohort>("v1/cohorts", cancellation);

    /// <summary>Versions of the service, its engine and its taxonomy.</summary>
    public Task<About> GetAboutAsync(CancellationToken cancellation = default) => GetAsync<About>("v1/about", cancellation);

    /// <summary>Whether the service can serve now.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation = default)
    {
        using var response = await http.GetAsync(new Uri("health/ready", UriKind.Relative), cancellation);
        return response.IsSuccessStatusCode;
    }

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static (string Name, string? Value)[] Paged(int? limit, string? cursor) => [("limit", limit?.ToString(CultureInfo.InvariantCulture)), ("cursor", cursor)];

    private static string SamplePath(string accession) => $"v1/samples/{Uri.EscapeDataString(accession)}";

    private static string Query(UploadOptions? options) => options is null ? "" : Query(("assay", options.Assay), ("format", options.Format), ("panel", options.Panel),
        ("cohort", options.Cohort), ("allowIncomplete", options.AllowIncomplete ? "true" : null));

    private static string Query(params (string Name, string? Value)[] all)
    {
        var given = string.Join('&', all.Where(o => o.Value is not null).Select(o => $"{o.Name}={Uri.EscapeDataString(o.Value!)}"));
        return given.Length == 0 ? "" : "?" + given;
    }

    private async Task<ReportSummary> SignAsync(Guid id, string act, string etag, object? body, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Post, $"v1/reports/{id}/{act}", body is null ? null : JsonContent.Create(body, options: Json));
        request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{etag.Trim('"')}\""));
        using var response = await SendAsync(request, cancellation);
        return await ReadAsync<ReportSummary>(response, cancellation);
    }

    private async Task<ReportReading> ReadReportAsync(string path, string? ifNoneMatch, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Get, path);
        if (ifNoneMatch is not null) request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(ifNoneMatch));
        using var response = await http.SendAsync(request, cancellation);
        var known = response.StatusCode == HttpStatusCode.NotModified;
        if (!known) await DemandSuccessAsync(response, cancellation);
        return new ReportReading(known ? null : await ReadAsync<Report>(response, cancellation), response.Headers.ETag?.ToString(), Successor(response));
    }

    /// <summary>The target of <c>Link: &lt;…&gt;; rel="successor-version"</c>.</summary>
    private static Uri? Successor(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var links)) return null;
        var link = links.FirstOrDefault(l => l.Contains("successor-version", StringComparison.Ordinal));
        return link is null ? null : new Uri(link[(link.IndexOf('<', StringComparison.Ordinal) + 1)..link.IndexOf('>', StringComparison.Ordinal)], UriKind.RelativeOrAbsolute);
    }

    private async Task<IReadOnlyList<T>> ListAsync<T>(string path, CancellationToken cancellation) => (await GetAsync<Page<T>>(path, cancellation)).Items;

    private Task<T> GetAsync<T>(string path, CancellationToken cancellation) => SendAsync<T>(HttpMethod.Get, path, null, cancellation);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        using var request = Request(method, path, content);
        using var response = await SendAsync(request, cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var response = await http.SendAsync(request, cancellation);
        await DemandSuccessAsync(response, cancellation);
        return response;
    }

    private HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        request.Headers.Add("X-Api-Key", apiKey);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return request;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation) =>
        await response.Content.ReadFromJsonAsync<T>(Json, cancellation) ?? throw new JsonException("The answer is null.");

    private static async Task DemandSuccessAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode) return;
        using (response)
        {
            var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json" ? await ReadAsync<LabProblem>(response, cancellation) : null;
            throw new LabProblemException(response.StatusCode, problem, response.Headers.RetryAfter?.Delta);
        }
    }

    private sealed record SubjectErased(int Samples);
}
