using System.Globalization;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.FollowUp;

/// <summary>The yardstick of replicates. The pairs differ in ln of one taxon's share by 0.01 (-1)^i (i mod 7 + 1); the figures are of NumPy 1.24, sqrt(sum d² / 2n) and 1.96 sqrt(2) of it.</summary>
public sealed class ReplicateNoiseTests
{
    private const double Deviation = 0.030454884665682122, ReferenceChange = 0.12178522054782272;

    private static readonly ReplicateNoise Noise = ReplicateNoise.Of([.. Pairs(20)], null);

    [Fact]
    public void The_deviation_within_a_pair_is_Dahlberg_s_on_the_scale_of_the_change()
    {
        var (deviation, pairs) = Noise.Find("genus", "216851")!.Value;
        Assert.Equal((Deviation, 20), (Math.Round(deviation, 12), pairs), Close);
        Assert.Equal(0.007739907456041, Noise.Find("metric", "shannon")!.Value.Deviation, 1e-9);
        Assert.Equal(20, Noise.Pairs);
    }

    [Fact]
    public void Nineteen_pairs_say_nothing()
    {
        var few = ReplicateNoise.Of([.. Pairs(19)], null);
        Assert.Equal((19, null, null), (few.Pairs, few.Find("genus", "216851"), few.Limit("bray-curtis")));
        Assert.All(SampleComparison.Of(Of(0.3), Of(0.6), null, few).Changes, c => Assert.Null(c.BeyondNoise));
    }

    [Theory]
    [InlineData(ReferenceChange - 0.0001, false)]
    [InlineData(ReferenceChange + 0.0001, true)]
    [InlineData(-ReferenceChange + 0.0001, false)]
    [InlineData(-ReferenceChange - 0.0001, true)]
    public void A_change_is_more_than_noise_from_the_reference_change_value_on(double log2, bool beyond)
    {
        var change = SampleComparison.Of(Of(0.3), Of(0.3 * Math.Pow(2, log2)), null, Noise).Changes.Single(c => c.Id == "216851");
        Assert.Equal((beyond, "replicates", 20), (change.BeyondNoise, change.Yardstick, change.Pairs));
        Assert.Equal(log2, change.Amount!.Value, 1e-9);
        Assert.Equal(log2 - ReferenceChange, change.Ci95!.Value.Low, 1e-6);
        Assert.Equal(log2 + ReferenceChange, change.Ci95.Value.High, 1e-6);
    }

    [Fact]
    public void A_distance_is_more_than_noise_where_it_is_larger_than_of_every_one_of_twenty_pairs()
    {
        // The largest of them, by NumPy.
        Assert.Equal(0.02175245, Noise.Limit("bray-curtis")!.Value, 1e-8);
        Assert.Null(Noise.Limit("aitchison"));
        foreach (var (share, beyond) in new[] { (0.3217, false), (0.3218, true) })
        {
            var distance = SampleComparison.Of(Of(0.3), Of(share), null, Noise).Distances.Single(d => d.Metric == "bray-curtis");
            Assert.Equal((beyond, "replicates", 20), (distance.BeyondNoise, distance.Yardstick, distance.Pairs));
        }
    }

    [Fact]
    public void Where_there_are_forty_pairs_two_may_lie_further()
    {
        // ceil(0.95 * 41) = 39: one further pair of 41 exchangeable ones lies beyond the 39th of 40 with at most 2/41.
        var sorted = Pairs(40).Select(p => ProfileDistance.Of(p.One, p.Other, features: null)[0].Value!.Value).Order().ToArray();
        Assert.Equal(sorted[38], ReplicateNoise.Of([.. Pairs(40)], null).Limit("bray-curtis"));
    }

