using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Samples;

public sealed class EraseSubjectTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_known_of_a_person_is_gone_and_every_later_read_or_change_is_410()
    {
        await host.Client.PutSampleAsync("ERASED", new() { Subject = "PERSON-1", BristolScale = 3, Context = new() { Symptoms = ["back-pain"] } }, Ct);
        var upload = await host.Client.UploadProfileAsync("ERASED", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), new() { IdempotencyKey = "erased-1" }, Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        var summary = Assert.Single(await host.Client.ListReportVersionsAsync(report.Id, Ct));
        await host.Client.PutSampleAsync("KEPT", new() { Subject = "PERSON-2" }, Ct);

        await host.Client.RequestExportAsync(new() { Format = "ndjson", Filter = new() { Subject = "PERSON-1" } }, "erased-2", Ct);

        Assert.Equal(1, await host.Client.EraseSubjectAsync("PERSON-1", Ct));
        Func<Task>[] calls =
        [
            () => host.Client.GetSampleAsync("ERASED", Ct), () => host.Client.PutSampleAsync("ERASED", new(), Ct), () => host.Client.RejectSampleAsync("ERASED", "mislabelled", cancellation: Ct),
            () => host.Client.UploadProfileAsync("ERASED", SampleFiles.Kreport(1), cancellation: Ct), () => host.Client.GetProfileAsync(upload.ProfileId, Ct), () => host.Client.GetProfileSourceAsync(upload.ProfileId, Ct),
            () => host.Client.GetDiversityAsync(upload.ProfileId, cancellation: Ct), () => host.Client.GetReportAsync(report.Id, cancellation: Ct), () => host.Client.GetReportAsync(report.Id, $"\"{summary.Etag}\"", Ct),
            () => host.Client.GetCurrentReportAsync("ERASED", cancellation: Ct), () => host.Client.GetReportTaxaAsync(report.Id, Ct), () => host.Client.ListReportVersionsAsync(report.Id, Ct),
            () => host.Client.ExplainFindingAsync(report.Id, report.Findings[0].Code, Ct), () => host.Client.DiffReportsAsync(report.Id, report.Id, Ct), () => host.Client.VerifyReportAsync(report.Id, Ct),
            () => host.Client.AmendReportAsync(report.Id, summary.Etag, "other", "x", Ct), () => host.Client.WithdrawReportAsync(report.Id, summary.Etag, "other", "x", Ct),
            () => host.Client.ReleaseReportAsync(report.Id, summary.Etag, cancellation: Ct), () => host.Client.RequestAnalysesAsync(new() { Accession = "ERASED" }, Ct),
            () => host.Client.RequestAnalysesAsync(new() { ProfileId = upload.ProfileId }, Ct), () => host.Client.RetryAnalysisAsync(upload.AnalysisId, Ct), () => host.Client.CancelAnalysisAsync(upload.AnalysisId, Ct),
        ];
        foreach (var (call, i) in calls.Select((call, i) => (call, i)))
        {
            var refused = await Assert.ThrowsAsync<LabProblemException>(call);
            Assert.Equal((i, 410, "erased"), (i, (int)refused.StatusCode, refused.Code));
        }
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.EraseSubjectAsync("PERSON-1", Ct))).Code);
        Assert.Equal("PERSON-2", (await host.Client.GetSampleAsync("KEPT", Ct)).Subject);
        // What stays, and what is nowhere any more.
        Assert.Equal(report.Digest, await host.ScalarAsync<string>("SELECT digest FROM lab.report WHERE id = $1 AND version = 1", report.Id));
        await using var connection = await host.OpenDatabaseAsync();
        foreach (var table in new[] { "sample", "profile", "analysis", "report", "audit", "idempotency", "task" })
        {
            foreach (var trace in new[] { "PERSON-1", "back-pain", "scfa-producers-depleted", Convert.ToHexStringLower("back-pain"u8) })
            {
                await using var search = new NpgsqlCommand($"SELECT count(*) FROM lab.{table} t WHERE position($1 IN t::text) > 0", connection) { Parameters = { new() { Value = trace } } };
                Assert.Equal((table, trace, 0L), (table, trace, (long)(await search.ExecuteScalarAsync(Ct))!));
            }
        }
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.idempotency WHERE key IN ('erased-1', 'erased-2')"));
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit a JOIN lab.sample s ON a.object = 'sample:' || s.id WHERE action = 'sample.erased' AND accession = 'ERASED'"));
    }

    [Fact]
    public async Task Erased_while_it_is_analysed_a_sample_is_erased_or_was_reported_before_and_never_comes_back()
    {
        for (var i = 0; i < 200; i++)
        {
            var (accession, subject) = ($"RACING-{i}", $"RACER-{i}");
            await host.Client.PutSampleAsync(accession, new() { Subject = subject }, Ct);
            var upload = await host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(i), cancellation: Ct);
            await Task.Delay(Random.Shared.Next(25), Ct);
            await host.Client.EraseSubjectAsync(subject, Ct);
            var state = await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct);
            Assert.Contains(state.Status, new[] { "cancelled", "succeeded" });
        }
        await Task.Delay(500, Ct);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE s.erased_at IS NOT NULL AND r.document <> ''"));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.erased_at IS NOT NULL AND p.source <> ''"));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.analysis WHERE status IN ('queued', 'running')"));
    }

    [Fact]
    public async Task A_signature_that_waits_for_an_erasure_finds_nothing_to_sign()
    {
        await host.Client.PutSampleAsync("SIGNED", new() { Subject = "SIGNED-PERSON" }, Ct);
        var upload = await host.Client.UploadProfileAsync("SIGNED", SampleFiles.Kreport(3), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        var etag = (await host.Client.GetReportAsync(report.Id, cancellation: Ct)).ETag!;
        await using var holder = await host.OpenDatabaseAsync();
        await using (var hold = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended(id::text, 0)) FROM lab.sample WHERE accession = 'SIGNED'", holder)) await hold.ExecuteNonQueryAsync(Ct);
        var erasure = host.Client.EraseSubjectAsync("SIGNED-PERSON", Ct);
        await Task.Delay(300, Ct);
        var signature = host.Client.AmendReportAsync(report.Id, etag, "other", "Too late.", Ct);
        await Task.Delay(300, Ct);
        await using (var release = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", holder)) await release.ExecuteNonQueryAsync(Ct);
        Assert.Equal(1, await erasure);
        Assert.Equal("erased", (await Assert.ThrowsAsync<LabProblemException>(() => signature)).Code);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE s.accession = 'SIGNED' AND r.document <> ''"));
    }

    [Theory]
    [InlineData("SET lab.erasing = 'yes'; UPDATE lab.report SET findings = '{}'")]
    [InlineData("SET lab.erasing = 'yes'; UPDATE lab.report SET document = '', status = 'amended'")]
    [InlineData("SET lab.erasing = 'yes'; UPDATE lab.profile SET source = 'x'")]
    [InlineData("SET lab.erasing = 'yes'; DELETE FROM lab.report")]
    public async Task The_triggers_let_nothing_through_but_emptying(string sql)
    {
        var upload = await host.Client.UploadProfileAsync("TRIGGERED", SampleFiles.Kreport(2), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        await using var connection = await host.OpenDatabaseAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        Assert.Equal("23000", (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Ct))).SqlState);
    }

    [Fact]
    public async Task A_list_names_what_was_erased_only_when_asked_and_without_the_person()
    {
        await host.Client.PutSampleAsync("LISTED", new() { Subject = "LISTED-PERSON" }, Ct);
        await host.Client.EraseSubjectAsync("LISTED-PERSON", Ct);
        using var http = host.Http();
        var erased = await http.GetStringAsync("v1/samples?status=erased", Ct);
        Assert.Contains("\"LISTED\"", erased, StringComparison.Ordinal);
        Assert.DoesNotContain("LISTED-PERSON", erased, StringComparison.Ordinal);
        Assert.DoesNotContain("\"LISTED\"", await http.GetStringAsync("v1/samples?status=registered", Ct), StringComparison.Ordinal);
    }
}
