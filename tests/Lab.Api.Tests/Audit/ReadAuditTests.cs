using System.Net;
using System.Net.Http.Headers;
using Lab.Api.Partners;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Audit;

/// <summary>Who read which report or profile is known.</summary>
public sealed class ReadAuditTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("v1/reports/{report}", "application/json", "report")]
    [InlineData("v1/reports/{report}", "text/html", "report")]
    [InlineData("v1/reports/{report}", "application/fhir+json", "report")]
    [InlineData("v1/reports/{report}", "text/csv", "report")]
    [InlineData("v1/samples/{accession}/report", "application/json", "report")]
    [InlineData("v1/samples/{accession}/report", "text/html", "report")]
    [InlineData("v1/reports/{report}/taxa", "application/json", "report")]
    [InlineData("v1/reports/{report}/findings/klebsiella-high/explanation", "application/json", "report")]
    [InlineData("v1/profiles/{profile}", "application/json", "profile")]
    [InlineData("v1/profiles/{profile}/source", "application/json", "profile")]
    [InlineData("v1/profiles/{profile}/diversity", "application/json", "profile")]
    public async Task A_read_is_recorded_with_who_what_and_whose(string path, string accept, string kind)
    {
        var accession = $"READ-{Guid.CreateVersion7():N}"[..24];
        await host.Client.PutSampleAsync(accession, new() { Subject = "READ-SUBJECT", Partner = await PartnerAsync() }, Ct);
        var upload = await host.Client.UploadProfileAsync(accession, SampleFiles.Read("kraken2-klebsiella.kreport"), cancellation: Ct);
        var report = (await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct)).ReportId!.Value;
        var key = await host.KeyForAsync("reader", "reports:read", "samples:read");
        using var http = host.Http(key);
        http.DefaultRequestHeaders.Accept.Clear();
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        var (id, actor) = (kind == "report" ? report : upload.ProfileId, KeyText.Any(key).Id);
        using var answer = await http.GetAsync(path.Replace("{report}", $"{report}", StringComparison.Ordinal).Replace("{profile}", $"{upload.ProfileId}", StringComparison.Ordinal)
            .Replace("{accession}", accession, StringComparison.Ordinal), Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var read = Assert.Single(await ReadsAsync(actor, 1));
        Assert.Equal(($"{kind}.read", $"{kind}:{id}", accession, "READ-SUBJECT", "reader"), (read.Action, read.Object, read.Accession, read.Subject, read.Partner));
    }

    [Fact]
    public async Task A_comparison_reads_two_and_what_is_not_sent_is_not_read()
    {
        var upload = await host.Client.UploadProfileAsync("COMPARED", SampleFiles.Kreport(1), cancellation: Ct);
        var first = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        var second = await host.Client.WithdrawReportAsync(first.Id, (await host.Client.GetReportAsync(first.Id, cancellation: Ct)).ETag!, "other", "No.", Ct);
        var key = await host.KeyForAsync(null, "reports:read");
        using var http = host.Http(key);
        using var known = new HttpRequestMessage(HttpMethod.Get, $"v1/reports/{first.Id}");
        known.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(known, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"v1/reports/{Guid.CreateVersion7()}", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"v1/reports/{first.Id}/diff?to={second.Id}", Ct)).StatusCode);
        var reads = await ReadsAsync(KeyText.Any(key).Id, 2);
        Assert.Equal([$"report:{second.Id}", $"report:{first.Id}"], reads.Select(r => r.Object));
    }

    [Fact]
    public async Task While_reads_cannot_be_recorded_nothing_is_read_and_what_was_read_is_recorded_afterwards()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key, "all", ("Audit__ReadQueue", "10"));
        using var http = new HttpClient { BaseAddress = process.BaseAddress };
        var client = new LabClient(http, key);
        var report = await client.WaitForReportAsync((await client.UploadProfileAsync("FULL", SampleFiles.Kreport(1), cancellation: Ct)).AnalysisId, Ct);
        await Task.Delay(1000, Ct);
        var (read, refused) = (1, 0);
        await using (var holder = new NpgsqlConnection(database))
        {
            await holder.OpenAsync(Ct);
            await using var transaction = await holder.BeginTransactionAsync(Ct);
            await using (var hold = new NpgsqlCommand("LOCK TABLE lab.audit IN ACCESS EXCLUSIVE MODE", holder, transaction)) await hold.ExecuteNonQueryAsync(Ct);
            for (var i = 0; i < 40; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/reports/{report.Id}");
                request.Headers.Add("X-Api-Key", key);
                using var answer = await http.SendAsync(request, Ct);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    read++;
                    continue;
                }
                refused++;
                await Problems.AssertAsync(answer, 503, "unavailable");
                Assert.NotNull(answer.Headers.RetryAfter?.Delta);
            }
            await transaction.RollbackAsync(Ct);
        }
        Assert.InRange(read, 11, 30);
        Assert.Equal(41, read + refused);
        await EventuallyAsync(async () => (await client.ListAuditAsync(new() { Action = "report.read" }, 200, cancellation: Ct)).Items.Count == read);
        Assert.NotNull((await client.GetReportAsync(report.Id, cancellation: Ct)).Report);
    }

    [Fact]
    public void A_client_whose_name_cannot_be_stored_does_not_keep_others_from_being_recorded()
    {
        foreach (var (client, recorded) in new[] { ("3f9a1c0be2d4", "3f9a1c0be2d4"), ("https://login.example/😀", "https://login.example/😀"), ("a\0b", "a\uFFFDb"), ($"a{(char)0xD800}b", "a\uFFFDb") })
        {
            Assert.Equal(recorded, Lab.Api.Audit.ReadAudit.Storable(client));
        }
    }

    [Fact]
    public async Task What_was_read_just_before_the_host_stops_is_recorded()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key);
        using var http = new HttpClient { BaseAddress = process.BaseAddress };
        var client = new LabClient(http, key);
        var report = await client.WaitForReportAsync((await client.UploadProfileAsync("STOPPED", SampleFiles.Kreport(1), cancellation: Ct)).AnalysisId, Ct);
        await Task.WhenAll(Enumerable.Range(0, 99).Select(_ => client.GetReportAsync(report.Id, cancellation: Ct)));
        await process.StopAsync();
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var count = new NpgsqlCommand("SELECT count(*) FROM lab.audit WHERE action = 'report.read'", connection);
        Assert.Equal(100L, await count.ExecuteScalarAsync(Ct));
    }

    internal static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await condition()) return;
            await Task.Delay(100, Ct);
        }
        Assert.Fail("It did not come about within 30 s.");
    }

    private async Task<string> PartnerAsync()
    {
        await host.KeyForAsync("reader", "reports:read");
        return "reader";
    }

    /// <summary>As soon as there are so many.</summary>
    private async Task<IReadOnlyList<AuditItem>> ReadsAsync(string actor, int count)
    {
        IReadOnlyList<AuditItem> reads = [];
        await EventuallyAsync(async () => (reads = (await host.Client.ListAuditAsync(new() { Actor = actor }, cancellation: Ct)).Items).Count >= count);
        await Task.Delay(300, Ct);
        return (await host.Client.ListAuditAsync(new() { Actor = actor }, cancellation: Ct)).Items;
    }
}
