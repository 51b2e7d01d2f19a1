using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class GetReportTaxaTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(SampleFiles.Shipped), MemberType = typeof(SampleFiles))]
    public async Task Whatever_stands_in_the_composition_stands_in_the_table_in_every_digit(string file)
    {
        var report = await ReportAsync($"TABLE-{file}", SampleFiles.Read(file));
        using var http = host.Http();
        var table = JsonNode.Parse(await http.GetStringAsync($"v1/reports/{report.Id}/taxa", Ct))!["items"]!.AsArray();
        var document = JsonNode.Parse(await http.GetStringAsync($"v1/reports/{report.Id}", Ct))!;
        foreach (var (rank, taxa) in document["composition"]!.AsObject())
        {
            var rows = table.Where(r => (string?)r!["rank"] == rank).ToList();
            Assert.True(rows.Count >= taxa!.AsArray().Count, rank);
            foreach (var taxon in taxa.AsArray().Select(t => t!.DeepClone()))
            {
                taxon["rank"] = rank;
                // A composition leaves out the reason where there is none.
                taxon["reason"] ??= null;
                Assert.Contains(rows, row => JsonNode.DeepEquals(row, taxon));
            }
        }
    }

    [Fact]
    public async Task It_is_not_cut_and_holds_every_rank_from_the_domains_down_the_most_abundant_first()
    {
        var report = await ReportAsync("UNCUT", Many(120));
        Assert.Equal(50, report.Composition.Species.Count);
        var table = await host.Client.GetReportTaxaAsync(report.Id, Ct);
        var species = table.Where(t => t.Rank == "species").ToArray();
        Assert.Equal(120, species.Length);
        Assert.Equal(species.OrderByDescending(t => t.Fraction).ThenBy(t => t.Name, StringComparer.Ordinal), species);
        Assert.Equal(["domain", "phylum", "genus", "species", "none"], table.Select(t => t.Rank).Distinct());
        Assert.Equal(1, table.Where(t => t.Rank == "phylum").Sum(t => t.Fraction), 12);
        Assert.Equal(table.Single(t => t.Rank == "genus").Reads, species.Sum(t => t.Reads));
    }

    [Fact]
    public async Task What_nearly_everybody_has_and_this_sample_has_not_is_in_it()
    {
        var report = await ReportAsync("ABSENT", Encoding.UTF8.GetBytes("#SampleID\tMetaphlan2_Analysis\nk__Bacteria\t100.0\nk__Bacteria|p__Firmicutes\t100.0\n"
            + "k__Bacteria|p__Firmicutes|c__Clostridia\t100.0\nk__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales\t100.0\nk__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Ruminococcaceae\t100.0\n"
            + "k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Ruminococcaceae|g__Faecalibacterium\t100.0\n"
            + "k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Ruminococcaceae|g__Faecalibacterium|s__Faecalibacterium_prausnitzii\t100.0\n"));
        var absent = (await host.Client.GetReportTaxaAsync(report.Id, Ct)).Where(t => t.Fraction == 0).ToArray();
        Assert.Contains(absent, t => (t.Rank, t.Name) == ("phylum", "Bacteroidota"));
        Assert.All(absent, t => Assert.True(t is { Status: "absent" or "not-detected", Reference.P5: > 0, Reason: null }, t.ToString()));
    }

    [Fact]
    public async Task A_partner_sees_the_table_of_released_versions_only()
    {
        var partner = await host.ClientForAsync("reader", "profiles:write", "reports:read");
        var stranger = await host.ClientForAsync("stranger", "reports:read");
        var shallow = await partner.UploadProfileAsync("SHALLOW",
            Encoding.UTF8.GetBytes(" 50.00\t2\t2\tU\t0\tunclassified\n 50.00\t2\t0\tR\t1\troot\n 50.00\t2\t0\tD\t2\t  Bacteria\n 50.00\t2\t2\tS\t562\t    Escherichia coli\n"), cancellation: Ct);
        var preliminary = (await partner.GetAnalysisAsync(shallow.AnalysisId, TimeSpan.FromSeconds(20), Ct)).ReportId!.Value;
        var upload = await partner.UploadProfileAsync("DEEP", SampleFiles.Kreport(1), cancellation: Ct);
        var final = (await partner.WaitForReportAsync(upload.AnalysisId, Ct)).Id;
        Assert.NotEmpty(await partner.GetReportTaxaAsync(final, Ct));
        Assert.NotEmpty(await host.Client.GetReportTaxaAsync(preliminary, Ct));
        foreach (var (client, id, code) in new[] { (partner, preliminary, "report-not-released"), (stranger, preliminary, "not-found"), (stranger, final, "not-found"), (host.Client, Guid.Empty, "not-found") })
        {
            var refused = await Assert.ThrowsAsync<LabProblemException>(() => client.GetReportTaxaAsync(id, Ct));
            Assert.Equal((404, code), ((int)refused.StatusCode, refused.Code));
        }
    }

    private async Task<Report> ReportAsync(string accession, byte[] content)
    {
        var upload = await host.Client.UploadProfileAsync(accession, content, cancellation: Ct);
        return await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
    }

    /// <summary>Species of one genus, each above 0.1 %, and a clade between the ranks.</summary>
    private static byte[] Many(int species)
    {
        var reads = Enumerable.Range(0, species).Select(i => 5_000 + 10 * i).ToArray();
        var all = reads.Sum();
        var text = new StringBuilder();
        Row(all, 0, "R", 1, 0, "root");
        Row(all, 0, "D", 2, 1, "Bacteria");
        Row(all, 0, "D1", 1783272, 2, "Terrabacteria group");
        Row(all, 0, "P", 1239, 3, "Bacillota");
        Row(all, 0, "G", 216851, 4, "Faecalibacterium");
        for (var i = 0; i < species; i++) Row(reads[i], reads[i], "S", 90_000_000 + i, 5, $"Faecalibacterium sp. {i:000}");
        return Encoding.UTF8.GetBytes(text.ToString());

        void Row(int clade, int direct, string rank, int taxid, int depth, string name) => text.Append(CultureInfo.InvariantCulture,
            $"{100.0 * clade / all,6:0.00}\t{clade}\t{direct}\t{rank}\t{taxid}\t{new string(' ', 2 * depth)}{name}\n");
    }
}
