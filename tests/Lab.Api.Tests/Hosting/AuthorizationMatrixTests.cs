using System.Text;
using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Lab.Api.Partners;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Every operation of the API description under every credential that does not open it, and under those that do. A new operation needs a row that says whose things it names.</summary>
public sealed class AuthorizationMatrixTests(MatrixHost host) : IClassFixture<MatrixHost>
{
    /// <summary>Whose things an operation's path names.</summary>
    private enum Names
    {
        /// <summary>A sample, or what was made of it: another partner's is 404.</summary>
        Sample, Profile, Analysis, Report, Subject, Webhook, Export,

        /// <summary>Nothing of a partner's: a list of one's own, reference data, what is sent along.</summary>
        Nothing,
    }

    private static readonly Dictionary<string, Names> Rows = new()
    {
        ["putSample"] = Names.Sample,
        ["getSample"] = Names.Sample,
        ["rejectSample"] = Names.Sample,
        ["uploadProfile"] = Names.Sample,
        ["getCurrentReport"] = Names.Sample,
        ["getProfile"] = Names.Profile,
        ["getProfileSource"] = Names.Profile,
        ["getProfileDiversity"] = Names.Profile,
        ["getAnalysis"] = Names.Analysis,
        ["retryAnalysis"] = Names.Analysis,
        ["cancelAnalysis"] = Names.Analysis,
        ["getReport"] = Names.Report,
        ["getReportTaxa"] = Names.Report,
        ["explainFinding"] = Names.Report,
        ["diffReports"] = Names.Report,
        ["listReportVersions"] = Names.Report,
        ["releaseReport"] = Names.Report,
        ["amendReport"] = Names.Report,
        ["withdrawReport"] = Names.Report,
        ["verifyReport"] = Names.Report,
        ["eraseSubject"] = Names.Subject,
        ["exportSubject"] = Names.Subject,
        ["getTimeline"] = Names.Subject,
        ["getWebhook"] = Names.Webhook,
        ["deleteWebhook"] = Names.Webhook,
        ["testWebhook"] = Names.Webhook,
        ["rotateWebhookSecret"] = Names.Webhook,
        ["listWebhookDeliveries"] = Names.Webhook,
        ["replayWebhookDelivery"] = Names.Webhook,
        ["getExport"] = Names.Export,
        ["getExportContent"] = Names.Export,
        ["deleteExport"] = Names.Export,
        ["createWebhook"] = Names.Nothing,
        ["listWebhooks"] = Names.Nothing,
        ["listEvents"] = Names.Nothing,
        ["listAudit"] = Names.Nothing,
        ["verifyAudit"] = Names.Nothing,
        ["requestExport"] = Names.Nothing,
        ["listExports"] = Names.Nothing,
        ["compareReports"] = Names.Nothing,
        ["publishCohort"] = Names.Nothing,
        ["getCohortTaxon"] = Names.Nothing,
        ["publishPanel"] = Names.Nothing,
        ["requestImpact"] = Names.Nothing,
        ["getImpact"] = Names.Nothing,
        ["getImpactReports"] = Names.Nothing,
        ["listSamples"] = Names.Nothing,
        ["uploadProfiles"] = Names.Nothing,
        ["validateProfile"] = Names.Nothing,
        ["previewReport"] = Names.Nothing,
        ["listAnalyses"] = Names.Nothing,
        ["requestAnalyses"] = Names.Nothing,
        ["listReports"] = Names.Nothing,
        ["getTaxon"] = Names.Nothing,
        ["searchTaxa"] = Names.Nothing,
        ["resolveTaxa"] = Names.Nothing,
        ["listFormats"] = Names.Nothing,
        ["listAssays"] = Names.Nothing,
        ["putAssay"] = Names.Nothing,
        ["listContextCodes"] = Names.Nothing,
        ["listPanels"] = Names.Nothing,
        ["getPanelVersion"] = Names.Nothing,
        ["listCohorts"] = Names.Nothing,
        ["getCohortVersion"] = Names.Nothing,
        ["getAbout"] = Names.Nothing,
        ["putPartner"] = Names.Nothing,
        ["listPartners"] = Names.Nothing,
        ["createApiKey"] = Names.Nothing,
        ["listApiKeys"] = Names.Nothing,
        ["getApiKey"] = Names.Nothing,
        ["rotateApiKey"] = Names.Nothing,
        ["revokeApiKey"] = Names.Nothing,
        ["listCodeSystems"] = Names.Nothing,
        ["getCodeSystem"] = Names.Nothing,
        ["getProblem"] = Names.Nothing,
        ["getHealthLive"] = Names.Nothing,
        ["getHealthReady"] = Names.Nothing,
    };

