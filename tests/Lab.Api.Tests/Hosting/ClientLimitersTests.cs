using System.Diagnostics;
using System.Threading.RateLimiting;
using Lab.Api.Hosting;
using Xunit;

namespace Lab.Api.Tests.Hosting;

public sealed class ClientLimitersTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_client_has_its_own_and_time_refills_it()
    {
        var limiters = new ClientLimiters<string>(() => new TokenBucketRateLimiter(new() { TokenLimit = 2, TokensPerPeriod = 2, ReplenishmentPeriod = TimeSpan.FromSeconds(4), AutoReplenishment = false }), TimeSpan.FromMinutes(1));
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => limiters.Of("a").AttemptAcquire().IsAcquired));
        Assert.True(limiters.Of("b").AttemptAcquire().IsAcquired);
        var waited = Stopwatch.StartNew();
        while (!limiters.Of("a").AttemptAcquire().IsAcquired) await Task.Delay(20, Ct);
        Assert.InRange(waited.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Who_has_been_away_is_forgotten_and_who_holds_something_is_not()
    {
        var limiters = new ClientLimiters<int>(() => new ConcurrencyLimiter(new() { PermitLimit = 1 }), TimeSpan.FromMilliseconds(200));
        using var held = limiters.Of(-1).AttemptAcquire();
        for (var client = 0; client < 1000; client++) limiters.Of(client).AttemptAcquire().Dispose();
        for (var waited = Stopwatch.StartNew(); limiters.Count > 2 && waited.Elapsed < TimeSpan.FromSeconds(10);)
        {
            await Task.Delay(200, Ct);
            limiters.Of(-2);
        }
        Assert.InRange(limiters.Count, 1, 2);
        Assert.False(limiters.Of(-1).AttemptAcquire().IsAcquired);
    }
}
