using CsCheck;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

public sealed class IntervalsTests
{
    // Source: Newcombe 1998, table I, method 3 (doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E).
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilsons_interval_agrees_with_the_published_table(long count, long total, double low, double high)
    {
        var interval = Intervals.Wilson(count, total)!.Value;
        Assert.Equal(low, interval.Low, 0.00005);
        Assert.Equal(high, interval.High, 0.00005);
    }

    [Fact]
    public void Wilsons_interval_holds_the_proportion_and_mirrors() => Gen.Select(Gen.Long[0, 1_000_000], Gen.Long[0, 1_000_000]).Sample((count, rest) =>
    {
        if (count + rest == 0) return;
        var interval = Intervals.Wilson(count, count + rest)!.Value;
        var share = (double)count / (count + rest);
        Assert.True(interval.Low >= 0 && interval.Low <= share && share <= interval.High && interval.High <= 1);
        Assert.Equal(1 - interval.Low, Intervals.Wilson(rest, count + rest)!.Value.High, 1e-12);
    });

    [Fact]
    public void Of_none_and_of_all_the_end_is_exactly_there() => Assert.All(Enumerable.Range(1, 1000), total =>
    {
        Assert.Equal(0, Intervals.Wilson(0, total)!.Value.Low);
        Assert.Equal(1, Intervals.Wilson(total, total)!.Value.High);
    });

    // By hand: shares 1/2, 1/4, 1/4 of 400; H = 1.5 ln 2, sum p ln^2 p = 2.5 ln^2 2, variance ln^2 2 / 1600; sum p^2 = 3/8, sum p^3 = 5/32,
    // 4 (5/32 - 9/64) / 400 = 1/6400.
    [Fact]
    public void Diversity_intervals_agree_with_a_calculation_by_hand()
    {
        var counts = Counts.From([200, 100, 100]);
        var shannon = Intervals.Shannon(counts)!.Value;
        Assert.Equal(1.5 * Math.Log(2) - 1.959963984540054 * Math.Log(2) / 40, shannon.Low, 1e-12);
        Assert.Equal(1.5 * Math.Log(2) + 1.959963984540054 * Math.Log(2) / 40, shannon.High, 1e-12);
        var simpson = Intervals.Simpson(counts)!.Value;
        Assert.Equal(0.625 - 1.959963984540054 / 80, simpson.Low, 1e-12);
        Assert.Equal(0.625 + 1.959963984540054 / 80, simpson.High, 1e-12);
    }

    // The definition itself: 95 of 100 samples of a known community give an interval that holds its entropy.
    [Fact]
    public void The_Shannon_interval_covers_the_truth_as_often_as_it_says()
    {
        double[] community = [0.4, 0.25, 0.15, 0.1, 0.06, 0.04];
        var truth = -community.Sum(share => share * Math.Log(share));
        var random = new Random(20260101);
        var covered = 0;
        for (var sample = 0; sample < 1000; sample++)
        {
            var counts = new long[community.Length];
            for (var read = 0; read < 2000; read++)
            {
                var (at, taxon) = (random.NextDouble(), 0);
                while (taxon < community.Length - 1 && at >= community[taxon]) at -= community[taxon++];
                counts[taxon]++;
            }
            var interval = Intervals.Shannon(Counts.From(counts))!.Value;
            if (interval.Low <= truth && truth <= interval.High) covered++;
        }
        Assert.InRange(covered, 930, 970);
    }

    // By hand: ln(3) and sqrt(1/300 + 1/100).
    [Fact]
    public void A_ratios_interval_agrees_with_a_calculation_by_hand()
    {
        var half = 1.959963984540054 * Math.Sqrt(1.0 / 300 + 1.0 / 100);
        var ratio = Intervals.Ratio(300, 100)!.Value;
        Assert.Equal(3 * Math.Exp(-half), ratio.Low, 1e-12);
        Assert.Equal(3 * Math.Exp(half), ratio.High, 1e-12);
        var log = Intervals.Log2Ratio(300, 100)!.Value;
        Assert.Equal((Math.Log(3) - half) / Math.Log(2), log.Low, 1e-12);
        Assert.Equal((Math.Log(3) + half) / Math.Log(2), log.High, 1e-12);
    }

