using Lab.Api.Hosting;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Analyses;

/// <summary>Holds an answer until what it tells of is done, or the client has waited as long as it would.</summary>
public static class LongPoll
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <param name="wait">Seconds, 0 to 60; null: none.</param>
    /// <param name="context">Of the request; it names the services.</param>
    /// <param name="query">Asked anew for every look; null where there is nothing.</param>
    /// <param name="isOpen">Whether it is still to be done.</param>
    /// <param name="missing">The problem of nothing.</param>
    public static async Task<Ok<T>> UntilDoneAsync<T>(int? wait, HttpContext context, Func<IRequest<T?>> query, Func<T, bool> isOpen, Func<ProblemException> missing) where T : class
    {
        if (wait is < 0 or > 60) throw new ProblemException(ProblemCodes.BadRequest, "wait is a number of seconds from 0 to 60.");
        var (services, cancellation) = (context.RequestServices, context.RequestAborted);
        var (signal, clock) = (services.GetRequiredService<AnalysisSignal>(), services.GetRequiredService<TimeProvider>());
        var (asked, started) = (query(), clock.GetTimestamp());
        while (true)
        {
            var done = signal.NextDone;
            // A transaction of its own for every look: a waiting client must not hold one open.
            T state;
            await using (var scope = services.CreateAsyncScope())
            {
                state = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(asked, cancellation) ?? throw missing();
            }
            var left = TimeSpan.FromSeconds(wait ?? 0) - clock.GetElapsedTime(started);
            var open = isOpen(state);
            if (!open || left <= TimeSpan.Zero)
            {
                if (open) context.Response.Headers.RetryAfter = "1";
                return TypedResults.Ok(state);
            }
            // Another node's work raises no signal here.
            await AnalysisSignal.WaitAsync(done, left < Look ? left : Look, cancellation);
        }
    }
}
