using System.Net;
using System.Net.Sockets;
using System.Text;
using Lab.Api.Webhooks;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Lab.Api.Tests.Webhooks;

/// <summary>Requests that somebody else's URL makes the service send: none reaches what is inside.</summary>
public sealed class WebhookTargetsTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Inside =>
    [
        // This network, private, shared, loopback, link-local.
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1.2.3", "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.168.0.1", "192.168.255.255",
        // Protocol assignments, documentation, 6to4 relays, benchmarking, multicast, reserved, broadcast.
        "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        // IPv6: unspecified, loopback, mapped, compatible, translated, discard.
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1",
        // Teredo, ORCHID, documentation, 6to4 of loopback and of a private address, documentation, SRv6.
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::", "3fff::1", "5f00::1",
        // Unique local (also a cloud's metadata), link-local with and without scope, site-local, multicast.
        "fc00::1", "fd00:ec2::254", "fd12:3456:789a::1", "fe80::1", "fe80::1%1", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
    ];

    public static TheoryData<string> Outside =>
    [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001:830::200e",
    ];

    [Theory]
    [MemberData(nameof(Inside))]
    public async Task An_address_inside_is_refused_by_itself_in_a_URL_and_behind_a_name(string address)
    {
        var ip = IPAddress.Parse(address);
        Assert.False(WebhookTargets.IsPublic(ip));
        Assert.NotNull(Targets().Refusal(ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"https://[{address}]/" : $"https://{address}/"));
        Assert.Equal("refused", await SendAsync(Targets(resolve: ip), "https://partner.example/"));
        // A public one beside it makes it no better.
        Assert.Equal("refused", await SendAsync(Targets(resolve: [IPAddress.Parse("8.8.8.8"), ip]), "https://partner.example/"));
    }

    [Theory]
    [MemberData(nameof(Outside))]
    public void An_address_outside_is_not(string address)
    {
        var ip = IPAddress.Parse(address);
        Assert.True(WebhookTargets.IsPublic(ip));
        Assert.Null(Targets().Refusal(ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"https://[{address}]/" : $"https://{address}/"));
    }

    /// <summary>Ways to write the loopback address, and names that lead to it; a listener counts who comes.</summary>
    [Theory]
    [InlineData("http://127.0.0.1:{port}/")]
    [InlineData("http://127.1:{port}/")]
    [InlineData("http://127.0.1:{port}/")]
    [InlineData("http://2130706433:{port}/")]
    [InlineData("http://0x7f000001:{port}/")]
    [InlineData("http://0x7f.0.0.1:{port}/")]
    [InlineData("http://0x7f.1:{port}/")]
    [InlineData("http://0177.0.0.1:{port}/")]
    [InlineData("http://017700000001:{port}/")]
    [InlineData("http://0:{port}/")]
    [InlineData("http://0.0.0.0:{port}/")]
    [InlineData("http://[::1]:{port}/")]
    [InlineData("http://[::]:{port}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{port}/")]
    [InlineData("http://[::ffff:7f00:1]:{port}/")]
    [InlineData("http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/")]
    [InlineData("http://[64:ff9b::127.0.0.1]:{port}/")]
    [InlineData("http://localhost:{port}/")]
    [InlineData("http://LOCALHOST:{port}/")]
    [InlineData("http://localhost.:{port}/")]
    [InlineData("http://sub.localhost:{port}/")]
    [InlineData("http://partner.example@127.0.0.1:{port}/")]
    [InlineData("http://partner.example:443@127.0.0.1:{port}/")]
    [InlineData("http://127.0.0.1:{port}/#@partner.example/")]
    [InlineData("http://127.0.0.1:{port}\\@partner.example/")]
    [InlineData("http://①②⑦.⓪.⓪.①:{port}/")]
    [InlineData("http://127。0。0。1:{port}/")]
    public async Task However_it_is_written_the_loopback_address_is_not_reached(string url)
    {
        using var listener = Listener.Start();
        var written = url.Replace("{port}", $"{listener.Port}", StringComparison.Ordinal);
        Assert.NotNull(Targets().Refusal(written));
        Assert.NotNull(Targets().Refusal(written.Replace("http:", "https:", StringComparison.Ordinal)));
        // And if it were not refused where it is registered.
        Assert.NotEqual("answered", await SendAsync(new WebhookTargets(new ConfigurationBuilder().Build()), written));
        Assert.Equal(0, listener.Count);
    }

    [Fact]
    public async Task A_name_is_looked_up_once_so_another_answer_a_moment_later_is_of_no_matter()
    {
        using var listener = Listener.Start();
        var asked = 0;
        // Public when it is checked, inside when it would be connected to.
        var rebinding = new WebhookTargets(new ConfigurationBuilder().Build(), (_, _) => Task.FromResult<IPAddress[]>([Interlocked.Increment(ref asked) == 1 ? IPAddress.Parse("203.0.114.1") : IPAddress.Loopback]));
        Assert.NotEqual("answered", await SendAsync(rebinding, $"http://rebinding.example:{listener.Port}/"));
        Assert.Equal((1, 0), (asked, listener.Count));
        Assert.Equal("refused", await SendAsync(rebinding, $"http://rebinding.example:{listener.Port}/"));
        Assert.Equal((2, 0), (asked, listener.Count));
    }

    [Fact]
    public async Task A_redirect_to_the_inside_is_an_answer_and_nothing_more()
    {
        using var listener = Listener.Start();
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers["/redirects"] = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"http://127.0.0.2:{listener.Port}/";
            return Task.CompletedTask;
        };
        Assert.Equal("answered", await SendAsync(Targets("127.0.0.1/32"), receiver.At("redirects").ToString()));
        Assert.Equal(0, listener.Count);
    }

    [Fact]
    public async Task What_the_configuration_allows_is_reached_and_nothing_beside_it()
    {
        using var listener = Listener.Start();
        var url = $"http://127.0.0.1:{listener.Port}/";
        Assert.Null(Targets("127.0.0.0/8").Refusal(url));
        Assert.Equal("answered", await SendAsync(Targets("127.0.0.0/8"), url));
        Assert.Equal("answered", await SendAsync(Targets("127.0.0.0/8"), $"http://[::ffff:127.0.0.1]:{listener.Port}/"));
        Assert.NotNull(Targets("127.0.0.2/32").Refusal(url));
        Assert.Equal("refused", await SendAsync(Targets("127.0.0.2/32"), url));
        // By name: this one, whatever its address, and no other.
        var named = new WebhookTargets(new ConfigurationBuilder().AddInMemoryCollection([new("Webhooks:AllowedHosts:0", "inner.example")]).Build(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        Assert.Null(named.Refusal($"http://inner.example:{listener.Port}/"));
        Assert.NotNull(named.Refusal($"http://other.example:{listener.Port}/"));
        Assert.Equal("answered", await SendAsync(named, $"http://inner.example:{listener.Port}/"));
        Assert.Equal("refused", await SendAsync(named, $"http://other.example:{listener.Port}/"));
        Assert.Equal(3, listener.Count);
    }

    [Fact]
    public async Task No_proxy_of_the_environment_is_used()
    {
        using var proxy = Listener.Start();
        foreach (var name in new[] { "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY" }) Environment.SetEnvironmentVariable(name, $"http://127.0.0.1:{proxy.Port}");
        try
        {
            Assert.Equal("refused", await SendAsync(Targets(resolve: IPAddress.Parse("10.0.0.1")), "http://partner.example/"));
        }
        finally
        {
            foreach (var name in new[] { "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY" }) Environment.SetEnvironmentVariable(name, null);
        }
        Assert.Equal(0, proxy.Count);
    }

    [Theory]
    [InlineData("https://partner.example/hook?a=b")]
    [InlineData("https://partner.example:8443/")]
    [InlineData("https://xn--bcher-kva.example/")]
    [InlineData("https://bücher.example/")]
    public void A_public_https_endpoint_can_be_a_target(string url) => Assert.Null(Targets().Refusal(url));

    [Theory]
    [InlineData("http://partner.example/")]
    [InlineData("https://partner.example:22/")]
    [InlineData("https://partner.example:80/")]
    [InlineData("https://user@partner.example/")]
    [InlineData("https://partner.example/#x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://partner.example/")]
    [InlineData("//partner.example/")]
    [InlineData("https:///")]
    public void Anything_else_cannot(string url) => Assert.NotNull(Targets().Refusal(url));

    private static WebhookTargets Targets(string? network = null, params IPAddress[] resolve) => new(
        new ConfigurationBuilder().AddInMemoryCollection(network is null ? [] : [new("Webhooks:AllowedNetworks:0", network)]).Build(), (_, _) => Task.FromResult(resolve));

    /// <summary>Whether the target answered, was refused, or could not be reached.</summary>
    private static async Task<string> SendAsync(WebhookTargets targets, string url)
    {
        using var http = targets.Client();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent("{}") };
            using var response = await http.SendAsync(request, limit.Token);
            return "answered";
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or UriFormatException)
        {
            return e.InnerException is RefusedTargetException ? "refused" : "unreached";
        }
    }

    /// <summary>Something inside, on every loopback address: counts who connects, and answers as a web server.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.IPv6Any, 0);
        private int count;

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public int Count => Volatile.Read(ref count);

        public static Listener Start()
        {
            var started = new Listener();
            started.listener.Server.DualMode = true;
            started.listener.Start();
            _ = started.AcceptAsync();
            return started;
        }

        public void Dispose() => listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    Interlocked.Increment(ref count);
                    var stream = client.GetStream();
                    await stream.ReadExactlyAsync(new byte[1]);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // Disposed, or the client left.
            }
        }
    }
}
