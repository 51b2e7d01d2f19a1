using System.Globalization;
using System.Text.RegularExpressions;

namespace Lab.EmbeddedPostgres;

/// <summary>Finds PostgreSQL's programs: what the user names, else what is installed, else the npm package.</summary>
internal sealed partial class BinarySearch(ServerAccount account)
{
    public const string EnvironmentVariable = "LAB_POSTGRES_BIN";

    private const string Advice =
        $"install PostgreSQL (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@18; Windows: winget install PostgreSQL.PostgreSQL.18), " +
        $"or Node.js with npm, or set {EnvironmentVariable} to the folder that holds initdb, postgres and pg_ctl";

    /// <param name="named">The folder that the caller names, or null.</param>
    /// <param name="dataMajor">The major version that made the data that are there; null when there are none yet.</param>
    /// <param name="dataRoot">The data folder, for the message.</param>
    /// <param name="ct">Ends the search.</param>
    public async Task<PostgresBinaries> FindAsync(string? named, int? dataMajor, string dataRoot, CancellationToken ct)
    {
        named ??= Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } set ? set : null;
        if (named is not null)
        {
            var binaries = await PostgresBinaries.TryOpenAsync(Path.GetFullPath(named), account, ct) ?? throw new EmbeddedPostgresException(
                $"The folder {named} does not hold initdb, postgres and pg_ctl that {account.UserName ?? "this user"} can run: " +
                $"correct {EnvironmentVariable}, or unset it so that Lab searches.");
            return Fits(binaries, dataMajor) ? binaries : throw Unfit(dataMajor, dataRoot, [binaries]);
        }

        var seen = new List<PostgresBinaries>();
        foreach (var directory in Installed().Distinct(StringComparer.Ordinal))
        {
            if (await PostgresBinaries.TryOpenAsync(directory, account, ct) is not { } binaries)
                continue;
            if (Fits(binaries, dataMajor))
                return binaries;
            seen.Add(binaries);
        }

        var package = new NpmPackage(account);
        if (dataMajor is not null && dataMajor != NpmPackage.Major)
            throw Unfit(dataMajor, dataRoot, seen);
        var (fetched, failure) = await package.GetAsync(ct);
        return fetched ?? throw (dataMajor is not null || seen.Count > 0
            ? Unfit(dataMajor, dataRoot, seen)
            : new EmbeddedPostgresException($"Lab found no PostgreSQL on this machine and {failure}: {Advice}; or set ConnectionStrings__Lab to a server that you run."));
    }

    private static bool Fits(PostgresBinaries binaries, int? dataMajor) =>
        dataMajor is null ? binaries.Major >= PostgresBinaries.OldestMajor : binaries.Major == dataMajor;

    private static EmbeddedPostgresException Unfit(int? dataMajor, string dataRoot, List<PostgresBinaries> seen)
    {
        var found = seen.Count == 0 ? "none was found" : "found was " + string.Join(", ", seen.Select(b => $"{b.Version} in {b.Directory}"));
        return dataMajor is null
            ? new EmbeddedPostgresException($"Lab needs PostgreSQL {PostgresBinaries.OldestMajor} or later, and {found}: {Advice}.")
            : new EmbeddedPostgresException(
                $"The data in {dataRoot} were made by PostgreSQL {dataMajor} and need that version, but {found}: install PostgreSQL {dataMajor}, " +
                $"set {EnvironmentVariable} to it, or set {DataLayout.EnvironmentVariable} to another folder.");
    }

    /// <summary>Folders with the three programs: by PATH, then the platform's usual places, newest version first.</summary>
    private static IEnumerable<string> Installed()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (var entry in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (RealDirectory(entry) is { } real && PostgresBinaries.AreIn(real))
                yield return real;
        }

        foreach (var (parent, pattern, below) in UsualPlaces())
        {
            if (!Directory.Exists(parent))
                continue;
            var newestFirst = Directory.EnumerateDirectories(parent, pattern).OrderByDescending(VersionOf).ThenBy(d => d, StringComparer.Ordinal);
            foreach (var directory in newestFirst.Select(d => Path.Combine(d, below)).Where(PostgresBinaries.AreIn))
                yield return directory;
        }
    }

    private static IEnumerable<(string Parent, string Pattern, string Below)> UsualPlaces()
    {
        if (OperatingSystem.IsWindows())
        {
            yield return (Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "*", "bin");
        }
        else if (OperatingSystem.IsMacOS())
        {
            yield return ("/opt/homebrew/opt", "postgresql@*", "bin");
            yield return ("/usr/local/opt", "postgresql@*", "bin");
            yield return ("/Applications/Postgres.app/Contents/Versions", "*", "bin");
        }
        else
        {
            yield return ("/usr/lib/postgresql", "*", "bin");
            yield return ("/usr", "pgsql-*", "bin");
            yield return ("/usr/libexec", "postgresql*", "");
        }
    }

    /// <summary>
    /// The folder where the <c>postgres</c> of a PATH entry really is: the server finds its own files from there, and a link in
    /// <c>/usr/local/bin</c> may stand alone.
    /// </summary>
    private static string? RealDirectory(string entry)
    {
        try
        {
            var program = new FileInfo(PostgresBinaries.Program(Path.GetFullPath(entry), "postgres"));
            return program.Exists ? Path.GetDirectoryName(program.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? program.FullName) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static int VersionOf(string directory) =>
        int.TryParse(Digits().Match(Path.GetFileName(directory)).Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    [GeneratedRegex("[0-9]{1,4}")]
    private static partial Regex Digits();
}
