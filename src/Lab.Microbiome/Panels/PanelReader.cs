using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lab.Microbiome.Panels;

/// <summary>What is wrong with a panel's JSON.</summary>
/// <param name="Pointer">Where, as a JSON pointer (RFC 6901).</param>
/// <param name="Message">What.</param>
public sealed record PanelProblem(string Pointer, string Message)
{
    /// <summary>Both, in one line.</summary>
    public override string ToString() => $"{Pointer}: {Message}";
}

/// <summary>Reads a panel and accepts nothing that it would not use: docs/panel-format.md describes the format, panel.schema.json its shape.</summary>
public static partial class PanelReader
{
    private static readonly string[] Evidence = ["low", "moderate", "high"], Severities = ["info", "low", "moderate", "high"], Kingdoms = ["Bacteria", "Archaea", "Fungi"],
        Kinds = ["metric", "guild", "taxon", "ratio", "genera"], Directions = ["high", "low", "either", "absent"], Strength = ["expert-opinion", "very-low", .. Evidence];

    /// <summary>Reads a whole panel: one that names a base has what it takes from it filled in.</summary>
    /// <returns>The panel, or all that is wrong with it, in the order of the file.</returns>
    public static (Panel? Panel, ImmutableArray<PanelProblem> Problems) Read(JsonNode? json)
    {
        var check = new Check();
        check.Object(json, "", ["id", "version", "license", "description", "sources", "confirm", "reagentGenera", "guilds", "ratios", "rules", "notices"], ["base", "recommendations"], panel =>
        {
            check.Text(panel, "", "id", "license", "description");
            check.That(Name().IsMatch(Word(panel["id"]) ?? "a"), "/id", "has 1 to 64 letters, digits and . _ : -");
            check.That(panel["version"] is JsonValue v && v.TryGetValue<int>(out var version) && version >= 1, "/version", "is a whole number from 1 up");
            var cited = check.Each(panel, "", "sources", (source, at) => check.Object(source, at, ["id", "title", "verified"], [], s =>
            {
                check.Text(s, at, "id", "title");
                check.That(Word(s["id"])?.StartsWith("doi:10.", StringComparison.Ordinal) == true, at + "/id", "starts with doi:10.");
                check.That(s["verified"]?.GetValueKind() is JsonValueKind.True or JsonValueKind.False, at + "/verified", "is true or false");
            }), "id");
            void Cited(JsonObject owner, string at) => check.Words(owner, at, "citations", word => cited.Contains(word), "is not among the sources");
            void Taxa(JsonObject owner, string at, string member, bool graded) => check.Each(owner, at, member, (taxon, here) =>
                check.Object(taxon, here, graded ? ["taxid", "name", "evidence", "citations"] : ["taxid", "name"], graded ? [] : ["evidence", "citations"], t =>
                {
                    check.Text(t, here, "name");
                    check.That(t["taxid"] is null || (t["taxid"] is JsonValue id && id.TryGetValue<long>(out var taxid) && taxid > 0), here + "/taxid", "is an NCBI taxid or null");
                    if (t.ContainsKey("evidence")) check.OneOf(t, here, "evidence", Evidence);
                    if (t.ContainsKey("citations")) Cited(t, here);
                }));

            Taxa(panel, "", "confirm", false);
            Taxa(panel, "", "reagentGenera", false);
            var guilds = check.Each(panel, "", "guilds", (guild, at) => check.Object(guild, at, ["id", "evidence", "citations", "members", "excluded"], ["kingdom"], g =>
            {
                check.Code(g, at, "id");
                check.OneOf(g, at, "evidence", Evidence);
                Cited(g, at);
                Taxa(g, at, "members", true);
                Taxa(g, at, "excluded", true);
                if (g.ContainsKey("kingdom")) check.OneOf(g, at, "kingdom", Kingdoms);
            }), "id");
            var ratios = check.Each(panel, "", "ratios", (ratio, at) => check.Object(ratio, at, ["id", "numerator", "denominator", "caveats", "citations"], [], r =>
            {
                check.Code(r, at, "id");
                Taxa(r, at, "numerator", false);
                Taxa(r, at, "denominator", false);
                check.Words(r, at, "caveats", _ => true, "");
                Cited(r, at);
            }), "id");
            var sums = new HashSet<string?>();
            var codes = check.Each(panel, "", "rules", (rule, at) => check.Object(rule, at,
                ["code", "kind", "subject", "direction", "maxSeverity", "bands", "evidence", "citations", "text"], ["members", "otherMethodMembers", "floor", "kingdom"], r =>
                {
                    check.Code(r, at, "code");
                    check.Code(r, at, "subject");
                    check.OneOf(r, at, "kind", Kinds);
                    check.OneOf(r, at, "direction", Directions);
                    check.OneOf(r, at, "maxSeverity", Severities);
                    check.OneOf(r, at, "evidence", Evidence);
                    check.Object(r["bands"], at + "/bands", ["moderate", "high"], [], b =>
                        check.That(Number(b["moderate"]) > 1 && Number(b["high"]) > Number(b["moderate"]), at + "/bands", "rise from above 1"));
                    Cited(r, at);
                    check.Both(r, at, "text");
                    if (r.ContainsKey("floor")) check.That(Number(r["floor"]) is >= 0 and <= 1, at + "/floor", "is a fraction of 0 to 1");
                    if (r.ContainsKey("kingdom")) check.OneOf(r, at, "kingdom", Kingdoms);
                    if (r.ContainsKey("members")) Taxa(r, at, "members", false);
                    if (r.ContainsKey("otherMethodMembers")) Taxa(r, at, "otherMethodMembers", false);
                    var (kind, subject) = (Word(r["kind"]), Word(r["subject"]));
                    check.That(!Directions.Contains(Word(r["direction"])) || IsJudged(kind, Word(r["direction"])), at + "/direction",
                        "is no direction of the kind: low of a metric, either of a ratio, high or low of a guild or taxon, high, low or absent of genera");
                    check.That((kind == "taxon") == r.ContainsKey("members"), at + "/members", "stand in rules of the kind taxon, and only there");
                    check.That(kind != "guild" || guilds.Contains(subject), at + "/subject", "is no guild of the panel");
                    check.That(kind != "ratio" || ratios.Contains(subject), at + "/subject", "is no ratio of the panel");
                    check.That(kind != "taxon" || sums.Add(subject), at + "/subject", "is the name of another rule's sum");
                    check.That(kind != "metric" || (subject is not null && Reports.Measures.Metrics.Contains(subject)), at + "/subject", "is no metric of a report");
                }), "code");
            check.Each(panel, "", "notices", (notice, at) => check.Object(notice, at, ["code", "text"], [], n =>
            {
                check.Code(n, at, "code");
                check.Both(n, at, "text");
            }), "code");
            if (!panel.ContainsKey("recommendations")) return;
            check.Each(panel, "", "recommendations", (suggestion, at) => check.Object(suggestion, at, ["code", "findings", "evidence", "text", "caveat", "sources"], [], s =>
            {
                check.Code(s, at, "code");
                check.OneOf(s, at, "evidence", Strength);
                check.Words(s, at, "findings", code => codes.Contains(code), "is no finding of the panel");
                check.Words(s, at, "sources", _ => true, "");
                check.Both(s, at, "text");
                check.Both(s, at, "caveat");
            }), "code");
        });
        return check.Problems.Count > 0 ? (null, [.. check.Problems]) : (json.Deserialize<Panel>(JsonSerializerOptions.Web), []);
    }

