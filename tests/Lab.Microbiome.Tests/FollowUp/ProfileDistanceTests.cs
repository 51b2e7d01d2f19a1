using Lab.Microbiome.Cohorts;
using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.FollowUp;

public sealed class ProfileDistanceTests
{
    [Theory]
    // By NumPy 1.24 over the 339 people's table itself: shares of Bacteria, Archaea and Fungi, the 319 species that at least 2 % have and all others as one; of 57,291 pairs.
    [InlineData("bray-curtis", 0.50220077, 0.66549415, 0.75351101, 0.84042502, 0.98042232)]
    [InlineData("aitchison", 34.46864928, 39.92289734, 42.82781579, 45.88830776, 52.56229903)]
    public void The_cohort_s_file_has_the_spread_between_its_people(string metric, double p2, double p25, double p50, double p75, double p97)
    {
        var spread = ReferenceCohort.Find("western-shotgun@1")!.Find("distance", metric)!;
        foreach (var (level, expected) in new[] { (0.025, p2), (0.25, p25), (0.5, p50), (0.75, p75), (0.975, p97) })
            Assert.Equal(1, spread.Distribution.At(level) / expected, 1e-5);
        Assert.Equal((null, null), (spread.LowLimitInterval, spread.HighLimitInterval));
    }

    [Fact]
    public void People_of_the_cohort_lie_where_their_pairs_lie_and_a_sample_at_0_of_itself()
    {
        var cohort = ReferenceCohort.Find("western-shotgun@1")!;
        // Every eleventh, so of all studies: people of one study lie nearer to each other.
        var people = People.HealthyWestern().Where((_, i) => i % 11 == 0).Select(id => new MeasuredSample(People.Person(id), Assay.Find("shotgun-metaphlan2")!, Panel.Default)).ToArray();
        var places = people.SelectMany((a, i) => people.Skip(i + 1).Select(b => SampleComparison.Of(a, b, cohort, null).Distances)).ToArray();
        foreach (var metric in new[] { 0, 1 })
        {
            Assert.InRange(places.Average(d => d[metric].Percentile!.Value), 40, 60);
            Assert.InRange(places.Count(d => d[metric].Percentile > 90) / (double)places.Length, 0.03, 0.2);
        }
        Assert.All(SampleComparison.Of(people[0], people[0], cohort, null).Distances, d => Assert.Equal((0, 0), (d.Value, d.Percentile)));
    }

    [Fact]
    public void Without_a_cohort_of_the_same_method_there_is_no_percentile_and_the_list_is_what_the_two_have()
    {
        var western = ReferenceCohort.Find("western-shotgun@1")!;
        MeasuredSample Of(string assay, params string[] taxa) => new(People.MadeUp("fraction", taxa), Assay.Find(assay)!, Panel.Default);
        var other = SampleComparison.Of(Of("shotgun-metaphlan3", "853:0.6", "820:0.4"), Of("shotgun-metaphlan3", "853:0.5", "562:0.5"), western, null).Distances;
        Assert.All(other, d => Assert.Equal((3, null), (d.Features, d.Percentile)));
        Assert.Equal(0.5, other[0].Value!.Value, 1e-12);
        // D = 3, zeros of 1/9: clr of (0.6, 0.4, 1/9) and (0.5, 1/9, 0.5) after replacement, by NumPy.
        Assert.Equal(Aitchison([0.6 * 8 / 9, 0.4 * 8 / 9, 1 / 9.0], [0.5 * 8 / 9, 1 / 9.0, 0.5 * 8 / 9]), other[1].Value!.Value, 1e-12);
    }

    [Fact]
    public void The_limit_of_counting_is_passed_by_a_twentieth_of_pairs_of_draws()
    {
        // The 95th percentile of 200,000 pairs of multinomial draws of 20,000 and 30,000 reads by NumPy 1.24 is 0.01363, and their mean and 1.645 standard deviations 0.01325.
        double[] shares = [0.5, 0.2, 0.1, 0.05, 0.05, 0.03, 0.02, 0.02, 0.01, 0.01, 0.005, 0.003, 0.001, 0.0005, 0.0005];
        MeasuredSample Of(int reads) => new(People.MadeUp("reads", Taxa.Zip(shares, (taxid, p) => $"{taxid}:{Math.Round(p * reads)}")), Assay.Find("shotgun-kraken2")! with { MinimumReads = 1 }, Panel.Default);
        Assert.InRange(ProfileDistance.CountingLimit(Of(20_000), Of(30_000))!.Value, 0.0125, 0.0142);
    }

    private static readonly int[] Taxa = [853, 820, 562, 1680, 239935, 573, 2173, 165179, 40520, 33038, 301301, 88431, 166486, 1358, 1304];

    private static double Aitchison(double[] u, double[] v)
    {
        static double[] Centred(double[] x) => [.. x.Select(value => Math.Log(value) - x.Average(Math.Log))];
        return Math.Sqrt(Centred(u).Zip(Centred(v), (a, b) => (a - b) * (a - b)).Sum());
    }
}
