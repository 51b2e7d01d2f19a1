using System.Net.Sockets;
using Docker.DotNet;
using Lab.Api.Storage;
using Lab.Api.Tests;
using Lab.EmbeddedPostgres;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Testcontainers.PostgreSql;
using Xunit;

[assembly: AssemblyFixture(typeof(TestDatabase))]

namespace Lab.Api.Tests;

/// <summary>One real PostgreSQL for the run: <c>LAB_TEST_POSTGRES</c> (a superuser's connection string, or <c>embedded</c>), else Testcontainers where
/// Docker answers, else a private one. Every class gets a database of its own, copied from one that was migrated once.</summary>
public sealed class TestDatabase : IAsyncLifetime
{
    private const string Variable = "LAB_TEST_POSTGRES", DockerSocket = "/var/run/docker.sock", ApiVersion = "DOCKER_API_VERSION";

    // Databases of runs that share a server must not meet.
    private readonly string run = $"lab_test_{Guid.CreateVersion7():n}";
    private readonly SemaphoreSlim copying = new(1);
    private readonly List<string> databases = [];
    private PostgreSqlContainer? container;
    private PostgresServer? server;
    private string? folder;
    private string admin = "";

    public async ValueTask InitializeAsync()
    {
        admin = await ServerAsync();
        await ExecuteAsync($"CREATE DATABASE {Template}");
        databases.Add(Template);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Lab", For(Template))]).Build();
        await using (var template = LabDatabase.Open(configuration)) await DatabaseMigration.RunAsync(template, CancellationToken.None);
        // A database that somebody is connected to cannot be copied.
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>A new, migrated, empty database; the connection string is a superuser's.</summary>
    public async Task<string> CreateAsync()
    {
        await copying.WaitAsync();
        try
        {
            var name = $"{run}_{databases.Count}";
            await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {Template}");
            databases.Add(name);
            return For(name);
        }
        finally
        {
            copying.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (container is null && server is null)
        {
            foreach (var name in databases) await ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        }
        if (container is not null) await container.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
        if (folder is not null) Directory.Delete(folder, recursive: true);
        copying.Dispose();
    }

    private string Template => $"{run}_template";

    private string For(string database) => new NpgsqlConnectionStringBuilder(admin) { Database = database }.ConnectionString;

    private async Task<string> ServerAsync()
    {
        var wanted = Environment.GetEnvironmentVariable(Variable);
        if (wanted is { Length: > 0 } and not "embedded") return wanted;
        if (wanted is not "embedded" && await DockerAnswersAsync())
        {
            try
            {
                container = new PostgreSqlBuilder("postgres:18").WithCommand("-c", "max_connections=200").Build();
                await container.StartAsync();
                return container.GetConnectionString();
            }
            catch (DockerApiException noImage)
            {
                // Docker is there, but without a registry to pull from; a private server is as real.
                container = null;
                Console.WriteLine($"Docker cannot run postgres:18, so the tests use a private PostgreSQL: {noImage.Message}");
            }
        }
        folder = Directory.CreateTempSubdirectory("lab-tests-").FullName;
        // The server may run as another user, who has to reach its data.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        server = await PostgresServer.StartAsync(new EmbeddedPostgresOptions { DataDirectory = Path.Combine(folder, "data") }, CancellationToken.None);
        return server.ConnectionString;
    }

    private static async Task<bool> DockerAnswersAsync()
    {
        if (Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 }) return true;
        if (!File.Exists(DockerSocket)) return false;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(DockerSocket), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var pong = await http.GetAsync(new Uri("http://docker/_ping"));
            // Testcontainers asks for its own API version, which an older daemon refuses; the daemon's own always does.
            if (Environment.GetEnvironmentVariable(ApiVersion) is null && pong.Headers.TryGetValues("Api-Version", out var version))
            {
                Environment.SetEnvironmentVariable(ApiVersion, version.First());
            }
            return pong.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(admin);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
