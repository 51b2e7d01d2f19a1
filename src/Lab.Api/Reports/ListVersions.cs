using AutoMapper;
using AutoMapper.QueryableExtensions;
using Lab.Api.Analyses;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Reports;

/// <summary>The history of a series.</summary>
public static class ListVersions
{
    public sealed record Query(Guid Id) : IRequest<IReadOnlyList<ReportSummary>>;

    /// <summary>List the versions of a report</summary>
    public static async Task<Ok<Page<ReportSummary>>> GetAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Ok(new Page<ReportSummary> { Items = await sender.Send(new Query(Ids.Demand(id)), context.RequestAborted) });

    public sealed class Handler(LabSession session, IMapper mapper) : IRequestHandler<Query, IReadOnlyList<ReportSummary>>
    {
        public async Task<IReadOnlyList<ReportSummary>> Handle(Query query, CancellationToken cancellation)
        {
            var model = await session.ModelAsync(cancellation);
            var asked = await model.Reports.Where(r => r.Id == query.Id).Select(r => new { r.SampleId, r.Assay, r.Status, r.Sample!.ErasedAt }).SingleOrDefaultAsync(cancellation)
                ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such report, or it is not yours.");
            if (asked.ErasedAt is not null) throw Erasure.Gone();
            var all = session.Caller.SeesPreliminary;
            session.Caller.DemandReleased(asked.Status);
            return await model.Reports.Where(r => r.SampleId == asked.SampleId && r.Assay == asked.Assay && (all || r.Status != ReportSeries.Preliminary)).OrderBy(r => r.Version)
                .ProjectTo<ReportSummary>(mapper.ConfigurationProvider).ToListAsync(cancellation);
        }
    }
}
