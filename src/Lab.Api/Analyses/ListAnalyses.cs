using AutoMapper;
using AutoMapper.QueryableExtensions;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Analyses;

/// <summary>Lists analyses, the newest first.</summary>
public static class ListAnalyses
{
    public static readonly string[] Statuses = ["queued", "running", "succeeded", "failed", "cancelled"];

    public sealed record Query(string? Status, Paging Paging) : IRequest<Page<AnalysisState>>;

    /// <summary>List analyses</summary>
    public static async Task<Ok<Page<AnalysisState>>> GetAsync(string? status, int? limit, string? cursor, HttpContext context, IMediator sender)
    {
        var filters = new Filters();
        var query = new Query(filters.Word("status", status, Statuses), Paging.Of(context, limit, cursor));
        filters.Demand();
        return TypedResults.Ok(await sender.Send(query, context.RequestAborted));
    }

    public sealed class Mapping : AutoMapper.Profile
    {
        public Mapping() => CreateMap<Analysis, AnalysisState>().ForMember(a => a.Accession, map => map.MapFrom(a => a.Profile!.Sample!.Accession));
    }

    public sealed class Handler(LabSession session, IMapper mapper) : IRequestHandler<Query, Page<AnalysisState>>
    {
        public async Task<Page<AnalysisState>> Handle(Query query, CancellationToken cancellation)
        {
            var analyses = (await session.ModelAsync(cancellation)).Analyses.AsQueryable();
            // Row-level security says the same, but not in words that an index can follow.
            if (session.Caller.PartnerId is { } partner) analyses = analyses.Where(a => a.PartnerId == partner);
            if (query.Status is { } status) analyses = analyses.Where(a => a.Status == status);
            if (query.Paging.After is { } place)
            {
                var after = Paging.Id(place);
                analyses = analyses.Where(a => a.Id < after);
            }
            var found = await analyses.OrderByDescending(a => a.Id).Take(query.Paging.Limit + 1).ProjectTo<AnalysisState>(mapper.ConfigurationProvider).ToListAsync(cancellation);
            return query.Paging.Page(found, a => a.Id.ToString());
        }
    }
}
