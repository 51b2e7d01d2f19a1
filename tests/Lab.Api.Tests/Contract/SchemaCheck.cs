using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lab.Api.Tests.Contract;

/// <summary>Where a value differs from its schema, by the keywords that the API description uses. A member that is not described is a difference.</summary>
public sealed class SchemaCheck(JsonNode schemas)
{
    public List<string> Differences { get; } = [];

    public static List<string> Of(JsonNode? value, JsonNode schema, JsonNode schemas)
    {
        var check = new SchemaCheck(schemas);
        check.Compare(value, schema, "");
        return check.Differences;
    }

    private void Compare(JsonNode? value, JsonNode schema, string at)
    {
        if (schema["$ref"] is { } reference)
        {
            Compare(value, schemas[reference.ToString().Split('/')[^1]]!, at);
            return;
        }
        if (schema["oneOf"] is JsonArray either)
        {
            if (value is not null) Compare(value, either.Single(e => e!["type"]?.ToString() != "null")!, at);
            return;
        }
        // What may be anything has no type.
        if (schema["type"] is null) return;
        string[] types = schema["type"] is JsonArray several ? [.. several.Select(t => t!.ToString())] : [schema["type"]!.ToString()];
        var type = TypeOf(value, types);
        if (!types.Contains(type)) Differences.Add($"{at} is {type}, not {string.Join(" or ", types)}");
        if (value is null) return;
        if (schema["enum"] is JsonArray words && !words.Any(w => JsonNode.DeepEquals(w, value))) Differences.Add($"{at} is {value}, which is not listed");
        if (type == "string") Text(value.GetValue<string>(), schema, at);
        if (type is "number" or "integer") Number(value, schema, at);
        if (value is JsonArray items) Items(items, schema, at);
        if (value is JsonObject members) Members(members, schema, at);
    }

    private static string TypeOf(JsonNode? value, string[] types) => value?.GetValueKind() switch
    {
        null => "null",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number when types.Contains("number") || !value.ToJsonString().Contains('.', StringComparison.Ordinal) => types.Contains("number") ? "number" : "integer",
        _ => "something else",
    };

    private void Text(string text, JsonNode schema, string at)
    {
        if (schema["pattern"] is { } pattern && !Regex.IsMatch(text, pattern.ToString())) Differences.Add($"{at} is {text}, not like {pattern}");
        var right = schema["format"]?.ToString() switch
        {
            "uuid" => Guid.TryParseExact(text, "D", out _),
            "date-time" => text.EndsWith('Z') && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
            _ => true,
        };
        if (!right) Differences.Add($"{at} is {text}, which is no {schema["format"]}");
    }

    private void Number(JsonNode value, JsonNode schema, string at)
    {
        var number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
        if (number < (double?)schema["minimum"]?.AsValue() || number > (double?)schema["maximum"]?.AsValue()) Differences.Add($"{at} is {value}, outside its range");
    }

    private void Items(JsonArray items, JsonNode schema, string at)
    {
        if (items.Count < (int?)schema["minItems"] || items.Count > (int?)schema["maxItems"]) Differences.Add($"{at} has {items.Count} items");
        if (schema["items"] is not { } item) return;
        for (var i = 0; i < items.Count; i++) Compare(items[i], item, $"{at}/{i}");
    }

    private void Members(JsonObject members, JsonNode schema, string at)
    {
        if (schema["additionalProperties"] is JsonObject any)
        {
            foreach (var (name, member) in members) Compare(member, any, $"{at}/{name}");
            return;
        }
        if (schema["properties"] is not JsonObject properties) return;
        Differences.AddRange((schema["required"]?.AsArray() ?? []).Select(r => r!.ToString()).Where(r => !members.ContainsKey(r)).Select(r => $"{at}/{r} is missing"));
        foreach (var (name, member) in members)
        {
            if (properties[name] is { } property) Compare(member, property, $"{at}/{name}");
            else Differences.Add($"{at}/{name} is not described");
        }
    }
}
