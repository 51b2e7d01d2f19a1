using System.Text;
using Lab.Api.Partners;
using Lab.Client;
using Lab.Microbiome.Cohorts;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Cohorts;

/// <summary>Cohorts that are uploaded as a table.</summary>
public sealed class PublishCohortTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static readonly Lazy<string> Western = new(() =>
    {
        using var stream = typeof(ReferenceCohort).Assembly.GetManifestResourceStream("western-shotgun@1.tsv")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    /// <summary>The shipped table under another name, with a line of the head added, or text replaced.</summary>
    internal static byte[] Table(string id, int version, string added = "", string from = "#", string to = "#") => Encoding.UTF8.GetBytes(Western.Value
        .Replace("# id: western-shotgun\n# version: 1\n", $"# id: {id}\n# version: {version}\n{added}", StringComparison.Ordinal).Replace(from, to, StringComparison.Ordinal));

    [Fact]
    public async Task A_table_is_frozen_at_once_and_used_for_new_analyses_while_old_reports_stay_as_they_were()
    {
        var file = SampleFiles.Read("metaphlan2-scfa-depleted.txt");
        var before = await ReportAsync("OLD", file);
        Assert.Equal("western-shotgun@1", before.Method.Cohort);

        var published = await host.Client.PublishCohortAsync("own", Table("own", 1), Ct);
        Assert.Equal(("own", 1, "published", 339), (published.Id, published.Version, published.Status, published.N));
        Assert.Equal(["western-shotgun", "chinese-shotgun", "benelux-16s", "us-16s"], (await host.Client.ListCohortsAsync(Ct)).Select(c => c.Id).Take(4));
        Assert.Contains(await host.Client.ListCohortsAsync(Ct), c => (c.Id, c.Digest) == ("own", published.Digest));
        var details = await host.Client.GetCohortAsync("own", 1, Ct);
        Assert.Equal((published.Digest, 41), (details.Cohort.Digest, details.Levels.Count));
        var coli = await host.Client.GetCohortTaxonAsync("own", 1, 562, Ct);
        Assert.Equal(("own@1", 339, "Escherichia coli"), (coli.Cohort, coli.N, coli.Distribution.Name));
        Assert.Equal("not-found", await CodeAsync(() => host.Client.GetCohortTaxonAsync("own", 1, 9606, Ct)));

        // New analyses and previews take it; the report that is there does not move until it is interpreted again.
        Assert.Equal("own@1", (await ReportAsync("NEW", file)).Method.Cohort);
        Assert.Equal("own@1", (await host.Client.PreviewReportAsync(file, cancellation: Ct)).Method.Cohort);
        Assert.Equal(before.Id, (await host.Client.GetCurrentReportAsync("OLD", cancellation: Ct)).Report!.Id);
        var again = await AgainAsync(new() { Accession = "OLD" });
        Assert.Equal(("own@1", before.Digest == again.Digest), (again.Method.Cohort, false));
        Assert.Equal(["cohort"], (await host.Client.DiffReportsAsync(before.Id, again.Id, Ct)).Method.Select(m => m.Member));
        // Other values, the same names: the next version is taken by its id, and old ones by theirs.
        await host.Client.PublishCohortAsync("own", Table("own", 2, from: "# n: 339", to: "# n: 340"), Ct);
        Assert.Equal("own@2", (await ReportAsync("NEWER", file)).Method.Cohort);
        Assert.Equal("own@1", (await AgainAsync(new() { Accession = "OLD", Cohort = "own@1" })).Method.Cohort);
        Assert.Equal("own@2", (await AgainAsync(new() { Accession = "OLD", Cohort = "own" })).Method.Cohort);
        Assert.Equal("western-shotgun@1", (await AgainAsync(new() { Accession = "OLD", Cohort = "western-shotgun" })).Method.Cohort);
        foreach (var report in new[] { before, again })
        {
            var verified = await host.Client.VerifyReportAsync(report.Id, Ct);
            Assert.Equal((true, true), (verified.Intact, verified.Reproduced));
            Assert.NotEmpty(await host.Client.GetReportTaxaAsync(report.Id, Ct));
            Assert.Equal(report.Method.Cohort, (await host.Client.ExplainFindingAsync(report.Id, "scfa-producers-depleted", Ct)).Cohort.Ref);
        }
    }

    [Fact]
    public async Task The_same_table_again_is_the_same_version_and_no_other_takes_its_number()
    {
        await host.Client.PublishCohortAsync("once", Table("once", 1, "# stratum: for this test\n"), Ct);
        Assert.Equal(1, (await host.Client.PublishCohortAsync("once", Table("once", 1, "# stratum: for this test\n"), Ct)).Version);
        Assert.Equal("version-taken", await CodeAsync(() => host.Client.PublishCohortAsync("once", Table("once", 1, "# stratum: for another\n"), Ct)));
        Assert.Equal("version-taken", await CodeAsync(() => host.Client.PublishCohortAsync("once", Table("once", 3, "# stratum: for this test\n"), Ct)));
        Assert.Equal("reference-fixed", await CodeAsync(() => host.Client.PublishCohortAsync("western-shotgun", Table("western-shotgun", 2), Ct)));
        var partner = await host.ClientForAsync("once-partner", Scope.ReportsRead);
        Assert.Equal("scope-missing", await CodeAsync(() => partner.PublishCohortAsync("theirs", Table("theirs", 1), Ct)));
        Assert.Contains(await partner.ListCohortsAsync(Ct), c => c.Id == "once");
    }

    [Theory]
    [InlineData("# n: 339", "# n: 119", 4)]
    [InlineData("# licence: derived", "# license: derived", 1, 13)]
    [InlineData("# platform: Shotgun", "# platform: Long reads", 7)]
    [InlineData("# population-en: ", "# panel: none@1\n# population-en: ", 1)]
    [InlineData("kind\tid\trank", "kind\trank\tid", 16)]
    [InlineData("\t0.975\t1\tci95", "\t0.975\t0.9\tci95", 16)]
    [InlineData("metric\tobserved\t", "metric\tobservable\t", 17)]
    [InlineData("metric\tshannon\tSpecies\tshannon\t1\t", "metric\tshannon\tSpecies\tshannon\t1\t9", 18)]
    [InlineData("guild\tfungi\t", "guild\tbeneficial\t", 32)]
    [InlineData("\ngenome", "\ngenome", 0)]
    public async Task What_is_wrong_with_a_table_is_told_by_its_lines(string from, string to, params int[] lines)
    {
        var sent = Table("wrong", 1, "", from, to);
        if (lines[0] == 0)
        {
            // Nothing was replaced: a file that is cut in the middle of a line.
            sent = sent[..^3];
            lines = [1 + sent.Count(b => b == (byte)'\n')];
        }
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PublishCohortAsync("wrong", sent, Ct));
        Assert.Equal("value-invalid", refused.Code);
        Assert.Equal(lines, refused.Problem!.Errors.Select(e => e.Line!.Value).Distinct());
    }

    [Theory]
    [InlineData("""{ "assay": "shotgun-kraken2" }""", 400, "body-invalid")]
    [InlineData("""{ "assay": "none", "population": { "en": "a", "nl": "b" } }""", 422, "assay-unknown")]
    [InlineData("""{ "assay": "shotgun-generic", "population": { "en": "a", "nl": "b" } }""", 422, "assay-unknown")]
    [InlineData("""{ "assay": "shotgun-kraken2", "population": { "en": "a\nb", "nl": "b" } }""", 422, "value-invalid")]
    [InlineData("""{ "assay": "shotgun-kraken2", "population": { "en": "a", "nl": "b" }, "panel": "none@1" }""", 422, "panel-unknown")]
    [InlineData("""{ "assay": "shotgun-kraken2", "population": { "en": "a", "nl": "b" }, "minimumN": 119 }""", 422, "value-invalid")]
    [InlineData("""{ "assay": "shotgun-kraken2", "population": { "en": "a", "nl": "b" }, "ageFrom": 50, "ageTo": 40 }""", 422, "value-invalid")]
    [InlineData("""{ "assay": "shotgun-kraken2", "population": { "en": "a", "nl": "b" }, "exclude": ["hay-fever"] }""", 422, "value-invalid")]
    [InlineData("""{ "assay": "shotgun-kraken2", "population": { "en": "a", "nl": "b" } }""", 422, "cohort-too-small")]
    [InlineData("", 422, "value-invalid")]
    [InlineData("PK\u0003\u0004", 422, "value-invalid")]
    public async Task A_request_that_cannot_be_met_is_refused_and_leaves_nothing(string body, int status, string code)
    {
        using var http = host.Http();
        using var content = new StringContent(body);
        await Problems.AssertAsync(await http.PostAsync("v1/cohorts/refused/versions", content, Ct), status, code);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.cohort_version WHERE id = 'refused'"));
    }

    [Theory]
    [InlineData("UPDATE lab.cohort_version SET content = ''")]
    [InlineData("UPDATE lab.cohort_version SET status = 'building'")]
    [InlineData("DELETE FROM lab.cohort_version")]
    [InlineData("TRUNCATE lab.cohort_version CASCADE")]
    public async Task What_is_published_is_never_changed_even_by_a_superuser(string sql)
    {
        await host.Client.PublishCohortAsync("frozen", Table("frozen", 1, "# stratum: for this test\n"), Ct);
        await using var connection = await host.OpenDatabaseAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        Assert.Equal(PostgresErrorCodes.IntegrityConstraintViolation, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Ct))).SqlState);
    }

    private async Task<Report> ReportAsync(string accession, byte[] file) => await host.Client.WaitForReportAsync((await host.Client.UploadProfileAsync(accession, file, cancellation: Ct)).AnalysisId, Ct);

    private async Task<Report> AgainAsync(AnalysisRequest request) => await host.Client.WaitForReportAsync((await host.Client.RequestAnalysesAsync(request, Ct)).Items[0].AnalysisId, Ct);

    private static async Task<string?> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<LabProblemException>(call)).Code;
}
