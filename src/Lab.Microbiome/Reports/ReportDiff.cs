using System.Collections.Immutable;
using System.Text.Json;

namespace Lab.Microbiome.Reports;

/// <summary>Which version of a report.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its number in the series.</param>
/// <param name="Status">preliminary, final, amended, corrected or entered-in-error.</param>
/// <param name="IssuedAt">UTC.</param>
/// <param name="Because">Why it was made, as the report has it; null for the first.</param>
/// <param name="Digest">Of its content.</param>
public sealed record DiffVersion(Guid Id, int Version, string Status, DateTimeOffset IssuedAt, ReportReason? Because, string Digest);

/// <summary>A member that differs.</summary>
/// <param name="Member">Its name.</param>
/// <param name="From">Before; null where it was null or not there.</param>
/// <param name="To">After.</param>
public sealed record MemberDifference(string Member, JsonElement? From, JsonElement? To);

/// <summary>A quality check.</summary>
/// <param name="Status">pass, warn, fail or not-assessable.</param>
/// <param name="Message">What was seen.</param>
public sealed record CheckState(string Status, string Message);

/// <summary>A quality check that differs.</summary>
/// <param name="Code">Which.</param>
/// <param name="Change">added, removed or changed.</param>
/// <param name="From">Before; null when it was not there.</param>
/// <param name="To">After; null when it is not there.</param>
public sealed record CheckDifference(string Code, string Change, CheckState? From, CheckState? To);

/// <summary>Something measured.</summary>
/// <param name="Value">The metric, ratio, index or fraction; null where it cannot be given.</param>
/// <param name="Status">within, low, high, absent, not-detected or not-assessable.</param>
/// <param name="Reason">Why it is not assessable.</param>
/// <param name="Percentile">Where it lies in the cohort, 0 to 100.</param>
public sealed record MeasuredState(double? Value, string Status, string? Reason, double? Percentile);

/// <summary>A metric, ratio, guild or index that differs.</summary>
/// <param name="Kind">metric, ratio, guild or index.</param>
/// <param name="Id">Which.</param>
/// <param name="Change">added, removed or changed.</param>
/// <param name="From">Before; null when it was not there.</param>
/// <param name="To">After; null when it is not there.</param>
/// <param name="Members">Which members of it differ.</param>
public sealed record MeasurementDifference(string Kind, string Id, string Change, MeasuredState? From, MeasuredState? To, ImmutableArray<string> Members);

/// <summary>A taxon of the composition that differs. A composition lists genera and species from 0.1 % or outside their range: who leaves the list need not be gone.</summary>
/// <param name="Rank">phylum, family, genus or species.</param>
/// <param name="Taxid">NCBI taxid; null where it is not known.</param>
/// <param name="Name">The name of the later version, else of the earlier.</param>
/// <param name="Change">added, removed or changed.</param>
/// <param name="From">Before; null when it was not listed.</param>
/// <param name="To">After; null when it is not listed.</param>
/// <param name="Members">Which members of it differ.</param>
public sealed record TaxonDifference(string Rank, long? Taxid, string Name, string Change, MeasuredState? From, MeasuredState? To, ImmutableArray<string> Members);

/// <summary>A finding, in short.</summary>
/// <param name="Direction">low, high or absent.</param>
/// <param name="Severity">info, low, moderate or high.</param>
/// <param name="Value">What the rule looked at; null for lists of genera.</param>
/// <param name="Percentile">Where it lies in the cohort, 0 to 100.</param>
public sealed record FindingState(string Direction, string Severity, double? Value, double? Percentile);

/// <summary>A finding that differs.</summary>
/// <param name="Code">Which.</param>
/// <param name="Change">added, removed or changed.</param>
/// <param name="From">Before; null when it was not there.</param>
/// <param name="To">After; null when it is not there.</param>
/// <param name="Members">Which members of it differ.</param>
public sealed record FindingDifference(string Code, string Change, FindingState? From, FindingState? To, ImmutableArray<string> Members);

/// <summary>A notice or recommendation that differs.</summary>
/// <param name="Code">Which.</param>
/// <param name="Change">added, removed or changed.</param>
/// <param name="Members">Which members of it differ.</param>
public sealed record CodeDifference(string Code, string Change, ImmutableArray<string> Members);

