using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Lab.Api.Partners;
using Lab.Api.Storage;
using Microsoft.Extensions.Configuration;

namespace Lab.Api.Tests;

/// <summary>The real host, as a user starts it: <c>dotnet Lab.Api.dll</c> on Kestrel on a free loopback port. A process of its own, because Hangfire keeps
/// its storage in a static of the process (two hosts in one would drain each other's database), and because only a process can be killed.</summary>
public sealed partial class HostProcess : IAsyncDisposable
{
    public const string LabKeyText = "the key of the tests, 32 characters or more";

    /// <summary>The program of the host: what was built beside the tests, or what lies in LAB_TEST_HOST: one compiled ahead, as the image has it, spends a fraction of the cores until it is ready.</summary>
    public static string Program { get; } = Path.Combine(Environment.GetEnvironmentVariable(Ahead) ?? AppContext.BaseDirectory, "Lab.Api.dll");

    private const string Ahead = "LAB_TEST_HOST";

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly TaskCompletionSource<Uri> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HostProcess(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The host ended:\n{Output}"));
    }

    /// <summary>What the hosts of the tests keep keys under.</summary>
    public static KeyPepper Pepper { get; } = new(LabKey.Of(new ConfigurationBuilder().AddInMemoryCollection([new(LabKey.Setting, LabKeyText)]).Build()));

    /// <summary>The database of a test as the hosts open it.</summary>
    public static LabDatabase Open(string database, int pool = 2) => LabDatabase.Open(new ConfigurationBuilder()
        .AddInMemoryCollection([new("ConnectionStrings:Lab", database), new("Database:MaxPoolSize", $"{pool}"), new(LabKey.Setting, LabKeyText)]).Build());

    public Uri BaseAddress { get; private set; } = null!;

    /// <summary>What it printed.</summary>
    public string Output => string.Join('\n', output);

    /// <summary>Runs an administrative command on a database, and gives what it printed and its exit code.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(string database, params string[] arguments) => RunAsync([("ConnectionStrings__Lab", database)], arguments);

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync((string Name, string Value)[] settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
            Environment = { ["Lab__Key"] = LabKeyText },
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, (await output).Trim(), (await error).Trim());
    }

    public static async Task<HostProcess> StartAsync(string database, string key, string role = "all", params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Program, "--role", role])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ConnectionStrings__Lab"] = database,
                ["Lab__Key"] = LabKeyText,
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["Demo__ApiKey"] = key,
                ["Demo__Seed"] = "false",
                // They end before the compiler's measurements could pay, and run no code but ours.
                ["DOTNET_TieredPGO"] = "0",
                ["DOTNET_EnableWriteXorExecute"] = "0",
                ["Database__MaxPoolSize"] = "20",
                // The tests' own receivers of webhooks.
                ["Webhooks__AllowedNetworks__0"] = "127.0.0.0/8",
            },
        };
        // Nor could compiling again what was compiled ahead.
        if (Environment.GetEnvironmentVariable(Ahead) is not null) start.Environment["DOTNET_TC_CallCounting"] = "0";
        foreach (var (name, value) in settings) start.Environment[name] = value;
        var host = new HostProcess(start);
        host.process.Start();
        host.process.BeginOutputReadLine();
        host.process.BeginErrorReadLine();
        host.BaseAddress = await host.ready.Task.WaitAsync(TimeSpan.FromMinutes(1));
        return host;
    }

    /// <summary>As <c>kill -9</c> of this process alone.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>As an orchestrator stops it: SIGTERM, and all that is open is finished.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null) return;
        output.Enqueue(line);
        if ((process.StartInfo.Environment["ASPNETCORE_ENVIRONMENT"] == "Production" ? Logged() : Announced()).Match(line) is { Success: true } found) ready.TrySetResult(new Uri(found.Groups[1].Value + "/"));
    }

    [GeneratedRegex(@"^\s+Swagger UI\s+(http://\S+?)/swagger")]
    private static partial Regex Announced();

    /// <summary>All that a host in Production says of itself.</summary>
    [GeneratedRegex(@"^\s+Now listening on: (http://\S+)")]
    private static partial Regex Logged();
}
