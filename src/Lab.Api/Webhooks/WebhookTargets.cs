using System.Net;
using System.Net.Sockets;

namespace Lab.Api.Webhooks;

/// <summary>The target of a webhook is none that requests may go to.</summary>
public sealed class RefusedTargetException(string message) : Exception(message);

/// <summary>Which addresses a webhook may reach: public ones, by https. The name is looked up once, all its addresses are checked, and the connection goes to
/// exactly these: what the name says a moment later is of no matter. What a lab needs inside its own network, its configuration names.</summary>
public sealed class WebhookTargets
{
    private static readonly int[] Ports = [443, 8443];

    /// <summary>RFC 6890 and its successors: everything below is not on the public network, or leads elsewhere.</summary>
    private static readonly IPNetwork[] NotPublic4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    // Of IPv6 only this is in use for hosts; mapped, translated (64:ff9b::/96), unique local, link-local and multicast addresses are outside.
    private static readonly IPNetwork Public6 = IPNetwork.Parse("2000::/3");

    /// <summary>Teredo, benchmarking, ORCHID, documentation, 6to4 (which holds an IPv4 address), documentation again.</summary>
    private static readonly IPNetwork[] NotPublic6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20" }.Select(n => IPNetwork.Parse(n))];

    private readonly HashSet<string> hosts;
    private readonly IPNetwork[] networks;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve;

    /// <param name="configuration"><c>Webhooks:AllowedHosts</c> are names, <c>Webhooks:AllowedNetworks</c> networks as 10.1.0.0/16; both lists.</param>
    /// <param name="resolve">Looks a name up; null: as the host does.</param>
    public WebhookTargets(IConfiguration configuration, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        hosts = new(configuration.GetSection("Webhooks:AllowedHosts").Get<string[]>() ?? [], StringComparer.OrdinalIgnoreCase);
        networks = [.. (configuration.GetSection("Webhooks:AllowedNetworks").Get<string[]>() ?? []).Select(n => IPNetwork.Parse(n))];
        this.resolve = resolve ?? Dns.GetHostAddressesAsync;
    }

    /// <summary>Whether a URL can be a target; what its name leads to is seen when it is connected to.</summary>
    /// <returns>Null, or why not.</returns>
    public string? Refusal(string url)
    {
        if (url.Length > 2000 || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.HostNameType is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6))
        {
            return "This is no absolute URL of at most 2,000 characters.";
        }
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0) return "A URL of a webhook has neither user nor fragment.";
        var literal = IPAddress.TryParse(uri.IdnHost, out var address) ? address : null;
        if (hosts.Contains(uri.IdnHost) || (literal is not null && IsAllowed(literal))) return uri.Scheme is "https" or "http" ? null : "A webhook is reached by https.";
        if (uri.Scheme != Uri.UriSchemeHttps) return "A webhook is reached by https.";
        if (!Ports.Contains(uri.Port)) return $"A webhook listens on port {string.Join(" or ", Ports)}.";
        return literal is not null && !IsPublic(literal) ? "The address is not public." : null;
    }

    /// <summary>Whether an address is a host's on the public network.</summary>
    public static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !NotPublic4.Any(n => n.Contains(address)),
        // IPNetwork.Contains takes a mapped address for its IPv4 address, and finds it in networks of IPv6.
        AddressFamily.InterNetworkV6 => !address.IsIPv4MappedToIPv6 && address.ScopeId == 0 && Public6.Contains(address) && !NotPublic6.Any(n => n.Contains(address)),
        _ => false,
    };

    /// <summary>The client that sends: it follows no redirect, uses no proxy, keeps no cookie, and connects only to what may be reached.</summary>
    public HttpMessageInvoker Client() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        MaxResponseHeadersLength = 64,
        // What was not read of an answer is not read to keep the connection either.
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
        ConnectCallback = async (context, cancellation) => await ConnectAsync(context.DnsEndPoint, cancellation),
    });

    private bool IsAllowed(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return networks.Any(n => n.BaseAddress.AddressFamily == plain.AddressFamily && n.Contains(plain));
    }

    private async Task<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellation)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await LookUpAsync(target.Host, cancellation);
        // One that leads inside makes the name one that cannot be trusted.
        if (addresses.Length == 0 || !(hosts.Contains(target.Host) || addresses.All(a => IsAllowed(a) || IsPublic(a)))) throw new RefusedTargetException("The name leads to no public address.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<IPAddress[]> LookUpAsync(string host, CancellationToken cancellation)
    {
        try
        {
            return await resolve(host, cancellation);
        }
        catch (SocketException)
        {
            // As for a name of the inside: who asks learns nothing of which names there are.
            return [];
        }
    }
}