    private static string? Word(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var word) ? word : null;

    private static double? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<double>(out var number) && double.IsFinite(number) ? number : null;

    // What stands in a cohort's file, in the index of reports and in addresses.
    private static bool IsJudged(string? kind, string? direction) => kind switch
    {
        "metric" => direction == "low",
        "ratio" => direction == "either",
        "genera" => direction != "either",
        _ => direction is "high" or "low",
    };

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,63}\z")]
    private static partial Regex Coded();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\z")]
    private static partial Regex Name();

    private sealed class Check
    {
        public List<PanelProblem> Problems { get; } = [];

        public void That(bool holds, string pointer, string message)
        {
            if (!holds) Problems.Add(new(pointer, message));
        }

        public void Object(JsonNode? node, string at, string[] required, string[] optional, Action<JsonObject> then)
        {
            if (node is not JsonObject members)
            {
                Problems.Add(new(at, "is not an object"));
                return;
            }
            foreach (var name in required.Where(name => !members.ContainsKey(name))) Problems.Add(new($"{at}/{name}", "is missing"));
            foreach (var (name, _) in members.Where(m => !required.Contains(m.Key) && !optional.Contains(m.Key)))
                Problems.Add(new($"{at}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}", "is not known"));
            if (required.All(members.ContainsKey)) then(members);
        }

        /// <summary>Checks every item; gives their keys, each of which may stand once.</summary>
        public HashSet<string?> Each(JsonObject owner, string at, string member, Action<JsonNode?, string> item, string? key = null)
        {
            var keys = new HashSet<string?>();
            if (owner[member] is not JsonArray items)
            {
                Problems.Add(new($"{at}/{member}", "is not a list"));
                return keys;
            }
            for (var i = 0; i < items.Count; i++)
            {
                var here = $"{at}/{member}/{i}";
                item(items[i], here);
                if (key is not null && items[i] is JsonObject named) That(keys.Add(Word(named[key])), $"{here}/{key}", "stands twice");
            }
            return keys;
        }

        public void Words(JsonObject owner, string at, string member, Func<string, bool> allowed, string message) =>
            Each(owner, at, member, (item, here) =>
            {
                if (Word(item) is { } word) That(allowed(word), here, message);
                else Problems.Add(new(here, "is not a text"));
            });

        public void Text(JsonObject owner, string at, params ReadOnlySpan<string> members)
        {
            foreach (var member in members) That(!string.IsNullOrWhiteSpace(Word(owner[member])), $"{at}/{member}", "is not a text");
        }

        public void Code(JsonObject owner, string at, string member) =>
            That(Word(owner[member]) is { } word && Coded().IsMatch(word), $"{at}/{member}", "is no word of small letters, digits and hyphens");

        public void Both(JsonObject owner, string at, string member) => Object(owner[member], $"{at}/{member}", ["en", "nl"], [], text => Text(text, $"{at}/{member}", "en", "nl"));

        public void OneOf(JsonObject owner, string at, string member, string[] values) =>
            That(values.Contains(Word(owner[member])), $"{at}/{member}", $"is none of {string.Join(", ", values)}");
    }
}
