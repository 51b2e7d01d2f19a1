using System.Text;
using System.Text.Json.Nodes;

namespace Lab.Api.Tests.Contract.Fuzzing;

/// <summary>A request that was made up, and how to say it again.</summary>
public sealed record FuzzedRequest(HttpMethod Method, string Path, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body, string? ContentType)
{
    public HttpRequestMessage Message()
    {
        var message = new HttpRequestMessage(Method, Path);
        foreach (var (name, value) in Headers) message.Headers.TryAddWithoutValidation(name, value);
        if (Body is null) return message;
        message.Content = new ByteArrayContent(Body);
        if (ContentType is not null) message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        foreach (var (_, value) in Headers.Where(h => h.Name == "Content-Encoding")) message.Content.Headers.TryAddWithoutValidation("Content-Encoding", value);
        return message;
    }

    public override string ToString() =>
        $"{Method} {Path} {string.Join(' ', Headers.Where(h => h.Name is not ("X-Api-Key" or "Authorization")).Select(h => $"{h.Name}={h.Value}"))} {(Body is null ? "" : Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 300))))}";
}

/// <summary>One operation of the API description, and requests of it: right ones, and such with one thing wrong.</summary>
public sealed class FuzzedOperation(HttpMethod method, string path, JsonNode described, JsonNode schemas, FuzzPools pools)
{
    private readonly JsonNode[] parameters = [.. (described["parameters"]?.AsArray() ?? []).Select(p => p!)];

    public string Id { get; } = (string)described["operationId"]!;

    public HttpMethod Method => method;

    public string Template => path;

    /// <summary>Whether the description says that an answer can end before its time, as a person's export does when the person is erased meanwhile.</summary>
    public bool MayBreakOff => ((string)described["description"]!).Contains("An answer that breaks off", StringComparison.OrdinalIgnoreCase);

    /// <summary>The answer's place in the description; null where the status is not described.</summary>
    public JsonNode? Answer(int status) => described["responses"]![$"{status}"];

    public FuzzedRequest Make(Random random, IReadOnlyList<(string Name, string Value)> credential)
    {
        var json = new FuzzedJson(schemas, pools, random);
        // One thing is wrong, or nothing is.
        var places = parameters.Length + 3;
        var wrong = random.Next(2) == 0 ? -1 : random.Next(places);
        var (filled, query, headers) = (path, new List<string>(), new List<(string Name, string Value)>(credential));
        for (var i = 0; i < parameters.Length; i++)
        {
            var (name, place) = ((string)parameters[i]["name"]!, (string)parameters[i]["in"]!);
            var required = place == "path" || parameters[i]["required"]?.GetValue<bool>() == true;
            if (!required && i != wrong && random.Next(name == "If-Match" ? 8 : 3) == 0 == (name == "If-Match")) continue;
            // A longer target is the transport's matter (414).
            var value = Short(i == wrong ? json.OddText() : Right(parameters[i], name, json, random));
            if (place == "path") filled = filled.Replace($"{{{name}}}", value.Length == 0 || value.Trim('.').Length == 0 ? "-" : Uri.EscapeDataString(value), StringComparison.Ordinal);
            else if (place == "query") query.Add($"{name}={Uri.EscapeDataString(value)}");
            else headers.Add((name, value.ReplaceLineEndings(" ").Replace('\u0001', '1')));
        }
        if (wrong == places - 1) query.Add(query.FirstOrDefault() ?? "unknown=1");
        if (wrong == places - 2) headers.Add(("Accept", random.Next(2) == 0 ? "image/png" : json.OddText().ReplaceLineEndings(" ")));
        else headers.Add(("Accept", new[] { "application/json", "*/*", "text/html", "application/fhir+json", "text/csv", "application/json;q=0.1, text/html" }[Id.Contains("Report", StringComparison.Ordinal) ? random.Next(6) : random.Next(2)]));
        var (body, type) = Body(wrong == places - 3, json, random, headers);
        return new(method, filled[1..] + (query.Count == 0 ? "" : $"?{string.Join('&', query)}"), headers, body, type);
    }

