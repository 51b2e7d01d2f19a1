using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Partners;

/// <summary>Lists the partners by id.</summary>
public static class ListPartners
{
    public sealed record Query(Paging Paging) : IRequest<Page<PartnerDetails>>;

    /// <summary>List partners</summary>
    public static async Task<Ok<Page<PartnerDetails>>> GetAsync(int? limit, string? cursor, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Query(Paging.Of(context, limit, cursor)), context.RequestAborted));

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<PartnerDetails>>
    {
        public async Task<Page<PartnerDetails>> Handle(Query query, CancellationToken cancellation)
        {
            var partners = (await session.ModelAsync(cancellation)).Partners.AsQueryable();
            if (query.Paging.After is { } after) partners = partners.Where(p => EF.Functions.Collate(p.Id, "C").CompareTo(after) > 0);
            return query.Paging.Page(await partners.OrderBy(p => EF.Functions.Collate(p.Id, "C")).Take(query.Paging.Limit + 1)
                .Select(p => new PartnerDetails { Id = p.Id, Name = p.Name, CreatedAt = p.CreatedAt }).ToListAsync(cancellation), p => p.Id);
        }
    }
}
