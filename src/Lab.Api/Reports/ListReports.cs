using AutoMapper;
using AutoMapper.QueryableExtensions;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Reports;

/// <summary>Lists reports: of every series its current version, or every version; only what the caller may see.</summary>
public static class ListReports
{
    public static readonly string[] Statuses = ["preliminary", "final", "amended", "corrected", "entered-in-error"];
    public const string FindingPattern = "^[a-z0-9][a-z0-9-]{0,63}$";
    public static readonly string[] Versions = ["current", "all"];

    public sealed record Query(string? Subject, string? Accession, string? Status, string? Finding, DateTimeOffset? UpdatedFrom, bool EveryVersion, Paging Paging) : IRequest<Page<ReportSummary>>;

    /// <summary>List reports</summary>
    public static async Task<Ok<Page<ReportSummary>>> GetAsync(string? subject, string? accession, string? status, string? finding, string? updatedFrom, string? versions, int? limit, string? cursor,
        HttpContext context, IMediator sender, ReferenceLibrary library)
    {
        var filters = new Filters();
        var findings = finding is null ? [] : await library.FindingCodesAsync(context.RequestAborted);
        var query = new Query(filters.Name("subject", subject), filters.Name("accession", accession), filters.Word("status", status, Statuses), filters.Word("finding", finding, findings),
            filters.From("updatedFrom", updatedFrom), filters.Word("versions", versions, Versions) == "all", Paging.Of(context, limit, cursor));
        filters.Demand();
        return TypedResults.Ok(await sender.Send(query, context.RequestAborted));
    }

    public sealed class Mapping : AutoMapper.Profile
    {
        public Mapping() => CreateMap<Report, ReportSummary>().ForMember(r => r.Accession, map => map.MapFrom(r => r.Sample!.Accession));
    }

    public sealed class Handler(LabSession session, IMapper mapper) : IRequestHandler<Query, Page<ReportSummary>>
    {
        public async Task<Page<ReportSummary>> Handle(Query query, CancellationToken cancellation)
        {
            // A page is a few rows behind a place: merged with the samples, it would read them from the first on.
            await session.ExecuteAsync("SET LOCAL enable_mergejoin = off", cancellation);
            var model = await session.ModelAsync(cancellation);
            var reports = query.EveryVersion ? model.Reports : model.Reports.FromSqlRaw($"SELECT * FROM lab.report r WHERE {GetReport.IsCurrent}");
            // Row-level security says the same, but not in words that an index can follow.
            if (session.Caller.PartnerId is { } partner) reports = reports.Where(r => r.PartnerId == partner);
            if (!session.Caller.SeesPreliminary) reports = reports.Where(r => r.Status != ReportSeries.Preliminary);
            reports = reports.Where(r => r.Sample!.ErasedAt == null);
            if (query.Subject is { } subject) reports = reports.Where(r => r.Sample!.Subject == subject);
            if (query.Accession is { } accession) reports = reports.Where(r => r.Sample!.Accession == accession);
            if (query.Status is { } status) reports = reports.Where(r => r.Status == status);
            if (query.Finding is { } finding) reports = reports.Where(r => r.Findings.Contains(finding));
            if (query.UpdatedFrom is { } from) reports = reports.Where(r => r.IssuedAt >= from);
            var ordered = query.EveryVersion ? Versions(reports, query.Paging) : Series(reports, query.Paging);
            var found = await ordered.Take(query.Paging.Limit + 1).ProjectTo<ReportSummary>(mapper.ConfigurationProvider).ToListAsync(cancellation);
            return query.Paging.Page(found, r => query.EveryVersion ? r.Id.ToString() : $"{r.SampleId} {r.Assay}");
        }

        private static IQueryable<Report> Versions(IQueryable<Report> reports, Paging paging)
        {
            if (paging.After is { } place)
            {
                var after = Paging.Id(place);
                reports = reports.Where(r => r.Id < after);
            }
            return reports.OrderByDescending(r => r.Id);
        }

        /// <summary>By the key of the series: a new version does not move its item.</summary>
        private static IQueryable<Report> Series(IQueryable<Report> reports, Paging paging)
        {
            if (paging.After is { } place)
            {
                var (sample, assay) = (Paging.Id(place.Split(' ')[0]), place[(place.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
                reports = reports.Where(r => EF.Functions.LessThan(ValueTuple.Create(r.SampleId, r.Assay), ValueTuple.Create(sample, assay)));
            }
            return reports.OrderByDescending(r => r.SampleId).ThenByDescending(r => r.Assay);
        }
    }
}
