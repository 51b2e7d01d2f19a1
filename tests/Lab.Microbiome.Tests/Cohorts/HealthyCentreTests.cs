using System.Text.Json;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using Lab.Microbiome.Tests.Diversity;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Cohorts;

public sealed class HealthyCentreTests
{
    private static readonly CohortDescription Own = new("own", 1, Assay.Find("shotgun-kraken2")!, new("people", "mensen"), "made up", "10.1/none", "none", new("For tests.", "Voor tests."));

    // Each person against the mean of all others, one by one; the people come as what they have, by taxid or name.
    private const string SciPy = """
        import json, sys
        try:
            import numpy as np
            from scipy.spatial.distance import braycurtis
        except ImportError as missing:
            print("missing: %s" % missing); sys.exit(0)
        people = [json.loads(line) for line in sys.stdin]
        names = sorted({n for p in people for n, x in p.items() if x > 0})
        x = np.array([[p.get(n, 0.0) for n in names] for p in people])
        x = x / x.sum(axis=1, keepdims=True)
        listed = (x > 0).mean(axis=0) >= 0.02
        x = np.column_stack([x[:, listed], x[:, ~listed].sum(axis=1)])
        loo = np.array([braycurtis(x[i], np.delete(x, i, axis=0).mean(axis=0)) for i in range(len(x))])
        print(json.dumps(dict(zip([n for n, k in zip(names, listed) if k] + [""], x.mean(axis=0).tolist()))))
        print(json.dumps(np.quantile(loo, [i / 40 for i in range(41)]).tolist()))
        print(json.dumps([braycurtis(p, x.mean(axis=0)) for p in x]))
        """;

    [Theory]
    [InlineData(5, 3, 2, 0, 0)]
    // A sixth and a thirtieth more, a fifth less: half of what differs.
    [InlineData(8, 4, 0, 0, 0.2)]
    // What the centre does not list is one share, whatever it is.
    [InlineData(4, 2, 1, 3, 0.3)]
    [InlineData(0, 0, 0, 7, 1)]
    public void A_distance_by_hand(double a, double b, double c, double other, double expected)
    {
        var centre = HealthyCentre.From([new("1", 0.5), new("2", 0.3), new("Unknown", 0.2)]);
        KeyValuePair<string, double>[] sample = [new("1", a), new("2", b), new("Unknown", c), new("3", other / 2), new("4", other / 2)];
        Assert.Equal(expected, centre.Distance(sample)!.Value, 1e-15);
        // Neither the unit nor the order counts, and a taxon may come in parts.
        Assert.Equal(expected, centre.Distance(sample.Concat(sample).Reverse().Select(taxon => KeyValuePair.Create(taxon.Key, taxon.Value / 7)))!.Value, 1e-15);
    }

    [Fact]
    public void The_people_without_a_listed_taxon_have_their_share_of_the_others()
    {
        // A tenth of everything stands outside the list, on the average.
        var centre = HealthyCentre.From([new("1", 0.9), new("", 0.1)]);
        Assert.Equal(0, centre.Distance([new("1", 9), new("77", 1)])!.Value, 1e-15);
        Assert.Equal(0.1, centre.Distance([new("1", 9)])!.Value, 1e-15);
    }

    [Fact]
    public void Nothing_has_no_distance()
    {
        var centre = HealthyCentre.From([new("1", 0.5), new("2", 0.5)]);
        Assert.Null(centre.Distance([new("1", 0), new("3", 0)]));
        Assert.Null(centre.Distance([]));
    }

