using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>Many samples in one request.</summary>
public sealed class UploadProfilesTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_line_has_its_own_verdict_and_a_bad_one_spoils_no_other()
    {
        var verdicts = await SendAsync($$"""
            {{Line("MANY-1", 100)}}
            {"accession":"MANY-2","assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":-1}]}

            not json
            {"assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":1}]}
            {"accession":"no accession","assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":1}]}
            {"accession":"MANY-3","unit":"reads","taxa":[{"taxid":853,"value":1}]}
            {{Line("MANY-1", 101)}}
            {{Line("MANY-1", 101)}}
            {{Line("MANY-4", 7)}}
            """);
        Assert.Equal([(1, "accepted", null), (2, "rejected", "value-negative"), (4, "rejected", "json-invalid"), (5, "rejected", "accession-missing"), (6, "rejected", "accession-invalid"),
            (7, "rejected", "assay-missing"), (8, "accepted", null), (9, "duplicate", null), (10, "accepted", null)], verdicts.Select(v => (v.Line, v.Status, v.Problem?.Code)));
        Assert.Equal(["MANY-1", null, null, null, "no accession", "MANY-3", "MANY-1", "MANY-1", "MANY-4"], verdicts.Select(v => v.Accession));
        Assert.Equal(verdicts[6].ProfileId, verdicts[7].ProfileId);
        Assert.Equal("/taxa/0/value", Assert.Single(verdicts[1].Problem!.Errors).Pointer);
        Assert.Equal(404, await StatusOfAsync("MANY-2"));
        var report = await host.Client.WaitForReportAsync(verdicts[8].AnalysisId!.Value, Ct);
        Assert.Equal("MANY-4", report.Sample.Accession);
        Assert.Equal(Line("MANY-4", 7), Encoding.UTF8.GetString(await host.Client.GetProfileSourceAsync(verdicts[8].ProfileId!.Value, Ct)));
    }

    [Fact]
    public async Task What_is_sent_again_is_a_duplicate_with_the_same_ids()
    {
        var body = string.Join('\n', Enumerable.Range(1, 600).Select(i => Line($"AGAIN-{i}", i)));
        var first = await SendAsync(body);
        var second = await SendAsync(body);
        Assert.All(first, v => Assert.Equal("accepted", v.Status));
        Assert.All(second, v => Assert.Equal("duplicate", v.Status));
        Assert.Equal(first.Select(v => (v.Line, v.Accession, v.ProfileId, v.AnalysisId)), second.Select(v => (v.Line, v.Accession, v.ProfileId, v.AnalysisId)));
        Assert.Equal(600L, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE 'AGAIN-%'"));
    }

    [Fact]
    public async Task A_line_and_an_upload_of_the_same_content_are_duplicates_of_each_other()
    {
        var one = Assert.Single(await SendAsync(Line("SAME-1", 5)));
        var upload = await host.Client.UploadProfileAsync("SAME-1", Encoding.UTF8.GetBytes(Line("SAME-1", 5).Replace(",", ", ", StringComparison.Ordinal)), cancellation: Ct);
        Assert.Equal((false, one.ProfileId, one.AnalysisId), (upload.IsNew, upload.ProfileId, upload.AnalysisId));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task The_lines_may_be_compressed_and_a_cut_off_body_keeps_what_came_before(string encoding)
    {
        var lines = string.Join('\n', Enumerable.Range(1, 2000).Select(i => Line($"CUT-{encoding}-{i}", i)));
        var whole = encoding == "gzip" ? SampleFiles.Gzip(Encoding.UTF8.GetBytes(lines)) : SampleFiles.Zstd(Encoding.UTF8.GetBytes(lines));
        var problem = await Assert.ThrowsAsync<LabProblemException>(() => SendAsync(Body(whole[..^20], encoding)));
        Assert.Equal((400, "compression-corrupt"), ((int)problem.StatusCode, problem.Code));
        var verdicts = await SendAsync(Body(whole, encoding));
        Assert.Equal(2000, verdicts.Count);
        Assert.Equal("duplicate", verdicts[0].Status);
        Assert.Equal("accepted", verdicts[^1].Status);
    }

    [Fact]
    public async Task Lines_end_with_CRLF_too_and_the_last_needs_no_end()
    {
        var verdicts = await SendAsync(Line("CRLF-1", 1) + "\r\n" + Line("CRLF-2", 2));
        Assert.Equal(["CRLF-1", "CRLF-2"], verdicts.Select(v => v.Accession));
        Assert.Equal(Line("CRLF-1", 1), Encoding.UTF8.GetString(await host.Client.GetProfileSourceAsync(verdicts[0].ProfileId!.Value, Ct)));
    }

    [Fact]
    public async Task A_body_without_a_sample_is_refused()
    {
        var problem = await Assert.ThrowsAsync<LabProblemException>(() => SendAsync("\n  \n"));
        Assert.Equal((422, "empty-file"), ((int)problem.StatusCode, problem.Code));
    }

    [Fact]
    public async Task A_rejected_sample_takes_no_line_and_nor_does_another_partners()
    {
        await host.Client.PutSampleAsync("TAKES-NONE", new SampleRegistration(), Ct);
        await host.Client.RejectSampleAsync("TAKES-NONE", "contaminated", cancellation: Ct);
        var verdicts = await SendAsync(Line("TAKES-NONE", 1) + "\n" + Line("TAKES-SOME", 1));
        Assert.Equal([("rejected", 409), ("accepted", 0)], verdicts.Select(v => (v.Status, v.Problem?.Status ?? 0)));
        var partner = await host.ClientForAsync("many-partner", "profiles:write");
        var own = await SendAsync(new StringContent(Line("TAKES-SOME", 2) + "\n" + Line("TAKES-OWN", 2), new MediaTypeHeaderValue("application/x-ndjson")), partner);
        Assert.Equal([("rejected", "not-found"), ("accepted", null)], own.Select(v => (v.Status, v.Problem?.Code)));
    }

    [Fact]
    public async Task Requests_that_overlap_store_each_sample_once()
    {
        var lines = Enumerable.Range(1, 300).Select(i => Line($"RACE-{i}", i)).ToList();
        var all = await Task.WhenAll(Enumerable.Range(0, 6).Select(turn => SendAsync(string.Join('\n', turn % 2 == 0 ? lines : [.. lines.AsEnumerable().Reverse()]))));
        Assert.All(all.SelectMany(v => v), v => Assert.Contains(v.Status, new[] { "accepted", "duplicate" }));
        Assert.Equal(300, all.SelectMany(v => v).Count(v => v.Status == "accepted"));
        Assert.Equal(300, all.SelectMany(v => v).Select(v => v.ProfileId).Distinct().Count());
        Assert.Equal(300L, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE 'RACE-%'"));
    }

    [Fact]
    public async Task Validate_says_the_line_of_each_problem_and_stores_nothing()
    {
        var body = Line("DRY-1", 1) + "\n" + Line("DRY-2", 2).Replace("853", "-4", StringComparison.Ordinal) + "\n" + Line("not dry", 2);
        var verdict = await host.Client.ValidateProfileAsync(new StringContent(body, new MediaTypeHeaderValue("application/x-ndjson")), cancellation: Ct);
        Assert.False(verdict.Valid);
        Assert.Equal([("taxid-invalid", (int?)2), ("accession-invalid", 3)], verdict.Errors.Select(e => (e.Code, e.Line)));
        Assert.Equal(["DRY-1", "not dry"], verdict.Samples.Select(s => s.Accession));
        Assert.Equal(404, await StatusOfAsync("DRY-1"));
    }

    private static string Line(string accession, int seed) => string.Create(CultureInfo.InvariantCulture,
        $$$"""{"accession":"{{{accession}}}","assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":{{{5000 + seed}}}},{"taxid":820,"value":3000},{"taxid":562,"value":{{{seed}}}}]}""");

    private static StreamContent Body(byte[] bytes, string encoding)
    {
        var content = new StreamContent(new MemoryStream(bytes));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        content.Headers.ContentEncoding.Add(encoding);
        return content;
    }

    private Task<List<UploadVerdict>> SendAsync(string lines) => SendAsync(new StringContent(lines, new MediaTypeHeaderValue("application/x-ndjson")));

    private async Task<List<UploadVerdict>> SendAsync(HttpContent content, LabClient? client = null)
    {
        var verdicts = new List<UploadVerdict>();
        await foreach (var verdict in (client ?? host.Client).UploadProfilesAsync(content, cancellation: Ct)) verdicts.Add(verdict);
        return verdicts;
    }

    private async Task<int> StatusOfAsync(string accession) => (int)(await Assert.ThrowsAsync<LabProblemException>(() => host.Client.GetSampleAsync(accession, Ct))).StatusCode;
}
