using System.Diagnostics;
using Lab.Api.Partners;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Analyses;

public sealed class AnalyzeQueuedTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Waiting_returns_when_the_analysis_is_done_and_not_much_later()
    {
        var upload = await host.Client.UploadProfileAsync("WAIT", SampleFiles.Kreport(1), cancellation: Ct);
        var clock = Stopwatch.StartNew();
        var analysis = await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(30), Ct);
        Assert.Equal(("succeeded", 1), (analysis.Status, analysis.Attempts));
        Assert.NotNull(analysis.ReportId);
        Assert.True(analysis.QueuedAt <= analysis.StartedAt && analysis.StartedAt <= analysis.FinishedAt);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Waiting_holds_the_answer_while_it_is_not_done()
    {
        var upload = await host.Client.UploadProfileAsync("HELD", SampleFiles.Kreport(2), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        // As if another node held the lease.
        await host.ScalarAsync<int>("UPDATE lab.analysis SET status = 'running', report_id = NULL, lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour' WHERE id = $1", upload.AnalysisId);
        var clock = Stopwatch.StartNew();
        using var http = host.Http();
        using var answer = await http.GetAsync($"v1/analyses/{upload.AnalysisId}?wait=2", Ct);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(6));
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Contains("\"running\"", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_another_node_queued_or_left_behind_is_found_without_a_signal()
    {
        var upload = await host.Client.UploadProfileAsync("LEFT", SampleFiles.Kreport(3), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        await using var connection = await host.OpenDatabaseAsync();
        await using (var command = new NpgsqlCommand("""
            INSERT INTO lab.analysis (id, profile_id, sample_id, partner_id, panel, cohort, status, attempts, crashes, leased_alone, queued_at, lease_token, lease_until)
            SELECT $1, profile_id, sample_id, partner_id, panel, cohort, 'queued', 0, 0, false, now(), NULL, NULL FROM lab.analysis WHERE id = $3
            UNION ALL SELECT $2, profile_id, sample_id, partner_id, panel, cohort, 'running', 1, 0, false, now(), gen_random_uuid(), now() - interval '1 second' FROM lab.analysis WHERE id = $3
            """, connection))
        {
            command.Parameters.Add(new() { Value = Guid.CreateVersion7() });
            command.Parameters.Add(new() { Value = Guid.CreateVersion7() });
            command.Parameters.Add(new() { Value = upload.AnalysisId });
            await command.ExecuteNonQueryAsync(Ct);
        }
        await EventuallyAsync(async () => await host.ScalarAsync<long>("SELECT count(*) FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE accession = 'LEFT'") == 3);
    }

    [Fact]
    public async Task What_a_dead_worker_left_is_taken_ten_at_a_time_then_alone_and_only_a_lease_held_alone_counts_as_a_crash()
    {
        var uploads = new List<Upload>();
        for (var i = 0; i < 25; i++) uploads.Add(await host.Client.UploadProfileAsync($"DEAD-{i}", SampleFiles.Kreport(i), cancellation: Ct));
        foreach (var upload in uploads) await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        // 22 that were left once, and three with two crashes: one whose third lease was its own, one that shared it, one that was queued again since.
        await host.ScalarAsync<int>("""
            WITH old AS (SELECT a.*, row_number() OVER (ORDER BY a.queued_at) AS n FROM lab.analysis a JOIN lab.sample s ON s.id = a.sample_id WHERE s.accession LIKE 'DEAD-%')
            INSERT INTO lab.analysis (id, profile_id, sample_id, partner_id, panel, cohort, status, attempts, crashes, leased_alone, queued_at, lease_token, lease_until)
            SELECT gen_random_uuid(), profile_id, sample_id, partner_id, panel, cohort, CASE n WHEN 25 THEN 'queued' ELSE 'running' END, CASE WHEN n > 22 THEN 2 ELSE 1 END, CASE WHEN n > 22 THEN 2 ELSE 0 END,
                n IN (23, 25), now() + n * interval '1 millisecond', CASE n WHEN 25 THEN NULL ELSE gen_random_uuid() END, CASE n WHEN 25 THEN NULL ELSE now() - interval '1 second' END FROM old
            """);
        const string again = "FROM lab.analysis WHERE started_at IS NOT NULL AND attempts > 1 AND sample_id IN (SELECT id FROM lab.sample WHERE accession LIKE 'DEAD-%')";
        await EventuallyAsync(async () => await host.ScalarAsync<long>($"SELECT count(*) {again} AND finished_at IS NOT NULL") == 25);
        Assert.Equal("crashed-the-worker", await host.ScalarAsync<string>($"SELECT string_agg(error, ' ') {again} AND status = 'failed'"));
        Assert.Equal("2 2 3", await host.ScalarAsync<string>($"SELECT string_agg(crashes::text, ' ' ORDER BY crashes) {again} AND attempts = 3"));
        // Rows of one commit bear its number.
        Assert.InRange(await host.ScalarAsync<long>($"SELECT max(n) FROM (SELECT count(*) AS n {again} AND attempts = 2 GROUP BY xmin) c"), 2, 10);
        Assert.Equal(1, await host.ScalarAsync<long>($"SELECT max(n) FROM (SELECT count(*) AS n {again} AND attempts = 3 GROUP BY xmin) c"));
    }

    [Fact]
    public async Task A_worker_sees_within_a_second_or_two_what_a_node_that_only_serves_accepted()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var api = await HostProcess.StartAsync(database, key, "api");
        await using var worker = await HostProcess.StartAsync(database, key, "worker");
        using var http = new HttpClient { BaseAddress = api.BaseAddress };
        var client = new LabClient(http, key);
        for (var i = 0; i < 5; i++)
        {
            var upload = await client.UploadProfileAsync($"ROLE-{i}", SampleFiles.Kreport(i), cancellation: Ct);
            Assert.Equal("succeeded", (await client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(30), Ct)).Status);
            // Its drains end meanwhile, so that the next upload is seen by the look alone.
            await Task.Delay(TimeSpan.FromSeconds(2), Ct);
        }
        // Hangfire's own workers look after 5 s only.
        Assert.InRange((await ExecuteAsync<double>(database, "SELECT max(extract(epoch FROM started_at - queued_at))::float8 FROM lab.analysis"))!, 0, 3);
    }

    [Fact]
    public async Task Emptying_Hangfires_tables_loses_nothing()
    {
        await host.EmptyHangfireAsync();
        var upload = await host.Client.UploadProfileAsync("TRUNCATED", SampleFiles.Kreport(4), cancellation: Ct);
        Assert.Equal("succeeded", (await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(30), Ct)).Status);
    }

    [Fact]
    public async Task What_dead_processes_seem_to_run_keeps_nothing_waiting()
    {
        var first = await host.Client.UploadProfileAsync("ZOMBIE-1", SampleFiles.Kreport(20), cancellation: Ct);
        await host.Client.WaitForReportAsync(first.AnalysisId, Ct);
        // As Hangfire's tables were found after a node had been killed: fetched, kept so, and never done.
        await host.ScalarAsync<int>("""
            WITH one AS (SELECT invocationdata, arguments FROM hangfire.job WHERE invocationdata::text LIKE '%AnalyzeQueued%' ORDER BY id DESC LIMIT 1),
                jobs AS (INSERT INTO hangfire.job (statename, invocationdata, arguments, createdat) SELECT 'Processing', invocationdata, arguments, now() FROM one, generate_series(1, 8) RETURNING id),
                states AS (INSERT INTO hangfire.state (jobid, name, createdat, data) SELECT id, 'Processing', now(), '{"ServerId": "gone", "WorkerId": "gone", "StartedAt": "1795943808871"}' FROM jobs RETURNING id, jobid),
                queued AS (INSERT INTO hangfire.jobqueue (jobid, queue, fetchedat) SELECT id, 'analyses', now() + interval '1 hour' FROM jobs)
            SELECT count(*)::int FROM states
            """);
        await host.ScalarAsync<int>("UPDATE hangfire.job j SET stateid = s.id FROM hangfire.state s WHERE s.jobid = j.id AND s.data->>'ServerId' = 'gone'");
        // The drain that still waits for more would take the next one.
        await Task.Delay(TimeSpan.FromSeconds(3), Ct);
        var upload = await host.Client.UploadProfileAsync("ZOMBIE-2", SampleFiles.Kreport(21), cancellation: Ct);
        Assert.Equal("succeeded", (await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(30), Ct)).Status);
    }

    [Fact]
    public async Task A_row_that_cannot_be_computed_fails_alone_with_its_reason()
    {
        var upload = await host.Client.UploadProfileAsync("POISON", SampleFiles.Kreport(5), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        await using var connection = await host.OpenDatabaseAsync();
        var poison = Guid.CreateVersion7();
        await using (var command = new NpgsqlCommand("""
            INSERT INTO lab.analysis (id, profile_id, sample_id, partner_id, panel, status, attempts, crashes, leased_alone, queued_at)
            SELECT $1, profile_id, sample_id, partner_id, 'gone@1', 'queued', 0, 0, false, now() FROM lab.analysis WHERE id = $2
            """, connection))
        {
            command.Parameters.Add(new() { Value = poison });
            command.Parameters.Add(new() { Value = upload.AnalysisId });
            await command.ExecuteNonQueryAsync(Ct);
        }
        var healthy = await host.Client.UploadProfileAsync("HEALTHY", SampleFiles.Kreport(6), cancellation: Ct);
        Assert.Equal("succeeded", (await host.Client.GetAnalysisAsync(healthy.AnalysisId, TimeSpan.FromSeconds(30), Ct)).Status);
        var failed = await host.Client.GetAnalysisAsync(poison, TimeSpan.FromSeconds(30), Ct);
        Assert.Equal(("failed", 3), (failed.Status, failed.Attempts));
        Assert.Contains("gone@1", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_while_it_drains_the_host_has_after_a_restart_exactly_one_report_for_each_of_500()
    {
        const int count = 500;
        var database = await databases.CreateAsync();
        var key = KeyText.Generate().Text;
        var killed = 0L;
        Guid[] analyses;
        await using (var first = await HostProcess.StartAsync(database, key))
        {
            using var http = new HttpClient { BaseAddress = first.BaseAddress };
            var client = new LabClient(http, key);
            // The host that takes the uploads also drains: hold the queue back, so that there is something to kill it over.
            await ExecuteAsync<int>(database, "CREATE FUNCTION lab.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$; CREATE TRIGGER slow BEFORE INSERT ON lab.report FOR EACH ROW EXECUTE FUNCTION lab.slow()");
            analyses = new Guid[count];
            await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Ct },
                async (i, cancellation) => analyses[i] = (await client.UploadProfileAsync($"KILL-{i}", SampleFiles.Kreport(i), cancellation: cancellation)).AnalysisId);
            await EventuallyAsync(async () => (killed = await ExecuteAsync<long>(database, "SELECT count(*) FROM lab.report")) > 0);
            await first.KillAsync();
        }
        killed = await ExecuteAsync<long>(database, "SELECT count(*) FROM lab.report");
        Assert.InRange(killed, 1, count - 1);
        await ExecuteAsync<int>(database, "DROP TRIGGER slow ON lab.report");
        await using (await HostProcess.StartAsync(database, key))
        {
            // What was under a lease comes back when it has run out (30 s), one row a claim.
            await EventuallyAsync(async () => await ExecuteAsync<long>(database, "SELECT count(*) FROM lab.analysis WHERE status IN ('queued', 'running')") == 0, 90);
        }
        Assert.Equal(count, await ExecuteAsync<long>(database, "SELECT count(*) FROM lab.report"));
        Assert.Equal(count, await ExecuteAsync<long>(database, "SELECT count(DISTINCT analysis_id) FROM lab.report r JOIN lab.analysis a ON a.id = r.analysis_id AND a.report_id = r.id WHERE a.status = 'succeeded'"));
        Assert.Equal(count, await ExecuteAsync<long>(database, "SELECT count(*) FROM lab.audit WHERE action = 'report.published'"));
        Assert.Equal(count, analyses.Distinct().Count());
    }

    [Fact]
    public async Task Told_to_stop_while_it_drains_the_host_gives_back_what_it_has_claimed()
    {
        const int count = 300;
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var host = await HostProcess.StartAsync(database, key);
        using var http = new HttpClient { BaseAddress = host.BaseAddress };
        var client = new LabClient(http, key);
        // A batch takes seconds to publish, so that the stop comes in its middle.
        await ExecuteAsync<int>(database, "CREATE FUNCTION lab.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$; CREATE TRIGGER slow BEFORE INSERT ON lab.report FOR EACH ROW EXECUTE FUNCTION lab.slow()");
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Ct },
            async (i, cancellation) => await client.UploadProfileAsync($"STOP-{i}", SampleFiles.Kreport(i), cancellation: cancellation));
        await EventuallyAsync(async () => await ExecuteAsync<long>(database, "SELECT count(*) FROM lab.analysis WHERE status = 'running'") > 100);
        await host.StopAsync();
        Assert.Equal(0, await ExecuteAsync<long>(database, "SELECT count(*) FROM lab.analysis WHERE status = 'running'"));
        Assert.InRange(await ExecuteAsync<long>(database, "SELECT count(*) FROM lab.analysis WHERE status = 'queued' AND attempts = 0 AND started_at IS NOT NULL"), 100, count);
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, int seconds = 30)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(seconds), $"Not within {seconds} s.");
            await Task.Delay(50, Ct);
        }
    }

    private static async Task<T?> ExecuteAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Ct) is T value ? value : default;
    }
}
