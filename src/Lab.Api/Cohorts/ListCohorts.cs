using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Partners;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

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
    /// <summary>How far building it is; null where it is not being built.</summary>
    public required CohortProgress? Progress { get; init; }
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
        Progress = null,
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

/// <summary>How far building a cohort is.</summary>
/// <param name="Done">People who were measured and compared, each counted twice.</param>
/// <param name="Total">Null until it is known.</param>
public sealed record CohortProgress(long Done, long? Total);

/// <summary>One distribution of a cohort.</summary>
/// <param name="Kind">taxon, metric, ratio, guild, sum (of the clades of a rule), or distance (between every two of the people).</param>
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

    /// <summary>What is stored of a version, with how far its task is.</summary>
    private static async Task<List<CohortSummary>> OwnAsync(LabSession session, string? id, int? version, CancellationToken cancellation)
    {
        await using var select = await session.CommandAsync("""
            SELECT v.summary::text, v.status, v.n, v.digest, t.status, t.error, t.done, t.total FROM lab.cohort_version v LEFT JOIN lab.task t ON t.id = v.task_id
            WHERE ($1::text IS NULL OR v.id = $1) AND ($2::int IS NULL OR v.version = $2) AND ($3 OR v.status = 'published') ORDER BY v.id, v.version
            """, cancellation, id, version, Builds(session.Caller));
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        var found = new List<CohortSummary>();
        while (await reader.ReadAsync(cancellation))
        {
            var (building, task) = (reader.GetString(1) == CohortVersion.Building, reader.IsDBNull(4) ? null : reader.GetString(4));
            var failed = building && task is LongTask.Failed or LongTask.Cancelled;
            found.Add(JsonSerializer.Deserialize<CohortSummary>(reader.GetString(0), Json.Stored)! with
            {
                Status = failed ? CohortVersion.Failed : reader.GetString(1),
                Error = failed ? (reader.IsDBNull(5) ? task : reader.GetString(5)) : null,
                Progress = building && !failed ? new(reader.GetInt64(6), reader.IsDBNull(7) ? null : reader.GetInt64(7)) : null,
                N = reader.GetInt32(2),
                Digest = reader.IsDBNull(3) ? null : reader.GetString(3),
            });
        }
        return found;
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<CohortSummary>>
    {
        public async Task<Page<CohortSummary>> Handle(Query query, CancellationToken cancellation)
        {
            var own = await OwnAsync(session, null, null, cancellation);
            return query.Paging.PageOf([.. ReferenceCohort.Shipped.Select(CohortSummary.Of), .. own], c => $"{c.Id}@{c.Version}");
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
            return new((await OwnAsync(session, query.Id, query.Version, cancellation)).SingleOrDefault() ?? throw Missing(), [], [], []);
        }
    }
}
