using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Analyses;

public sealed class ListAnalysesTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_status_lists_its_own_as_they_are_read_the_newest_first()
    {
        string[] statuses = ["queued", "running", "succeeded", "failed", "cancelled"];
        var ids = new Dictionary<string, Guid>();
        foreach (var (status, index) in statuses.Select((s, i) => (s, i)))
        {
            var upload = await host.Client.UploadProfileAsync($"STATE-{status}", SampleFiles.Kreport(index), cancellation: Ct);
            await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
            ids[status] = upload.AnalysisId;
        }
        // As they stand on a busy day: held there by the database, for this host would take up what is queued.
        await host.ScalarAsync<int>("""
            CREATE FUNCTION lab.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER hold BEFORE UPDATE ON lab.analysis FOR EACH ROW WHEN (OLD.error = 'held') EXECUTE FUNCTION lab.hold()
            """);
        foreach (var status in statuses) await host.ScalarAsync<int>("UPDATE lab.analysis SET status = $2, lease_until = now() + interval '1 hour', error = 'held' WHERE id = $1", ids[status], status);
        foreach (var status in statuses)
        {
            var items = (await host.Client.ListAnalysesAsync(status, cancellation: Ct)).Items;
            Assert.All(items, a => Assert.Equal(status, a.Status));
            Assert.Equal(await host.Client.GetAnalysisAsync(ids[status], cancellation: Ct), Assert.Single(items, a => a.Id == ids[status]));
        }
        var all = (await host.Client.ListAnalysesAsync(limit: 200, cancellation: Ct)).Items.Select(a => a.Id).ToArray();
        Assert.Equal(ids.Values.Reverse(), all.Where(ids.ContainsValue));
        var first = await host.Client.ListAnalysesAsync(limit: 3, cancellation: Ct);
        Assert.Equal(all[..3], first.Items.Select(a => a.Id));
        Assert.Equal(all[3], (await host.Client.ListAnalysesAsync(limit: 1, cursor: first.Next, cancellation: Ct)).Items[0].Id);
        await host.ScalarAsync<int>("DROP TRIGGER hold ON lab.analysis");
    }

    [Fact]
    public async Task A_partner_lists_its_own()
    {
        var partner = await host.ClientForAsync("lister", "profiles:write");
        var mine = await partner.UploadProfileAsync("LISTED", SampleFiles.Kreport(20), cancellation: Ct);
        await host.Client.UploadProfileAsync("NOT-LISTED", SampleFiles.Kreport(21), cancellation: Ct);
        Assert.Equal(mine.AnalysisId, Assert.Single((await partner.ListAnalysesAsync(cancellation: Ct)).Items).Id);
    }

    [Theory]
    [InlineData("limit=0", 400)]
    [InlineData("limit=201", 400)]
    [InlineData("limit=many", 400)]
    [InlineData("cursor=none", 400)]
    [InlineData("status=done", 422)]
    public async Task What_cannot_be_asked_for_is_named(string query, int status)
    {
        using var http = host.Http();
        await Problems.AssertAsync(await http.GetAsync($"v1/analyses?{query}", Ct), status, status == 400 ? "bad-request" : "value-invalid");
    }
}
