using System.Net;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>The commands of the binary.</summary>
public sealed class AdministrationTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_create_prints_a_key_that_works_for_its_partner_and_scopes()
    {
        var (exit, key, error) = await HostProcess.RunAsync(host.Database, "keys", "create", "--name", "Reader", "--scopes", "samples:write, reports:read", "--partner", "made");
        Assert.Equal((0, ""), (exit, error));
        using var http = new HttpClient { BaseAddress = host.BaseAddress };
        var client = new LabClient(http, key);
        Assert.Equal("made", (await client.PutSampleAsync("MADE", new SampleRegistration(), Ct)).Partner);
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => client.PreviewReportAsync(SampleFiles.Kreport(1), cancellation: Ct));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Theory]
    [InlineData("--name N --scopes reports:read --partner")]
    [InlineData("--name N --scopes reports:read --partnr p")]
    [InlineData("--name N --scopes reports:read --partner *")]
    [InlineData("--name N --scopes reports:read --partner p --partner q")]
    [InlineData("--name N --scopes reports:all")]
    [InlineData("--name N")]
    [InlineData("--scopes reports:read")]
    [InlineData("--name N --scopes reports:read --expires soon")]
    public async Task Keys_create_makes_no_key_of_what_it_does_not_understand(string arguments)
    {
        var (exit, key, error) = await HostProcess.RunAsync(host.Database, ["keys", "create", .. arguments.Split(' ')]);
        Assert.Equal((2, ""), (exit, key));
        Assert.Contains("keys create", error, StringComparison.Ordinal);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.api_key WHERE name = 'N'"));
    }

    [Fact]
    public async Task Migrate_may_be_repeated()
    {
        var (exit, _, error) = await HostProcess.RunAsync(host.Database, "migrate");
        Assert.Equal((0, ""), (exit, error));
        Assert.True(await host.Client.IsReadyAsync(Ct));
    }

    /// <summary>As deploy/README.md has it: an administrator has migrated once, and gave each role a login of its own.</summary>
    [Fact]
    public async Task Each_role_may_have_a_login_of_its_own_and_none_needs_an_administrator_again()
    {
        var database = await databases.CreateAsync();
        Assert.Equal(0, (await HostProcess.RunAsync(database, "migrate")).ExitCode);
        await using var administrator = NpgsqlDataSource.Create(database);
        async Task<object?> AskAsync(string sql)
        {
            await using var command = administrator.CreateCommand(sql);
            return await command.ExecuteScalarAsync(Ct);
        }
        string[] roles = ["lab_app", "lab_worker", "lab_owner"];
        var logins = roles.Select(role => $"{role}_{Guid.CreateVersion7():n}").ToArray();
        foreach (var (role, login) in roles.Zip(logins)) await AskAsync($"CREATE ROLE {login} LOGIN PASSWORD 'a secret of the test' IN ROLE {role}");
        try
        {
            (string Name, string Value)[] settings = [.. new[] { "ConnectionStrings__Lab", "ConnectionStrings__LabWorker", "ConnectionStrings__LabOwner" }.Zip(logins,
                (name, login) => (name, new NpgsqlConnectionStringBuilder(database) { Username = login, Password = "a secret of the test" }.ConnectionString))];
            // What a later version makes: here all of Hangfire's.
            await AskAsync("DROP SCHEMA hangfire CASCADE");
            var (exit, _, error) = await HostProcess.RunAsync(settings, "migrate");
            Assert.Equal((0, ""), (exit, error));
            Assert.Equal("lab_owner", await AskAsync("SELECT string_agg(DISTINCT pg_get_userbyid(relowner)::text, ', ') FROM pg_class WHERE relnamespace IN ('lab'::regnamespace, 'hangfire'::regnamespace)"));

            await using var process = await HostProcess.StartAsync(database, "not a demo key", settings: [.. settings[..2], ("ASPNETCORE_ENVIRONMENT", "Production")]);
            using var http = new HttpClient { BaseAddress = process.BaseAddress };
            var client = new LabClient(http, await LabHost.KeyForAsync(database, "own", "samples:write", "profiles:write", "reports:read"));
            var upload = await client.UploadProfileAsync("BY-THREE", SampleFiles.Kreport(1), cancellation: Ct);
            Assert.NotNull(await client.WaitForReportAsync(upload.AnalysisId, Ct));
        }
        finally
        {
            foreach (var login in logins) await AskAsync($"DROP ROLE {login}");
        }
    }
}
