using System.Text.Json;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Panels;

public sealed class ListPanelsTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_panels_are_listed_and_read_whole_and_one_of_them_recommends()
    {
        Assert.Equal([("gut-core", 1), ("gut-core-guided", 1)], (await host.Client.ListPanelsAsync(Ct)).Select(p => (p.Id, p.Version)));
        var (core, guided) = (await ReadAsync("gut-core"), await ReadAsync("gut-core-guided"));
        foreach (var part in new[] { "rules", "guilds", "ratios", "notices", "confirm", "reagentGenera" })
        {
            Assert.True(core.GetProperty(part).GetArrayLength() > 0, part);
            Assert.True(JsonElement.DeepEquals(core.GetProperty(part), guided.GetProperty(part)), part);
        }
        Assert.Equal((JsonValueKind.Null, 0), (core.GetProperty("base").ValueKind, core.GetProperty("recommendations").GetArrayLength()));
        Assert.Equal("gut-core@1", guided.GetProperty("base").GetString());
        var recommendation = guided.GetProperty("recommendations").EnumerateArray().Single(r => r.GetProperty("code").GetString() == "no-butyrate-supplement");
        Assert.Equal(("very-low", "scfa-producers-depleted"), (recommendation.GetProperty("evidence").GetString(), recommendation.GetProperty("findings")[0].GetString()));
        foreach (var member in new[] { "text", "caveat" }) Assert.NotEqual(recommendation.GetProperty(member).GetProperty("en").GetString(), recommendation.GetProperty(member).GetProperty("nl").GetString());
    }

    [Fact]
    public async Task A_report_recommends_only_with_the_panel_that_does()
    {
        var file = SampleFiles.Read("metaphlan2-scfa-depleted.txt");
        Assert.Empty((await host.Client.PreviewReportAsync(file, cancellation: Ct)).Recommendations);
        var guided = await host.Client.PreviewReportAsync(file, new UploadOptions { Panel = "gut-core-guided" }, Ct);
        Assert.Equal("gut-core-guided@1", guided.Method.Panel);
        Assert.Contains(guided.Recommendations, r => (r.Code, r.Finding) == ("fermentable-fibre", "scfa-producers-depleted"));
    }

    [Fact]
    public async Task A_panel_or_version_that_is_not_there_is_404_and_nobody_reads_without_a_key()
    {
        using var http = host.Http();
        foreach (var path in new[] { "v1/panels/gut-core/versions/2", "v1/panels/none/versions/1", "v1/panels/gut-core/versions/one" }) await Problems.AssertAsync(await http.GetAsync(path, Ct), 404, "not-found");
        using var anonymous = host.Http(anonymous: true);
        foreach (var path in new[] { "v1/panels", "v1/panels/gut-core/versions/1" }) await Problems.AssertAsync(await anonymous.GetAsync(path, Ct), 401, "unauthenticated");
    }

    private async Task<JsonElement> ReadAsync(string id)
    {
        using var http = host.Http();
        return JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync($"v1/panels/{id}/versions/1", Ct));
    }
}
