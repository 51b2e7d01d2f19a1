using System.Diagnostics;
using System.Globalization;
using Lab.EmbeddedPostgres;
using Npgsql;

namespace Lab.Faults;

/// <summary>The drill of docs/operations.md: a backup, the log kept beside it, samples deleted by mistake, the moment before brought back.</summary>
internal static class Restoration
{
    public static async Task RunAsync(Laboratory laboratory, Random random, double seconds)
    {
        // The log goes where the server may write and the data folder is not.
        var archive = Path.Combine(laboratory.Folder, "archive");
        Directory.CreateDirectory(archive);
        await Laboratory.RunAsync("chown", [$"--reference={laboratory.Cluster}", archive]);
        await laboratory.ExecuteAsync("ALTER SYSTEM SET archive_mode = on");
        await laboratory.ExecuteAsync($"ALTER SYSTEM SET archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'");
        await laboratory.RestartPostgresAsync();
        await Task.Delay(TimeSpan.FromSeconds(2));
        var copy = Path.Combine(laboratory.Folder, "backup");
        var taken = Stopwatch.StartNew();
        await laboratory.BackUpAsync(copy);
        taken.Stop();
        await Task.Delay(TimeSpan.FromSeconds(seconds / 2));

        // What was committed up to here must come back, first of all what is deleted next. The clock is PostgreSQL's, and the deletion comes later by it.
        var gone = random.Next();
        for (var n = 0; n < 20; n++) await laboratory.UploadAsync(string.Create(CultureInfo.InvariantCulture, $"GONE-{gone:X8}-{n}"));
        var before = await laboratory.ListAsync<string>("SELECT concat_ws('|', s.accession, p.id, encode(p.sha256, 'hex')) FROM lab.sample s JOIN lab.profile p ON p.sample_id = s.id");
        var moment = await laboratory.ScalarAsync<string>("SELECT clock_timestamp()::text");
        await Task.Delay(TimeSpan.FromSeconds(1));
        await laboratory.ExecuteAsync("SET session_replication_role = replica; DELETE FROM lab.sample WHERE accession LIKE 'GONE-%'");
        // The file that the switch ended: what the load writes meanwhile stands in the next one, which may never be full.
        var last = await laboratory.ScalarAsync<string>("SELECT pg_walfile_name(pg_switch_wal())");
        for (var waited = Stopwatch.StartNew(); await laboratory.ScalarAsync<string?>("SELECT COALESCE(last_archived_wal, '') FROM pg_stat_archiver") is var archived && string.CompareOrdinal(archived, last) < 0;)
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(30)) throw new InvalidOperationException($"The log is archived up to {archived} only.");
            await Task.Delay(100);
        }

        var restored = Stopwatch.StartNew();
        await File.AppendAllTextAsync(Path.Combine(copy, "postgres", "postgresql.auto.conf"), $"""

            archive_mode = 'off'
            restore_command = 'cp {archive}/%f %p'
            recovery_target_time = '{moment}'
            recovery_target_action = 'promote'

            """);
        await File.WriteAllTextAsync(Path.Combine(copy, "postgres", "recovery.signal"), "");
        await using var server = await PostgresServer.StartAsync(new() { DataDirectory = copy }, CancellationToken.None);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        while (await ScalarAsync<bool>("SELECT pg_is_in_recovery()")) await Task.Delay(50);
        await using (var node = new Node("all", server.ConnectionString, "UTC"))
        {
            await node.StartAsync();
            restored.Stop();
        }
        var missing = new HashSet<string>(before);
        await using (var command = new NpgsqlCommand("SELECT concat_ws('|', s.accession, p.id, encode(p.sha256, 'hex')) FROM lab.sample s JOIN lab.profile p ON p.sample_id = s.id", connection))
        {
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) missing.Remove(reader.GetString(0));
        }
        if (missing.Count > 0) throw new InvalidOperationException($"{missing.Count} of {before.Count} samples did not come back, such as {missing.First()}.");
        if (await laboratory.ScalarAsync<long>("SELECT count(*) FROM lab.sample WHERE accession LIKE 'GONE-%'") != 0) throw new InvalidOperationException("What was to be deleted is still there.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"         backup {taken.Elapsed.TotalSeconds:0.0} s under load; {before.Count} samples back, and a node ready on them, {restored.Elapsed.TotalSeconds:0.0} s after the restoration began"));

        async Task<T> ScalarAsync<T>(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return (T)(await command.ExecuteScalarAsync())!;
        }
    }
}
