using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>JSON that is meant to hurt, to every operation that takes JSON: refused as a client's mistake, at once, with nothing else broken.</summary>
public sealed class HostileJsonTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly (string Name, byte[] Body)[] Corpus =
    [
        Text("a thousand arrays", new string('[', 1000) + new string(']', 1000)),
        Text("a hundred thousand objects", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000)),
        Text("half a million open arrays", new string('[', 500_000)),
        Text("a hundred thousand members", "{" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"m{i}\":{i}")) + "}"),
        Text("a member twice", """{"accession":"A","accession":"B"}"""),
        Text("a member twice, once escaped", """{"accession":"A","\u0061ccession":"B"}"""),
        Text("a number of a hundred thousand digits", "{\"version\":" + new string('9', 100_000) + "}"),
        Text("a number past every double", """{"version":1e999}"""),
        Text("a number with a huge exponent", """{"version":1e99999999999999999999}"""),
        Text("no number", """{"version":NaN}"""),
        Text("infinity", """{"version":-Infinity}"""),
        Text("half a surrogate pair", """{"accession":"\ud800"}"""),
        Text("half a surrogate pair as a name", """{"\udc00":1}"""),
        Text("a NUL", """{"accession":"a\u0000b"}"""),
        Text("a raw NUL", "{\"accession\":\"a\0b\"}"),
        Text("a raw line feed", "{\"accession\":\"a\nb\"}"),
        Text("a string without end", "{\"accession\":\"" + new string('a', 1_000_000)),
        Text("a comment", """{/* */"accession":"A"}"""),
        Text("single quotes", "{'accession':'A'}"),
        Text("a comma too many", """{"accession":"A",}"""),
        Text("two values", "{}{}"),
        Text("a leading zero", """{"version":01}"""),
        Text("a hexadecimal number", """{"version":0x10}"""),
        Text("__proto__", """{"__proto__":{"isAdmin":true}}"""),
        Text("a type to make", """{"$type":"System.Diagnostics.Process, System.Diagnostics.Process"}"""),
        Text("a reference", """{"$ref":"#/components"}"""),
        Text("a bare string", "\"text\""),
        Text("a bare number", "1"),
        Text("white space only", new string(' ', 100_000)),
        ("bad UTF-8", [.. "{\"accession\":\""u8, 0xC3, 0x28, .. "\"}"u8]),
        ("overlong UTF-8", [.. "{\"accession\":\""u8, 0xC0, 0xAF, .. "\"}"u8]),
        ("a byte-order mark twice", [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, .. "{}"u8]),
        ("UTF-16", Encoding.Unicode.GetBytes("{\"accession\":\"A\"}")),
        ("UTF-32", Encoding.UTF32.GetBytes("{\"accession\":\"A\"}")),
        ("a ciphertext", [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 167))]),
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_operation_fails_on_it_stores_it_or_takes_long_over_it()
    {
        var operations = (await TakingJsonAsync()).ToArray();
        Assert.True(operations.Length > 15, $"Only {operations.Length} operations take JSON.");
        using var http = host.Http();
        var (sent, slowest) = (0, TimeSpan.Zero);
        foreach (var (method, path) in operations)
        {
            foreach (var (name, body) in Corpus)
            {
                using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(body) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                var clock = Stopwatch.StartNew();
                using var answer = await http.SendAsync(request, Ct);
                (sent, slowest) = (sent + 1, clock.Elapsed > slowest ? clock.Elapsed : slowest);
                Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{method} {path}, {name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Ct)}");
            }
        }
        TestContext.Current.TestOutputHelper!.WriteLine("{0} requests to {1} operations, the slowest {2:0} ms", sent, operations.Length, slowest.TotalMilliseconds);
        Assert.True(slowest < TimeSpan.FromSeconds(10), string.Create(CultureInfo.InvariantCulture, $"One took {slowest.TotalSeconds:0.0} s."));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT (SELECT count(*) FROM lab.sample) + (SELECT count(*) FROM lab.webhook) + (SELECT count(*) FROM lab.task)"));
    }

    [Fact]
    public async Task A_body_of_five_megabytes_is_413()
    {
        using var http = host.Http();
        using var content = new ByteArrayContent([.. "{\"subject\":\""u8, .. new byte[5_000_000].Select(_ => (byte)'a'), .. "\"}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.PutAsync("v1/samples/LARGE", content, Ct);
        await Problems.AssertAsync(answer, 413, "too-large");
    }

    private static (string, byte[]) Text(string name, string body) => (name, Encoding.UTF8.GetBytes(body));

    // A linter answers 200 whatever it is given. Parts of a path that are well formed and name nothing, so that the body is looked at.
    private static async Task<IEnumerable<(HttpMethod Method, string Path)>> TakingJsonAsync()
    {
        var document = JsonNode.Parse(await Administration.DescribeAsync())!;
        return document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Where(o => o.Value!["requestBody"]?["content"]?["application/json"] is not null && (string)o.Value["operationId"]! != "validateProfile")
            .Select(o => (new HttpMethod(o.Key.ToUpperInvariant()), string.Join('/', path.Key[1..].Split('/').Select(part => part switch
            {
                "{version}" or "{number}" => "1",
                "{accession}" or "{subject}" => "HOSTILE",
                "{panel}" or "{cohort}" or "{code}" or "{assay}" => "hostile",
                ['{', ..] when path.Key.Contains("panels", StringComparison.Ordinal) || path.Key.Contains("cohorts", StringComparison.Ordinal) || path.Key.Contains("assays", StringComparison.Ordinal) => "hostile",
                ['{', ..] => "0199aaaa-0000-7000-8000-000000000000",
                _ => part,
            })))));
    }
}
