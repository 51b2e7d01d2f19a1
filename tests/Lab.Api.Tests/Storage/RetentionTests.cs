using System.Diagnostics;
using Lab.Api.Partners;
using Lab.Api.Storage;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Storage;

/// <summary>What is kept for a time only.</summary>
public sealed class RetentionTests(TestDatabase databases)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_older_than_the_lab_keeps_it_is_deleted_and_nothing_else()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using (var before = await HostProcess.StartAsync(database, key))
        {
            using var http = new HttpClient { BaseAddress = before.BaseAddress };
            var client = new LabClient(http, key);
            foreach (var accession in new[] { "KEPT-OLD", "KEPT-YOUNG" })
            {
                await client.PutSampleAsync(accession, new() { Subject = $"{accession}-PERSON" }, Ct);
                var upload = await client.UploadProfileAsync(accession, SampleFiles.Kreport(accession.Length), new() { IdempotencyKey = accession }, Ct);
                await client.WaitForReportAsync(upload.AnalysisId, Ct);
            }
        }
        await ExecuteAsync(database, """
            UPDATE lab.sample SET registered_at = now() - CASE accession WHEN 'KEPT-OLD' THEN interval '31 days' ELSE interval '29 days' END;
            INSERT INTO lab.idempotency (client, key, fingerprint, created_at) VALUES ('c', 'old', '', now() - interval '31 days'), ('c', 'young', '', now() - interval '29 days');
            INSERT INTO lab.webhook (id, url, events, secret_version, key_id, created_at) VALUES ('00000000-0000-0000-0000-000000000001', 'https://example.org', '{}', 1, 'k', now());
            INSERT INTO lab.delivery (id, webhook_id, type, body, status, tries, created_at, finished_at, attempts)
                SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000001', t, '{}', s, 0, now(), now() - f::interval, '[]'
                FROM (VALUES ('old', 'delivered', '91 days'), ('young', 'dead', '89 days'), ('waiting', 'cancelled', NULL)) v (t, s, f);
            """);
        await using var process = await HostProcess.StartAsync(database, key, settings: [("Retention__SampleDays", "30")]);
        using var after = new HttpClient { BaseAddress = process.BaseAddress };
        var lab = new LabClient(after, key);
        var waited = Stopwatch.StartNew();
        while (await ScalarAsync<long>(database, "SELECT count(*) FROM lab.sample WHERE erased_at IS NOT NULL") == 0 && waited.Elapsed < TimeSpan.FromSeconds(30)) await Task.Delay(50, Ct);
        TestContext.Current.SendDiagnosticMessage("{0}", process.Output);

        Assert.Equal(410, (int)(await Assert.ThrowsAsync<LabProblemException>(() => lab.GetCurrentReportAsync("KEPT-OLD", cancellation: Ct))).StatusCode);
        Assert.Equal("KEPT-YOUNG", (await lab.GetCurrentReportAsync("KEPT-YOUNG", cancellation: Ct)).Report!.Sample.Accession);
        Assert.Equal(1, await ScalarAsync<long>(database, $"SELECT count(*) FROM lab.audit WHERE action = 'sample.erased' AND actor = '{Retention.Actor}'"));
        // The answer that was kept under the old sample's key went with the sample.
        Assert.Equal("KEPT-YOUNG young", await ScalarAsync<string>(database, "SELECT string_agg(key, ' ' ORDER BY key) FROM lab.idempotency"));
        Assert.Equal("waiting young", await ScalarAsync<string>(database, "SELECT string_agg(type, ' ' ORDER BY type) FROM lab.delivery WHERE event_id IS NULL"));
        Assert.True((await lab.VerifyAuditAsync(cancellation: Ct)).Intact);
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    private static async Task<T?> ScalarAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Ct) is T value ? value : default;
    }
}
