using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Lab.Faults;

/// <summary>One process of the service, as an operator starts it: it can be killed, stopped, continued and started again on the same address.</summary>
internal sealed class Node(string role, string database, string zone) : IAsyncDisposable
{
    public const string Key = "lab_faults_key_of_this_run";
    private readonly int port = FreePort();
    private readonly ConcurrentQueue<string> output = new();
    private Process? process;
    private long peakKiB;

    public string Role => role;

    /// <summary>Where the service lies that was built with this program, or that LAB_TEST_HOST names: compiled ahead, as the image has it.</summary>
    public static readonly string Current = Environment.GetEnvironmentVariable("LAB_TEST_HOST") ?? AppContext.BaseDirectory;

    /// <summary>Where the service that it starts next lies.</summary>
    public string Program { get; set; } = Current;

    /// <summary>What the process that it starts next has around it, besides the settings.</summary>
    public IReadOnlyDictionary<string, string> Surroundings { get; set; } = new Dictionary<string, string>();

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));

    /// <summary>Asks it with the key that this run made.</summary>
    public HttpClient Client() => new() { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(1), DefaultRequestHeaders = { { "X-Api-Key", Key } } };

    /// <summary>What it printed, over all its lives.</summary>
    public IReadOnlyCollection<string> Output => output;

    /// <summary>The most that any of its lives took so far.</summary>
    public long PeakMemoryKiB
    {
        get
        {
            Remember();
            return peakKiB;
        }
    }

    /// <summary>The threads of the runtime's pool that it has now.</summary>
    public int PoolThreads => Directory.EnumerateDirectories($"/proc/{process!.Id}/task").Count(thread => File.ReadAllText(Path.Combine(thread, "comm")) == ".NET TP Worker\n");

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Program, "Lab.Api.dll"), "--role", role])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ConnectionStrings__Lab"] = database,
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_URLS"] = Address.ToString(),
                ["Demo__ApiKey"] = Key,
                ["Demo__Seed"] = "false",
                ["Database__MaxPoolSize"] = "16",
                ["RateLimits__Enabled"] = "false",
                ["Logging__LogLevel__Default"] = "Warning",
                ["TZ"] = zone,
            },
        };
        foreach (var (name, value) in Surroundings) start.Environment[name] = value;
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        for (var waited = Stopwatch.StartNew(); ;)
        {
            if (process.HasExited) throw new InvalidOperationException($"A {role} node ended:\n{string.Join('\n', output)}");
            try
            {
                if ((await http.GetAsync(new Uri(Address, "health/ready"))).StatusCode == HttpStatusCode.OK) return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
            }
            if (waited.Elapsed > TimeSpan.FromMinutes(2)) throw new InvalidOperationException($"A {role} node is not ready after two minutes:\n{string.Join('\n', output)}");
            await Task.Delay(50);
        }
    }

    /// <summary>As <c>kill -9</c> of this process alone.</summary>
    public async Task KillAsync()
    {
        Remember();
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: what is under way is finished. Gives the seconds that took.</summary>
    public async Task<double> TerminateAsync()
    {
        Remember();
        var since = Stopwatch.StartNew();
        await SignalAsync("TERM");
        await process!.WaitForExitAsync();
        return since.Elapsed.TotalSeconds;
    }

    /// <summary>SIGSTOP: it keeps its connections and its leases, and does nothing.</summary>
    public Task StopAsync() => SignalAsync("STOP");

    public Task ContinueAsync() => SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        if (process is not null && !process.HasExited) await KillAsync();
        process?.Dispose();
    }

    private Task SignalAsync(string signal) => Process.Start("kill", [$"-{signal}", process!.Id.ToString(CultureInfo.InvariantCulture)])!.WaitForExitAsync();

    private void Remember()
    {
        var status = $"/proc/{process!.Id}/status";
        if (File.Exists(status) && File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } peak)
        {
            peakKiB = Math.Max(peakKiB, long.Parse(peak.AsSpan(6).Trim()[..^3], CultureInfo.InvariantCulture));
        }
    }

    private void Keep(string? line)
    {
        if (line is not null) output.Enqueue(line);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
