using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Lab.Benchmarks;

/// <summary>A process that answers HTTP on a loopback port: the service, or what it is measured beside.</summary>
internal sealed class ServiceHost : IAsyncDisposable
{
    public const string Key = "lab_key_of_the_benchmark";
    private readonly Process process;

    private ServiceHost(Process process, Uri address) => (this.process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Seconds from the start of the process until it was ready.</summary>
    public double ReadyAfter { get; private init; }

    public long PeakMemoryMiB => Status("VmHWM:") / 1024;

    public long MemoryMiB => Status("VmRSS:") / 1024;

    public TimeSpan Cpu
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>The service on a database: the one that was built with this program, or that LAB_TEST_HOST names, compiled ahead, as the image has it.</summary>
    public static Task<ServiceHost> LabAsync(string database, string role, params (string Name, string Value)[] settings) => StartAsync(
        Path.Combine(Environment.GetEnvironmentVariable("LAB_TEST_HOST") ?? AppContext.BaseDirectory, "Lab.Api.dll"), ["--role", role], "health/ready",
        [("ConnectionStrings__Lab", database), ("Demo__ApiKey", Key), ("Demo__Seed", "false"), ("RateLimits__RequestsPerMinute", "100000000"), ("Database__MaxPoolSize", "20"), .. settings]);

    /// <summary>Kestrel and Npgsql with nothing between: <see cref="BareServer"/>.</summary>
    public static Task<ServiceHost> BareAsync(string database) => StartAsync(Path.Combine(AppContext.BaseDirectory, "Lab.Benchmarks.dll"), ["bare", database], "ready", []);

    private static async Task<ServiceHost> StartAsync(string program, string[] arguments, string ready, (string Name, string Value)[] settings)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        listener.Stop();
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings.Append(("ASPNETCORE_URLS", address.ToString())).Append(("ASPNETCORE_ENVIRONMENT", "Development")).Append(("Logging__LogLevel__Default", "Warning")))
        {
            start.Environment[name] = value;
        }
        var since = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => { if (line.Data is not null) Console.Error.WriteLine(line.Data); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        while (true)
        {
            if (process.HasExited) throw new InvalidOperationException($"{program} ended.");
            try
            {
                if ((await http.GetAsync(new Uri(address, ready))).StatusCode == HttpStatusCode.OK) return new(process, address) { ReadyAfter = since.Elapsed.TotalSeconds };
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
            }
            if (since.Elapsed > TimeSpan.FromMinutes(2)) throw new InvalidOperationException($"{program} is not ready.");
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private long Status(string name) => long.Parse(File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).AsSpan(name.Length).Trim()[..^3], CultureInfo.InvariantCulture);
}
