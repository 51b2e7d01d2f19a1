using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Api.Tests.Contract.Fuzzing;

/// <summary>Asks each operation of the API description what it allows and what it does not, with the ids that answers gave, and holds every answer against the description:
/// a status that stands there, content that its schema allows, never a 5xx.</summary>
public sealed class ApiFuzzer
{
    private readonly JsonNode schemas;
    private readonly FuzzedOperation[] operations;
    private readonly FuzzPools pools = new();
    private readonly (string Name, string Value)[][] credentials;
    private readonly string[] spared;
    private readonly ConcurrentDictionary<string, string> faults = new();
    private readonly ConcurrentDictionary<(string Operation, int Status), int> seen = new();
    private readonly ConcurrentDictionary<string, bool> done = new();
    private int sent;

    /// <param name="document">The API description.</param>
    /// <param name="credentials">Header fields to ask with; the first most of the time.</param>
    /// <param name="spared">Ids that no request names, because they are the keys of the credentials.</param>
    public ApiFuzzer(JsonNode document, (string Name, string Value)[][] credentials, string[] spared)
    {
        schemas = document["components"]!["schemas"]!;
        (this.credentials, this.spared) = (credentials, spared);
        operations = [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Where(o => o.Value!["operationId"] is not null)
            .Select(o => new FuzzedOperation(new HttpMethod(o.Key.ToUpperInvariant()), path.Key, o.Value!, schemas, pools)))];
    }

    public int Sent => sent;

    /// <summary>One request for each kind of fault.</summary>
    public IReadOnlyCollection<string> Faults => [.. faults.Values];

    /// <summary>Which statuses each operation answered, and how often.</summary>
    public IReadOnlyDictionary<(string Operation, int Status), int> Seen => seen;

    public IEnumerable<string> Operations => operations.Select(o => o.Id);

    /// <summary>Those that no answer said yes to.</summary>
    public IEnumerable<string> NeverDone => operations.Select(o => o.Id).Where(id => !done.ContainsKey(id));

    /// <summary>Until the time or the requests are over. The same seed makes the same requests where answers are the same.</summary>
    public async Task RunAsync(HttpClient http, int seed, int workers, TimeSpan time, long requests, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(async worker =>
        {
            var random = new Random(seed + worker);
            while (clock.Elapsed < time && Interlocked.Increment(ref sent) <= requests && faults.Count < 25)
            {
                // One in four goes to what was never done yet: what others build on is not left to chance.
                var among = random.Next(4) == 0 && operations.Where(o => !done.ContainsKey(o.Id)).ToArray() is { Length: > 0 } never ? never : operations;
                var operation = among[random.Next(among.Length)];
                var request = operation.Make(random, credentials[random.Next(10) == 0 ? random.Next(credentials.Length) : 0]);
                if (spared.Any(id => request.Path.Contains(id, StringComparison.Ordinal))) continue;
                await TryAsync(http, operation, request, cancellation);
            }
        }));
    }

    private async Task TryAsync(HttpClient http, FuzzedOperation operation, FuzzedRequest request, CancellationToken cancellation)
    {
        try
        {
            using var message = request.Message();
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var status = (int)answer.StatusCode;
            seen.AddOrUpdate((operation.Id, status), 1, (_, count) => count + 1);
            if (status is >= 200 and < 400) done.TryAdd(operation.Id, true);
            var content = await answer.Content.ReadAsByteArrayAsync(cancellation);
            if (status >= 500) Fault(operation, request, $"{status}", Encoding.UTF8.GetString(content));
            else if (operation.Answer(status) is not { } described) Fault(operation, request, $"{status} is not described", Encoding.UTF8.GetString(content));
            else Check(operation, request, answer, status, described, content);
            if (answer.Headers.ETag is { } etag) pools.Add("etag", etag.Tag);
        }
        catch (HttpRequestException) when (operation.MayBreakOff)
        {
            // Before its first byte or after it.
        }
        catch (HttpRequestException e)
        {
            Fault(operation, request, "no answer", e.Message);
        }
        catch (TaskCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            Fault(operation, request, "no answer in time", e.Message);
        }
        catch (JsonException e)
        {
            Fault(operation, request, "no JSON", e.Message);
        }
    }

    private void Check(FuzzedOperation operation, FuzzedRequest request, HttpResponseMessage answer, int status, JsonNode described, byte[] content)
    {
        var type = answer.Content.Headers.ContentType?.MediaType;
        if (described["content"] is not JsonObject types)
        {
            if (content.Length > 0) Fault(operation, request, $"{status} has content", Encoding.UTF8.GetString(content));
            return;
        }
        if (type is null || types[type] is not { } media)
        {
            Fault(operation, request, $"{status} as {type}", Encoding.UTF8.GetString(content));
            return;
        }
        if (!type.EndsWith("json", StringComparison.Ordinal) || media["schema"] is not { } schema) return;
        var values = type.EndsWith("ndjson", StringComparison.Ordinal) ? Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)) : [JsonNode.Parse(content)];
        foreach (var value in values)
        {
            foreach (var difference in SchemaCheck.Of(value, schema, schemas).Take(1)) Fault(operation, request, $"{status}: {difference}", Encoding.UTF8.GetString(content));
            if (status < 300) pools.Learn(operation.Template, value);
        }
    }

    private void Fault(FuzzedOperation operation, FuzzedRequest request, string fault, string answer) =>
        faults.TryAdd($"{operation.Id} {fault}", $"{operation.Id}: {fault}\n  {request}\n  {answer[..Math.Min(answer.Length, 500)]}");
}
