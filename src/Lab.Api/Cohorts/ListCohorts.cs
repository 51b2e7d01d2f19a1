using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Cohorts;

/// <summary>A reference cohort, without its distributions.</summary>
public sealed record CohortSummary
{
    public required string Id { get; init; }
    public required int Version { get; init; }
    /// <summary>How many people.</summary>
    public required int N { get; init; }
    public required BilingualText Population { get; init; }
    /// <summary>shotgun or amplicon.</summary>
    public required string Platform { get; init; }
    public required string? Region { get; init; }
    public required string Profiler { get; init; }
    public required string DatabaseFamily { get; init; }
    public required string Source { get; init; }
    public required string Doi { get; init; }
    public required string Licence { get; init; }
    /// <summary>What it is good for, and what not.</summary>
    public required BilingualText Note { get; init; }
    /// <summary>SHA-256 of the data.</summary>
    public required string Digest { get; init; }

    public static CohortSummary Of(ReferenceCohort cohort) => new()
    {
        Id = cohort.Id,
        Version = cohort.Version,
        N = cohort.N,
        Population = cohort.Population,
        Platform = Names.Of(cohort.Platform),
        Region = cohort.Region,
        Profiler = cohort.Profiler,
        DatabaseFamily = cohort.DatabaseFamily,
        Source = cohort.Source,
        Doi = cohort.Doi,
        Licence = cohort.Licence,
        Note = cohort.Note,
        Digest = cohort.Digest,
    };
}

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
    IReadOnlyList<double>? HighLimitCi95);

/// <summary>How often a rule makes a finding in a cohort's own people.</summary>
/// <param name="Rule">e.g. <c>gut-core@1#candida-high</c>.</param>
/// <param name="Rate">Share of the people, 0 to 1.</param>
public sealed record CohortRuleRate(string Rule, double Rate);

/// <summary>A reference cohort with its distributions.</summary>
/// <param name="Cohort">Who and how.</param>
/// <param name="Levels">The levels of the quantiles, 0 to 1.</param>
/// <param name="Distributions">Metrics, ratios, guilds, sums and taxa.</param>
/// <param name="RuleRates">Counted over the people; none where only published quantiles are known.</param>
public sealed record CohortDetails(CohortSummary Cohort, IReadOnlyList<double> Levels, IReadOnlyList<CohortDistribution> Distributions, IReadOnlyList<CohortRuleRate> RuleRates);

/// <summary>Lists and reads cohorts.</summary>
public static class ListCohorts
{
    public static Ok<Page<CohortSummary>> Get() => TypedResults.Ok(new Page<CohortSummary> { Items = [.. ReferenceCohort.Shipped.Select(CohortSummary.Of)] });

    public static Ok<CohortDetails> GetVersion(string id, int version)
    {
        var cohort = ReferenceCohort.Shipped.FirstOrDefault(c => c.Id == id && c.Version == version) ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such cohort version.");
        return TypedResults.Ok(new CohortDetails(CohortSummary.Of(cohort), cohort.Entries[0].Distribution.Levels,
            [.. cohort.Entries.Select(e => new CohortDistribution(e.Kind, e.Id, Names.Of(e.Rank), e.Name, e.Prevalence, e.Distribution.Values, Ci(e.LowLimitInterval), Ci(e.HighLimitInterval)))],
            [.. cohort.RuleRates.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => new CohortRuleRate(r.Key, r.Value))]));

        static double[]? Ci(Interval? interval) => interval is { } i ? [i.Low, i.High] : null;
    }
}
