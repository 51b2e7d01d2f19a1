using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Reports;

/// <summary>Evaluates the rules of a panel: a finding is outside p2.5 to p97.5 of the cohort and above the rule's floor, at most one of a code.</summary>
internal static class FindingRules
{
    private const double LowLimit = 0.025, HighLimit = 0.975;
    private const int FloorReads = 100, MostGenera = 10;
    private static readonly string[] Severities = ["info", "low", "moderate", "high"];

    public static ImmutableArray<Finding> Evaluate(Comparison c)
    {
        if (c.Cohort is null) return [];
        return
        [
            .. c.Input.Panel.Rules.Select(rule => rule.Kind switch
            {
                "metric" => OfMetric(c, rule),
                "ratio" => OfRatio(c, rule),
                "genera" => OfGenera(c, rule),
                _ => OfSum(c, rule),
            }).OfType<Finding>().OrderByDescending(f => Array.IndexOf(Severities, f.Severity)).ThenBy(f => f.Code, StringComparer.Ordinal),
        ];
    }

    /// <summary>Enough of it to speak of: the floor, and a hundred reads where reads are counted.</summary>
    public static bool AboveFloor(Comparison c, CladeSum sum, double floor) =>
        c.Measures.Fraction(sum) >= floor && (!c.Input.Profile.HasCounts || sum.Value >= FloorReads);

    private static Finding? OfMetric(Comparison c, Rule rule)
    {
        var metric = c.Diversity(rule.Subject);
        if (metric.Value is not { } value || metric.Reference is null) return null;
        var entry = c.Cohort!.Find("metric", rule.Subject)!;
        var bound = entry.Distribution.At(LowLimit);
        return value < bound ? Make(c, rule, entry, "low", value, bound, BaseRate(entry, "low", 0), null, [], number: true) : null;
    }

    private static Finding? OfRatio(Comparison c, Rule rule)
    {
        if (c.Cohort!.Find("ratio", rule.Subject) is not { } entry) return null;
        var ratio = c.Ratio(c.Input.Panel.Ratios.Single(r => r.Id == rule.Subject));
        if (ratio.Value is not > 0 || c.TooFewReads) return null;
        var (low, high) = (entry.Distribution.At(LowLimit), entry.Distribution.At(HighLimit));
        var (value, direction) = (ratio.Value.Value, ratio.Value < low ? "low" : ratio.Value > high ? "high" : "");
        return direction.Length == 0 ? null : Make(c, rule, entry, direction, value, direction == "low" ? low : high, c.SameMethod ? 0.05 : null, null, [], number: true);
    }

    private static Finding? OfSum(Comparison c, Rule rule)
    {
        if (rule.NeedsFungi && !c.Input.Assay.SeesFungi) return null;
        var (sum, entry) = Subject(c, rule);
        if (entry is null) return null;
        var value = c.Measures.Fraction(sum);
        var (low, high) = (entry.Distribution.At(LowLimit), entry.Distribution.At(HighLimit));
        var bound = rule.Direction == "high" ? high : low;
        var outside = rule.Direction == "high"
            ? value > high && AboveFloor(c, sum, rule.Floor)
            // Where the lower limit is nothing at all, only absence is below it; another method may simply not see the taxon.
            : !c.TooFewReads && c.Measures.Composition.Denominator > 0 && (value < low || (value == 0 && low == 0 && c.SameMethod && c.IsDeepEnough(entry)));
        if (!outside) return null;
        var stability = c.Measures.ClassifiedReads is { } reads ? Intervals.CountingStability((long)sum.Value, reads, bound) : null;
        return Make(c, rule, entry, rule.Direction, value, bound, BaseRate(entry, rule.Direction, rule.Floor), stability, Comparison.Contributions(sum), number: false);
    }

    /// <summary>What the rule reads in this sample: guild or clades; the genus of a species where the profiler differs or the amplicon ends there,
    /// and the family Enterobacteriaceae where an amplicon classifier does not even give the genus.</summary>
    private static (CladeSum Sum, CohortEntry? Entry) Subject(Comparison c, Rule rule)
    {
        var cohort = c.Cohort!;
        if (rule.Kind == "guild")
        {
            var guild = c.Input.Panel.Guilds.Single(g => g.Id == rule.Subject);
            return (c.Measures.Sum(guild.Members, guild.Excluded), cohort.Find("guild", rule.Subject));
        }
        if (rule.OtherMethodMembers.IsDefault || (c.SameMethod && c.Input.Assay.Platform == Platform.Shotgun)) return (c.Measures.Sum(rule.Members), cohort.Find("sum", rule.Subject));
        var genus = c.Measures.Sum(rule.OtherMethodMembers);
        if (genus.Value > 0 || c.Input.Assay.Platform == Platform.Shotgun) return (genus, cohort.Find("sum", rule.Subject + "-other-method"));
        var family = c.Measures.Sum([new PanelTaxon(543, "Enterobacteriaceae")]);
        return (family, cohort.Entries.FirstOrDefault(e => e is { Kind: "taxon", Id: "543", Rank: TaxonomicRank.Family }));
    }

