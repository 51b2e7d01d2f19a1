using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lab.Microbiome.Panels;
using Xunit;

namespace Lab.Microbiome.Tests.Panels;

/// <summary>The reader and the schema of a panel: both accept what ships, and both refuse the same shapes.</summary>
public sealed class PanelFormatTests
{
    private static readonly JsonObject Schema = Embedded("panel.schema.json");

    [Fact]
    public void The_shipped_panels_keep_to_the_schema()
    {
        Assert.Empty(Problems(Core()));
        var guided = Embedded("gut-core-guided@1.json");
        foreach (var (member, value) in Core()) guided.TryAdd(member, value?.DeepClone());
        Assert.Empty(Problems(guided));
        Assert.Equal("gut-core-guided@1", PanelReader.Read(guided).Panel!.Ref);
    }

    [Theory]
    [InlineData("/version", "0")]
    [InlineData("/version", "1.5")]
    [InlineData("/license", "\"\"")]
    [InlineData("/colour", "1")]
    [InlineData("/sources/0/id", "\"https://doi.org/10.1/x\"")]
    [InlineData("/sources/0/verified", "\"yes\"")]
    [InlineData("/guilds", "{}")]
    [InlineData("/guilds/0/evidence", "\"strong\"")]
    [InlineData("/guilds/0/members/0/evidence", "\"strong\"")]
    [InlineData("/guilds/0/members/0/taxid", "-5")]
    [InlineData("/guilds/0/members/0/name", "null")]
    [InlineData("/guilds/0/kingdom", "\"Plants\"")]
    [InlineData("/rules/0/kind", "\"feeling\"")]
    [InlineData("/rules/0/direction", "\"up\"")]
    [InlineData("/rules/0/maxSeverity", "\"extreme\"")]
    [InlineData("/rules/1/floor", "1.5")]
    [InlineData("/rules/0/text/nl", "\"\"")]
    [InlineData("/rules/0/text/fr", "\"bonjour\"")]
    [InlineData("/notices/0/code", "7")]
    public void A_wrong_shape_is_refused_at_its_place_by_the_reader_and_by_the_schema(string pointer, string value)
    {
        var panel = Core();
        Set(panel, pointer, JsonNode.Parse(value));
        Assert.Contains(PanelReader.Read(panel).Problems, p => p.Pointer == pointer);
        Assert.Null(PanelReader.Read(panel).Panel);
        Assert.Contains(Problems(panel), p => p.StartsWith(pointer, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/sources")]
    [InlineData("/guilds/0/members/0/evidence")]
    [InlineData("/guilds/0/members/0/citations")]
    [InlineData("/guilds/3/excluded/0/citations")]
    [InlineData("/rules/0/bands")]
    [InlineData("/rules/0/bands/high")]
    public void What_is_missing_is_named(string pointer)
    {
        var panel = Core();
        Set(panel, pointer, null, remove: true);
        Assert.Contains(PanelReader.Read(panel).Problems, p => p == new PanelProblem(pointer, "is missing"));
        Assert.Contains(Problems(panel), p => p.StartsWith(pointer, StringComparison.Ordinal));
    }

    [Theory]
    // What no schema can say.
    [InlineData("/guilds/1/id", "\"butyrate-producers\"", "stands twice")]
    [InlineData("/guilds/0/members/0/citations/0", "\"doi:10.1/unknown\"", "is not among the sources")]
    [InlineData("/rules/1/subject", "\"no-such-guild\"", "is no guild of the panel")]
    [InlineData("/rules/0/subject", "\"no-such-metric\"", "is no metric of a report")]
    [InlineData("/rules/9/subject", "\"no-such-ratio\"", "is no ratio of the panel")]
    [InlineData("/rules/0/bands", "{ \"moderate\": 5, \"high\": 2 }", "rise from above 1")]
    [InlineData("/rules/0/members", "[]", "stand in rules of the kind taxon, and only there")]
    public void What_does_not_fit_together_is_refused_too(string pointer, string value, string message)
    {
        var panel = Core();
        Set(panel, pointer, JsonNode.Parse(value));
        Assert.Contains(PanelReader.Read(panel).Problems, p => p == new PanelProblem(pointer, message));
    }

    [Fact]
    public void What_is_no_panel_at_all_is_refused() => Assert.Equal("", Assert.Single(PanelReader.Read(JsonNode.Parse("[1]")).Problems).Pointer);

    private static JsonObject Core() => Embedded("gut-core@1.json");

    private static JsonObject Embedded(string name)
    {
        using var stream = typeof(Panel).Assembly.GetManifestResourceStream(name)!;
        return JsonNode.Parse(stream)!.AsObject();
    }

    private static void Set(JsonObject panel, string pointer, JsonNode? value, bool remove = false)
    {
        var steps = pointer[1..].Split('/');
        JsonNode owner = panel;
        foreach (var step in steps[..^1]) owner = owner is JsonArray list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : owner[step]!;
        if (remove) owner.AsObject().Remove(steps[^1]);
        else if (owner is JsonArray items) items[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = value;
        else owner[steps[^1]] = value;
    }

    private static List<string> Problems(JsonNode panel)
    {
        var found = new List<string>();
        Walk(panel, Schema, "");
        return found;

        // The words of JSON Schema that the file uses, and no others.
        void Walk(JsonNode? node, JsonObject schema, string at)
        {
            if (schema["$ref"] is { } reference) Walk(node, Schema["$defs"]![reference.GetValue<string>()["#/$defs/".Length..]]!.AsObject(), at);
            var kind = node?.GetValueKind() switch { null or JsonValueKind.Null => "null", JsonValueKind.Object => "object", JsonValueKind.Array => "array", JsonValueKind.String => "string", JsonValueKind.Number => "number", _ => "boolean" };
            if (schema["type"] is { } type)
            {
                string[] types = type is JsonArray several ? [.. several.Select(t => t!.GetValue<string>())] : [type.GetValue<string>()];
                if (!types.Contains(kind) && !(kind == "number" && types.Contains("integer") && node!.GetValue<JsonElement>().TryGetInt64(out _))) found.Add($"{at}: type");
            }
            if (schema["enum"] is JsonArray values && !values.Any(v => JsonNode.DeepEquals(v, node))) found.Add($"{at}: enum");
            if (kind == "string" && schema["minLength"] is not null && node!.GetValue<string>().Length == 0) found.Add($"{at}: minLength");
            if (kind == "string" && schema["pattern"] is { } pattern && !Regex.IsMatch(node!.GetValue<string>(), pattern.GetValue<string>())) found.Add($"{at}: pattern");
            if (kind == "number" && schema["minimum"] is { } least && node!.GetValue<JsonElement>().GetDouble() < least.GetValue<double>()) found.Add($"{at}: minimum");
            if (kind == "number" && schema["maximum"] is { } most && node!.GetValue<JsonElement>().GetDouble() > most.GetValue<double>()) found.Add($"{at}: maximum");
            if (kind == "number" && schema["exclusiveMinimum"] is { } above && node!.GetValue<JsonElement>().GetDouble() <= above.GetValue<double>()) found.Add($"{at}: exclusiveMinimum");
            if (kind == "array" && schema["items"] is JsonObject items) for (var i = 0; i < node!.AsArray().Count; i++) Walk(node[i], items, $"{at}/{i}");
            if (kind != "object" || schema["properties"] is not JsonObject properties) return;
            foreach (var required in schema["required"]!.AsArray()) if (!node!.AsObject().ContainsKey(required!.GetValue<string>())) found.Add($"{at}/{required}: required");
            foreach (var (name, value) in node!.AsObject())
            {
                if (properties[name] is JsonObject property) Walk(value, property, $"{at}/{name}");
                else found.Add($"{at}/{name}: additionalProperties");
            }
        }
    }
}