    [Fact]
    public void What_cannot_be_known_is_null_and_what_cannot_be_is_refused()
    {
        Assert.Null(Intervals.Wilson(0, 0));
        Assert.Null(Intervals.Ratio(0, 5));
        Assert.Null(Intervals.Log2Ratio(5, 0));
        Assert.Null(Intervals.Shannon(Counts.From([])));
        Assert.Null(Intervals.Simpson(Counts.From([0])));
        Assert.Null(Intervals.CountingStability(0, 0, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.Wilson(2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.Wilson(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.CountingStability(1, 0, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.CountingStability(1, 2, 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.CountingStability(1, 2, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.Ratio(-1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.Ratio(2, -1));
    }

    // Source: mpmath 1.2.1 at 40 digits: betainc(a, b, 0, x, regularized=True), and for large shapes quad() over the density.
    [Theory]
    [InlineData(0.5, 0.5, 0.25, 0.33333333333333333)]
    [InlineData(2.0, 3.0, 0.4, 0.52480000000000004)]
    [InlineData(0.5, 1000.5, 0.0001, 0.34532758782603848)]
    [InlineData(10.5, 990.5, 0.01, 0.47905680623038938)]
    [InlineData(10.5, 990.5, 0.02, 0.99299451011885035)]
    [InlineData(100.5, 99900.5, 0.001, 0.49335338437698272)]
    [InlineData(30000.5, 970000.5, 0.0302, 0.87879610880163545)]
    [InlineData(30000.5, 970000.5, 0.0299, 0.27834590522019244)]
    [InlineData(500000.5, 500000.5, 0.5005, 0.84134486705390881)]
    [InlineData(120.5, 4000000.0, 2e-05, 1.4714012769756042e-5)]
    [InlineData(1000.5, 100000000.0, 1.1e-05, 0.99888537218584354)]
    [InlineData(40.5, 3.5, 0.999, 0.99999876146805295)]
    [InlineData(3.5, 40.5, 1e-06, 4.0386027627335603e-17)]
    [InlineData(991933.5, 10169066.5, 0.08887492956499682, 0.49994249141803966)]
    [InlineData(977057.5, 20037356.5, 0.04649461300679681, 0.49993751873861401)]
    public void The_incomplete_beta_function_agrees_with_forty_digits(double a, double b, double x, double expected) =>
        Assert.Equal(expected, BetaDistribution.Cumulative(a, b, x), expected * 1e-10);

    [Fact]
    public void The_incomplete_beta_function_mirrors_and_grows() =>
        Gen.Select(Gen.Double[0.5, 5000], Gen.Double[0.5, 5000], Gen.Double[0, 1]).Sample((a, b, x) =>
        {
            var value = BetaDistribution.Cumulative(a, b, x);
            Assert.InRange(value, 0, 1);
            Assert.Equal(1, value + BetaDistribution.Cumulative(b, a, 1 - x), 1e-9);
            Assert.True(BetaDistribution.Cumulative(a, b, Math.Min(1, x + 0.01)) >= value - 1e-12);
        });

    [Theory]
    [InlineData(0, 1, 0.5)]
    [InlineData(1, double.NaN, 0.5)]
    [InlineData(1, 0, 0.5)]
    [InlineData(1, double.PositiveInfinity, 0.5)]
    [InlineData(1, 1, double.NaN)]
    [InlineData(double.PositiveInfinity, 1, 0.5)]
    public void The_incomplete_beta_function_refuses_what_is_no_distribution(double a, double b, double x) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BetaDistribution.Cumulative(a, b, x));

    [Fact]
    public void Counting_stability_is_a_half_at_the_threshold_and_near_1_far_from_it()
    {
        Assert.Equal(0.5, Intervals.CountingStability(500_000, 1_000_000, 0.5)!.Value, 1e-9);
        Assert.InRange(Intervals.CountingStability(3000, 100_000, 0.001)!.Value, 1 - 1e-12, 1);
        Assert.InRange(Intervals.CountingStability(3, 1_000_000, 0.001)!.Value, 1 - 1e-12, 1);
        Assert.Equal(1.0, Intervals.CountingStability(0, 10, 0));
        Assert.Equal(1.0, Intervals.CountingStability(5, 10, 1));
    }

    // Source: mpmath 1.3.0, betainc(count + 1/2, total - count + 1/2, 0, threshold, regularized=True), or 1 less it where the count is not below.
    [Theory]
    [InlineData(1, 10, 0.3, 0.92636324805162912)]
    [InlineData(3, 10, 0.3, 0.5192514021671873)]
    [InlineData(4, 10, 0.3, 0.76193902016723087)]
    [InlineData(0, 20, 0.05, 0.85052949504699327)]
    [InlineData(0, 1000, 0.002, 0.9546346814045936)]
    [InlineData(20, 20, 0.9, 0.96116083019430738)]
    public void Counting_stability_is_the_posterior_by_Jeffreys(long count, long total, double threshold, double expected) =>
        Assert.Equal(expected, Intervals.CountingStability(count, total, threshold)!.Value, 1e-13);
}
