using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class ListReportsTests(LabHost host) : IClassFixture<LabHost>
{
    // Two classified reads: the quality fails, so nothing is released by itself.
    private static readonly byte[] Shallow = Encoding.UTF8.GetBytes(" 50.00\t2\t2\tU\t0\tunclassified\n 50.00\t2\t0\tR\t1\troot\n 50.00\t2\t0\tD\t2\t  Bacteria\n 50.00\t2\t2\tS\t562\t    Escherichia coli\n");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_item_says_what_the_report_says()
    {
        var report = await ReportAsync(host.Client, "SAID", SampleFiles.Read("kraken2-klebsiella.kreport"));
        var item = Assert.Single((await host.Client.ListReportsAsync(new ReportFilter { Accession = "SAID" }, cancellation: Ct)).Items);
        Assert.Equivalent((await host.Client.ListReportVersionsAsync(report.Id, Ct))[0], item, strict: true);
        Assert.Equal(("SAID", report.Id, report.Status, report.Digest), (item.Accession, item.Id, item.Status, item.Digest));
        Assert.Equal(report.Findings.Select(f => f.Code), item.Findings);
        Assert.NotEmpty(item.Findings);
    }

    [Fact]
    public async Task One_item_a_series_its_current_version_and_all_versions_when_asked_for()
    {
        await host.Client.PutSampleAsync("SERIES", new SampleRegistration { Subject = "SERIES" }, Ct);
        var one = await ReportAsync(host.Client, "SERIES", SampleFiles.Kreport(1));
        var waiting = await ReportAsync(host.Client, "SERIES", SampleFiles.Kreport(2));
        var amplicon = await ReportAsync(host.Client, "SERIES", SampleFiles.Read("amplicon-16s-healthy.json"));
        Assert.Equal(("final", "preliminary"), (one.Status, waiting.Status));
        var mine = new ReportFilter { Subject = "SERIES" };
        Assert.Equal([one.Id, amplicon.Id], await IdsAsync(host.Client, mine));
        Assert.Equal([amplicon.Id, waiting.Id, one.Id], await IdsAsync(host.Client, mine with { EveryVersion = true }));
        using var http = host.Http();
        Assert.Equal(await http.GetStringAsync("v1/reports?subject=SERIES", Ct), await http.GetStringAsync("v1/reports?subject=SERIES&versions=current", Ct));
    }

    [Fact]
    public async Task A_partner_lists_released_versions_of_its_own_and_the_lab_also_what_waits()
    {
        var partner = await host.ClientForAsync("lister", "profiles:write", "reports:read");
        var one = await ReportAsync(partner, "OWN-1", SampleFiles.Kreport(3));
        var waiting = await VersionAsync(partner, "OWN-1", SampleFiles.Kreport(4));
        var shallow = await VersionAsync(partner, "OWN-2", Shallow);
        await ReportAsync(host.Client, "NOT-OWN", SampleFiles.Kreport(5));
        foreach (var every in new[] { false, true })
        {
            Assert.Equal([one.Id], await IdsAsync(partner, new ReportFilter { EveryVersion = every }));
            Assert.Empty(await IdsAsync(partner, new ReportFilter { EveryVersion = every, Status = "preliminary" }));
            Assert.Empty(await IdsAsync(partner, new ReportFilter { EveryVersion = every, Accession = "NOT-OWN" }));
        }
        Assert.Equal([shallow], await IdsAsync(host.Client, new ReportFilter { Accession = "OWN-2" }));
        Assert.Equal([one.Id], await IdsAsync(host.Client, new ReportFilter { Accession = "OWN-1" }));
        Assert.Equal([waiting, one.Id], await IdsAsync(host.Client, new ReportFilter { Accession = "OWN-1", EveryVersion = true }));
    }

    [Fact]
    public async Task Each_filter_keeps_what_it_names()
    {
        await host.Client.PutSampleAsync("FILTER-1", new SampleRegistration { Subject = "FILTER-SUBJECT" }, Ct);
        var klebsiella = await ReportAsync(host.Client, "FILTER-1", SampleFiles.Read("kraken2-klebsiella.kreport"));
        var depleted = await ReportAsync(host.Client, "FILTER-2", SampleFiles.Read("metaphlan2-scfa-depleted.txt"));
        var shallow = await VersionAsync(host.Client, "FILTER-3", Shallow);
        Guid[] all = [klebsiella.Id, depleted.Id, shallow];
        (ReportFilter Filter, Guid[] Kept)[] cases =
        [
            (new() { Subject = "FILTER-SUBJECT" }, [klebsiella.Id]), (new() { Subject = "NOBODY" }, []), (new() { Accession = "FILTER-2" }, [depleted.Id]), (new() { Accession = "NONE" }, []),
            (new() { Status = "final" }, [depleted.Id, klebsiella.Id]), (new() { Status = "preliminary" }, [shallow]), (new() { Status = "amended" }, []), (new() { Status = "corrected" }, []),
            (new() { Status = "entered-in-error" }, []), (new() { Finding = "klebsiella-high" }, [klebsiella.Id]), (new() { Finding = "scfa-producers-depleted" }, [depleted.Id]), (new() { Finding = "candida-high" }, []),
            (new() { UpdatedFrom = depleted.IssuedAt }, [shallow, depleted.Id]), (new() { UpdatedFrom = depleted.IssuedAt.AddMilliseconds(1) }, [shallow]), (new() { UpdatedFrom = depleted.IssuedAt, Status = "final" }, [depleted.Id]),
        ];
        foreach (var every in new[] { false, true })
        {
            foreach (var (filter, kept) in cases)
            {
                var found = await IdsAsync(host.Client, filter with { EveryVersion = every });
                Assert.True(kept.SequenceEqual(found.Where(all.Contains)), $"{filter}: {string.Join(' ', found)}");
            }
        }
    }

    [Theory]
    [InlineData("limit=0", 400)]
    [InlineData("limit=201", 400)]
    [InlineData("limit=many", 400)]
    [InlineData("cursor=none", 400)]
    [InlineData("status=released", 422)]
    [InlineData("finding=none", 422)]
    [InlineData("versions=some", 422)]
    [InlineData("subject=Jan%20Jansen", 422)]
    [InlineData("accession=a%2Fb", 422)]
    [InlineData("updatedFrom=yesterday", 422)]
    public async Task What_cannot_be_asked_for_is_named(string query, int status)
    {
        using var http = host.Http();
        var problem = await Problems.AssertAsync(await http.GetAsync($"v1/reports?{query}", Ct), status, status == 400 ? "bad-request" : "value-invalid");
        if (status == 422) Assert.StartsWith(query.Split('=')[0] + ": ", Assert.Single(problem.GetProperty("errors").EnumerateArray()).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_cannot_be_asked_for_is_named_at_once()
    {
        using var http = host.Http();
        var problem = await Problems.AssertAsync(await http.GetAsync("v1/reports?status=a&finding=b&versions=c&subject=%20&accession=%20&updatedFrom=d", Ct), 422, "value-invalid");
        Assert.Equal(6, problem.GetProperty("errors").GetArrayLength());
    }

    private static async Task<Guid[]> IdsAsync(LabClient client, ReportFilter filter) => [.. (await client.ListReportsAsync(filter, 200, cancellation: Ct)).Items.Select(r => r.Id)];

    private static async Task<Guid> VersionAsync(LabClient client, string accession, byte[] content)
    {
        var upload = await client.UploadProfileAsync(accession, content, cancellation: Ct);
        return (await client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct)).ReportId!.Value;
    }

    private static async Task<Report> ReportAsync(LabClient client, string accession, byte[] content)
    {
        var upload = await client.UploadProfileAsync(accession, content, cancellation: Ct);
        return await client.WaitForReportAsync(upload.AnalysisId, Ct);
    }
}
