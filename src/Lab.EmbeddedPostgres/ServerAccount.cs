namespace Lab.EmbeddedPostgres;

/// <summary>
/// The user that PostgreSQL runs as: PostgreSQL refuses to be root, so a root host gives it to <c>postgres</c>, else to <c>nobody</c>;
/// any other host runs it as itself.
/// </summary>
internal sealed record ServerAccount(string? UserName)
{
    public static ServerAccount Choose()
    {
        // On Windows pg_ctl itself drops an administrator's rights.
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
            return new ServerAccount((string?)null);

        var users = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in (string[])["postgres", "nobody"])
        {
            if (users.Contains(name))
                return new ServerAccount(name);
        }

        throw new EmbeddedPostgresException(
            "PostgreSQL does not run as root, and there is neither a user 'postgres' nor a user 'nobody' to run it as: start Lab as an ordinary user.");
    }

    /// <summary>Makes a folder that only this user, and root, can enter.</summary>
    public async Task CreatePrivateDirectoryAsync(string path, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (UserName is null)
            return;

        var given = await ChildProcess.RunAsync("chown", [UserName, path], new ServerAccount((string?)null), "/", null, ct);
        if (!given.Succeeded)
            throw new EmbeddedPostgresException($"The folder {path} could not be given to the user {UserName}: {given.Reason}.");
    }

    /// <summary>Whether this user can enter a folder: all of its parents must let it pass.</summary>
    public async Task<bool> CanEnterAsync(string directory, CancellationToken ct) =>
        UserName is null || (await ChildProcess.RunAsync("/bin/sh", ["-c", "cd \"$1\"", "sh", directory], this, "/", null, ct)).Succeeded;
}
