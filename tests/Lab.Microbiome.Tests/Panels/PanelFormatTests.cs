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
        Assert.Empty(Problems(Guided()));
        Assert.Equal("gut-core-guided@1", PanelReader.Read(Guided()).Panel!.Ref);
    }

    [Theory]
    [InlineData("/version", "0", "is a whole number from 1 up")]
    [InlineData("/version", "1.5", "is a whole number from 1 up")]
    [InlineData("/license", "\"\"", "is not a text")]
    [InlineData("/colour", "1", "is not known")]
    [InlineData("/sources/0/id", "\"https://doi.org/10.1/x\"", "starts with doi:10.")]
    [InlineData("/sources/0/title", "\"\"", "is not a text")]
    [InlineData("/sources/0/verified", "\"yes\"", "is true or false")]
    [InlineData("/confirm", "{}", "is not a list")]
    [InlineData("/confirm/0/taxid", "0", "is an NCBI taxid or null")]
    [InlineData("/reagentGenera", "{}", "is not a list")]
    [InlineData("/guilds", "{}", "is not a list")]
    [InlineData("/guilds/0", "7", "is not an object")]
    [InlineData("/guilds/0/id", "\"\"", "is no word of small letters, digits and hyphens")]
    [InlineData("/guilds/0/evidence", "\"strong\"", "is none of low, moderate, high")]
    [InlineData("/guilds/0/members/0/evidence", "\"strong\"", "is none of low, moderate, high")]
    [InlineData("/guilds/0/members/0/taxid", "-5", "is an NCBI taxid or null")]
    [InlineData("/guilds/0/members/0/name", "null", "is not a text")]
    [InlineData("/guilds/0/kingdom", "\"Plants\"", "is none of Bacteria, Archaea, Fungi")]
    [InlineData("/ratios", "{}", "is not a list")]
    [InlineData("/ratios/0/id", "\"\"", "is no word of small letters, digits and hyphens")]
    [InlineData("/ratios/0/numerator", "{}", "is not a list")]
    [InlineData("/ratios/0/denominator/0/name", "\"\"", "is not a text")]
    [InlineData("/ratios/0/caveats/0", "7", "is not a text")]
    [InlineData("/rules/0/code", "\"\"", "is no word of small letters, digits and hyphens")]
    [InlineData("/rules/0/kind", "\"feeling\"", "is none of metric, guild, taxon, ratio, genera")]
    [InlineData("/rules/0/subject", "7", "is no word of small letters, digits and hyphens")]
    [InlineData("/rules/0/direction", "\"up\"", "is none of high, low, either, absent")]
    [InlineData("/rules/0/maxSeverity", "\"extreme\"", "is none of info, low, moderate, high")]
    [InlineData("/rules/0/evidence", "\"strong\"", "is none of low, moderate, high")]
    [InlineData("/rules/0/kingdom", "\"Plants\"", "is none of Bacteria, Archaea, Fungi")]
    [InlineData("/rules/1/floor", "-0.1", "is a fraction of 0 to 1")]
    [InlineData("/rules/1/floor", "1.5", "is a fraction of 0 to 1")]
    [InlineData("/rules/2/members/0/name", "\"\"", "is not a text")]
    [InlineData("/rules/2/otherMethodMembers/0/taxid", "0", "is an NCBI taxid or null")]
    [InlineData("/rules/0/text/nl", "\"\"", "is not a text")]
    [InlineData("/rules/0/text/fr", "\"bonjour\"", "is not known")]
    [InlineData("/notices/0/code", "7", "is no word of small letters, digits and hyphens")]
    [InlineData("/notices/0/text/en", "\"\"", "is not a text")]
    [InlineData("/recommendations", "{}", "is not a list")]
    [InlineData("/recommendations/0/code", "\"\"", "is no word of small letters, digits and hyphens")]
    [InlineData("/recommendations/0/evidence", "\"strong\"", "is none of expert-opinion, very-low, low, moderate, high")]
    [InlineData("/recommendations/0/sources/0", "7", "is not a text")]
    [InlineData("/recommendations/0/text/en", "\"\"", "is not a text")]
    [InlineData("/recommendations/0/caveat/nl", "\"\"", "is not a text")]
    public void A_wrong_shape_is_refused_at_its_place_by_the_reader_and_by_the_schema(string pointer, string value, string message)
    {
        var panel = Guided();
        Set(panel, pointer, JsonNode.Parse(value));
        Assert.Contains(new PanelProblem(pointer, message), PanelReader.Read(panel).Problems);
        Assert.Null(PanelReader.Read(panel).Panel);
        Assert.Contains(Problems(panel), p => p.StartsWith(pointer, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("metric", "high")]
    [InlineData("metric", "either")]
    [InlineData("ratio", "high")]
    [InlineData("ratio", "low")]
    [InlineData("guild", "either")]
    [InlineData("guild", "absent")]
    [InlineData("taxon", "either")]
    [InlineData("genera", "either")]
    public void A_direction_in_which_a_kind_is_not_judged_is_refused(string kind, string direction)
    {
        var panel = Guided();
        var rules = panel["rules"]!.AsArray();
        var place = rules.Index().First(r => (string)r.Item!["kind"]! == kind).Index;
        rules[place]!["direction"] = direction;
        var problem = Assert.Single(PanelReader.Read(panel).Problems);
        Assert.Equal($"/rules/{place}/direction", problem.Pointer);
        Assert.StartsWith("is no direction of the kind", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sources")]
    [InlineData("/guilds/0/members/0/evidence")]
    [InlineData("/guilds/0/members/0/citations")]
    [InlineData("/guilds/3/excluded/0/citations")]
    [InlineData("/rules/0/bands")]
    [InlineData("/rules/0/bands/high")]
    public void What_is_missing_is_named_and_what_it_belongs_to_is_not_looked_into(string pointer)
    {
        var panel = Core();
        Set(panel, pointer, null, remove: true);
        Assert.Equal([new(pointer, "is missing")], PanelReader.Read(panel).Problems);
        Assert.Contains(Problems(panel), p => p.StartsWith(pointer, StringComparison.Ordinal));
    }

    [Theory]
    // What no schema can say.
    [InlineData("/guilds/1/id", "\"butyrate-producers\"", "stands twice")]
    [InlineData("/guilds/0/citations/0", "\"doi:10.1/unknown\"", "is not among the sources")]
    [InlineData("/guilds/0/members/0/citations/0", "\"doi:10.1/unknown\"", "is not among the sources")]
    [InlineData("/reagentGenera/0/citations/0", "\"doi:10.1/unknown\"", "is not among the sources")]
    [InlineData("/ratios/0/citations/0", "\"doi:10.1/unknown\"", "is not among the sources")]
    [InlineData("/rules/0/citations/0", "\"doi:10.1/unknown\"", "is not among the sources")]
    [InlineData("/rules/1/subject", "\"no-such-guild\"", "is no guild of the panel")]
    [InlineData("/rules/0/subject", "\"no-such-metric\"", "is no metric of a report")]
    [InlineData("/rules/9/subject", "\"no-such-ratio\"", "is no ratio of the panel")]
    [InlineData("/rules/0/bands", "{ \"moderate\": 5, \"high\": 2 }", "rise from above 1")]
    [InlineData("/rules/0/bands", "{ \"moderate\": 5, \"high\": 5 }", "rise from above 1")]
    [InlineData("/rules/0/bands", "{ \"moderate\": 1, \"high\": 2 }", "rise from above 1")]
    [InlineData("/rules/0/members", "[]", "stand in rules of the kind taxon, and only there")]
    [InlineData("/recommendations/0/findings/0", "\"no-such-finding\"", "is no finding of the panel")]
    public void What_does_not_fit_together_is_refused_too(string pointer, string value, string message)
    {
        var panel = Guided();
        Set(panel, pointer, JsonNode.Parse(value));
        Assert.Equal([new(pointer, message)], PanelReader.Read(panel).Problems);
    }

    [Theory]
    [InlineData("/rules/1/floor", "0")]
    [InlineData("/rules/1/floor", "1")]
    [InlineData("/rules/0/maxSeverity", "\"info\"")]
    [InlineData("/rules/0/maxSeverity", "\"high\"")]
    [InlineData("/rules/0/kingdom", "\"Bacteria\"")]
    [InlineData("/confirm/0/evidence", "\"high\"")]
    [InlineData("/recommendations/0/evidence", "\"very-low\"")]
    public void What_is_at_the_edge_or_may_be_left_out_is_accepted(string pointer, string value)
    {
        var panel = Guided();
        Set(panel, pointer, JsonNode.Parse(value));
        Assert.Empty(PanelReader.Read(panel).Problems);
        Assert.Empty(Problems(panel));
    }

    [Fact]
    public void A_problem_points_to_its_place_as_JSON_pointers_escape_it_and_says_so_in_one_line()
    {
        var panel = Core();
        panel["a/b~c"] = 1;
        Assert.Equal("/a~1b~0c: is not known", Assert.Single(PanelReader.Read(panel).Problems).ToString());
    }

    [Fact]
    public void What_is_no_panel_at_all_is_refused() => Assert.Equal([new("", "is not an object")], PanelReader.Read(JsonNode.Parse("[1]")).Problems);

    private static JsonObject Core() => Embedded("gut-core@1.json");

    private static JsonObject Guided()
    {
        var guided = Embedded("gut-core-guided@1.json");
        foreach (var (member, value) in Core()) guided.TryAdd(member, value?.DeepClone());
        return guided;
    }

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
