using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Cohorts;

/// <summary>What a cohort says of itself.</summary>
/// <param name="Id">e.g. <c>western-shotgun</c>.</param>
/// <param name="Version">1, 2, ….</param>
/// <param name="Assay">How all of them were measured.</param>
/// <param name="Population">Who they are, in words that fit a sentence.</param>
/// <param name="Source">Where the profiles come from.</param>
/// <param name="Doi">The publication, without <c>doi:</c>.</param>
/// <param name="Licence">The licence of the source.</param>
/// <param name="Note">What the cohort is good for, and what not.</param>
public sealed record CohortDescription(string Id, int Version, Assay Assay, BilingualText Population, string Source, string Doi, string Licence, BilingualText Note);

/// <summary>Makes a reference cohort of people's profiles, by the rules that measure a report's sample. A stratum (an age, a country) is a cohort of its own, with as many people.</summary>
public sealed class CohortBuilder
{
    /// <summary>Below this p2.5 and p97.5 would be the extremes of three people.</summary>
    public const int MinimumPeople = 120;

    /// <summary>A taxon that fewer have takes a line for nothing, and says too much of those few.</summary>
    public const double LeastPrevalence = 0.02;

    private static readonly ImmutableArray<double> Levels = [.. Enumerable.Range(0, 41).Select(i => i / 40.0)];

    private readonly CohortDescription description;
    private readonly Panel panel;
    private readonly ImmutableArray<TaxonomicProfile> people;
    private readonly ImmutableArray<Column> columns;

