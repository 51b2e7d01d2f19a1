using System.Globalization;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Cohorts;

/// <summary>One thing that a cohort knows the distribution of.</summary>
/// <param name="Kind">metric, ratio, guild, sum, taxon or distance.</param>
/// <param name="Id">The taxid of a taxon (empty where it has none), else the id.</param>
/// <param name="Rank">Of a taxon, or the rank at which a metric is computed; none elsewhere.</param>
/// <param name="Name">The name of a taxon, else the id.</param>
internal sealed record MeasuredThing(string Kind, string Id, TaxonomicRank Rank, string Name)
{
    /// <summary>What tells it from others of its kind and rank.</summary>
    public string Feature => Id.Length > 0 ? Id : Name;
}

/// <summary>What a cohort takes of one person.</summary>
internal static class MeasuredPerson
{
    /// <summary>Everything but the taxa, in the order of the file: metrics, ratios, guilds, and the sums of rules.</summary>
    public static MeasuredThing[] Things(Panel panel, TaxonomicRank lowest) =>
    [
        .. Measures.Metrics.Select(metric => new MeasuredThing("metric", metric, lowest, metric)),
        .. panel.Ratios.Select(ratio => new MeasuredThing("ratio", ratio.Id, TaxonomicRank.None, ratio.Id)),
        .. panel.Guilds.Select(guild => new MeasuredThing("guild", guild.Id, TaxonomicRank.None, guild.Id)),
        .. panel.Rules.Where(r => r.Kind == "taxon").SelectMany(Sums).Select(sum => new MeasuredThing("sum", sum, TaxonomicRank.None, sum)),
    ];

    /// <summary>Their values, in the same order; null where one is not defined.</summary>
    public static IEnumerable<double?> Values(Panel panel, Measures person)
    {
        foreach (var metric in Measures.Metrics) yield return person.Metric(metric);
        // A share is defined for everybody, a ratio only where both sides were detected.
        foreach (var ratio in panel.Ratios) yield return person.Sides(ratio) is { Denominator: > 0 } sides && (sides.Numerator > 0 || ratio.Denominator.IsEmpty) ? sides.Numerator / sides.Denominator : null;
        foreach (var guild in panel.Guilds) yield return person.Fraction(person.Sum(guild.Members, guild.Excluded).Value);
        foreach (var rule in panel.Rules.Where(r => r.Kind == "taxon"))
        {
            yield return person.Fraction(person.Sum(rule.Members).Value);
            if (!rule.OtherMethodMembers.IsDefault) yield return person.Fraction(person.Sum(rule.OtherMethodMembers).Value);
        }
    }

    /// <summary>The taxa of a rank that the person has. A taxid may stand in several rows of a person; the cohort's taxon is their sum.</summary>
    public static IEnumerable<(MeasuredThing Taxon, double Fraction)> Taxa(Measures person, TaxonomicRank rank) => person.Composition.RowsAt(rank).Where(r => r.Clade > 0)
        .Select(r => (Taxon: new MeasuredThing("taxon", r.Taxid?.ToString(CultureInfo.InvariantCulture) ?? "", rank, r.Name), Fraction: person.Composition.Fraction(r)))
        .GroupBy(t => t.Taxon.Feature).Select(g => (g.First().Taxon, g.Sum(t => t.Fraction)));

    private static IEnumerable<string> Sums(Rule rule) => rule.OtherMethodMembers.IsDefault ? [rule.Subject] : [rule.Subject, rule.Subject + "-other-method"];
}
