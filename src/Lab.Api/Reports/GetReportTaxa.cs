using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Reports;

/// <summary>One taxon of the whole table of a report.</summary>
/// <param name="Rank">domain … species, strain, or none for a clade between the ranks.</param>
/// <param name="Taxid">NCBI taxid; null where it is not known.</param>
/// <param name="Name">The current name.</param>
/// <param name="FormerName">The best known of its former names.</param>
/// <param name="Fraction">Of all that is classified as Bacteria, Archaea or Fungi.</param>
/// <param name="Ci95">Of counting error; null where only fractions or estimated counts are known.</param>
/// <param name="Reads">Of the whole clade; null where the file has no counts.</param>
/// <param name="Reference">Its place in the report's cohort; null where the cohort may not speak of it, or does not know it.</param>
/// <param name="Status">within, low, high, absent, not-detected or not-assessable.</param>
/// <param name="Reason">Why it is not assessable.</param>
public sealed record TableTaxon(string Rank, long? Taxid, string Name, string? FormerName, double Fraction, IReadOnlyList<double>? Ci95, double? Reads, ReferencePosition? Reference, string Status,
    string? Reason);

/// <summary>The whole table of a report version, every rank, as its composition has it but not cut.</summary>
public static class GetReportTaxa
{
    /// <param name="Id">The version.</param>
    /// <param name="IsRead">Whether this is a read of its own, or part of one that is recorded.</param>
    public sealed record Query(Guid Id, bool IsRead = true) : IRequest<Page<TableTaxon>?>;

    /// <summary>Read the whole table of a report</summary>
    public static async Task<Ok<Page<TableTaxon>>> GetAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Query(Ids.Demand(id)), context.RequestAborted) ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such report, or it is not yours."));

    public sealed class Handler(LabSession session, ReadAudit reads, ReferenceLibrary library) : IRequestHandler<Query, Page<TableTaxon>?>
    {
        public async Task<Page<TableTaxon>?> Handle(Query query, CancellationToken cancellation)
        {
            await using var command = await session.CommandAsync(
                "SELECT r.status, r.inputs::text, r.cohort, p.packed, r.sample_id FROM lab.report r JOIN lab.profile p ON p.id = r.profile_id WHERE r.id = $1", cancellation, query.Id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) return null;
            session.Caller.DemandReleased(reader.GetString(0));
            var packed = Erasure.Demand(reader.GetFieldValue<byte[]>(3));
            if (query.IsRead) reads.Record(session.Caller, ReadAudit.Report, query.Id, reader.GetGuid(4));
            var taxa = ReportBuilder.Taxa(new ReportInput
            {
                Profile = ProfilePacking.Unpack(packed, TaxonomyRelease.Shipped),
                Assay = ReportInputs.Read<ReportInputs>(reader.GetString(1)).Assay,
                Panel = Panel.Default,
                Cohort = reader.IsDBNull(2) ? null : await library.FindCohortAsync(reader.GetString(2), cancellation) ?? throw new InvalidOperationException("The cohort is gone."),
            });
            return new Page<TableTaxon> { Items = [.. taxa.Select(t => Row(t.Rank, t.Taxon))] };
        }

        /// <summary>With the report's own rounding, so that the two agree in every digit.</summary>
        private static TableTaxon Row(TaxonomicRank rank, CompositionTaxon taxon) => new(Names.Of(rank), taxon.Taxid, taxon.Name, taxon.FormerName, Significant.Reported(taxon.Fraction),
            taxon.Ci95?.Select(Significant.Reported).ToArray(), Reported(taxon.Reads),
            taxon.Reference is { } r ? new(Reported(r.Percentile), Reported(r.P5), Reported(r.P50), Reported(r.P95)) : null, taxon.Status, taxon.Reason);

        private static double? Reported(double? value) => value is { } number ? Significant.Reported(number) : null;
    }
}
