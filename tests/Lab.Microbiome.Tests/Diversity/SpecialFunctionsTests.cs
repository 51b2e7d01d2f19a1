using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>The functions that .NET lacks, on each side of every switch between two forms. Source of the values: mpmath 1.3.0 at 50 digits.</summary>
public sealed class SpecialFunctionsTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1e-17, 1.0000000000000001e-17)]
    [InlineData(-1e-10, -1.00000000005e-10)]
    [InlineData(3e-05, 2.9999550008999798e-5)]
    [InlineData(0.5, 0.40546510810816438)]
    [InlineData(-0.9, -2.3025850929940459)]
    [InlineData(1e+300, 690.77552789821371)]
    public void The_logarithm_of_one_plus(double x, double expected) => Assert.Equal(expected, SpecialFunctions.LogOnePlus(x), Math.Abs(expected) * 1e-15);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1e-17, 1.0000000000000001e-17)]
    [InlineData(-1e-10, -9.9999999995000004e-11)]
    [InlineData(3e-05, 3.0000450004500035e-5)]
    [InlineData(0.5, 0.64872127070012815)]
    [InlineData(-0.5, -0.39346934028736658)]
    [InlineData(3, 19.085536923187668)]
    [InlineData(-50, -1)]
    public void The_exponential_less_one(double x, double expected) => Assert.Equal(expected, SpecialFunctions.ExpMinusOne(x), Math.Abs(expected) * 1e-15);

    [Fact]
    public void The_exponential_less_one_at_the_ends() =>
        Assert.Equal([-1, -1, double.PositiveInfinity, double.PositiveInfinity], new[] { double.NegativeInfinity, -800, 800, double.PositiveInfinity }.Select(SpecialFunctions.ExpMinusOne));

    [Theory]
    [InlineData(0.5, 0.15342640972002735)]
    [InlineData(1, 0.081061466795327258)]
    [InlineData(2.5, 0.033162873519936287)]
    [InlineData(15, 0.0055547335519628014)]
    [InlineData(15.5, 0.0053755990329268345)]
    [InlineData(16, 0.0052076559196096404)]
    [InlineData(17, 0.0049013959484347379)]
    [InlineData(30, 0.0027776749297526936)]
    [InlineData(1000, 8.3333330555556349e-5)]
    [InlineData(100000000, 8.3333333333333333e-10)]
    public void What_Stirlings_formula_leaves_of_a_factorial(double z, double expected) =>
        Assert.Equal(expected, SpecialFunctions.StirlingError(z), z < 16 ? 5e-15 : 3e-16);

    [Theory]
    [InlineData(5, 10, 1.5342640972002735)]
    [InlineData(10, 5, 1.9314718055994531)]
    [InlineData(11, 9, 0.20737765008366277)]
    [InlineData(10.9, 9, 0.18776650969777717)]
    [InlineData(9, 10.9, 0.17615609291009236)]
    [InlineData(10, 10, 0)]
    [InlineData(100, 100.001, 4.9999666669644127e-9)]
    [InlineData(1000000, 1000001, 4.9999966666691667e-7)]
    [InlineData(5000000, 4000000.5, 115717.63157108784)]
    public void The_deviance_keeps_its_digits_where_its_terms_cancel(double z, double m, double expected) =>
        Assert.Equal(expected, SpecialFunctions.Deviance(z, m), z < 100 ? z * 1e-15 : expected * 2e-15);

    [Theory]
    [InlineData(0.001, -1000.5755719318103)]
    [InlineData(0.5, -1.9635100260214235)]
    [InlineData(1, -0.57721566490153286)]
    [InlineData(2, 0.42278433509846714)]
    [InlineData(10, 2.2517525890667211)]
    [InlineData(15.5, 2.7082352425903654)]
    [InlineData(16, 2.7410133283274604)]
    [InlineData(17, 2.8035133283274604)]
    [InlineData(100, 4.6001618527380874)]
    [InlineData(1000000, 13.815510057964191)]
    public void The_digamma_function(double x, double expected) => Assert.Equal(expected, SpecialFunctions.Digamma(x), Math.Abs(expected) * 1e-15);

    [Theory]
    [InlineData(1e-10, 22.448635267383787)]
    [InlineData(0.001, 6.337874070325488)]
    [InlineData(0.1, 2.0146425447084516)]
    [InlineData(0.5, 0.92291063248373047)]
    [InlineData(0.999, 0.59675131336868582)]
    [InlineData(1, 0.59634736232319407)]
    [InlineData(1.001, 0.59594400762544772)]
    [InlineData(2, 0.36132861688822258)]
    [InlineData(10, 0.091563333939788082)]
    [InlineData(50, 0.01961510993011487)]
    [InlineData(1000, 0.00099900199402388071)]
    [InlineData(1000000, 9.9999900000199999e-7)]
    public void The_scaled_exponential_integral(double z, double expected) => Assert.Equal(expected, SpecialFunctions.ScaledExponentialIntegral(z), expected * 4e-15);
}
