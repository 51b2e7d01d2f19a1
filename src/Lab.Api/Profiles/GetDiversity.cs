using System.Collections.Immutable;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Storage;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Profiles;

/// <summary>Metrics of a profile at full precision.</summary>
/// <param name="Metrics">In the order asked for.</param>
public sealed record ProfileDiversity(IReadOnlyList<ProfileMetric> Metrics);

/// <summary>One metric. A value that cannot be given is null with a reason, never 0 or NaN.</summary>
/// <param name="Metric">As it was asked for; simpson is 1-D.</param>
/// <param name="Value">Not rounded.</param>
/// <param name="Ci95">Of counting error; null where only fractions or estimated counts are known, or no interval is defined.</param>
/// <param name="Rank">The rank that it stands on.</param>
/// <param name="Base">Base of the logarithm, where there is one.</param>
/// <param name="AssignedFraction">The share of the classified that is assigned at the rank; below 0.5 nothing is assessed.</param>
/// <param name="Reference">Its place in the cohort that a report of the profile would use; null where none may speak of it.</param>
/// <param name="Status">within, low, high (outside p5 to p95) or not-assessable.</param>
/// <param name="Reason">Why it is not assessable.</param>
/// <param name="Caveats">What to know of the value.</param>
public sealed record ProfileMetric(string Metric, double? Value, IReadOnlyList<double>? Ci95, string Rank, string? Base, double AssignedFraction, ReferencePosition? Reference, string Status,
    string? Reason, IReadOnlyList<string> Caveats);

/// <summary>Where a value stands in a cohort.</summary>
public sealed record ReferencePosition(double? Percentile, double? P5, double? P50, double? P95);

/// <summary>Computes any metric of the science on a profile, by the rules of its report.</summary>
public static class GetDiversity
{
    public sealed record Query(Guid Id, IReadOnlyList<string> Metrics) : IRequest<ProfileDiversity?>;

    /// <summary>Compute the diversity of a profile</summary>
    public static async Task<Ok<ProfileDiversity>> GetAsync(string id, string? metrics, HttpContext context, IMediator sender)
    {
        var query = new Query(Ids.Demand(id), Wanted(metrics));
        return TypedResults.Ok(await sender.Send(query, context.RequestAborted) ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such profile, or it is not yours."));
    }

    /// <summary>More in one request would hold a processor for long.</summary>
    public const int MaxMetrics = 100;

    private static ImmutableArray<string> Wanted(string? metrics)
    {
        if (string.IsNullOrEmpty(metrics)) return Measures.Metrics;
        var wanted = metrics.Split(',', StringSplitOptions.TrimEntries);
        var errors = wanted.Index().Where(m => m.Item != HealthyCentre.Metric && AlphaMetric.Find(m.Item) is null).Take(100)
            .Select(m => new ProblemError("value-invalid", null, null, null, $"metrics: the name at place {m.Index + 1} is no metric.",
                $"Known: {string.Join(", ", AlphaMetric.Names.Concat(AlphaMetric.Forms).Append(HealthyCentre.Metric))}; q is 0 to 100 or inf, m reads, c a coverage.")).ToArray();
        if (errors.Length > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "metrics: a name is no metric.", errors: errors);
        return wanted.Distinct().Count() <= MaxMetrics ? [.. wanted.Distinct()]
            : throw new ProblemException(ProblemCodes.ValueInvalid, $"metrics: at most {MaxMetrics} in one request.");
    }

    public sealed class Handler(LabSession session, LabAssays assays, ReadAudit reads, ReferenceLibrary library) : IRequestHandler<Query, ProfileDiversity?>
    {
        public async Task<ProfileDiversity?> Handle(Query query, CancellationToken cancellation)
        {
            // The cohort that was asked for last; without any, the one that fits best.
            await using var command = await session.CommandAsync(
                """
                SELECT packed, assay, (SELECT cohort FROM lab.analysis a WHERE a.profile_id = p.id ORDER BY a.id DESC LIMIT 1),
                    EXISTS (SELECT FROM lab.report r WHERE r.profile_id = p.id AND r.status <> 'preliminary'), sample_id FROM lab.profile p WHERE id = $1
                """, cancellation, query.Id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) return null;
            var packed = Erasure.Demand(reader.GetFieldValue<byte[]>(0));
            reads.Record(session.Caller, ReadAudit.Profile, query.Id, reader.GetGuid(4));
            var assay = await assays.FindAsync(reader.GetString(1), cancellation) ?? throw new InvalidOperationException("The assay is gone.");
            // A place in the cohort is the reading of a report: before the release it is for who may release.
            var compared = session.Caller.SeesPreliminary || reader.GetBoolean(3);
            var input = new ReportInput
            {
                Profile = ProfilePacking.Unpack(packed, TaxonomyRelease.Shipped),
                Assay = assay,
                Panel = Panel.Default,
                Cohort = compared ? await library.ChooseAsync(assay, Panel.Default, reader.IsDBNull(2) ? null : reader.GetString(2), cancellation) : null,
            };
            return new([.. ReportBuilder.Diversity(input, query.Metrics).Select(m => new ProfileMetric(m.Metric, m.Value, m.Ci95, m.Rank, m.Base, m.AssignedFraction,
                m.Reference is { } r ? new(r.Percentile, r.P5, r.P50, r.P95) : null, m.Status, m.Reason, m.Caveats ?? []))]);
        }
    }
}
