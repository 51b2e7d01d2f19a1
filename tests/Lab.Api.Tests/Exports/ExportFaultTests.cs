using System.Diagnostics;
using Lab.Api.Partners;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Exports;

/// <summary>Exports whose worker dies, that are cancelled, that expire, and whose samples are erased.</summary>
public sealed class ExportFaultTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private const string TaskLock = "hashtextextended('lab.task', 0)";

    private static readonly ExportRequest Everything = new() { Format = "ndjson" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_in_the_middle_an_export_is_begun_anew_by_another_worker_and_has_the_same_bytes()
    {
        var database = await databases.CreateAsync();
        var key = KeyText.Generate().Text;
        await using var first = await HostProcess.StartAsync(database, key);
        using var http = new HttpClient { BaseAddress = first.BaseAddress };
        var client = new LabClient(http, key);
        await ExportFixture.UploadAsync(client, ExportFixture.Lines("KILLED", 300));
        var undisturbed = (await client.ExportAsync(Everything)).Export.Content!;
        Assert.InRange(undisturbed.Compressed, 2 << 20, long.MaxValue);
        // The first part is kept, the second never ends.
        await SqlAsync(database, "CREATE FUNCTION lab.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.n > 0 THEN PERFORM pg_sleep(300); END IF; RETURN NEW; END $$; CREATE TRIGGER slow BEFORE INSERT ON lab.task_part FOR EACH ROW EXECUTE FUNCTION lab.slow()");
        var asked = await client.RequestExportAsync(Everything, cancellation: Ct);
        await EventuallyAsync(async () => await SqlAsync<long>(database, $"SELECT count(*) FROM lab.task_part WHERE task_id = '{asked.Id}'") == 1);
        Assert.Equal("running", (await client.GetExportAsync(asked.Id, cancellation: Ct)).Status);
        await first.KillAsync();
        await SqlAsync(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%task_part%' AND pid <> pg_backend_pid() AND datname = current_database()");
        await SqlAsync(database, "DROP TRIGGER slow ON lab.task_part; TRUNCATE hangfire.job, hangfire.jobqueue, hangfire.state, hangfire.jobparameter CASCADE");
        await using var second = await HostProcess.StartAsync(database, key);
        using var other = new HttpClient { BaseAddress = second.BaseAddress };
        var again = await new LabClient(other, key).WaitForExportAsync(asked.Id, Ct);
        Assert.Equal(("succeeded", undisturbed), (again.Status, again.Content));
        Assert.Equal(undisturbed.Compressed, await SqlAsync<long>(database, $"SELECT sum(length(bytes))::bigint FROM lab.task_part WHERE task_id = '{asked.Id}'"));
        Assert.Equal(2, await SqlAsync<int>(database, $"SELECT attempts FROM lab.task WHERE id = '{asked.Id}'"));
        Assert.Equal(1, await SqlAsync<long>(database, $"SELECT count(*) FROM lab.audit WHERE action = 'export.succeeded' AND object = 'export:{asked.Id}'"));
    }

    [Fact]
    public async Task Who_lost_the_lease_keeps_nothing()
    {
        var lab = await ClientAsync("zombie");
        await UploadAsync(lab, "ZOMBIE", null);
        await HoldBackAsync(async () =>
        {
            var asked = await lab.RequestExportAsync(Everything, cancellation: Ct);
            await EventuallyAsync(async () => (await lab.GetExportAsync(asked.Id, cancellation: Ct)).Status == "running");
            // As if another had taken it over.
            await host.ScalarAsync<int>("UPDATE lab.task SET lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour' WHERE id = $1", asked.Id);
            return asked.Id;
        }, async id =>
        {
            await Task.Delay(TimeSpan.FromSeconds(4), Ct);
            Assert.Equal("running", (await lab.GetExportAsync(id, cancellation: Ct)).Status);
            Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.task_part WHERE task_id = $1", id));
            await host.ScalarAsync<int>("UPDATE lab.task SET lease_until = now() WHERE id = $1", id);
            Assert.Equal("succeeded", (await lab.WaitForExportAsync(id, Ct)).Status);
        });
    }

    [Fact]
    public async Task A_cancelled_export_stays_cancelled_and_has_no_content()
    {
        var lab = await ClientAsync("canceller");
        await UploadAsync(lab, "CANCELLED", null);
        await HoldBackAsync(async () =>
        {
            var asked = await lab.RequestExportAsync(Everything, cancellation: Ct);
            await EventuallyAsync(async () => (await lab.GetExportAsync(asked.Id, cancellation: Ct)).Status == "running");
            Assert.Equal("cancelled", await lab.DeleteExportAsync(asked.Id, Ct));
            return asked.Id;
        }, async id =>
        {
            await Task.Delay(TimeSpan.FromSeconds(4), Ct);
            var cancelled = await lab.GetExportAsync(id, cancellation: Ct);
            Assert.Equal(("cancelled", null), (cancelled.Status, cancelled.Download));
            Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.task_part WHERE task_id = $1", id));
            Assert.Equal("task-state", (await Assert.ThrowsAsync<LabProblemException>(() => lab.DownloadExportAsync(id, Ct))).Code);
            Assert.Equal("removed", await lab.DeleteExportAsync(id, Ct));
        });
    }

    [Fact]
    public async Task An_export_that_holds_somebody_who_was_erased_is_410_whoever_asked_for_it_and_others_stay()
    {
        var (lab, other) = (await ClientAsync("eraser"), await ClientAsync("bystander"));
        await UploadAsync(lab, "GONE", "GONE-PERSON");
        await UploadAsync(lab, "STAYS", "OTHER-PERSON");
        await UploadAsync(other, "BYSTANDER", "OTHER-GONE-PERSON");
        var holding = new List<Guid>();
        foreach (var format in new[] { "ndjson", "tsv", "biom" }) holding.Add((await lab.ExportAsync(new() { Format = format, Filter = new() { Assay = ExportFixture.Assay } })).Export.Id);
        var (named, _) = await lab.ExportAsync(new() { Format = "ndjson", Filter = new() { Subject = "GONE-PERSON" } });
        var (ofLab, _) = await host.Client.ExportAsync(Everything);
        var (without, _) = await lab.ExportAsync(new() { Format = "ndjson", Filter = new() { Accession = "STAYS" } });
        var (bystanders, text) = await other.ExportAsync(new() { Format = "ndjson", Filter = new() { Subject = "OTHER-GONE-PERSON" } });
        Assert.Equal(1, await host.Client.EraseSubjectAsync("GONE-PERSON", Ct));
        foreach (var (client, id) in holding.Append(named.Id).Select(id => (lab, id)).Append((host.Client, ofLab.Id)))
        {
            var state = await client.GetExportAsync(id, cancellation: Ct);
            Assert.Equal(("succeeded", "erased", null), (state.Status, state.Error, state.Download));
            var refused = await Assert.ThrowsAsync<LabProblemException>(() => client.DownloadExportAsync(id, Ct));
            Assert.Equal((410, "erased"), ((int)refused.StatusCode, refused.Code));
        }
        Assert.Null((await lab.GetExportAsync(named.Id, cancellation: Ct)).Filter.Subject);
        Assert.NotEmpty(await lab.ReadAsync(without.Id));
        Assert.Equal(text, await other.ReadAsync(bystanders.Id));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.task_part p JOIN lab.sample s ON s.id = ANY(p.samples) WHERE s.erased_at IS NOT NULL"));
        var (_, later) = await lab.ExportAsync(Everything);
        Assert.DoesNotContain("\"GONE\"", later, StringComparison.Ordinal);
        Assert.Contains("\"STAYS\"", later, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_erasure_while_an_export_is_made_makes_it_begin_anew_without_the_person()
    {
        var lab = await ClientAsync("meanwhile");
        await UploadAsync(lab, "LEAVES", "LEAVING-PERSON");
        await UploadAsync(lab, "REMAINS", null);
        await using var holder = await host.OpenDatabaseAsync();
        await using (var hold = new NpgsqlCommand($"SELECT pg_advisory_lock_shared({TaskLock})", holder)) await hold.ExecuteNonQueryAsync(Ct);
        // The erasure waits for the lock; then the export reads both, and its part waits behind the erasure.
        var erasure = host.Client.EraseSubjectAsync("LEAVING-PERSON", Ct);
        await EventuallyAsync(async () => await WaitingAsync() == 1);
        var asked = await lab.RequestExportAsync(Everything, cancellation: Ct);
        await EventuallyAsync(async () => await WaitingAsync() == 2);
        await using (var release = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", holder)) await release.ExecuteNonQueryAsync(Ct);
        Assert.Equal(1, await erasure);
        var export = await lab.WaitForExportAsync(asked.Id, Ct);
        Assert.Equal(("succeeded", 1L), (export.Status, export.Content?.Reports));
        var text = await lab.ReadAsync(asked.Id);
        Assert.DoesNotContain("LEAVES", text, StringComparison.Ordinal);
        Assert.Contains("REMAINS", text, StringComparison.Ordinal);
        Assert.Equal(1, await host.ScalarAsync<int>("SELECT attempts FROM lab.task WHERE id = $1", asked.Id));
    }

    [Fact]
    public async Task Erasing_and_exporting_at_once_never_leaves_an_erased_sample_in_an_export()
    {
        var lab = await ClientAsync("racer");
        for (var i = 0; i < 8; i++)
        {
            await UploadAsync(lab, $"RACE-{i}", $"RACER-{i}");
            var exports = Enumerable.Range(0, 3).Select(_ => lab.RequestExportAsync(Everything, cancellation: Ct)).ToArray();
            await Task.Delay(Random.Shared.Next(150), Ct);
            await host.Client.EraseSubjectAsync($"RACER-{i}", Ct);
            foreach (var asked in await Task.WhenAll(exports))
            {
                var export = await lab.WaitForExportAsync(asked.Id, Ct);
                Assert.Equal("succeeded", export.Status);
                if (export.Download is not null) Assert.DoesNotContain($"\"RACE-{i}\"", await lab.ReadAsync(asked.Id), StringComparison.Ordinal);
            }
        }
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.task_part p JOIN lab.sample s ON s.id = ANY(p.samples) WHERE s.erased_at IS NOT NULL"));
    }

    [Fact]
    public async Task A_sample_that_becomes_another_partners_leaves_the_exports_of_the_one_before()
    {
        var (before, after) = (await ClientAsync("before"), await ClientAsync("after"));
        await UploadAsync(before, "MOVED", null);
        var (export, _) = await before.ExportAsync(Everything);
        await host.Client.PutSampleAsync("MOVED", new() { Partner = "after" }, Ct);
        Assert.Equal("erased", (await Assert.ThrowsAsync<LabProblemException>(() => before.DownloadExportAsync(export.Id, Ct))).Code);
        Assert.Contains("MOVED", (await after.ExportAsync(Everything)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_whose_time_has_come_is_410()
    {
        var lab = await ClientAsync("expirer");
        await UploadAsync(lab, "EXPIRED", null);
        var (export, _) = await lab.ExportAsync(Everything);
        Assert.InRange(export.ExpiresAt!.Value - export.FinishedAt!.Value, TimeSpan.FromDays(6.99), TimeSpan.FromDays(7.01));
        await host.ScalarAsync<int>("UPDATE lab.task SET expires_at = now() WHERE id = $1", export.Id);
        await host.RestartAsync();
        lab = await ClientAsync("expirer");
        await EventuallyAsync(async () => (await lab.GetExportAsync(export.Id, cancellation: Ct)).Error == "expired");
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => lab.DownloadExportAsync(export.Id, Ct));
        Assert.Equal((410, "expired"), ((int)refused.StatusCode, refused.Code));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.task_part WHERE task_id = $1", export.Id));
    }

    private Task<LabClient> ClientAsync(string partner) => host.ClientForAsync(partner, "samples:write", "profiles:write", "reports:read");

    private static async Task UploadAsync(LabClient client, string accession, string? subject)
    {
        await client.PutSampleAsync(accession, new() { Subject = subject }, Ct);
        await client.WaitForReportAsync((await client.UploadProfileAsync(accession, SampleFiles.Kreport(accession.Length), cancellation: Ct)).AnalysisId, Ct);
    }

    /// <summary>No part is kept while the first of the two is done.</summary>
    private async Task HoldBackAsync<T>(Func<Task<T>> held, Func<T, Task> then)
    {
        await using var holder = await host.OpenDatabaseAsync();
        await using (var hold = new NpgsqlCommand($"SELECT pg_advisory_lock({TaskLock})", holder)) await hold.ExecuteNonQueryAsync(Ct);
        var value = await held();
        await using (var release = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", holder)) await release.ExecuteNonQueryAsync(Ct);
        await then(value);
    }

    /// <summary>How many wait for the lock between parts and erasures.</summary>
    private Task<long> WaitingAsync() => host.ScalarAsync<long>($"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = {TaskLock} AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");

    private static Task<int> SqlAsync(string database, string sql) => SqlAsync<int>(database, sql);

    private static async Task<T?> SqlAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Ct) is T value ? value : default;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "Not within 60 s.");
            await Task.Delay(50, Ct);
        }
    }
}
