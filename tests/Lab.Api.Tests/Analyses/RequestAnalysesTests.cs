using System.Net;
using System.Net.Http.Json;
using Lab.Api.Partners;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Analyses;

public sealed class RequestAnalysesTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sample_is_interpreted_again_in_each_of_its_assays()
    {
        await ReportAsync("BOTH", SampleFiles.Kreport(1));
        await ReportAsync("BOTH", SampleFiles.Read("amplicon-16s-healthy.json"));
        var queued = await host.Client.RequestAnalysesAsync(new() { Accession = "BOTH" }, Ct);
        Assert.Equal(2, queued.Count);
        Assert.Equal(["amplicon-16s", "shotgun-kraken2"], queued.Items.Select(i => i.Assay).Order());
        foreach (var item in queued.Items)
        {
            var report = await host.Client.WaitForReportAsync(item.AnalysisId, Ct);
            Assert.Equal(("BOTH", 2, "re-interpreted"), (item.Accession, report.Version, report.Because!.Code));
        }
    }

    [Fact]
    public async Task A_subject_is_interpreted_again_in_all_samples()
    {
        foreach (var i in Enumerable.Range(0, 3))
        {
            await host.Client.PutSampleAsync($"SUBJECT-{i}", new() { Subject = i < 2 ? "TWICE" : "ONCE" }, Ct);
            await ReportAsync($"SUBJECT-{i}", SampleFiles.Kreport(10 + i));
        }
        Assert.Equal(["SUBJECT-0", "SUBJECT-1"], (await host.Client.RequestAnalysesAsync(new() { Subject = "TWICE" }, Ct)).Items.Select(i => i.Accession).Order());
    }

    [Fact]
    public async Task Everything_is_what_the_caller_may_see_and_is_not_rejected()
    {
        var partner = await host.ClientForAsync("everything", "samples:write", "profiles:write");
        foreach (var i in Enumerable.Range(0, 3)) await partner.UploadProfileAsync($"EVERY-{i}", i == 2 ? SampleFiles.ShallowKreport(1) : SampleFiles.Kreport(20 + i), cancellation: Ct);
        while ((await partner.GetSampleAsync("EVERY-2", Ct)).Status == "analysing") await Task.Delay(20, Ct);
        await host.Client.RejectSampleAsync("EVERY-2", "mislabelled", cancellation: Ct);
        Assert.Equal(["EVERY-0", "EVERY-1"], (await partner.RequestAnalysesAsync(new() { All = true }, Ct)).Items.Select(i => i.Accession).Order());
    }

    [Fact]
    public async Task Panel_and_cohort_are_those_that_were_asked_for()
    {
        await ReportAsync("ASKED", SampleFiles.Read("metaphlan2-scfa-depleted.txt"));
        var queued = await host.Client.RequestAnalysesAsync(new() { Accession = "ASKED", Panel = "gut-core@1", Cohort = "chinese-shotgun@1" }, Ct);
        var report = await host.Client.WaitForReportAsync(Assert.Single(queued.Items).AnalysisId, Ct);
        Assert.Equal(("gut-core@1", "chinese-shotgun@1"), (report.Method.Panel, report.Method.Cohort));
        // Without one, the one that was measured most alike.
        queued = await host.Client.RequestAnalysesAsync(new() { Accession = "ASKED" }, Ct);
        Assert.Equal("western-shotgun@1", (await host.Client.WaitForReportAsync(queued.Items[0].AnalysisId, Ct)).Method.Cohort);
    }

    [Theory]
    [InlineData("""{ }""", 422, "value-invalid")]
    [InlineData("""{ "accession": "BODY", "all": true }""", 422, "value-invalid")]
    [InlineData("""{ "all": false }""", 422, "value-invalid")]
    [InlineData("""{ "accession": "BODY", "panel": "none@1" }""", 422, "panel-unknown")]
    [InlineData("""{ "accession": "BODY", "cohort": "none@1" }""", 422, "cohort-unknown")]
    [InlineData("""{ "accession": "BODY", "cohort": "benelux-16s@1" }""", 422, "cohort-unknown")]
    [InlineData("""{ "accession": "NOBODY" }""", 404, "not-found")]
    [InlineData("""{ "subject": "NOBODY" }""", 404, "not-found")]
    [InlineData("""{ "profileId": "0199aaaa-0000-7000-8000-000000000000" }""", 404, "not-found")]
    [InlineData("""{ "profileId": "x" }""", 400, "body-invalid")]
    [InlineData("""{ "accession": "BODY", "every": true }""", 400, "body-invalid")]
    [InlineData("""[]""", 400, "body-invalid")]
    public async Task A_request_that_cannot_be_met_is_refused(string body, int status, string code)
    {
        await ReportAsync("BODY", SampleFiles.Kreport(30));
        using var http = host.Http();
        using var content = new StringContent(body);
        await Problems.AssertAsync(await http.PostAsync("v1/analyses", content, Ct), status, code);
    }

    [Fact]
    public async Task One_analysis_is_named_in_Location_and_the_request_is_replayed_for_its_idempotency_key()
    {
        await ReportAsync("LOCATED", SampleFiles.Kreport(40));
        using var http = host.Http();
        http.DefaultRequestHeaders.Add("Idempotency-Key", "again-1");
        using var first = await http.PostAsJsonAsync("v1/analyses", new { accession = "LOCATED" }, Ct);
        using var second = await http.PostAsJsonAsync("v1/analyses", new { accession = "LOCATED" }, Ct);
        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (first.StatusCode, second.StatusCode));
        Assert.StartsWith("/v1/analyses/", first.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(2, await host.ScalarAsync<long>("SELECT count(*) FROM lab.analysis a JOIN lab.sample s ON s.id = a.sample_id WHERE accession = 'LOCATED'"));
        await Problems.AssertAsync(await http.PostAsJsonAsync("v1/analyses", new { accession = "LOCATED", panel = "gut-core@1" }, Ct), 422, "idempotency-mismatch");
    }

    [Fact]
    public async Task An_open_analysis_is_cancelled_a_stopped_one_is_tried_again_and_no_other()
    {
        var key = KeyText.Generate().Text;
        var database = await databases.CreateAsync();
        // Without a worker everything stays queued.
        await using var api = await HostProcess.StartAsync(database, key, "api");
        using var http = new HttpClient { BaseAddress = api.BaseAddress };
        var client = new LabClient(http, key);
        var first = (await client.UploadProfileAsync("STOPPED", SampleFiles.Kreport(50), cancellation: Ct)).AnalysisId;
        Assert.Equal("analysis-state", await CodeAsync(() => client.RetryAnalysisAsync(first, Ct)));
        var cancelled = await client.CancelAnalysisAsync(first, Ct);
        Assert.Equal(("cancelled", true), (cancelled.Status, cancelled.FinishedAt is not null));
        Assert.Equal("analysis-state", await CodeAsync(() => client.CancelAnalysisAsync(first, Ct)));
        Assert.Equal(("queued", null), ((await client.RetryAnalysisAsync(first, Ct)).Status, (await client.GetAnalysisAsync(first, cancellation: Ct)).FinishedAt));
        await client.CancelAnalysisAsync(first, Ct);
        // An older profile does not overtake a newer one.
        var second = (await client.UploadProfileAsync("STOPPED", SampleFiles.Kreport(51), cancellation: Ct)).AnalysisId;
        Assert.Equal("analysis-superseded", await CodeAsync(() => client.RetryAnalysisAsync(first, Ct)));
        await client.RejectSampleAsync("STOPPED", "mislabelled", cancellation: Ct);
        Assert.Equal("cancelled", (await client.GetAnalysisAsync(second, cancellation: Ct)).Status);
        Assert.Equal("sample-rejected", await CodeAsync(() => client.RetryAnalysisAsync(second, Ct)));
        Assert.Equal("not-found", await CodeAsync(() => client.RetryAnalysisAsync(Guid.CreateVersion7(), Ct)));
        Assert.Equal("not-found", await CodeAsync(() => client.CancelAnalysisAsync(Guid.CreateVersion7(), Ct)));
    }

    [Fact]
    public async Task What_was_cancelled_while_it_ran_publishes_nothing()
    {
        Guid again;
        var upload = await host.Client.UploadProfileAsync("RUNNING", SampleFiles.Kreport(60), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        await using (var holder = await host.OpenDatabaseAsync())
        {
            // A publication begins with this lock: the worker has computed and waits here.
            await using (var hold = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended(id::text, 0)) FROM lab.sample WHERE accession = 'RUNNING'", holder)) await hold.ExecuteNonQueryAsync(Ct);
            again = (await host.Client.RequestAnalysesAsync(new() { Accession = "RUNNING" }, Ct)).Items[0].AnalysisId;
            while ((await host.Client.GetAnalysisAsync(again, cancellation: Ct)).Status != "running") await Task.Delay(20, Ct);
            Assert.Equal("cancelled", (await host.Client.CancelAnalysisAsync(again, Ct)).Status);
            await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", holder);
            await release.ExecuteNonQueryAsync(Ct);
        }
        // The next one is published after it.
        var next = (await host.Client.RequestAnalysesAsync(new() { Accession = "RUNNING" }, Ct)).Items[0].AnalysisId;
        Assert.Equal(2, (await host.Client.WaitForReportAsync(next, Ct)).Version);
        Assert.Equal(("cancelled", null), ((await host.Client.GetAnalysisAsync(again, cancellation: Ct)).Status, (await host.Client.GetAnalysisAsync(again, cancellation: Ct)).ReportId));
    }

    [Fact]
    public async Task The_profiles_of_one_sample_are_analysed_in_their_order_however_many_workers_there_are()
    {
        const int profiles = 20;
        for (var i = 0; i < profiles; i++) await host.Client.UploadProfileAsync("ORDER", SampleFiles.Kreport(500 + i), cancellation: Ct);
        while ((await host.Client.GetSampleAsync("ORDER", Ct)).Status == "analysing") await Task.Delay(20, Ct);
        Assert.Equal(profiles, await host.ScalarAsync<long>("""
            SELECT count(*) FROM (SELECT r.version, rank() OVER (ORDER BY p.received_at) AS place FROM lab.report r JOIN lab.profile p ON p.id = r.profile_id
                JOIN lab.sample s ON s.id = r.sample_id WHERE s.accession = 'ORDER') o WHERE version = place
            """));
    }

    private async Task ReportAsync(string accession, byte[] file)
    {
        var upload = await host.Client.UploadProfileAsync(accession, file, cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
    }

    private static async Task<string?> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<LabProblemException>(call)).Code;
}
