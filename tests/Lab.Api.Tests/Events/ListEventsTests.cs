using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Api.Tests.Audit;
using Lab.Client;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Events;

/// <summary>What happened, in the order of commits, to whom it concerns.</summary>
public sealed class ListEventsTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_thing_that_somebody_waits_for_is_an_event_and_nothing_else_is()
    {
        var upload = await host.Client.UploadProfileAsync("TOLD", SampleFiles.Kreport(1), cancellation: Ct);
        var first = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        // A preliminary version is nobody's business yet.
        var waiting = await host.Client.WaitForReportAsync((await host.Client.UploadProfileAsync("TOLD", SampleFiles.Kreport(2), cancellation: Ct)).AnalysisId, Ct);
        var corrected = await ReleaseAsync(waiting.Id);
        var amended = await ReleaseAsync((await host.Client.AmendReportAsync(corrected.Id, corrected.Etag, "interpretation", "More.", Ct)).Id);
        var withdrawn = await host.Client.WithdrawReportAsync(amended.Id, amended.Etag, "other", "No.", Ct);
        await host.Client.RejectSampleAsync("TOLD", "mislabelled", cancellation: Ct);
        await host.Client.UploadProfileAsync("TOLD-FAILS", SampleFiles.Kreport(3), cancellation: Ct);
        var events = await AllAsync(host.Client, "TOLD", 5);
        Assert.Equal(
            [
                ("report.released", first.Id, first.Version), ("report.corrected", corrected.Id, corrected.Version), ("report.amended", amended.Id, amended.Version), ("report.withdrawn", withdrawn.Id, withdrawn.Version),
                ("sample.rejected", null, null),
            ], events.Select(e => (e.Type, e.Data.ReportId, e.Data.Version)));
        Assert.Equal(events.OrderBy(e => e.Number), events);
        Assert.All(events, e => Assert.StartsWith("evt_", e.Id, StringComparison.Ordinal));
        Assert.Equal(events[2..].Select(e => e.Number), (await host.Client.ListEventsAsync(events[1].Number, cancellation: Ct)).Items.Where(e => e.Data.Accession == "TOLD").Select(e => e.Number));
    }

    [Fact]
    public async Task A_failed_analysis_is_an_event()
    {
        await host.ScalarAsync<int>("CREATE FUNCTION lab.broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.panel := 'none@1'; RETURN NEW; END $$; CREATE TRIGGER broken BEFORE INSERT ON lab.analysis FOR EACH ROW EXECUTE FUNCTION lab.broken()");
        var upload = await host.Client.UploadProfileAsync("BROKEN", SampleFiles.Kreport(4), cancellation: Ct);
        await host.ScalarAsync<int>("DROP FUNCTION lab.broken CASCADE");
        Assert.Equal("failed", (await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(30), Ct)).Status);
        Assert.Equal([("analysis.failed", null as Guid?)], (await AllAsync(host.Client, "BROKEN", 1)).Select(e => (e.Type, e.Data.ReportId)));
    }

    [Fact]
    public async Task A_partner_sees_the_events_of_its_own_samples()
    {
        var (a, b) = (await host.ClientForAsync("events-a", "reports:read", "samples:write", "profiles:write"), await host.ClientForAsync("events-b", "reports:read", "samples:write", "profiles:write"));
        await a.WaitForReportAsync((await a.UploadProfileAsync("OF-A", SampleFiles.Kreport(5), cancellation: Ct)).AnalysisId, Ct);
        await b.WaitForReportAsync((await b.UploadProfileAsync("OF-B", SampleFiles.Kreport(6), cancellation: Ct)).AnalysisId, Ct);
        await AllAsync(host.Client, "OF-B", 1);
        Assert.Equal(["OF-A"], (await a.ListEventsAsync(cancellation: Ct)).Items.Select(e => e.Data.Accession));
        Assert.Equal(["OF-B"], (await b.ListEventsAsync(cancellation: Ct)).Items.Select(e => e.Data.Accession));
        Assert.Equal<LabEvent>((await a.ListEventsAsync(cancellation: Ct)).Items, await AllAsync(host.Client, "OF-A", 1));
    }

    [Fact]
    public async Task A_sample_that_gets_a_partner_brings_its_events_along_after_what_the_partner_has_read_and_the_lab_sees_none_twice()
    {
        var partner = await host.ClientForAsync("late-partner", "reports:read", "samples:write", "profiles:write");
        await host.Client.PutSampleAsync("GIVEN", new(), Ct);
        await host.ScalarAsync<int>("ALTER TABLE lab.sample DISABLE TRIGGER ALL; UPDATE lab.sample SET partner_id = NULL WHERE accession = 'GIVEN'; ALTER TABLE lab.sample ENABLE TRIGGER ALL");
        var report = await host.Client.WaitForReportAsync((await host.Client.UploadProfileAsync("GIVEN", SampleFiles.Kreport(7), cancellation: Ct)).AnalysisId, Ct);
        await partner.WaitForReportAsync((await partner.UploadProfileAsync("OWN", SampleFiles.Kreport(8), cancellation: Ct)).AnalysisId, Ct);
        var read = Assert.Single(await AllAsync(partner, "OWN", 1)).Number;
        await host.Client.PutSampleAsync("GIVEN", new() { Partner = "late-partner" }, Ct);
        await ReadAuditTests.EventuallyAsync(async () => (await partner.ListEventsAsync(read, cancellation: Ct)).Items.Count == 1);
        var brought = Assert.Single((await partner.ListEventsAsync(read, cancellation: Ct)).Items);
        Assert.Equal(("report.released", "GIVEN", report.Id, 1), (brought.Type, brought.Data.Accession, brought.Data.ReportId, brought.Data.Version!.Value));
        Assert.Single(await AllAsync(host.Client, "GIVEN", 1));

        // And when it is another's, the first one sees none of it.
        var other = await host.ClientForAsync("later-partner", "reports:read");
        await host.Client.PutSampleAsync("GIVEN", new() { Partner = "later-partner" }, Ct);
        await ReadAuditTests.EventuallyAsync(async () => (await other.ListEventsAsync(cancellation: Ct)).Items.Count == 1);
        Assert.Equal(["OWN"], (await partner.ListEventsAsync(cancellation: Ct)).Items.Select(e => e.Data.Accession));
        Assert.Single(await AllAsync(host.Client, "GIVEN", 1));
        // What happens from now on is the new partner's, and the lab's.
        await host.Client.WithdrawReportAsync(report.Id, (await host.Client.GetReportAsync(report.Id, cancellation: Ct)).ETag!, "other", "No.", Ct);
        Assert.Equal(["report.released", "report.withdrawn"], (await AllAsync(other, "GIVEN", 2)).Select(e => e.Type));
        Assert.Equal(["report.released", "report.withdrawn"], (await AllAsync(host.Client, "GIVEN", 2)).Select(e => e.Type));
    }

    [Fact]
    public async Task Who_asks_after_the_last_number_misses_nothing_whatever_commits_late()
    {
        await using var database = HostProcess.Open(host.Database, 20);
        await host.Client.PutSampleAsync("LATE", new(), Ct);
        var sample = await host.ScalarAsync<Guid>("SELECT id FROM lab.sample WHERE accession = 'LATE'");
        const int writers = 8, each = 25;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var seen = new List<LabEvent>();
        var reading = Task.Run(async () =>
        {
            var after = 0L;
            while (!stop.IsCancellationRequested || seen.Count(e => e.Data.Accession == "LATE") < writers * each)
            {
                var page = await host.Client.ListEventsAsync(after, 7, Ct);
                seen.AddRange(page.Items);
                after = page.Items.Count > 0 ? page.Items[^1].Number : after;
            }
        }, Ct);
        var random = new Random(7);
        var waits = Enumerable.Range(0, writers * each).Select(_ => random.Next(0, 120)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            for (var i = 0; i < each; i++)
            {
                await using var session = new LabSession(database, Caller.Service("test"));
                await session.ExecuteAsync("INSERT INTO lab.event (id, type, sample_id) VALUES (gen_random_uuid(), 'sample.rejected', $1)", Ct, sample);
                await Task.Delay(waits[writer * each + i], Ct);
                await session.CommitAsync(Ct);
            }
        }));
        await stop.CancelAsync();
        await reading.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.Equal(writers * each, seen.Where(e => e.Data.Accession == "LATE").Select(e => e.Id).Distinct().Count());
        Assert.Equal(seen.Count, seen.Select(e => e.Number).Distinct().Count());
        Assert.Equal(seen.OrderBy(e => e.Number), seen);
    }

    private async Task<ReportSummary> ReleaseAsync(Guid id) => await host.Client.ReleaseReportAsync(id, (await host.Client.GetReportAsync(id, cancellation: Ct)).ETag!, cancellation: Ct);

    /// <summary>The events of a sample, as soon as there are so many.</summary>
    private static async Task<LabEvent[]> AllAsync(LabClient client, string accession, int count)
    {
        LabEvent[] found = [];
        await ReadAuditTests.EventuallyAsync(async () =>
        {
            var (all, after) = (new List<LabEvent>(), 0L);
            for (; ; )
            {
                var page = await client.ListEventsAsync(after, 200, Ct);
                all.AddRange(page.Items);
                if (page.Next is null) break;
                after = page.Items[^1].Number;
            }
            found = all.Where(e => e.Data.Accession == accession).ToArray();
            return found.Length >= count;
        });
        return found;
    }
}
