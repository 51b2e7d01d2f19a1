using System.Net;
using Lab.Api.Tests.Audit;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Whom a balancer sends requests to.</summary>
public sealed class HealthTests(ProductionHost host, TestDatabase databases) : IClassFixture<ProductionHost>
{
    private const string Newest = """SELECT max("MigrationId") FROM lab.migration""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_schema_that_is_older_is_not_ready_until_it_is_migrated_and_a_newer_one_is()
    {
        var database = await databases.CreateAsync();
        var newest = await SqlAsync<string>(database, Newest);
        await SqlAsync<int>(database, """DELETE FROM lab.migration WHERE "MigrationId" = $1""", newest!);
        await using var node = await HostProcess.StartAsync(database, "", settings: [("ASPNETCORE_ENVIRONMENT", "Production")]);
        using var http = new HttpClient { BaseAddress = node.BaseAddress };
        Assert.Contains("run `migrate`", await WhyNotReadyAsync(await http.GetAsync("health/ready", Ct)), StringComparison.Ordinal);
        // Another's migration does not stand for this one.
        await SqlAsync<int>(database, """INSERT INTO lab.migration VALUES ('99991231235959_Newer', '10.0.0')""");
        Assert.Contains("run `migrate`", await WhyNotReadyAsync(await http.GetAsync("health/ready", Ct)), StringComparison.Ordinal);
        await SqlAsync<int>(database, "INSERT INTO lab.migration VALUES ($1, '10.0.0')", newest!);
        Assert.Equal("""{"status":"ready"}""", await http.GetStringAsync("health/ready", Ct));
    }

    [Fact]
    public async Task A_node_that_serves_stays_ready_while_a_newer_version_migrates()
    {
        using var http = host.Http();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("health/ready", Ct)).StatusCode);
        await using var connection = new NpgsqlConnection(host.Database);
        await connection.OpenAsync(Ct);
        await using var migrating = await connection.BeginTransactionAsync(Ct);
        // As Entity Framework does for as long as migrations run.
        await using var locking = new NpgsqlCommand("LOCK TABLE lab.migration IN ACCESS EXCLUSIVE MODE", connection, migrating);
        await locking.ExecuteNonQueryAsync(Ct);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("health/ready", Ct)).StatusCode);
    }

    [Fact]
    public async Task While_the_database_is_away_nobody_is_sent_to_a_node_and_afterwards_they_are()
    {
        using var http = host.Http();
        var server = new NpgsqlConnectionStringBuilder(host.Database) { Database = "postgres" };
        var name = new NpgsqlConnectionStringBuilder(host.Database).Database!;
        await SqlAsync<int>(server.ConnectionString, $"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        await SqlAsync<bool>(server.ConnectionString, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name);
        using var away = await http.GetAsync("health/ready", Ct);
        using var live = await http.GetAsync("health/live", Ct);
        await SqlAsync<int>(server.ConnectionString, $"ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        Assert.Equal("The database does not answer.", await WhyNotReadyAsync(away));
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        await ReadAuditTests.EventuallyAsync(async () => (await http.GetAsync("health/ready", Ct)).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_room_for_files_of_its_own_a_node_is_not_ready()
    {
        await using var node = await HostProcess.StartAsync(await databases.CreateAsync(), "", settings:
            [("ASPNETCORE_ENVIRONMENT", "Production"), ("Database__Private", AppContext.BaseDirectory), ("Health__FreeMiB", "1000000000000")]);
        using var http = new HttpClient { BaseAddress = node.BaseAddress };
        Assert.Equal("Less than 1000000000000 MiB are free in the temporary folder and in the data folder of the private PostgreSQL: make room.", await WhyNotReadyAsync(await http.GetAsync("health/ready", Ct)));
    }

    [Fact]
    public async Task Work_that_waits_since_yesterday_takes_no_node_out()
    {
        using var http = host.Http();
        var client = new LabClient(http, await LabHost.KeyForAsync(host.Database, null, "profiles:write", "reports:read"));
        var upload = await client.UploadProfileAsync("WAITING", SampleFiles.Kreport(1), cancellation: Ct);
        await client.WaitForReportAsync(upload.AnalysisId, Ct);
        await SqlAsync<int>(host.Database, """
            UPDATE lab.analysis SET status = 'running', finished_at = NULL, queued_at = now() - interval '1 day', lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour'
            """);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("health/ready", Ct)).StatusCode);
    }

    private static async Task<string> WhyNotReadyAsync(HttpResponseMessage answer)
    {
        Assert.NotNull(answer.Headers.RetryAfter?.Delta);
        return (await Problems.AssertAsync(answer, 503, "unavailable")).GetProperty("detail").GetString()!;
    }

    private static async Task<T?> SqlAsync<T>(string database, string sql, params object[] parameters)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync(Ct) is T found ? found : default;
    }
}
