using System.Globalization;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Reads the numbers of a table strictly: invariant culture, no thousands, finite, not negative.</summary>
internal static class Numbers
{
    /// <summary>The largest count that a double and any JSON reader hold exactly.</summary>
    public const long MaxCount = 1L << 53;

    public static long? Count(string cell, int line, int column, ProblemList problems)
    {
        string text = cell.Trim(' ');
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count <= MaxCount)
        {
            return count;
        }

        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            problems.Error("value-out-of-range", $"{ProblemList.Quote(text)} is more than 2^53.", "No sample has that many reads.", line, column);
        }
        else
        {
            Refuse(text, "a whole number", line, column, problems);
        }

        return null;
    }

    public static double? Decimal(string cell, int line, int column, ProblemList problems)
    {
        string text = cell.Trim(' ');
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || text.Length == 0)
        {
            Refuse(text, "a number", line, column, problems);
        }
        else if (!double.IsFinite(value))
        {
            problems.Error("value-not-finite", $"{ProblemList.Quote(text)} is not a finite number.", "Was this sample divided by a total of 0?", line, column);
        }
        else if (value < 0)
        {
            problems.Error("value-negative", $"{ProblemList.Quote(text)} is negative.", "An abundance is 0 or more.", line, column);
        }
        else
        {
            return value;
        }

        return null;
    }

    /// <summary>As the other, without a text for each cell of a wide table.</summary>
    public static double? Decimal(ReadOnlySpan<char> cell, int line, int column, ProblemList problems) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= MaxCount
            ? value : Decimal(cell.ToString(), line, column, problems) is { } large ? TooLarge(large, line, column, problems) : null;

    private static double? TooLarge(double value, int line, int column, ProblemList problems)
    {
        problems.Error("value-out-of-range", string.Create(CultureInfo.InvariantCulture, $"{value} is more than 2^53."), "No sample has that many reads.", line, column);
        return null;
    }

    private static void Refuse(string text, string wanted, int line, int column, ProblemList problems)
    {
        if (text.Length == 0)
        {
            problems.Error("value-missing", "The cell is empty.", $"Give {wanted}.", line, column);
        }
        else if (text[0] == '-' && text.Length > 1 && text.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0)
        {
            problems.Error("value-negative", $"{ProblemList.Quote(text)} is negative.", "An abundance is 0 or more.", line, column);
        }
        else
        {
            problems.Error("value-not-a-number", $"{ProblemList.Quote(text)} is not {wanted}.",
                "Use ASCII digits and a decimal point, without thousands separators.", line, column);
        }
    }
}
