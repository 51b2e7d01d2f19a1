using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Contract;

/// <summary>What the API description promises can be had: failures that are alike for many operations, operation by operation, and each parameter that no other test tries.</summary>
public sealed class DocumentedAnswersTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly Lazy<Task<string>> Description = new(Administration.DescribeAsync);

    private static readonly int[] Alike = [400, 404, 406, 413, 415];

    // Spaces that are too many by one byte when they are expanded.
    private static readonly Lazy<byte[]> Bomb = new(() => SampleFiles.Gzip([.. Enumerable.Repeat((byte)' ', 64 * 1024 * 1024 + 1)]));

    // More than any JSON that is asked for.
    private static readonly Lazy<byte[]> Huge = new(() => new byte[30_000_001]);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<IEnumerable<TheoryDataRow<string, int>>> FailuresAsync() => (await OperationsAsync())
        .SelectMany(o => Alike.Where(status => o.Operation["responses"]![$"{status}"] is not null).Select(status => new TheoryDataRow<string, int>((string)o.Operation["operationId"]!, status)));

    [Theory]
    [MemberData(nameof(FailuresAsync))]
    public async Task A_documented_failure_can_be_had(string id, int status)
    {
        var (method, path, operation) = (await OperationsAsync()).Single(o => (string)o.Operation["operationId"]! == id);
        var parameters = (operation["parameters"]?.AsArray() ?? []).Select(p => p!).ToArray();
        foreach (var parameter in parameters.Where(p => (string)p["in"]! == "path"))
        {
            path = path.Replace($"{{{parameter["name"]}}}", status != 404 ? $"{parameter["example"]}" : (string?)parameter["schema"]!["format"] == "uuid" ? $"{Guid.CreateVersion7()}" : ".none", StringComparison.Ordinal);
        }
        var bodies = operation["requestBody"]?["content"]?.AsObject();
        var isProfile = bodies?.ContainsKey("text/plain") == true;
        // What an operation cannot do without is its example, unless it is the mistake.
        var query = parameters.Where(p => (string)p["in"]! == "query" && p["example"] is not null).ToDictionary(p => (string)p["name"]!, p => p["example"]!.ToString());
        var mistake = new[] { ("wait", "61"), ("limit", "0"), ("to", "none") }.FirstOrDefault(m => parameters.Any(p => (string)p["name"]! == m.Item1));
        if (status == 400 && bodies is null) query[mistake.Item1] = mistake.Item2;
        path += $"?{string.Join('&', query.Select(q => $"{q.Key}={q.Value}"))}";
        using var request = new HttpRequestMessage(new HttpMethod(method), path[1..]);
        if (bodies is not null)
        {
            request.Content = new ByteArrayContent((status, isProfile) switch
            {
                (400, true) => SampleFiles.Gzip(SampleFiles.Kreport(1))[..40],
                (400, false) => "{"u8.ToArray(),
                (413, _) when operation["responses"]!["415"] is not null => Bomb.Value,
                (413, _) => Huge.Value,
                (_, true) => SampleFiles.Kreport(1),
                _ => Encoding.UTF8.GetBytes(bodies["application/json"]!["examples"]!["example"]!["value"]!.ToJsonString()),
            });
            if (status == 415) request.Content.Headers.ContentEncoding.Add("br");
        }
        request.Headers.ExpectContinue = status == 413;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(status == 406 ? "image/png" : "application/json"));
        if (parameters.Any(p => (string)p["name"]! == "If-Match")) request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
        using var http = host.Http();
        http.DefaultRequestHeaders.Accept.Clear();
        using var answer = await http.SendAsync(request, Ct);
        await Problems.AssertAsync(answer, status);
    }

    [Fact]
    public async Task Each_parameter_of_an_upload_and_of_a_preview_decides()
    {
        var amplicon = SampleFiles.Read("amplicon-16s-healthy.json");
        (string Name, UploadOptions Options, string Assay, string? Cohort)[] cases =
        [
            ("NONE", new(), "amplicon-16s", "benelux-16s@1"), ("ASSAY", new() { Assay = "amplicon-16s-greengenes" }, "amplicon-16s-greengenes", "us-16s@1"),
            ("PANEL", new() { Panel = "gut-core@1" }, "amplicon-16s", "benelux-16s@1"), ("COHORT", new() { Cohort = "benelux-16s@1" }, "amplicon-16s", "benelux-16s@1"),
            ("OTHER", new() { Cohort = "us-16s@1" }, "amplicon-16s", null), ("FORMAT", new() { Format = "lab-json" }, "amplicon-16s", "benelux-16s@1"),
        ];
        foreach (var (name, options, assay, cohort) in cases)
        {
            var upload = await host.Client.UploadProfileAsync($"DECIDES-{name}", amplicon, options, Ct);
            var stored = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
            var preview = await host.Client.PreviewReportAsync(amplicon, options, Ct);
            foreach (var report in new[] { stored, preview }) Assert.Equal((name, assay, "gut-core@1", cohort), (name, report.Method.Assay, report.Method.Panel, report.Method.Cohort));
            var analysis = await host.Client.GetAnalysisAsync(upload.AnalysisId, cancellation: Ct);
            Assert.Equal(("gut-core@1", options.Cohort), (analysis.Panel, analysis.Cohort));
        }
    }

    [Theory]
    [InlineData("assay=none", "assay-unknown")]
    [InlineData("panel=none", "panel-unknown")]
    [InlineData("cohort=none", "cohort-unknown")]
    [InlineData("format=none", "format-unknown")]
    [InlineData("format=bracken", "format-mismatch")]
    [InlineData("allowIncomplete=false", "report-incomplete")]
    public async Task What_an_upload_and_a_preview_cannot_be_read_with_is_422(string query, string code)
    {
        using var http = host.Http();
        var content = code == "report-incomplete" ? Cut() : SampleFiles.Kreport(2);
        foreach (var path in new[] { "v1/reports/preview", "v1/samples/UNREAD/profiles" })
        {
            using var body = new ByteArrayContent(content);
            await Problems.AssertAsync(await http.PostAsync($"{path}?{query}", body, Ct), 422, code);
        }
    }

    [Fact]
    public async Task A_cut_report_is_taken_when_that_is_allowed_and_says_so()
    {
        var options = new UploadOptions { AllowIncomplete = true };
        var upload = await host.Client.UploadProfileAsync("CUT", Cut(), options, Ct);
        Assert.NotEmpty(upload.Warnings);
        foreach (var report in new[] { await host.Client.WaitForReportAsync(upload.AnalysisId, Ct), await host.Client.PreviewReportAsync(Cut(), options, Ct) })
        {
            Assert.Equal("warn", report.Quality.Checks.Single(c => c.Code == "incomplete-report").Status);
        }
    }

    [Theory]
    [InlineData("v1/panels/gut-core/versions/1", "gut-core")]
    [InlineData("v1/cohorts/western-shotgun/versions/1", "western-shotgun")]
    public async Task A_published_version_is_read_whole(string path, string id)
    {
        using var http = host.Http();
        var read = JsonNode.Parse(await http.GetStringAsync(path, Ct))!;
        Assert.Equal(id, (string?)(read["id"] ?? read["cohort"]!["id"]));
        Assert.NotEmpty((read["rules"] ?? read["distributions"])!.AsArray());
    }

    [Fact]
    public async Task While_the_database_cannot_answer_an_upload_is_503_and_stores_nothing()
    {
        using var http = host.Http();
        Assert.Equal("live", (string?)JsonNode.Parse(await http.GetStringAsync("health/live", Ct))!["status"]);
        await host.ScalarAsync<int>("""
            CREATE FUNCTION lab.starting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the database system is starting up' USING ERRCODE = '57P03'; END $$;
            CREATE TRIGGER starting BEFORE INSERT ON lab.profile FOR EACH ROW EXECUTE FUNCTION lab.starting();
            """);
        using var body = new ByteArrayContent(SampleFiles.Kreport(3));
        using var upload = await http.PostAsync("v1/samples/STARTING/profiles", body, Ct);
        await host.ScalarAsync<int>("DROP FUNCTION lab.starting CASCADE");
        await Problems.AssertAsync(upload, 503, "unavailable");
        Assert.NotNull(upload.Headers.RetryAfter?.Delta);
        Assert.True(await host.Client.IsReadyAsync(Ct));
        await Problems.AssertAsync(await http.GetAsync("v1/samples/STARTING", Ct), 404);
        Assert.True((await host.Client.UploadProfileAsync("STARTING", SampleFiles.Kreport(3), cancellation: Ct)).IsNew);
    }

    [Fact]
    public async Task A_release_with_a_note_too_long_is_422()
    {
        var upload = await host.Client.UploadProfileAsync("NOTED", Encoding.UTF8.GetBytes(
            " 50.00\t2\t2\tU\t0\tunclassified\n 50.00\t2\t0\tR\t1\troot\n 50.00\t2\t0\tD\t2\t  Bacteria\n 50.00\t2\t2\tS\t562\t    Escherichia coli\n"), cancellation: Ct);
        var report = (await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct)).ReportId!.Value;
        var etag = (await host.Client.GetReportAsync(report, cancellation: Ct)).ETag!;
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.ReleaseReportAsync(report, etag, new string('x', 2001), Ct));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "/note"), (refused.StatusCode, Assert.Single(refused.Problem!.Errors).Pointer));
        Assert.Equal("final", (await host.Client.ReleaseReportAsync(report, etag, new string('x', 2000), Ct)).Status);
    }

    [Theory]
    [InlineData("amend")]
    [InlineData("withdraw")]
    public async Task An_amendment_and_a_withdrawal_are_replayed_for_their_idempotency_key(string act)
    {
        var upload = await host.Client.UploadProfileAsync($"REPLAYED-{act}", SampleFiles.Kreport(4), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        var etag = (await host.Client.GetReportAsync(report.Id, cancellation: Ct)).ETag!;
        using var http = host.Http();
        http.DefaultRequestHeaders.Add("Idempotency-Key", $"replayed-{act}");
        http.DefaultRequestHeaders.Add("If-Match", etag);
        var answers = new List<string>();
        foreach (var replayed in new[] { false, true })
        {
            using var body = new StringContent("""{ "reason": "other", "note": "Once." }""");
            using var answer = await http.PostAsync($"v1/reports/{report.Id}/{act}", body, Ct);
            Assert.Equal((HttpStatusCode.Created, replayed), (answer.StatusCode, answer.Headers.Contains("Idempotency-Replayed")));
            answers.Add(await answer.Content.ReadAsStringAsync(Ct));
        }
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(2, (await host.Client.ListReportVersionsAsync(report.Id, Ct)).Count);
    }

    private static async Task<IEnumerable<(string Method, string Path, JsonNode Operation)>> OperationsAsync() => JsonNode.Parse(await Description.Value)!["paths"]!.AsObject()
        .SelectMany(path => path.Value!.AsObject().Where(o => o.Value!["operationId"] is not null).Select(o => (o.Key.ToUpperInvariant(), path.Key, o.Value!)));

    /// <summary>A Kraken2 report from which the last rows are gone.</summary>
    private static byte[] Cut() => Encoding.UTF8.GetBytes(string.Concat(Encoding.UTF8.GetString(SampleFiles.Kreport(1)).Split('\n')[..11].Select(line => line + "\n")));
}
