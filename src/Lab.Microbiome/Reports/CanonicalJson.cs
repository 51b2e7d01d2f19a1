using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Microbiome.Reports;

/// <summary>JSON in the one form of RFC 8785 (JCS): keys sorted by UTF-16 code unit, numbers as ECMAScript prints them, no white space, UTF-8.
/// Equal values give equal bytes, so a digest over them is stable.</summary>
public static class CanonicalJson
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a node; null is the JSON <c>null</c>.</summary>
    /// <returns>The canonical bytes.</returns>
    /// <exception cref="JsonException">A string holds half a surrogate pair, or a number is not finite.</exception>
    public static byte[] Write(JsonNode? node)
    {
        var output = new StringBuilder();
        Append(output, node);
        return Encode(output);
    }

    /// <summary>Writes an element.</summary>
    /// <returns>The canonical bytes.</returns>
    /// <exception cref="JsonException">A key repeats in an object, a string holds half a surrogate pair, or a number is past the largest double.</exception>
    public static byte[] Write(JsonElement element)
    {
        var output = new StringBuilder();
        Append(output, element);
        return Encode(output);
    }

    /// <summary>A number as ECMAScript's <c>Number::toString</c> prints it: <c>0.00001</c>, <c>1e-7</c>, <c>1e+21</c>, and <c>0</c> for -0.</summary>
    /// <exception cref="JsonException">The number is not finite.</exception>
    public static string Number(double value)
    {
        if (!double.IsFinite(value)) throw new JsonException("JSON has no number that is not finite.");
        if (value == 0) return "0";
        // "R" gives the shortest digits that read back as the same double, which is what ECMAScript asks for; only their layout differs.
        var text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var exponentAt = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var exponent = exponentAt < 0 ? 0 : int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var pointAt = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = pointAt < 0 ? mantissa.Length : pointAt;
        var all = mantissa.Replace(".", "", StringComparison.Ordinal);
        var significant = all.TrimStart('0');
        var point = whole + exponent - (all.Length - significant.Length);
        Span<byte> digits = stackalloc byte[MaxNumber], output = stackalloc byte[MaxNumber];
        digits = digits[..Encoding.ASCII.GetBytes(significant.AsSpan().TrimEnd('0'), digits)];
        return (value < 0 ? "-" : "") + Encoding.ASCII.GetString(output[..Layout(digits, point, output)]);
    }

    /// <summary>A number rounded to significant decimal digits as <see cref="Significant.Round"/> does, and printed as <see cref="Number(double)"/> does.</summary>
    /// <param name="value">A finite number.</param>
    /// <param name="digits">Significant digits, 1 to 15.</param>
    /// <exception cref="JsonException">The number is not finite, or rounds past the largest double.</exception>
    public static string Number(double value, int digits)
    {
        Span<byte> text = stackalloc byte[MaxNumber];
        return Encoding.ASCII.GetString(text[..Write(value, digits, text)]);
    }

    /// <summary>The longest number: a sign, a point, an exponent and seventeen digits, or 21 digits.</summary>
    internal const int MaxNumber = 32;

    /// <summary>Writes <see cref="Number(double, int)"/> into a span of <see cref="MaxNumber"/>.</summary>
    /// <returns>How many bytes.</returns>
    internal static int Write(double value, int digits, Span<byte> output)
    {
        if (digits == 6 && SixDigits(Math.Abs(value)) is var (six, point) && six > 0)
        {
            Span<byte> all = stackalloc byte[6];
            for (var i = 5; i >= 0; i--, six /= 10) all[i] = (byte)('0' + six % 10);
            if (value < 0) output[0] = (byte)'-';
            return (value < 0 ? 1 : 0) + Layout(all.TrimEnd((byte)'0'), point, output[(value < 0 ? 1 : 0)..]);
        }
        // Small and huge numbers take the long way: rounded, they may be no double of so many digits.
        if (Math.Abs(value) is not (> 1e-300 and < 1e300)) return Encoding.ASCII.GetBytes(Number(double.IsFinite(value) ? Significant.Round(value, digits) : value), output);
        // -d.ddddde+xxx
        Span<byte> scientific = stackalloc byte[MaxNumber];
        value.TryFormat(scientific, out var length, Exponents[digits], CultureInfo.InvariantCulture);
        var mantissa = scientific[..(length - 5)];
        var exponent = 100 * (scientific[length - 3] - '0') + 10 * (scientific[length - 2] - '0') + scientific[length - 1] - '0';
        if (scientific[length - 4] == '-') exponent = -exponent;
        var negative = mantissa[0] == '-';
        mantissa = mantissa[(negative ? 1 : 0)..];
        Span<byte> significant = stackalloc byte[digits];
        significant[0] = mantissa[0];
        if (digits > 1) mantissa[2..].CopyTo(significant[1..]);
        if (negative) output[0] = (byte)'-';
        return (negative ? 1 : 0) + Layout(significant.TrimEnd((byte)'0'), exponent + 1, output[(negative ? 1 : 0)..]);
    }

    /// <summary>The six digits of a number, as 0.DIGITS times ten to the power of Point; no digits where a double's arithmetic cannot tell which way the exact value rounds.</summary>
    private static (int Digits, int Point) SixDigits(double value)
    {
        if (value is not (> 1e-12 and < 1e15)) return default;
        // The exponent of ten from that of two: the right one, or one too small.
        var power = 5 - (int)Math.Floor(Math.ILogB(value) * Log10Of2);
        // Times or by an exact power of ten: one rounding, of less than 1e-9 where the digits are.
        var scaled = Scaled(value, power);
        if (scaled >= 1_000_000) scaled = Scaled(value, --power);
        if (scaled is not (>= 100_000 and < 1_000_000)) return default;
        var whole = Math.Floor(scaled);
        if (Math.Abs(scaled - whole - 0.5) < 1e-6) return default;
        var digits = (int)whole + (scaled - whole > 0.5 ? 1 : 0);
        return digits == 1_000_000 ? (100_000, 7 - power) : (digits, 6 - power);
    }

    private static double Scaled(double value, int power) => power >= 0 ? value * PowersOfTen[power] : value / PowersOfTen[-power];

    private const double Log10Of2 = 0.301029995663981195;

    private static readonly double[] PowersOfTen = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

    private static readonly string[] Exponents = [.. Enumerable.Range(0, 16).Select(digits => string.Create(CultureInfo.InvariantCulture, $"E{Math.Max(0, digits - 1)}"))];

    // The value is 0.DIGITS times ten to the power of point.
    private static int Layout(ReadOnlySpan<byte> digits, int point, Span<byte> output)
    {
        if (point is > 0 and <= 21 && digits.Length <= point)
        {
            digits.CopyTo(output);
            output[digits.Length..point].Fill((byte)'0');
            return point;
        }
        if (point is > 0 and <= 21)
        {
            digits[..point].CopyTo(output);
            output[point] = (byte)'.';
            digits[point..].CopyTo(output[(point + 1)..]);
            return digits.Length + 1;
        }
        if (point is > -6 and <= 0)
        {
            "0."u8.CopyTo(output);
            output[2..(2 - point)].Fill((byte)'0');
            digits.CopyTo(output[(2 - point)..]);
            return 2 - point + digits.Length;
        }
        output[0] = digits[0];
        var length = 1;
        if (digits.Length > 1)
        {
            output[length++] = (byte)'.';
            digits[1..].CopyTo(output[length..]);
            length += digits.Length - 1;
        }
        output[length++] = (byte)'e';
        output[length++] = (byte)(point > 0 ? '+' : '-');
        Math.Abs(point - 1).TryFormat(output[length..], out var written, default, CultureInfo.InvariantCulture);
        return length + written;
    }

    private static void Append(StringBuilder output, JsonNode? node)
    {
        switch (node)
        {
            case null:
                output.Append("null");
                break;
            case JsonObject entries:
                AppendObject(output, entries.Select(entry => (entry.Key, entry.Value)), Append);
                break;
            case JsonArray items:
                AppendArray(output, items, Append);
                break;
            case JsonValue value when value.TryGetValue<string>(out var text):
                AppendString(output, text);
                break;
            case JsonValue value when value.TryGetValue<double>(out var number):
                output.Append(Number(number));
                break;
            default:
                Append(output, JsonSerializer.SerializeToElement(node));
                break;
        }
    }

    private static void Append(StringBuilder output, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                AppendObject(output, element.EnumerateObject().Select(property => (Unescaped(() => property.Name), property.Value)), Append);
                break;
            case JsonValueKind.Array:
                AppendArray(output, element.EnumerateArray(), Append);
                break;
            case JsonValueKind.String:
                AppendString(output, Unescaped(() => element.GetString()!));
                break;
            case JsonValueKind.Number:
                output.Append(Number(element.GetDouble()));
                break;
            case JsonValueKind.True:
                output.Append("true");
                break;
            case JsonValueKind.False:
                output.Append("false");
                break;
            case JsonValueKind.Null:
                output.Append("null");
                break;
            default:
                throw new JsonException("There is no value to write.");
        }
    }

    private static void AppendObject<T>(StringBuilder output, IEnumerable<(string Key, T Value)> entries, Action<StringBuilder, T> append)
    {
        var sorted = entries.ToArray();
        Array.Sort(sorted, (left, right) => string.CompareOrdinal(left.Key, right.Key));
        output.Append('{');
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i > 0)
            {
                if (sorted[i].Key == sorted[i - 1].Key) throw new JsonException("A key repeats in an object.");
                output.Append(',');
            }
            AppendString(output, sorted[i].Key);
            output.Append(':');
            append(output, sorted[i].Value);
        }
        output.Append('}');
    }

    private static void AppendArray<T>(StringBuilder output, IEnumerable<T> items, Action<StringBuilder, T> append)
    {
        output.Append('[');
        var first = true;
        foreach (var item in items)
        {
            if (!first) output.Append(',');
            first = false;
            append(output, item);
        }
        output.Append(']');
    }

    private static void AppendString(StringBuilder output, string text)
    {
        output.Append('"');
        foreach (var unit in text)
        {
            switch (unit)
            {
                case '"': output.Append("\\\""); break;
                case '\\': output.Append("\\\\"); break;
                case '\b': output.Append("\\b"); break;
                case '\t': output.Append("\\t"); break;
                case '\n': output.Append("\\n"); break;
                case '\f': output.Append("\\f"); break;
                case '\r': output.Append("\\r"); break;
                case < ' ': output.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"); break;
                default: output.Append(unit); break;
            }
        }
        output.Append('"');
    }

    // System.Text.Json refuses half a surrogate pair only when the text is asked for, and with another exception.
    private static string Unescaped(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("A string holds half a surrogate pair.", exception);
        }
    }

    private static byte[] Encode(StringBuilder output)
    {
        try
        {
            return Strict.GetBytes(output.ToString());
        }
        catch (EncoderFallbackException exception)
        {
            throw new JsonException("A string holds half a surrogate pair.", exception);
        }
    }
}
