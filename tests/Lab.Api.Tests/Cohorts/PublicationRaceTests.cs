using System.Globalization;
using System.Text.Json.Nodes;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Cohorts;

/// <summary>Twenty clients who publish cohorts and panels, analyse and interpret again, all at once.</summary>
public sealed class PublicationRaceTests(LabHost host) : IClassFixture<LabHost>
{
    private const int Clients = 20, Rounds = 3;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_report_is_made_without_a_frozen_version_and_none_fails()
    {
        var file = SampleFiles.Read("metaphlan2-scfa-depleted.txt");
        var core = (await host.Client.GetPanelAsync("gut-core", 1, Ct)).GetRawText();
        var refusals = new System.Collections.Concurrent.ConcurrentBag<string>();
        var published = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var round = 1; round <= Rounds; round++)
            {
                // Ten want each version of one cohort and of one panel, each with other words: one gets it.
                for (var version = 1; version <= Rounds; version++)
                {
                    try
                    {
                        published.Add(client % 2 == 0
                            ? (await host.Client.PublishCohortAsync("race", PublishCohortTests.Table("race", version, from: "# note-en: ", to: $"# note-en: By client {client}. "), Ct)).Digest!
                            : (await host.Client.PublishPanelAsync("race", Panel(core, version, $"By client {client}."), cancellation: Ct)).Digest);
                    }
                    catch (LabProblemException refused)
                    {
                        refusals.Add(refused.Code!);
                    }
                }
                var accession = string.Create(CultureInfo.InvariantCulture, $"RACE-{client}-{round}");
                var uploaded = await host.Client.WaitForReportAsync((await host.Client.UploadProfileAsync(accession, file, cancellation: Ct)).AnalysisId, Ct);
                var known = (await host.Client.ListPanelsAsync(Ct)).Where(p => p.Id == "race").Select(p => p.Version).DefaultIfEmpty(0).Max();
                var again = await host.Client.RequestAnalysesAsync(new() { Accession = accession, Panel = known > 0 ? $"race@{known}" : null }, Ct);
                var report = await host.Client.WaitForReportAsync(again.Items[0].AnalysisId, Ct);
                foreach (var made in new[] { uploaded, report }) Assert.Contains("@", made.Method.Cohort, StringComparison.Ordinal);
            }
        }));
        Assert.Equal(["version-taken"], refusals.Distinct());
        // Each version stands once, as the one who got it sent it; everybody who was told that it is published sent that.
        Assert.Equal(Rounds, await host.ScalarAsync<long>("SELECT count(*) FROM lab.cohort_version WHERE id = 'race' AND status = 'published'"));
        Assert.Equal(Rounds, await host.ScalarAsync<long>("SELECT count(*) FROM lab.panel_version WHERE id = 'race' AND status = 'published'"));
        Assert.Equal(2 * Rounds, published.Distinct().Count());
        // Every report names versions that are frozen, and can be made again of them.
        Assert.Equal(2 * Clients * Rounds, await host.ScalarAsync<long>("SELECT count(*) FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE s.accession LIKE 'RACE-%'"));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.analysis a JOIN lab.sample s ON s.id = a.sample_id WHERE s.accession LIKE 'RACE-%' AND a.status <> 'succeeded'"));
        Assert.Equal(0, await host.ScalarAsync<long>("""
            SELECT count(*) FROM lab.report r WHERE r.cohort IS NULL OR
                NOT EXISTS (SELECT FROM lab.cohort_version c WHERE r.cohort = c.id || '@' || c.version AND c.status = 'published' AND c.published_at <= r.issued_at + interval '1 second') AND r.cohort <> 'western-shotgun@1'
                OR NOT EXISTS (SELECT FROM lab.panel_version p WHERE r.panel = p.id || '@' || p.version AND p.status = 'published') AND r.panel <> 'gut-core@1'
            """));
        for (var client = 0; client < Clients; client += 5)
        {
            foreach (var version in await host.Client.ListReportVersionsAsync((await host.Client.GetCurrentReportAsync($"RACE-{client}-{Rounds}", cancellation: Ct)).Report!.Id, Ct))
            {
                var verified = await host.Client.VerifyReportAsync(version.Id, Ct);
                Assert.Equal((true, true), (verified.Intact, verified.Reproduced));
            }
        }
    }

    [Fact]
    public async Task Another_node_analyses_with_a_version_as_soon_as_it_is_published()
    {
        await using var other = await HostProcess.StartAsync(host.Database, host.Key);
        using var http = new HttpClient { BaseAddress = other.BaseAddress };
        var neighbour = new LabClient(http, host.Key);
        var file = SampleFiles.Read("metaphlan2-scfa-depleted.txt");
        for (var version = 1; version <= 5; version++)
        {
            await host.Client.PublishCohortAsync("nodes", PublishCohortTests.Table("nodes", version), Ct);
            Assert.Equal($"nodes@{version}", (await neighbour.PreviewReportAsync(file, cancellation: Ct)).Method.Cohort);
            var upload = await neighbour.UploadProfileAsync($"NODES-{version}", file, new() { Cohort = $"nodes@{version}" }, Ct);
            Assert.Equal($"nodes@{version}", (await neighbour.WaitForReportAsync(upload.AnalysisId, Ct)).Method.Cohort);
        }
    }

    private static string Panel(string core, int version, string description)
    {
        var panel = JsonNode.Parse(core)!.AsObject();
        (panel["id"], panel["version"], panel["description"]) = ("race", version, description);
        return panel.ToJsonString();
    }
}
