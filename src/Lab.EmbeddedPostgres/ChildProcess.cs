using System.ComponentModel;
using System.Diagnostics;

namespace Lab.EmbeddedPostgres;

/// <summary>Runs a program to its end, as another user where the host is root, with nothing of the host's PostgreSQL environment.</summary>
internal static class ChildProcess
{
    public static async Task<ChildResult> RunAsync(
        string program, IEnumerable<string> arguments, ServerAccount account, string workingDirectory, string? input, CancellationToken ct)
    {
        var start = Describe(program, arguments, account, workingDirectory);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            // Not there, not executable, or closed to that user: the caller says which program it wanted and why.
            return new ChildResult(-1, "", e.Message);
        }

        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(ct);
                var error = process.StandardError.ReadToEndAsync(ct);
                try
                {
                    if (input is not null)
                        await process.StandardInput.WriteAsync(input.AsMemory(), ct);
                    process.StandardInput.Close();
                }
                catch (IOException)
                {
                    // It ended before it read its input; its exit code and its error output say why.
                }

                await process.WaitForExitAsync(ct);
                return new ChildResult(process.ExitCode, await output, await error);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
    }

    public static ProcessStartInfo Describe(string program, IEnumerable<string> arguments, ServerAccount account, string workingDirectory)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingDirectory,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        // PGDATA, PGPORT, PGOPTIONS and the like are for other servers than this one.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        // PostgreSQL's own messages in one language; on macOS it also refuses to start without a valid locale.
        start.Environment["LC_ALL"] = "C";
        if (account.UserName is not null)
        {
            start.UserName = account.UserName;
            start.Environment["HOME"] = workingDirectory;
        }

        return start;
    }
}

internal sealed record ChildResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last thing that it said: the reason, in programs of this kind.</summary>
    public string Reason =>
        (Error + "\n" + Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } lines
            ? lines.FirstOrDefault(line => line.Contains("error:", StringComparison.OrdinalIgnoreCase)
                || line.Contains("FATAL:", StringComparison.Ordinal)) ?? lines[^1]
            : $"exit code {ExitCode}";
}