/// <summary>What differs between two versions of a report, from their stored documents. What is equal is left out.</summary>
public sealed record ReportDiff
{
    private static readonly ImmutableArray<string> Ranks = ["phylum", "family", "genus", "species"];

    /// <summary>The version that is compared.</summary>
    public required DiffVersion From { get; init; }
    /// <summary>The version that it is compared with.</summary>
    public required DiffVersion To { get; init; }
    /// <summary>Whether the digests agree: then only status, times and sample can differ.</summary>
    public required bool SameContent { get; init; }
    /// <summary>Members of the sample.</summary>
    public required ImmutableArray<MemberDifference> Sample { get; init; }
    /// <summary>Members of the method: assay, panel, cohort, engine, profile, ….</summary>
    public required ImmutableArray<MemberDifference> Method { get; init; }
    /// <summary>Members of the quality, but the checks.</summary>
    public required ImmutableArray<MemberDifference> Quality { get; init; }
    /// <summary>Quality checks.</summary>
    public required ImmutableArray<CheckDifference> Checks { get; init; }
    /// <summary>Metrics, ratios, guilds and indices.</summary>
    public required ImmutableArray<MeasurementDifference> Measurements { get; init; }
    /// <summary>Taxa of the composition.</summary>
    public required ImmutableArray<TaxonDifference> Taxa { get; init; }
    /// <summary>Findings.</summary>
    public required ImmutableArray<FindingDifference> Findings { get; init; }
    /// <summary>Notices.</summary>
    public required ImmutableArray<CodeDifference> Notices { get; init; }
    /// <summary>Recommendations.</summary>
    public required ImmutableArray<CodeDifference> Recommendations { get; init; }

    /// <summary>Compares two documents as <see cref="ReportDocument.Write(ReportEnvelope, ReportContent)"/> makes them.</summary>
    /// <exception cref="JsonException">One of them is no JSON.</exception>
    public static ReportDiff Of(byte[] from, byte[] to)
    {
        using var before = JsonDocument.Parse(from);
        using var after = JsonDocument.Parse(to);
        var (a, b) = (before.RootElement, after.RootElement);
        var (first, second) = (Version(a), Version(b));
        return new ReportDiff
        {
            From = first,
            To = second,
            SameContent = first.Digest == second.Digest,
            Sample = Members(a, b, "sample"),
            Method = Members(a, b, "method"),
            Quality = [.. Members(a, b, "quality").Where(m => m.Member != "checks")],
            Checks = [.. Pairs(a.GetProperty("quality"), b.GetProperty("quality"), "checks", Code).Select(p => new CheckDifference(p.Key, p.Change, Check(p.From), Check(p.To)))],
            Measurements =
            [
                .. MeasurementsOf(a, b, "diversity", "metric", "metric", "value"), .. MeasurementsOf(a, b, "ratios", "ratio", "id", "value"),
                .. MeasurementsOf(a, b, "guilds", "guild", "id", "fraction"), .. MeasurementsOf(a, b, "indices", "index", "id", "value"),
            ],
            Taxa = [.. Ranks.SelectMany(rank => TaxaOf(a.GetProperty("composition"), b.GetProperty("composition"), rank))],
            Findings = [.. Pairs(a, b, "findings", Code).Select(p => new FindingDifference(p.Key, p.Change, Found(p.From), Found(p.To), p.Members))],
            Notices = [.. Pairs(a, b, "notices", Code).Select(p => new CodeDifference(p.Key, p.Change, p.Members))],
            Recommendations = [.. Pairs(a, b, "recommendations", Code).Select(p => new CodeDifference(p.Key, p.Change, p.Members))],
        };
    }

    private static DiffVersion Version(JsonElement report) => new(report.GetProperty("id").GetGuid(), report.GetProperty("version").GetInt32(), Text(report, "status"),
        report.GetProperty("issuedAt").GetDateTimeOffset(),
        report.GetProperty("because") is { ValueKind: JsonValueKind.Object } because ? new(Text(because, "code"), TextOrNull(because, "reason"), TextOrNull(because, "note")) : null,
        Text(report, "digest"));

