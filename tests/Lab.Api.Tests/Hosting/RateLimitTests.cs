using System.Net;
using System.Net.Sockets;
using System.Text;
using Lab.Api.Partners;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>How much one client may ask, and how it is told.</summary>
public sealed class RateLimitTests(TestDatabase databases)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Past_its_limit_a_client_is_429_with_what_to_wait_for_and_no_other_client_is()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key, settings: [("RateLimits__RequestsPerMinute", "30")]);
        using var http = Http(process, key);
        for (var i = 0; i < 30; i++)
        {
            using var answer = await http.GetAsync("v1/about", Ct);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("\"requests\";q=30;w=60, \"concurrent\";q=512;qu=\"concurrent-requests\"", Assert.Single(answer.Headers.GetValues("RateLimit-Policy")));
            Assert.Matches("^\"requests\";r=[0-9]+;t=[0-9]+, \"concurrent\";r=511$", Assert.Single(answer.Headers.GetValues("RateLimit")));
        }
        HttpResponseMessage? refused = null;
        // One may have been given back meanwhile: one every two seconds.
        for (var i = 0; i < 5 && refused?.StatusCode != HttpStatusCode.TooManyRequests; i++) refused = await http.GetAsync("v1/about", Ct);
        await Problems.AssertAsync(refused!, 429, "too-many-requests");
        Assert.Equal(TimeSpan.FromSeconds(2), refused!.Headers.RetryAfter!.Delta);
        Assert.StartsWith("\"requests\";r=0;t=60", Assert.Single(refused.Headers.GetValues("RateLimit")), StringComparison.Ordinal);
        using var other = Http(process, await LabHost.KeyForAsync(database, null, "samples:read"));
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("v1/about", Ct)).StatusCode);
        using var health = await http.GetAsync("health/live", Ct);
        Assert.Equal((HttpStatusCode.OK, false), (health.StatusCode, health.Headers.Contains("RateLimit")));
        await Task.Delay(refused.Headers.RetryAfter.Delta!.Value, Ct);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("v1/about", Ct)).StatusCode);
    }

    [Fact]
    public async Task Requests_that_are_open_are_limited_too_and_end_their_place_with_them()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key, settings: [("RateLimits__ConcurrentRequests", "2")]);
        using var http = Http(process, key);
        var held = new List<TcpClient>();
        for (var i = 0; i < 2; i++)
        {
            var tcp = new TcpClient();
            await tcp.ConnectAsync(process.BaseAddress.Host, process.BaseAddress.Port, Ct);
            await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/reports/preview HTTP/1.1\r\nHost: lab\r\nX-Api-Key: {key}\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n"), Ct);
            // Who is told to go on has a place.
            var told = new byte["HTTP/1.1 100".Length];
            await tcp.GetStream().ReadExactlyAsync(told, Ct);
            Assert.Equal("HTTP/1.1 100", Encoding.ASCII.GetString(told));
            held.Add(tcp);
        }
        var answer = await http.GetAsync("v1/about", Ct);
        await Problems.AssertAsync(answer, 429, "too-many-requests");
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
        held.ForEach(tcp => tcp.Dispose());
        do answer = await http.GetAsync("v1/about", Ct);
        while (answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Switched_off_nothing_is_limited_or_told()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key, settings: [("RateLimits__Enabled", "false"), ("RateLimits__RequestsPerMinute", "1")]);
        using var http = Http(process, key);
        for (var i = 0; i < 5; i++)
        {
            using var answer = await http.GetAsync("v1/about", Ct);
            Assert.Equal((HttpStatusCode.OK, false), (answer.StatusCode, answer.Headers.Contains("RateLimit")));
        }
    }

    [Fact]
    public async Task In_Production_failed_authentication_is_429_past_30_a_minute_and_a_right_key_still_opens()
    {
        var database = await databases.CreateAsync();
        await using var process = await HostProcess.StartAsync(database, "", settings: [("ASPNETCORE_ENVIRONMENT", "Production")]);
        using var wrong = Http(process, KeyText.Generate().Text);
        var statuses = new List<int>();
        for (var i = 0; i < 32; i++) statuses.Add((int)(await wrong.GetAsync("v1/about", Ct)).StatusCode);
        Assert.Equal([.. Enumerable.Repeat(401, 30), 429, 429], statuses);
        using var refused = await wrong.GetAsync("v1/about", Ct);
        await Problems.AssertAsync(refused, 429, "too-many-requests");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        using var right = Http(process, await LabHost.KeyForAsync(database, null, "samples:read"));
        Assert.Equal(HttpStatusCode.OK, (await right.GetAsync("v1/about", Ct)).StatusCode);
        // Who sends nothing has not failed.
        using var nobody = new HttpClient { BaseAddress = process.BaseAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("v1/about", Ct)).StatusCode);
    }

    private static HttpClient Http(HostProcess process, string key)
    {
        var http = new HttpClient { BaseAddress = process.BaseAddress };
        http.DefaultRequestHeaders.Add("X-Api-Key", key);
        return http;
    }
}
