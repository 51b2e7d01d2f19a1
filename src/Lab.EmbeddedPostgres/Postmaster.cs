using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Lab.EmbeddedPostgres;

/// <summary>The server process of one cluster, as its <c>postmaster.pid</c> names it.</summary>
internal static class Postmaster
{
    /// <summary>The process id in the file, or null when there is none.</summary>
    public static int? ReadId(DataLayout layout)
    {
        try
        {
            var first = File.ReadLines(layout.PostmasterFile).FirstOrDefault();
            return int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public static StandIn Examine(DataLayout layout, int pid)
    {
        if (OperatingSystem.IsLinux())
        {
            if (!Directory.Exists($"/proc/{pid}"))
                return StandIn.Gone;
            try
            {
                // A process id is soon another's after a restart of a machine or container. Arguments, since root in a container may not see the folder in which another user's process works.
                var folder = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').SkipWhile(argument => argument != "-D").ElementAtOrDefault(1);
                return folder is not null && RealPath(folder) == RealPath(layout.Cluster) && ProgramOf(pid) == "postgres" ? StandIn.TheServer : StandIn.Another;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Directory.Exists($"/proc/{pid}") ? StandIn.Another : StandIn.Gone;
            }
        }

        return ProgramOf(pid) switch { null => StandIn.Gone, "postgres" => StandIn.TheServer, _ => StandIn.Another };
    }

    private static string? ProgramOf(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.ProcessName;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The folder with every link on the way to it followed.</summary>
    private static string RealPath(string path)
    {
        var real = Path.GetPathRoot(path)!;
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = Directory.ResolveLinkTarget(next, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : next;
        }

        return real;
    }
}

/// <summary>What runs under the process id of a <c>postmaster.pid</c>.</summary>
internal enum StandIn
{
    Gone,
    TheServer,
    Another,
}
