using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Contract;

/// <summary>The clients that partners begin from (openapi/examples), against the service: an upload and its report, and the webhook that comes of it.</summary>
public sealed class PartnerSampleTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly string Examples = Path.Combine(Repository.Root, "openapi", "examples");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_one_in_Python_uploads_reads_and_receives()
    {
        Assert.SkipUnless(OnPath("python3"), "python3 is not here.");
        await PlayAsync("PYTHON", "metaphlan2-escherichia-coli.txt", "moderate: escherichia-coli-high", "python3", Path.Combine(Examples, "partner.py"));
        var (code, _, error) = await RunAsync(_ => { }, "python3", Path.Combine(Examples, "partner.py"), "report", "REFUSED", Path.Combine(Examples, "tsconfig.json"));
        Assert.NotEqual(0, code);
        Assert.Contains("nothing was stored", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_one_in_TypeScript_compiles_against_generated_types_uploads_reads_and_receives()
    {
        var tools = Environment.GetEnvironmentVariable("PARTNER_TOOLS");
        Assert.SkipUnless(tools is not null && Directory.Exists(tools), "TypeScript is not here: PARTNER_TOOLS names the node_modules of openapi/examples/package.json, which .ci/run fetches with npm.");
        var folder = Directory.CreateTempSubdirectory("lab-partner-").FullName;
        try
        {
            foreach (var file in new[] { "partner.ts", "tsconfig.json", "package.json" }) File.Copy(Path.Combine(Examples, file), Path.Combine(folder, file));
            Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), tools);
            await SucceedAsync(folder, "node_modules/openapi-typescript/bin/cli.js", Path.Combine(Repository.Root, "openapi", "lab.v1.json"), "-o", "lab.d.ts");
            await SucceedAsync(folder, "node_modules/typescript/bin/tsc");
            await PlayAsync("TYPESCRIPT", "metaphlan2-scfa-depleted.txt", "moderate: scfa-producers-depleted", "node", Path.Combine(folder, "partner.js"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task PlayAsync(string accession, string sample, string finding, string program, string script)
    {
        var port = FreePort();
        var webhook = await host.Client.CreateWebhookAsync(new() { Url = new($"http://127.0.0.1:{port}/lab"), Events = ["report.released"] }, cancellation: Ct);
        using var receiver = new Process { StartInfo = Start(program, script, "receive", $"{port}") };
        receiver.StartInfo.Environment["LAB_WEBHOOK_SECRET"] = webhook.Secret;
        var lines = new BlockingCollection<string>();
        receiver.OutputDataReceived += (_, line) => lines.Add(line.Data ?? "", CancellationToken.None);
        receiver.Start();
        receiver.BeginOutputReadLine();
        try
        {
            await ForgeAsync(port);
            var (code, output, error) = await RunAsync(_ => { }, program, script, "report", accession, Path.Combine(Repository.Root, "samples", sample));
            Assert.True(code == 0, error);
            Assert.StartsWith($"{accession}: version 1, final, quality pass", output, StringComparison.Ordinal);
            Assert.Contains(finding, output, StringComparison.Ordinal);
            Assert.True(lines.TryTake(out var received, 30_000, Ct), "No webhook came.");
            var report = (await host.Client.GetCurrentReportAsync(accession, cancellation: Ct)).Report!.Id;
            Assert.Equal($"report.released {accession} {report}", received);
        }
        finally
        {
            await host.Client.DeleteWebhookAsync(webhook.Id, Ct);
            receiver.Kill();
        }
    }

    /// <summary>Waits until the receiver listens, and shows that it takes nothing that the lab did not sign.</summary>
    private static async Task ForgeAsync(int port)
    {
        using var http = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            using var forged = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://127.0.0.1:{port}/lab")) { Content = new StringContent("""{"type":"report.released","data":{}}""") };
            forged.Headers.Add("webhook-id", "evt_1");
            forged.Headers.Add("webhook-timestamp", $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}");
            forged.Headers.TryAddWithoutValidation("webhook-signature", $"v1,{Convert.ToBase64String(new byte[32])}");
            try
            {
                using var answer = await http.SendAsync(forged, Ct);
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                return;
            }
            catch (HttpRequestException) when (tries < 100)
            {
                await Task.Delay(100, Ct);
            }
        }
    }

    private async Task SucceedAsync(string folder, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(start => start.WorkingDirectory = folder, "node", arguments);
        Assert.True(code == 0, output + error);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(Action<ProcessStartInfo> prepare, string program, params string[] arguments)
    {
        using var process = new Process { StartInfo = Start(program, arguments) };
        prepare(process.StartInfo);
        process.Start();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Ct), process.StandardError.ReadToEndAsync(Ct));
        await process.WaitForExitAsync(Ct);
        return (process.ExitCode, await output, await error);
    }

    private ProcessStartInfo Start(string program, params string[] arguments) => new(program, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { ["LAB_URL"] = host.BaseAddress.ToString(), ["LAB_KEY"] = host.Key },
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
