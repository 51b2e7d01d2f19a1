using System.Globalization;
using System.Security.Cryptography;

namespace Lab.EmbeddedPostgres;

/// <summary>Makes, starts and stops the cluster of one data folder. Whoever calls holds the folder's <see cref="HostLock"/>.</summary>
internal sealed class Cluster(DataLayout layout, PostgresBinaries binaries, ServerAccount account)
{
    public const string Login = "lab";
    public const string Database = "lab";

    // Recovery after a crash may take its time; a server that cannot start says so at once.
    private const int SecondsToStart = 300;
    private const int SecondsToStop = 30;

    /// <summary>The major version that made the data that are there, or null.</summary>
    public static int? MajorOf(DataLayout layout)
    {
        try
        {
            var version = Path.Combine(layout.Cluster, "PG_VERSION");
            return File.Exists(version) ? int.Parse(File.ReadAllText(version).Trim(), NumberStyles.None, CultureInfo.InvariantCulture) : null;
        }
        catch (Exception e) when (e is FormatException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException(
                $"The data in {layout.Cluster} cannot be read ({e.Message.TrimEnd('.')}): set {DataLayout.EnvironmentVariable} to another folder.", e);
        }
    }

    /// <summary>Makes the cluster if it is not there, and gives the password of its login.</summary>
    public async Task<string> PrepareAsync(CancellationToken ct)
    {
        await account.CreatePrivateDirectoryAsync(layout.Logs, ct);
        await account.CreatePrivateDirectoryAsync(layout.Sockets, ct);
        if (Directory.Exists(layout.Cluster))
        {
            if (File.Exists(layout.Password))
                return File.ReadAllText(layout.Password);
            return await ResetPasswordAsync(ct);
        }

        if (Directory.Exists(layout.NewCluster))
            Directory.Delete(layout.NewCluster, recursive: true);
        await account.CreatePrivateDirectoryAsync(layout.NewCluster, ct);
        var made = await RunAsync(
            binaries.InitDb,
            ["-D", layout.NewCluster, "-U", Login, "--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"],
            null,
            ct);
        if (!made.Succeeded)
            throw new EmbeddedPostgresException($"PostgreSQL {binaries.Version} could not make its data in {layout.Root}: {made.Reason}");

        var password = NewPassword();
        await RunSingleUserAsync(layout.NewCluster, [$"ALTER ROLE {Login} PASSWORD '{password}'", $"CREATE DATABASE {Database}"], ct);
        StorePassword(password);
        Directory.Move(layout.NewCluster, layout.Cluster);
        return password;
    }

    /// <summary>Stops a server that a killed host left behind, and clears the way if its process id is another program's now.</summary>
    public async Task StopLeftOverAsync(CancellationToken ct)
    {
        if (Postmaster.ReadId(layout) is not { } pid)
            return;
        switch (Postmaster.Examine(layout, pid))
        {
            case StandIn.TheServer:
                await StopAsync(ct);
                break;
            case StandIn.Another:
                // PostgreSQL asks only whether the process id lives, and would refuse to start for it.
                File.Delete(layout.PostmasterFile);
                break;
        }
    }

    /// <summary>Starts the server and returns when it accepts connections.</summary>
    /// <param name="endpoint">Where it listens.</param>
    /// <param name="ct">Ends the waiting.</param>
    /// <returns>Null, or the reason why it did not start.</returns>
    public async Task<string?> StartAsync(ServerEndpoint endpoint, CancellationToken ct)
    {
        WriteConfiguration(endpoint);
        if (File.Exists(layout.Log))
            File.Move(layout.Log, layout.Log + ".1", overwrite: true);
        var started = await RunAsync(
            binaries.PgCtl,
            ["start", "-D", layout.Cluster, "-l", layout.Log, "-w", "-t", SecondsToStart.ToString(CultureInfo.InvariantCulture)],
            null,
            ct);
        if (started.Succeeded)
            return null;
        var fatal = File.Exists(layout.Log) ? File.ReadLines(layout.Log).LastOrDefault(l => l.Contains("FATAL:", StringComparison.Ordinal)) : null;
        return fatal is null ? started.Reason : fatal[(fatal.IndexOf("FATAL:", StringComparison.Ordinal) + "FATAL:".Length)..].Trim();
    }