    private static Finding? OfGenera(Comparison c, Rule rule)
    {
        if (c.TooFewReads || (rule.Direction == "absent" && !c.SameMethod)) return null;
        var present = c.Measures.Composition.RowsAt(TaxonomicRank.Genus).Where(r => r.Clade > 0)
            .Select(row => (Row: row, Fraction: c.Measures.Composition.Fraction(row), Entry: c.Cohort!.Find(row))).Where(t => t.Entry is not null).ToArray();
        var genera = rule.Direction switch
        {
            "high" => present.Where(t => t.Fraction >= 0.001 && t.Row.Clade >= (c.Input.Profile.HasCounts ? FloorReads : 0) && t.Fraction > t.Entry!.Distribution.At(HighLimit))
                .OrderByDescending(t => t.Fraction / Math.Max(t.Entry!.Distribution.At(HighLimit), 0.001)).Select(t => new Contribution(t.Row.Taxid, t.Row.Name, t.Fraction)),
            "low" => present.Where(t => t.Fraction < t.Entry!.Distribution.At(LowLimit))
                .OrderBy(t => t.Fraction / t.Entry!.Distribution.At(LowLimit)).Select(t => new Contribution(t.Row.Taxid, t.Row.Name, t.Fraction)),
            _ => c.Cohort!.Entries.Where(e => e is { Kind: "taxon", Rank: TaxonomicRank.Genus, Prevalence: >= 0.9 } && c.IsDeepEnough(e)).Except(present.Select(t => t.Entry!))
                .OrderByDescending(e => e.Prevalence).Select(e => new Contribution(long.TryParse(e.Id, out var taxid) ? taxid : null, e.Name, 0)),
        };
        var listed = genera.Take(MostGenera).ToImmutableArray();
        if (listed.Length == 0) return null;
        return Write(c, rule, rule.Direction, "info", null, new(null, null, null), null, null, listed, "", "");
    }

    /// <summary>The share of the cohort that meets the rule itself: a rule that every tenth healthy person meets informs and does not warn.</summary>
    private static double? BaseRate(CohortEntry entry, string direction, double floor)
    {
        var d = entry.Distribution;
        if (direction == "high") return Math.Min(1 - HighLimit, 1 - d.Percentile(Math.Max(d.At(HighLimit), floor)) / 100);
        return d.At(LowLimit) > 0 ? LowLimit : 1 - entry.Prevalence;
    }

    private static Finding Make(Comparison c, Rule rule, CohortEntry entry, string direction, double value, double bound, double? baseRate, double? stability,
        ImmutableArray<Contribution> contributions, bool number)
    {
        var severity = FindingSeverity.Steps(rule, FindingSeverity.Fold(rule, direction, value, bound), baseRate, stability, c.SameMethod)[^1].Severity;
        var d = entry.Distribution;
        return Write(c, rule, direction, severity, value, new(Math.Round(d.Percentile(value), 1), d.At(LowLimit), d.At(HighLimit)), stability,
            c.SameMethod ? baseRate : null, contributions, Show(value, number), Show(bound, number));
    }

    private static Finding Write(Comparison c, Rule rule, string direction, string severity, double? value, FindingReference reference, double? stability, double? baseRate,
        ImmutableArray<Contribution> contributions, string shown, string bound)
    {
        ImmutableArray<string> caveats =
        [
            .. c.SameMethod ? [] : new[] { "cohort-other-method" },
            .. rule.Kind == "ratio" ? c.Input.Panel.Ratios.Single(r => r.Id == rule.Subject).Caveats : [],
        ];
        var population = c.Cohort!.Population;
        string Fill(string text, string who, string rank, bool dutch) => text
            .Replace("{value}", dutch ? shown.Replace('.', ',') : shown, StringComparison.Ordinal).Replace("{bound}", dutch ? bound.Replace('.', ',') : bound, StringComparison.Ordinal)
            .Replace("{n}", c.Cohort.N.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{population}", who, StringComparison.Ordinal)
            .Replace("{taxon}", contributions.IsEmpty ? "" : contributions[0].Name, StringComparison.Ordinal)
            .Replace("{taxa}", string.Join(", ", contributions.Select(t => t.Name)), StringComparison.Ordinal).Replace("{rank}", rank, StringComparison.Ordinal);
        var species = c.Measures.LowestRank == TaxonomicRank.Species;
        var en = Fill(rule.Text.En, population.En, species ? "species" : "genus", false) + (c.SameMethod ? "" : " They were measured by another profiler, so the comparison is rough.");
        var nl = Fill(rule.Text.Nl, population.Nl, species ? "soorten" : "geslachten", true) + (c.SameMethod ? "" : " Zij zijn met een ander programma gemeten; de vergelijking is daarom grof.");
        return new(rule.Code, direction == "absent" ? "absent" : direction, severity, $"{c.Input.Panel.Ref}#{rule.Code}", new(rule.Kind == "genera" ? "genera" : rule.Kind, rule.Subject), value,
            reference, stability, baseRate, caveats, contributions, new(en, nl), rule.Evidence, rule.Citations);
    }

    private static string Show(double value, bool number) =>
        Significant.Round(number ? value : value * 100, 3).ToString("0.######", CultureInfo.InvariantCulture) + (number ? "" : " %");
}
