using static Lab.Microbiome.Diversity.SpecialFunctions;

namespace Lab.Microbiome.Diversity;

/// <summary>The Beta distribution, for the posterior of a proportion.</summary>
public static class BetaDistribution
{
    private const double Tiny = 1e-300;

    /// <summary>The regularised incomplete beta function I_x(a, b): the probability of a value of at most x. Continued fraction DLMF 8.17.22 by
    /// Lentz's method; the factor before it by Loader's saddle-point form, which does not lose digits when a and b are in the millions.</summary>
    /// <param name="a">First shape, above 0.</param>
    /// <param name="b">Second shape, above 0.</param>
    /// <param name="x">Where; values outside 0 to 1 give 0 or 1.</param>
    /// <returns>A probability, 0 to 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A shape is not above 0 or not finite, or <paramref name="x"/> is NaN.</exception>
    public static double Cumulative(double a, double b, double x)
    {
        if (!(a > 0) || !double.IsFinite(a)) throw new ArgumentOutOfRangeException(nameof(a), a, "A shape must be finite and above 0.");
        if (!(b > 0) || !double.IsFinite(b)) throw new ArgumentOutOfRangeException(nameof(b), b, "A shape must be finite and above 0.");
        if (double.IsNaN(x)) throw new ArgumentOutOfRangeException(nameof(x), x, "Must be a number.");
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        // The fraction converges fast below the mean; above it the mirrored one does.
        var probability = x < (a + 1) / (a + b + 2) ? Density(a, b, x) * Fraction(a, b, x) / a : 1 - Density(a, b, x) * Fraction(b, a, 1 - x) / b;
        return Math.Clamp(probability, 0, 1);
    }

    /// <summary>x^a (1-x)^b / B(a, b).</summary>
    private static double Density(double a, double b, double x)
    {
        var n = a + b;
        var exponent = StirlingError(n) - StirlingError(a) - StirlingError(b) - Deviance(a, n * x) - Deviance(b, n * (1 - x));
        return Math.Sqrt(a / (2 * Math.PI) * (b / n)) * Math.Exp(exponent);
    }

    private static double Fraction(double a, double b, double x)
    {
        // The steps needed grow with the root of the larger shape.
        var steps = 200 + (int)Math.Min(10_000_000, 20 * Math.Sqrt(Math.Max(a, b)));
        var c = 1.0;
        var d = 1 / NotZero(1 - (a + b) * x / (a + 1));
        var value = d;
        for (var m = 1; m <= steps; m++)
        {
            var even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / NotZero(1 + even * d);
            c = NotZero(1 + even / c);
            value *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / NotZero(1 + odd * d);
            c = NotZero(1 + odd / c);
            value *= d * c;
            if (Math.Abs(d * c - 1) < 1e-15) break;
        }
        return value;
    }

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;
}
