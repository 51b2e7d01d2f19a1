using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Api.Tests.Contract.Fuzzing;

/// <summary>Values that a schema allows, and such with one thing broken.</summary>
public sealed class FuzzedJson(JsonNode schemas, FuzzPools pools, Random random)
{
    /// <summary>What breaks programs.</summary>
    private static readonly string[] Odd =
    [
        "", " ", "\u0001", "\u007f", "\ud83e\udda0", "\u202e", "ﬁ", "İ", "' OR 1=1 --", "\"; DROP TABLE lab.sample; --", "%s%n", "{{7*7}}", "../../etc/passwd", "<script>", "null", "NaN", "-0", "1e999",
        "2026-02-30", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00+14:00", "00000000-0000-0000-0000-000000000000", "*", "\\", "a\r\nb", new('x', 300), new('é', 5000),
    ];

    public string OddText() => Odd[random.Next(Odd.Length)];

    /// <summary>The example as it stands, but for the ids that it names: they are such as answers gave.</summary>
    public JsonNode? Like(JsonNode example)
    {
        var value = example.DeepClone();
        if (value is not JsonObject members) return value;
        foreach (var (name, member) in members.ToArray())
        {
            if (member?.GetValueKind() == JsonValueKind.String && IdOf(name, Guid.TryParse(member.ToString(), out _)) is { } known) members[name] = known;
        }
        return value;
    }

    public JsonNode? Valid(JsonNode schema, string name = "", int depth = 0)
    {
        if (schema["$ref"] is { } reference) return Valid(schemas[reference.ToString().Split('/')[^1]]!, name, depth);
        if (schema["oneOf"] is JsonArray either) return random.Next(4) == 0 ? null : Valid(either.Single(e => e!["type"]?.ToString() != "null")!, name, depth);
        string[] types = schema["type"] is JsonArray several ? [.. several.Select(t => t!.ToString())] : [schema["type"]?.ToString() ?? "object"];
        if (types.Contains("null") && random.Next(4) == 0) return null;
        if (schema["enum"] is JsonArray words) return words[random.Next(words.Count)]?.DeepClone();
        return types.First(t => t != "null") switch
        {
            "string" => Text(schema, name),
            "integer" => JsonValue.Create(random.NextInt64((long?)schema["minimum"]?.AsValue().GetValue<double>() ?? 0, 1 + ((long?)schema["maximum"]?.AsValue().GetValue<double>() ?? 100_000))),
            "number" => JsonValue.Create(Math.Round(random.NextDouble() * ((double?)schema["maximum"]?.AsValue() ?? 1), 6)),
            "boolean" => JsonValue.Create(random.Next(2) == 0),
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(depth > 3 ? 1 : 4)).Select(_ => Valid(schema["items"]!, name, depth + 1)).DistinctBy(v => v?.ToJsonString())]),
            _ => Members(schema, depth),
        };
    }

    /// <summary>The bytes of a valid value with one thing broken: a constraint of its schema, or of JSON.</summary>
    public byte[] Broken(JsonNode? value)
    {
        if (random.Next(3) == 0) return BrokenText(JsonSerializer.SerializeToUtf8Bytes(value));
        if (value is not JsonObject members) return "[]"u8.ToArray();
        var names = members.Select(m => m.Key).ToArray();
        var one = names.Length == 0 ? "name" : names[random.Next(names.Length)];
        switch (random.Next(7))
        {
            case 0: members.Remove(one); break;
            case 1: members["unknownMember"] = 1; break;
            case 2: members[one] = null; break;
            case 3: members[one] = JsonValue.Create(OddText()); break;
            case 4: members[one] = new JsonObject { ["a"] = new JsonArray(1, "b", null) }; break;
            case 5: members[one] = JsonValue.Create(new[] { -1L, 0, 8, int.MaxValue, long.MaxValue, long.MinValue }[random.Next(6)]); break;
            default: members[one] = new JsonArray([.. Enumerable.Range(0, 300).Select(i => (JsonNode?)JsonValue.Create(i % 2 == 0 ? OddText() : $"{i}"))]); break;
        }
        return JsonSerializer.SerializeToUtf8Bytes(value);
    }

    public byte[] BrokenText(byte[] json)
    {
        var at = random.Next(json.Length + 1);
        return random.Next(9) switch
        {
            0 => json[..at],
            1 => [],
            2 => [.. json[..at], (byte)random.Next(256), .. json[at..]],
            3 => [.. json[..at], 0xff, 0xfe, .. json[at..]],
            4 => [.. "{\"a\":"u8, .. Enumerable.Repeat((byte)'[', 5000)],
            5 => [.. json[..^1], .. ",\"name\":\"a\",\"name\":\"b\"}"u8],
            6 => [.. json[..^1], .. ",\"bristolScale\":1e999}"u8],
            7 => [.. json[..^1], .. ",\"name\":\"\\ud800\\u0000\"}"u8],
            _ => [0xef, 0xbb, 0xbf, .. json, .. json],
        };
    }

    private JsonObject Members(JsonNode schema, int depth)
    {
        var made = new JsonObject();
        var required = (schema["required"]?.AsArray() ?? []).Select(r => r!.ToString()).ToHashSet();
        foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
        {
            // All of everything is a day's work.
            if (name == "all" && random.Next(300) != 0) continue;
            if (required.Contains(name) || random.Next(3) != 0) made[name] = Valid(member!, name, depth + 1);
        }
        return made;
    }

    private JsonValue Text(JsonNode schema, string name)
    {
        if (IdOf(name, schema["format"]?.ToString() == "uuid") is { } known) return known;
        return JsonValue.Create(schema["format"]?.ToString() switch
        {
            "date-time" => new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(random.NextInt64(300_000_000)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            "uuid" => Guid.CreateVersion7().ToString(),
            _ => random.Next(10) == 0 ? OddText() : $"Text-{random.Next(50)}",
        });
    }

    private JsonValue? IdOf(string name, bool isUuid) =>
        (name is "from" && isUuid ? "report" : FuzzPools.KindOf(name, "")) is { } kind && pools.Any(kind, random) is { } known && random.Next(8) != 0 ? JsonValue.Create(known) : null;
}
