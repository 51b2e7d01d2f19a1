using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lab.Api.Hosting;
using Lab.Api.Reports.Page;
using Lab.Api.Storage;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed partial class ReportPageTests(LabHost host) : IClassFixture<LabHost>
{
    private const string Browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

    /// <summary>A taxon whose name is markup and script, one that closes an attribute, and one of Dutch letters.</summary>
    private const string Hostile = """
        {"unit":"fraction","taxa":[{"taxid":853,"value":0.5},{"taxid":820,"value":0.3},
        {"lineage":"d__Bacteria;p__Firmicutes;c__Clostridia;o__Eubacteriales;f__Lachnospiraceae;g__<script>alert(1)</script>","value":0.1},
        {"lineage":"d__Bacteria;p__Firmicutes;c__Clostridia;o__Eubacteriales;f__Lachnospiraceae;g__\"><img src=x onerror=alert(2)>","value":0.05},
        {"lineage":"d__Bacteria;p__Firmicutes;c__Clostridia;o__Eubacteriales;f__Lachnospiraceae;g__Coöperatibacter & zoon","value":0.05}]}
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Reports => ["shotgun", "metaphlan2", "amplicon", "shallow", "fractions", "unmatched", "guided", "withdrawn"];

    [Theory]
    [InlineData(Browser, "text/html")]
    [InlineData("text/html", "text/html")]
    [InlineData("text/*", "text/html")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/json, text/html", "application/json")]
    [InlineData("application/json;q=0.4, text/html;q=0.5", "text/html")]
    [InlineData("*/*;q=0.9, application/json;q=0", "text/html")]
    [InlineData("text/html;q=0, */*;q=0.1", "application/json")]
    public async Task What_the_client_likes_best_is_sent(string accept, string type)
    {
        var report = await ReportAsync("shotgun");
        using var http = Accepting(accept);
        foreach (var path in new[] { $"v1/reports/{report.Id}", "v1/samples/PAGE-shotgun/report" })
        {
            using var answer = await http.GetAsync(path, Ct);
            Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
            Assert.Equal("Accept, Accept-Encoding, Accept-Language", string.Join(", ", answer.Headers.Vary));
        }
    }

    [Theory]
    [InlineData(null, "", "en")]
    [InlineData("nl", "", "nl")]
    [InlineData("nl-BE,nl;q=0.9,en;q=0.8", "", "nl")]
    [InlineData("fr, nl;q=0.5, en;q=0.4", "", "nl")]
    [InlineData("en-GB, nl;q=0.9", "", "en")]
    [InlineData("nl;q=0, *;q=0.5", "", "en")]
    [InlineData("fr", "", "en")]
    [InlineData("nl", "?lang=en", "en")]
    [InlineData("en", "?lang=nl", "nl")]
    public async Task The_language_is_the_one_asked_for_else_the_reader_s_else_English(string? accepted, string query, string language)
    {
        var report = await ReportAsync("shotgun");
        using var http = Accepting(Browser);
        if (accepted is not null) http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", accepted);
        using var answer = await http.GetAsync($"v1/reports/{report.Id}{query}", Ct);
        Assert.Equal([language], answer.Content.Headers.ContentLanguage);
        var page = await answer.Content.ReadAsStringAsync(Ct);
        Assert.Contains($"<html lang=\"{language}\">", page, StringComparison.Ordinal);
        Assert.Contains(language == "nl" ? "Rapport darmmicrobioom" : "Gut microbiome report", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?view=short", "view")]
    [InlineData("?view=FULL", "view")]
    [InlineData("?lang=fr", "lang")]
    public async Task An_unknown_view_or_language_is_422(string query, string parameter)
    {
        var report = await ReportAsync("shotgun");
        using var http = Accepting(Browser);
        var problem = await Problems.AssertAsync(await http.GetAsync($"v1/reports/{report.Id}{query}", Ct), 422, "value-invalid");
        Assert.StartsWith(parameter, problem.GetProperty("errors")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_page_has_its_own_strong_ETag_and_who_has_it_gets_304()
    {
        var report = await ReportAsync("shotgun");
        using var json = Accepting("application/json");
        var document = (await json.GetAsync($"v1/reports/{report.Id}", Ct)).Headers.ETag!.Tag.Trim('"');
        var tags = new HashSet<string>();
        foreach (var language in ReportPage.Languages)
        {
            foreach (var view in ReportPage.Views)
            {
                foreach (var gzip in new[] { false, true })
                {
                    using var http = Accepting("text/html");
                    if (gzip) http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
                    using var first = await http.GetAsync($"v1/reports/{report.Id}?lang={language}&view={view}", Ct);
                    var tag = first.Headers.ETag!.Tag;
                    Assert.Matches($"^\"{document}-html-{language}{(view == "full" ? "" : $"-{view}")}-[0-9a-f]{{8}}{(gzip ? "-gzip" : "")}\"$", tag);
                    Assert.True(tags.Add(tag));
                    http.DefaultRequestHeaders.TryAddWithoutValidation("If-None-Match", $"\"{document}\", {tag}");
                    using var again = await http.GetAsync($"v1/reports/{report.Id}?lang={language}&view={view}", Ct);
                    Assert.Equal((HttpStatusCode.NotModified, tag, 0), (again.StatusCode, again.Headers.ETag!.Tag, (await again.Content.ReadAsByteArrayAsync(Ct)).Length));
                }
            }
        }
        using var other = Accepting("text/html");
        other.DefaultRequestHeaders.TryAddWithoutValidation("If-None-Match", $"\"{document}\"");
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync($"v1/reports/{report.Id}", Ct)).StatusCode);
    }

    [Fact]
    public async Task A_page_is_the_same_bytes_every_time_gzip_or_not()
    {
        var report = await ReportAsync("shotgun");
        using var http = Accepting("text/html");
        var plain = await http.GetByteArrayAsync($"v1/reports/{report.Id}?lang=nl", Ct);
        http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        Assert.Equal(plain, Gzip.Expand(await http.GetByteArrayAsync($"v1/reports/{report.Id}?lang=nl", Ct)));
    }

    [Fact]
    public async Task Nothing_on_the_page_can_run_or_ask_for_anything()
    {
        var report = await ReportAsync("fractions");
        using var http = Accepting("text/html");
        using var answer = await http.GetAsync($"v1/reports/{report.Id}", Ct);
        var page = await answer.Content.ReadAsStringAsync(Ct);
        var style = Regex.Match(page, "<style>(.*?)</style>", RegexOptions.Singleline).Groups[1].Value;
        Assert.Equal($"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
        Assert.DoesNotMatch("(?i)<(script|img|iframe|object|embed|link|form|base|audio|video|foreignObject)[\\s>]", page);
        Assert.DoesNotMatch("(?i)<[^>]*\\s(on\\w+|src|srcset|style)=", page);
        Assert.DoesNotMatch("(?i)url\\((?!#)|@import", page);
    }

    [Fact]
    public async Task Hostile_names_are_shown_as_they_are_written()
    {
        var report = await ReportAsync("fractions");
        using var http = Accepting("text/html");
        foreach (var view in ReportPage.Views.Where(v => v != "consumer"))
        {
            var page = await http.GetStringAsync($"v1/reports/{report.Id}?lang=nl&view={view}", Ct);
            Assert.Contains("<i>&lt;script&gt;alert(1)&lt;/script&gt;</i>", page, StringComparison.Ordinal);
            Assert.Contains("<i>&quot;&gt;&lt;img src=x onerror=alert(2)&gt;</i>", page, StringComparison.Ordinal);
            Assert.Contains("<i>Coöperatibacter &amp; zoon</i>", page, StringComparison.Ordinal);
        }
        // An accession cannot hold markup; a note of who signs can.
        var withdrawn = await http.GetStringAsync($"v1/reports/{(await ReportAsync("withdrawn")).Id}", Ct);
        Assert.Contains("<q>Wrong tube, see &lt;b onclick=&quot;x()&quot;&gt;log&lt;/b&gt;</q>", withdrawn, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Every_number_is_the_one_of_the_document_and_is_rounded_to_what_is_shown(string name)
    {
        var report = await ReportAsync(name);
        using var json = Accepting("application/json");
        var document = JsonNode.Parse(await json.GetByteArrayAsync($"v1/reports/{report.Id}", Ct))!;
        using var http = Accepting("text/html");
        foreach (var (view, language) in from view in ReportPage.Views from language in ReportPage.Languages select (view, language))
        {
            var page = await http.GetStringAsync($"v1/reports/{report.Id}?lang={language}&view={view}", Ct);
            var row = "";
            var count = 0;
            foreach (Match found in Number().Matches(page))
            {
                if (found.Groups["end"].Success || found.Groups["row"].Success)
                {
                    row = found.Groups["row"].Success ? found.Groups["row"].Value + "/" : "";
                    continue;
                }
                var (value, path, shown) = (found.Groups["value"].Value, row + found.Groups["path"].Value, WebUtility.HtmlDecode(found.Groups["shown"].Value));
                Assert.Equal((view, path, At(document, path).ToJsonString()), (view, path, value));
                if (!path.EndsWith("taxid", StringComparison.Ordinal)) AssertRounded(double.Parse(value, CultureInfo.InvariantCulture), shown, language, path);
                count++;
            }
            Assert.True(count > (name == "withdrawn" && view == "consumer" ? 0 : 10), $"{view}: {count} numbers");
            Assert.Equal(count, Regex.Count(page, "<data "));
        }
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Findings_and_notices_stand_there_word_for_word(string name)
    {
        var report = await ReportAsync(name);
        using var http = Accepting("text/html");
        foreach (var (view, language) in from view in ReportPage.Views from language in ReportPage.Languages select (view, language))
        {
            // Only the space before a per cent sign is another one, which does not break.
            var page = WebUtility.HtmlDecode(await http.GetStringAsync($"v1/reports/{report.Id}?lang={language}&view={view}", Ct)).Replace("\u00a0%", " %", StringComparison.Ordinal);
            var texts = report.Findings.Where(f => view != "consensus" || f.Code != "firmicutes-bacteroidetes-outside").Select(f => f.Text).Concat(report.Notices.Select(n => n.Text))
                .Concat(view == "consensus" ? [] : report.Recommendations.SelectMany(r => new[] { r.Text, r.Caveat })).ToArray();
            Assert.All(texts, text => Assert.Contains(language == "nl" ? text.Nl : text.En, page, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task No_text_is_missing_and_none_is_of_the_other_language(string name)
    {
        var report = await ReportAsync(name);
        using var json = Accepting("application/json");
        var said = Strings(JsonNode.Parse(await json.GetByteArrayAsync($"v1/reports/{report.Id}", Ct))!).OrderByDescending(s => s.Length).ToArray();
        using var http = Accepting("text/html");
        foreach (var (view, language) in from view in ReportPage.Views from language in ReportPage.Languages select (view, language))
        {
            var page = await http.GetStringAsync($"v1/reports/{report.Id}?lang={language}&view={view}", Ct);
            // What is the document's own, and the names of the languages, is not the page's text.
            page = Regex.Replace(page, "<style>.*?</style>|<a [^>]*hreflang[^>]*>.*?</a>|<code>.*?</code>", " ", RegexOptions.Singleline);
            var texts = Regex.Matches(page, ">([^<]+)<").Select(m => WebUtility.HtmlDecode(m.Groups[1].Value).Trim()).Where(t => t.Length > 0).ToArray();
            var own = texts.Where(t => !said.Contains(t)).ToArray();
            var foreign = language == "nl" ? English() : Dutch();
            Assert.DoesNotContain(own, foreign.IsMatch);
            // A code would be shown where the table lacks it.
            Assert.DoesNotContain(own, t => Regex.IsMatch(t, "^[a-z0-9]+(-[a-z0-9]+)+$"));
        }
    }

    [Fact]
    public async Task Every_code_of_the_contract_has_a_text_in_both_languages()
    {
        var schemas = JsonNode.Parse(await Administration.DescribeAsync())!["components"]!["schemas"]!;
        (string Kind, JsonNode Codes)[] kinds =
        [
            ("report", Enum(schemas["Report"]!, "status")), ("reason", Enum(schemas["ReportReason"]!, "reason")), ("platform", Enum(schemas["ReportMethod"]!, "platform")),
            ("match", Enum(schemas["ReportMethod"]!, "cohortMatch")), ("quality", Enum(schemas["ReportQuality"]!, "status")), ("check", Enum(schemas["QualityCheck"]!, "code")),
            ("check", Enum(schemas["QualityCheck"]!, "status")), ("status", schemas["MeasurementStatus"]!["enum"]!), ("why", schemas["NotAssessableReason"]!["enum"]!),
            ("metric", Enum(schemas["DiversityMetric"]!, "metric")), ("metric-text", Enum(schemas["DiversityMetric"]!, "metric")), ("ratio", Enum(schemas["Ratio"]!, "id")),
            ("guild", Enum(schemas["Guild"]!, "id")), ("guild-text", Enum(schemas["Guild"]!, "id")), ("index", Enum(schemas["Index"]!, "id")), ("finding", Enum(schemas["Finding"]!, "code")),
            ("severity", Enum(schemas["Finding"]!, "severity")), ("evidence", Enum(schemas["Recommendation"]!, "evidence")),
        ];
        string[] checks = ["host-share", "transit-time", "unclassified-share"];
        Assert.All(Enum(schemas["QualityCheck"]!, "code").AsArray().Select(code => (string)code!), code => Assert.Subset(PageTexts.All.Keys.ToHashSet(),
            new HashSet<string>((code == "min-reads" ? ["pass", "fail", "not-assessable"] : checks.Contains(code) ? ["pass", "warn", "not-assessable"] : new[] { "pass", "warn" }).Select(status => $"check.{code}.{status}"))));
        foreach (var (kind, codes) in kinds) Assert.All(codes.AsArray(), code => Assert.Contains($"{kind}.{code}", PageTexts.All.Keys));
        Assert.All(PageTexts.All.Values, text => Assert.False(string.IsNullOrWhiteSpace(text.En) || string.IsNullOrWhiteSpace(text.Nl)));
    }

    [Fact]
    public async Task Views_are_filters_of_one_document()
    {
        var report = await ReportAsync("metaphlan2");
        using var http = Accepting("text/html");
        var pages = new Dictionary<string, string>();
        foreach (var view in ReportPage.Views) pages[view] = await http.GetStringAsync($"v1/reports/{report.Id}?view={view}", Ct);
        Assert.Contains(report.Ratios, r => r.Id == "firmicutes-bacteroidetes");
        var views = (string text) => string.Join(' ', ReportPage.Views.Where(v => pages[v].Contains(text, StringComparison.Ordinal)));
        Assert.Equal("full clinician", views("Firmicutes to Bacteroidetes (F/B)"));
        Assert.Equal("full clinician consensus", views("id=\"indices\""));
        Assert.Equal("full clinician consensus", views("id=\"tables\""));
        Assert.Equal("full clinician consensus", views("id=\"method\""));
        Assert.Equal("clinician", views("<code>shannon</code>"));
        Assert.Equal("full consumer consensus", views("id=\"glossary\""));
        Assert.Equal("consensus", views("https://doi.org/10.1016/S2468-1253(24)00311-X\" rel=\"noreferrer\">doi:10.1016/S2468-1253(24)00311-X</a></p>"));
        var guided = await ReportAsync("guided");
        Assert.NotEmpty(guided.Recommendations);
        foreach (var view in ReportPage.Views)
        {
            var page = await http.GetStringAsync($"v1/reports/{guided.Id}?view={view}", Ct);
            Assert.Equal((view, view != "consensus"), (view, page.Contains("id=\"recommendations\"", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_red_flag_stands_before_everything_else_and_preliminary_and_withdrawn_reports_say_so()
    {
        using var http = Accepting("text/html");
        var flagged = await ReportAsync("flagged");
        var page = await http.GetStringAsync($"v1/reports/{flagged.Id}?lang=nl", Ct);
        var urgent = flagged.Notices[0].Text.Nl!;
        Assert.Equal("seek-care-same-day", flagged.Notices[0].Code);
        Assert.InRange(page.IndexOf(WebUtility.HtmlEncode(urgent).Replace("&#39;", "'", StringComparison.Ordinal)[..40], StringComparison.Ordinal), 1, page.IndexOf("PAGE-flagged</dd>", StringComparison.Ordinal));

        Assert.DoesNotContain("Voelt u zich goed", page, StringComparison.Ordinal);

        var shallow = await ReportAsync("shallow");
        Assert.Equal("preliminary", shallow.Status);
        page = await http.GetStringAsync($"v1/reports/{shallow.Id}?lang=nl", Ct);
        Assert.Contains("<p class=\"big\">Voorlopig rapport</p>", page, StringComparison.Ordinal);
        Assert.Contains("<p class=\"big\">De meting is niet goed genoeg</p>", page, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(page, @"Slechts \d+ zijn geclassificeerd; deze bepaling vraagt er \d+\."));
        Assert.DoesNotContain("class=\"stand-out\"", page, StringComparison.Ordinal);

        page = await http.GetStringAsync($"v1/reports/{(await ReportAsync("withdrawn")).Id}?lang=nl", Ct);
        Assert.Contains("<p class=\"big\">Dit rapport is ingetrokken</p>", page, StringComparison.Ordinal);
        Assert.Contains("Monsters zijn mogelijk verwisseld.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"findings\"", page, StringComparison.Ordinal);
    }

    /// <summary>The document says in English what a check came to; the Dutch page says it with the same numbers.</summary>
    [Theory]
    [InlineData("min-reads", "fail", "800 classified reads; the assay asks for 5000.", "Slechts 800 zijn geclassificeerd; deze bepaling vraagt er 5000.")]
    [InlineData("min-reads", "fail", "Nothing is classified as Bacteria, Archaea or Fungi.", "Er is niets geclassificeerd als bacteriën, archaea of schimmels.")]
    [InlineData("unclassified-share", "warn", "61.25 % is not classified; above 50 % is unusual for the assay.", "61,25\u00a0%; boven 50\u00a0% is ongewoon voor deze bepaling.")]
    [InlineData("unclassified-share", "pass", "12 % is not classified; above 50 % is unusual for the assay.", "12\u00a0%; boven 50\u00a0% is ongewoon voor deze bepaling.")]
    [InlineData("min-reads", "pass", "46281 classified reads; the assay asks for 5000.", "46281 zijn geclassificeerd; deze bepaling vraagt er 5000.")]
    [InlineData("host-share", "pass", "0.5 % is of the host or of food.", "0,5\u00a0%, hooguit de helft.")]
    [InlineData("host-share", "warn", "71 % is of the host or of food.", "71\u00a0%, meer dan de helft.")]
    [InlineData("one-taxon-dominates", "pass", "The most abundant species makes up 13.62 %.", "De talrijkste vormt 13,62\u00a0%.")]
    [InlineData("one-taxon-dominates", "warn", "The most abundant genus makes up 91 %.", "De talrijkste vormt 91\u00a0%, meer dan 80\u00a0%.")]
    [InlineData("reagent-genera", "pass", "Genera that come with reagents make up 0 %.", "Geslachten die met reagentia meekomen, vormen 0\u00a0%.")]
    [InlineData("reagent-genera", "warn", "Genera that come with reagents make up 2.5 %.", "Geslachten die met reagentia meekomen, vormen 2,5\u00a0%, meer dan 1\u00a0%.")]
    [InlineData("transit-time", "warn", "20 days from collection to reception.", "20 dagen, meer dan 14.")]
    [InlineData("transit-time", "pass", "2.5 days from collection to reception.", "2,5 dagen.")]
    [InlineData("same-bytes-as-another-sample", "pass", "No other sample has this file.", "Geen ander monster heeft dit bestand.")]
    public void A_check_comes_to_the_same_in_both_languages(string code, string status, string english, string dutch)
    {
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(new { code, status, message = english }));
        string Of(string language) => new PageModel(new DocumentPart(json.RootElement, ""), language, "full").Outcome(new DocumentPart(json.RootElement, ""));
        Assert.Equal((english.Replace(" %", "\u00a0%", StringComparison.Ordinal), dutch), (Of("en"), Of("nl")));
    }

    [Fact]
    public async Task A_preview_is_a_page_to_who_wants_one()
    {
        using var http = Accepting("text/html");
        using var body = new ByteArrayContent(SampleFiles.Read("amplicon-16s-healthy.json"));
        using var answer = await http.PostAsync("v1/reports/preview?lang=nl&view=consumer", body, Ct);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Dit is een proefrapport.", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_page_weighs_more_than_150_KB()
    {
        using var http = Accepting("text/html");
        foreach (var name in Reports)
        {
            var report = await ReportAsync(name.Data);
            foreach (var view in ReportPage.Views) Assert.InRange((await http.GetByteArrayAsync($"v1/reports/{report.Id}?lang=nl&view={view}", Ct)).Length, 5_000, 150 * 1024);
        }
    }

    /// <summary>What is shown, read back, is the value to half a unit of its last digit; or it says that it is more or less.</summary>
    private static void AssertRounded(double value, string shown, string language, string path)
    {
        var percent = shown.EndsWith("\u00a0%", StringComparison.Ordinal);
        var text = shown.Replace("\u00a0%", "", StringComparison.Ordinal).Replace('\u2212', '-');
        if (language == "nl") text = text.Replace(".", "", StringComparison.Ordinal).Replace(',', '.');
        else text = text.Replace(",", "", StringComparison.Ordinal);
        var exact = percent ? (decimal)value * 100 : (decimal)value;
        var number = decimal.Parse(text.TrimStart('<', '>', ' '), CultureInfo.InvariantCulture);
        if (text[0] == '<') Assert.True(exact > 0 && exact < number, $"{path}: {value} is shown as {shown}");
        else if (text[0] == '>') Assert.True(exact > number, $"{path}: {value} is shown as {shown}");
        else
        {
            var unit = 1m / (decimal)Math.Pow(10, text.Contains('.', StringComparison.Ordinal) ? text.Length - text.IndexOf('.', StringComparison.Ordinal) - 1 : 0);
            Assert.True(Math.Abs(exact - number) <= unit / 2, $"{path}: {value} is shown as {shown}");
            Assert.True(number != 0 || exact == 0, $"{path}: {value} is shown as nothing");
        }
    }

    private static JsonNode At(JsonNode document, string pointer) =>
        pointer[1..].Split('/').Aggregate(document, (node, part) => (node is JsonArray items ? items[int.Parse(part, CultureInfo.InvariantCulture)] : node[part]) ?? throw new InvalidOperationException(pointer));

    private static IEnumerable<string> Strings(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(m => Strings(m.Value)),
        JsonArray items => items.SelectMany(Strings),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    private static JsonNode Enum(JsonNode schema, string property)
    {
        var found = schema["properties"]![property]!;
        return found["enum"] ?? found["oneOf"]!.AsArray().Select(o => o!["enum"]).First(e => e is not null)!;
    }

    private HttpClient Accepting(string accept)
    {
        var http = host.Http();
        http.DefaultRequestHeaders.Accept.Clear();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        return http;
    }

    private async Task<Report> ReportAsync(string name)
    {
        var accession = $"PAGE-{name}";
        try
        {
            return (await host.Client.GetCurrentReportAsync(accession, cancellation: Ct)).Report!;
        }
        catch (LabProblemException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return await MakeAsync(name, accession);
        }
    }

    private async Task<Report> MakeAsync(string name, string accession)
    {
        if (name == "flagged") await host.Client.PutSampleAsync(accession, new SampleRegistration { Context = new SampleContext { RedFlags = ["fever-or-severe-diarrhoea"] } }, Ct);
        var (content, options) = name switch
        {
            "shotgun" => (SampleFiles.Read("kraken2-klebsiella.kreport"), new UploadOptions()),
            "shallow" => (SampleFiles.ShallowKreport(1), new UploadOptions()),
            "amplicon" => (SampleFiles.Read("amplicon-16s-healthy.json"), new UploadOptions()),
            "unmatched" => (SampleFiles.Read("amplicon-16s-healthy.json"), new UploadOptions { Cohort = "us-16s@1" }),
            "fractions" => (Encoding.UTF8.GetBytes(Hostile), new UploadOptions { Assay = "amplicon-16s" }),
            "guided" or "flagged" => (SampleFiles.Read("metaphlan2-scfa-depleted.txt"), new UploadOptions { Panel = "gut-core-guided@1" }),
            _ => (SampleFiles.Read("metaphlan2-scfa-depleted.txt"), new UploadOptions()),
        };
        var upload = await host.Client.UploadProfileAsync(accession, content, options, Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        if (name != "withdrawn") return report;
        var etag = (await host.Client.GetReportAsync(report.Id, cancellation: Ct)).ETag!;
        await host.Client.WithdrawReportAsync(report.Id, etag, "sample-mismatch", "Wrong tube, see <b onclick=\"x()\">log</b>", Ct);
        return (await host.Client.GetCurrentReportAsync(accession, cancellation: Ct)).Report!;
    }

    [GeneratedRegex("(?<end></tr>)|<tr data-row=\"(?<row>[^\"]*)\">|<data value=\"(?<value>[^\"]*)\" data-path=\"(?<path>[^\"]*)\">(?<shown>[^<]*)</data>")]
    private static partial Regex Number();

    [GeneratedRegex(@"\b(the|and|with|this|that|which|from|sample|range|report|healthy|people|share|below|above|within|not|genus|known|reads? in total|cannot|doctor)\b", RegexOptions.IgnoreCase)]
    private static partial Regex English();

    [GeneratedRegex(@"\b(het|een|niet|dit|dat|met|voor|wordt|van|zijn|monster|gebied|gezonde|mensen|aandeel|onder|boven|binnen|geslacht|bekend|arts)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Dutch();
}
