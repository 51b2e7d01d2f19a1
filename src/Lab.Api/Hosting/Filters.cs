using System.Globalization;
using System.Text.RegularExpressions;
using Lab.Api.Samples;

namespace Lab.Api.Hosting;

/// <summary>The filters of a list: all that cannot be right is named at once, as 422.</summary>
public sealed class Filters
{
    private static readonly string[] Instants = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];
    private readonly List<ProblemError> errors = [];

    /// <summary>One of some words.</summary>
    public string? Word(string parameter, string? value, params string[] known)
    {
        if (value is not null && !known.Contains(value)) Refuse($"{parameter}: the value is not known.", $"Known: {string.Join(", ", known)}.");
        return value;
    }

    /// <summary>A name that people choose: an accession, a subject.</summary>
    public string? Name(string parameter, string? value)
    {
        if (value is not null && !Accession.IsValid(value)) Refuse($"{parameter}: this can be no name.", "A name has 1 to 64 letters, digits and . _ : - and starts with a letter or digit.");
        return value;
    }

    /// <summary>A text of some form.</summary>
    public string? Form(string parameter, string? value, Regex form, string hint)
    {
        if (value is not null && !form.IsMatch(value)) Refuse($"{parameter}: the value cannot be right.", hint);
        return value;
    }

    /// <summary>From a time on.</summary>
    public DateTimeOffset? From(string parameter, string? value) => Span(parameter, value)?.First;

    /// <summary>Until a time, this included: the day of a date, the millisecond of a time (as times are shown).</summary>
    public DateTimeOffset? To(string parameter, string? value) => Span(parameter, value)?.Last;

    /// <exception cref="ProblemException">Something cannot be right.</exception>
    public void Demand()
    {
        if (errors.Count > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "A filter cannot be right.", errors: errors);
    }

    private (DateTimeOffset First, DateTimeOffset Last)? Span(string parameter, string? value)
    {
        if (value is null) return null;
        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        var isDate = DateTimeOffset.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, utc, out var first);
        if (!isDate && !DateTimeOffset.TryParseExact(value, Instants, CultureInfo.InvariantCulture, utc, out first))
        {
            Refuse($"{parameter}: this is no time.", "Send a time with its zone, as 2026-11-20T07:30:00Z, or a date (UTC), as 2026-11-20; in a URL a + is %2B.");
            return null;
        }
        var length = isDate ? TimeSpan.FromDays(1) : TimeSpan.FromMilliseconds(1);
        first = new DateTimeOffset(first.Ticks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
        return (first, DateTimeOffset.MaxValue - first < length ? DateTimeOffset.MaxValue : first + length - TimeSpan.FromMicroseconds(1));
    }

    private void Refuse(string message, string hint) => errors.Add(new("value-invalid", null, null, null, message, hint));
}
