using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class DiffReportsTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_versions_differ_in_what_the_new_profile_changed()
    {
        var (one, two) = (await ReportAsync(host.Client, "SERIES", 1), await ReportAsync(host.Client, "SERIES", 5001));
        var diff = await host.Client.DiffReportsAsync(one.Id, two.Id, Ct);
        Assert.Equal((one.Id, 1, "final", one.Digest, null), (diff.From.Id, diff.From.Version, diff.From.Status, diff.From.Digest, diff.From.Because));
        Assert.Equal((two.Id, 2, "preliminary", two.Digest, "new-profile"), (diff.To.Id, diff.To.Version, diff.To.Status, diff.To.Digest, diff.To.Because!.Code));
        Assert.Equal(two.IssuedAt, diff.To.IssuedAt);
        Assert.False(diff.SameContent);
        Assert.Equal("profileSha256", Assert.Single(diff.Method).Member);
        // 50,001 and 55,001 reads of 750,000.
        var coli = diff.Taxa.Single(t => t is { Rank: "species", Taxid: 562 });
        Assert.Equal(("changed", 0.066668, 0.0733347), (coli.Change, coli.From!.Value, coli.To!.Value));
        Assert.DoesNotContain(diff.Taxa, t => t.Taxid == 820);
        Assert.Contains(diff.Measurements, m => (m.Kind, m.Id, m.Change) == ("metric", "shannon", "changed"));
        Assert.Empty(diff.Sample);
        Assert.Empty(diff.Notices);
    }

    [Fact]
    public async Task A_version_does_not_differ_from_itself()
    {
        var report = await ReportAsync(host.Client, "ITSELF", 2);
        var diff = await host.Client.DiffReportsAsync(report.Id, report.Id, Ct);
        Assert.True(diff.SameContent);
        Assert.Equal(0, diff.Method.Count + diff.Quality.Count + diff.Checks.Count + diff.Measurements.Count + diff.Taxa.Count + diff.Findings.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?to=")]
    [InlineData("?to=2")]
    [InlineData("?to=not-an-id")]
    public async Task Without_an_id_to_compare_with_it_is_400(string query)
    {
        var report = await ReportAsync(host.Client, "NO-TO", 3);
        using var http = host.Http();
        await Problems.AssertAsync(await http.GetAsync($"v1/reports/{report.Id}/diff{query}", Ct), 400, "bad-request");
    }

    [Fact]
    public async Task A_version_that_is_not_there_is_404_on_either_side()
    {
        var report = await ReportAsync(host.Client, "NO-SUCH", 4);
        using var http = host.Http();
        foreach (var path in new[] { $"{report.Id}/diff?to={Guid.CreateVersion7()}", $"{Guid.CreateVersion7()}/diff?to={report.Id}", $"1/diff?to={report.Id}" })
        {
            await Problems.AssertAsync(await http.GetAsync($"v1/reports/{path}", Ct), 404, "not-found");
        }
    }

    [Fact]
    public async Task Another_sample_or_another_assay_is_another_series()
    {
        var report = await ReportAsync(host.Client, "ONE", 5);
        var sample = await ReportAsync(host.Client, "OTHER", 5);
        var upload = await host.Client.UploadProfileAsync("ONE", SampleFiles.Read("amplicon-16s-healthy.json"), cancellation: Ct);
        var assay = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        using var http = host.Http();
        foreach (var other in new[] { sample, assay }) await Problems.AssertAsync(await http.GetAsync($"v1/reports/{report.Id}/diff?to={other.Id}", Ct), 422, "other-series");
    }

    [Fact]
    public async Task Partners_compare_their_own_released_versions_only()
    {
        var partner = await host.ClientForAsync("comparing", "profiles:write", "reports:read");
        var released = await ReportAsync(partner, "WAITING", 6);
        var upload = await partner.UploadProfileAsync("WAITING", SampleFiles.Kreport(7), cancellation: Ct);
        var waiting = (await host.Client.WaitForReportAsync(upload.AnalysisId, Ct)).Id;
        Assert.True((await partner.DiffReportsAsync(released.Id, released.Id, Ct)).SameContent);
        foreach (var (from, to) in new[] { (released.Id, waiting), (waiting, released.Id) })
        {
            Assert.Equal("report-not-released", (await Assert.ThrowsAsync<LabProblemException>(() => partner.DiffReportsAsync(from, to, Ct))).Code);
        }
        var stranger = await host.ClientForAsync("curious", "profiles:write", "reports:read");
        var own = await ReportAsync(stranger, "STRANGER", 8);
        foreach (var (from, to) in new[] { (released.Id, own.Id), (own.Id, released.Id), (released.Id, released.Id) })
        {
            Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => stranger.DiffReportsAsync(from, to, Ct))).Code);
        }
    }

    [Fact]
    public async Task It_takes_a_key_that_may_read_reports()
    {
        var path = $"v1/reports/{Guid.CreateVersion7()}/diff?to={Guid.CreateVersion7()}";
        using var anonymous = host.Http(anonymous: true);
        await Problems.AssertAsync(await anonymous.GetAsync(path, Ct), 401, "unauthenticated");
        using var other = host.Http(await host.KeyForAsync(null, "samples:write", "profiles:write"));
        await Problems.AssertAsync(await other.GetAsync(path, Ct), 403, "scope-missing");
    }

    private static async Task<Report> ReportAsync(LabClient client, string accession, int seed)
    {
        var upload = await client.UploadProfileAsync(accession, SampleFiles.Kreport(seed), cancellation: Ct);
        return await client.WaitForReportAsync(upload.AnalysisId, Ct);
    }
}
