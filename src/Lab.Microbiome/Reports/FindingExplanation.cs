using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;

namespace Lab.Microbiome.Reports;

/// <summary>The limit of a cohort that a finding lies beyond.</summary>
/// <param name="Percentile">2.5 or 97.5.</param>
/// <param name="Value">The cohort's value there; null for lists of genera, where each genus has its own.</param>
public sealed record FindingThreshold(double Percentile, double? Value);

/// <summary>The cohort that a finding compares with.</summary>
/// <param name="Ref">e.g. <c>western-shotgun@1</c>.</param>
/// <param name="N">How many people.</param>
/// <param name="Population">Who they are.</param>
/// <param name="Source">Where the figures come from.</param>
/// <param name="Doi">The publication.</param>
public sealed record ExplainedCohort(string Ref, int N, BilingualText Population, string Source, string Doi);

/// <summary>One step on the way to a severity.</summary>
/// <param name="Code">distance, rule-limits, evidence-limits, common-in-cohort, base-rate-unknown, counting-uncertain, cohort-other-method or information-only.</param>
/// <param name="Severity">The severity after this step.</param>
/// <param name="Text">The step in words.</param>
public sealed record SeverityReason(string Code, string Severity, BilingualText Text);

/// <summary>Why a report has a finding, from the stored finding and the panel and cohort that it names.</summary>
public sealed record FindingExplanation
{
    // What nearly everybody has a few of needs a tenth of a per cent at least (FindingRules.OfGenera).
    private const double GenusFloor = 0.001;

    /// <summary>The code of the finding.</summary>
    public required string Finding { get; init; }
    /// <summary>The rule, with the panel's version.</summary>
    public required string Rule { get; init; }
    /// <summary>What is looked at: metric, guild, taxon, ratio or genera.</summary>
    public required string Kind { get; init; }
    /// <summary>Which metric, guild, ratio or sum of taxa.</summary>
    public required string Subject { get; init; }
    /// <summary>low, high or absent.</summary>
    public required string Direction { get; init; }
    /// <summary>The limit; null for genera that are absent.</summary>
    public required FindingThreshold? Threshold { get; init; }
    /// <summary>The fraction below which a high value is no finding; where reads are counted, a hundred reads as well. Null where there is none.</summary>
    public required double? Floor { get; init; }
    /// <summary>What was measured; null for lists of genera.</summary>
    public required double? Observed { get; init; }
    /// <summary>Where it lies in the cohort, 0 to 100; null for lists of genera.</summary>
    public required double? Percentile { get; init; }
    /// <summary>Who it is compared with.</summary>
    public required ExplainedCohort Cohort { get; init; }
    /// <summary>same-method or same-platform.</summary>
    public required string CohortMatch { get; init; }
    /// <summary>Who makes up the value, the largest first; for lists of genera, the genera with their fractions.</summary>
    public required ImmutableArray<Contribution> Contributions { get; init; }
    /// <summary>Grade of the evidence, from the panel.</summary>
    public required string Evidence { get; init; }
    /// <summary>Papers, as <c>doi:…</c>.</summary>
    public required ImmutableArray<string> Citations { get; init; }
    /// <summary>The share of the cohort's people in whom the rule fires; null where they were measured otherwise, or nobody counted.</summary>
    public required double? BaseRate { get; init; }
    /// <summary>Probability that the true value is on the same side of the limit, as far as counting goes; null without counts.</summary>
    public required double? CountingStability { get; init; }
    /// <summary>What to know of it, as codes.</summary>
    public required ImmutableArray<string> Caveats { get; init; }
    /// <summary>info, low, moderate or high.</summary>
    public required string Severity { get; init; }
    /// <summary>How the severity came about: the distance, then what lowered it. Empty where the engine of the report judged by other rules than this one.</summary>
    public required ImmutableArray<SeverityReason> SeverityBecause { get; init; }
    /// <summary>The finding in words.</summary>
    public required BilingualText Text { get; init; }

