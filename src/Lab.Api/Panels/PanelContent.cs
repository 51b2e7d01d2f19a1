using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;

namespace Lab.Api.Panels;

/// <summary>How often the rules of a panel make a finding in the people of one cohort.</summary>
/// <param name="Cohort">As <c>id@version</c>.</param>
/// <param name="N">How many people were counted; of a bound, how many the cohort has.</param>
/// <param name="Counted">True: over their profiles. False: an upper bound by the cohort's quantiles, because its people's profiles are not here.</param>
/// <param name="Rules">One a rule, in the order of the panel.</param>
public sealed record PanelRates(string Cohort, int N, bool Counted, IReadOnlyList<RuleRate> Rules);

/// <summary>A panel as a client sends it.</summary>
public static class PanelContent
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly string[] Given = ["confirm", "reagentGenera", "guilds", "ratios", "rules", "notices", "sources"];

    /// <summary>What was stored, which was checked then.</summary>
    public static Panel Read(byte[] content) => PanelReader.Read(JsonNode.Parse(content, documentOptions: Strict)).Panel ?? throw new InvalidDataException("A stored panel is not of the format.");

    /// <summary>The whole panel of a body: one that names a base takes everything from it but what it says of itself and its recommendations.</summary>
    /// <param name="body">The JSON.</param>
    /// <param name="find">A panel by its version.</param>
    /// <exception cref="ProblemException">With every problem.</exception>
    public static async Task<(Panel Panel, byte[] Content)> ReadAsync(byte[] body, Func<string, Task<Panel?>> find)
    {
        var json = Parse(body);
        // What GET answered, changed and sent again: its name is made of id and version, and no base is none.
        if (json is JsonObject sent)
        {
            sent.Remove("ref");
            if (sent.TryGetPropertyValue("base", out var none) && none is null) sent.Remove("base");
        }
        if (json is JsonObject own && own["base"] is JsonValue named && named.TryGetValue<string>(out var reference))
        {
            var panel = reference.Contains('@', StringComparison.Ordinal) ? await find(reference) : null;
            if (panel is not { Base: null }) throw Invalid([new("/base", "is no published version of a panel that stands by itself")]);
            var whole = JsonSerializer.SerializeToNode(panel, JsonSerializerOptions.Web)!.AsObject();
            var theirs = Given.Where(member => own.TryGetPropertyValue(member, out var given) && !JsonNode.DeepEquals(given, whole[member])).Select(member => new PanelProblem($"/{member}", "is the base's; a panel with other rules stands by itself, without base")).ToArray();
            if (theirs.Length > 0) throw Invalid(theirs);
            foreach (var member in Given) own[member] = whole[member]!.DeepClone();
        }
        var (read, problems) = PanelReader.Read(json);
        return read is not null ? (read, JsonSerializer.SerializeToUtf8Bytes(json, Json.Options)) : throw Invalid(problems);
    }

    private static JsonNode? Parse(byte[] body)
    {
        // No text of the database can hold it.
        if (body.AsSpan().IndexOf("\\u0000"u8) >= 0) throw Malformed(null);
        try
        {
            // Nodes read names and texts when they are asked for; here all are, and half a surrogate pair is none.
            using (var document = JsonDocument.Parse(body, Strict)) CanonicalJson.Write(document.RootElement);
            return JsonNode.Parse(body, documentOptions: Strict);
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
        catch (InvalidOperationException)
        {
            // So the search for repeated names says that one holds half a surrogate pair.
            throw Malformed(null);
        }
    }

    private static ProblemException Malformed(JsonException? e) => new(ProblemCodes.BodyInvalid, "The body is no panel; nothing was stored.", errors:
        [new("json-invalid", (int?)e?.LineNumber + 1, (int?)e?.BytePositionInLine + 1, null, "The JSON is malformed, or a member is repeated.", "Compare it with docs/panel-format.md.")]);

    private static ProblemException Invalid(IReadOnlyCollection<PanelProblem> problems) => new(ProblemCodes.ValueInvalid, "Nothing was stored.",
        errors: [.. problems.Take(100).Select(p => new ProblemError("value-invalid", null, null, p.Pointer, $"{p.Pointer} {p.Message}.", "Compare it with docs/panel-format.md and the panel's JSON Schema."))], truncated: problems.Count > 100);
}
