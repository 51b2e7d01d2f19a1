using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;

namespace Lab.Microbiome.Cohorts;

/// <summary>How often one rule makes a finding in healthy people.</summary>
/// <param name="Code">The rule.</param>
/// <param name="Rate">The share of them who have the finding, 0 to 1; null where the cohort does not know what the rule reads.</param>
/// <param name="AboveInfo">The share of them in whom it is more than information, before its own frequency lowers it (<c>common-in-cohort</c>); null with <paramref name="Rate"/>.</param>
public sealed record RuleRate(string Code, double? Rate, double? AboveInfo);

/// <summary>Counts how often the rules of a panel make a finding in people of a cohort. They are compared with the whole cohort, themselves included, as the rates in a cohort's file are.</summary>
/// <param name="panel">The rules.</param>
/// <param name="cohort">As the panel sees it (<see cref="ReferenceCohort.For"/>).</param>
/// <param name="assay">How these people were measured.</param>
public sealed class RuleRates(Panel panel, ReferenceCohort cohort, Assay assay)
{
    /// <summary>A rule that is more than information in a larger share of the healthy says nothing of a disease.</summary>
    public const double MostAboveInfo = 0.10;

    // Without rates no frequency lowers a severity.
    private readonly ReferenceCohort uncounted = cohort with { RuleRates = FrozenDictionary<string, double>.Empty };
    private readonly Dictionary<string, int> fired = [], aboveInfo = [];

    /// <summary>How many people were counted.</summary>
    public int People { get; private set; }

    /// <summary>Counts one person.</summary>
    public void Add(TaxonomicProfile person)
    {
        People++;
        foreach (var finding in FindingRules.Evaluate(new Comparison(new ReportInput { Profile = person, Assay = assay, Panel = panel, Cohort = uncounted })))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(fired, finding.Code, out _)++;
            if (finding.Severity != "info") CollectionsMarshal.GetValueRefOrAddDefault(aboveInfo, finding.Code, out _)++;
        }
    }

    /// <summary>In the order of the panel.</summary>
    public ImmutableArray<RuleRate> Counted() =>
        [.. panel.Rules.Select(rule => People == 0 || !Knows(cohort, rule) ? new(rule.Code, null, null)
            : new RuleRate(rule.Code, fired.GetValueOrDefault(rule.Code) / (double)People, aboveInfo.GetValueOrDefault(rule.Code) / (double)People))];

    /// <summary>What the quantiles of a cohort say without its people: an upper bound. Above p97.5, below p2.5 or outside both are 2.5 % and 5 %, fewer where the floor lies higher; where p2.5 is nothing
    /// at all, only absence is below it, and those who have none of it are at most the rest. Lists of genera only inform, and how many people get one no quantile tells.</summary>
    /// <param name="panel">The rules.</param>
    /// <param name="cohort">As the panel sees it.</param>
    public static ImmutableArray<RuleRate> Bound(Panel panel, ReferenceCohort cohort)
    {
        ArgumentNullException.ThrowIfNull(panel);
        ArgumentNullException.ThrowIfNull(cohort);
        return [.. panel.Rules.Select(rule => Bound(cohort, rule) is { } most ? new(rule.Code, most, rule.MaxSeverity == "info" ? 0 : most)
            : new RuleRate(rule.Code, null, rule.Kind == "genera" ? 0 : null))];
    }

    private static double? Bound(ReferenceCohort cohort, Rule rule)
    {
        if (rule.Kind == "genera" || Entry(cohort, rule) is not { Distribution: var d } entry) return null;
        return rule.Kind switch
        {
            "metric" => 0.025,
            "ratio" => 0.05,
            _ when rule.Direction == "high" => 1 - Math.Max(97.5, d.Percentile(Math.Max(d.HighLimit, rule.Floor))) / 100,
            _ => d.LowLimit > 0 ? 0.025 : 1 - entry.Prevalence,
        };
    }

    private static bool Knows(ReferenceCohort cohort, Rule rule) => rule.Kind == "genera" || Entry(cohort, rule) is not null;

    private static CohortEntry? Entry(ReferenceCohort cohort, Rule rule) => rule.Kind == "taxon"
        ? cohort.Find("sum", rule.Subject) ?? cohort.Find("sum", rule.Subject + "-other-method")
        : cohort.Find(rule.Kind, rule.Subject);
}
