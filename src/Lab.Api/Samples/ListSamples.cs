using System.Linq.Expressions;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Reports;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Samples;

/// <summary>A sample in a list.</summary>
public sealed record SampleSummary
{
    public required string Accession { get; init; }
    public required string? Subject { get; init; }
    public required string? Partner { get; init; }
    public required DateTimeOffset? CollectedAt { get; init; }
    public required DateTimeOffset? ReceivedAt { get; init; }
    /// <summary>registered, analysing, reported, rejected or erased.</summary>
    public required string Status { get; init; }
    public required DateTimeOffset RegisteredAt { get; init; }
    /// <summary>The current report; null while there is none that you may read.</summary>
    public required CurrentReport? Report { get; init; }
    [System.Text.Json.Serialization.JsonIgnore] public Guid Id { get; init; }
}

/// <summary>Lists samples, the newest first.</summary>
public static class ListSamples
{
    public static readonly string[] Statuses = ["registered", "analysing", "reported", "rejected", "erased"];

    public sealed record Query(string? Subject, string? Status, DateTimeOffset? CollectedFrom, DateTimeOffset? CollectedTo, Paging Paging) : IRequest<Page<SampleSummary>>;

    /// <summary>List samples</summary>
    public static async Task<Ok<Page<SampleSummary>>> GetAsync(string? subject, string? status, string? collectedFrom, string? collectedTo, int? limit, string? cursor, HttpContext context, IMediator sender)
    {
        var filters = new Filters();
        var query = new Query(filters.Name("subject", subject), filters.Word("status", status, Statuses), filters.From("collectedFrom", collectedFrom), filters.To("collectedTo", collectedTo),
            Paging.Of(context, limit, cursor));
        filters.Demand();
        return TypedResults.Ok(await sender.Send(query, context.RequestAborted));
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<SampleSummary>>
    {
        public async Task<Page<SampleSummary>> Handle(Query query, CancellationToken cancellation)
        {
            var model = await session.ModelAsync(cancellation);
            var samples = model.Samples.AsQueryable();
            // Row-level security says the same, but not in words that an index can follow.
            if (session.Caller.PartnerId is { } partner) samples = samples.Where(s => s.PartnerId == partner);
            if (query.Subject is { } subject) samples = samples.Where(s => s.Subject == subject);
            if (query.CollectedFrom is { } from) samples = samples.Where(s => s.CollectedAt >= from);
            if (query.CollectedTo is { } to) samples = samples.Where(s => s.CollectedAt <= to);
            if (query.Status is { } status) samples = samples.Where(Has(model, session.Caller.SeesPreliminary, status));
            if (query.Paging.After is { } place)
            {
                var after = Paging.Id(place);
                samples = samples.Where(s => s.Id < after);
            }
            var all = session.Caller.SeesPreliminary;
            var found = await samples.OrderByDescending(s => s.Id).Take(query.Paging.Limit + 1).Select(s => new
            {
                Sample = s,
                Analysing = model.Analyses.Any(a => a.SampleId == s.Id && (a.Status == "queued" || a.Status == "running")),
            }).ToListAsync(cancellation);
            // A second statement for the whole page: within the first, it would rank every report there is.
            var ids = found.ConvertAll(f => f.Sample.Id);
            var reports = (await model.Reports.FromSqlRaw($"SELECT * FROM lab.report r WHERE {GetReport.IsCurrent}").Where(r => ids.Contains(r.SampleId) && (all || r.Status != "preliminary"))
                .OrderBy(r => r.Status == "preliminary").ThenByDescending(r => r.IssuedAt).ThenByDescending(r => r.Id)
                .Select(r => new { r.SampleId, Current = new CurrentReport(r.Id, r.Version, r.Status, r.Assay) }).ToListAsync(cancellation)).DistinctBy(r => r.SampleId).ToDictionary(r => r.SampleId, r => r.Current);
            return query.Paging.Page(found.ConvertAll(f => new SampleSummary
            {
                Accession = f.Sample.Accession,
                Subject = f.Sample.Subject,
                Partner = f.Sample.PartnerId,
                CollectedAt = f.Sample.CollectedAt,
                ReceivedAt = f.Sample.ReceivedAt,
                Status = f.Sample.ErasedAt is not null ? "erased" : f.Sample.RejectedAt is not null ? "rejected" : f.Analysing ? "analysing" : reports.ContainsKey(f.Sample.Id) ? "reported" : "registered",
                RegisteredAt = f.Sample.RegisteredAt,
                Report = reports.GetValueOrDefault(f.Sample.Id),
                Id = f.Sample.Id,
            }), s => s.Id.ToString());
        }

        /// <summary>The same rule as a condition: what is asked for decides the plan.</summary>
        private static Expression<Func<Sample, bool>> Has(LabDbContext model, bool all, string status) => status switch
        {
            "erased" => s => s.ErasedAt != null,
            "rejected" => s => s.ErasedAt == null && s.RejectedAt != null,
            "analysing" => s => s.RejectedAt == null && s.ErasedAt == null && model.Analyses.Any(a => a.SampleId == s.Id && (a.Status == "queued" || a.Status == "running")),
            "reported" => s => s.RejectedAt == null && s.ErasedAt == null && !model.Analyses.Any(a => a.SampleId == s.Id && (a.Status == "queued" || a.Status == "running"))
                && s.Reports.Any(r => all || r.Status != "preliminary"),
            _ => s => s.RejectedAt == null && s.ErasedAt == null && !model.Analyses.Any(a => a.SampleId == s.Id && (a.Status == "queued" || a.Status == "running"))
                && !s.Reports.Any(r => all || r.Status != "preliminary"),
        };
    }
}
