using System.Net;
using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>A dry run says what an upload would, and stores nothing.</summary>
public sealed class ValidateProfileTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(SampleFiles.Shipped), MemberType = typeof(SampleFiles))]
    public async Task What_an_upload_accepts_is_valid_with_the_same_facts_and_nothing_is_stored(string file)
    {
        var before = await RowsAsync();
        var validation = await host.Client.ValidateProfileAsync(SampleFiles.Read(file), cancellation: Ct);
        Assert.Equal(before, await RowsAsync());
        var upload = await host.Client.UploadProfileAsync($"VALID-{file}", SampleFiles.Read(file), cancellation: Ct);
        Assert.Equal((true, upload.Format, upload.Assay, false), (validation.Valid, validation.Format, validation.Assay, validation.Truncated));
        Assert.Equal(new ValidatedSample(null, upload.Unit, upload.TotalReads, upload.UnclassifiedFraction, upload.Taxa), Assert.Single(validation.Samples));
        Assert.Empty(validation.Errors);
        Assert.Equal(upload.Warnings, validation.Warnings);
    }

    [Theory]
    [MemberData(nameof(SharedFixtures.MalformedFiles), MemberType = typeof(SharedFixtures))]
    public async Task A_broken_file_is_not_valid_where_an_upload_is_422_and_else_what_an_upload_is(string file, string? declared)
    {
        var content = await SharedFixtures.ReadAsync($"malformed/{file}");
        var options = new UploadOptions { Format = declared };
        var uploaded = await Record.ExceptionAsync(() => host.Client.UploadProfileAsync("MALFORMED", content, options, Ct)) as LabProblemException;
        // A table of several samples is a body of the other route.
        if (uploaded?.Code == "multi-sample-table") return;
        var refused = await Record.ExceptionAsync(async () =>
        {
            var validation = await host.Client.ValidateProfileAsync(content, options, Ct);
            Assert.Equal(uploaded is null, validation.Valid);
            Assert.Equal(uploaded?.Problem!.Errors ?? [], validation.Errors);
            Assert.Equal(uploaded is null ? 1 : 0, validation.Samples.Count);
        }) as LabProblemException;
        Assert.Equal(uploaded is { StatusCode: not HttpStatusCode.UnprocessableEntity } ? (uploaded.StatusCode, uploaded.Code) : (default(HttpStatusCode), null), (refused?.StatusCode ?? default, refused?.Code));
    }

    [Fact]
    public async Task Each_parameter_is_the_one_of_an_upload()
    {
        var kreport = SampleFiles.Kreport(1);
        Assert.Equal("shotgun-bracken", (await host.Client.ValidateProfileAsync(kreport, new() { Assay = "shotgun-bracken" }, Ct)).Assay);
        Assert.True((await host.Client.ValidateProfileAsync(kreport, new() { Format = "kraken2-report", Panel = "gut-core@1", Cohort = "western-shotgun@1" }, Ct)).Valid);
        (UploadOptions Options, string Code)[] unknown =
        [
            (new() { Assay = "none" }, "assay-unknown"), (new() { Panel = "none" }, "panel-unknown"), (new() { Cohort = "none" }, "cohort-unknown"), (new() { Format = "none" }, "format-unknown"),
            (new() { Format = "bracken" }, "format-mismatch"),
        ];
        foreach (var (options, code) in unknown)
        {
            var validation = await host.Client.ValidateProfileAsync(kreport, options, Ct);
            Assert.Equal((false, code, null), (validation.Valid, Assert.Single(validation.Errors).Code, validation.Assay));
            Assert.Empty(validation.Samples);
        }
        var cut = Encoding.UTF8.GetBytes(string.Concat(Encoding.UTF8.GetString(kreport).Split('\n')[..11].Select(line => line + "\n")));
        Assert.Contains((await host.Client.ValidateProfileAsync(cut, cancellation: Ct)).Errors, e => e.Code == "report-incomplete");
        var allowed = await host.Client.ValidateProfileAsync(cut, new() { AllowIncomplete = true }, Ct);
        Assert.True(allowed.Valid);
        Assert.NotEmpty(allowed.Warnings);
    }

    [Fact]
    public async Task A_profile_that_does_not_tell_its_assay_is_not_valid_and_one_that_names_its_sample_says_so()
    {
        const string taxa = """ "unit": "reads", "taxa": [ { "taxid": 853, "value": 6000 } ] }""";
        var untold = await host.Client.ValidateProfileAsync(Encoding.UTF8.GetBytes("{" + taxa), cancellation: Ct);
        Assert.Equal((false, "lab-json", "assay-missing"), (untold.Valid, untold.Format, Assert.Single(untold.Errors).Code));
        var named = await host.Client.ValidateProfileAsync(Encoding.UTF8.GetBytes("""{ "accession": "NAMED-1", "assay": "amplicon-16s",""" + taxa), cancellation: Ct);
        Assert.Equal("NAMED-1", Assert.Single(named.Samples).Accession);
    }

    [Fact]
    public async Task Lines_are_as_valid_as_they_would_be_accepted()
    {
        const string rest = """ "assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":6000}]}""";
        (string Query, string Body, string[] Codes, string?[] Understood)[] cases =
        [
            ("", $"{{\"accession\":\"LINE-1\",{rest}\n{{\"accession\":\"LINE-2\",{rest}\n", [], ["LINE-1", "LINE-2"]),
            ("", "\n", ["empty-file"], []),
            ("?format=kraken2-report", $"{{\"accession\":\"LINE-1\",{rest}\n", ["profile-invalid"], []),
            ("", $"{{{rest}\n{{\"accession\":\"no name\",{rest}\n{{\"accession\":\"LINE-3\",{rest}\n", ["accession-missing", "accession-invalid"], [null, "no name", "LINE-3"]),
        ];
        using var http = host.Http();
        foreach (var (query, body, codes, understood) in cases)
        {
            using var content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-ndjson"));
            using var answer = await http.PostAsync($"v1/profiles/validate{query}", content, Ct);
            var validation = (await System.Text.Json.JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(Ct), cancellationToken: Ct)).RootElement;
            Assert.Equal((HttpStatusCode.OK, codes.Length == 0), (answer.StatusCode, validation.GetProperty("valid").GetBoolean()));
            Assert.Equal(codes, validation.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("code").GetString()));
            Assert.Equal(understood, validation.GetProperty("samples").EnumerateArray().Select(s => s.GetProperty("accession").GetString()));
        }
    }

    [Fact]
    public async Task More_than_a_hundred_problems_are_cut_and_said_to_be()
    {
        var text = " 10.00\t100\t100\tU\t0\tunclassified\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $" 1.00\t-1\t-1\tS\t{i + 1}\tspecies {i}\n"));
        var validation = await host.Client.ValidateProfileAsync(Encoding.UTF8.GetBytes(text), cancellation: Ct);
        Assert.Equal((false, 100, true), (validation.Valid, validation.Errors.Count, validation.Truncated));
    }

    [Fact]
    public async Task What_is_no_matter_of_meaning_is_the_status_that_an_upload_gets()
    {
        var large = new byte[65 * 1024 * 1024];
        large.AsSpan().Fill((byte)' ');
        (byte[] Body, string Encoding, string Query, int Status, string Code)[] cases =
        [
            ([.. "{ \"unit\": "u8], "", "", 400, "json-invalid"), (SampleFiles.Gzip(SampleFiles.Kreport(2))[..40], "", "", 400, "compression-corrupt"),
            (SampleFiles.Kreport(2), "", "?allowIncomplete=maybe", 400, "bad-request"), (SampleFiles.Gzip(large), "", "", 413, "too-large"),
            ([.. "PK\u0003\u0004zip"u8], "", "", 415, "archive-not-accepted"), (SampleFiles.Kreport(2), "br", "", 415, "unsupported-content"),
        ];
        using var http = host.Http();
        foreach (var (body, encoding, query, status, code) in cases)
        {
            foreach (var path in new[] { "v1/profiles/validate", "v1/samples/SAME-STATUS/profiles" })
            {
                using var content = new ByteArrayContent(body);
                if (encoding.Length > 0) content.Headers.ContentEncoding.Add(encoding);
                await Problems.AssertAsync(await http.PostAsync(path + query, content, Ct), status, code);
            }
        }
    }

    private Task<string?> RowsAsync() => host.ScalarAsync<string>("""
        SELECT concat_ws(' ', (SELECT count(*) FROM lab.sample), (SELECT count(*) FROM lab.profile), (SELECT count(*) FROM lab.analysis),
            (SELECT count(*) FROM lab.audit WHERE action NOT IN ('report.published', 'report.read', 'profile.read')), (SELECT count(*) FROM lab.idempotency))
        """);
}