    /// <summary>Measures the people; equal profiles in equal order give equal bytes.</summary>
    /// <param name="description">Who they are.</param>
    /// <param name="panel">The guilds, ratios and rules that the cohort shall know.</param>
    /// <param name="people">One profile a person.</param>
    /// <exception cref="ArgumentException">There are fewer than <see cref="MinimumPeople"/>.</exception>
    public CohortBuilder(CohortDescription description, Panel panel, IEnumerable<TaxonomicProfile> people)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(panel);
        (this.description, this.panel, this.people) = (description, panel, [.. people]);
        if (this.people.Length < MinimumPeople) throw new ArgumentException($"A cohort needs {MinimumPeople} people and not {this.people.Length}.", nameof(people));
        columns = [.. Measure()];
    }

    /// <summary>The cohort of all of them, with the rate at which each rule of the panel fires in them.</summary>
    /// <returns>The bytes of its file, for <see cref="ReferenceCohort.Read(byte[])"/>.</returns>
    public byte[] Build()
    {
        var text = Text([.. Enumerable.Range(0, people.Length)]);
        var cohort = ReferenceCohort.Read(Encoding.UTF8.GetBytes(text));
        var fired = people.SelectMany(person => FindingRules.Evaluate(new Comparison(new ReportInput { Profile = person, Assay = description.Assay, Panel = panel, Cohort = cohort })))
            .CountBy(finding => finding.Code).ToDictionary();
        return Encoding.UTF8.GetBytes(text + string.Concat(panel.Rules.Select(rule =>
            $"rule\t{panel.Ref}#{rule.Code}\tNone\t{rule.Code}\t{Shown(fired.GetValueOrDefault(rule.Code) / (double)people.Length)}\n")));
    }

    /// <summary>The cohort without one of them, to compare that person with the others only; without the rates of rules.</summary>
    /// <param name="person">Counted from 0.</param>
    public ReferenceCohort Without(int person)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(person);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(person, people.Length);
        return ReferenceCohort.Read(Encoding.UTF8.GetBytes(Text([.. Enumerable.Range(0, people.Length).Where(i => i != person)])));
    }

    /// <summary>One measured thing, by person; null where it is not defined.</summary>
    private sealed record Column(string Kind, string Id, TaxonomicRank Rank, string Name, double?[] Values, bool Always)
    {
        public string Feature => Id.Length > 0 ? Id : Name;
    }

    private IEnumerable<Column> Measure()
    {
        var lowest = description.Assay.LowestRank;
        var measured = people.Select(person => new Measures(person, lowest)).ToArray();
        Column Of(string kind, string id, TaxonomicRank rank, Func<Measures, double?> value) => new(kind, id, rank, id, [.. measured.Select(value)], true);

        foreach (var metric in Measures.Metrics)
        {
            var column = Of("metric", metric, lowest, m => m.Metric(metric));
            if (column.Values.All(v => v is not null)) yield return column;
        }
        foreach (var ratio in panel.Ratios)
        {
            // A share is defined for everybody, a ratio only where both sides were detected.
            var column = Of("ratio", ratio.Id, TaxonomicRank.None, m => m.Sides(ratio) is { Denominator: > 0 } sides && (sides.Numerator > 0 || ratio.Denominator.IsEmpty) ? sides.Numerator / sides.Denominator : null);
            if (column.Values.Any(v => v is not null)) yield return column;
        }
        foreach (var guild in panel.Guilds) yield return Of("guild", guild.Id, TaxonomicRank.None, m => m.Fraction(m.Sum(guild.Members, guild.Excluded).Value));
        foreach (var rule in panel.Rules.Where(r => r.Kind == "taxon"))
        {
            yield return Of("sum", rule.Subject, TaxonomicRank.None, m => m.Fraction(m.Sum(rule.Members).Value));
            if (!rule.OtherMethodMembers.IsDefault) yield return Of("sum", rule.Subject + "-other-method", TaxonomicRank.None, m => m.Fraction(m.Sum(rule.OtherMethodMembers).Value));
        }
        for (var rank = TaxonomicRank.Phylum; rank <= lowest; rank++)
        {
            // A taxid may stand in several rows of a person; the cohort's taxon is their sum.
            var taxa = measured.SelectMany((m, person) => m.Composition.RowsAt(rank).Where(r => r.Clade > 0)
                    .Select(r => (Key: r.Taxid?.ToString(CultureInfo.InvariantCulture) ?? "", r.Name, Person: person, Fraction: m.Composition.Fraction(r))))
                .GroupBy(t => t.Key.Length > 0 ? t.Key : t.Name)
                .Select(g =>
                {
                    var values = new double?[people.Length];
                    Array.Fill(values, 0);
                    foreach (var row in g) values[row.Person] += row.Fraction;
                    return new Column("taxon", g.First().Key, rank, g.First().Name, values, rank is TaxonomicRank.Phylum or TaxonomicRank.Family);
                });
            foreach (var taxon in taxa.OrderByDescending(t => t.Values.Count(v => v > 0)).ThenBy(t => t.Name, StringComparer.Ordinal)) yield return taxon;
        }
    }

    private string Text(ImmutableArray<int> whom)
    {
        var assay = description.Assay;
        var text = new StringBuilder($"# lab-cohort: 1\n# id: {description.Id}\n# version: {description.Version}\n# n: {whom.Length}\n# population-en: {description.Population.En}\n")
            .Append(CultureInfo.InvariantCulture, $"# population-nl: {description.Population.Nl}\n# platform: {assay.Platform}\n# region: {assay.Region ?? "-"}\n# profiler: {assay.Profiler}\n")
            .Append(CultureInfo.InvariantCulture, $"# database-family: {assay.DatabaseFamily}\n# source: {description.Source}\n# doi: {description.Doi}\n# licence: {description.Licence}\n")
            .Append(CultureInfo.InvariantCulture, $"# note-en: {description.Note.En}\n# note-nl: {description.Note.Nl}\nkind\tid\trank\tname\tprevalence\t")
            .AppendJoin('\t', Levels.Select(Shown)).Append("\tci95-low-0.025\tci95-high-0.025\tci95-low-0.975\tci95-high-0.975\n");
        foreach (var column in columns)
        {
            double[] values = [.. whom.Select(person => column.Values[person]).OfType<double>().Order()];
            var prevalence = values.Count(v => v > 0) / (double)whom.Length;
            if (values.Length == 0 || (!column.Always && prevalence < LeastPrevalence)) continue;
            Append(text, column, column.Kind == "metric" ? 1 : prevalence, values);
        }
        Column[] taxa = [.. columns.Where(c => c.Kind == "taxon" && c.Rank == assay.LowestRank)];
        Column[] listed = [.. taxa.Where(c => whom.Count(person => c.Values[person] > 0) >= LeastPrevalence * whom.Length)];
        var samples = whom.Select(person => taxa.Select(c => KeyValuePair.Create(c.Feature, c.Values[person] ?? 0))).ToArray();
        if (HealthyCentre.Of(listed.Select(c => c.Feature), samples) is not var (centre, distances)) return text.ToString();
        Append(text, new("metric", HealthyCentre.Metric, assay.LowestRank, HealthyCentre.Metric, [], true), 1, [.. distances.Order()]);
        var shares = centre.Shares.Features.Names.Zip(centre.Shares.Values).ToDictionary(share => share.First, share => share.Second);
        foreach (var (id, name, feature) in listed.Select(c => (c.Id, c.Name, c.Feature)).Append(("", "", HealthyCentre.Others)))
            text.Append(CultureInfo.InvariantCulture, $"centre\t{id}\t{assay.LowestRank}\t{name}\t{Shown(shares[feature])}\n");
        foreach (var (metric, between) in ProfileDistance.Between(centre.Shares.Features, samples))
            Append(text, new(ProfileDistance.Kind, metric, assay.LowestRank, metric, [], true), 1, [.. between.Order()]);
        return text.ToString();
    }

    private static void Append(StringBuilder text, Column column, double prevalence, double[] sorted)
    {
        text.Append(CultureInfo.InvariantCulture, $"{column.Kind}\t{column.Id}\t{column.Rank}\t{column.Name}\t{Shown(prevalence)}\t").AppendJoin('\t', Quantiles.Of(sorted, Levels).Values.Select(Shown));
        foreach (var level in (ReadOnlySpan<double>)[0.025, 0.975])
        {
            // Distances that share a person are not independent: order statistics say nothing of them.
            if (column.Kind != ProfileDistance.Kind && Quantiles.IntervalRanks(sorted.Length, level) is var (low, high)) text.Append('\t').Append(Shown(sorted[low - 1])).Append('\t').Append(Shown(sorted[high - 1]));
            else text.Append("\t\t");
        }
        text.Append('\n');
    }

    private static string Shown(double value) => CanonicalJson.Number(Significant.Round(value));
}
