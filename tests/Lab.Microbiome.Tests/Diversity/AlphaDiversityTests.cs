using CsCheck;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

public sealed class AlphaDiversityTests
{
    // Tree counts of two plots of Barro Colorado Island (doi:10.1126/science.1066854) as vegan's data(BCI) has them, as "count x species".
    private const string Plot1 = "1x31 2x18 3x9 4x6 5x6 6x4 7x1 8x1 9x1 10x1 11x2 12x2 13x2 14x2 15x1 17x1 18x1 21x1 22x1 24x1 25x1";
    private const string Plot5 = "1x36 2x17 3x13 4x4 5x6 6x5 7x4 8x1 9x3 10x1 13x1 15x1 16x3 17x1 21x1 22x1 25x1 31x1 55x1";

    private static readonly Gen<long[]> SomeCounts = Gen.OneOf(Gen.Long[0, 3], Gen.Long[0, 200], Gen.Long[0, 5_000_000]).Array[0, 60];
    private static readonly Gen<double[]> SomeFractions = Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 1e-4], Gen.Double[0, 100]).Array[0, 60];

    // Source: vegan tests/Examples/vegan-Ex.Rout.save (estimateR, fisher.alpha).
    [Theory]
    [InlineData(1)]
    [InlineData(0.5)]
    [InlineData(-2)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_logarithm_has_a_finite_base_above_one(double logBase) => Assert.Throws<ArgumentOutOfRangeException>(() => AlphaDiversity.Shannon(Counts.From([1, 2]), logBase));

    [Fact]
    public void Published_values_of_vegan_for_Barro_Colorado_Island_come_out()
    {
        Assert.Equal(117.473684, Richness.Chao1(Plot(Plot1)), 1e-6);
        Assert.Equal(136.0, Richness.Chao1(Plot(Plot5)), 1e-9);
        Assert.Equal(37.96423, Richness.FisherAlpha(Plot(Plot5))!.Value, 1e-5);
        Assert.Equal(448, Plot(Plot1).Total);
        Assert.Equal(505, Plot(Plot5).Total);
    }

    // Source: scikit-bio skbio/diversity/alpha/tests (test_base.py, test_chao1.py, the interval from EstimateS).
    [Fact]
    public void Published_values_of_scikit_bio_come_out()
    {
        var counts = Counts.From([0, 1, 1, 4, 2, 5, 2, 4, 1, 2]);
        Assert.Equal(9.75, Richness.Chao1(counts), 1e-12);
        var interval = Richness.Chao1Interval(counts)!.Value;
        Assert.Equal(9.07, interval.Low, 0.01);
        Assert.Equal(17.45, interval.High, 0.01);
        Assert.Equal(0.9248549056, AlphaDiversity.Pielou(counts)!.Value, 1e-9);
        Assert.Equal(2.7823796, Richness.FisherAlpha(Counts.From([4, 3, 4, 0, 1, 0, 2]))!.Value, 1e-6);
        Assert.Equal(1.279854226, AlphaDiversity.Shannon(Counts.From([1, 2, 3, 4]))!.Value, 1e-8);
        Assert.Equal(4.0, AlphaDiversity.InverseSimpson(Counts.From([13, 13, 13, 13]))!.Value, 1e-12);
    }

    // Source: the equation itself; scikit-bio's test gives 5033.278 and 500333.3 for these.
    [Theory]
    [InlineData(100, 1, 2, 5033.278, 0.001)]
    [InlineData(1000, 1, 2, 500333.3, 0.1)]
    public void Fishers_alpha_holds_where_nearly_all_are_singletons(int singletons, int others, long each, double expected, double tolerance)
    {
        var counts = Counts.From([.. Enumerable.Repeat(1L, singletons - others), .. Enumerable.Repeat(each, others)]);
        Assert.Equal(expected, Richness.FisherAlpha(counts)!.Value, tolerance);
    }

    // The equations of EstimateS and, for the standard error, the delta method with multinomial covariances, each written down anew in mpmath at 40 digits.
    [Theory]
    [InlineData(5.3691217678308023, 29.382197920458088, 5.3691217678308023, 29.382197920458088, 4.3839194791875455, 1L, 1L, 1L, 5L, 7L)]
    [InlineData(7.249903382590168, 23.006185904893679, 7.5610660230846408, 35.517142977282524, 2.8523328117763191, 1L, 1L, 1L, 1L, 2L, 2L, 5L)]
    [InlineData(13.998395109857581, 40.606805890637564, 14.58428715858554, 55.097446844162758, 5.3516486625650461, 1L, 1L, 1L, 1L, 1L, 1L, 1L, 2L, 2L, 2L, 3L, 8L, 20L)]
    [InlineData(4, 4.305812645907199, 4, 4.305812645907199, 0, 3L, 4L, 5L, 9L)]
    public void How_far_Chao1_may_be_off(double low, double high, double classicLow, double classicHigh, double error, params long[] sample)
    {
        var counts = Counts.From(sample);
        var (corrected, classic) = (Richness.Chao1Interval(counts)!.Value, Richness.Chao1ClassicInterval(counts)!.Value);
        Assert.Equal([low, high, classicLow, classicHigh, error], new[] { corrected.Low, corrected.High, classic.Low, classic.High, Richness.Chao1StandardError(counts)!.Value },
            (a, b) => Math.Abs(a - b) <= a * 1e-13);
    }

    // By halving in mpmath at 60 digits: few taxa of many reads, about half as many taxa as reads, and one taxon fewer than reads.
    public static TheoryData<long[], double> OfAnyDepth => new()
    {
        { [9_000_000, 900_000, 100_000], 0.16755529099146756 },
        { [4_503_599_627_370_496, 5], 0.051263073441104095 },
        { [40, .. Enumerable.Repeat(1L, 30), .. Enumerable.Repeat(2L, 30)], 44.812535085354199 },
        { [2, .. Enumerable.Repeat(1L, 999)], 500333.27780738767 },
    };

    [Theory]
    [MemberData(nameof(OfAnyDepth))]
    public void Fishers_alpha_keeps_its_digits_whatever_the_depth(long[] sample, double expected) =>
        Assert.Equal(expected, Richness.FisherAlpha(Counts.From(sample))!.Value, expected * 1e-14);

    [Fact]
    public void A_share_too_small_for_a_double_is_no_taxon()
    {
        var shares = RelativeAbundances.From([double.Epsilon, 1e300]);
        Assert.Equal((1, 0), (shares.Observed, AlphaDiversity.Shannon(shares)));
    }

    [Fact]
    public void Nothing_counted_is_null_and_never_a_number_that_is_none()
    {
        var (none, nothing) = (Counts.From([0, 0]), RelativeAbundances.From([0, 0]));
        Assert.All(CountMetrics(none), Assert.Null);
        Assert.All(ShareMetrics(nothing), Assert.Null);
        Assert.Equal(0, AlphaDiversity.Observed(none));
        Assert.Equal(0, AlphaDiversity.Observed(nothing));
        Assert.Equal(0, Richness.Chao1(none));
        Assert.Null(Richness.Chao1Interval(none));
    }

    [Fact]
    public void One_taxon_has_no_evenness_and_no_diversity()
    {
        var one = Counts.From([0, 7, 0]);
        Assert.Equal(0.0, AlphaDiversity.Shannon(one));
        Assert.Equal(0.0, AlphaDiversity.Simpson(one));
        Assert.Equal(1.0, AlphaDiversity.InverseSimpson(one));
        Assert.Equal(1.0, AlphaDiversity.BergerParker(one));
        Assert.Null(AlphaDiversity.Pielou(one));
    }

    [Fact]
    public void Fishers_alpha_of_singletons_only_is_null() => Assert.Null(Richness.FisherAlpha(Counts.From([1, 1, 1, 1, 1])));

    [Theory]
    [InlineData(-1.0)]
    [InlineData(0.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(9007199254740994.0)]
    public void A_count_that_is_none_is_refused(double value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Counts.FromWholeNumbers([1, value]));

    [Fact]
    public void A_total_that_would_lose_digits_is_refused()
    {
        Assert.Equal(Counts.MaxTotal, Counts.From([Counts.MaxTotal - 1, 1]).Total);
        Assert.Equal(Counts.MaxTotal, Counts.FromWholeNumbers([Counts.MaxTotal]).Total);
        Assert.Throws<ArgumentOutOfRangeException>(() => Counts.From([Counts.MaxTotal, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Counts.From([long.MaxValue, long.MaxValue]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Counts.From([-1]));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void An_abundance_that_is_none_is_refused(double value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RelativeAbundances.From([1, value]));

    [Fact]
    public void Abundances_beyond_the_largest_double_together_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RelativeAbundances.From([double.MaxValue, double.MaxValue]));

    [Fact]
    public void The_order_of_the_taxa_and_added_zeros_change_no_bit_of_a_count_metric() =>
        Gen.Select(SomeCounts, Gen.Int).Sample((counts, seed) =>
        {
            var shuffled = counts.Append(0).Append(0).ToArray();
            new Random(seed).Shuffle(shuffled);
            var (left, right) = (Counts.From(counts), Counts.From(shuffled));
            Assert.Equal(Bits(CountMetrics(left)), Bits(CountMetrics(right)));
            Assert.Equal(Richness.Chao1Interval(left), Richness.Chao1Interval(right));
            Assert.Equal(Intervals.Shannon(left), Intervals.Shannon(right));
            Assert.Equal(Intervals.Simpson(left), Intervals.Simpson(right));
        });

    [Fact]
    public void The_order_of_the_taxa_and_added_zeros_change_no_bit_of_a_share_metric() =>
        Gen.Select(SomeFractions, Gen.Int).Sample((fractions, seed) =>
        {
            var shuffled = fractions.Append(0).ToArray();
            new Random(seed).Shuffle(shuffled);
            Assert.Equal(Bits(ShareMetrics(RelativeAbundances.From(fractions))), Bits(ShareMetrics(RelativeAbundances.From(shuffled))));
        });

    [Fact]
    public void Every_count_metric_stays_within_its_bounds() => SomeCounts.Sample(values =>
    {
        var counts = Counts.From(values);
        if (counts.Observed == 0) return;
        CheckBounds(counts.Observed, AlphaDiversity.Shannon(counts), AlphaDiversity.Simpson(counts), AlphaDiversity.InverseSimpson(counts),
            AlphaDiversity.Pielou(counts), AlphaDiversity.BergerParker(counts));
        var chao = Richness.Chao1(counts);
        Assert.True(chao >= counts.Observed);
        var interval = Richness.Chao1Interval(counts)!.Value;
        Assert.True(interval.Low >= counts.Observed && interval.High >= interval.Low && double.IsFinite(interval.High));
        Assert.InRange(Coverage.Good(counts)!.Value, 0, 1);
        if (Richness.FisherAlpha(counts) is { } alpha)
        {
            Assert.True(alpha > 0 && double.IsFinite(alpha));
        }
        else
        {
            Assert.Equal(counts.Total, counts.Observed);
        }
    });

    [Fact]
    public void Every_share_metric_stays_within_its_bounds_and_the_unit_does_not_matter() => SomeFractions.Sample(values =>
    {
        var shares = RelativeAbundances.From(values);
        if (shares.Observed == 0) return;
        Assert.Equal(1, shares.Values.Sum(), 1e-12);
        CheckBounds(shares.Observed, AlphaDiversity.Shannon(shares), AlphaDiversity.Simpson(shares), AlphaDiversity.InverseSimpson(shares),
            AlphaDiversity.Pielou(shares), AlphaDiversity.BergerParker(shares));
        var percent = RelativeAbundances.From(values.Select(value => value * 100));
        Assert.Equal(AlphaDiversity.Shannon(shares)!.Value, AlphaDiversity.Shannon(percent)!.Value, 1e-12);
    });

    [Fact]
    public void Counts_and_their_shares_give_the_same_to_the_last_digits() => SomeCounts.Sample(values =>
    {
        var (counts, shares) = (Counts.From(values), RelativeAbundances.From(values.Select(value => (double)value)));
        if (counts.Observed == 0) return;
        Assert.Equal(AlphaDiversity.Shannon(counts)!.Value, AlphaDiversity.Shannon(shares)!.Value, 1e-12);
        Assert.Equal(AlphaDiversity.Simpson(counts)!.Value, AlphaDiversity.Simpson(shares)!.Value, 1e-12);
    });

    private static void CheckBounds(int observed, double? shannon, double? simpson, double? inverse, double? pielou, double? dominance)
    {
        const double Rounding = 1e-12;
        Assert.InRange(shannon!.Value, 0, Math.Log(observed) + Rounding);
        Assert.InRange(simpson!.Value, 0, 1 - 1.0 / observed + Rounding);
        Assert.InRange(inverse!.Value, 1 - Rounding, observed * (1 + Rounding));
        Assert.InRange(dominance!.Value, 1.0 / observed - Rounding, 1);
        if (observed < 2) Assert.Null(pielou);
        else Assert.InRange(pielou!.Value, 0, 1);
    }

    private static double?[] CountMetrics(Counts counts) =>
    [
        AlphaDiversity.Shannon(counts), AlphaDiversity.Simpson(counts), AlphaDiversity.InverseSimpson(counts), AlphaDiversity.Pielou(counts),
        AlphaDiversity.BergerParker(counts), Coverage.Good(counts), Richness.FisherAlpha(counts),
    ];

    private static double?[] ShareMetrics(RelativeAbundances shares) =>
    [
        AlphaDiversity.Shannon(shares), AlphaDiversity.Simpson(shares), AlphaDiversity.InverseSimpson(shares), AlphaDiversity.Pielou(shares),
        AlphaDiversity.BergerParker(shares),
    ];

    private static IEnumerable<long?> Bits(double?[] values) =>
        values.Select(value => value is { } number ? BitConverter.DoubleToInt64Bits(number) : (long?)null);

    private static Counts Plot(string text) => Counts.From(text.Split(' ').SelectMany(entry =>
    {
        var parts = entry.Split('x');
        return Enumerable.Repeat(long.Parse(parts[0]), int.Parse(parts[1]));
    }));
}
