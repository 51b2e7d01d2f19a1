namespace Lab.EmbeddedPostgres;

/// <summary>
/// A private PostgreSQL of one host, for development and tests: found, made, started, stopped with it, and as durable as any other.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    // Processes of a killed server see that it is gone within moments; another program may take the free port that was found.
    private const int Attempts = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly HostLock hostLock;
    private readonly HostWatch? watch;
    private readonly Cluster cluster;
    private bool disposed;

    private PostgresServer(HostLock hostLock, HostWatch? watch, Cluster cluster, string connectionString, string dataDirectory, PostgresBinaries binaries)
    {
        this.hostLock = hostLock;
        this.watch = watch;
        this.cluster = cluster;
        ConnectionString = connectionString;
        DataDirectory = dataDirectory;
        BinDirectory = binaries.Directory;
        Version = binaries.Version;
    }

    /// <summary>The connection string of the superuser <c>lab</c> on the database <c>lab</c>, by socket or loopback. It holds the password.</summary>
    public string ConnectionString { get; }

    /// <summary>The folder that holds everything of this server.</summary>
    public string DataDirectory { get; }

    /// <summary>The folder of the programs that run.</summary>
    public string BinDirectory { get; }

    /// <summary>The version of PostgreSQL, such as <c>18.4</c>.</summary>
    public string Version { get; }

    /// <summary>
    /// Takes the data folder, stops what a killed host left running in it, makes the data if there are none, starts the server, and returns
    /// when it accepts connections.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">What is missing, or who holds the folder, in one sentence.</exception>
    public static async Task<PostgresServer> StartAsync(EmbeddedPostgresOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        var account = ServerAccount.Choose();
        var layout = DataLayout.Choose(options.DataDirectory);
        await layout.CreateAsync(account, ct);
        var hostLock = HostLock.Take(layout);
        try
        {
            var binaries = await new BinarySearch(account).FindAsync(options.BinDirectory, Cluster.MajorOf(layout), layout.Root, ct);
            var cluster = new Cluster(layout, binaries, account);
            await cluster.StopLeftOverAsync(ct);
            var password = await cluster.PrepareAsync(ct);
            try
            {
                var endpoint = await StartAsync(cluster, layout, ct);
                var watch = HostWatch.Start(layout, account);
                return new PostgresServer(hostLock, watch, cluster, endpoint.ConnectionString(password), layout.Root, binaries);
            }
            catch (OperationCanceledException)
            {
                await cluster.StopLeftOverAsync(CancellationToken.None);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            hostLock.Dispose();
            throw new EmbeddedPostgresException(
                $"The data folder {layout.Root} cannot be used ({e.Message.TrimEnd('.')}): " +
                $"mend that, or set {DataLayout.EnvironmentVariable} to another folder.", e);
        }
        catch
        {
            hostLock.Dispose();
            throw;
        }
    }

    /// <summary>Stops the server, then lets go of the data folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        try
        {
            await cluster.StopAsync(CancellationToken.None);
        }
        finally
        {
            watch?.Dispose();
            hostLock.Dispose();
        }
    }

    private static async Task<ServerEndpoint> StartAsync(Cluster cluster, DataLayout layout, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var endpoint = ServerEndpoint.Choose(layout);
            var reason = await cluster.StartAsync(endpoint, ct);
            if (reason is null)
                return endpoint;
            var passes = reason.Contains("pre-existing shared memory", StringComparison.Ordinal)
                || (endpoint.SocketDirectory is null && reason.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal));
            if (!passes || attempt == Attempts)
                throw new EmbeddedPostgresException($"PostgreSQL did not start in {layout.Root}: {reason} (its log is {layout.Log}).");
            await Task.Delay(Pause, ct);
        }
    }
}
