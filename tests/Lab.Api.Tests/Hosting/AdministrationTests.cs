using System.Net;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>The commands of the binary.</summary>
public sealed class AdministrationTests(LabHost host) : IClassFixture<LabHost>
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
}
