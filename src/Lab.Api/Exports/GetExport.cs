using Lab.Api.Analyses;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Exports;

/// <summary>Follows one export; <c>wait</c> holds the answer until it is done.</summary>
public static class GetExport
{
    public sealed record Query(Guid Id) : IRequest<ExportState?>;

    /// <summary>Follow an export</summary>
    public static async Task<Ok<ExportState>> GetAsync(string id, int? wait, HttpContext context, IServiceScopeFactory scopes, AnalysisSignal signal, TimeProvider clock)
    {
        if (wait is < 0 or > 60) throw new ProblemException(ProblemCodes.BadRequest, "wait is a number of seconds from 0 to 60.");
        var export = Ids.Demand(id);
        var started = clock.GetTimestamp();
        while (true)
        {
            var done = signal.NextDone;
            // A transaction of its own for every look: a waiting client must not hold one open.
            var state = await LookAsync(export, context, scopes);
            var left = TimeSpan.FromSeconds(wait ?? 0) - clock.GetElapsedTime(started);
            var open = state.Status is "queued" or "running";
            if (!open || left <= TimeSpan.Zero)
            {
                if (open) context.Response.Headers.RetryAfter = "1";
                return TypedResults.Ok(state);
            }
            await AnalysisSignal.WaitAsync(done, left < TimeSpan.FromMilliseconds(250) ? left : TimeSpan.FromMilliseconds(250), context.RequestAborted);
        }
    }

    private static async Task<ExportState> LookAsync(Guid id, HttpContext context, IServiceScopeFactory scopes)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new Query(id), context.RequestAborted) ?? throw Missing();
    }

    public static ProblemException Missing() => new(ProblemCodes.NotFound, "There is no such export, or it is not yours.");

    public sealed class Handler(LabSession session) : IRequestHandler<Query, ExportState?>
    {
        public async Task<ExportState?> Handle(Query query, CancellationToken cancellation) =>
            await (await session.ModelAsync(cancellation)).Tasks.SingleOrDefaultAsync(t => t.Id == query.Id && t.Kind == WriteExport.TaskKind, cancellation) is { } task ? ExportState.Of(task) : null;
    }
}
