using System.Text.Json.Nodes;
using Lab.Api.Tests.Cohorts;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Panels;

public sealed class PublishPanelTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The shipped panel as it is read, under another name, and changed.</summary>
    private async Task<JsonObject> PanelAsync(string id, int version, Action<JsonObject>? change = null)
    {
        var panel = JsonNode.Parse((await host.Client.GetPanelAsync("gut-core", 1, Ct)).GetRawText())!.AsObject();
        (panel["id"], panel["version"]) = (id, version);
        change?.Invoke(panel);
        return panel;
    }

    private static JsonObject Rule(JsonObject panel, string code) => panel["rules"]!.AsArray().Select(r => r!.AsObject()).Single(r => (string)r["code"]! == code);

    [Fact]
    public async Task A_draft_is_tried_and_replaced_a_published_version_is_frozen_and_used()
    {
        var panel = await PanelAsync("own", 1, p => p["description"] = "As it was drafted.");
        var draft = await host.Client.PublishPanelAsync("own", panel.ToJsonString(), draft: true, cancellation: Ct);
        Assert.Equal(("own", 1, "draft"), (draft.Id, draft.Version, draft.Status));
        // Nobody reports with it, and who may not publish does not see it.
        Assert.Equal("panel-unknown", await CodeAsync(() => host.Client.RequestAnalysesAsync(new() { All = true, Panel = "own@1" }, Ct)));
        var reader = await host.ClientForAsync(null, "reports:read");
        Assert.Equal("not-found", await CodeAsync(() => reader.GetPanelAsync("own", 1, Ct)));
        Assert.DoesNotContain(await reader.ListPanelsAsync(Ct), p => p.Id == "own");
        Assert.Contains(await host.Client.ListPanelsAsync(Ct), p => (p.Id, p.Status) == ("own", "draft"));

        panel["description"] = "As it was published.";
        var published = await host.Client.PublishPanelAsync("own", panel.ToJsonString(), cancellation: Ct);
        Assert.Equal("published", published.Status);
        Assert.NotEqual(draft.Digest, published.Digest);
        Assert.Equal("As it was published.", (await reader.GetPanelAsync("own", 1, Ct)).GetProperty("description").GetString());
        Assert.Equal(published.Digest, (await host.Client.PublishPanelAsync("own", panel.ToJsonString(), cancellation: Ct)).Digest);
        panel["description"] = "Something else.";
        Assert.Equal("version-taken", await CodeAsync(() => host.Client.PublishPanelAsync("own", panel.ToJsonString(), cancellation: Ct)));
        Assert.Equal("version-taken", await CodeAsync(() => host.Client.PublishPanelAsync("own", panel.ToJsonString(), draft: true, cancellation: Ct)));

        // The same rules find the same, with the rates that were counted for them.
        var file = SampleFiles.Read("metaphlan2-scfa-depleted.txt");
        var (core, own) = (await ReportAsync("CORE", file, null), await ReportAsync("OWN", file, "own@1"));
        Assert.Equal("own@1", own.Method.Panel);
        Assert.NotEmpty(core.Findings);
        Assert.Equal(core.Findings.Select(f => (f.Code, f.Severity)), own.Findings.Select(f => (f.Code, f.Severity)));
        foreach (var finding in core.Findings)
        {
            Assert.Equal((await host.Client.ExplainFindingAsync(core.Id, finding.Code, Ct)).BaseRate, (await host.Client.ExplainFindingAsync(own.Id, finding.Code, Ct)).BaseRate);
        }
        var verified = await host.Client.VerifyReportAsync(own.Id, Ct);
        Assert.Equal((true, true), (verified.Intact, verified.Reproduced));
        Assert.Equal("own@1#scfa-producers-depleted", (await host.Client.ExplainFindingAsync(own.Id, "scfa-producers-depleted", Ct)).Rule);
        await using var connection = await host.OpenDatabaseAsync();
        await using var command = new NpgsqlCommand("UPDATE lab.panel_version SET content = '' WHERE status = 'published'", connection);
        Assert.Equal(PostgresErrorCodes.IntegrityConstraintViolation, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Ct))).SqlState);
    }

    [Fact]
    public async Task What_an_own_panel_finds_is_listed_and_exported_by_its_code()
    {
        var panel = await PanelAsync("named", 1, p => Rule(p, "scfa-producers-depleted")["code"] = "butyrate-makers-few");
        await host.Client.PublishPanelAsync("named", panel.ToJsonString(), cancellation: Ct);
        await ReportAsync("NAMED", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), "named@1");
        Assert.Equal("NAMED", Assert.Single((await host.Client.ListReportsAsync(new() { Finding = "butyrate-makers-few" }, cancellation: Ct)).Items).Accession);
        await host.Client.RequestExportAsync(new() { Format = "ndjson", Filter = new() { Finding = "butyrate-makers-few" } }, cancellation: Ct);
        Assert.Equal("value-invalid", await CodeAsync(() => host.Client.RequestExportAsync(new() { Format = "ndjson", Filter = new() { Finding = "nobody-finds-this" } }, cancellation: Ct)));
    }

    [Fact]
    public async Task A_guild_of_other_taxa_under_the_same_name_is_not_compared_with_people_who_were_measured_for_the_old_one()
    {
        var panel = await PanelAsync("redefined", 1, p => p["guilds"]![0]!["members"]!.AsArray().RemoveAt(0));
        Assert.Equal("butyrate-producers", (string)panel["guilds"]![0]!["id"]!);
        await host.Client.PublishPanelAsync("redefined", panel.ToJsonString(), cancellation: Ct);
        var report = await ReportAsync("REDEFINED", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), "redefined");
        var guild = report.Guilds.Single(g => g.Id == "butyrate-producers");
        Assert.Equal(("not-assessable", true), (guild.Status, guild.Fraction is not null));
        Assert.DoesNotContain(report.Findings, f => f.Code == "scfa-producers-depleted");
        Assert.NotEqual("not-assessable", report.Guilds.Single(g => g.Id == "propionate-producers").Status);
    }

    [Fact]
    public async Task Every_problem_of_a_panel_is_told_by_its_pointer()
    {
        var panel = await PanelAsync("wrong", 1, p =>
        {
            p["rules"]![0]!["kind"] = "mood";
            p["rules"]![1]!["bands"]!["high"] = 0;
            p["guilds"]![2]!["members"]![0]!["citations"] = new JsonArray("doi:10.1/unknown");
            p["guilds"]![3]!["id"] = "With spaces";
            p["ratios"]![0]!["surprise"] = 1;
            p.Remove("notices");
        });
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PublishPanelAsync("wrong", panel.ToJsonString(), cancellation: Ct));
        Assert.Equal(["/notices"], refused.Problem!.Errors.Select(e => e.Pointer));
        panel["notices"] = new JsonArray();
        refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PublishPanelAsync("wrong", panel.ToJsonString(), cancellation: Ct));
        Assert.Superset(new HashSet<string?> { "/rules/0/kind", "/rules/1/bands", "/guilds/2/members/0/citations/0", "/guilds/3/id", "/ratios/0/surprise" }, refused.Problem!.Errors.Select(e => e.Pointer).ToHashSet());
    }

    [Theory]
    [InlineData("{", 400, "body-invalid")]
    [InlineData("""{ "id": "odd", "id": "odd" }""", 400, "body-invalid")]
    [InlineData("""{ "id": "odd", "version": 1, "license": "x", "description": "\ud800", "base": "gut-core@1" }""", 400, "body-invalid")]
    [InlineData("[]", 422, "value-invalid")]
    [InlineData("null", 422, "value-invalid")]
    [InlineData("""{ "id": "odd", "version": 1, "base": "gut-core" }""", 422, "value-invalid")]
    [InlineData("""{ "id": "odd", "version": 1, "license": "x", "description": "x", "base": "gut-core@1", "rules": [] }""", 422, "value-invalid")]
    [InlineData("""{ "id": "other", "version": 1, "license": "x", "description": "x", "base": "gut-core@1" }""", 422, "value-invalid")]
    [InlineData("""{ "id": "odd", "version": 2, "license": "x", "description": "x", "base": "gut-core@1" }""", 409, "version-taken")]
    public async Task What_is_no_panel_is_refused(string body, int status, string code)
    {
        using var http = host.Http();
        using var content = new StringContent(body);
        await Problems.AssertAsync(await http.PostAsync("v1/panels/odd/versions", content, Ct), status, code);
    }

    [Fact]
    public async Task A_rule_that_is_more_than_information_in_a_tenth_of_the_healthy_is_refused_unless_there_is_a_reason()
    {
        // Two thirds of healthy people have no Lactobacillaceae.
        var panel = await PanelAsync("common", 1, p => (Rule(p, "lactobacillus-low")["maxSeverity"], Rule(p, "lactobacillus-low")["evidence"]) = ("moderate", "moderate"));
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PublishPanelAsync("common", panel.ToJsonString(), cancellation: Ct));
        Assert.Equal("rule-too-common", refused.Code);
        var error = Assert.Single(refused.Problem!.Errors);
        Assert.Equal($"/rules/{panel["rules"]!.AsArray().IndexOf(Rule(panel, "lactobacillus-low"))}", error.Pointer);
        Assert.Contains("lactobacillus-low is more than information in up to ", error.Message, StringComparison.Ordinal);
        // As a draft it may be tried; with a reason it is published, and the reason recorded.
        Assert.Equal("draft", (await host.Client.PublishPanelAsync("common", panel.ToJsonString(), draft: true, cancellation: Ct)).Status);
        var forced = await host.Client.PublishPanelAsync("common", panel.ToJsonString(), force: "The clinicians asked to see it.", cancellation: Ct);
        Assert.InRange(forced.Rates.Single(r => r.Cohort == "western-shotgun@1").Rules.Single(r => r.Code == "lactobacillus-low").Rate!.Value, 0.6, 0.7);
        Assert.Equal("The clinicians asked to see it.", await host.ScalarAsync<string>("SELECT details->>'forced' FROM lab.audit WHERE object = 'panel:common@1' AND action = 'panel.published'"));
        // What was decided is not asked again.
        (panel["version"], panel["description"]) = (2, "A later version.");
        Assert.Equal("published", (await host.Client.PublishPanelAsync("common", panel.ToJsonString(), cancellation: Ct)).Status);
    }

    [Fact]
    public async Task A_panel_with_a_base_adds_recommendations_and_has_the_rates_of_its_base()
    {
        const string Body = """
            { "id": "guided", "version": 1, "base": "gut-core@1", "license": "x", "description": "With one suggestion.", "recommendations": [ { "code": "fibre", "findings": ["scfa-producers-depleted"],
              "evidence": "low", "text": { "en": "Fibre.", "nl": "Vezels." }, "caveat": { "en": "Slowly.", "nl": "Langzaam." }, "sources": ["doi:10.1128/mSystems.00130-17"] } ] }
            """;
        await host.Client.PublishPanelAsync("guided", Body, cancellation: Ct);
        var report = await ReportAsync("GUIDED", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), "guided@1");
        Assert.Equal(["fibre"], report.Recommendations.Select(r => r.Code));
        Assert.NotNull((await host.Client.ExplainFindingAsync(report.Id, "scfa-producers-depleted", Ct)).BaseRate);
    }

    [Fact]
    public async Task Impact_says_what_interpreting_again_really_changes()
    {
        await using var own = new LabHost(databases);
        await own.InitializeAsync();
        var people = HealthyPeople.Of("western").Take(120).ToArray();
        await HealthyPeople.RegisterAsync(own.Client, people, Ct);
        await own.Client.UploadProfileAsync("OTHER-ASSAY", SampleFiles.Read("amplicon-16s-healthy.json"), cancellation: Ct);
        await own.Client.PutSampleAsync("NO-PROFILE", new(), Ct);
        var panel = JsonNode.Parse((await own.Client.GetPanelAsync("gut-core", 1, Ct)).GetRawText())!.AsObject();
        (panel["id"], panel["version"]) = ("tried", 1);
        // One rule less, one that may say less, one with a floor so low that nearly all that is above the limit is found.
        panel["rules"]!.AsArray().Remove(Rule(panel, "over-represented-taxa"));
        Rule(panel, "pro-inflammatory-overgrowth")["maxSeverity"] = "info";
        Rule(panel, "klebsiella-high")["floor"] = 0;
        await own.Client.PublishPanelAsync("tried", panel.ToJsonString(), draft: true, cancellation: Ct);
        var asked = await own.Client.RequestImpactAsync("tried", 1, cancellation: Ct);
        var impact = await own.Client.WaitForImpactAsync("tried", 1, asked.Id, Ct);
        Assert.Equal(("succeeded", null), (impact.Status, impact.Error));
        var said = await own.Client.GetImpactReportsAsync("tried", 1, asked.Id, Ct).ToDictionaryAsync(r => r.Accession, cancellationToken: Ct);
        Assert.Equal((121, said.Count), (impact.Result!.Reports, impact.Result.Changed));
        Assert.Contains(impact.Result.Findings, f => (f.Code, f.Change, f.To) == ("over-represented-taxa", "vanishes", null));

        await own.Client.PublishPanelAsync("tried", panel.ToJsonString(), force: "For this test.", cancellation: Ct);
        var queued = await own.Client.RequestAnalysesAsync(new() { All = true, Panel = "tried@1" }, Ct);
        Assert.Equal(121, queued.Count);
        var (changed, ways) = (0, new Dictionary<(string, string, string?, string?), int>());
        foreach (var item in queued.Items)
        {
            var report = await own.Client.WaitForReportAsync(item.AnalysisId, Ct);
            var before = (await own.Client.ListReportVersionsAsync(report.Id, Ct))[^2];
            var diff = await own.Client.DiffReportsAsync(before.Id, report.Id, Ct);
            var differs = diff.Findings.Any(f => f.Change != "changed" || f.Members.Any(m => m != "rule")) || diff.Measurements.Count + diff.Taxa.Count + diff.Checks.Count + diff.Notices.Count > 0;
            Assert.Equal((item.Accession, differs), (item.Accession, said.ContainsKey(item.Accession)));
            if (!differs) continue;
            changed++;
            Assert.Equal(before.Id, said[item.Accession].ReportId);
            var found = diff.Findings.Where(f => f.From?.Severity != f.To?.Severity)
                .Select(f => (f.Code, f.Change switch { "added" => "appears", "removed" => "vanishes", _ => "changes" }, f.From?.Severity, f.To?.Severity)).ToArray();
            Assert.Equal(found, said[item.Accession].Findings.Select(f => (f.Code, f.Change, f.From, f.To)));
            foreach (var way in found) ways[way] = ways.GetValueOrDefault(way) + 1;
        }
        Assert.Equal(changed, impact.Result.Changed);
        Assert.Equal(ways.OrderBy(w => w.Key), impact.Result.Findings.Select(f => KeyValuePair.Create((f.Code, f.Change, f.From, f.To), f.Reports)).OrderBy(w => w.Key));

        // Somebody in the list is erased: it goes.
        await own.Client.EraseSubjectAsync($"P-{said.Keys.First(a => a != "OTHER-ASSAY")}", Ct);
        Assert.Equal("erased", await CodeAsync(() => own.Client.GetImpactReportsAsync("tried", 1, asked.Id, Ct).ToListAsync(Ct).AsTask()));
    }

    [Fact]
    public async Task The_impact_on_nothing_is_an_empty_list()
    {
        await using var own = new LabHost(databases);
        await own.InitializeAsync();
        var asked = await own.Client.RequestImpactAsync("gut-core", 1, cancellation: Ct);
        Assert.Equal(0, (await own.Client.WaitForImpactAsync("gut-core", 1, asked.Id, Ct)).Result!.Reports);
        Assert.Empty(await own.Client.GetImpactReportsAsync("gut-core", 1, asked.Id, Ct).ToListAsync(Ct));
    }

    private async Task<Report> ReportAsync(string accession, byte[] file, string? panel) =>
        await host.Client.WaitForReportAsync((await host.Client.UploadProfileAsync(accession, file, new UploadOptions { Panel = panel }, Ct)).AnalysisId, Ct);

    private static async Task<string?> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<LabProblemException>(call)).Code;
}
