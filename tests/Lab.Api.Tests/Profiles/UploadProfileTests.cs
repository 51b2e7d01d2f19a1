using System.Net;
using System.Text;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Profiles;

public sealed class UploadProfileTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(SampleFiles.Shipped), MemberType = typeof(SampleFiles))]
    public async Task A_sample_file_is_accepted_analysed_and_reported(string file)
    {
        var upload = await host.Client.UploadProfileAsync($"SHIPPED-{file}", SampleFiles.Read(file), cancellation: Ct);
        Assert.True(upload.IsNew);
        Assert.Equal($"/v1/analyses/{upload.AnalysisId}", upload.Location?.OriginalString);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal(1, report.Version);
        Assert.Equal(upload.Accession, report.Sample.Accession);
        Assert.Equal(upload.Assay, report.Method.Assay);
        Assert.StartsWith("sha256:", report.Digest, StringComparison.Ordinal);
        Assert.Equal(SampleFiles.Read(file), await host.Client.GetProfileSourceAsync(upload.ProfileId, Ct));
    }

    [Theory]
    [MemberData(nameof(SampleFiles.Shipped), MemberType = typeof(SampleFiles))]
    public async Task The_same_file_has_the_same_digest_previewed_twice_stored_and_after_a_restart(string file)
    {
        var content = SampleFiles.Read(file);
        var first = await host.Client.PreviewReportAsync(content, cancellation: Ct);
        var second = await host.Client.PreviewReportAsync(content, cancellation: Ct);
        Assert.Equal((Guid.Empty, 0), (first.Id, first.Version));
        Assert.Equal(first.Digest, second.Digest);
        await host.RestartAsync();
        Assert.Equal(first.Digest, (await host.Client.PreviewReportAsync(content, cancellation: Ct)).Digest);
    }

    [Fact]
    public async Task A_stored_report_has_the_digest_of_its_preview()
    {
        var content = SampleFiles.Kreport(1);
        var preview = await host.Client.PreviewReportAsync(content, cancellation: Ct);
        var upload = await host.Client.UploadProfileAsync("DIGEST-1", content, cancellation: Ct);
        Assert.Equal(preview.Digest, (await host.Client.WaitForReportAsync(upload.AnalysisId, Ct)).Digest);
    }

    [Fact]
    public async Task The_same_bytes_under_another_accession_are_a_sample_of_their_own_with_a_warning()
    {
        var content = SampleFiles.Kreport(2);
        var one = await host.Client.UploadProfileAsync("COPY-1", content, cancellation: Ct);
        await host.Client.WaitForReportAsync(one.AnalysisId, Ct);
        var two = await host.Client.UploadProfileAsync("COPY-2", content, cancellation: Ct);
        Assert.True(two.IsNew);
        Assert.NotEqual(one.ProfileId, two.ProfileId);
        var report = await host.Client.WaitForReportAsync(two.AnalysisId, Ct);
        Assert.Equal("warn", report.Quality.Checks.Single(c => c.Code == "same-bytes-as-another-sample").Status);
    }

    [Fact]
    public async Task The_same_bytes_again_are_200_with_the_same_ids()
    {
        var first = await host.Client.UploadProfileAsync("AGAIN", SampleFiles.Kreport(3), cancellation: Ct);
        var again = await host.Client.UploadProfileAsync("AGAIN", SampleFiles.Kreport(3), cancellation: Ct);
        Assert.False(again.IsNew);
        Assert.False(again.Superseded);
        Assert.Equal((first.ProfileId, first.AnalysisId, first.Sha256), (again.ProfileId, again.AnalysisId, again.Sha256));
    }

    [Fact]
    public async Task Thirty_two_posts_of_the_same_bytes_at_once_are_one_profile_one_analysis_one_report()
    {
        var uploads = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => host.Client.UploadProfileAsync("AT-ONCE", SampleFiles.Kreport(4), cancellation: Ct)));
        Assert.Single(uploads, u => u.IsNew);
        Assert.Single(uploads.Select(u => (u.ProfileId, u.AnalysisId)).Distinct());
        await host.Client.WaitForReportAsync(uploads[0].AnalysisId, Ct);
        foreach (var table in new[] { "profile", "analysis", "report" })
        {
            Assert.Equal(1, await host.ScalarAsync<long>($"SELECT count(*) FROM lab.{table} WHERE sample_id = (SELECT id FROM lab.sample WHERE accession = 'AT-ONCE')"));
        }
    }

    [Fact]
    public async Task A_then_B_then_A_is_200_and_superseded()
    {
        var a = await host.Client.UploadProfileAsync("ABA", SampleFiles.Kreport(5), cancellation: Ct);
        var b = await host.Client.UploadProfileAsync("ABA", SampleFiles.Kreport(6), cancellation: Ct);
        var again = await host.Client.UploadProfileAsync("ABA", SampleFiles.Kreport(5), cancellation: Ct);
        Assert.True(b.IsNew);
        Assert.NotEqual(a.ProfileId, b.ProfileId);
        Assert.Equal((false, true, a.ProfileId, a.AnalysisId), (again.IsNew, again.Superseded, again.ProfileId, again.AnalysisId));
        Assert.Equal(2, (await host.Client.GetSampleAsync("ABA", Ct)).Profiles.Count);
    }

    [Fact]
    public async Task Gzip_equals_plain_as_a_file_and_as_an_encoding()
    {
        var content = SampleFiles.Kreport(7);
        var plain = await host.Client.UploadProfileAsync("GZIP", content, cancellation: Ct);
        var file = await host.Client.UploadProfileAsync("GZIP", SampleFiles.Gzip(content), cancellation: Ct);
        Assert.Equal((false, plain.ProfileId, plain.Sha256), (file.IsNew, file.ProfileId, file.Sha256));
        using var http = host.Http();
        using var body = new ByteArrayContent(SampleFiles.Gzip(content)) { Headers = { ContentEncoding = { "gzip" } } };
        using var encoded = await http.PostAsync("v1/samples/GZIP/profiles", body, Ct);
        Assert.Equal(HttpStatusCode.OK, encoded.StatusCode);
        Assert.Contains(plain.ProfileId.ToString(), await encoded.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gzip_cut_off_anywhere_is_400_and_stores_nothing()
    {
        var whole = SampleFiles.Gzip(SampleFiles.Kreport(8));
        var before = await RowsAsync();
        foreach (var length in new[] { 3, 9, 10, 11, whole.Length / 2, whole.Length - 8, whole.Length - 4, whole.Length - 1 })
        {
            var refused = await RefusedAsync("CUT", whole[..length]);
            Assert.Equal((HttpStatusCode.BadRequest, "compression-corrupt"), (refused.StatusCode, refused.Code));
        }
        Assert.Equal(before, await RowsAsync());
    }

    [Fact]
    public async Task Gzip_of_two_members_is_one_content_and_what_follows_the_last_is_damage()
    {
        var content = SampleFiles.Kreport(71);
        byte[] members = [.. SampleFiles.Gzip(content[..200]), .. SampleFiles.Gzip(content[200..])];
        var upload = await host.Client.UploadProfileAsync("MEMBERS", members, cancellation: Ct);
        Assert.Equal(content, await host.Client.GetProfileSourceAsync(upload.ProfileId, Ct));
        foreach (byte[] junk in new byte[][] { [1], [.. "more"u8], [.. content], [0x1F, 0x8B], SampleFiles.Gzip(content)[..40] })
        {
            var refused = await RefusedAsync("MEMBERS", [.. SampleFiles.Gzip(content), .. junk]);
            Assert.Equal((HttpStatusCode.BadRequest, "compression-corrupt"), (refused.StatusCode, refused.Code));
        }
    }

    [Fact]
    public async Task Any_flipped_bit_of_a_gzip_is_400_or_the_same_content()
    {
        var whole = SampleFiles.Gzip(SampleFiles.Kreport(9));
        for (var at = 0; at < whole.Length; at += 7)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x10;
            // Bytes of the header (time, system) are no content; a damaged magic is no gzip any more.
            if (at < 10) continue;
            var refused = await RefusedAsync("FLIPPED", damaged);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    [Fact]
    public async Task All_problems_of_a_file_come_at_once_with_their_places_and_nothing_is_stored()
    {
        var before = await RowsAsync();
        var lines = Encoding.UTF8.GetString(SampleFiles.Kreport(10)).Split('\n');
        lines[6] = lines[6].Replace("\t50010\tS", "\t-5\tS", StringComparison.Ordinal);
        lines[10] = lines[10].Replace("\t853\t", "\tx853\t", StringComparison.Ordinal);
        lines[14] = lines[14].Replace("300000\t300000", "3.0e\t300000", StringComparison.Ordinal);
        var refused = await RefusedAsync("BROKEN", Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "profile-invalid"), (refused.StatusCode, refused.Code));
        var errors = refused.Problem!.Errors;
        Assert.Contains(errors, e => (e.Code, e.Line, e.Column) == ("value-negative", 7, 3));
        Assert.Contains(errors, e => (e.Code, e.Line, e.Column) == ("taxid-invalid", 11, 5));
        Assert.Contains(errors, e => (e.Code, e.Line, e.Column) == ("value-not-a-number", 15, 2));
        Assert.All(errors, e => Assert.False(string.IsNullOrWhiteSpace(e.Message) || string.IsNullOrWhiteSpace(e.Hint)));
        Assert.Equal(before, await RowsAsync());
    }

    [Fact]
    public async Task More_than_a_hundred_problems_are_cut_and_said_to_be()
    {
        var text = string.Concat(Enumerable.Range(0, 300).Select(i => $" 1.00\t-1\t-1\tS\t{i + 1}\tspecies {i}\n"));
        var refused = await RefusedAsync("MANY", Encoding.UTF8.GetBytes(" 10.00\t100\t100\tU\t0\tunclassified\n" + text));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal(100, refused.Problem!.Errors.Count);
        Assert.True(refused.Problem.Truncated);
    }

    [Theory]
    [InlineData("", "empty-file")]
    [InlineData("name\ttaxonomy_id\ttaxonomy_lvl\tkraken_assigned_reads\tadded_reads\tnew_est_reads\tfraction_total_reads\n", "no-data-rows")]
    public async Task An_empty_file_is_422(string text, string code)
    {
        var refused = await RefusedAsync("EMPTY", Encoding.UTF8.GetBytes(text));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains(refused.Problem!.Errors, e => e.Code == code);
    }

    [Theory]
    [InlineData("{ \"assay\": \"amplicon-16s\", \"unit\": \"reads\", \"taxa\": [ { \"taxid\": 853, \"value\": NaN } ] }")]
    [InlineData("{ \"assay\": \"amplicon-16s\", \"unit\": \"reads\", \"taxa\": [ { \"taxid\": 853, \"value\": 1e999 } ] }")]
    [InlineData("{ \"assay\": \"amplicon-16s\", \"unit\": \"reads\", \"taxa\": [ { \"taxid\": 853, \"value\": \"12\" } ] }")]
    [InlineData("{ \"assay\": \"amplicon-16s\", \"unit\": \"reads\", \"taxa\": [ { \"taxid\": 853, \"value\": 1, \"value\": 2 } ] }")]
    [InlineData("{ \"assay\": \"amplicon-16s\", \"unit\": \"reads\", \"taxa\": [ { \"taxid\": 853, \"value\": 1, \"extra\": 2 } ] }")]
    [InlineData("{ \"assay\": \"amplicon-16s\", \"unit\": \"reads\", \"taxa\": [ { \"taxid\": 853 } ] }")]
    public async Task Native_JSON_is_strict(string text)
    {
        var refused = await RefusedAsync("STRICT", Encoding.UTF8.GetBytes(text));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        // NaN is no JSON at all: that has a line and column.
        Assert.All(refused.Problem!.Errors, e => Assert.True(e.Pointer?.StartsWith("/taxa/0", StringComparison.Ordinal) == true || e is { Line: 1, Column: > 70 }, e.ToString()));
        Assert.NotEmpty(refused.Problem.Errors);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("gzip, gzip")]
    [InlineData("nonsense")]
    public async Task An_unknown_Content_Encoding_is_415(string encoding)
    {
        using var http = host.Http();
        using var body = new ByteArrayContent(SampleFiles.Kreport(11));
        body.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        await Problems.AssertAsync(await http.PostAsync("v1/samples/ENCODED/profiles", body, Ct), 415, "unsupported-content");
    }

    [Theory]
    [InlineData("PK\u0003\u0004zip")]
    [InlineData("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>")]
    [InlineData("@read1\nACGTACGTACGT\n+\nIIIIIIIIIIII\n")]
    public async Task Something_else_is_415(string text)
    {
        var refused = await RefusedAsync("OTHER", Encoding.UTF8.GetBytes(text));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
    }

    [Fact]
    public async Task Too_large_is_413_as_it_comes_and_when_decompressed()
    {
        var large = new byte[65 * 1024 * 1024];
        large.AsSpan().Fill((byte)' ');
        using var http = host.Http();
        foreach (var chunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/samples/LARGE/profiles") { Content = new ByteArrayContent(large), Headers = { TransferEncodingChunked = chunked } };
            // With 100-continue the refusal comes before the body is sent, and does not cross it.
            request.Headers.ExpectContinue = true;
            using var answer = await http.SendAsync(request, Ct);
            await Problems.AssertAsync(answer, 413, "too-large");
        }
        var refused = await RefusedAsync("LARGE", SampleFiles.Gzip(large));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "too-large"), (refused.StatusCode, refused.Code));
        Assert.Null(await host.ScalarAsync<string>("SELECT accession FROM lab.sample WHERE accession = 'LARGE'"));
    }

    [Theory]
    [InlineData("assay", "assay-unknown")]
    [InlineData("panel", "panel-unknown")]
    [InlineData("cohort", "cohort-unknown")]
    public async Task What_is_asked_for_and_not_known_is_422(string what, string code)
    {
        using var http = host.Http();
        using var body = new ByteArrayContent(SampleFiles.Kreport(12));
        await Problems.AssertAsync(await http.PostAsync($"v1/samples/ASKED/profiles?{what}=none", body, Ct), 422, code);
    }

    private async Task<LabProblemException> RefusedAsync(string accession, byte[] content) =>
        await Assert.ThrowsAsync<LabProblemException>(() => host.Client.UploadProfileAsync(accession, content, cancellation: Ct));

    private async Task<string> RowsAsync()
    {
        await using var connection = await host.OpenDatabaseAsync();
        await using var command = new NpgsqlCommand("""
            SELECT concat_ws(' ', (SELECT count(*) FROM lab.sample), (SELECT count(*) FROM lab.profile), (SELECT count(*) FROM lab.analysis),
                (SELECT count(*) FROM lab.audit WHERE action NOT IN ('report.published', 'report.read', 'profile.read')), (SELECT count(*) FROM lab.idempotency))
            """, connection);
        return (string)(await command.ExecuteScalarAsync(Ct))!;
    }
}
