using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.RegularExpressions;
using Lab.Api.Tests.Audit;
using Lab.EmbeddedPostgres;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests;

/// <summary>Every block of commands of the documents, run in their order as a reader would: those of a user and a contributor against the service that the README starts, those of an operator on a PostgreSQL that can be
/// restarted and lost; below a block stands what it prints.</summary>
public sealed partial class DocumentedCommandsTests(TestDatabase databases) : IDisposable
{
    private const string Run = "README.md run";

    private static readonly string[] Documents = ["README.md", "docs/tutorial-lims.md", "docs/tutorial-partner-app.md", "deploy/README.md", "docs/operations.md", "CONTRIBUTING.md"];

    private static readonly Dictionary<string, string> NotRun = new()
    {
        ["README.md test"] = "Run by .ci/run, which takes it from the README: it runs this test.",
        ["deploy/README.md start"] = "Needs Docker.",
        ["deploy/README.md roll"] = "Needs Docker.",
        ["deploy/README.md image"] = "Needs Docker.",
        ["docs/operations.md faults"] = "Takes five minutes and all cores.",
    };

    private static readonly string[] Operators =
    [
        "deploy/README.md commands", "deploy/README.md dump", "deploy/README.md load", "deploy/README.md sealed",
        "docs/operations.md waits", "docs/operations.md archive", "docs/operations.md copy", "docs/operations.md restore",
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("lab-documented-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static Dictionary<string, Block> Blocks { get; } = Documents.SelectMany(document => Named().Matches(Text(document))
        .Select(m => new Block($"{document} {m.Groups["name"].Value}", m.Groups["commands"].Value, m.Groups["output"].Value))).ToDictionary(block => block.Name);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_block_of_commands_has_a_name()
    {
        foreach (var document in Documents)
        {
            Assert.Equal((document, Fences().Count(Text(document))), (document, Named().Count(Text(document))));
            Assert.NotEqual(0, Fences().Count(Text(document)));
        }
        Assert.Empty(NotRun.Keys.Concat(Operators).Append(Run).Except(Blocks.Keys));
    }

    [Fact]
    public async Task Every_command_does_what_is_said()
    {
        Assert.SkipUnless(OnPath("curl") && OnPath("python3"), "curl or python3 is not here.");
        var key = $"key-of-the-documents-{Guid.CreateVersion7():N}";
        var address = $"http://127.0.0.1:{FreePort()}";
        // On a port and a database of its own, so that it meets no other.
        (string, string)[] settings = [("KEY", key), ("Demo__ApiKey", key), ("ConnectionStrings__Lab", await databases.CreateAsync())];
        using var host = Bash($"exec {Built(Blocks[Run].Commands).Trim()} -- --urls {address}", settings);
        try
        {
            var banner = await UntilReadyAsync(host);
            Assert.Contains($"--data-binary @samples/kraken2-klebsiella.kreport {address}/v1/samples/MY-FIRST/profiles", banner, StringComparison.Ordinal);
            foreach (var block in Blocks.Values.Where(b => b.Name != Run && !NotRun.ContainsKey(b.Name) && !Operators.Contains(b.Name)))
            {
                await RunAsync(block, Printed().Replace(Built(block.Commands), address), settings);
            }
        }
        finally
        {
            host.Kill(entireProcessTree: true);
            await host.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Every_command_of_an_operator_does_what_is_said()
    {
        // The server may run as another user, who has to reach its data.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        var first = new EmbeddedPostgresOptions { DataDirectory = Path.Combine(folder, "first") };
        var server = await PostgresServer.StartAsync(first, Ct);
        try
        {
            Assert.SkipUnless(File.Exists(Path.Combine(server.BinDirectory, "pg_dump")), "PostgreSQL is here without its clients.");
            Directory.CreateDirectory(Path.Combine(folder, "backup"));
            var ran = new List<string>();
            await OperateAsync("deploy/README.md commands");
            await OperateAsync("deploy/README.md dump");

            await ScalarAsync("CREATE DATABASE loaded");
            await OperateAsync("deploy/README.md load", "loaded");
            Assert.Equal("LIMS", await ScalarAsync("SELECT name FROM lab.api_key", "loaded"));
            await using (var node = await HostProcess.StartAsync(On("loaded").ConnectionString, "", "worker", ("ASPNETCORE_ENVIRONMENT", "Production")))
            {
                using var http = new HttpClient { BaseAddress = node.BaseAddress };
                Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("health/ready", Ct)).StatusCode);
                await OperateAsync("deploy/README.md sealed", "loaded");
                Assert.Equal(true, await ScalarAsync("SELECT bool_and(genuine) FROM lab.audit", "loaded"));
            }
            await OperateAsync("docs/operations.md waits");

            await OwnAsync(Directory.CreateDirectory(Path.Combine(folder, "archive")));
            await OperateAsync("docs/operations.md archive");
            await server.DisposeAsync();
            server = await PostgresServer.StartAsync(first, Ct);
            await File.AppendAllTextAsync(Path.Combine(folder, "first", "postgres", "pg_hba.conf"), "local replication all scram-sha-256\n", Ct);
            await ScalarAsync("SELECT pg_reload_conf()");
            await OperateAsync("docs/operations.md copy");
            await ScalarAsync("CREATE TABLE made_after_the_backup AS SELECT 'kept'");
            var moment = (string)(await ScalarAsync("SELECT clock_timestamp()::text"))!;
            await ScalarAsync("DROP TABLE made_after_the_backup");
            // What is not archived yet is when it ends.
            await server.DisposeAsync();

            var restored = Directory.CreateDirectory(Path.Combine(folder, "restored"));
            File.Copy(Path.Combine(folder, "first", "password"), Path.Combine(restored.FullName, "password"));
            await OperateAsync("docs/operations.md restore", moment: moment);
            await OwnAsync(new(Path.Combine(restored.FullName, "postgres")));
            server = await PostgresServer.StartAsync(new() { DataDirectory = restored.FullName }, Ct);
            await ReadAuditTests.EventuallyAsync(async () => await ScalarAsync("SELECT pg_is_in_recovery()") is false);
            Assert.Equal("kept", await ScalarAsync("SELECT * FROM made_after_the_backup"));
            Assert.Equal(Operators.Order(), ran.Order());

            NpgsqlConnectionStringBuilder On(string database) => new(server.ConnectionString) { Database = database, Pooling = false };

            Task OperateAsync(string name, string database = "lab", string? moment = null)
            {
                ran.Add(name);
                var at = On(database);
                return RunAsync(Blocks[name], Here(Blocks[name].Commands, moment),
                    ("PATH", $"{server.BinDirectory}:{Environment.GetEnvironmentVariable("PATH")}"), ("ConnectionStrings__Lab", at.ConnectionString), ("Lab__Key", HostProcess.LabKeyText),
                    ("DATABASE", $"host={at.Host} port={at.Port} user={at.Username} password={at.Password} dbname={at.Database}"));
            }

            async Task<object?> ScalarAsync(string sql, string database = "lab")
            {
                await using var connection = new NpgsqlConnection(On(database).ConnectionString);
                await connection.OpenAsync(Ct);
                await using var command = new NpgsqlCommand(sql, connection);
                return await command.ExecuteScalarAsync(Ct);
            }

            // To the user that the server runs as.
            async Task OwnAsync(DirectoryInfo given)
            {
                using var chown = Process.Start("chown", ["-R", $"--reference={Path.Combine(folder, "first", "postgres")}", given.FullName]);
                await chown.WaitForExitAsync(Ct);
            }
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>With the folders of an operator in the test's own, the backup of today, and the moment that is to be restored.</summary>
    private string Here(string commands, string? moment) => commands
        .Replace("2026-11-29 08:14:00+00", moment, StringComparison.Ordinal).Replace("/2026-11-29", "/$(date +%F)", StringComparison.Ordinal)
        .Replace("/archive", Path.Combine(folder, "archive"), StringComparison.Ordinal).Replace("/backup", Path.Combine(folder, "backup"), StringComparison.Ordinal)
        .Replace("/restored", Path.Combine(folder, "restored", "postgres"), StringComparison.Ordinal).Replace("Lab.Api.dll", HostProcess.Program, StringComparison.Ordinal);

    /// <summary>As it is built already.</summary>
    private static string Built(string commands) => commands.Replace("--project src/Lab.Api", $"--project src/Lab.Api --no-build -c {Configuration}", StringComparison.Ordinal);

    private static string Configuration => typeof(DocumentedCommandsTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static string Text(string document) => File.ReadAllText(Path.Combine(Repository.Root, document));

    private async Task RunAsync(Block block, string commands, params (string Name, string Value)[] settings)
    {
        using var bash = Bash(commands, settings);
        // One of them waits for what may never come.
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await using var end = late.Token.Register(() => bash.Kill(entireProcessTree: true));
        var (output, error) = (bash.StandardOutput.ReadToEndAsync(Ct), bash.StandardError.ReadToEndAsync(Ct));
        await bash.WaitForExitAsync(Ct);
        var printed = await output;
        Assert.True(bash.ExitCode == 0, $"{block.Name} ended with {bash.ExitCode}:\n{printed}{await error}");
        Assert.DoesNotContain("unauthenticated", printed, StringComparison.Ordinal);
        foreach (var line in block.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var pattern = Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal);
            Assert.True(Regex.IsMatch(printed, pattern), $"{block.Name} does not print\n{line}\nbut\n{printed[..Math.Min(printed.Length, 3000)]}");
        }
    }

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

    private Process Bash(string commands, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", commands])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = folder },
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("http://localhost:(5080|8080)")]
    private static partial Regex Printed();

    [GeneratedRegex(@"^```(sh|bash|shell|console|sql)$", RegexOptions.Multiline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"^<!-- (?<name>[a-z0-9-]+) -->\n```sh\n(?<commands>[\s\S]*?)^```\n(\n```text\n(?<output>[\s\S]*?)^```\n)?", RegexOptions.Multiline)]
    private static partial Regex Named();

    private sealed record Block(string Name, string Commands, string Output);
}
