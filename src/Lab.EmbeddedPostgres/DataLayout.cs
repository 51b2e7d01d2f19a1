namespace Lab.EmbeddedPostgres;

/// <summary>What is where in the data folder.</summary>
internal sealed record DataLayout(string Root)
{
    public const string EnvironmentVariable = "LAB_DATA";

    /// <summary>The cluster itself. It appears under this name only when it is whole.</summary>
    public string Cluster => Path.Combine(Root, "postgres");

    /// <summary>A cluster in the making, or what an interrupted start left of one.</summary>
    public string NewCluster => Path.Combine(Root, "postgres.new");

    public string Sockets => Path.Combine(Root, "run");
    public string Logs => Path.Combine(Root, "log");
    public string Log => Path.Combine(Logs, "postgres.log");
    public string Password => Path.Combine(Root, "password");
    public string Lock => Path.Combine(Root, "host.lock");
    public string Holder => Path.Combine(Root, "host.pid");
    public string PostmasterFile => Path.Combine(Cluster, "postmaster.pid");

    public static DataLayout Choose(string? directory)
    {
        directory ??= Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } set ? set : null;
        if (directory is null)
        {
            var share = !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess
                ? "/var/lib"
                : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            if (share.Length == 0)
                throw new EmbeddedPostgresException($"This user has no home folder to keep data in: set {EnvironmentVariable} to a folder.");
            directory = Path.Combine(share, "lab");
        }

        return new DataLayout(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));
    }

    /// <summary>Makes the folder; the server's user may pass through it, nobody but the host may list it or write to it.</summary>
    public async Task CreateAsync(ServerAccount account, CancellationToken ct)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Root);
            }
            else
            {
                var own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
                Directory.CreateDirectory(Root, account.UserName is null ? own : own | UnixFileMode.OtherExecute);
                if (account.UserName is not null)
                    File.SetUnixFileMode(Root, File.GetUnixFileMode(Root) | UnixFileMode.OtherExecute);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException(
                $"The data folder {Root} cannot be made ({e.Message.TrimEnd('.')}): set {EnvironmentVariable} to a folder that this user can write to.", e);
        }

        if (!await account.CanEnterAsync(Root, ct))
        {
            throw new EmbeddedPostgresException(
                $"As root, PostgreSQL runs as the user {account.UserName}, who cannot reach the data folder {Root}: " +
                $"set {EnvironmentVariable} to a folder that is open to that user, such as /var/lib/lab.");
        }
    }
}
