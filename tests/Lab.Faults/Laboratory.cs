using System.Diagnostics;
using System.Globalization;
using Lab.EmbeddedPostgres;
using Npgsql;

namespace Lab.Faults;

/// <summary>The whole service on this machine: one PostgreSQL, API nodes, workers.</summary>
internal sealed class Laboratory : IAsyncDisposable
{
    // A report must not depend on where its node stands: each has a clock of another zone, and the reports of one are verified by another.
    private static readonly string[] Zones = ["UTC", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu", "Europe/Amsterdam"];
    private readonly string data;
    private PostgresServer postgres;
    private PostgresServer? standby;

    private Laboratory(string folder, string data, PostgresServer postgres, bool relayed)
    {
        (Folder, this.data, this.postgres) = (folder, data, postgres);
        Relay = relayed ? new(new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Host!) : null;
        var zone = 0;
        Apis = [.. Enumerable.Range(0, 2).Select(_ => new Node("api", NodeConnection(), Zones[zone++]))];
        Workers = [.. Enumerable.Range(0, 3).Select(_ => new Node("worker", NodeConnection(), Zones[zone++]))];
    }

    public Node[] Apis { get; }

    public Node[] Workers { get; }

    public IEnumerable<Node> Nodes => [.. Apis, .. Workers];

    /// <summary>What is between the nodes and PostgreSQL; null where nothing is.</summary>
    public Relay? Relay { get; }

    public string Version => postgres.Version;

    public string Bin => postgres.BinDirectory;

    /// <summary>Where the ledgers of the experiments stand, and the data unless they have a disk of their own.</summary>
    public string Folder { get; }

    /// <summary>The data of PostgreSQL.</summary>
    public string Cluster => Path.Combine(postgres.DataDirectory, "postgres");

    /// <param name="before">SQL that runs before the service starts: how a negative control takes a protection away.</param>
    /// <param name="disk">A file system for the data.</param>
    /// <param name="relayed">Whether the nodes reach PostgreSQL through a <see cref="Faults.Relay"/>.</param>
    /// <param name="program">Where another version of the service lies, for the nodes to start with.</param>
    public static async Task<Laboratory> StartAsync(string? before = null, string? disk = null, bool relayed = false, string? program = null)
    {
        var folder = Directory.CreateTempSubdirectory("lab-faults-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        var data = Path.Combine(disk ?? folder, "data");
        var postgres = await PostgresServer.StartAsync(new() { DataDirectory = data }, CancellationToken.None);
        var laboratory = new Laboratory(folder, data, postgres, relayed);
        try
        {
            if (before is not null) await laboratory.ExecuteAsync(before);
            if (program is not null)
            {
                foreach (var node in laboratory.Nodes) node.Program = program;
            }
            // The first migrates; the others find it done.
            await laboratory.Apis[0].StartAsync();
            await Task.WhenAll(laboratory.Nodes.Skip(1).Select(node => node.StartAsync()));
            return laboratory;
        }
        catch
        {
            // No process outlives this program.
            await laboratory.DisposeAsync();
            throw;
        }
    }

    /// <summary>As the superuser: what is asked here sees everything.</summary>
    public async Task<NpgsqlConnection> OpenAsync(string database = "lab")
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = database, Pooling = false, CommandTimeout = 120 }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public async Task<List<T>> ListAsync<T>(string sql, params object[] parameters)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in parameters) command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync()) values.Add(reader.GetFieldValue<T>(0));
        return values;
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters) => (await ListAsync<T>(sql, parameters))[0];

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Uploads a sample outside the ledger; it has to be acknowledged.</summary>
    public async Task UploadAsync(string accession)
    {
        using var http = Apis[0].Client();
        using var answer = await http.PostAsync(new Uri($"v1/samples/{accession}/profiles", UriKind.Relative), new ByteArrayContent(Traffic.Kreport(accession)));
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The migration of another database of this server, as an operator runs it.</summary>
    public Process Migrate(string database)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Node.Current, "Lab.Api.dll"), "migrate"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ConnectionStrings__Lab"] = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = database }.ConnectionString;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        var migration = Process.Start(start)!;
        migration.BeginOutputReadLine();
        migration.BeginErrorReadLine();
        return migration;
    }

    /// <summary><c>kill -9</c> of the postmaster: its children notice and leave, and what was not on the disk is gone. Then it is started again and recovers.</summary>
    public async Task KillPostgresAsync()
    {
        Kill();
        await RestartPostgresAsync();
    }

    /// <summary>A restart as an operator does it: open transactions are rolled back.</summary>
    /// <param name="between">What happens while it is down.</param>
    public async Task RestartPostgresAsync(Func<Task>? between = null)
    {
        try
        {
            await postgres.DisposeAsync();
        }
        catch (EmbeddedPostgresException)
        {
            // It was killed: there is nothing to stop.
        }
        if (between is not null) await between();
        postgres = await PostgresServer.StartAsync(new() { DataDirectory = data }, CancellationToken.None);
    }

    /// <summary>A second server that follows the first by streaming.</summary>
    /// <param name="synchronous">Whether a commit waits for it.</param>
    public async Task AddStandbyAsync(bool synchronous)
    {
        var copy = Path.Combine(Folder, "standby");
        await BackUpAsync(copy, "-R");
        standby = await PostgresServer.StartAsync(new() { DataDirectory = copy }, CancellationToken.None);
        for (var waited = Stopwatch.StartNew(); await ScalarAsync<long>("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == 0;)
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(30)) throw new InvalidOperationException("The standby does not follow.");
            await Task.Delay(100);
        }
        if (!synchronous) return;
        await ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = '*'");
        await ExecuteAsync("SELECT pg_reload_conf()");
    }

    /// <summary>The first server dies, the second takes its place.</summary>
    public async Task FailOverAsync()
    {
        Kill();
        var dead = postgres;
        (postgres, standby) = (standby!, null);
        if (!await ScalarAsync<bool>("SELECT pg_promote()")) throw new InvalidOperationException("The standby cannot be promoted.");
        Relay!.MoveTo(new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Host!);
        try
        {
            await dead.DisposeAsync();
        }
        catch (EmbeddedPostgresException)
        {
            // It was killed: there is nothing to stop.
        }
    }

    /// <summary>The process of the standby that receives the log.</summary>
    public async Task<int> ReceiverAsync()
    {
        await using var connection = new NpgsqlConnection(standby!.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pid FROM pg_stat_wal_receiver", connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    /// <summary><c>pg_basebackup</c> into a folder that a server can be started in.</summary>
    public async Task BackUpAsync(string to, params string[] options)
    {
        var program = Path.Combine(Bin, "pg_basebackup");
        if (!File.Exists(program)) throw new NotPossibleException($"pg_basebackup is not in {Bin}: this PostgreSQL came without its clients");
        await File.AppendAllTextAsync(Path.Combine(Cluster, "pg_hba.conf"), "local replication all scram-sha-256\n");
        await ExecuteAsync("SELECT pg_reload_conf()");
        Directory.CreateDirectory(to);
        File.Copy(Path.Combine(postgres.DataDirectory, "password"), Path.Combine(to, "password"));
        var at = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        var copy = Path.Combine(to, "postgres");
        await RunAsync(program, ["-d", $"host={at.Host} port={at.Port} user={at.Username} password={at.Password}", "-D", copy, "-X", "stream", "-c", "fast", .. options]);
        await RunAsync("chown", ["-R", $"--reference={Cluster}", copy]);
    }

    public static async Task RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{Path.GetFileName(program)}: {said.Trim()}");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
        if (Relay is not null) await Relay.DisposeAsync();
        if (standby is not null) await standby.DisposeAsync();
        await postgres.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary><c>kill -9</c> of the postmaster.</summary>
    public void Kill()
    {
        var pid = int.Parse(File.ReadLines(Path.Combine(Cluster, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        try
        {
            using var postmaster = Process.GetProcessById(pid);
            postmaster.Kill();
        }
        catch (ArgumentException)
        {
            // It is dead already.
        }
    }

    private string NodeConnection()
    {
        var connection = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        if (Relay is not null) (connection.Host, connection.Port) = ("127.0.0.1", Relay.Port);
        return connection.ConnectionString;
    }
}
