using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Lab.Api.Tests.Contract.Fuzzing;

/// <summary>Ids that answers gave, by what they are ids of: the next requests name them, so that a fuzzer gets past 404.</summary>
public sealed class FuzzPools
{
    private const int Most = 200;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> pools = new();

    /// <summary>Names of people's choice are few, so that requests meet; ids come from answers.</summary>
    public FuzzPools()
    {
        for (var i = 0; i < 40; i++) Add("accession", $"FUZZ-{i}");
        for (var i = 0; i < 10; i++) Add("subject", $"SUBJECT-{i}");
        for (var i = 0; i < 5; i++) Add("partner", $"partner-{i}");
        for (var i = 0; i < 5; i++) Add("assay", $"assay-{i}");
    }

    public void Add(string kind, string id)
    {
        var pool = pools.GetOrAdd(kind, _ => new());
        pool.Enqueue(id);
        while (pool.Count > Most) pool.TryDequeue(out _);
    }

    public string? Any(string kind, Random random) =>
        pools.TryGetValue(kind, out var pool) && pool.ToArray() is { Length: > 0 } ids ? ids[random.Next(ids.Length)] : null;

    /// <summary>What a parameter of an operation names.</summary>
    public static string? KindOf(string parameter, string path) => parameter switch
    {
        "accession" or "subject" or "partner" or "assay" or "panel" or "cohort" or "impact" => parameter,
        "to" => "report",
        "profileId" or "analysisId" or "reportId" => parameter[..^2],
        "id" => path.Split('/') is ["", "v1", var collection, ..] ? collection.TrimEnd('s') switch { "analyse" => "analysis", var one => one } : null,
        "If-Match" or "If-None-Match" => "etag",
        "cursor" => "next",
        "code" => "finding",
        _ => null,
    };

    /// <summary>Takes every id out of an answer.</summary>
    public void Learn(string path, JsonNode? answer)
    {
        switch (answer)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    if (value is JsonValue && value.GetValueKind() == System.Text.Json.JsonValueKind.String && (name is "etag" or "next" ? name : name is "id" && path.Contains("/impact", StringComparison.Ordinal) ? "impact" : KindOf(name, path)) is { } kind) Add(kind, value.GetValue<string>());
                    else Learn(path, value);
                }
                break;
            case JsonArray items:
                foreach (var item in items.Take(5)) Learn(path, item);
                break;
            default: break;
        }
    }
}