    private static readonly Lazy<Task<JsonNode>> Document = new(async () => JsonNode.Parse(await Administration.DescribeAsync())!);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<IEnumerable<TheoryDataRow<string>>> OperationsAsync() => (await DescribedAsync()).Select(o => new TheoryDataRow<string>((string)o.Operation["operationId"]!));

    public static TheoryData<string> Naming => [.. Rows.Where(r => r.Value != Names.Nothing).Select(r => r.Key)];

    [Fact]
    public async Task Every_operation_has_a_row_and_every_row_an_operation() =>
        Assert.Equal((await DescribedAsync()).Select(o => (string)o.Operation["operationId"]!).Order(StringComparer.Ordinal), Rows.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(OperationsAsync))]
    public async Task An_operation_opens_for_the_scope_that_its_description_names_and_for_nothing_else(string id)
    {
        var (method, path, operation) = (await DescribedAsync()).Single(o => (string)o.Operation["operationId"]! == id);
        path = Filled(path, operation, Names.Nothing);
        var description = (string)operation["description"]!;
        var scope = description[(description.LastIndexOf("Scope: ", StringComparison.Ordinal) + "Scope: ".Length)..];
        Task<int> StatusAsync(string? header, string value) => SendAsync(method, path, null, header, value);
        if (scope.StartsWith("none", StringComparison.Ordinal))
        {
            Assert.NotEqual(401, await StatusAsync(null, ""));
            return;
        }
        Assert.Equal(401, await StatusAsync(null, ""));
        foreach (var (name, header, value) in host.Closed) Assert.Equal((name, 401), (name, await StatusAsync(header, value)));
        var named = scope.StartsWith("any key", StringComparison.Ordinal) ? [] : Scope.All.Where(s => scope.Contains($"`{s}`", StringComparison.Ordinal)).ToArray();
        Assert.True(named.Length > 0 || scope.StartsWith("any key", StringComparison.Ordinal), "The operation has no scope.");
        if (named.Length > 0)
        {
            var others = Scope.All.Except(named).ToArray();
            Assert.Equal(403, await StatusAsync("X-Api-Key", await host.KeyAsync(null, others)));
            Assert.Equal(403, await StatusAsync("Authorization", $"Bearer {host.Authority.Token(scope: string.Join(' ', others))}"));
        }
        if (named.Any(Scope.LabOnly.Contains))
        {
            Assert.Equal(403, await StatusAsync("X-Api-Key", await host.KeyAsync(MatrixHost.Stranger)));
            Assert.Equal(403, await StatusAsync("Authorization", $"Bearer {host.Authority.Token(MatrixHost.Stranger, string.Join(' ', Scope.All))}"));
        }
        foreach (var allowed in named.DefaultIfEmpty(Scope.AuditRead))
        {
            Assert.False(await StatusAsync("X-Api-Key", await host.KeyAsync(null, allowed)) is 401 or 403, allowed);
            Assert.False(await StatusAsync("Authorization", $"Bearer {host.Authority.Token(scope: allowed)}") is 401 or 403, allowed);
        }
    }

    [Theory]
    [MemberData(nameof(Naming))]
    public async Task What_is_another_partners_is_not_there(string id)
    {
        var (method, path, operation) = (await DescribedAsync()).Single(o => (string)o.Operation["operationId"]! == id);
        path = Filled(path, operation, Rows[id]);
        var lab = ((string)operation["description"]!).Contains("of the lab itself", StringComparison.Ordinal);
        // To its owner it is there, so that 404 means what it says.
        if (!lab && method == HttpMethod.Get) Assert.Equal(id == "explainFinding" ? 404 : 200, await SendAsync(method, path, operation, "X-Api-Key", await host.KeyAsync(MatrixHost.Owner)));
        var expected = lab ? 403 : 404;
        Assert.Equal(expected, await SendAsync(method, path, operation, "X-Api-Key", await host.KeyAsync(MatrixHost.Stranger)));
        Assert.Equal(expected, await SendAsync(method, path, operation, "Authorization", $"Bearer {host.Authority.Token(MatrixHost.Stranger, string.Join(' ', Scope.All))}"));
    }

    [Fact]
    public async Task Lists_and_what_is_sent_along_tell_nothing_of_another_partners()
    {
        var stranger = await host.KeyAsync(MatrixHost.Stranger);
        using var http = new HttpClient { BaseAddress = host.BaseAddress };
        http.DefaultRequestHeaders.Add("X-Api-Key", stranger);
        foreach (var (_, path, operation) in (await DescribedAsync()).Where(o => o.Method == HttpMethod.Get && o.Operation["responses"]!["403"] is not null && !o.Path.Contains('{', StringComparison.Ordinal)))
        {
            if (((string)operation["description"]!).Contains("of the lab itself", StringComparison.Ordinal)) continue;
            var text = await http.GetStringAsync(path[1..], Ct);
            foreach (var secret in new[] { MatrixHost.Accession, MatrixHost.Subject, $"{host.Report.Id}", $"{host.Owned.ProfileId}", $"{host.Webhook}", $"{host.Export}" }) Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
        foreach (var body in new[] { $$"""{"accession":"{{MatrixHost.Accession}}"}""", $$"""{"profileId":"{{host.Owned.ProfileId}}"}""" })
        {
            using var content = new StringContent(body);
            await Problems.AssertAsync(await http.PostAsync("v1/analyses", content, Ct), 404, "not-found");
        }
    }

    [Fact]
    public void Every_route_of_the_service_says_who_may_and_one_that_does_not_is_found()
    {
        Assert.Empty(Undecided(_ => { }));
        Assert.Equal(["/v1/hole"], Undecided(app => app.MapGet("/v1/hole", () => "open to every key")));
    }

    private static string[] Undecided(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.AddDatabase();
        builder.Services.AddJobs(works: false);
        builder.Services.AddAccess(builder.Configuration, builder.Environment);
        builder.Services.AddMediation(builder.Configuration);
        using var app = builder.Build();
        app.MapContract();
        app.MapHealth();
        map(app);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is null && e.Metadata.GetOrderedMetadata<IAuthorizeData>().All(a => a.Policy is null))
            .Select(e => e.RoutePattern.RawText!)];
    }

    private static async Task<IReadOnlyList<(HttpMethod Method, string Path, JsonNode Operation)>> DescribedAsync() => [.. (await Document.Value)["paths"]!.AsObject()
        .SelectMany(path => path.Value!.AsObject().Where(o => o.Value!["operationId"] is not null).Select(o => (new HttpMethod(o.Key.ToUpperInvariant()), path.Key, o.Value!)))];

    private string Filled(string path, JsonNode operation, Names names)
    {
        foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
        {
            if ((string?)parameter!["in"] == "query" && parameter["required"]?.GetValue<bool>() == true) path += $"?{parameter["name"]}={host.Report.Id}";
            if ((string?)parameter["in"] != "path") continue;
            var name = (string)parameter["name"]!;
            var value = (names, name) switch
            {
                (Names.Sample, "accession") => MatrixHost.Accession,
                (Names.Subject, "subject") => MatrixHost.Subject,
                (Names.Profile, "id") => $"{host.Owned.ProfileId}",
                (Names.Analysis, "id") => $"{host.Owned.AnalysisId}",
                (Names.Report, "id") => $"{host.Report.Id}",
                (Names.Webhook, "id") => $"{host.Webhook}",
                (Names.Webhook, "deliveryId") => $"{host.Delivery}",
                (Names.Export, "id") => $"{host.Export}",
                _ => (parameter["example"] ?? parameter["schema"]!["examples"]![0])!.ToString(),
            };
            path = path.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        }
        return path[1..];
    }

    /// <param name="method">How.</param>
    /// <param name="path">What.</param>
    /// <param name="described">Where it is given, the body is its example.</param>
    /// <param name="header">Of the credential; null: none.</param>
    /// <param name="value">The credential.</param>
    private async Task<int> SendAsync(HttpMethod method, string path, JsonNode? described, string? header, string value)
    {
        using var http = new HttpClient { BaseAddress = host.BaseAddress };
        using var request = new HttpRequestMessage(method, path);
        if (header is not null) request.Headers.TryAddWithoutValidation(header, value);
        if (described?["requestBody"]?["content"] is { } content)
        {
            var example = (content["text/plain"] ?? content["application/json"])!["examples"]!.AsObject().First().Value!["value"]!;
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(content["text/plain"] is null ? example.ToJsonString() : (string)example!));
        }
        using var response = await http.SendAsync(request, Ct);
        return (int)response.StatusCode;
    }
}
