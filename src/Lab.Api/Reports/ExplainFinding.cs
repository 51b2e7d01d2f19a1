using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Storage;
using Lab.Microbiome.Reports;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Reports;

/// <summary>Why a report has a finding: the rule, the limit, the cohort, and each step to its severity.</summary>
public static class ExplainFinding
{
    public sealed record Query(Guid Report, string Code) : IRequest<FindingExplanation>;

    /// <summary>Explain a finding</summary>
    public static async Task<Ok<FindingExplanation>> GetAsync(string id, string code, IMediator sender, CancellationToken cancellation) =>
        TypedResults.Ok(await sender.Send(new Query(Ids.Demand(id), code), cancellation));

    public sealed class Handler(LabSession session, ReadAudit reads, ReferenceLibrary library) : IRequestHandler<Query, FindingExplanation>
    {
        public async Task<FindingExplanation> Handle(Query query, CancellationToken cancellation)
        {
            var content = ReportDocument.Read((await StoredReport.DemandAsync(session, reads, query.Report, cancellation)).Document);
            var finding = content.Findings.FirstOrDefault(f => f.Code == query.Code) ?? throw new ProblemException(ProblemCodes.NotFound, "The report has no such finding.");
            var panel = await library.FindPanelAsync(content.Method.Panel, cancellation) ?? throw new InvalidOperationException($"The panel {content.Method.Panel} is gone.");
            var cohort = await library.FindCohortAsync(content.Method.Cohort!, cancellation) ?? throw new InvalidOperationException($"The cohort {content.Method.Cohort} is gone.");
            return FindingExplanation.Of(finding, content.Method.CohortMatch, panel, cohort);
        }
    }
}
