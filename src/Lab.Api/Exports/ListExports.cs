using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Exports;

/// <summary>Lists exports, the newest first.</summary>
public static class ListExports
{
    public sealed record Query(string? Status, Paging Paging) : IRequest<Page<ExportState>>;

    /// <summary>List exports</summary>
    public static async Task<Ok<Page<ExportState>>> GetAsync(string? status, int? limit, string? cursor, HttpContext context, IMediator sender)
    {
        var filters = new Filters();
        var query = new Query(filters.Word("status", status, LongTask.Statuses), Paging.Of(context, limit, cursor));
        filters.Demand();
        return TypedResults.Ok(await sender.Send(query, context.RequestAborted));
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<ExportState>>
    {
        public async Task<Page<ExportState>> Handle(Query query, CancellationToken cancellation)
        {
            var tasks = (await session.ModelAsync(cancellation)).Tasks.Where(t => t.Kind == WriteExport.TaskKind);
            // Row-level security says the same, but not in words that an index can follow.
            if (session.Caller.PartnerId is { } partner) tasks = tasks.Where(t => t.PartnerId == partner);
            if (query.Status is { } status) tasks = tasks.Where(t => t.Status == status);
            if (query.Paging.After is { } place)
            {
                var after = Paging.Id(place);
                tasks = tasks.Where(t => t.Id < after);
            }
            var found = await tasks.OrderByDescending(t => t.Id).Take(query.Paging.Limit + 1).ToListAsync(cancellation);
            return query.Paging.Page([.. found.Select(ExportState.Of)], e => e.Id.ToString());
        }
    }
}
