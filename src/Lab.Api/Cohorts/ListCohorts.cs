using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Partners;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Cohorts;

/// <summary>A reference cohort, without its distributions.</summary>
public sealed record CohortSummary
{
    public required string Id { get; init; }
    public required int Version { get; init; }
    /// <summary>building, published (frozen) or failed.</summary>
    public required string Status { get; init; }
    /// <summary>Why building it failed; else null.</summary>
    public required string? Error { get; init; }
    /// <summary>How many people.</summary>
    public required int N { get; init; }
    public required BilingualText Population { get; init; }
    /// <summary>What sets these people apart from all whom the assay measures: such a cohort is used only where it is named. Null: nothing does.</summary>
    public required string? Stratum { get; init; }
    /// <summary>shotgun or amplicon.</summary>
    public required string Platform { get; init; }
    public required string? Region { get; init; }
    public required string Profiler { get; init; }
    public required string DatabaseFamily { get; init; }
    /// <summary>Whose guilds, ratios and sums were measured.</summary>
    public required string Panel { get; init; }
    public required string Source { get; init; }
    public required string Doi { get; init; }
    public required string Licence { get; init; }
    /// <summary>What it is good for, and what not.</summary>
    public required BilingualText Note { get; init; }
    /// <summary>SHA-256 of the file; null until it is published.</summary>
    public required string? Digest { get; init; }

    public static CohortSummary Of(ReferenceCohort cohort) => new()
    {
        Id = cohort.Id,
        Version = cohort.Version,
        Status = CohortVersion.Published,
        Error = null,
        N = cohort.N,
        Population = cohort.Population,
        Stratum = cohort.Stratum,
        Platform = Names.Of(cohort.Platform),
        Region = cohort.Region,
        Profiler = cohort.Profiler,
        DatabaseFamily = cohort.DatabaseFamily,
        Panel = cohort.Panel,
        Source = cohort.Source,
        Doi = cohort.Doi,
        Licence = cohort.Licence,
        Note = cohort.Note,
        Digest = cohort.Digest,
    };
}

/// <summary>One distribution of a cohort.</summary>
/// <param name="Kind">taxon, metric, ratio, guild, or sum (of the clades of a rule).</param>
/// <param name="Id">The taxid of a taxon, else the id.</param>
/// <param name="Rank">Of a taxon, or the rank of a metric.</param>
/// <param name="Name">Of a taxon.</param>
/// <param name="Prevalence">The share of people with a value above 0.</param>
/// <param name="Quantiles">At the cohort's levels, zeros included.</param>
/// <param name="LowLimitCi95">Where 95 % surely the population's p2.5 lies, by order statistics; null below 146 people and for published quantiles.</param>
/// <param name="HighLimitCi95">The same for p97.5.</param>
public sealed record CohortDistribution(string Kind, string Id, string Rank, string Name, double Prevalence, IReadOnlyList<double> Quantiles, IReadOnlyList<double>? LowLimitCi95,
    IReadOnlyList<double>? HighLimitCi95)
{
    public static CohortDistribution Of(CohortEntry e) => new(e.Kind, e.Id, Names.Of(e.Rank), e.Name, e.Prevalence, e.Distribution.Values, Ci(e.LowLimitInterval), Ci(e.HighLimitInterval));

    private static double[]? Ci(Interval? interval) => interval is { } i ? [i.Low, i.High] : null;
}

/// <summary>How often a rule makes a finding in a cohort's own people.</summary>
/// <param name="Rule">e.g. <c>gut-core@1#candida-high</c>.</param>
/// <param name="Rate">Share of the people, 0 to 1.</param>
public sealed record CohortRuleRate(string Rule, double Rate);

/// <summary>A reference cohort with its distributions.</summary>
/// <param name="Cohort">Who and how.</param>
/// <param name="Levels">The levels of the quantiles, 0 to 1; none until it is published.</param>
/// <param name="Distributions">Metrics, ratios, guilds, sums and taxa.</param>
/// <param name="RuleRates">Counted over the people; none where only published quantiles are known.</param>
public sealed record CohortDetails(CohortSummary Cohort, IReadOnlyList<double> Levels, IReadOnlyList<CohortDistribution> Distributions, IReadOnlyList<CohortRuleRate> RuleRates);

