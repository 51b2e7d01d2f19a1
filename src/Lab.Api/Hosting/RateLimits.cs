using System.Globalization;
using System.Threading.RateLimiting;

namespace Lab.Api.Hosting;

/// <summary>How much one client may ask at once and in a minute, told in <c>RateLimit</c> and <c>RateLimit-Policy</c> (draft-ietf-httpapi-ratelimit-headers). By key or token, else
/// by address; at each node for itself. The defaults stop what runs wild and nothing that works: a thousand requests a second without end.</summary>
public sealed class RateLimits
{
    private const int RequestsPerMinute = 60_000, AtOnce = 512;
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(1);
    private readonly int perMinute, atOnce;
    private readonly ClientLimiters<string> requests, concurrent;

    public RateLimits(IConfiguration configuration)
    {
        IsEnabled = configuration.GetValue("RateLimits:Enabled", true);
        perMinute = Positive(configuration, "RateLimits:RequestsPerMinute", RequestsPerMinute);
        atOnce = Positive(configuration, "RateLimits:ConcurrentRequests", AtOnce);
        // Refilled by the time that has gone, so that nobody waits for the end of a window.
        requests = new(() => new TokenBucketRateLimiter(new()
        {
            TokenLimit = perMinute,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1),
            TokensPerPeriod = perMinute,
            AutoReplenishment = false,
            QueueLimit = 0,
        }), Forgotten);
        concurrent = new(() => new ConcurrencyLimiter(new() { PermitLimit = atOnce, QueueLimit = 0 }), Forgotten);
    }

    public bool IsEnabled { get; }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // Who asks whether this node lives must hear it.
        if (!IsEnabled || context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }
        var caller = Caller.Of(context.User);
        var client = context.User.Identity?.IsAuthenticated == true ? caller.Client : $"address {FailedAuthentication.Network(context.Connection.RemoteIpAddress)}";
        using var turn = requests.Of(client).AttemptAcquire();
        using var place = turn.IsAcquired ? concurrent.Of(client).AttemptAcquire() : turn;
        // At the end, because a failure begins its answer anew.
        context.Response.OnStarting(() =>
        {
            Tell(context.Response.Headers, client);
            return Task.CompletedTask;
        });
        if (turn.IsAcquired && place.IsAcquired)
        {
            await next(context);
            return;
        }
        var seconds = turn.IsAcquired ? 1 : Math.Max(1, (int)Math.Ceiling(60.0 / perMinute));
        throw new ProblemException(ProblemCodes.TooManyRequests, turn.IsAcquired
            ? string.Create(CultureInfo.InvariantCulture, $"More than {atOnce} requests of this client are open.")
            : string.Create(CultureInfo.InvariantCulture, $"This client asked more than {perMinute} times in a minute."), retryAfter: seconds);
    }

    /// <summary>What is left, and in how many seconds it will be all again.</summary>
    private void Tell(IHeaderDictionary headers, string client)
    {
        var left = requests.Of(client).GetStatistics()?.CurrentAvailablePermits ?? 0;
        var places = concurrent.Of(client).GetStatistics()?.CurrentAvailablePermits ?? 0;
        var seconds = (int)Math.Ceiling((perMinute - left) * 60.0 / perMinute);
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"requests\";q={perMinute};w=60, \"concurrent\";q={atOnce};qu=\"concurrent-requests\"");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"requests\";r={left};t={seconds}, \"concurrent\";r={places}");
    }

    private static int Positive(IConfiguration configuration, string setting, int otherwise) => configuration.GetValue(setting, otherwise) is > 0 and var value
        ? value
        : throw new InvalidOperationException($"{setting} is a number above 0; RateLimits:Enabled=false switches limits off.");
}

/// <summary>Limits by client, after it is known who asks.</summary>
public static class RateLimiting
{
    public static void UseRateLimits(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<RateLimits>();
        app.Use((context, next) => limits.InvokeAsync(context, next));
    }
}
