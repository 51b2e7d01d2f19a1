using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.FollowUp;

/// <summary>Changes against their noise. The figures of counting are of NumPy 1.24 and SciPy 1.10 (proportions by scipy.stats.binomtest's Wilson intervals), from the formulas of docs/decisions/0010.</summary>
public sealed class ChangeTests
{
    private static readonly MeasuredSample Before = Counted("853:60000", "820:50000", "562:1000", "1680:9000");
    private static readonly MeasuredSample After = Counted("853:70000", "820:30000", "562:400", "239935:2000");

    [Theory]
    [InlineData("metric", "shannon", ChangeScale.Difference, -0.22727943014775254, -0.2325988776014174, -0.22195998269408768)]
    [InlineData("metric", "simpson", ChangeScale.Difference, -0.1242222764756944, -0.12695282912670816, -0.12149172382468061)]
    [InlineData("metric", "inverse-simpson", ChangeScale.Log2, -0.3666510167076769, -0.3742932273640891, -0.35900880605126473)]
    [InlineData("metric", "berger-parker", ChangeScale.Log2, 0.4512111118323288, 0.4410735848386095, 0.4613486388260482)]
    [InlineData("genus", "561", ChangeScale.Log2, -1.0931094043914815, -1.2599611835559992, -0.9262576252269639)]
    [InlineData("ratio", "firmicutes-bacteroidetes", ChangeScale.Log2, 0.9593580155026543, 0.9333983187005237, 0.9853177123047849)]
    [InlineData("genus", "1678", ChangeScale.Difference, -0.075, -0.07650389241400928, -0.073522840647384)]
    [InlineData("genus", "239934", ChangeScale.Difference, 0.01953125, 0.0187009021043568, 0.02039702812186376)]
    public void A_change_has_the_counting_error_of_both_samples(string kind, string id, ChangeScale scale, double amount, double low, double high)
    {
        var change = SampleComparison.Of(Before, After, null, null).Changes.Single(c => (c.Kind, c.Id) == (kind, id));
        Assert.Equal((scale, true, "counting-error", null), (change.Scale, change.BeyondNoise, change.Yardstick, change.Pairs));
        Assert.Equal(amount, change.Amount!.Value, 1e-9);
        Assert.Equal(low, change.Ci95!.Value.Low, 1e-9);
        Assert.Equal(high, change.Ci95.Value.High, 1e-9);
        var back = SampleComparison.Of(After, Before, null, null).Changes.Single(c => (c.Kind, c.Id) == (kind, id));
        Assert.Equal(-amount, back.Amount!.Value, 1e-9);
        Assert.Equal(-high, back.Ci95!.Value.Low, 1e-9);
    }

    [Fact]
    public void Nothing_changed_where_nothing_did()
    {
        foreach (var change in SampleComparison.Of(Before, Before, null, null).Changes.Where(c => c.Amount is not null))
        {
            Assert.Equal((change.Id, 0.0), (change.Id, change.Amount!.Value));
            Assert.NotEqual(true, change.BeyondNoise);
        }
    }

    [Fact]
    public void A_number_of_taxa_has_no_yardstick_in_counting()
    {
        var changes = SampleComparison.Of(Before, After, null, null).Changes;
        foreach (var id in new[] { "observed", "pielou", "chao1", "fisher-alpha" })
        {
            var change = changes.Single(c => c.Id == id);
            Assert.Equal((null, null, null), (change.BeyondNoise, change.Ci95, change.Yardstick));
            Assert.NotNull(change.Amount);
        }
    }

    [Fact]
    public void Three_reads_of_a_genus_that_had_none_are_no_change()
    {
        // 0.003 % is below the floor of a taxon; with the floor passed elsewhere it would be listed, so the interval is asked of a guild.
        var after = Counted("853:60000", "820:50000", "562:1000", "1680:9000", "2173:3");
        var methanogens = SampleComparison.Of(Before, after, null, null).Changes.Single(c => c.Id == "methanogens");
        Assert.Equal((0, false, "counting-error"), (methanogens.From, methanogens.BeyondNoise, methanogens.Yardstick));
        // Wilson's of 3 of 120,003 and of 0 of 120,000, by SciPy.
        Assert.Equal(3 / 120003.0, methanogens.Amount!.Value, 1e-12);
        Assert.True(methanogens.Ci95!.Value.Low < 0 && methanogens.Ci95.Value.High < 1e-4);
    }

    [Fact]
    public void A_taxon_is_followed_from_a_thousandth_of_one_of_the_two()
    {
        var one = Counted("853:100000", "820:50000", "562:150", "1680:149");
        var other = Counted("853:100000", "820:50000");
        var genera = SampleComparison.Of(one, other, null, null).Changes.Where(c => c.Kind == "genus").Select(c => c.Id).ToArray();
        // 150 of 150,299 reads are less than a thousandth.
        Assert.Equal(["216851", "816"], genera);
        Assert.Equal(["216851", "816", "561"], SampleComparison.Of(other, Counted("853:100000", "820:50000", "562:151"), null, null).Changes.Where(c => c.Kind == "genus").Select(c => c.Id));
    }

    [Fact]
    public void Estimated_reads_and_fractions_have_no_counting_error()
    {
        var fractions = new MeasuredSample(People.MadeUp("fraction", "853:0.6", "820:0.4"), Assay.Find("shotgun-metaphlan2")!, Panel.Default);
        var estimates = new MeasuredSample(Before.Profile with { Unit = AbundanceUnit.EstimatedReads }, Assay.Find("shotgun-bracken")!, Panel.Default);
        foreach (var sample in new[] { fractions, estimates })
        {
            var pair = SampleComparison.Of(sample, sample, null, null);
            Assert.All(pair.Changes, c => Assert.Equal((null, null, null), (c.BeyondNoise, c.Ci95, c.Yardstick)));
            Assert.All(pair.Distances, d => Assert.Equal((null, null), (d.Limit, d.BeyondNoise)));
        }
    }

    [Fact]
    public void What_cannot_be_told_of_a_sample_has_its_reason_and_no_change()
    {
        var shallow = Counted("853:600", "820:500", "562:10");
        var pair = SampleComparison.Of(Before, shallow, null, null);
        var shannon = pair.Changes.Single(c => c.Id == "shannon");
        Assert.Equal((null, null, "too-few-reads"), (shannon.To, shannon.Amount, shannon.Reason));
        Assert.NotNull(shannon.From);
        Assert.All(pair.Distances, d => Assert.Equal((null, "too-few-reads"), (d.Value, d.Reason)));
        Assert.Equal("kingdom-not-assayed", pair.Changes.Single(c => c.Id == "fungi").Reason);
        Assert.Equal("profiler-mismatch", pair.Changes.Single(c => c.Id == "gmhi").Reason);
    }

    private static MeasuredSample Counted(params string[] taxa) => new(People.MadeUp("reads", taxa), Assay.Find("shotgun-kraken2")!, Panel.Default);
}
