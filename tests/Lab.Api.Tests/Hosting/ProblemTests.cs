using System.Net;
using System.Text;
using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Every failure is a problem document, and a client's mistake is never a 500.</summary>
public sealed class ProblemTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_problem_has_its_page_without_a_key()
    {
        using var http = host.Http(anonymous: true);
        foreach (var (code, problem) in ProblemCodes.All)
        {
            using var page = await http.GetAsync($"problems/{code}", Ct);
            Assert.Equal((code, HttpStatusCode.OK), (code, page.StatusCode));
            var explained = JsonSerializer.Deserialize<JsonElement>(await page.Content.ReadAsStringAsync(Ct));
            Assert.Equal((problem.Status, problem.Title), (explained.GetProperty("status").GetInt32(), explained.GetProperty("title").GetString()));
        }
        await Problems.AssertAsync(await http.GetAsync("problems/none", Ct), 404, "not-found");
    }

    [Fact]
    public async Task Every_code_of_an_upload_has_its_page_with_an_example_that_has_it()
    {
        using var http = host.Http(anonymous: true);
        foreach (var (code, problem) in ProfileProblemCodes.All)
        {
            var explained = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync($"problems/{code}", Ct));
            Assert.Equal((problem.Title, problem.Advice, problem.Example), (explained.GetProperty("title").GetString(), explained.GetProperty("advice").GetString(), explained.GetProperty("example").GetString()));
            if (problem.Example is null) continue;
            var verdict = await Record.ExceptionAsync(async () =>
            {
                var valid = await host.Client.ValidateProfileAsync(Encoding.UTF8.GetBytes(problem.Example), cancellation: Ct);
                Assert.Contains(code, valid.Errors.Concat(valid.Warnings).Select(e => e.Code));
            });
            if (verdict is LabProblemException refused) Assert.Contains(code, refused.Problem!.Errors.Select(e => e.Code).Prepend(refused.Code));
            else Assert.Null(verdict);
        }
        Assert.True(ProfileProblemCodes.All.Values.Count(p => p.Example is not null) > 50);
    }

    [Theory]
    [InlineData("v1/reports/none")]
    [InlineData("v1/reports/1")]
    [InlineData("v1/reports/0199AAAA-0000-7000-8000-00000000000")]
    [InlineData("v1/reports/{0199aaaa-0000-7000-8000-000000000000}")]
    [InlineData("v1/profiles/none")]
    [InlineData("v1/profiles/none/source")]
    [InlineData("v1/profiles/none/diversity")]
    [InlineData("v1/reports/none/taxa")]
    [InlineData("v1/panels/none/versions/1")]
    [InlineData("v1/panels/gut-core/versions/0")]
    [InlineData("v1/panels/gut-core/versions/none")]
    [InlineData("v1/cohorts/none/versions/1")]
    [InlineData("v1/cohorts/western-shotgun/versions/2")]
    [InlineData("v1/analyses/none")]
    [InlineData("v1/taxa/none")]
    [InlineData("v1/taxa/-1")]
    [InlineData("v1/taxa/99999999999999999999")]
    [InlineData("v1/samples/.hidden")]
    [InlineData("v1/samples/a%20b")]
    [InlineData("v1/samples/a%2Fb")]
    [InlineData("v1/samples/%C3%A9")]
    [InlineData("v1/samples/a%0A")]
    [InlineData("v1/samples/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("v1/samples/none/report")]
    [InlineData("v1/samples/none/report?assay=%00")]
    [InlineData("v1/reports/0199aaaa-0000-7000-8000-000000000000")]
    [InlineData("v1/nothing")]
    [InlineData("nothing")]
    public async Task What_is_not_there_or_no_id_is_404(string path)
    {
        using var http = host.Http();
        await Problems.AssertAsync(await http.GetAsync(path, Ct), 404, "not-found");
    }

    [Theory]
    [InlineData("DELETE", "v1/samples/A")]
    [InlineData("POST", "v1/formats")]
    [InlineData("PUT", "v1/reports/preview")]
    [InlineData("PATCH", "v1/samples/A/profiles")]
    public async Task A_method_that_is_not_there_is_405_and_says_which_are(string method, string path)
    {
        using var http = host.Http();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await http.SendAsync(request, Ct);
        await Problems.AssertAsync(answer, 405, "method-not-allowed");
        Assert.NotEmpty(answer.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("""{ "unknown": 1 }""", "/unknown")]
    [InlineData("""{ "subject": "a", "subject": "b" }""", "/subject")]
    [InlineData("""{ "bristolScale": "4" }""", "/bristolScale")]
    [InlineData("""{ "bristolScale": NaN }""", "/bristolScale")]
    [InlineData("""{ "bristolScale": 1e999 }""", "/bristolScale")]
    [InlineData("""{ "bristolScale": 4.5 }""", "/bristolScale")]
    [InlineData("""{ "collectedAt": "yesterday" }""", "/collectedAt")]
    [InlineData("""{ "Subject": "a" }""", "/Subject")]
    [InlineData("""{ "context": { "symptoms": [ 1 ] } }""", "/context/symptoms/0")]
    [InlineData("""{ "context": { "other": [] } }""", "/context/other")]
    [InlineData("""{ "subject": "a", }""", null)]
    [InlineData("""{ "subject": "a" } {}""", null)]
    [InlineData("""{ "subject": """, null)]
    [InlineData("null", null)]
    [InlineData("[]", null)]
    [InlineData("", null)]
    public async Task A_registration_is_strict_JSON(string body, string? pointer)
    {
        using var http = host.Http();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var problem = await Problems.AssertAsync(await http.PutAsync("v1/samples/STRICT", content, Ct), 400, "body-invalid");
        var error = Assert.Single(problem.GetProperty("errors").EnumerateArray());
        if (pointer is not null) Assert.Equal(pointer, error.GetProperty("pointer").GetString());
        await Problems.AssertAsync(await http.GetAsync("v1/samples/STRICT", Ct), 404);
    }

    [Theory]
    [InlineData("""{ "subject": "Jan Jansen" }""", "/subject")]
    [InlineData("""{ "bristolScale": 8 }""", "/bristolScale")]
    [InlineData("""{ "partner": "not a name" }""", "/partner")]
    [InlineData("""{ "collectedAt": "2026-03-02T00:00:00Z", "receivedAt": "2026-03-01T00:00:00Z" }""", "/receivedAt")]
    [InlineData("""{ "collectedAt": "2999-01-01T00:00:00Z" }""", "/collectedAt")]
    [InlineData("""{ "context": { "symptoms": [ "bloating", "sadness" ] } }""", "/context/symptoms/1")]
    [InlineData("""{ "context": { "symptoms": [ null ] } }""", "/context/symptoms/0")]
    public async Task A_value_that_cannot_be_right_is_422_with_its_place(string body, string pointer)
    {
        using var http = host.Http();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var problem = await Problems.AssertAsync(await http.PutAsync("v1/samples/WRONG", content, Ct), 422, "value-invalid");
        Assert.Equal(pointer, Assert.Single(problem.GetProperty("errors").EnumerateArray()).GetProperty("pointer").GetString());
    }

    [Theory]
    [InlineData("GET", "v1/analyses/0199aaaa-0000-7000-8000-000000000000?wait=61")]
    [InlineData("GET", "v1/analyses/0199aaaa-0000-7000-8000-000000000000?wait=-1")]
    [InlineData("GET", "v1/analyses/0199aaaa-0000-7000-8000-000000000000?wait=soon")]
    [InlineData("POST", "v1/reports/preview?allowIncomplete=maybe")]
    public async Task A_parameter_of_the_wrong_kind_is_400(string method, string path)
    {
        using var http = host.Http();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        await Problems.AssertAsync(await http.SendAsync(request, Ct), 400, "bad-request");
    }

    [Fact]
    public async Task Every_answer_has_a_request_id_and_follows_traceparent()
    {
        using var http = host.Http();
        http.DefaultRequestHeaders.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        foreach (var path in new[] { "health/live", "health/ready", "v1/about", "v1/formats", "v1/assays", "v1/panels", "v1/cohorts", "v1/taxa/853", "problems/not-found", "v1/none", "openapi/v1.json" })
        {
            using var answer = await http.GetAsync(path, Ct);
            Assert.Equal((path, "0af7651916cd43dd8448eb211c80319c"), (path, Assert.Single(answer.Headers.GetValues("Request-Id"))));
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        }
    }

    [Fact]
    public async Task Times_come_back_in_UTC_and_a_change_needs_the_ETag_it_names()
    {
        using var http = host.Http();
        using var body = new StringContent("""{ "collectedAt": "2026-03-01T12:30:00.1239+02:00", "receivedAt": "2026-03-02T00:00:00Z", "bristolScale": 4 }""");
        using var created = await http.PutAsync("v1/samples/TIMES", body, Ct);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("/v1/samples/TIMES", created.Headers.Location?.OriginalString);
        Assert.Contains("\"collectedAt\":\"2026-03-01T10:30:00.123Z\"", await created.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        foreach (var (etag, status) in new[] { ("\"999\"", 412), (created.Headers.ETag!.Tag, 200), (created.Headers.ETag.Tag, 412), ("*", 200), ("\"7\", \"3\"", 200), ("W/\"4\"", 412), ("\"4-gzip\"", 200) })
        {
            using var change = new HttpRequestMessage(HttpMethod.Put, "v1/samples/TIMES") { Content = new StringContent("{}") };
            change.Headers.TryAddWithoutValidation("If-Match", etag);
            using var answer = await http.SendAsync(change, Ct);
            Assert.Equal((etag, status), (etag, (int)answer.StatusCode));
        }
        using var nothing = new HttpRequestMessage(HttpMethod.Put, "v1/samples/TIMES-2") { Content = new StringContent("{}") };
        nothing.Headers.TryAddWithoutValidation("If-Match", "*");
        await Problems.AssertAsync(await http.SendAsync(nothing, Ct), 412, "precondition-failed");
    }

    [Fact]
    public async Task The_reference_data_is_there()
    {
        Assert.Contains(await host.Client.ListFormatsAsync(Ct), f => f.Id == "kraken2-report");
        Assert.Contains(await host.Client.ListAssaysAsync(Ct), a => a.Id == "shotgun-kraken2");
        Assert.Contains(await host.Client.ListPanelsAsync(Ct), p => (p.Id, p.Version) == ("gut-core", 1));
        Assert.Contains(await host.Client.ListCohortsAsync(Ct), c => (c.Id, c.Version) == ("western-shotgun", 1));
        Assert.Equal("Faecalibacterium prausnitzii", (await host.Client.GetTaxonAsync(853, Ct)).Name);
        Assert.Equal("Lab", (await host.Client.GetAboutAsync(Ct)).Name);
        Assert.True(await host.Client.IsReadyAsync(Ct));
    }
}
