using Lab.Microbiome.Cohorts;
using Xunit;

namespace Lab.Microbiome.Tests.Cohorts;

public sealed class QuantilesTests
{
    private static readonly Quantiles Fifths = new([0, 0.25, 0.5, 0.75, 1], [1, 2, 4, 8, 16]);
    private static readonly Quantiles MostlyZero = new([0, 0.25, 0.5, 0.75, 1], [0, 0, 0, 0.1, 0.5]);

    [Fact]
    public void Quantiles_lie_between_order_statistics_as_in_R_and_NumPy()
    {
        // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0, 0.025, 0.3, 0.5, 0.975, 1]) and R's quantile(x, type = 7).
        var quantiles = Quantiles.Of([3, 1, 4, 1, 5, 9, 2, 6], [0, 0.025, 0.3, 0.5, 0.975, 1]);
        double[] expected = [1, 1, 2.1, 3.5, 8.475, 9];
        Assert.All(expected.Zip(quantiles.Values), p => Assert.Equal(p.First, p.Second, 12));
        Assert.Equal([7, 7], Quantiles.Of([7], [0, 1]).Values);
        Assert.Throws<ArgumentException>(() => Quantiles.Of([], [0.5]));
    }

    [Theory]
    [InlineData(0.25, 2)]
    [InlineData(0.5, 4)]
    [InlineData(0.125, 1.5)]
    [InlineData(0.9, 12.8)]
    [InlineData(1, 16)]
    public void A_level_between_two_is_interpolated(double level, double expected) => Assert.Equal(expected, Fifths.At(level), 12);

    [Fact]
    public void A_level_that_the_cohort_does_not_reach_is_refused()
    {
        var published = new Quantiles([0.025, 0.5, 0.975], [1, 2, 3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => published.At(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => published.At(0.99));
    }

    [Theory]
    [InlineData(4, 50)]
    [InlineData(3, 37.5)]
    [InlineData(16, 100)]
    [InlineData(99, 100)]
    [InlineData(0.5, 0)]
    public void A_percentile_is_the_way_back(double value, double percentile) => Assert.Equal(percentile, Fifths.Percentile(value), 12);

    [Fact]
    public void A_value_that_many_share_stands_in_their_middle()
    {
        // Half the cohort or more has none: a zero is at 25 of 100, not at 0 and not at 50.
        Assert.Equal(25, MostlyZero.Percentile(0), 12);
        Assert.Equal(62.5, MostlyZero.Percentile(0.05), 12);
    }

    [Fact]
    public void Beyond_the_outermost_quantile_nothing_is_claimed()
    {
        var published = new Quantiles([0.025, 0.5, 0.975], [1, 2, 3]);
        Assert.Equal(2.5, published.Percentile(0.1), 12);
        Assert.Equal(97.5, published.Percentile(1000), 12);
    }
}