    [Fact]
    public void A_centre_with_a_taxon_twice_or_a_negative_share_is_refused()
    {
        Assert.Throws<ArgumentException>(() => HealthyCentre.From([new("1", 0.5), new("1", 0.5)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => HealthyCentre.From([new("1", 0.5), new("2", -0.1)]));
    }

    [Theory]
    [InlineData("western-shotgun", "western")]
    [InlineData("chinese-shotgun", "east_asian")]
    public async Task Centre_and_distances_of_a_shipped_cohort_are_those_of_scipy(string id, string population)
    {
        var cohort = ReferenceCohort.Find(id)!;
        var people = People.Rows("data/healthy_reference_samples.tsv").Where(r => r[3] == population).Select(r => new Measures(People.Person(r[0]), TaxonomicRank.Species)).ToArray();
        var lines = await PeerProgramTests.Run("/usr/bin/python3", ["-W", "ignore", "-c", SciPy], people.Select(person => JsonSerializer.Serialize(
            person.Sample.GroupBy(taxon => taxon.Key).ToDictionary(taxon => taxon.Key, taxon => taxon.Sum(part => part.Value)))));
        var theirs = JsonSerializer.Deserialize<Dictionary<string, double>>(lines[0])!;
        var shares = cohort.Centre!.Shares;
        Assert.Equal(theirs.Keys.Order(StringComparer.Ordinal), shares.Features.Names);
        // The file has six digits.
        Assert.All(shares.Features.Names.Zip(shares.Values), taxon => Assert.Equal(theirs[taxon.First], taxon.Second, theirs[taxon.First] * 1e-5));
        Assert.Equal(JsonSerializer.Deserialize<double[]>(lines[1])!, cohort.Find("metric", HealthyCentre.Metric)!.Distribution.Values, (a, b) => Math.Abs(a - b) < 1e-5 * a);
        Assert.Equal(JsonSerializer.Deserialize<double[]>(lines[2])!, people.Select(person => cohort.Centre.Distance(person.Sample)!.Value), (a, b) => Math.Abs(a - b) < 1e-5 * a);
    }

    [Fact]
    public void The_distribution_is_of_each_person_against_the_others()
    {
        // Every taxon but the last is in everybody.
        var random = new Random(20261125);
        var people = Enumerable.Range(0, 130).Select(i => People.MadeUp("reads",
            [.. new[] { 820, 853, 821, 39491, 562 }.Select(taxid => $"{taxid}:{random.Next(1_000, 90_000)}"), $"239935:{(i % 3 == 0 ? random.Next(1, 90_000) : 0)}"])).ToArray();
        var builder = new CohortBuilder(Own, Panel.Default, people);
        var distances = people.Select((person, i) => builder.Without(i).Centre!.Distance(new Measures(person, TaxonomicRank.Species).Sample)!.Value).Order().ToArray();
        var stored = ReferenceCohort.Read(builder.Build()).Find("metric", HealthyCentre.Metric)!.Distribution;
        Assert.Equal(Quantiles.Of(distances, stored.Levels).Values, stored.Values, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void A_taxon_of_less_than_a_fiftieth_of_the_people_stands_among_the_others()
    {
        // Of 150 people three have the one and two the other, at a tenth and a fifth of all.
        var people = Enumerable.Range(0, 150).Select(i => People.MadeUp("reads", "820:80000", $"562:{(i < 3 ? 10_000 : 0)}", $"239935:{(i is 3 or 4 ? 20_000 : 0)}"));
        var centre = ReferenceCohort.Read(new CohortBuilder(Own, Panel.Default, people).Build()).Centre!.Shares;
        Assert.Equal(["", "562", "820"], centre.Features.Names);
        Assert.Equal([2 / 5.0 / 150, 3 / 9.0 / 150, (145 + 3 * 8 / 9.0 + 2 * 4 / 5.0) / 150], centre.Values, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void People_with_nothing_at_the_rank_have_no_centre()
    {
        var cohort = ReferenceCohort.Read(new CohortBuilder(Own, Panel.Default, Enumerable.Range(0, 120).Select(_ => People.MadeUp("reads", "g__Roseburia:1000"))).Build());
        Assert.Equal((null, null), (cohort.Centre, cohort.Find("metric", HealthyCentre.Metric)));
    }

    [Fact]
    public void A_report_s_rules_say_when_it_is_assessed()
    {
        var same = Of(People.Input(People.Person(People.HealthyWestern().First()), "shotgun-metaphlan2"));
        Assert.Equal((null, "species", null), (same.Reason, same.Rank, same.Base));
        Assert.InRange(same.Reference!.Percentile!.Value, 0, 100);
        Assert.Equal(same.Value < same.Reference.P5 ? "low" : same.Value > same.Reference.P95 ? "high" : "within", same.Status);

        var reads = People.MadeUp("reads", "853:200000", "820:100000");
        Refused("no-matching-cohort", People.Input(reads, "shotgun-kraken2"));
        Refused("no-matching-cohort", People.Input(reads, "shotgun-metaphlan2") with { Cohort = null });
        // Only published quantiles are known of these people.
        Refused("no-matching-cohort", People.Input(People.MadeUp("reads", "g__Roseburia:200000"), "amplicon-16s-greengenes"));
        Refused("too-few-reads", People.Input(People.MadeUp("reads", "g__Roseburia:200"), "amplicon-16s"));
        Refused("too-little-assigned", People.Input(People.MadeUp("reads", "f__Lachnospiraceae:200000", "g__Roseburia:100000"), "amplicon-16s"));

        static DiversityMetric Of(ReportInput input) => Assert.Single(ReportBuilder.Diversity(input, ["distance-to-healthy"]));
        static void Refused(string reason, ReportInput input) =>
            Assert.Equal((null, null, "not-assessable", reason), (Of(input).Value, Of(input).Reference, Of(input).Status, Of(input).Reason));
    }

    [Theory]
    // Two Enterobacteriaceae and nothing else; a healthy person overgrown by E. coli to nine tenths.
    [InlineData("562:0.6", "573:0.4")]
    [InlineData("562:0.9", "820:0.03", "853:0.02", "821:0.02", "39491:0.02", "239935:0.01")]
    public void An_overgrown_sample_is_further_than_nearly_all_healthy_people(params string[] taxa)
    {
        var far = Assert.Single(ReportBuilder.Diversity(People.Input(People.MadeUp("fraction", taxa), "shotgun-metaphlan2"), ["distance-to-healthy"]));
        Assert.Equal("high", far.Status);
        Assert.InRange(far.Reference!.Percentile!.Value, 97.5, 100);
    }
}