    private static string Short(string text) => text[..Math.Min(text.Length, 500)];

    private string Right(JsonNode parameter, string name, FuzzedJson json, Random random)
    {
        // A wait of minutes tells no more than one of a second.
        if (name == "wait") return $"{random.Next(2)}";
        if (name is "Idempotency-Key") return $"key-{random.Next(500)}";
        var known = FuzzPools.KindOf(name, path) is { } kind ? pools.Any(kind, random) : null;
        if (known is not null && random.Next(12) != 0) return name is "If-Match" or "If-None-Match" ? $"\"{known.Trim('"')}\"" : known;
        var example = (parameter["example"] ?? parameter["schema"]!["examples"]?[0])?.ToString();
        return example is not null && random.Next(3) != 0 ? example : json.Valid(parameter["schema"]!, name)?.ToString() ?? "";
    }

    private (byte[]? Body, string? Type) Body(bool broken, FuzzedJson json, Random random, List<(string Name, string Value)> headers)
    {
        if (described["requestBody"]?["content"] is not JsonObject content) return (broken ? "{\"a\":1}"u8.ToArray() : null, "application/json");
        if (content["application/json"]?["schema"] is { } schema && content["text/plain"] is null)
        {
            // What a schema allows seldom means anything where words have rules; the example does.
            var example = content["application/json"]!["examples"]?.AsObject().Select(e => e.Value!["value"]).FirstOrDefault();
            var value = example is not null && random.Next(2) == 0 ? json.Like(example) : json.Valid(schema);
            return (broken ? json.Broken(value) : Encoding.UTF8.GetBytes(value?.ToJsonString() ?? "{}"), random.Next(20) == 0 ? "text/plain" : "application/json");
        }
        var bytes = random.Next(5) switch
        {
            0 => SampleFiles.Read("amplicon-16s-healthy.json"),
            1 => SampleFiles.ShallowKreport(random.Next(20)),
            2 when content.ContainsKey("application/x-ndjson") => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(4)).Select(i =>
                $$"""{"accession":"FUZZ-{{random.Next(40)}}","assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":{{random.Next(9000)}}},{"taxid":820,"value":3000}]}""" + "\n"))),
            _ => SampleFiles.Kreport(random.Next(20)),
        };
        var type = content.ContainsKey("application/x-ndjson") && bytes is [(byte)'{', ..] ? "application/x-ndjson" : random.Next(3) == 0 ? "application/octet-stream" : null;
        if (broken) bytes = Mutated(bytes, json, random);
        if (random.Next(10) == 0) (bytes, var _) = (SampleFiles.Gzip(bytes), 0);
        if (broken && random.Next(10) == 0) headers.Add(("Content-Encoding", new[] { "gzip", "zstd", "br", "identity", "gzip, gzip" }[random.Next(5)]));
        if (broken && random.Next(20) == 0) type = "multipart/form-data; boundary=b";
        return (bytes, type);
    }

    private static byte[] Mutated(byte[] bytes, FuzzedJson json, Random random)
    {
        if (bytes.Length == 0) return [(byte)'x'];
        bytes = [.. bytes];
        switch (random.Next(6))
        {
            case 0: return bytes[..random.Next(bytes.Length)];
            case 1: return json.BrokenText(bytes);
            case 2:
                for (var i = 0; i < 3; i++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            case 3:
                var replaced = Encoding.UTF8.GetString(bytes).Replace("0", json.OddText(), StringComparison.Ordinal);
                return Encoding.UTF8.GetBytes(replaced[..Math.Min(replaced.Length, 5000)]);
            case 4: return [.. bytes, .. bytes];
            default:
                var lines = Encoding.UTF8.GetString(bytes).Split('\n');
                random.Shuffle(lines);
                return Encoding.UTF8.GetBytes(string.Join('\n', lines.Skip(random.Next(3))));
        }
    }
}
