using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Exports;

public sealed class ExportTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_a_line_is_the_stored_document_of_every_sample_that_the_partner_may_see_and_of_no_other()
    {
        var (ours, theirs) = (await PartnerAsync("nd-ours"), await PartnerAsync("nd-theirs"));
        await UploadAsync(ours, "ND-1", 1);
        await UploadAsync(theirs, "ND-2", 2);
        await UploadAsync(ours, "ND-3", 3);
        var shallow = await ours.UploadProfileAsync("ND-SHALLOW", SampleFiles.ShallowKreport(1), cancellation: Ct);
        await ours.GetAnalysisAsync(shallow.AnalysisId, TimeSpan.FromSeconds(20), Ct);
        var (export, text) = await ours.ExportAsync(new() { Format = "ndjson" });
        var lines = text.Split('\n');
        Assert.Equal(["ND-1", "ND-3", ""], lines.Select(l => l.Length == 0 ? "" : (string)JsonNode.Parse(l)!["sample"]!["accession"]!));
        using var http = host.Http();
        foreach (var line in lines.SkipLast(1)) Assert.Equal(await http.GetStringAsync($"v1/reports/{JsonNode.Parse(line)!["id"]}", Ct), line);
        Assert.Equal((2, 2L, 2L), (export.Content!.Reports, export.Progress.Done, export.Progress.Total));
        Assert.Equal((Encoding.UTF8.GetByteCount(text), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))), (export.Content.Bytes, export.Content.Sha256));
        // Another partner sees neither the export nor that there is one; nor in its list.
        Func<Task>[] calls = [() => theirs.GetExportAsync(export.Id, cancellation: Ct), () => theirs.DownloadExportAsync(export.Id, Ct), () => theirs.DeleteExportAsync(export.Id, Ct)];
        foreach (var call in calls) Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(call)).Code);
        Assert.Empty((await theirs.ListExportsAsync(cancellation: Ct)).Items);
        Assert.Equal(export.Id, Assert.Single((await ours.ListExportsAsync("succeeded", cancellation: Ct)).Items).Id);
        var client = await host.ScalarAsync<string>("SELECT id FROM lab.api_key WHERE partner_id = 'nd-ours'");
        Assert.Equal($"{client} export.requested,tasks export.succeeded,{client} export.read", await host.ScalarAsync<string>(
            "SELECT string_agg(actor || ' ' || action, ',' ORDER BY id) FROM lab.audit WHERE object = 'export:' || $1 AND partner_id = 'nd-ours'", export.Id));
    }

    [Fact]
    public async Task A_table_has_the_numbers_of_the_reports_with_zeros_where_there_is_nothing()
    {
        var lab = await PartnerAsync("tables");
        await ExportFixture.UploadAsync(lab, ExportFixture.Lines("TSV", 12));
        foreach (var (rank, unit) in new[] { ("species", "fraction"), ("genus", "fraction"), ("phylum", "reads") })
        {
            var (export, text) = await lab.ExportAsync(new() { Format = "tsv", Filter = new() { Assay = ExportFixture.Assay }, Rank = rank, Unit = unit });
            var cells = ExportFixture.Cells(text);
            var reports = (await lab.ListReportsAsync(cancellation: Ct)).Items;
            Assert.Equal((12, (long?)text.Count(c => c == '\n') - 1), (export.Content!.Reports, export.Content.Taxa));
            foreach (var report in reports)
            {
                var taxa = (await lab.GetReportTaxaAsync(report.Id, Ct)).Where(t => t.Rank == rank && t.Fraction > 0).ToDictionary(t => $"{t.Taxid}", t => unit == "reads" ? t.Reads!.Value : t.Fraction);
                Assert.Equal(taxa.OrderBy(t => t.Key, StringComparer.Ordinal), cells.Where(c => c.Key.Sample == report.Accession && c.Value != 0).Select(c => KeyValuePair.Create(c.Key.Taxid, c.Value)).OrderBy(t => t.Key, StringComparer.Ordinal));
            }
            var lineages = text.TrimEnd('\n').Split('\n').Skip(1).Select(l => l.Split('\t')[2]).ToArray();
            Assert.Equal(lineages.Order(StringComparer.Ordinal), lineages);
            Assert.All(lineages, l => Assert.StartsWith("d__Bacteria;p__", l, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Nothing_in_a_table_is_a_formula_or_breaks_a_line()
    {
        var lab = await PartnerAsync("formulas");
        var profile = JsonSerializer.SerializeToUtf8Bytes(new
        {
            assay = "shotgun-generic",
            unit = "fraction",
            taxa = new object[]
        {
            new { name = "=HYPERLINK(\"http://evil\",\"x\")", rank = "species", value = 0.2 }, new { name = "+1+2", rank = "species", value = 0.2 },
            new { name = "@SUM(A1)", rank = "species", value = 0.1 }, new { name = "-2+3", rank = "species", value = 0.1 }, new { taxid = 853, value = 0.4 },
        }
        });
        var upload = await lab.UploadProfileAsync("FORMULA", profile, cancellation: Ct);
        var report = (await lab.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct)).ReportId!.Value;
        var reading = await host.Client.GetReportAsync(report, cancellation: Ct);
        if (reading.Report!.Status == "preliminary") await host.Client.ReleaseReportAsync(report, reading.ETag!, cancellation: Ct);
        var (_, text) = await lab.ExportAsync(new() { Format = "tsv", Filter = new() { Assay = "shotgun-generic" }, Rank = "species" });
        var cells = text.TrimEnd('\n').Split('\n').SelectMany(l => l.Split('\t')).ToArray();
        Assert.Equal(6 * 4, cells.Length);
        Assert.All(cells, cell => Assert.DoesNotMatch("^[=+@-]|[\"\r]", cell));
        Assert.Contains("'+1+2", cells);
        Assert.Contains(cells, c => c.StartsWith("'=HYPERLINK", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_filter_lets_through_what_the_list_of_reports_lets_through()
    {
        var lab = await PartnerAsync("filters");
        await lab.PutSampleAsync("F-1", new() { Subject = "FILTERED" }, Ct);
        foreach (var (accession, seed) in new[] { ("F-1", 1), ("F-2", 2) }) await UploadAsync(lab, accession, seed);
        var amplicon = await lab.UploadProfileAsync("F-1", SampleFiles.Read("amplicon-16s-healthy.json"), cancellation: Ct);
        await lab.WaitForReportAsync(amplicon.AnalysisId, Ct);
        var all = (await lab.ListReportsAsync(cancellation: Ct)).Items;
        var finding = (await lab.GetReportAsync(all[0].Id, cancellation: Ct)).Report!.Findings[0].Code;
        (ExportFilter Filter, ReportFilter Same)[] cases =
        [
            (new(), new()), (new() { Subject = "FILTERED" }, new() { Subject = "FILTERED" }), (new() { Accession = "F-2" }, new() { Accession = "F-2" }), (new() { Status = "final" }, new() { Status = "final" }),
            (new() { Status = "amended" }, new() { Status = "amended" }), (new() { Finding = finding }, new() { Finding = finding }), (new() { UpdatedFrom = all[0].IssuedAt }, new() { UpdatedFrom = all[0].IssuedAt }),
        ];
        foreach (var (filter, same) in cases)
        {
            var (_, text) = await lab.ExportAsync(new() { Format = "ndjson", Filter = filter });
            Assert.Equal((await lab.ListReportsAsync(same, cancellation: Ct)).Items.Select(r => r.Id).Order(), Ids(text).Order());
        }
        var (_, ofAssay) = await lab.ExportAsync(new() { Format = "ndjson", Filter = new() { Assay = "amplicon-16s" } });
        Assert.Equal(all.Where(r => r.Assay == "amplicon-16s").Select(r => r.Id), Ids(ofAssay));
        var (_, earlier) = await lab.ExportAsync(new() { Format = "ndjson", Filter = new() { UpdatedBefore = all.Min(r => r.IssuedAt) } });
        Assert.Empty(earlier);
    }

    [Fact]
    public async Task What_was_withdrawn_says_so_on_its_line_and_is_in_no_table()
    {
        var lab = await PartnerAsync("withdrawn");
        await UploadAsync(lab, "W-1", 1);
        var wrong = await UploadAsync(lab, "W-2", 2);
        await host.Client.WithdrawReportAsync(wrong.Id, (await host.Client.GetReportAsync(wrong.Id, cancellation: Ct)).ETag!, "sample-mismatch", "Swapped.", Ct);
        var (_, lines) = await lab.ExportAsync(new() { Format = "ndjson" });
        Assert.Equal(["final", "entered-in-error"], lines.Split('\n').SkipLast(1).Select(l => (string)JsonNode.Parse(l)!["status"]!));
        var (_, table) = await lab.ExportAsync(new() { Format = "tsv", Filter = new() { Assay = ExportFixture.Assay } });
        Assert.Equal(["taxid", "name", "lineage", "W-1"], table.Split('\n')[0].Split('\t'));
    }

    [Fact]
    public async Task The_content_is_sent_as_gzip_to_who_takes_it_whole_to_who_does_not_and_to_nobody_twice()
    {
        var key = await host.KeyForAsync("sending", "samples:write", "profiles:write", "reports:read");
        var lab = await PartnerAsync("sending");
        await UploadAsync(lab, "SENT", 1);
        var (export, text) = await lab.ExportAsync(new() { Format = "ndjson" });
        using var http = host.Http(key);
        using var plain = await http.GetAsync(export.Download, Ct);
        Assert.Equal(text, await plain.Content.ReadAsStringAsync(Ct));
        Assert.Equal(($"\"{export.Content!.Sha256[..16]}\"", "application/x-ndjson", export.Content.Bytes), (plain.Headers.ETag!.ToString(), plain.Content.Headers.ContentType!.ToString(), plain.Content.Headers.ContentLength));
        Assert.StartsWith("attachment; filename=reports-", plain.Content.Headers.ContentDisposition!.ToString().Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        http.DefaultRequestHeaders.AcceptEncoding.Add(new("gzip"));
        using var gzip = await http.GetAsync(export.Download, Ct);
        Assert.Equal(($"\"{export.Content.Sha256[..16]}-gzip\"", export.Content.Compressed), (gzip.Headers.ETag!.ToString(), gzip.Content.Headers.ContentLength));
        Assert.Equal(text, Encoding.UTF8.GetString(Lab.Api.Storage.Gzip.Expand(await gzip.Content.ReadAsByteArrayAsync(Ct))));
        http.DefaultRequestHeaders.IfNoneMatch.Add(gzip.Headers.ETag);
        using var known = await http.GetAsync(export.Download, Ct);
        Assert.Equal((HttpStatusCode.NotModified, 0L), (known.StatusCode, (await known.Content.ReadAsByteArrayAsync(Ct)).LongLength));
    }

    [Fact]
    public async Task A_request_that_cannot_be_right_is_422_with_everything_and_one_that_is_repeated_is_one_export()
    {
        (ExportRequest Request, string[] Pointers)[] wrong =
        [
            (new() { Format = "xlsx", Rank = "kingdom", Unit = "percent", Filter = new() { Status = "preliminary", Finding = "x", Subject = "a b", Accession = "-", Assay = "" } },
                ["/format", "/rank", "/unit", "/filter/status", "/filter/finding", "/filter/subject", "/filter/accession", "/filter/assay"]),
            (new() { Format = "ndjson", Rank = "genus" }, ["/format"]), (new() { Format = "tsv" }, ["/filter/assay"]), (new() { Format = "biom", Filter = new() { Assay = "amplicon-16s" }, Rank = "species" }, ["/rank"]),
            (new() { Format = "biom", Filter = new() { Assay = "shotgun-metaphlan4" }, Unit = "reads" }, ["/unit"]), (new() { Format = "tsv", Filter = new() { Assay = "amplicon-16s", Status = "entered-in-error" } }, ["/filter/status"]),
        ];
        foreach (var (request, pointers) in wrong)
        {
            var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.RequestExportAsync(request, cancellation: Ct));
            Assert.Equal(("value-invalid", string.Join(' ', pointers)), (refused.Code, string.Join(' ', refused.Problem!.Errors.Select(e => e.Pointer))));
        }
        Assert.Equal("assay-unknown", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.RequestExportAsync(new() { Format = "tsv", Filter = new() { Assay = "none" } }, cancellation: Ct))).Code);
        var first = await host.Client.RequestExportAsync(new() { Format = "ndjson" }, "once", Ct);
        Assert.Equal(first.Id, (await host.Client.RequestExportAsync(new() { Format = "ndjson" }, "once", Ct)).Id);
        Assert.Equal("idempotency-mismatch", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.RequestExportAsync(new() { Format = "tsv", Filter = new() { Assay = "amplicon-16s" } }, "once", Ct))).Code);
    }

    [Fact]
    public async Task An_export_of_nothing_is_empty_and_one_that_has_ended_is_removed()
    {
        var lab = await PartnerAsync("nothing");
        foreach (var (format, text) in new[] { ("ndjson", ""), ("tsv", "taxid\tname\tlineage\n") })
        {
            var (export, content) = await lab.ExportAsync(new() { Format = format, Filter = new() { Assay = ExportFixture.Assay } });
            Assert.Equal(text, content);
            Assert.Equal("removed", await lab.DeleteExportAsync(export.Id, Ct));
            Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => lab.GetExportAsync(export.Id, cancellation: Ct))).Code);
        }
        var (_, biom) = await lab.ExportAsync(new() { Format = "biom", Filter = new() { Assay = ExportFixture.Assay } });
        Assert.Equal("[0,0]", JsonNode.Parse(biom)!["shape"]!.ToJsonString());
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.task_part p LEFT JOIN lab.task t ON t.id = p.task_id WHERE t.id IS NULL"));
    }

    [Fact]
    public async Task Reads_are_refused_where_one_sample_has_none()
    {
        var lab = await PartnerAsync("countless");
        await UploadAsync(lab, "COUNTED", 1);
        var fractions = """{ "assay": "shotgun-kraken2", "unit": "fraction", "taxa": [ { "taxid": 853, "value": 0.6 }, { "taxid": 562, "value": 0.4 } ] }"""u8.ToArray();
        var upload = await lab.UploadProfileAsync("UNCOUNTED", fractions, cancellation: Ct);
        await lab.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct);
        var asked = await lab.RequestExportAsync(new() { Format = "biom", Filter = new() { Assay = ExportFixture.Assay }, Unit = "reads" }, cancellation: Ct);
        var failed = await lab.WaitForExportAsync(asked.Id, Ct);
        Assert.Equal(("failed", "counts-missing", null), (failed.Status, failed.Error, failed.Download));
        Assert.Equal("task-state", (await Assert.ThrowsAsync<LabProblemException>(() => lab.DownloadExportAsync(asked.Id, Ct))).Code);
    }

    private static IEnumerable<Guid> Ids(string ndjson) => ndjson.Split('\n').SkipLast(1).Select(l => (Guid)JsonNode.Parse(l)!["id"]!);

    private Task<LabClient> PartnerAsync(string name) => host.ClientForAsync(name, "samples:write", "profiles:write", "reports:read");

    private static async Task<Report> UploadAsync(LabClient client, string accession, int seed) =>
        await client.WaitForReportAsync((await client.UploadProfileAsync(accession, SampleFiles.Kreport(seed), cancellation: Ct)).AnalysisId, Ct);
}
