using System.Globalization;

namespace Lab.Microbiome.Reports;

/// <summary>Decimal rounding of reported numbers: two machines that differ in the last bit of a logarithm still report the same.</summary>
public static class Significant
{
    /// <summary>A number as a report prints it: counts are whole and stay exact, anything else is known to six digits at the very best.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite, or rounds past the largest double.</exception>
    public static double Reported(double value) => IsCount(value) ? value : Round(value);

    internal static bool IsCount(double value) => value == Math.Truncate(value) && Math.Abs(value) < 1L << 53;

    /// <summary>Rounds to a number of significant decimal digits, from the exact decimal value of the double; a tie goes to the even digit.</summary>
    /// <param name="value">A finite number.</param>
    /// <param name="digits">Significant digits, 1 to 15.</param>
    /// <returns>The double nearest to the rounded decimal, which prints with at most that many digits; never -0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite, rounds past the largest double, or the digits are outside 1 to 15.</exception>
    public static double Round(double value, int digits = 6)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, 15);
        if (value == 0) return 0;
        var form = "E" + (digits - 1).ToString(CultureInfo.InvariantCulture);
        var rounded = double.IsFinite(value)
            ? double.Parse(value.ToString(form, CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture)
            : value;
        return double.IsFinite(rounded) ? rounded : throw new ArgumentOutOfRangeException(nameof(value), value, "Must be finite.");
    }
}
