using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Xunit;

namespace Lab.Api.Tests.Contract;

/// <summary>The committed contract is the one that the code generates, and it says enough to write a client against.</summary>
public sealed class OpenApiDocumentTests
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch"];
    private static readonly Lazy<Task<string>> Generated = new(Administration.DescribeAsync);

    [Fact]
    public async Task The_committed_document_equals_the_generated_one()
    {
        var committed = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "openapi", "lab.v1.json"), TestContext.Current.CancellationToken);
        Assert.True(committed == await Generated.Value,
            "openapi/lab.v1.json is out of date: dotnet run --no-launch-profile --project src/Lab.Api -- openapi > openapi/lab.v1.json");
    }

    [Fact]
    public async Task The_document_is_the_same_each_time() => Assert.Equal(await Generated.Value, await Administration.DescribeAsync());

    [Fact]
    public async Task The_document_is_OpenApi_3_1_and_ends_with_one_line_feed()
    {
        var text = await Generated.Value;
        Assert.StartsWith("3.1.", JsonNode.Parse(text)!["openapi"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
    }

    [Fact]
    public async Task Every_operation_has_a_name_a_summary_and_a_description()
    {
        await EachOperationAsync((name, operation) =>
        {
            foreach (var member in new[] { "operationId", "summary", "description" }) Assert.False(string.IsNullOrWhiteSpace((string?)operation[member]), $"{name} has no {member}.");
            Assert.NotEmpty(operation["tags"]!.AsArray());
            Assert.Contains("Scope: ", (string?)operation["description"], StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Every_parameter_is_described_with_an_example()
    {
        await EachOperationAsync((name, operation) =>
        {
            foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
            {
                Assert.False(string.IsNullOrWhiteSpace((string?)parameter!["description"]), $"{name}: {parameter["name"]} is not described.");
                Assert.True((parameter["example"] ?? parameter["schema"]!["examples"]) is not null, $"{name}: {parameter["name"]} has no example.");
            }
        });
    }

    [Fact]
    public async Task Every_answer_is_described_and_every_success_has_a_schema_and_an_example()
    {
        await EachOperationAsync((name, operation) =>
        {
            var responses = operation["responses"]!.AsObject();
            Assert.Contains(responses, r => r.Key[0] == '2');
            foreach (var (status, response) in responses)
            {
                Assert.False(string.IsNullOrWhiteSpace((string?)response!["description"]), $"{name} {status} is not described.");
                Assert.True(response["headers"]?["Request-Id"] is not null, $"{name} {status} has no Request-Id.");
                if (status[0] != '2') continue;
                Assert.NotEmpty(response["content"]!.AsObject());
                Assert.All(response["content"]!.AsObject(), content => Assert.True(content.Value!["schema"] is not null && content.Value["example"] is not null,
                    $"{name} {status} has no schema or no example of {content.Key}."));
            }
        });
    }

    [Fact]
    public async Task Every_failure_is_a_problem_document_with_an_example_of_its_status()
    {
        await EachOperationAsync((name, operation) =>
        {
            foreach (var (status, response) in operation["responses"]!.AsObject().Where(r => r.Key[0] is '4' or '5'))
            {
                var (type, content) = Assert.Single(response!["content"]!.AsObject());
                Assert.Equal("application/problem+json", type);
                Assert.Equal("#/components/schemas/ProblemDocument", (string?)content!["schema"]!["$ref"]);
                foreach (var (code, example) in content["examples"]!.AsObject())
                {
                    var problem = example!["value"]!;
                    Assert.Equal(status, problem["status"]!.ToString());
                    Assert.Equal($"/problems/{code}", (string?)problem["type"]);
                    Assert.Contains(code, ProblemCodes.All.Keys);
                }
            }
        });
    }

    [Fact]
    public async Task Every_operation_asks_for_a_key_and_says_401_unless_it_is_open()
    {
        await EachOperationAsync((name, operation) =>
        {
            var path = name.Split(' ')[1];
            var open = path.StartsWith("/health/", StringComparison.Ordinal) || path.StartsWith("/fhir/CodeSystem", StringComparison.Ordinal) || path.StartsWith("/problems/", StringComparison.Ordinal);
            Assert.True(operation["security"]!.AsArray().Count == (open ? 0 : 2), $"{name}: is it open or not?");
            if (!open) Assert.True(operation["responses"]!["401"] is not null, $"{name} has no 401.");
        });
    }

    [Fact]
    public async Task An_upload_is_offered_as_text_first_with_a_whole_example()
    {
        var document = JsonNode.Parse(await Generated.Value)!;
        foreach (var path in new[] { "/v1/samples/{accession}/profiles", "/v1/reports/preview" })
        {
            var content = document["paths"]![path]!["post"]!["requestBody"]!["content"]!.AsObject();
            Assert.Equal(["text/plain", "application/json", "application/octet-stream", "multipart/form-data"], content.Select(c => c.Key));
            var (name, example) = content["text/plain"]!["examples"]!.AsObject().First();
            Assert.Equal("kraken2-report", name);
            Assert.Equal(System.Text.Encoding.UTF8.GetString(Demo.File("kraken2-klebsiella.kreport")), (string?)example!["value"]);
        }
    }

    [Fact]
    public async Task Every_representation_of_a_report_and_of_an_export_is_shown_by_an_example()
    {
        var paths = JsonNode.Parse(await Generated.Value)!["paths"]!;
        JsonNode Example(string path, string type) => paths[path]!["get"]!["responses"]!["200"]!["content"]![type]!["example"]!;
        foreach (var path in new[] { "/v1/reports/{id}", "/v1/samples/{accession}/report" })
        {
            Assert.NotEmpty(Example(path, "application/json")["findings"]!.AsArray());
            Assert.StartsWith("<!doctype html>", (string)Example(path, "text/html")!, StringComparison.Ordinal);
            Assert.Equal("DiagnosticReport", (string)Example(path, "application/fhir+json")["resourceType"]!);
            Assert.StartsWith("rank,taxid,name,", (string)Example(path, "text/csv")!, StringComparison.Ordinal);
        }
        const string content = "/v1/exports/{id}/content";
        Assert.True(JsonNode.DeepEquals(Example("/v1/reports/{id}", "application/json"), JsonNode.Parse((string)Example(content, "application/x-ndjson")!)));
        Assert.StartsWith("taxid\tname\tlineage\t", (string)Example(content, "text/tab-separated-values")!, StringComparison.Ordinal);
        Assert.Equal("Biological Observation Matrix 1.0.0", (string)Example(content, "application/json")["format"]!);
    }

    [Fact]
    public async Task Every_reference_leads_to_a_schema_and_every_schema_is_used()
    {
        var document = JsonNode.Parse(await Generated.Value)!;
        var used = References(document).ToHashSet();
        Assert.Equal(document["components"]!["schemas"]!.AsObject().Select(s => $"#/components/schemas/{s.Key}").Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(m => m is { Key: "$ref", Value: JsonValue reference } ? [reference.GetValue<string>()] : References(m.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    private static async Task EachOperationAsync(Action<string, JsonNode> check)
    {
        var operations = JsonNode.Parse(await Generated.Value)!["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Where(o => Methods.Contains(o.Key)).Select(o => ($"{o.Key} {path.Key}", o.Value!))).ToArray();
        Assert.NotEmpty(operations);
        Assert.All(operations, operation => check(operation.Item1, operation.Item2));
    }
}
