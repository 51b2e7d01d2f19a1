using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lab.Api.Reports.Page;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Subjects;

public sealed partial class GetTimelineTests(LabHost host) : IClassFixture<LabHost>
{
    private const string Hostile = """
        {"unit":"fraction","taxa":[{"taxid":853,"value":0.6},{"taxid":820,"value":0.3},
        {"lineage":"d__Bacteria;p__Firmicutes;c__Clostridia;o__Eubacteriales;f__Lachnospiraceae;g__<script>alert(1)</script>","value":0.1}]}
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reports_stand_by_collection_with_their_numbers_and_what_was_registered()
    {
        // Uploaded in another order than they were taken.
        var march = await ReportAsync(host.Client, "T-MARCH", SampleFiles.Kreport(9000), "TIME", 3, new() { Symptoms = [], Medication = ["probiotic"] });
        var january = await ReportAsync(host.Client, "T-JANUARY", SampleFiles.Kreport(1), "TIME", 1, new() { Symptoms = ["bloating", "cramps"] });
        var february = await ReportAsync(host.Client, "T-FEBRUARY", SampleFiles.Kreport(50), "TIME", 2, new() { Symptoms = ["bloating"], RedFlags = ["rectal-bleeding"] });
        Report[] ordered = [january, february, march];
        var timeline = await host.Client.GetTimelineAsync("TIME", Ct);
        Assert.Equal(("TIME", false), (timeline.Subject, timeline.Truncated));
        Assert.Equal(ordered.Select(r => r.Id), timeline.Reports.Select(r => r.Id));
        Assert.Equal(["T-JANUARY", "T-FEBRUARY", "T-MARCH"], timeline.Reports.Select(r => r.Accession));
        Assert.Equal([2, 1, 0], timeline.Reports.Select(r => r.Context!.Symptoms!.Count));
        Assert.Equal([0, 1, 0], timeline.Reports.Select(r => r.SeekCare.Count));
        Assert.Equal(["probiotic"], timeline.Reports[2].Context!.Medication!);
        Assert.Equal(["guild", "index", "metric", "ratio"], timeline.Series.Select(s => s.Kind).Distinct().Order(StringComparer.Ordinal));
        foreach (var (i, report) in ordered.Index())
        {
            foreach (var metric in report.Diversity)
            {
                var point = timeline.Series.Single(s => s.Kind == "metric" && s.Id == metric.Metric).Points[i];
                Assert.Equal((report.Id, metric.Value, metric.Status, metric.Reason, "species"), (point.Report, point.Value, point.Status, point.Reason, point.Rank));
            }
            foreach (var guild in report.Guilds)
            {
                var point = timeline.Series.Single(s => s.Kind == "guild" && s.Id == guild.Id).Points[i];
                Assert.Equal((guild.Fraction, guild.Status), (point.Value, point.Status));
            }
        }
        Assert.NotNull(timeline.Series.Single(s => s.Id == "shannon").Points[0].Ci95);
        Assert.NotNull(timeline.Series.Single(s => s.Id == "butyrate-producers").Points[0].Reference);
        Assert.Equal([(january.Id, february.Id, true), (february.Id, march.Id, true)], timeline.Neighbours.Select(n => (n.From, n.To, n.Comparable)));
        var change = timeline.Neighbours[1].Changes.Single(c => c is { Kind: "genus", Id: "561" });
        Assert.Equal((true, "counting-error"), (change.BeyondNoise, change.Yardstick));
        Assert.False(timeline.Neighbours[0].Changes.Single(c => c is { Kind: "genus", Id: "561" }).BeyondNoise);
    }

    [Fact]
    public async Task A_withdrawn_report_stays_without_a_point()
    {
        var kept = await ReportAsync(host.Client, "W-1", SampleFiles.Kreport(1), "WITHDRAWN", 1);
        var wrong = await ReportAsync(host.Client, "W-2", SampleFiles.Kreport(2), "WITHDRAWN", 2);
        var etag = (await host.Client.GetReportAsync(wrong.Id, cancellation: Ct)).ETag!;
        var withdrawn = await host.Client.WithdrawReportAsync(wrong.Id, etag, "sample-mismatch", "Swapped.", Ct);
        var timeline = await host.Client.GetTimelineAsync("WITHDRAWN", Ct);
        Assert.Equal([(kept.Id, "final"), (withdrawn.Id, "entered-in-error")], timeline.Reports.Select(r => (r.Id, r.Status)));
        Assert.All(timeline.Series, s => Assert.Equal(kept.Id, Assert.Single(s.Points).Report));
        Assert.Equal((false, "withdrawn"), (timeline.Neighbours[0].Comparable, timeline.Neighbours[0].Reasons[0]));
        var page = await PageAsync("WITHDRAWN", "en");
        Assert.Contains("A report was withdrawn.", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Partners_see_their_own_released_reports_and_nobody_else_s_subject()
    {
        var partner = await host.ClientForAsync("timed", "samples:write", "profiles:write", "reports:read");
        var released = await ReportAsync(partner, "MINE-1", SampleFiles.Kreport(1), "SHARED", 1);
        await partner.PutSampleAsync("MINE-2", new() { Subject = "SHARED" }, Ct);
        var waiting = (await host.Client.WaitForReportAsync((await partner.UploadProfileAsync("MINE-2", SampleFiles.ShallowKreport(1), cancellation: Ct)).AnalysisId, Ct)).Id;
        // The lab has a sample of the same name, without a partner.
        var lab = await ReportAsync(host.Client, "LAB-1", SampleFiles.Kreport(2), "SHARED", 2);
        Assert.Equal([released.Id], (await partner.GetTimelineAsync("SHARED", Ct)).Reports.Select(r => r.Id));
        Assert.Equal([released.Id, lab.Id, waiting], (await host.Client.GetTimelineAsync("SHARED", Ct)).Reports.Select(r => r.Id));
        var reader = await host.ClientForAsync(null, "reports:read");
        Assert.Equal([released.Id, lab.Id], (await reader.GetTimelineAsync("SHARED", Ct)).Reports.Select(r => r.Id));
        var stranger = await host.ClientForAsync("elsewhere", "reports:read");
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => stranger.GetTimelineAsync("SHARED", Ct))).Code);
    }

    [Fact]
    public async Task A_subject_without_a_report_is_empty_and_an_unknown_or_erased_one_is_not_there()
    {
        await host.Client.PutSampleAsync("EMPTY", new() { Subject = "NO-REPORT" }, Ct);
        Assert.Empty((await host.Client.GetTimelineAsync("NO-REPORT", Ct)).Reports);
        Assert.Contains("There is no report yet.", await PageAsync("NO-REPORT", "en"), StringComparison.Ordinal);
        await ReportAsync(host.Client, "ERASED", SampleFiles.Kreport(1), "ERASED", 1);
        await host.Client.EraseSubjectAsync("ERASED", Ct);
        foreach (var subject in new[] { "NOBODY", "ERASED", "no%20name" })
        {
            using var http = host.Http();
            await Problems.AssertAsync(await http.GetAsync($"v1/subjects/{subject}/timeline", Ct), 404, "not-found");
        }
    }

    [Theory]
    [InlineData("application/json", "", "application/json", null)]
    [InlineData("*/*", "", "application/json", null)]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8", "", "text/html", "en")]
    [InlineData("text/html", "?lang=nl", "text/html", "nl")]
    [InlineData("application/json;q=0.4, text/html;q=0.5", "", "text/html", "en")]
    public async Task It_is_negotiated_as_a_report_is(string accept, string query, string type, string? language)
    {
        await SeriesAsync();
        using var http = Accepting(accept);
        using var answer = await http.GetAsync($"v1/subjects/FOUR/timeline{query}", Ct);
        Assert.Equal((HttpStatusCode.OK, type, language), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentLanguage.SingleOrDefault()));
        Assert.Equal("Accept, Accept-Encoding, Accept-Language", string.Join(", ", answer.Headers.Vary));
        Assert.False(answer.Headers.ETag!.IsWeak);
        http.DefaultRequestHeaders.TryAddWithoutValidation("If-None-Match", answer.Headers.ETag.Tag);
        Assert.Equal(HttpStatusCode.NotModified, (await http.GetAsync($"v1/subjects/FOUR/timeline{query}", Ct)).StatusCode);
    }

    [Theory]
    [InlineData("application/fhir+json", "", 406, "not-acceptable")]
    [InlineData("text/csv", "", 406, "not-acceptable")]
    [InlineData("text/html", "?lang=fr", 422, "value-invalid")]
    public async Task What_it_cannot_be_sent_as_is_refused(string accept, string query, int status, string code)
    {
        await SeriesAsync();
        using var http = Accepting(accept);
        await Problems.AssertAsync(await http.GetAsync($"v1/subjects/FOUR/timeline{query}", Ct), status, code);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("nl")]
    public async Task Every_number_of_the_page_is_one_of_the_document(string language)
    {
        await SeriesAsync();
        using var http = host.Http();
        var document = JsonNode.Parse(await http.GetStringAsync("v1/subjects/FOUR/timeline", Ct))!;
        var page = await PageAsync("FOUR", language);
        var shown = Shown().Matches(page);
        Assert.InRange(shown.Count, 200, 2000);
        foreach (Match number in shown)
        {
            var at = number.Groups["path"].Value[1..].Split('/').Aggregate((JsonNode?)document, (node, step) => node is JsonArray list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : node![step]);
            Assert.Equal((number.Groups["path"].Value, at!.ToJsonString()), (number.Groups["path"].Value, number.Groups["value"].Value));
        }
    }

    [Fact]
    public async Task The_page_has_the_report_s_policy_no_script_and_nothing_of_a_file_as_markup()
    {
        await ReportAsync(host.Client, "H-1", Encoding.UTF8.GetBytes(Hostile), "HOSTILE", 1, assay: "shotgun-metaphlan2");
        await ReportAsync(host.Client, "H-2", Encoding.UTF8.GetBytes(Hostile.Replace("0.3", "0.2999", StringComparison.Ordinal).Replace("0.1}", "0.1001}", StringComparison.Ordinal)), "HOSTILE", 2, assay: "shotgun-metaphlan2");
        using var http = Accepting("text/html");
        using var answer = await http.GetAsync("v1/subjects/HOSTILE/timeline", Ct);
        var page = await answer.Content.ReadAsStringAsync(Ct);
        var style = page[(page.IndexOf("<style>", StringComparison.Ordinal) + 7)..page.IndexOf("</style>", StringComparison.Ordinal)];
        Assert.StartsWith($"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.Equal(page, await PageAsync("HOSTILE", "en"));
    }

    [Theory]
    [InlineData("en", "Discuss this with your doctor", "Bloating", "more than counting error", "too few specimens")]
    [InlineData("nl", "Bespreek dit met uw arts", "Opgeblazen", "meer dan telfout", "te weinig monsters dubbel")]
    public async Task The_page_says_it_in_the_reader_s_language(string language, params string[] words)
    {
        await SeriesAsync();
        var page = await PageAsync("FOUR", language);
        Assert.All(words, word => Assert.Contains(word, page, StringComparison.OrdinalIgnoreCase));
        Assert.Contains($"<html lang=\"{language}\">", page, StringComparison.Ordinal);
        // No key of a text and no code of a document stands for its meaning.
        Assert.DoesNotMatch("(>|\\s)(pair|noise|trend|since|context|pairs)\\.[a-z]", page);
    }

    [Fact]
    public void Every_reason_caveat_and_verdict_has_its_words()
    {
        string[] codes =
        [
            "withdrawn", "quality-failed", "platform-differs", "region-differs", "profiler-not-stated", "profiler-differs", "database-differs", "rank-differs", "kingdoms-differ", "unit-differs",
            "denominator-differs", "assay-differs", "depth-unknown", "depth-differs", "database-release-differs", "not-known-to-be-one-person",
        ];
        Assert.All(codes, code => Assert.Contains($"pair.{code}", TimelineTexts.All.Keys));
        Assert.All(TimelineTexts.All.Values, text => Assert.False(string.IsNullOrWhiteSpace(text.En) || string.IsNullOrWhiteSpace(text.Nl)));
        Assert.DoesNotContain(TimelineTexts.All.Keys, PageTexts.All.ContainsKey);
    }

    private async Task<string> PageAsync(string subject, string language)
    {
        using var http = Accepting("text/html");
        return await http.GetStringAsync($"v1/subjects/{subject}/timeline?lang={language}", Ct);
    }

    private Task SeriesAsync() => FourSamples.RegisterAsync(host, "FOUR", Ct);

    private HttpClient Accepting(string accept)
    {
        var http = host.Http();
        http.DefaultRequestHeaders.Accept.Clear();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        return http;
    }

    private async Task<Report> ReportAsync(LabClient client, string accession, byte[] profile, string subject, int month, SampleContext? context = null, string? assay = null)
    {
        await client.PutSampleAsync(accession, new() { Subject = subject, CollectedAt = new DateTimeOffset(2026, month, 1, 8, 0, 0, TimeSpan.Zero), Context = context }, Ct);
        var upload = await client.UploadProfileAsync(accession, profile, new() { Assay = assay }, Ct);
        return await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
    }

    [GeneratedRegex("<data value=['\"](?<value>[^'\"]+)['\"] data-path=['\"](?<path>/[^'\"]+)['\"]>")]
    private static partial Regex Shown();
}
