using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.RateLimiting;

namespace Lab.Api.Hosting;

/// <summary>A limiter for each client, refilled when it is asked and forgotten when its client has been away. .NET's <see cref="PartitionedRateLimiter{TResource}"/> wakes the process ten times a second
/// each, also while nobody asks: with three of them that was half of what an idle node used.</summary>
public sealed class ClientLimiters<TClient>(Func<RateLimiter> limiter, TimeSpan forgottenAfter) where TClient : notnull
{
    private readonly ConcurrentDictionary<TClient, RateLimiter> limiters = new();
    private long swept = Stopwatch.GetTimestamp();

    /// <summary>How many it remembers.</summary>
    public int Count => limiters.Count;

    public RateLimiter Of(TClient client)
    {
        var last = Volatile.Read(ref swept);
        if (Stopwatch.GetElapsedTime(last) > forgottenAfter && Interlocked.CompareExchange(ref swept, Stopwatch.GetTimestamp(), last) == last) Forget();
        return Refilled(limiters.GetOrAdd(client, _ => limiter()));
    }

    private void Forget()
    {
        foreach (var (client, _) in limiters.Where(l => Refilled(l.Value).IdleDuration > forgottenAfter)) limiters.TryRemove(client, out _);
    }

    private static RateLimiter Refilled(RateLimiter limiter)
    {
        (limiter as ReplenishingRateLimiter)?.TryReplenish();
        return limiter;
    }
}
