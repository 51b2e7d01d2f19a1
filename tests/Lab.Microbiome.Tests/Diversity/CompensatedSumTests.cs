using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

public sealed class CompensatedSumTests
{
    // Neumaier's own case against Kahan, who gives 0: a term larger than the sum. The others by exact arithmetic (Python's math.fsum).
    [Theory]
    [InlineData(2.0, 1.0, 1e100, 1.0, -1e100)]
    [InlineData(2.0, 1e100, 1.0, -1e100, 1.0)]
    [InlineData(10000000000000002.0, 1e16, 1.0, 1.0)]
    [InlineData(0.6, 0.1, 0.2, 0.3)]
    [InlineData(0.0)]
    public void What_a_plain_sum_loses_comes_back(double expected, params double[] terms)
    {
        var sum = new CompensatedSum();
        foreach (var term in terms) sum.Add(term);
        Assert.Equal(expected, sum.Value);
    }
}
