using System.Collections.Concurrent;
using System.Diagnostics;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class SeriesRaceTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_clients_that_upload_sign_and_change_one_sample_leave_versions_without_gap_and_one_current()
    {
        const int clients = 50;
        const string accession = "RACE";
        var first = await host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(0), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(first.AnalysisId, Ct);
        var outcomes = new ConcurrentDictionary<string, int>();
        var clock = Stopwatch.StartNew();
        // Until they have met often enough, however slow the machine is.
        var met = 0;
        bool GoesOn() => clock.Elapsed < TimeSpan.FromSeconds(20) || (met <= 20 && clock.Elapsed < TimeSpan.FromMinutes(3));
        await Parallel.ForAsync(0, clients, new ParallelOptions { MaxDegreeOfParallelism = clients, CancellationToken = Ct }, async (client, _) =>
        {
            var random = new Random(client);
            for (var turn = 0; GoesOn(); turn++)
            {
                // Few change the sample: each change makes a version that the others have not read.
                var act = random.Next(40);
                string outcome;
                try
                {
                    switch (act)
                    {
                        case 0:
                            outcome = (await host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(client * 100 + turn % 7 + 1), cancellation: Ct)).IsNew ? "uploaded" : "known";
                            break;
                        case 1:
                            await host.Client.PutSampleAsync(accession, new() { Subject = $"S-{random.Next(3)}" }, Ct);
                            outcome = "changed";
                            break;
                        default:
                            var versions = await host.Client.ListReportVersionsAsync(report.Id, Ct);
                            var last = versions[^1];
                            met = Math.Max(met, versions.Count);
                            var current = versions.Last(v => v.Status != "preliminary");
                            outcome = act switch
                            {
                                < 20 => (await host.Client.ReleaseReportAsync(last.Id, last.Etag, cancellation: Ct)).Status,
                                < 30 => (await host.Client.AmendReportAsync(last.Id, last.Etag, "other", $"{client}-{turn}", Ct)).Status,
                                _ => (await host.Client.WithdrawReportAsync(current.Id, current.Etag, "duplicate", $"{client}-{turn}", Ct)).Status,
                            };
                            break;
                    }
                }
                catch (LabProblemException problem)
                {
                    outcome = $"{(int)problem.StatusCode} {problem.Code}";
                }
                outcomes.AddOrUpdate(outcome, 1, (_, n) => n + 1);
            }
        });
        while ((await host.Client.GetSampleAsync(accession, Ct)).Status == "analysing") await Task.Delay(50, Ct);

        TestContext.Current.SendDiagnosticMessage("{0}", string.Join(", ", outcomes.OrderBy(o => o.Key).Select(o => $"{o.Key}: {o.Value}")));
        Assert.DoesNotContain(outcomes.Keys, outcome => outcome.StartsWith('5'));
        string[] expected = ["uploaded", "known", "changed", "preliminary", "corrected", "amended", "entered-in-error", "409 report-released", "409 report-superseded", "409 report-withdrawn"];
        Assert.Empty(outcomes.Keys.Except(expected));
        var series = await host.Client.ListReportVersionsAsync(report.Id, Ct);
        Assert.True(series.Count > 20, $"{series.Count} versions: they hardly met.");
        Assert.Equal(Enumerable.Range(1, series.Count), series.Select(v => v.Version));
        Assert.Equal(series.Last(v => v.Status != "preliminary").Id, (await host.Client.GetCurrentReportAsync(accession, cancellation: Ct)).Report!.Id);
        Assert.Equal(1, await host.ScalarAsync<long>($"SELECT count(*) FROM lab.report r WHERE r.status <> 'preliminary' AND {Lab.Api.Reports.GetReport.IsCurrent}"));
        // Every released version replaces the one that was released before it, and is recorded once.
        var released = series.Where(v => v.Status != "preliminary").ToArray();
        Assert.Equal(released.SkipLast(1).Select(v => (Guid?)v.Id), released.Skip(1).Select(v => v.Replaces));
        Assert.Equal(series.Count, await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit WHERE action IN ('report.published', 'report.released', 'report.amended', 'report.withdrawn')"));
    }
}
