using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Reports;

/// <summary>A version as it is stored, for what is computed from it.</summary>
public sealed record StoredReport(Guid Id, Guid SampleId, string Assay, string Status, byte[] Document)
{
    /// <summary>The version, where the caller may read it, which is recorded: who may not release sees released versions only.</summary>
    public static async Task<StoredReport> DemandAsync(LabSession session, ReadAudit reads, Guid id, CancellationToken cancellation)
    {
        var model = await session.ModelAsync(cancellation);
        var report = await model.Reports.Where(r => r.Id == id).Select(r => new StoredReport(r.Id, r.SampleId, r.Assay, r.Status, r.Document)).SingleOrDefaultAsync(cancellation)
            ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such report, or it is not yours.");
        session.Caller.DemandReleased(report.Status);
        var document = Gzip.Expand(Erasure.Demand(report.Document));
        reads.Record(session.Caller, ReadAudit.Report, report.Id, report.SampleId);
        return report with { Document = document };
    }
}
