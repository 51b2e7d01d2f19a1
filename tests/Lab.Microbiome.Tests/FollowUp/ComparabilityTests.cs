using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.FollowUp;

public sealed class ComparabilityTests
{
    private static readonly string[] Some = ["853:60000", "820:50000", "562:1000"];

    [Theory]
    [InlineData("shotgun-metaphlan3", "shotgun-metaphlan3", ComparableExtent.Everything)]
    [InlineData("shotgun-metaphlan2", "shotgun-metaphlan3", ComparableExtent.Composition, "profiler-differs", "database-differs", "assay-differs")]
    [InlineData("shotgun-metaphlan4", "shotgun-metaphlan4-gtdb", ComparableExtent.Composition, "database-differs", "kingdoms-differ", "assay-differs")]
    [InlineData("shotgun-metaphlan2", "amplicon-16s", ComparableExtent.Nothing, "platform-differs", "region-differs", "profiler-differs", "database-differs", "rank-differs", "kingdoms-differ", "assay-differs")]
    [InlineData("amplicon-16s", "amplicon-16s-greengenes", ComparableExtent.Nothing, "profiler-differs", "database-differs", "assay-differs")]
    [InlineData("shotgun-generic", "shotgun-generic", ComparableExtent.Nothing, "profiler-not-stated")]
    public void What_another_method_measured_is_refused_with_every_reason(string from, string to, ComparableExtent extent, params string[] reasons)
    {
        var pair = Compare(Measured("fraction", from), Measured("fraction", to));
        Assert.Equal((extent, string.Join(' ', reasons)), (pair.Comparability.Extent, string.Join(' ', pair.Comparability.Reasons)));
        Assert.Equal(extent != ComparableExtent.Everything, pair.Distances.IsEmpty);
        Assert.Equal(extent == ComparableExtent.Nothing, pair.Changes.IsEmpty);
        Assert.Equal(pair.Comparability.Reasons, Compare(Measured("fraction", to), Measured("fraction", from)).Comparability.Reasons);
    }

    [Fact]
    public void A_region_or_a_name_of_the_lab_s_own_is_another_method()
    {
        var v4 = Assay.Find("amplicon-16s")!;
        Assert.Equal(["region-differs", "assay-differs"], Compare(Measured("reads", v4), Measured("reads", v4 with { Id = "amplicon-v3v4", Region = "V3-V4" })).Comparability.Reasons);
        var kraken = Assay.Find("shotgun-kraken2")!;
        var own = Compare(Measured("reads", kraken), Measured("reads", kraken with { Id = "shotgun-kit-b" }));
        Assert.Equal((ComparableExtent.Composition, "assay-differs"), (own.Comparability.Extent, Assert.Single(own.Comparability.Reasons)));
        Assert.All(own.Changes, c => Assert.Equal((null, null), (c.BeyondNoise, c.Ci95)));
    }

    [Fact]
    public void Reads_are_not_compared_with_fractions_but_percent_are_fractions()
    {
        Assert.Equal(["unit-differs"], Compare(Measured("reads", "shotgun-kraken2"), Measured("fraction", "shotgun-kraken2")).Comparability.Reasons);
        Assert.Empty(Compare(Measured("percent", "shotgun-metaphlan2"), Measured("fraction", "shotgun-metaphlan2")).Comparability.Reasons);
    }

    [Fact]
    public void Shares_of_reads_are_not_shares_of_organisms()
    {
        // One assay of a lab that takes two formats: Emu's are of reads, MetaPhlAn's of organisms.
        var assay = Assay.Find("shotgun-metaphlan2")!;
        var organisms = new MeasuredSample(People.Read("#SampleID\tMetaphlan2_Analysis\nk__Bacteria\t100\nk__Bacteria|p__Firmicutes\t100\n"), assay, Panel.Default);
        var reads = new MeasuredSample(organisms.Profile with { Format = "emu" }, assay, Panel.Default);
        Assert.Equal(["denominator-differs"], Comparability.Of(organisms, reads).Reasons);
        Assert.Empty(Comparability.Of(organisms, new MeasuredSample(organisms.Profile with { Format = "lab-json" }, assay, Panel.Default)).Reasons);
    }

    [Theory]
    [InlineData(60_000, 50_000, 1_000, false)]
    [InlineData(120_000, 100_000, 2_000, false)]
    [InlineData(120_000, 100_000, 2_001, true)]
    public void More_than_twice_the_reads_is_another_richness_and_nothing_else(int prausnitzii, int uniformis, int coli, bool deeper)
    {
        var few = Measured("reads", "shotgun-kraken2");
        var many = new MeasuredSample(People.MadeUp("reads", $"853:{prausnitzii}", $"820:{uniformis}", $"562:{coli}"), few.Assay, few.Panel);
        foreach (var pair in new[] { Compare(few, many), Compare(many, few) })
        {
            Assert.Equal(ComparableExtent.Everything, pair.Comparability.Extent);
            Assert.Equal(deeper ? ["depth-differs"] : [], pair.Comparability.Caveats);
            foreach (var change in pair.Changes.Where(c => c.Kind == "metric"))
            {
                Assert.NotNull(change.From);
                Assert.Equal((change.Id, deeper && (change.Id is "observed" or "pielou" or "chao1" or "goods-coverage" or "fisher-alpha")), (change.Id, change.Amount is null));
                Assert.Equal(change.Amount is null ? "depth-differs" : null, change.Reason);
            }
        }
    }

    [Fact]
    public void What_is_not_known_of_the_depth_or_the_release_of_the_database_is_said()
    {
        var first = Measured("fraction", "shotgun-metaphlan2");
        Assert.Equal(["depth-unknown"], Comparability.Of(first, first).Caveats);
        MeasuredSample Of(string database) => new(first.Profile with { Database = database }, first.Assay, first.Panel);
        Assert.Equal(["depth-unknown", "database-release-differs"], Comparability.Of(Of("mpa_v20"), Of("mpa_v21")).Caveats);
    }

    [Fact]
    public void Two_panels_are_no_pair()
    {
        var one = Measured("reads", "shotgun-kraken2");
        Assert.Throws<ArgumentException>(() => Compare(one, new MeasuredSample(one.Profile, one.Assay, Panel.Find("gut-core-guided@1")!)));
    }

    private static SampleComparison Compare(MeasuredSample from, MeasuredSample to) => SampleComparison.Of(from, to, null, null);

    private static MeasuredSample Measured(string unit, string assay) => Measured(unit, Assay.Find(assay)!);

    private static MeasuredSample Measured(string unit, Assay assay) =>
        new(People.MadeUp(unit, unit == "reads" ? Some : unit == "percent" ? ["853:60", "820:40"] : ["853:0.6", "820:0.4"]), assay, Panel.Default);
}
