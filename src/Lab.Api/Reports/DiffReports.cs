using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Microbiome.Reports;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Reports;

/// <summary>What changed between two versions of one series.</summary>
public static class DiffReports
{
    public sealed record Query(Guid From, Guid To) : IRequest<ReportDiff>;

    /// <summary>Compare two versions of a report</summary>
    public static async Task<Ok<ReportDiff>> GetAsync(string id, string? to, IMediator sender, CancellationToken cancellation)
    {
        var from = Ids.Demand(id);
        if (!Guid.TryParseExact(to, "D", out var other)) throw new ProblemException(ProblemCodes.BadRequest, "to is the id of the version to compare with.");
        return TypedResults.Ok(await sender.Send(new Query(from, other), cancellation));
    }

    public sealed class Handler(LabSession session, ReadAudit reads) : IRequestHandler<Query, ReportDiff>
    {
        public async Task<ReportDiff> Handle(Query query, CancellationToken cancellation)
        {
            var from = await StoredReport.DemandAsync(session, reads, query.From, cancellation);
            var to = await StoredReport.DemandAsync(session, reads, query.To, cancellation);
            if ((from.SampleId, from.Assay) != (to.SampleId, to.Assay)) throw new ProblemException(ProblemCodes.OtherSeries, "The two reports are of different samples or assays.");
            return ReportDiff.Of(from.Document, to.Document);
        }
    }
}