    [Fact]
    public void Over_the_list_of_a_cohort_both_distances_have_a_yardstick_and_a_percentile()
    {
        var cohort = ReferenceCohort.Find("western-shotgun@1")!;
        var noise = ReplicateNoise.Of([.. Pairs(20)], ProfileDistance.FeaturesOf(Of(0.3), cohort));
        var distances = SampleComparison.Of(Of(0.3), Of(0.9), cohort, noise).Distances;
        Assert.Equal(["bray-curtis", "aitchison"], distances.Select(d => d.Metric));
        Assert.All(distances, d => Assert.Equal((320, "replicates", true), (d.Features, d.Yardstick, d.Percentile is >= 0 and <= 100)));
        Assert.Equal(0.6, distances[0].Value!.Value, 1e-12);
    }

    [Fact]
    public void Of_what_one_of_a_pair_has_none_the_least_difference_counts()
    {
        var pairs = Enumerable.Range(0, 20).Select(_ => (Sample("853:0.6", "820:0.398", "562:0.002"), Sample("853:0.6", "820:0.399", "1680:0.001"))).ToArray();
        // The later file reports nothing below 0.001, so Escherichia is there at most at that: ln 2 apart.
        Assert.Equal(Math.Log(2) / Math.Sqrt(2), ReplicateNoise.Of(pairs, null).Find("genus", "561")!.Value.Deviation, 1e-9);
    }

    [Theory]
    [InlineData("562:0.0038", "820:0.3962", false)]
    [InlineData("562:0.004", "820:0.396", true)]
    public void What_appears_is_more_than_noise_where_even_the_unseen_would_be(string escherichia, string rest, bool beyond)
    {
        var replicates = ReplicateNoise.Of([.. Enumerable.Range(0, 20).Select(_ => (Sample("853:0.6", "820:0.398", "562:0.002"), Sample("853:0.6", "820:0.396", "562:0.004")))], null);
        var change = SampleComparison.Of(Sample("853:0.6", "820:0.399", "1680:0.001"), Sample("853:0.6", rest, escherichia), null, replicates).Changes.Single(c => c.Id == "561");
        // ln 2 within a pair: noise is a factor of 2^1.96 = 3.89; the earlier file may have 0.001 at most.
        Assert.Equal((ChangeScale.Difference, beyond, "replicates"), (change.Scale, change.BeyondNoise, change.Yardstick));
    }

    [Fact]
    public void Where_this_pair_s_counting_error_is_larger_it_decides()
    {
        var noise = ReplicateNoise.Of([.. Enumerable.Range(0, 20).Select(i => (Counted(200_000, 1_000 + i), Counted(200_000, 1_001 + i)))], null);
        var change = SampleComparison.Of(Counted(200_000, 900), Counted(200_000, 950), null, noise).Changes.Single(c => c.Id == "561");
        Assert.Equal(("replicates", false), (change.Yardstick, change.BeyondNoise));
        var counting = SampleComparison.Of(Counted(200_000, 900), Counted(200_000, 950), null, null).Changes.Single(c => c.Id == "561");
        Assert.Equal(counting.Ci95, change.Ci95);
    }

    private static readonly IEqualityComparer<(double, int)> Close =
        EqualityComparer<(double, int)>.Create((a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-9 && a.Item2 == b.Item2);

    private static IEnumerable<(MeasuredSample One, MeasuredSample Other)> Pairs(int n) =>
        Enumerable.Range(0, n).Select(i => (Of(0.3), Of(0.3 * Math.Exp(0.01 * (i % 2 == 0 ? 1 : -1) * (i % 7 + 1)))));

    private static MeasuredSample Of(double share) => Sample(string.Create(CultureInfo.InvariantCulture, $"853:{share:R}"), string.Create(CultureInfo.InvariantCulture, $"820:{1 - share:R}"));

    private static MeasuredSample Sample(params string[] taxa) => new(People.MadeUp("fraction", taxa), Assay.Find("shotgun-metaphlan2")!, Panel.Default);

    private static MeasuredSample Counted(int others, int escherichia) => new(People.MadeUp("reads", $"853:{others}", $"562:{escherichia}"), Assay.Find("shotgun-kraken2")!, Panel.Default);
}
