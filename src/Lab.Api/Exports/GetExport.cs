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
    public static Task<Ok<ExportState>> GetAsync(string id, int? wait, HttpContext context) => LongPoll.UntilDoneAsync(wait, context, () => new Query(Ids.Demand(id)), state => state.Status is "queued" or "running",
        Missing);

    public static ProblemException Missing() => new(ProblemCodes.NotFound, "There is no such export, or it is not yours.");

    public sealed class Handler(LabSession session) : IRequestHandler<Query, ExportState?>
    {
        public async Task<ExportState?> Handle(Query query, CancellationToken cancellation) =>
            await (await session.ModelAsync(cancellation)).Tasks.SingleOrDefaultAsync(t => t.Id == query.Id && t.Kind == WriteExport.TaskKind, cancellation) is { } task ? ExportState.Of(task) : null;
    }
}
