using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Lab.Api.Storage;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class GetReportTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_has_a_strong_ETag_and_is_304_to_who_has_it()
    {
        var report = await ReportAsync("ETAG", 1);
        var first = await host.Client.GetReportAsync(report.Id, cancellation: Ct);
        Assert.Matches("^\"[0-9a-f]{16}\"$", first.ETag);
        Assert.Equal(report.Digest, first.Report!.Digest);
        var second = await host.Client.GetReportAsync(report.Id, first.ETag, Ct);
        Assert.Null(second.Report);
        Assert.Equal(first.ETag, second.ETag);
        Assert.NotNull((await host.Client.GetReportAsync(report.Id, "\"0000000000000000\"", Ct)).Report);
        Assert.Null((await host.Client.GetCurrentReportAsync("ETAG", ifNoneMatch: first.ETag, cancellation: Ct)).Report);
    }

    [Fact]
    public async Task If_None_Match_takes_lists_and_any()
    {
        var report = await ReportAsync("ETAGS", 2);
        var etag = (await host.Client.GetReportAsync(report.Id, cancellation: Ct)).ETag!;
        foreach (var value in new[] { $"\"x\", {etag}", "*", $"W/{etag}" })
        {
            using var http = host.Http();
            http.DefaultRequestHeaders.TryAddWithoutValidation("If-None-Match", value);
            using var answer = await http.GetAsync($"v1/reports/{report.Id}", Ct);
            Assert.Equal((value, HttpStatusCode.NotModified), (value, answer.StatusCode));
        }
    }

    [Fact]
    public async Task The_gzip_representation_has_its_own_ETag_and_the_same_content()
    {
        var report = await ReportAsync("GZIPPED", 3);
        using var http = host.Http();
        using var plain = await http.GetAsync($"v1/reports/{report.Id}", Ct);
        http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var gzip = await http.GetAsync($"v1/reports/{report.Id}", Ct);
        Assert.Equal(["gzip"], gzip.Content.Headers.ContentEncoding);
        Assert.Equal($"{plain.Headers.ETag!.Tag.TrimEnd('"')}-gzip\"", gzip.Headers.ETag!.Tag);
        Assert.Equal(await plain.Content.ReadAsByteArrayAsync(Ct), Gzip.Expand(await gzip.Content.ReadAsByteArrayAsync(Ct)));
        http.DefaultRequestHeaders.IfNoneMatch.Add(gzip.Headers.ETag);
        using var known = await http.GetAsync($"v1/reports/{report.Id}", Ct);
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        foreach (var answer in new[] { plain, gzip, known }) Assert.Equal("Accept, Accept-Encoding, Accept-Language", string.Join(", ", answer.Headers.Vary));
    }

    [Theory]
    [InlineData("application/json", 200)]
    [InlineData("*/*", 200)]
    [InlineData("application/*", 200)]
    [InlineData("image/png", 406)]
    [InlineData("text/plain, image/png;q=0.5", 406)]
    [InlineData("application/json;q=0", 406)]
    public async Task Accept_is_honoured(string accept, int status)
    {
        var report = await ReportAsync("ACCEPT", 4);
        using var http = host.Http();
        http.DefaultRequestHeaders.Accept.Clear();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        using var answer = await http.GetAsync($"v1/reports/{report.Id}", Ct);
        if (status == 406) await Problems.AssertAsync(answer, 406, "not-acceptable");
        else Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_new_profile_makes_a_new_version_and_the_old_one_answers_unchanged_and_names_it()
    {
        var one = await ReportAsync("SERIES", 5);
        using var http = host.Http();
        var bytes = await http.GetByteArrayAsync($"v1/reports/{one.Id}", Ct);
        Assert.Null((await host.Client.GetReportAsync(one.Id, cancellation: Ct)).Successor);
        var two = await ReportAsync("SERIES", 6);
        Assert.Equal((1, 2), (one.Version, two.Version));
        Assert.Equal("new-profile", two.Because?.Code);
        Assert.Equal($"/v1/reports/{two.Id}", (await host.Client.GetReportAsync(one.Id, cancellation: Ct)).Successor?.OriginalString);
        Assert.Equal(bytes, await http.GetByteArrayAsync($"v1/reports/{one.Id}", Ct));
        Assert.Null((await host.Client.GetReportAsync(two.Id, cancellation: Ct)).Successor);
    }

    [Fact]
    public async Task Once_one_was_released_the_next_waits_and_the_released_one_stays_current()
    {
        var one = await ReportAsync("RELEASED", 7);
        Assert.Equal("final", one.Status);
        var two = await ReportAsync("RELEASED", 8);
        Assert.Equal("preliminary", two.Status);
        Assert.Equal(one.Id, (await host.Client.GetCurrentReportAsync("RELEASED", cancellation: Ct)).Report!.Id);
        Assert.Equal(one.Id, (await host.Client.GetSampleAsync("RELEASED", Ct)).Report!.Id);
    }

    [Fact]
    public async Task The_current_report_is_of_one_assay_or_the_one_issued_last()
    {
        var shotgun = await ReportAsync("ASSAYS", 9);
        var upload = await host.Client.UploadProfileAsync("ASSAYS", SampleFiles.Read("amplicon-16s-healthy.json"), cancellation: Ct);
        var amplicon = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal(shotgun.Id, (await host.Client.GetCurrentReportAsync("ASSAYS", shotgun.Method.Assay, cancellation: Ct)).Report!.Id);
        Assert.Equal(amplicon.Id, (await host.Client.GetCurrentReportAsync("ASSAYS", amplicon.Method.Assay, cancellation: Ct)).Report!.Id);
        Assert.Equal(amplicon.Id, (await host.Client.GetCurrentReportAsync("ASSAYS", cancellation: Ct)).Report!.Id);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.GetCurrentReportAsync("ASSAYS", "none", cancellation: Ct))).Code);
    }

    [Fact]
    public async Task The_document_holds_what_the_contract_names_in_its_order()
    {
        var report = await ReportAsync("DOCUMENT", 10);
        using var http = host.Http();
        using var document = JsonDocument.Parse(await http.GetByteArrayAsync($"v1/reports/{report.Id}", Ct));
        string[] members =
        [
            "id", "version", "status", "issuedAt", "replaces", "because", "sample", "method", "quality", "diversity", "composition", "ratios", "guilds", "indices", "findings", "notices",
            "recommendations", "digest",
        ];
        Assert.Equal(members.Order(), document.RootElement.EnumerateObject().Select(m => m.Name).Order());
        Assert.Equal(["observed", "shannon", "simpson", "inverse-simpson", "pielou", "berger-parker", "chao1", "goods-coverage", "fisher-alpha"],
            report.Diversity.Select(m => m.Metric));
        Assert.Contains(report.Notices, n => n.Code == "not-a-diagnosis");
        Assert.All(report.Notices, n => Assert.False(string.IsNullOrWhiteSpace(n.Text.En) || string.IsNullOrWhiteSpace(n.Text.Nl)));
        Assert.Equal(1, report.Composition.Phylum.Sum(t => t.Fraction!.Value), 4);
    }

    [Fact]
    public async Task All_indices_are_listed_each_with_what_it_is_not_and_those_of_another_profiler_without_a_value()
    {
        var upload = await host.Client.UploadProfileAsync("INDICES", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), cancellation: Ct);
        var indices = (await host.Client.WaitForReportAsync(upload.AnalysisId, Ct)).Indices;
        // By a script over the file and the published lists.
        Assert.Equal([("gmwi2", null, "profiler-mismatch"), ("gmhi", 3.01606, null), ("md-index", -5.08, null), ("microbiomehd", null, "profiler-mismatch")],
            indices.Select(i => (i.Id, i.Value, i.Reason)));
        Assert.All(indices, i => Assert.True(i.Value is null == i.Reference is null && i.Text.Nl.Contains("geen diagnose", StringComparison.Ordinal) && i.Citations[0].StartsWith("doi:", StringComparison.Ordinal)));
    }

    private async Task<Report> ReportAsync(string accession, int seed)
    {
        var upload = await host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(seed), cancellation: Ct);
        return await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
    }
}