    /// <summary>Explains a finding of a report.</summary>
    /// <param name="finding">As it is stored.</param>
    /// <param name="cohortMatch">The report's <c>method.cohortMatch</c>.</param>
    /// <param name="panel">The report's panel, in the version that it names.</param>
    /// <param name="cohort">The report's cohort, in the version that it names.</param>
    /// <exception cref="ArgumentException">The panel has no such rule: it is not the report's.</exception>
    public static FindingExplanation Of(Finding finding, string cohortMatch, Panel panel, ReferenceCohort cohort)
    {
        ArgumentNullException.ThrowIfNull(finding);
        ArgumentNullException.ThrowIfNull(panel);
        ArgumentNullException.ThrowIfNull(cohort);
        var rule = panel.Rules.FirstOrDefault(r => r.Code == finding.Code) ?? throw new ArgumentException($"{panel.Ref} has no rule {finding.Code}.", nameof(panel));
        var bound = finding.Direction == "high" ? finding.Reference.HighLimit : finding.Reference.LowLimit;
        return new FindingExplanation
        {
            Finding = finding.Code,
            Rule = finding.Rule,
            Kind = finding.Subject.Kind,
            Subject = finding.Subject.Id,
            Direction = finding.Direction,
            Threshold = finding.Direction == "absent" ? null : new(finding.Direction == "high" ? 97.5 : 2.5, bound),
            Floor = finding.Direction != "high" ? null : rule.Kind == "genera" ? GenusFloor : rule.Floor > 0 ? rule.Floor : null,
            Observed = finding.Value,
            Percentile = finding.Reference.Percentile,
            Cohort = new(cohort.Ref, cohort.N, cohort.Population, cohort.Source, cohort.Doi),
            CohortMatch = cohortMatch,
            Contributions = finding.Contributions,
            Evidence = finding.Evidence,
            Citations = finding.Citations,
            BaseRate = finding.BaseRate,
            CountingStability = finding.CountingStability,
            Caveats = finding.Caveats,
            Severity = finding.Severity,
            SeverityBecause = Because(finding, rule, bound, cohortMatch == "same-method"),
            Text = finding.Text,
        };
    }

    private static ImmutableArray<SeverityReason> Because(Finding finding, Rule rule, double? bound, bool sameMethod)
    {
        if (rule.Kind == "genera")
        {
            return [new("information-only", "info", new("A list of genera only informs: nearly everybody has a few outside the range.",
                "Een lijst van geslachten is alleen informatie: bijna iedereen heeft er enkele buiten het bereik."))];
        }
        if (finding.Value is not { } value || bound is not { } limit) return [];
        var fold = FindingSeverity.Fold(rule, finding.Direction, value, limit);
        var steps = FindingSeverity.Steps(rule, fold, finding.BaseRate, finding.CountingStability, sameMethod);
        return steps[^1].Severity != finding.Severity ? [] : [.. steps.Select(step => new SeverityReason(step.Code, step.Severity, step.Code switch
        {
            "distance" => Distance(rule, finding.Direction, fold, limit),
            "rule-limits" => new($"The rule gives {Word(step.Severity).En} at most.", $"De regel geeft hoogstens {Word(step.Severity).Nl}."),
            "evidence-limits" => new($"The evidence for this rule is {Word(rule.Evidence).En}, and the severity never goes above the evidence.",
                $"Het bewijs voor deze regel is {Word(rule.Evidence).Nl}, en de ernst komt nooit boven het bewijs uit."),
            "common-in-cohort" => new("More than one in ten people of the cohort meet this rule as well, so it only informs.",
                "Meer dan één op de tien mensen in de referentiegroep voldoet ook aan deze regel; daarom is dit alleen informatie."),
            "base-rate-unknown" => new("Nobody has counted how many people of the cohort meet this rule, so the severity is low at most.",
                "Niemand heeft geteld hoeveel mensen in de referentiegroep aan deze regel voldoen; daarom is de ernst hoogstens laag."),
            "counting-uncertain" => new("With the reads that were counted, it is less than 95 % certain that the true value lies beyond the limit: one step lower.",
                "Met de reads die geteld zijn, is het minder dan 95 % zeker dat de werkelijke waarde voorbij de grens ligt: één stap lager."),
            _ => new("The cohort was measured by another profiler, so the severity is low at most.",
                "De referentiegroep is met een ander programma gemeten; daarom is de ernst hoogstens laag."),
        }))];
    }

    private static BilingualText Distance(Rule rule, string direction, double fold, double limit)
    {
        if (double.IsInfinity(fold)) return new("Nothing of it was found.", "Er is niets van gevonden.");
        var en = Significant.Round(fold, 3).ToString("0.######", CultureInfo.InvariantCulture);
        var nl = en.Replace('.', ',');
        var (what, wat) = direction == "high" && rule.Floor > limit ? ("the floor of the rule", "de ondergrens van de regel") : ("the limit of the cohort", "de grens van de referentiegroep");
        var said = direction == "high" ? new BilingualText($"The value is {en} times {what}", $"De waarde is {nl} keer {wat}")
            : new($"The limit of the cohort is {en} times the value", $"De grens van de referentiegroep is {nl} keer de waarde");
        var (moderate, high) = (rule.Bands.Moderate.ToString("0.######", CultureInfo.InvariantCulture), rule.Bands.High.ToString("0.######", CultureInfo.InvariantCulture));
        var (matig, hoog) = (moderate.Replace('.', ','), high.Replace('.', ','));
        return new($"{said.En}: below {moderate} times is low, from {moderate} times moderate, from {high} times high.",
            $"{said.Nl}: minder dan {matig} keer is laag, vanaf {matig} keer matig, vanaf {hoog} keer hoog.");
    }

    private static BilingualText Word(string grade) => grade switch
    {
        "info" => new("information", "informatie"),
        "low" => new("low", "laag"),
        "moderate" => new("moderate", "matig"),
        _ => new("high", "hoog"),
    };
}
