using System.Globalization;
using System.Text.Json;
using Lab.Api.Cohorts;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;

namespace Lab.Api.Panels;

/// <summary>How often the rules of a panel make a finding in healthy people: counted in the people of the lab's own cohorts, bounded by the quantiles of all others.</summary>
public sealed class PanelJudgement(LabDatabase database, LabSession session, LabAssays assays, ReferenceLibrary library)
{
    /// <summary>A rate of a tenth is known to 1.3 percentage points by so many people, in seconds.</summary>
    public const int MostPeople = 2_000;

    /// <summary>In the newest version of each cohort.</summary>
    public async Task<IReadOnlyList<PanelRates>> RatesAsync(Panel panel, CancellationToken cancellation)
    {
        var all = new List<PanelRates>();
        foreach (var cohort in await library.CohortsAsync(cancellation))
        {
            var seen = cohort.For(panel, (await library.FindPanelAsync(cohort.Panel, cancellation))!);
            var counted = await CountAsync(panel, seen, cancellation);
            all.Add(counted is { People: > 0 } ? new(cohort.Ref, counted.People, true, counted.Counted()) : new(cohort.Ref, cohort.N, false, RuleRates.Bound(panel, seen)));
        }
        return all;
    }

    /// <summary>Refuses rules that are more than information in more than a tenth of the healthy; one that a published version judges by alike was decided on before.</summary>
    public async Task DemandRareAsync(Panel panel, IReadOnlyList<PanelRates> rates, CancellationToken cancellation)
    {
        var before = await library.FindPanelAsync(panel.Id, cancellation) is { } last ? [.. Panel.Shipped, last] : Panel.Shipped;
        var errors = new List<ProblemError>();
        foreach (var (i, rule) in panel.Rules.Index())
        {
            if (before.Any(p => panel.JudgesLike(p, rule.Code))) continue;
            var common = rates.Select(r => (r.Cohort, r.Counted, r.N, Rate: r.Rules[i].AboveInfo)).Where(r => r.Rate > RuleRates.MostAboveInfo).OrderByDescending(r => r.Rate).ToArray();
            if (common.Length == 0) continue;
            var (cohort, counted, n, rate) = common[0];
            errors.Add(new(ProblemCodes.RuleTooCommon.Code, null, null, string.Create(CultureInfo.InvariantCulture, $"/rules/{i}"),
                string.Create(CultureInfo.InvariantCulture, $"{rule.Code} is more than information in {(counted ? "" : "up to ")}{100 * rate:0.0} % of the healthy people of {cohort} (n = {n}); at most 10 % may be."),
                ProblemCodes.RuleTooCommon.Advice));
        }
        if (errors.Count > 0) throw new ProblemException(ProblemCodes.RuleTooCommon, "Nothing was published.", errors: errors);
    }

    /// <summary>Null where the cohort's people are not here.</summary>
    private async Task<RuleRates?> CountAsync(Panel panel, ReferenceCohort cohort, CancellationToken cancellation)
    {
        await using var reading = new LabSession(database, session.Caller);
        string? request;
        await using (var select = await reading.CommandAsync("SELECT request::text FROM lab.cohort_version WHERE id = $1 AND version = $2", cancellation, cohort.Id, cohort.Version))
            request = await select.ExecuteScalarAsync(cancellation) as string;
        if (request is null || await assays.FindAsync(JsonSerializer.Deserialize<CohortRequest>(request, Json.Stored)!.Assay, cancellation) is not { } assay) return null;
        var rates = new RuleRates(panel, cohort, assay);
        await foreach (var person in CohortPeople.SomeAsync(reading, cohort.Id, cohort.Version, MostPeople, cancellation)) rates.Add(person);
        return rates;
    }
}