    private static ImmutableArray<MemberDifference> Members(JsonElement a, JsonElement b, string part)
    {
        var (from, to) = (a.GetProperty(part), b.GetProperty(part));
        return [.. Differing(from, to).Select(name => new MemberDifference(name, Member(from, name)?.Clone(), Member(to, name)?.Clone()))];
    }

    private static IEnumerable<MeasurementDifference> MeasurementsOf(JsonElement a, JsonElement b, string list, string kind, string id, string value) =>
        Pairs(a, b, list, item => Text(item, id)).Select(p => new MeasurementDifference(kind, p.Key, p.Change, Measured(p.From, value), Measured(p.To, value), p.Members));

    private static IEnumerable<TaxonDifference> TaxaOf(JsonElement a, JsonElement b, string rank)
    {
        // A taxid tells a taxon also when its name changes, unless several rows share it.
        static IEnumerable<long> Shared(JsonElement rows) => rows.EnumerateArray().Select(Taxid).OfType<long>().GroupBy(t => t).Where(g => g.Count() > 1).Select(g => g.Key);
        var shared = Shared(a.GetProperty(rank)).Concat(Shared(b.GetProperty(rank))).ToHashSet();
        return Pairs(a, b, rank, row => Taxid(row) is { } taxid && !shared.Contains(taxid) ? $"{taxid}" : Text(row, "name")).Select(p =>
        {
            var named = (p.To ?? p.From)!.Value;
            return new TaxonDifference(rank, Taxid(named), Text(named, "name"), p.Change, Measured(p.From, "fraction"), Measured(p.To, "fraction"), p.Members);
        });
    }

    /// <summary>The items of a list that differ, matched by key: in the order of the later list, then what is only in the earlier one.</summary>
    private static IEnumerable<(string Key, string Change, JsonElement? From, JsonElement? To, ImmutableArray<string> Members)> Pairs(
        JsonElement a, JsonElement b, string list, Func<JsonElement, string> key)
    {
        // Rows that even share a name are matched in their order.
        Dictionary<(string, int), JsonElement> Index(JsonElement report) => report.GetProperty(list).EnumerateArray().GroupBy(key)
            .SelectMany(g => g.Select((item, nth) => (Key: (g.Key, nth), item))).ToDictionary(p => p.Key, p => p.item);
        var (from, to) = (Index(a), Index(b));
        foreach (var (at, after) in to)
        {
            if (!from.TryGetValue(at, out var before)) yield return (at.Item1, "added", null, after, []);
            else if (Differing(before, after) is { IsEmpty: false } members) yield return (at.Item1, "changed", before, after, members);
        }
        foreach (var (at, before) in from.Where(p => !to.ContainsKey(p.Key))) yield return (at.Item1, "removed", before, null, []);
    }

    private static ImmutableArray<string> Differing(JsonElement from, JsonElement to) =>
    [
        .. from.EnumerateObject().Concat(to.EnumerateObject()).Select(m => m.Name).Distinct()
            .Where(name => (Member(from, name), Member(to, name)) is var (left, right) && (left is null || right is null ? left is not null || right is not null : !JsonElement.DeepEquals(left.Value, right.Value))),
    ];

    /// <summary>A member; null where it is null or not there.</summary>
    private static JsonElement? Member(JsonElement item, string name) => item.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private static MeasuredState? Measured(JsonElement? item, string value) => item is not { } measured ? null
        : new(Number(measured, value), Text(measured, "status"), TextOrNull(measured, "reason"), Member(measured, "reference") is { } reference ? Number(reference, "percentile") : null);

    private static FindingState? Found(JsonElement? item) => item is not { } finding ? null
        : new(Text(finding, "direction"), Text(finding, "severity"), Number(finding, "value"), Number(finding.GetProperty("reference"), "percentile"));

    private static CheckState? Check(JsonElement? item) => item is not { } check ? null : new(Text(check, "status"), Text(check, "message"));

    private static string Code(JsonElement item) => Text(item, "code");

    private static long? Taxid(JsonElement row) => Member(row, "taxid")?.GetInt64();

    private static double? Number(JsonElement item, string member) => Member(item, member)?.GetDouble();

    private static string Text(JsonElement item, string member) => item.GetProperty(member).GetString()!;

    private static string? TextOrNull(JsonElement item, string member) => Member(item, member)?.GetString();
}
