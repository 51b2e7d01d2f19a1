using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Lab.Api.Partners;
using Lab.Api.Tests.Audit;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>A host in Production on its own database.</summary>
public sealed class ProductionHost(TestDatabase databases) : IAsyncLifetime
{
    private HostProcess process = null!;

    public string Database { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Database = await databases.CreateAsync();
        process = await HostProcess.StartAsync(Database, "a demo key that must not open", settings: [("ASPNETCORE_ENVIRONMENT", "Production")]);
    }

    public HttpClient Http(string? key = null)
    {
        var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = process.BaseAddress };
        if (key is not null) http.DefaultRequestHeaders.Add("X-Api-Key", key);
        return http;
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();
}

/// <summary>Nothing is open in Production that does not say so, and what is for the lab's people is for them only.</summary>
public sealed class ProductionTests(ProductionHost host) : IClassFixture<ProductionHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("swagger/index.html")]
    [InlineData("SWAGGER/index.html")]
    [InlineData("swagger/index.js")]
    [InlineData("swagger/swagger-ui-bundle.js")]
    [InlineData("openapi/v1.json")]
    [InlineData("swagger/v1.json")]
    public async Task The_description_of_the_API_and_Swagger_UI_are_for_the_labs_people(string path)
    {
        using var nobody = host.Http();
        await Problems.AssertAsync(await nobody.GetAsync(path, Ct), 401, "unauthenticated");
        using var demo = host.Http("a demo key that must not open");
        await Problems.AssertAsync(await demo.GetAsync(path, Ct), 401, "unauthenticated");
        using var partner = host.Http(await LabHost.KeyForAsync(host.Database, "outside", "samples:write", "reports:read"));
        await Problems.AssertAsync(await partner.GetAsync(path, Ct), 403, "scope-missing");
        using var lab = host.Http(await LabHost.KeyForAsync(host.Database, null, "samples:read"));
        using var answer = await lab.GetAsync(path, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain("preauthorizeApiKey('ApiKey'", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_dashboard_is_for_audit_read_and_writes_only_with_reports_sign_from_its_own_pages()
    {
        using var nobody = host.Http();
        await Problems.AssertAsync(await nobody.GetAsync("hangfire", Ct), 401, "unauthenticated");
        // What its pages load, a browser asks for without a password first.
        Assert.Equal("Basic", Assert.Single((await nobody.GetAsync("hangfire/css1", Ct)).Headers.WwwAuthenticate).Scheme);
        using var without = host.Http(await LabHost.KeyForAsync(host.Database, null, "reports:sign", "clients:admin"));
        await Problems.AssertAsync(await without.GetAsync("hangfire", Ct), 403, "scope-missing");
        var (reading, signing) = (await LabHost.KeyForAsync(host.Database, null, "audit:read"), await LabHost.KeyForAsync(host.Database, null, "audit:read", "reports:sign"));
        using var reads = host.Http(reading);
        Assert.Equal(HttpStatusCode.OK, (await reads.GetAsync("hangfire", Ct)).StatusCode);
        foreach (var (key, origin, allowed) in new[] { (reading, null as string, false), (signing, "https://elsewhere.example", false), (signing, "null", false), (signing, null, false) })
        {
            using var http = host.Http();
            http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"any:{key}")));
            using var request = new HttpRequestMessage(HttpMethod.Post, "hangfire/jobs/enqueued/delete") { Content = new FormUrlEncodedContent([new("jobs[]", "1")]) };
            if (origin is not null) request.Headers.Add("Origin", origin);
            using var answer = await http.SendAsync(request, Ct);
            Assert.Equal((origin, allowed), (origin, answer.IsSuccessStatusCode));
            Assert.InRange((int)answer.StatusCode, 400, 499);
        }
    }

    [Fact]
    public async Task A_job_is_deleted_by_who_may_sign_with_the_token_that_the_page_of_the_dashboard_gives()
    {
        var job = await JobAsync();
        foreach (var (scopes, sendsToken, deletes) in new[] { (new[] { "audit:read" }, true, false), (["audit:read", "reports:sign"], false, false), (["audit:read", "reports:sign"], true, true) })
        {
            // As a browser: the key as a password, and the cookie that comes with the page.
            using var browser = host.Http();
            browser.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"any:{await LabHost.KeyForAsync(host.Database, null, scopes)}")));
            var page = await browser.GetStringAsync($"hangfire/jobs/details/{job}", Ct);
            using var delete = new HttpRequestMessage(HttpMethod.Post, $"hangfire/jobs/actions/delete/{job}");
            if (sendsToken) delete.Headers.Add(Meta(page, "csrf-header"), Meta(page, "csrf-token"));
            using var answer = await browser.SendAsync(delete, Ct);
            Assert.Equal((scopes, sendsToken, deletes), (scopes, sendsToken, answer.IsSuccessStatusCode));
            Assert.Equal(deletes ? "Deleted" : "Succeeded", await StateAsync(job));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("too short")]
    public async Task Without_the_key_of_the_installation_neither_the_host_nor_a_command_starts_and_each_says_so_in_a_sentence(string? given)
    {
        foreach (var arguments in new string[][] { [], ["keys", "create", "--name", "N", "--scopes", "samples:read"] })
        {
            var start = new ProcessStartInfo("dotnet", [HostProcess.Program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["ConnectionStrings__Lab"] = host.Database, ["ASPNETCORE_ENVIRONMENT"] = "Production", ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["Lab__Key"] = given },
            };
            using var process = Process.Start(start)!;
            var error = await process.StandardError.ReadToEndAsync(Ct);
            Assert.Equal("", await process.StandardOutput.ReadToEndAsync(Ct));
            await process.WaitForExitAsync(Ct);
            Assert.Equal(1, process.ExitCode);
            Assert.StartsWith("Lab:Key (in the environment Lab__Key) is not set", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task With_another_key_of_the_installation_no_key_works()
    {
        var key = await LabHost.KeyForAsync(host.Database, null, "samples:read");
        await using var other = await HostProcess.StartAsync(host.Database, KeyText.Generate().Text, "api", ("Lab__Key", "another key of 32 characters or more"));
        using var http = new HttpClient { BaseAddress = other.BaseAddress };
        http.DefaultRequestHeaders.Add("X-Api-Key", key);
        await Problems.AssertAsync(await http.GetAsync("v1/about", Ct), 401, "unauthenticated");
    }

    /// <summary>A job that was done.</summary>
    private async Task<long> JobAsync()
    {
        using var http = host.Http();
        var client = new LabClient(http, await LabHost.KeyForAsync(host.Database, null, "profiles:write", "reports:read"));
        var upload = await client.UploadProfileAsync("DONE", SampleFiles.Kreport(1), cancellation: Ct);
        await client.WaitForReportAsync(upload.AnalysisId, Ct);
        object? job = null;
        await ReadAuditTests.EventuallyAsync(async () => (job = await ScalarAsync("SELECT max(id) FROM hangfire.job WHERE statename = 'Succeeded'")) is long);
        return (long)job!;
    }

    private async Task<string?> StateAsync(long job) => (string?)await ScalarAsync($"SELECT statename FROM hangfire.job WHERE id = {job}");

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(host.Database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct);
    }

    private static string Meta(string page, string name) => Regex.Match(page, $"""<meta name="{name}" content="([^"]+)""").Groups[1].Value;
}
