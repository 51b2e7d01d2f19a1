using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class ExplainFindingTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_finding_is_explained_by_rule_limit_cohort_and_the_steps_to_its_severity()
    {
        var report = await ReportAsync(host.Client, "EXPLAINED", SampleFiles.Read("kraken2-klebsiella.kreport"));
        var finding = report.Findings.Single(f => f.Code == "klebsiella-high");
        var explanation = await host.Client.ExplainFindingAsync(report.Id, "klebsiella-high", Ct);
        Assert.Equal(("klebsiella-high", "gut-core@1#klebsiella-high", "taxon", "klebsiella", "high"),
            (explanation.Finding, explanation.Rule, explanation.Kind, explanation.Subject, explanation.Direction));
        // The limit is that of the row "klebsiella" in cohorts/western-shotgun@1.tsv.
        Assert.Equal((97.5, 0.00249208, 0.001), (explanation.Threshold!.Percentile, explanation.Threshold.Value, explanation.Floor));
        Assert.Equal((finding.Value, finding.Severity, finding.Text), (explanation.Observed, explanation.Severity, explanation.Text));
        Assert.Equal(("western-shotgun@1", 339, "same-platform"), (explanation.Cohort.Ref, explanation.Cohort.N, explanation.CohortMatch));
        Assert.Equal(["distance high", "rule-limits moderate", "cohort-other-method low"], explanation.SeverityBecause.Select(s => $"{s.Code} {s.Severity}"));
        Assert.Null(explanation.BaseRate);
        Assert.Equal(1, explanation.CountingStability);
    }

    [Fact]
    public async Task Every_finding_of_every_sample_has_an_explanation_that_ends_in_its_severity()
    {
        foreach (var file in SampleFiles.Shipped)
        {
            var report = await ReportAsync(host.Client, $"EVERY-{file.Data.GetHashCode():x}", SampleFiles.Read(file.Data));
            foreach (var finding in report.Findings)
            {
                var explanation = await host.Client.ExplainFindingAsync(report.Id, finding.Code, Ct);
                Assert.Equal((finding.Code, finding.Severity, finding.Severity), (explanation.Finding, explanation.Severity, explanation.SeverityBecause[^1].Severity));
            }
        }
    }

    [Fact]
    public async Task The_rule_is_that_of_the_panel_that_was_used()
    {
        var report = await ReportAsync(host.Client, "GUIDED", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), new UploadOptions { Panel = "gut-core-guided@1" });
        Assert.Equal("gut-core-guided@1#scfa-producers-depleted", (await host.Client.ExplainFindingAsync(report.Id, "scfa-producers-depleted", Ct)).Rule);
        Assert.Contains(report.Recommendations, r => (r.Code, r.Finding, r.Evidence) == ("fermentable-fibre", "scfa-producers-depleted", "low"));
    }

    [Fact]
    public async Task What_is_not_there_is_404()
    {
        var report = await ReportAsync(host.Client, "MISSING", SampleFiles.Kreport(1));
        using var http = host.Http();
        foreach (var path in new[]
        {
            $"v1/reports/{report.Id}/findings/no-such-finding/explanation", $"v1/reports/{report.Id}/findings/candida-high/explanation",
            $"v1/reports/{Guid.CreateVersion7()}/findings/low-diversity/explanation", "v1/reports/17/findings/low-diversity/explanation",
        })
        {
            await Problems.AssertAsync(await http.GetAsync(path, Ct), 404, "not-found");
        }
    }

    [Fact]
    public async Task Partners_get_explanations_of_their_own_released_reports_only()
    {
        var partner = await host.ClientForAsync("explained", "profiles:write", "reports:read");
        var released = await ReportAsync(partner, "RELEASED", SampleFiles.Read("kraken2-klebsiella.kreport"));
        Assert.Equal("klebsiella-high", (await partner.ExplainFindingAsync(released.Id, "klebsiella-high", Ct)).Finding);
        var stranger = await host.ClientForAsync("curious", "reports:read");
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => stranger.ExplainFindingAsync(released.Id, "klebsiella-high", Ct))).Code);
        // A second profile on a released series waits for its release.
        await ReportAsync(partner, "WAITING", SampleFiles.Kreport(2));
        var upload = await partner.UploadProfileAsync("WAITING", SampleFiles.Read("kraken2-klebsiella.kreport"), cancellation: Ct);
        var waiting = (await host.Client.WaitForReportAsync(upload.AnalysisId, Ct)).Id;
        Assert.Equal("report-not-released", (await Assert.ThrowsAsync<LabProblemException>(() => partner.ExplainFindingAsync(waiting, "klebsiella-high", Ct))).Code);
        Assert.Equal("klebsiella-high", (await host.Client.ExplainFindingAsync(waiting, "klebsiella-high", Ct)).Finding);
    }

    [Fact]
    public async Task It_takes_a_key_that_may_read_reports()
    {
        var path = $"v1/reports/{Guid.CreateVersion7()}/findings/low-diversity/explanation";
        using var anonymous = host.Http(anonymous: true);
        await Problems.AssertAsync(await anonymous.GetAsync(path, Ct), 401, "unauthenticated");
        using var other = host.Http(await host.KeyForAsync(null, "samples:write", "profiles:write"));
        await Problems.AssertAsync(await other.GetAsync(path, Ct), 403, "scope-missing");
    }

    private static async Task<Report> ReportAsync(LabClient client, string accession, byte[] profile, UploadOptions? options = null)
    {
        var upload = await client.UploadProfileAsync(accession, profile, options, Ct);
        return await client.WaitForReportAsync(upload.AnalysisId, Ct);
    }
}
