using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

public sealed class CanonicalJsonTests
{
    // Source: RFC 8785, appendix B.
    [Theory]
    [InlineData("0000000000000000", "0")]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("8000000000000001", "-5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("ffefffffffffffff", "-1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("c340000000000000", "-9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("44b52d02c7e14af7", "1.0000000000000001e+23")]
    [InlineData("444b1ae4d6e2ef4e", "999999999999999700000")]
    [InlineData("444b1ae4d6e2ef4f", "999999999999999900000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("41b3de4355555553", "333333333.3333332")]
    [InlineData("41b3de4355555554", "333333333.33333325")]
    [InlineData("41b3de4355555555", "333333333.3333333")]
    [InlineData("41b3de4355555556", "333333333.3333334")]
    [InlineData("41b3de4355555557", "333333333.33333343")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    [InlineData("43143ff3c1cb0959", "1424953923781206.2")]
    public void Numbers_print_as_the_RFC_says(string bits, string expected) => Assert.Equal(expected, CanonicalJson.Number(FromBits(bits)));

    [Fact]
    public void Rounding_and_printing_at_once_is_rounding_and_then_printing() =>
        Gen.Select(Gen.Double[-1e9, 1e9], Gen.Int[-320, 300], Gen.Int[1, 15]).Sample((mantissa, power, digits) =>
        {
            var value = mantissa * Math.Pow(10, power);
            // Nearer to the largest double, rounding up has no result.
            return !(Math.Abs(value) <= 1e300) || CanonicalJson.Number(value, digits) == CanonicalJson.Number(Significant.Round(value, digits));
        }, iter: 20_000);

    [Fact]
    public void Six_digits_are_rounded_rightly_beside_every_tie_and_every_power_of_ten() =>
        Gen.Select(Gen.Int[99_990, 1_000_010], Gen.Int[-20, 20], Gen.Bool, Gen.Int[-3, 3], Gen.Bool).Sample((digits, power, tie, steps, negative) =>
        {
            var value = (digits + (tie ? 0.5 : 0)) * Math.Pow(10, power);
            for (; steps != 0; steps -= Math.Sign(steps)) value = steps > 0 ? Math.BitIncrement(value) : Math.BitDecrement(value);
            return CanonicalJson.Number(negative ? -value : value, 6) == CanonicalJson.Number(Significant.Round(negative ? -value : value));
        }, iter: 100_000);

    [Theory]
    [InlineData(0.1234565, "0.123456")]
    [InlineData(0.99999951, "1")]
    [InlineData(1234567.5, "1234570")]
    [InlineData(-0.00000012345678, "-1.23457e-7")]
    [InlineData(0.0, "0")]
    public void Six_digits_are_those_of_the_exact_decimal_value(double value, string expected) => Assert.Equal(expected, CanonicalJson.Number(value, 6));

    [Fact]
    public void A_number_that_is_not_finite_is_refused_rounded_or_not()
    {
        Assert.Throws<JsonException>(() => CanonicalJson.Number(double.NaN, 6));
        Assert.Throws<JsonException>(() => CanonicalJson.Number(double.NegativeInfinity, 6));
    }

    [Theory]
    [InlineData("7fffffffffffffff")]
    [InlineData("7ff0000000000000")]
    [InlineData("fff0000000000000")]
    public void Numbers_that_are_none_are_refused(string bits) => Assert.Throws<JsonException>(() => CanonicalJson.Number(FromBits(bits)));

    // Source: ECMAScript's Number::toString; these are where .NET's own form differs.
    [Theory]
    [InlineData(1e-5, "0.00001")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1.5e16, "15000000000000000")]
    [InlineData(-1.25e-6, "-0.00000125")]
    [InlineData(1.25e-7, "1.25e-7")]
    [InlineData(100, "100")]
    [InlineData(0.1, "0.1")]
    public void Numbers_print_as_ECMAScript_does(double value, string expected) => Assert.Equal(expected, CanonicalJson.Number(value));

    // Source: RFC 8785, section 3.2.2.
    [Fact]
    public void The_RFCs_own_object_comes_out()
    {
        const string Source = """
            { "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }
            """;
        const string Expected = """
            {"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}
            """;
        Assert.Equal(Expected, ByElement(Source));
        Assert.Equal(Expected, ByNode(Source));
    }

    // Source: RFC 8785, section 3.2.3.
    [Fact]
    public void Keys_are_sorted_by_UTF16_code_unit()
    {
        const string Source = """
            {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
             "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}
            """;
        using var written = JsonDocument.Parse(ByElement(Source));
        Assert.Equal(
            [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face",
                "Hebrew Letter Dalet With Dagesh",
            ],
            written.RootElement.EnumerateObject().Select(property => property.Value.GetString()));
        Assert.Equal(ByElement(Source), ByNode(Source));
    }

    [Fact]
    public void Values_made_in_code_are_written_like_values_read()
    {
        var node = new JsonObject { ["b"] = 12L, ["a"] = 1e-5, ["d"] = null, ["c"] = new JsonArray(true, 0.5m, "é\u2028", 3) };
        Assert.Equal("{\"a\":0.00001,\"b\":12,\"c\":[true,0.5,\"é\u2028\",3],\"d\":null}", Encoding.UTF8.GetString(CanonicalJson.Write(node)));
        Assert.Equal("null", Encoding.UTF8.GetString(CanonicalJson.Write((JsonNode?)null)));
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""["\ud800"]""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("1e999")]
    public void What_has_no_canonical_form_is_refused(string source)
    {
        using var document = JsonDocument.Parse(source);
        Assert.Throws<JsonException>(() => CanonicalJson.Write(document.RootElement));
    }

    [Fact]
    public void Half_a_surrogate_pair_made_in_code_is_refused() =>
        Assert.Throws<JsonException>(() => CanonicalJson.Write(new JsonArray(JsonValue.Create("\ud800"))));

    [Fact]
    public void Numbers_read_back_as_the_same_double() => Gen.Double.Sample(value =>
    {
        if (!double.IsFinite(value)) return;
        Assert.Equal(value, double.Parse(CanonicalJson.Number(value), CultureInfo.InvariantCulture));
    });

    [Fact]
    public void The_order_of_keys_does_not_matter_and_writing_twice_changes_nothing() =>
        Gen.Select(Gen.Dictionary(Gen.String[Gen.Char['\u0000', '\ud7ff'], 0, 6], Gen.Double)[0, 12], Gen.Int).Sample((entries, seed) =>
        {
            var finite = entries.Where(entry => double.IsFinite(entry.Value)).ToArray();
            var first = CanonicalJson.Write(ToObject(finite));
            new Random(seed).Shuffle(finite);
            Assert.Equal(first, CanonicalJson.Write(ToObject(finite)));
            using var again = JsonDocument.Parse(first);
            Assert.Equal(first, CanonicalJson.Write(again.RootElement));
            var keys = again.RootElement.EnumerateObject().Select(property => property.Name).ToArray();
            Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
        });

    private static JsonObject ToObject(KeyValuePair<string, double>[] entries)
    {
        var result = new JsonObject();
        foreach (var (key, value) in entries) result[key] = value;
        return result;
    }

    private static string ByElement(string source)
    {
        using var document = JsonDocument.Parse(source);
        return Encoding.UTF8.GetString(CanonicalJson.Write(document.RootElement));
    }

    private static string ByNode(string source) => Encoding.UTF8.GetString(CanonicalJson.Write(JsonNode.Parse(source)));

    private static double FromBits(string bits) =>
        BitConverter.Int64BitsToDouble(unchecked((long)ulong.Parse(bits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)));
}
