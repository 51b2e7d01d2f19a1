using System.Net;
using Xunit;

namespace Lab.Api.Tests.Hosting;

public sealed class EntityTagTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_read_has_a_strong_ETag_and_is_304_to_who_has_it()
    {
        var upload = await host.Client.UploadProfileAsync("TAGGED", SampleFiles.Read("kraken2-klebsiella.kreport"), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        string[] reads =
        [
            "v1/samples", "v1/samples/TAGGED", "v1/samples/TAGGED/report", $"v1/profiles/{upload.ProfileId}", $"v1/profiles/{upload.ProfileId}/source", $"v1/profiles/{upload.ProfileId}/diversity",
            "v1/analyses", $"v1/analyses/{upload.AnalysisId}", "v1/reports", $"v1/reports/{report.Id}", $"v1/reports/{report.Id}/taxa", $"v1/reports/{report.Id}/versions",
            $"v1/reports/{report.Id}/diff?to={report.Id}", $"v1/reports/{report.Id}/findings/{report.Findings[0].Code}/explanation", "v1/taxa/853", "v1/taxa?q=coli", "v1/formats", "v1/assays", "v1/panels",
            "v1/panels/gut-core/versions/1", "v1/cohorts", "v1/cohorts/western-shotgun/versions/1", "v1/context-codes", "v1/about",
        ];
        foreach (var path in reads)
        {
            using var http = host.Http();
            using var first = await http.GetAsync(path, Ct);
            Assert.Equal((path, HttpStatusCode.OK, false), (path, first.StatusCode, first.Headers.ETag!.IsWeak));
            http.DefaultRequestHeaders.IfNoneMatch.Add(first.Headers.ETag);
            using var second = await http.GetAsync(path, Ct);
            Assert.Equal((path, HttpStatusCode.NotModified, first.Headers.ETag), (path, second.StatusCode, second.Headers.ETag));
            Assert.Empty(await second.Content.ReadAsByteArrayAsync(Ct));
        }
    }

    [Fact]
    public async Task The_ETag_of_a_sample_changes_with_its_report_and_still_serves_If_Match()
    {
        await host.Client.PutSampleAsync("CHANGING", new(), Ct);
        using var http = host.Http();
        using var before = await http.GetAsync("v1/samples/CHANGING", Ct);
        var upload = await host.Client.UploadProfileAsync("CHANGING", SampleFiles.Kreport(1), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        http.DefaultRequestHeaders.IfNoneMatch.Add(before.Headers.ETag!);
        using var after = await http.GetAsync("v1/samples/CHANGING", Ct);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.NotEqual(before.Headers.ETag, after.Headers.ETag);
        // What was registered is the same revision: a PUT of who read it before the upload is right.
        using var put = new HttpRequestMessage(HttpMethod.Put, "v1/samples/CHANGING") { Content = new StringContent("{}") };
        put.Headers.IfMatch.Add(before.Headers.ETag!);
        using var replaced = await host.Http().SendAsync(put, Ct);
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
    }

    [Theory]
    [InlineData("\"2026-01-05T07:00:00\"")]
    [InlineData("\"2026-01-05\"")]
    public async Task A_time_without_a_zone_is_nobodys(string time)
    {
        using var http = host.Http();
        using var content = new StringContent($$"""{ "collectedAt": {{time}} }""");
        var problem = await Problems.AssertAsync(await http.PutAsync("v1/samples/ZONELESS", content, Ct), 400, "body-invalid");
        Assert.Equal("/collectedAt", problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }
}