    /// <summary>Stops the server: transactions that are open are rolled back, what was committed stays.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        var stopped = await StopAsync("fast", ct);
        // Its next start recovers from the log: nothing that was committed is lost by it.
        if (!stopped.Succeeded && Postmaster.ReadId(layout) is not null)
            stopped = await StopAsync("immediate", ct);
        if (!stopped.Succeeded && Postmaster.ReadId(layout) is { } pid)
            throw new EmbeddedPostgresException($"The PostgreSQL of {layout.Root} (process {pid}) does not stop ({stopped.Reason}): end that process, then start again.");
    }

    private Task<ChildResult> StopAsync(string mode, CancellationToken ct) =>
        RunAsync(
            binaries.PgCtl,
            ["stop", "-D", layout.Cluster, "-m", mode, "-w", "-t", SecondsToStop.ToString(CultureInfo.InvariantCulture)],
            null,
            ct);

    private async Task<string> ResetPasswordAsync(CancellationToken ct)
    {
        var password = NewPassword();
        await RunSingleUserAsync(layout.Cluster, [$"ALTER ROLE {Login} PASSWORD '{password}'"], ct);
        StorePassword(password);
        return password;
    }

    /// <summary>Statements without a server: the way to a first login that needs neither psql nor a moment of open doors.</summary>
    private async Task RunSingleUserAsync(string cluster, IEnumerable<string> statements, CancellationToken ct)
    {
        var said = await RunAsync(binaries.Postgres, ["--single", "-D", cluster, "postgres"], string.Concat(statements.Select(s => s + "\n")), ct);
        // It ends with 0 after a failed statement, too.
        if (!said.Succeeded || said.Error.Contains("ERROR:", StringComparison.Ordinal) || said.Error.Contains("FATAL:", StringComparison.Ordinal))
            throw new EmbeddedPostgresException($"PostgreSQL {binaries.Version} could not prepare its data in {layout.Root}: {said.Reason}");
    }

    private static string NewPassword() => RandomNumberGenerator.GetHexString(48, lowercase: true);

    private void StorePassword(string password)
    {
        var aside = layout.Password + ".new";
        File.Delete(aside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(aside, options))
            writer.Write(password);
        File.Move(aside, layout.Password, overwrite: true);
    }

    /// <summary>The settings are the host's, not the user's: written anew at each start, so that they are what this version of Lab means.</summary>
    private void WriteConfiguration(ServerEndpoint endpoint)
    {
        File.WriteAllText(
            Path.Combine(layout.Cluster, "postgresql.conf"),
            $"""
            # Written by Lab at each start.
            listen_addresses = '{(endpoint.SocketDirectory is null ? "127.0.0.1" : "")}'
            port = {endpoint.Port.ToString(CultureInfo.InvariantCulture)}
            unix_socket_directories = '{endpoint.SocketDirectory?.Replace("'", "''", StringComparison.Ordinal)}'
            unix_socket_permissions = 0700
            max_connections = 200
            shared_buffers = 128MB
            fsync = on
            full_page_writes = on
            synchronous_commit = on
            password_encryption = 'scram-sha-256'
            lc_messages = 'C'
            timezone = 'UTC'
            log_timezone = 'UTC'
            log_checkpoints = off
            log_line_prefix = '%m [%p] '

            """);
        File.WriteAllText(
            Path.Combine(layout.Cluster, "pg_hba.conf"),
            (endpoint.SocketDirectory is null ? "host all all 127.0.0.1/32 scram-sha-256" : "local all all scram-sha-256") + "\n");
    }

    private Task<ChildResult> RunAsync(string program, IEnumerable<string> arguments, string? input, CancellationToken ct) =>
        ChildProcess.RunAsync(program, arguments, account, layout.Root, input, ct);
}
