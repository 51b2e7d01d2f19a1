using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Contract;

/// <summary>Every example of a request in the API description, sent as it stands: what it refers to is there, and of ids that the service makes those are put in that it made.</summary>
public sealed class RequestExamplesTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly Lazy<Task<string>> Description = new(Administration.DescribeAsync);

    /// <summary>What the preview of each example has to say: a finding above information, or null where there is none; and its quality.</summary>
    internal static readonly Dictionary<string, (string? Finding, string Quality)> Said = new()
    {
        ["kraken2-report"] = ("klebsiella-high", "pass"),
        ["metaphlan2"] = ("scfa-producers-depleted", "pass"),
        ["low-diversity"] = ("low-diversity", "pass"),
        ["escherichia-coli"] = ("escherichia-coli-high", "pass"),
        ["candida-shotgun"] = ("candida-high", "pass"),
        ["candida-16s"] = (null, "pass"),
        ["lab-json"] = (null, "pass"),
        ["shallow"] = ("klebsiella-high", "fail"),
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<IEnumerable<TheoryDataRow<string, string, string>>> ExamplesAsync() => (await OperationsAsync())
        .SelectMany(o => Bodies(o.Operation).SelectMany(c => c.Value!["examples"]?.AsObject().Select(e => new TheoryDataRow<string, string, string>((string)o.Operation["operationId"]!, c.Key, e.Key)) ?? []));

    [Theory]
    [MemberData(nameof(ExamplesAsync))]
    public async Task An_example_of_a_request_succeeds_as_the_description_says(string id, string mediaType, string name)
    {
        var (method, path, operation) = (await OperationsAsync()).Single(o => (string)o.Operation["operationId"]! == id);
        var value = Bodies(operation)[mediaType]!["examples"]![name]!["value"]!.DeepClone();
        var parameters = (operation["parameters"]?.AsArray() ?? []).Where(p => (string)p!["in"]! == "path").ToDictionary(p => (string)p!["name"]!, p => p!["example"]!.ToString());
        var etag = await ArrangeAsync(id, name, parameters, value);
        foreach (var (parameter, given) in parameters) path = path.Replace($"{{{parameter}}}", given, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(method), path[1..]) { Content = new StringContent(value is JsonValue text ? text.GetValue<string>() : value.ToJsonString(), Encoding.UTF8, mediaType) };
        if (etag is not null) request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(etag));
        using var http = host.Http();
        using var answer = await http.SendAsync(request, Ct);

        if (id == "publishCohort")
        {
            // It asks for two hundred people who agreed; here is nobody.
            Assert.NotNull(operation["responses"]!["422"]!["content"]!["application/problem+json"]!["examples"]!["cohort-too-small"]);
            await Problems.AssertAsync(answer, 422, "cohort-too-small");
            return;
        }
        var said = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {said}");
        var described = operation["responses"]![$"{(int)answer.StatusCode}"]?["content"]?[answer.Content.Headers.ContentType!.MediaType!]?["schema"];
        Assert.True(described is not null, $"{id} does not say that it answers {(int)answer.StatusCode} {answer.Content.Headers.ContentType}.");
        var schemas = JsonNode.Parse(await Description.Value)!["components"]!["schemas"]!;
        foreach (var line in mediaType == "application/x-ndjson" ? said.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [said]) Assert.Empty(SchemaCheck.Of(JsonNode.Parse(line), described, schemas));
        if (mediaType == "application/x-ndjson") Assert.DoesNotContain("rejected", said, StringComparison.Ordinal);
        if (id == "validateProfile") Assert.True((bool)JsonNode.Parse(said)!["valid"]!);
    }

    [Fact]
    public async Task The_preview_of_each_example_finds_what_it_is_an_example_of()
    {
        var preview = (await OperationsAsync()).Single(o => (string)o.Operation["operationId"]! == "previewReport").Operation;
        var examples = Bodies(preview).SelectMany(c => c.Value!["examples"]?.AsObject().Select(e => (Name: e.Key, Value: e.Value!["value"]!)) ?? []).ToArray();
        Assert.Equal(Said.Keys.Order(StringComparer.Ordinal), examples.Select(e => e.Name).Order(StringComparer.Ordinal));
        foreach (var (name, value) in examples)
        {
            var report = await host.Client.PreviewReportAsync(Encoding.UTF8.GetBytes(value is JsonValue text ? text.GetValue<string>() : value.ToJsonString()), cancellation: Ct);
            var (finding, quality) = Said[name];
            var remarkable = report.Findings.Where(f => f.Severity != "info").Select(f => f.Code).ToArray();
            Assert.Equal((name, quality), (name, report.Quality.Status));
            if (finding is null) Assert.Equal((name, ""), (name, string.Join(' ', remarkable)));
            else Assert.Contains(finding, remarkable);
            var fungi = report.Guilds.Single(g => g.Id == "fungi");
            if (name == "candida-shotgun") Assert.Equal("high", fungi.Status);
            // Amplicons of 16S show no fungus, whatever a table says.
            if (name == "candida-16s") Assert.Equal((null, "not-assessable", "kingdom-not-assayed"), (fungi.Fraction, fungi.Status, fungi.Reason));
        }
    }

    /// <summary>What the example takes for granted; the ETag that its request has to name.</summary>
    private async Task<string?> ArrangeAsync(string id, string name, Dictionary<string, string> parameters, JsonNode body)
    {
        var lab = host.Client;
        switch (id)
        {
            case "uploadProfile":
                parameters["accession"] = $"EXAMPLE-{name}";
                return null;
            case "requestAnalyses":
                await ReportAsync("DEMO-SHOTGUN-1", SampleFiles.Kreport(1));
                return null;
            case "compareReports":
                foreach (var end in new[] { "from", "to" }) body[end] = $"{await ReportAsync($"COMPARED-{end}", SampleFiles.Kreport(2))}";
                return null;
            case "releaseReport" or "amendReport" or "withdrawReport":
                // What is too shallow waits for a release.
                var report = await ReportAsync($"SIGNED-{id}", id == "releaseReport" ? SampleFiles.ShallowKreport(1) : SampleFiles.Kreport(3));
                parameters["id"] = $"{report}";
                return (await lab.GetReportAsync(report, cancellation: Ct)).ETag;
            case "rejectSample":
                parameters["accession"] = "REJECTED";
                await lab.PutSampleAsync("REJECTED", new(), cancellation: Ct);
                return null;
            case "createApiKey" or "rotateApiKey":
                await lab.PutPartnerAsync("clinic-north", "Clinic North", cancellation: Ct);
                if (id == "rotateApiKey") parameters["id"] = (await lab.CreateApiKeyAsync(new() { Name = "To rotate", Scopes = ["reports:read"], Partner = "clinic-north" }, cancellation: Ct)).Id;
                return null;
            default:
                return null;
        }
    }

    private async Task<Guid> ReportAsync(string accession, byte[] content)
    {
        var upload = await host.Client.UploadProfileAsync(accession, content, cancellation: Ct);
        return (await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(30), Ct)).ReportId!.Value;
    }

    private static JsonObject Bodies(JsonNode operation) => operation["requestBody"]?["content"]?.AsObject() ?? [];

    private static async Task<IEnumerable<(string Method, string Path, JsonNode Operation)>> OperationsAsync() => JsonNode.Parse(await Description.Value)!["paths"]!.AsObject()
        .SelectMany(path => path.Value!.AsObject().Where(o => o.Value!["operationId"] is not null).Select(o => (o.Key.ToUpperInvariant(), path.Key, o.Value!)));
}
