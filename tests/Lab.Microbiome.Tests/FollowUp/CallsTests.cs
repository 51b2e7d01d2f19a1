using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Tests.Profiles;
using Xunit;

namespace Lab.Microbiome.Tests.FollowUp;

/// <summary>How often "changed" and "not changed" are right, on pairs of real profiles of which it is known (docs/decisions/0010 has the figures).</summary>
public sealed class CallsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("shotgun-kraken2", 20)]
    [InlineData("amplicon-16s-greengenes", 5)]
    public void Two_sequencings_of_one_specimen_are_called_a_change_in_about_a_twentieth(string assay, int times)
    {
        var specimens = assay == "shotgun-kraken2" ? RealPairs.Shotgun() : RealPairs.Amplicon();
        var pairs = specimens.SelectMany((s, i) => Enumerable.Range(0, times).Select(k => RealPairs.Split(s, 1000 * i + k)))
            .Select(p => SampleComparison.Of(p.One.Measured(assay), p.Other.Measured(assay), null, null)).ToArray();
        Assert.All(pairs, p => Assert.Equal(ComparableExtent.Everything, p.Comparability.Extent));
        var (changed, calls) = Calls(assay, pairs);
        Assert.InRange(changed / (double)calls, 0.02, 0.06);
        var (far, distances) = Distances(assay, pairs);
        Assert.InRange(far / (double)distances, 0, 0.1);
    }

    [Theory]
    [InlineData("shotgun-kraken2", 0.97)]
    [InlineData("amplicon-16s-greengenes", 0.85)]
    public void Two_people_are_called_a_change(string assay, double share)
    {
        var people = (assay == "shotgun-kraken2" ? RealPairs.Shotgun() : RealPairs.Amplicon()).Select(p => p.Measured(assay)).ToArray();
        var pairs = people.SelectMany((p, i) => people.Skip(i + 1).Select(q => SampleComparison.Of(p, q, null, null))).ToArray();
        var (changed, calls) = Calls(assay, pairs);
        Assert.InRange(changed / (double)calls, share, 1);
        var (far, distances) = Distances(assay, pairs);
        Assert.Equal(distances, far);
    }

    [Fact]
    public void A_person_lies_nearer_to_themselves_than_to_strangers()
    {
        // Fractions without replicates: no change can be called, but distances have a place among those of strangers.
        var people = RealPairs.Kefir().Select(p => p.Select(s => s.Measured("shotgun-metaphlan3")).ToArray()).ToArray();
        SampleComparison[] Pairs(IEnumerable<(MeasuredSample, MeasuredSample)> of) => [.. of.Select(p => SampleComparison.Of(p.Item1, p.Item2, null, null))];
        var same = Pairs(people.SelectMany(p => p.SelectMany((s, i) => p.Skip(i + 1).Select(t => (s, t)))));
        var strangers = Pairs(people.SelectMany((p, i) => people.Skip(i + 1).Select(q => (p[0], q[0]))));
        Assert.Equal((29, 17, 406), (people.Length, same.Length, strangers.Length));
        foreach (var pair in same.Concat(strangers))
        {
            Assert.Equal(ComparableExtent.Everything, pair.Comparability.Extent);
            Assert.All(pair.Changes, c => Assert.Equal((null, null, null), (c.BeyondNoise, c.Ci95, c.Yardstick)));
            Assert.All(pair.Distances, d => Assert.Equal((null, null, null), (d.BeyondNoise, d.Limit, d.Percentile)));
        }
        foreach (var (metric, nearer, ranked) in new[] { ("bray-curtis", 9, 0.86), ("aitchison", 10, 0.91) })
        {
            double[] Of(SampleComparison[] pairs) => [.. pairs.Select(p => p.Distances.Single(d => d.Metric == metric).Value!.Value).Order()];
            var (own, others) = (Of(same), Of(strangers));
            var limit = others[(int)(0.05 * others.Length)];
            var auc = own.Average(d => others.Count(o => o > d) / (double)others.Length);
            output.WriteLine($"{metric}: {own.Count(d => d < limit)} of {own.Length} nearer than 95 % of strangers, area under the curve {auc:0.000}, medians {own[8]:0.000} and {others[203]:0.000}");
            Assert.Equal(nearer, own.Count(d => d < limit));
            Assert.InRange(auc, ranked, 1);
        }
    }

    [Fact]
    public void Kraken_2_and_Bracken_of_one_specimen_are_not_comparable()
    {
        SharedFixtures.Require();
        var kraken = SharedFixtures.Read("kraken2_report_6col/SRR8146936.report").Profile!.Measured("shotgun-kraken2");
        var bracken = SharedFixtures.Read("bracken_kreport/SRR8146936_bracken_species.report").Profile!.Measured("shotgun-bracken");
        var pair = SampleComparison.Of(kraken, bracken, null, null);
        Assert.Equal(["profiler-differs", "unit-differs", "assay-differs"], pair.Comparability.Reasons);
        Assert.Equal(ComparableExtent.Composition, pair.Comparability.Extent);
        Assert.Empty(pair.Distances);
        Assert.Equal(["family", "genus", "guild", "phylum", "ratio"], pair.Changes.Select(c => c.Kind).Distinct().Order(StringComparer.Ordinal));
        Assert.All(pair.Changes, c => Assert.Equal((null, null, null), (c.BeyondNoise, c.Ci95, c.Yardstick)));
    }

    private (int Changed, int Of) Calls(string assay, SampleComparison[] pairs)
    {
        var calls = pairs.SelectMany(p => p.Changes).Where(c => c.BeyondNoise is not null).ToArray();
        foreach (var kind in calls.GroupBy(c => c.Kind is "metric" or "ratio" ? c.Id : c.Kind)) output.WriteLine($"{assay} {kind.Key}: {kind.Count(c => c.BeyondNoise == true)} of {kind.Count()}");
        output.WriteLine($"{assay}: {calls.Count(c => c.BeyondNoise == true)} of {calls.Length}, {pairs.Length} pairs");
        Assert.All(calls, c => Assert.Equal("counting-error", c.Yardstick));
        return (calls.Count(c => c.BeyondNoise == true), calls.Length);
    }

    private (int Far, int Of) Distances(string assay, SampleComparison[] pairs)
    {
        var calls = pairs.Select(p => p.Distances.Single(d => d.Metric == ProfileDistance.BrayCurtis).BeyondNoise).OfType<bool>().ToArray();
        output.WriteLine($"{assay}, distances: {calls.Count(far => far)} of {calls.Length}");
        Assert.NotEmpty(calls);
        return (calls.Count(far => far), calls.Length);
    }
}
