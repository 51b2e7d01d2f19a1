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
    private const int FloorReads = 100, MostGenera = 10;
    private const long Enterobacteriaceae = 543;
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
    public static bool AboveFloor(Comparison c, CladeSum sum, double floor) => AboveFloor(c, sum.Value, floor);

    private static bool AboveFloor(Comparison c, double value, double floor) =>
        c.Measures.Fraction(value) >= floor && (c.ClassifiedReads is null || value >= FloorReads);

    private static Finding? OfMetric(Comparison c, Rule rule)
    {
        var metric = c.Diversity(rule.Subject);
        if (metric.Value is not { } value || metric.Reference is null) return null;
        var entry = c.Cohort!.Find("metric", rule.Subject)!;
        var bound = entry.Distribution.LowLimit;
        return value < bound ? Make(c, rule, entry, "low", value, bound, null, [], number: true) : null;
    }

    private static Finding? OfRatio(Comparison c, Rule rule)
    {
        if (c.Cohort!.Find("ratio", rule.Subject) is not { } entry) return null;
        var ratio = c.Ratio(c.Input.Panel.Ratios.Single(r => r.Id == rule.Subject));
        if (ratio.Value is not > 0 || c.TooFewReads) return null;
        var (low, high) = (entry.Distribution.LowLimit, entry.Distribution.HighLimit);
        var (value, direction) = (ratio.Value.Value, ratio.Value < low ? "low" : ratio.Value > high ? "high" : "");
        return direction.Length == 0 ? null : Make(c, rule, entry, direction, value, direction == "low" ? low : high, null, [], number: true);
    }

    private static Finding? OfSum(Comparison c, Rule rule)
    {
        if (!c.Sees(rule.Kingdom)) return null;
        var (sum, entry) = Subject(c, rule);
        if (entry is null) return null;
        var value = c.Measures.Fraction(sum.Value);
        var (low, high) = (entry.Distribution.LowLimit, entry.Distribution.HighLimit);
        var bound = rule.Direction == "high" ? high : low;
        var outside = rule.Direction == "high"
            ? value > high && AboveFloor(c, sum, rule.Floor)
            // Where the lower limit is nothing at all, only absence is below it. A sum of genera is not low because hardly anything is known down to the genus.
            : !c.TooFewReads && !c.TooLittleAssigned && (value < low || (value == 0 && low == 0 && c.IsAbsent(entry)));
        if (!outside) return null;
        // The threshold of the finding is the floor where that is the higher one; of nothing at all there is no other side.
        var threshold = rule.Direction == "high" ? Math.Max(bound, rule.Floor) : bound;
        var stability = c.Measures.ClassifiedReads is { } reads && threshold > 0 ? Intervals.CountingStability(Math.Min((long)sum.Value, reads), reads, threshold) : null;
        return Make(c, rule, entry, rule.Direction, value, bound, stability, Comparison.Contributions(sum), number: false);
    }

    /// <summary>What the rule reads in this sample: guild or clades; the genus of a species where the profiler differs or the amplicon ends there,
    /// and the family Enterobacteriaceae where an amplicon classifier does not even give the genus of most of it.</summary>
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
        var taxa = c.Input.Profile.Taxa;
        var family = taxa.Where(t => t is { Taxid: Enterobacteriaceae, Rank: TaxonomicRank.Family }).ToArray();
        var known = taxa.Where(t => t.Rank == TaxonomicRank.Genus && t.Parent >= 0 && family.Contains(taxa[t.Parent])).Sum(t => t.Clade);
        return known < family.Sum(t => t.Clade) / 2
            ? (c.Measures.Sum([new PanelTaxon(Enterobacteriaceae, "Enterobacteriaceae")]), cohort.Find(TaxonomicRank.Family, Enterobacteriaceae))
            : (genus, cohort.Find("sum", rule.Subject + "-other-method"));
    }

    private static Finding? OfGenera(Comparison c, Rule rule)
    {
        // A fraction may be low only because little is known down to the genus.
        if (c.TooFewReads || (rule.Direction != "high" && c.TooLittleAssigned) || (rule.Direction == "absent" && !c.SameMethod)) return null;
        var confirm = rule.Direction == "high" ? ToConfirm(c) : [];
        var present = c.Clades(TaxonomicRank.Genus).Where(t => t.Entry is not null).ToArray();
        var genera = rule.Direction switch
        {
            "high" => present.Where(t => AboveFloor(c, t.Value, 0.001) && t.Fraction > t.Entry!.Distribution.HighLimit)
                .Where(t => confirm.GetValueOrDefault((t.Taxid, t.Name)) <= t.Value / 2)
                .OrderByDescending(t => t.Fraction / Math.Max(t.Entry!.Distribution.HighLimit, 0.001)).ThenBy(t => t.Name, StringComparer.Ordinal)
                .Select(t => new Contribution(t.Taxid, t.Name, t.Fraction)),
            "low" => present.Where(t => t.Fraction < t.Entry!.Distribution.LowLimit)
                .OrderBy(t => t.Fraction / t.Entry!.Distribution.LowLimit).ThenBy(t => t.Name, StringComparer.Ordinal)
                .Select(t => new Contribution(t.Taxid, t.Name, t.Fraction)),
            _ => c.Cohort!.Prevalent(TaxonomicRank.Genus).Where(e => c.IsAbsent(e) && !present.Any(t => ReferenceEquals(t.Entry, e))).Select(e => new Contribution(e.Taxid, e.Name, 0)),
        };
        var all = genera.ToArray();
        if (all.Length == 0) return null;
        return Write(c, rule, rule.Direction, "info", BaseRate(c, rule), null, new(null, null, null), null, [.. all.Take(MostGenera)], "", "", Math.Max(0, all.Length - MostGenera));
    }

    /// <summary>How much of each genus is what needs culture or PCR, by taxid and name; such a genus is never a finding.</summary>
    private static Dictionary<(long?, string), double> ToConfirm(Comparison c)
    {
        var taxa = c.Input.Profile.Taxa;
        var found = new Dictionary<(long?, string), double>();
        foreach (var taxon in c.Measures.Index.Rows(c.Input.Panel.Confirm).Select(row => taxa[row]))
        {
            var genus = taxon.Rank == TaxonomicRank.Genus || taxon.Parent < 0 ? taxon : taxa[taxon.Parent];
            found[(genus.Taxid, genus.Name)] = found.GetValueOrDefault((genus.Taxid, genus.Name)) + taxon.Clade;
        }
        return found;
    }

    /// <summary>The share of the cohort's people in whom the rule fires: counted when the cohort was built, and null where it never was, or where they were measured otherwise.</summary>
    private static double? BaseRate(Comparison c, Rule rule) =>
        c.SameMethod && c.Cohort!.RuleRates.TryGetValue($"{c.Input.Panel.Base ?? c.Input.Panel.Ref}#{rule.Code}", out var rate) ? rate : null;

    /// <summary>Of nothing at all by reads, more: the cohort's people count only where their own table rules a carrier out, but read as deeply as this sample everybody without any would.</summary>
    private static double? BaseRate(Comparison c, Rule rule, CohortEntry entry, double value) =>
        BaseRate(c, rule) is { } counted ? value == 0 && entry.Distribution.LowLimit == 0 && c.DetectionLimit is null ? Math.Max(counted, 1 - entry.Prevalence) : counted : null;

    private static Finding Make(Comparison c, Rule rule, CohortEntry entry, string direction, double value, double bound, double? stability,
        ImmutableArray<Contribution> contributions, bool number)
    {
        var rate = BaseRate(c, rule, entry, value);
        var severity = FindingSeverity.Steps(rule, FindingSeverity.Fold(rule, direction, value, bound), rate, stability, c.SameMethod)[^1].Severity;
        var d = entry.Distribution;
        return Write(c, rule, direction, severity, rate, value, new(Math.Round(d.Percentile(value), 1), d.LowLimit, d.HighLimit), stability,
            contributions, Show(value, number), Show(bound, number));
    }

    private static Finding Write(Comparison c, Rule rule, string direction, string severity, double? rate, double? value, FindingReference reference, double? stability,
        ImmutableArray<Contribution> contributions, string shown, string bound, int more = 0)
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
            .Replace("{taxa}", string.Join(", ", contributions.Select(t => t.Name)) + (more == 0 ? "" : dutch ? $" en nog {more}" : $" and {more} more"), StringComparison.Ordinal).Replace("{rank}", rank, StringComparison.Ordinal);
        var species = c.Measures.LowestRank == TaxonomicRank.Species;
        var en = Fill(rule.Text.En, population.En, species ? "species" : "genus", false) + (c.SameMethod ? "" : " They were measured by another profiler, so the comparison is rough.");
        var nl = Fill(rule.Text.Nl, population.Nl, species ? "soorten" : "geslachten", true) + (c.SameMethod ? "" : " Zij zijn met een ander programma gemeten; de vergelijking is daarom grof.");
        return new(rule.Code, direction, severity, $"{c.Input.Panel.Ref}#{rule.Code}", new(rule.Kind, rule.Subject), value,
            reference, stability, rate, caveats, contributions, new(en, nl), rule.Evidence, rule.Citations);
    }

    private static string Show(double value, bool number) =>
        Significant.Round(number ? value : value * 100, 3).ToString("0.######", CultureInfo.InvariantCulture) + (number ? "" : " %");
}
