using System.Globalization;

namespace Lab.Api.Reports.Page;

/// <summary>Numbers and times as people read them: rounded, in the language's form. The exact value stands beside them.</summary>
public static class Shown
{
    private static readonly string[] DutchMonths =
        ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"];

    private static readonly string[] EnglishMonths =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    /// <summary>A fraction of 0..1 as a percentage. What is not nothing is never shown as 0 %, nor what is not all as 100 %.</summary>
    public static string Percent(double fraction, string language)
    {
        var percent = fraction * 100;
        var shown = percent switch
        {
            0 => "0",
            > 0 and < 0.001 => "< 0.001",
            < 1 => percent.ToString("0.000", CultureInfo.InvariantCulture),
            < 10 => percent.ToString("0.00", CultureInfo.InvariantCulture),
            >= 99.95 and < 100 => "> 99.9",
            100 => "100",
            _ => percent.ToString("0.0", CultureInfo.InvariantCulture),
        };
        // A no-break space: the sign stays with its number.
        return Localised(shown, language) + "\u00a0%";
    }

    /// <summary>A value with about three significant digits; whole numbers whole.</summary>
    public static string Value(double value, string language)
    {
        var size = Math.Abs(value);
        if (size is > 0 and < 0.0005) return Localised(value < 0 ? "> -0.001" : "< 0.001", language);
        if (value is > 0.9995 and < 1) return Localised("> 0.999", language);
        var shown = value == Math.Truncate(value) || size >= 100 ? value.ToString("#,0", CultureInfo.InvariantCulture)
            : value.ToString(size >= 10 ? "0.0" : size >= 1 ? "0.00" : "0.000", CultureInfo.InvariantCulture);
        return Localised(shown, language);
    }

    /// <summary>A place of 0..100, which the document has with one decimal.</summary>
    public static string Percentile(double value, string language) => Localised(value.ToString("0.#", CultureInfo.InvariantCulture), language);

    /// <summary>24 Nov 2026, for where there is little room.</summary>
    public static string ShortDay(DateTimeOffset time, string language)
    {
        var utc = time.ToUniversalTime();
        var month = language == "nl" ? utc.Month == 3 ? "mrt" : DutchMonths[utc.Month - 1][..3] : EnglishMonths[utc.Month - 1][..3];
        return string.Create(CultureInfo.InvariantCulture, $"{utc.Day}\u00a0{month}\u00a0{utc.Year}");
    }

    /// <summary>24 November 2026, 07:30.</summary>
    public static string Time(DateTimeOffset time, string language) => string.Create(CultureInfo.InvariantCulture, $"{Day(time, language)}, {time.ToUniversalTime():HH:mm}");

    /// <summary>24 November 2026.</summary>
    public static string Day(DateTimeOffset time, string language)
    {
        var utc = time.ToUniversalTime();
        var month = (language == "nl" ? DutchMonths : EnglishMonths)[utc.Month - 1];
        return string.Create(CultureInfo.InvariantCulture, $"{utc.Day} {month} {utc.Year}");
    }

    // The minus is one, not a hyphen.
    private static string Localised(string invariant, string language) => string.Create(invariant.Length, (invariant, language), static (span, from) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = (from.invariant[i], from.language) switch
            {
                ('.', "nl") => ',',
                (',', "nl") => '.',
                ('-', _) => '\u2212',
                (var other, _) => other,
            };
        }
    });
}
