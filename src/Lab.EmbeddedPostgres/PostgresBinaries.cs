using System.Globalization;
using System.Text.RegularExpressions;

namespace Lab.EmbeddedPostgres;

/// <summary>A folder with <c>initdb</c>, <c>postgres</c> and <c>pg_ctl</c> that ran here, and their version.</summary>
internal sealed partial record PostgresBinaries(string Directory, string Version, int Major)
{
    public const int OldestMajor = 15;

    public string InitDb => Program(Directory, "initdb");
    public string Postgres => Program(Directory, "postgres");
    public string PgCtl => Program(Directory, "pg_ctl");

    /// <summary>Whether a folder holds all three programs. Some packages give only the client's.</summary>
    public static bool AreIn(string directory) =>
        File.Exists(Program(directory, "initdb")) && File.Exists(Program(directory, "postgres")) && File.Exists(Program(directory, "pg_ctl"));

    /// <summary>The programs of a folder if they run here, as the user that the server will run as; else null.</summary>
    public static async Task<PostgresBinaries?> TryOpenAsync(string directory, ServerAccount account, CancellationToken ct)
    {
        if (!AreIn(directory))
            return null;

        var root = OperatingSystem.IsWindows() ? directory : "/";
        var said = await ChildProcess.RunAsync(Program(directory, "postgres"), ["--version"], account, root, null, ct);
        var match = VersionPattern().Match(said.Output);
        return said.Succeeded && match.Success
            ? new PostgresBinaries(directory, match.Groups[1].Value, int.Parse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture))
            : null;
    }

    public static string Program(string directory, string name) => Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name);

    [GeneratedRegex(@"^postgres \(PostgreSQL\) (([0-9]{1,4})\S*)")]
    private static partial Regex VersionPattern();
}
