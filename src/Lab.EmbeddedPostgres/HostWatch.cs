using System.Diagnostics;
using System.Globalization;

namespace Lab.EmbeddedPostgres;

/// <summary>
/// Lets the server die with the host, where there is a shell: a waiting <c>sh</c> reads from a pipe that only the host holds, and stops
/// the server when the pipe ends. The next start does not rely on it.
/// </summary>
internal sealed class HostWatch : IDisposable
{
    // Ctrl-C goes to everything in the terminal; the host stops the server itself then.
    private const string Script =
        """
        exec >/dev/null 2>&1
        trap '' INT TERM HUP QUIT
        read -r _
        if read -r pid <"$1/postmaster.pid" && [ "$pid" = "$2" ]; then kill -INT "$2"; fi
        """;

    private readonly Process shell;

    private HostWatch(Process shell) => this.shell = shell;

    public static HostWatch? Start(DataLayout layout, ServerAccount account)
    {
        if (OperatingSystem.IsWindows() || Postmaster.ReadId(layout) is not { } pid)
            return null;
        string[] arguments = ["-c", Script, "lab-host-watch", layout.Cluster, pid.ToString(CultureInfo.InvariantCulture)];
        return Process.Start(ChildProcess.Describe("/bin/sh", arguments, account, layout.Root)) is { } shell ? new HostWatch(shell) : null;
    }

    /// <summary>Lets the shell go, after the server was stopped.</summary>
    public void Dispose()
    {
        shell.StandardInput.Close();
        shell.Dispose();
    }
}
