using System.Globalization;
using System.Numerics;
using CsCheck;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

public sealed class SignificantTests
{
    [Theory]
    [InlineData(0.1234565, 0.123456)] // The double lies below the decimal tie.
    [InlineData(1234567, 1234570)]
    [InlineData(100000.5, 100000)]
    [InlineData(-100000.5, -100000)]
    [InlineData(100001.5, 100002)]
    [InlineData(999999.5, 1000000)]
    [InlineData(2.9100000000000001, 2.91)]
    [InlineData(1e-9, 1e-9)]
    [InlineData(0, 0)]
    public void Rounding_is_decimal_and_to_six_digits(double value, double expected) => Assert.Equal(expected, Significant.Round(value));

    [Theory]
    [InlineData(1234567, 1234567)]
    [InlineData(1234567.5, 1234570)]
    [InlineData(0.1234565, 0.123456)]
    [InlineData(1e20, 1e20)]
    [InlineData(123456789012345680000.0, 123457000000000000000.0)] // Past 2^53 it is no count any more.
    public void A_report_prints_counts_exactly_and_all_else_to_six_digits(double value, double expected) => Assert.Equal(expected, Significant.Reported(value));

    [Fact]
    public void Minus_zero_becomes_zero() => Assert.False(double.IsNegative(Significant.Round(-0.0)));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_does_not_round_to_a_number_is_refused(double value) => Assert.Throws<ArgumentOutOfRangeException>(() => Significant.Round(value));

    [Fact]
    public void A_number_that_rounds_past_the_largest_double_is_refused()
    {
        Assert.Equal(1.79769e308, Significant.Round(double.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => Significant.Round(double.MaxValue, 2));
    }

    [Fact]
    public void Rounding_agrees_with_exact_arithmetic() => Gen.OneOf(Gen.Double[-1e7, 1e7], Gen.Double[0, 1], Gen.Double[0, 1e-6], Gen.Double[1e9, 1e20],
        Gen.Int[-4_000_000, 4_000_000].Select(number => number / 2.0), Gen.Int[0, 100_000_000].Select(number => number / 64.0)).Sample(value =>
        Assert.Equal(Exact(value, 6), Significant.Round(value)), iter: 20_000);

    [Fact]
    public void A_rounded_number_prints_with_six_digits_and_rounds_to_itself() => Gen.Double.Sample(value =>
    {
        if (!double.IsFinite(value) || Math.Abs(value) > 1e300) return;
        var rounded = Significant.Round(value);
        Assert.Equal(rounded, Significant.Round(rounded));
        var digits = CanonicalJson.Number(Math.Abs(rounded)).Split('e')[0].Replace(".", "", StringComparison.Ordinal).Trim('0');
        Assert.True(digits.Length <= 6, digits);
    });

    // The double as a ratio of whole numbers, so that a tie is a tie; ties go to the even digit.
    private static double Exact(double value, int digits)
    {
        if (value == 0) return 0;
        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(value));
        var exponent = (int)(bits >> 52);
        BigInteger mantissa = exponent == 0 ? bits & 0xFFFFFFFFFFFFF : (bits & 0xFFFFFFFFFFFFF) | 1L << 52;
        var shift = Math.Max(exponent, 1) - 1075;
        var (top, bottom) = shift >= 0 ? (mantissa << shift, BigInteger.One) : (mantissa, BigInteger.One << -shift);
        var power = 0;
        while (top >= bottom * BigInteger.Pow(10, digits)) (bottom, power) = (bottom * 10, power + 1);
        while (top < bottom * BigInteger.Pow(10, digits - 1)) (top, power) = (top * 10, power - 1);
        var (rounded, rest) = (top / bottom, top % bottom * 2);
        if (rest > bottom || (rest == bottom && !rounded.IsEven)) rounded++;
        return double.Parse(string.Create(CultureInfo.InvariantCulture, $"{(value < 0 ? "-" : "")}{rounded}E{power}"), CultureInfo.InvariantCulture);
    }
}
