using System.Text;
using CsCheck;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Cohorts;

public sealed class CohortBuilderTests
{
    private static readonly CohortDescription Own = new("own", 3, Assay.Find("shotgun-kraken2")!, new("people", "mensen"), "made up", "10.1/none", "none", new("For tests.", "Voor tests."));

    // Person i of n has i reads of Escherichia coli in 100,000, person 0 none.
    private static CohortBuilder Builder(int n) => new(Own, Panel.Default, Enumerable.Range(0, n).Select(i => People.MadeUp("reads", $"820:{60_000 - i}", "853:40000", $"562:{i}")));

    [Fact]
    public void A_cohort_is_what_its_people_are()
    {
        var cohort = ReferenceCohort.Read(Builder(201).Build());
        Assert.Equal(("own@3", 201, "Kraken 2", "RefSeq", "Voor tests."), (cohort.Ref, cohort.N, cohort.Profiler, cohort.DatabaseFamily, cohort.Note.Nl));
        Assert.Equal(CohortMatch.SameMethod, CohortMatching.Match(Own.Assay, cohort));
        var coli = cohort.Find(TaxonomicRank.Species, 562)!;
        Assert.Equal(200 / 201.0, coli.Prevalence, 6);
        // Of 0 to 200 in 100,000: the median is 100 and p2.5 is 5; the 1st and the 11th of 201 enclose p2.5, the 191st and the last p97.5 (exact binomial sums in Python).
        Assert.Equal((0.001, 0.00005, 0.00195), (coli.Distribution.P50, coli.Distribution.LowLimit, coli.Distribution.HighLimit));
        Assert.Equal((0, 0.0001), (coli.LowLimitInterval!.Value.Low, coli.LowLimitInterval.Value.High));
        Assert.Equal((0.0019, 0.002), (coli.HighLimitInterval!.Value.Low, coli.HighLimitInterval.Value.High));
    }

    [Fact]
    public void The_rate_of_a_rule_is_counted_over_the_people()
    {
        // E. coli above p97.5, the floor of 0.1 % and 100 reads: of 0 to 200 reads those above 195.
        var rates = ReferenceCohort.Read(Builder(201).Build()).RuleRates;
        Assert.Equal(5 / 201.0, rates["gut-core@1#escherichia-coli-high"], 6);
        Assert.Equal(0, rates["gut-core@1#candida-high"]);
        Assert.Equal(Panel.Default.Rules.Length, rates.Count);
    }

    [Fact]
    public void The_same_people_make_the_same_bytes() => Assert.Equal(Builder(130).Build(), Builder(130).Build());

    [Fact]
    public void A_stratum_of_fewer_than_120_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Builder(119));
        Assert.Equal(120, ReferenceCohort.Read(Builder(120).Build()).N);
    }

    [Fact]
    public void Leaving_a_person_out_leaves_the_others()
    {
        var without = Builder(151).Without(150);
        Assert.Equal(150, without.N);
        Assert.Equal(0.00149, without.Find(TaxonomicRank.Species, 562)!.Distribution.Values[^1], 12);
        Assert.Empty(without.RuleRates);
        Assert.Throws<ArgumentOutOfRangeException>(() => Builder(151).Without(151));
    }

    [Fact]
    public void A_person_left_out_moves_a_quantile_by_no_more_than_one_persons_weight() => Gen.Double[0, 1].Array[3, 200].SelectMany(values =>
        Gen.Int[0, values.Length - 1].Select(Gen.Double[0, 1], (who, level) => (values, who, level))).Sample(t =>
    {
        // One of n weighs 1 / (n - 1) of the range of levels between the first and the last.
        var weight = 1.0 / (t.values.Length - 1);
        double Of(IEnumerable<double> values, double level) => Quantiles.Of(values, [0, Math.Clamp(level, 0, 1), 1]).Values[1];
        var without = Of(t.values.Where((_, i) => i != t.who), t.level);
        Assert.InRange(without, Of(t.values, t.level - weight) - 1e-12, Of(t.values, t.level + weight) + 1e-12);
    });

    [Fact]
    public void The_interval_of_a_quantile_holds_the_quantile() => Gen.Double[0, 1].Array[1, 400].Select(Gen.Double[0.01, 0.99]).Sample((values, level) =>
    {
        if (Quantiles.IntervalRanks(values.Length, level) is not var (low, high)) return;
        var sorted = values.Order().ToArray();
        Assert.InRange(Quantiles.Of(values, [0, level, 1]).Values[1], sorted[low - 1], sorted[high - 1]);
    });

    [Theory]
    // By the definition, with exact binomial sums in Python; of the median of 100 it is the classic one, the 40th and the 61st.
    [InlineData(100, 0.5, 40, 61)]
    [InlineData(20, 0.5, 6, 15)]
    [InlineData(205, 0.5, 88, 118)]
    [InlineData(146, 0.025, 1, 9)]
    [InlineData(146, 0.975, 138, 146)]
    [InlineData(339, 0.025, 3, 16)]
    [InlineData(339, 0.975, 324, 337)]
    public void Order_statistics_enclose_a_quantile(int n, double level, int low, int high) => Assert.Equal((low, high), Quantiles.IntervalRanks(n, level));

    [Fact]
    public void Too_few_people_enclose_nothing()
    {
        Assert.Null(Quantiles.IntervalRanks(145, 0.025));
        Assert.Null(Quantiles.IntervalRanks(145, 0.975));
        Assert.Null(ReferenceCohort.Read(Builder(120).Build()).Find(TaxonomicRank.Species, 562)!.LowLimitInterval);
        Assert.Null(ReferenceCohort.Find("us-16s")!.Entries[0].HighLimitInterval);
    }

    [Fact]
    public void The_digest_is_that_of_the_file()
    {
        var file = Builder(120).Build();
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)), ReferenceCohort.Read(file).Digest);
        Assert.StartsWith("# lab-cohort: 1\n# id: own\n# version: 3\n# n: 120\n", Encoding.UTF8.GetString(file), StringComparison.Ordinal);
    }
}
