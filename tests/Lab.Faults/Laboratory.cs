using System.Globalization;
using Lab.EmbeddedPostgres;
using Npgsql;

namespace Lab.Faults;

/// <summary>The whole service on this machine: one PostgreSQL, API nodes, workers.</summary>
internal sealed class Laboratory : IAsyncDisposable
{
    private readonly string folder;
    private PostgresServer postgres;

    private Laboratory(string folder, PostgresServer postgres)
    {
        (this.folder, this.postgres) = (folder, postgres);
        Apis = [.. Enumerable.Range(0, 2).Select(_ => new Node("api", postgres.ConnectionString))];
        Workers = [.. Enumerable.Range(0, 3).Select(_ => new Node("worker", postgres.ConnectionString))];
    }

    public Node[] Apis { get; }

    public Node[] Workers { get; }

    public IEnumerable<Node> Nodes => [.. Apis, .. Workers];

    public string Version => postgres.Version;

    /// <summary>Where the ledgers of the experiments stand.</summary>
    public string Folder => folder;

    /// <param name="before">SQL that runs before the service starts: how a negative control takes a protection away.</param>
    public static async Task<Laboratory> StartAsync(string? before = null)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"lab-faults-{Environment.ProcessId}-{Guid.CreateVersion7():N}");
        var postgres = await PostgresServer.StartAsync(new() { DataDirectory = folder }, CancellationToken.None);
        var laboratory = new Laboratory(folder, postgres);
        if (before is not null) await laboratory.ExecuteAsync(before);
        try
        {
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
    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Pooling = false, CommandTimeout = 120 }.ConnectionString);
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

    /// <summary><c>kill -9</c> of the postmaster: its children notice and leave, and what was not on the disk is gone. Then it is started again and recovers.</summary>
    public async Task KillPostgresAsync()
    {
        var pid = int.Parse((await File.ReadAllLinesAsync(Path.Combine(folder, "postgres", "postmaster.pid")))[0], CultureInfo.InvariantCulture);
        using (var postmaster = System.Diagnostics.Process.GetProcessById(pid)) postmaster.Kill();
        await RestartPostgresAsync();
    }

    /// <summary>A restart as an operator does it: open transactions are rolled back.</summary>
    public async Task RestartPostgresAsync()
    {
        try
        {
            await postgres.DisposeAsync();
        }
        catch (EmbeddedPostgresException)
        {
            // It was killed: there is nothing to stop.
        }
        postgres = await PostgresServer.StartAsync(new() { DataDirectory = folder }, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
        await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
