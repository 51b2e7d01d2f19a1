using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Lab.Api.Tests;

/// <summary>Every command of the README and the tutorials, run in their order as a reader would, against the service that the README starts; below a block stands what it prints.</summary>
public sealed partial class DocumentedCommandsTests(TestDatabase databases)
{
    private const string Printed = "http://localhost:5080";

    private static readonly string[] Documents = ["README.md", "docs/tutorial-lims.md", "docs/tutorial-partner-app.md"];

    /// <summary>Run by .ci/run, which takes it from the README: it runs this test.</summary>
    private const string Tests = "README.md test";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_block_of_commands_has_a_name()
    {
        foreach (var document in Documents)
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, document));
            Assert.Equal((document, Fences().Count(text)), (document, Named().Count(text)));
            Assert.NotEqual(0, Fences().Count(text));
        }
    }

    [Fact]
    public async Task Every_command_does_what_is_said()
    {
        Assert.SkipUnless(OnPath("curl") && OnPath("python3"), "curl or python3 is not here.");
        var blocks = Documents.SelectMany(document => Named().Matches(File.ReadAllText(Path.Combine(Repository.Root, document)))
            .Select(m => (Name: $"{document} {m.Groups["name"].Value}", Commands: m.Groups["commands"].Value, Output: m.Groups["output"].Value))).ToArray();
        var folder = Directory.CreateTempSubdirectory("lab-documented-").FullName;
        var key = $"key-of-the-documents-{Guid.CreateVersion7():N}";
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        Assert.Contains("README.md run", blocks.Select(b => b.Name));
        // Built already; on a port and a database of its own, so that it meets no other.
        var database = await databases.CreateAsync();
        using var host = Bash($"export ConnectionStrings__Lab='{database}'; exec {blocks.Single(b => b.Name == "README.md run").Commands.Trim()} --no-build -c {Configuration} -- --urls {address.OriginalString}", key, folder);
        try
        {
            var banner = await UntilReadyAsync(host);
            Assert.Contains($"--data-binary @samples/kraken2-klebsiella.kreport {address.OriginalString}/v1/samples/MY-FIRST/profiles", banner, StringComparison.Ordinal);
            foreach (var (name, commands, expected) in blocks.Where(b => b.Name is not ("README.md run" or Tests)))
            {
                using var bash = Bash(commands.Replace(Printed, address.OriginalString, StringComparison.Ordinal), key, folder);
                var (output, error) = (bash.StandardOutput.ReadToEndAsync(Ct), bash.StandardError.ReadToEndAsync(Ct));
                await bash.WaitForExitAsync(Ct);
                var printed = await output;
                Assert.True(bash.ExitCode == 0, $"{name} ended with {bash.ExitCode}:\n{printed}{await error}");
                Assert.DoesNotContain("unauthenticated", printed, StringComparison.Ordinal);
                foreach (var line in expected.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    var pattern = Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal);
                    Assert.True(Regex.IsMatch(printed, pattern), $"{name} does not print\n{line}\nbut\n{printed[..Math.Min(printed.Length, 3000)]}");
                }
            }
        }
        finally
        {
            host.Kill(entireProcessTree: true);
            await host.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Configuration => typeof(DocumentedCommandsTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static async Task<string> UntilReadyAsync(Process host)
    {
        var banner = "";
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        late.CancelAfter(TimeSpan.FromMinutes(3));
        while (!banner.Contains("Upload a sample:", StringComparison.Ordinal) || !banner.EndsWith("/profiles\n", StringComparison.Ordinal))
        {
            var line = await host.StandardOutput.ReadLineAsync(late.Token) ?? throw new InvalidOperationException($"The service ended:\n{banner}{await host.StandardError.ReadToEndAsync(Ct)}");
            banner += line + "\n";
        }
        // What it prints from now on must not fill the pipe.
        foreach (var stream in new[] { host.StandardOutput, host.StandardError }) _ = stream.ReadToEndAsync(CancellationToken.None);
        return banner;
    }

    private static Process Bash(string commands, string key, string folder) => Process.Start(new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", commands])
    {
        WorkingDirectory = Repository.Root,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { ["KEY"] = key, ["Demo__ApiKey"] = key, ["TMPDIR"] = folder },
    })!;

    private static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"^```(sh|bash|shell|console)$", RegexOptions.Multiline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"^<!-- (?<name>[a-z0-9-]+) -->\n```sh\n(?<commands>[\s\S]*?)^```\n(\n```text\n(?<output>[\s\S]*?)^```\n)?", RegexOptions.Multiline)]
    private static partial Regex Named();
}
