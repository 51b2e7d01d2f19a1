using System.Diagnostics;
using System.Runtime.CompilerServices;
using Lab.EmbeddedPostgres;
using Xunit;

namespace Lab.Api.Tests.EmbeddedPostgres;

/// <summary>
/// A host in a process of its own, so that it can be killed: this test program, started again with <c>LAB_TEST_CHILD_HOST</c> set to a data
/// folder. It prints <c>ready</c> with its connection string, and stops when its input ends.
/// </summary>
internal sealed class ChildHost : IDisposable
{
    private const string Switch = "LAB_TEST_CHILD_HOST";
    private const string BinSwitch = "LAB_TEST_CHILD_HOST_BIN";
    private readonly Process process;

    private ChildHost(Process process, string answer)
    {
        this.process = process;
        Answer = answer;
    }

    /// <summary>What it printed: <c>ready …</c>, or the sentence of its failure.</summary>
    public string Answer { get; }

    public string ConnectionString => Answer.StartsWith("ready ", StringComparison.Ordinal)
        ? Answer["ready ".Length..]
        : throw new InvalidOperationException(Answer);

    public static async Task<ChildHost> StartAsync(string dataDirectory, string? binDirectory, string? userName, CancellationToken ct)
    {
        var program = typeof(ChildHost).Assembly.Location;
        if (userName is not null)
            program = CopyFor(dataDirectory, program);
        var start = new ProcessStartInfo("dotnet", [program])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
            Environment = { [Switch] = dataDirectory, [BinSwitch] = binDirectory },
        };
        if (userName is not null)
        {
            start.UserName = userName;
            start.Environment["HOME"] = dataDirectory;
        }

        var process = Process.Start(start)!;
        return new ChildHost(process, await process.StandardOutput.ReadLineAsync(ct) ?? "it ended without a word");
    }

    /// <summary>As <c>kill -9</c> of its process id alone.</summary>
    public async Task KillAsync(CancellationToken ct)
    {
        process.Kill();
        await process.WaitForExitAsync(ct);
    }

    public async Task StopAsync(CancellationToken ct)
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync(ct);
        Assert.Equal(0, process.ExitCode);
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }

    [ModuleInitializer]
    internal static void RunAsHost()
    {
        if (Environment.GetEnvironmentVariable(Switch) is not { Length: > 0 } dataDirectory)
            return;
        var bin = Environment.GetEnvironmentVariable(BinSwitch) is { Length: > 0 } set ? set : null;
        var options = new EmbeddedPostgresOptions { DataDirectory = dataDirectory, BinDirectory = bin };
        try
        {
            // Without an await here: its continuation would wait, on another thread, for this initializer to end.
            var server = PostgresServer.StartAsync(options, CancellationToken.None).GetAwaiter().GetResult();
            Console.WriteLine("ready " + server.ConnectionString);
            Console.ReadLine();
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (EmbeddedPostgresException e)
        {
            Console.WriteLine(e.Message);
        }

        Environment.Exit(0);
    }

    /// <summary>The few files that the child needs, where another user can read them: a clone under /root is closed to it.</summary>
    private static string CopyFor(string dataDirectory, string program)
    {
        var folder = dataDirectory + "-program";
        Directory.CreateDirectory(folder);
        string[] needed = [program, Path.ChangeExtension(program, ".runtimeconfig.json"), typeof(PostgresServer).Assembly.Location];
        foreach (var file in needed)
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        return Path.Combine(folder, Path.GetFileName(program));
    }
}