/// <summary>What a cohort knows of a taxon.</summary>
/// <param name="Cohort">As <c>id@version</c>.</param>
/// <param name="N">How many people.</param>
/// <param name="Levels">The levels of the quantiles, 0 to 1.</param>
/// <param name="Distribution">Of its fraction.</param>
public sealed record CohortTaxon(string Cohort, int N, IReadOnlyList<double> Levels, CohortDistribution Distribution);

/// <summary>Lists and reads cohorts: those that ship, and the lab's own. What is being built is for those who may build.</summary>
public static class ListCohorts
{
    public sealed record Query(Paging Paging) : IRequest<Page<CohortSummary>>;

    public sealed record VersionQuery(string Id, int Version) : IRequest<CohortDetails>;

    /// <summary>List the reference cohorts</summary>
    public static async Task<Ok<Page<CohortSummary>>> GetAsync(int? limit, string? cursor, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Query(Paging.Of(context, limit, cursor)), context.RequestAborted));

    /// <summary>Read a cohort</summary>
    public static async Task<Ok<CohortDetails>> GetVersionAsync(string id, int version, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new VersionQuery(id, version), context.RequestAborted));

    /// <summary>Read a taxon of a cohort</summary>
    public static async Task<Ok<CohortTaxon>> GetTaxonAsync(string id, int version, long taxid, ReferenceLibrary library, HttpContext context)
    {
        var cohort = await library.FindCohortAsync($"{id}@{version}", context.RequestAborted) ?? throw Missing();
        var entry = cohort.Entries.FirstOrDefault(e => e.Taxid == taxid) ?? throw new ProblemException(ProblemCodes.NotFound, "The cohort does not list the taxon: fewer than 2 % of its people have it, or the assay does not resolve it.");
        return TypedResults.Ok(new CohortTaxon(cohort.Ref, cohort.N, entry.Distribution.Levels, CohortDistribution.Of(entry)));
    }

    private static ProblemException Missing() => new(ProblemCodes.NotFound, "There is no such cohort version.");

    /// <summary>Who may see what is not published.</summary>
    private static bool Builds(Caller caller) => caller.IsLab && caller.Scopes.Contains(Scope.PanelsAdmin);

    private static CohortSummary Summary(CohortVersion row) => JsonSerializer.Deserialize<CohortSummary>(row.Summary, Json.Stored)! with { Status = row.Status, Error = row.Error, N = row.N, Digest = row.Digest };

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<CohortSummary>>
    {
        public async Task<Page<CohortSummary>> Handle(Query query, CancellationToken cancellation)
        {
            var own = (await session.ModelAsync(cancellation)).CohortVersions.AsQueryable();
            if (!Builds(session.Caller)) own = own.Where(c => c.Status == CohortVersion.Published);
            var rows = await own.OrderBy(c => c.Id).ThenBy(c => c.Version).Select(c => new CohortVersion
            {
                Id = c.Id,
                Version = c.Version,
                Status = c.Status,
                Summary = c.Summary,
                N = c.N,
                Digest = c.Digest,
                Error = c.Error,
                CreatedBy = c.CreatedBy,
            }).ToListAsync(cancellation);
            return query.Paging.PageOf([.. ReferenceCohort.Shipped.Select(CohortSummary.Of), .. rows.Select(Summary)], c => $"{c.Id}@{c.Version}");
        }
    }

    public sealed class VersionHandler(LabSession session, ReferenceLibrary library) : IRequestHandler<VersionQuery, CohortDetails>
    {
        public async Task<CohortDetails> Handle(VersionQuery query, CancellationToken cancellation)
        {
            if (await library.FindCohortAsync($"{query.Id}@{query.Version}", cancellation) is { } cohort)
            {
                return new(CohortSummary.Of(cohort), cohort.Entries[0].Distribution.Levels, [.. cohort.Entries.Select(CohortDistribution.Of)],
                    [.. cohort.RuleRates.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => new CohortRuleRate(r.Key, r.Value))]);
            }
            if (!Builds(session.Caller)) throw Missing();
            var row = await (await session.ModelAsync(cancellation)).CohortVersions.SingleOrDefaultAsync(c => c.Id == query.Id && c.Version == query.Version, cancellation) ?? throw Missing();
            return new(Summary(row), [], [], []);
        }
    }
}
