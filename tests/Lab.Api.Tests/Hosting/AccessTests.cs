using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Whose is it, and who may.</summary>
public sealed class AccessTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly string[] All = ["samples:write", "samples:read", "profiles:write", "reports:read"];
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_partner_sees_nothing_of_anothers()
    {
        var owner = await host.ClientForAsync("owner", All);
        var stranger = await host.ClientForAsync("stranger", All);
        var upload = await owner.UploadProfileAsync("OWNED", SampleFiles.Kreport(1), cancellation: Ct);
        var report = await owner.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal("owner", (await owner.GetSampleAsync("OWNED", Ct)).Partner);
        Assert.NotNull((await owner.GetCurrentReportAsync("OWNED", cancellation: Ct)).Report);
        Assert.NotEmpty(await owner.GetProfileSourceAsync(upload.ProfileId, Ct));
        Func<Task>[] tries =
        [
            () => stranger.GetSampleAsync("OWNED", Ct), () => stranger.GetProfileAsync(upload.ProfileId, Ct), () => stranger.GetProfileSourceAsync(upload.ProfileId, Ct),
            () => stranger.GetAnalysisAsync(upload.AnalysisId, cancellation: Ct), () => stranger.GetReportAsync(report.Id, cancellation: Ct),
            () => stranger.GetDiversityAsync(upload.ProfileId, cancellation: Ct), () => stranger.GetReportTaxaAsync(report.Id, Ct),
            () => stranger.GetCurrentReportAsync("OWNED", cancellation: Ct), () => stranger.PutSampleAsync("OWNED", new SampleRegistration(), Ct),
            () => stranger.UploadProfileAsync("OWNED", SampleFiles.Kreport(2), cancellation: Ct), () => stranger.UploadProfileAsync("OWNED", SampleFiles.Kreport(1), cancellation: Ct),
        ];
        var before = await host.ScalarAsync<string>("SELECT row(s.*)::text FROM lab.sample s WHERE accession = 'OWNED'");
        foreach (var attempt in tries)
        {
            var refused = await Assert.ThrowsAsync<LabProblemException>(attempt);
            Assert.Equal((HttpStatusCode.NotFound, "not-found"), (refused.StatusCode, refused.Code));
        }
        Assert.Equal(before, await host.ScalarAsync<string>("SELECT row(s.*)::text FROM lab.sample s WHERE accession = 'OWNED'"));
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE accession = 'OWNED'"));
    }

    [Fact]
    public async Task A_known_ETag_of_anothers_report_is_404_not_304()
    {
        var owner = await host.ClientForAsync("owner", All);
        var upload = await owner.UploadProfileAsync("OWNED-ETAG", SampleFiles.Kreport(3), cancellation: Ct);
        var report = await owner.WaitForReportAsync(upload.AnalysisId, Ct);
        var etag = (await owner.GetReportAsync(report.Id, cancellation: Ct)).ETag;
        var stranger = await host.ClientForAsync("stranger", All);
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<LabProblemException>(() => stranger.GetReportAsync(report.Id, etag, Ct))).StatusCode);
    }

    [Fact]
    public async Task A_copy_under_another_partner_tells_neither_of_the_other()
    {
        var one = await host.ClientForAsync("one", All);
        var two = await host.ClientForAsync("two", All);
        var first = await one.UploadProfileAsync("COPIED-1", SampleFiles.Kreport(4), cancellation: Ct);
        await one.WaitForReportAsync(first.AnalysisId, Ct);
        var second = await two.UploadProfileAsync("COPIED-2", SampleFiles.Kreport(4), cancellation: Ct);
        Assert.True(second.IsNew);
        Assert.NotEqual(first.ProfileId, second.ProfileId);
    }

    [Fact]
    public async Task Partners_see_released_versions_only()
    {
        var partner = await host.ClientForAsync("reader", All);
        // Two classified reads: the quality fails, so nothing is released by itself.
        var shallow = Encoding.UTF8.GetBytes(" 50.00\t2\t2\tU\t0\tunclassified\n 50.00\t2\t0\tR\t1\troot\n 50.00\t2\t0\tD\t2\t  Bacteria\n 50.00\t2\t2\tS\t562\t    Escherichia coli\n");
        var upload = await partner.UploadProfileAsync("SHALLOW", shallow, cancellation: Ct);
        var analysis = await partner.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct);
        Assert.Equal("succeeded", analysis.Status);
        var byId = await Assert.ThrowsAsync<LabProblemException>(() => partner.GetReportAsync(analysis.ReportId!.Value, cancellation: Ct));
        var current = await Assert.ThrowsAsync<LabProblemException>(() => partner.GetCurrentReportAsync("SHALLOW", cancellation: Ct));
        Assert.All([byId, current], p => Assert.Equal((HttpStatusCode.NotFound, "report-not-released"), (p.StatusCode, p.Code)));
        Assert.Null((await partner.GetSampleAsync("SHALLOW", Ct)).Report);
        var lab = await host.Client.GetCurrentReportAsync("SHALLOW", cancellation: Ct);
        Assert.Equal(("preliminary", "fail"), (lab.Report!.Status, lab.Report.Quality.Status));
    }

    [Fact]
    public async Task A_partner_given_by_PUT_sees_the_sample_from_then_on()
    {
        var partner = await host.ClientForAsync("given", All);
        await TakeFromDemoAsync("GIVEN", 5);
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<LabProblemException>(() => partner.GetSampleAsync("GIVEN", Ct))).StatusCode);
        var sample = await host.Client.PutSampleAsync("GIVEN", new SampleRegistration { Partner = "given" }, Ct);
        Assert.Equal("given", sample.Partner);
        Assert.Equal("GIVEN", (await partner.GetCurrentReportAsync("GIVEN", cancellation: Ct)).Report!.Sample.Accession);
        var profile = Assert.Single((await partner.GetSampleAsync("GIVEN", Ct)).Profiles);
        Assert.NotEmpty((await partner.GetProfileAsync(profile.ProfileId, Ct)).Taxa);
        // Without a partner in it, a PUT leaves the one that is set.
        Assert.Equal("given", (await host.Client.PutSampleAsync("GIVEN", new SampleRegistration { Subject = "S-1" }, Ct)).Partner);
    }

    [Fact]
    public async Task Another_partner_needs_clients_admin_else_409()
    {
        var lab = await host.ClientForAsync(null, All);
        await host.KeyForAsync("first", All);
        await host.KeyForAsync("second", All);
        await lab.PutSampleAsync("FIXED", new SampleRegistration { Partner = "first" }, Ct);
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => lab.PutSampleAsync("FIXED", new SampleRegistration { Partner = "second" }, Ct));
        Assert.Equal((HttpStatusCode.Conflict, "partner-fixed"), (refused.StatusCode, refused.Code));
        Assert.Equal("second", (await host.Client.PutSampleAsync("FIXED", new SampleRegistration { Partner = "second" }, Ct)).Partner);
        var unknown = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PutSampleAsync("FIXED-2", new SampleRegistration { Partner = "nobody" }, Ct));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "partner-unknown"), (unknown.StatusCode, unknown.Code));
    }

    [Fact]
    public async Task A_partners_key_always_writes_its_own()
    {
        var partner = await host.ClientForAsync("writer", All);
        Assert.Equal("writer", (await partner.PutSampleAsync("WRITTEN", new SampleRegistration(), Ct)).Partner);
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => partner.PutSampleAsync("WRITTEN-2", new SampleRegistration { Partner = "demo" }, Ct));
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
    }

    [Fact]
    public async Task Each_scope_allows_what_the_contract_says_and_nothing_else()
    {
        var upload = await host.Client.UploadProfileAsync("SCOPES", SampleFiles.Kreport(6), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        (string Name, Func<LabClient, Task> Call)[] calls =
        [
            ("samples:write", c => c.PutSampleAsync("SCOPES", new SampleRegistration(), Ct)),
            ("samples:read", c => c.GetSampleAsync("SCOPES", Ct)), ("samples:read", c => c.GetProfileAsync(upload.ProfileId, Ct)),
            ("samples:read", c => c.GetProfileSourceAsync(upload.ProfileId, Ct)), ("samples:read", c => c.GetAnalysisAsync(upload.AnalysisId, cancellation: Ct)),
            ("profiles:write", c => c.UploadProfileAsync("SCOPES", SampleFiles.Kreport(6), cancellation: Ct)), ("profiles:write", c => c.PreviewReportAsync(SampleFiles.Kreport(6), cancellation: Ct)),
            ("reports:read", c => c.GetReportAsync(report.Id, cancellation: Ct)), ("reports:read", c => c.GetCurrentReportAsync("SCOPES", cancellation: Ct)),
            ("any", c => c.ListFormatsAsync(Ct)), ("any", c => c.ListAssaysAsync(Ct)), ("any", c => c.GetTaxonAsync(853, Ct)), ("any", c => c.GetAboutAsync(Ct)),
        ];
        foreach (var scope in new[] { "samples:write", "samples:read", "profiles:write", "reports:read", "audit:read", "reports:sign" })
        {
            var client = await host.ClientForAsync(null, scope);
            foreach (var (name, call) in calls)
            {
                var allowed = name == "any" || name == scope || (name == "samples:read" && scope is "samples:write" or "profiles:write" or "reports:read" && name == "samples:read");
                var refused = await Record.ExceptionAsync(() => call(client)) as LabProblemException;
                Assert.Equal((scope, name, allowed ? null : "scope-missing"), (scope, name, refused?.Code));
            }
        }
    }

    [Theory]
    [InlineData("GET", "v1/samples/A")]
    [InlineData("PUT", "v1/samples/A")]
    [InlineData("POST", "v1/samples/A/profiles")]
    [InlineData("GET", "v1/samples/A/report")]
    [InlineData("GET", "v1/reports/0199aaaa-0000-7000-8000-000000000000")]
    [InlineData("GET", "v1/profiles/0199aaaa-0000-7000-8000-000000000000")]
    [InlineData("GET", "v1/profiles/0199aaaa-0000-7000-8000-000000000000/source")]
    [InlineData("GET", "v1/analyses/0199aaaa-0000-7000-8000-000000000000")]
    [InlineData("POST", "v1/reports/preview")]
    [InlineData("GET", "v1/formats")]
    [InlineData("GET", "v1/about")]
    [InlineData("GET", "hangfire")]
    public async Task Without_a_key_or_with_a_wrong_one_nothing_opens(string method, string path)
    {
        using var anonymous = host.Http(anonymous: true);
        using var wrong = host.Http("lab_00000000_wrong");
        foreach (var http in new[] { anonymous, wrong })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            await Problems.AssertAsync(await http.SendAsync(request, Ct), 401, "unauthenticated");
        }
    }

    [Fact]
    public async Task Basic_with_the_key_as_password_reads_and_never_writes()
    {
        using var http = host.Http(anonymous: true);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"any:{host.Key}")));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("v1/formats", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("hangfire", Ct)).StatusCode);
        using var put = new StringContent("{}");
        await Problems.AssertAsync(await http.PutAsync("v1/samples/BASIC", put, Ct), 401, "unauthenticated");
        using var post = new ByteArrayContent(SampleFiles.Kreport(7));
        await Problems.AssertAsync(await http.PostAsync("v1/reports/preview", post, Ct), 401, "unauthenticated");
        using var browser = host.Http(anonymous: true);
        browser.DefaultRequestHeaders.Accept.Clear();
        browser.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "text/html");
        using var challenge = await browser.GetAsync("v1/formats", Ct);
        Assert.Equal("Basic", Assert.Single(challenge.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task A_revoked_or_expired_key_is_no_key_a_second_later()
    {
        foreach (var end in new[] { "revoked_at", "expires_at" })
        {
            var key = await host.KeyForAsync("ended", "samples:read");
            using var http = host.Http(key);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("v1/formats", Ct)).StatusCode);
            await host.ScalarAsync<int>($"UPDATE lab.api_key SET {end} = now() - interval '1 second' WHERE id = $1", Lab.Api.Partners.KeyText.Parse(key)!.Id);
            await Task.Delay(TimeSpan.FromSeconds(1), Ct);
            await Problems.AssertAsync(await http.GetAsync("v1/formats", Ct), 401, "unauthenticated");
        }
    }

    [Fact]
    public async Task The_dashboard_is_for_audit_read()
    {
        using var http = host.Http(await host.KeyForAsync(null, "samples:read"));
        await Problems.AssertAsync(await http.GetAsync("hangfire", Ct), 403, "scope-missing");
    }

    /// <summary>In Development a sample without a partner belongs to <c>demo</c>; elsewhere to nobody, as here.</summary>
    private async Task TakeFromDemoAsync(string accession, int seed)
    {
        var upload = await host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(seed), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        foreach (var table in new[] { "sample", "profile", "analysis", "report" })
        {
            await host.ScalarAsync<int>($"SELECT set_config('lab.giving', 'yes', false); UPDATE lab.{table} SET partner_id = NULL WHERE {(table == "sample" ? "id" : "sample_id")} = (SELECT id FROM lab.sample WHERE accession = '{accession}')");
        }
    }
}
