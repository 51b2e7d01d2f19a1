using System.Collections.Immutable;
using Lab.Microbiome.Panels;

namespace Lab.Microbiome.Reports;

/// <summary>How severe a finding is: from how far out, then never above what the rule, the evidence, the cohort and the counting allow.</summary>
internal static class FindingSeverity
{
    private static readonly ImmutableArray<string> Levels = ["info", "low", "moderate", "high"];

    /// <summary>One step on the way to a severity.</summary>
    /// <param name="Code">distance, rule-limits, evidence-limits, common-in-cohort, base-rate-unknown, counting-uncertain or cohort-other-method.</param>
    /// <param name="Severity">The severity after it.</param>
    public readonly record struct Step(string Code, string Severity);

    /// <summary>How many times the value is beyond the limit; a high value is measured against the floor where that lies above the limit.</summary>
    public static double Fold(Rule rule, string direction, double value, double bound) =>
        direction == "high" ? value / Math.Max(bound, Math.Max(rule.Floor, 1e-9)) : value > 0 ? bound / value : double.PositiveInfinity;

    /// <summary>The distance first, then every step that lowers the severity; the last is the severity of the finding.</summary>
    public static ImmutableArray<Step> Steps(Rule rule, double fold, double? baseRate, double? stability, bool sameMethod)
    {
        var severity = fold >= rule.Bands.High ? 3 : fold >= rule.Bands.Moderate ? 2 : 1;
        var steps = ImmutableArray.CreateBuilder<Step>();
        steps.Add(new("distance", Levels[severity]));
        Limit("rule-limits", Levels.IndexOf(rule.MaxSeverity));
        Limit("evidence-limits", Levels.IndexOf(rule.Evidence));
        if (sameMethod && baseRate > 0.10) Limit("common-in-cohort", 0);
        if (sameMethod && baseRate is null) Limit("base-rate-unknown", 1);
        if (stability < 0.95) Limit("counting-uncertain", Math.Max(severity - 1, 0));
        if (!sameMethod) Limit("cohort-other-method", 1);
        return steps.ToImmutable();

        void Limit(string code, int most)
        {
            if (most >= severity) return;
            severity = most;
            steps.Add(new(code, Levels[severity]));
        }
    }
}
