using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Lab.Api.Hosting;

/// <summary>Failed authentication by address: past 30 a minute a failure is 429. A right key still opens: keys cannot be guessed, and one forgotten instrument must not lock out
/// the laboratory that shares its address.</summary>
public sealed class FailedAuthentication(bool limited)
{
    private const int PerMinute = 30;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly object Exceeded = new();

    private readonly ClientLimiters<IPAddress> limiters = new(
        () => new FixedWindowRateLimiter(new() { PermitLimit = PerMinute, Window = Minute, AutoReplenishment = false, QueueLimit = 0 }), Minute);

    /// <summary>Counts a failure.</summary>
    public void Note(HttpContext context)
    {
        if (!limited || context.Items.ContainsKey(Exceeded)) return;
        using var lease = limiters.Of(Network(context.Connection.RemoteIpAddress)).AttemptAcquire();
        if (!lease.IsAcquired) context.Items[Exceeded] = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? (int)Math.Ceiling(after.TotalSeconds) : 60;
    }

    /// <summary>The answer instead of 401; null while there were few.</summary>
    public ProblemException? Refusal(HttpContext context) => context.Items.TryGetValue(Exceeded, out var seconds)
        ? new ProblemException(ProblemCodes.TooManyRequests, "Authentication failed too often from this address.", "Check the key, and wait.", retryAfter: Math.Max(1, (int)seconds!))
        : null;

    /// <summary>A household or office has a /64 of IPv6.</summary>
    public static IPAddress Network(IPAddress? address)
    {
        if (address is null) return IPAddress.None;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
