using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>Recommendations are off unless the panel turns them on; each is tied to a finding, and a red flag withholds them all.</summary>
public sealed class RecommendationTests
{
    private const string Guided = "gut-core-guided@1";

    [Fact]
    public void The_default_panel_recommends_nothing()
    {
        Assert.Equal("gut-core@1", Panel.Default.Ref);
        Assert.Empty(Panel.Default.Recommendations);
        Assert.Empty(Samples.Build().Recommendations);
    }

    [Fact]
    public void The_guided_panel_recommends_what_its_findings_ask_for()
    {
        var report = Samples.Build(panel: Guided);
        Assert.Equal(
            [
                "varied-plant-foods low-diversity low", "fermentable-fibre scfa-producers-depleted low", "no-butyrate-supplement scfa-producers-depleted very-low",
                "ask-about-calprotectin pro-inflammatory-overgrowth low", "no-omega-3-for-the-bowel pro-inflammatory-overgrowth high", "bifidobacterium-optional bifidobacterium-low low",
                "lactobacillus-no-action lactobacillus-low moderate", "no-candida-treatment candida-high moderate", "repeat-after-8-weeks pro-inflammatory-overgrowth expert-opinion",
            ],
            report.Recommendations.Select(r => $"{r.Code} {r.Finding} {r.Evidence}"));
        Assert.All(report.Recommendations, r => Assert.Contains(report.Findings, f => f.Code == r.Finding));
        Assert.All(report.Recommendations, r => Assert.True(r.Text.En != r.Text.Nl && r.Caveat.En != r.Caveat.Nl && r.Sources.Length > 0));
        Assert.DoesNotContain(report.Notices, n => n.Code == "recommendations-withheld");
    }

    [Fact]
    public void Without_its_finding_a_recommendation_is_not_given()
    {
        // Half butyrate producers, half Bacteroides, in eight species: nothing of the list is out of range but that little else is there.
        var report = Samples.Build("""
            { "unit": "percent", "taxa": [ { "taxid": 820, "value": 15 }, { "taxid": 821, "value": 15 }, { "taxid": 818, "value": 15 }, { "taxid": 853, "value": 15 },
              { "taxid": 166486, "value": 15 }, { "taxid": 1680, "value": 5 }, { "taxid": 40520, "value": 10 }, { "taxid": 1624, "value": 0.005 }, { "taxid": 239935, "value": 9.995 } ] }
            """, panel: Guided);
        Assert.DoesNotContain(report.Findings, f => f.Severity != "info");
        Assert.Empty(report.Recommendations);
    }

    [Fact]
    public void Everything_else_is_that_of_the_base_panel_and_the_findings_name_the_panel_that_was_used()
    {
        Assert.Equal("gut-core@1", Panel.Find(Guided)!.Base);
        Assert.Equal(Json(Panel.Default with { Id = "", Description = "" }), Json(Panel.Find(Guided)! with { Id = "", Description = "", Base = null, Recommendations = [] }));
        var (plain, guided) = (Samples.Build(), Samples.Build(panel: Guided));
        Assert.Equal(Guided, guided.Method.Panel);
        Assert.All(guided.Findings, f => Assert.Equal($"{Guided}#{f.Code}", f.Rule));
        string Measured(ReportContent report)
        {
            var document = JsonNode.Parse(Samples.Document(report).AsSpan())!.AsObject();
            document.Remove("recommendations");
            document.Remove("digest");
            return document.ToJsonString().Replace(Guided, "gut-core@1", StringComparison.Ordinal);
        }
        Assert.Equal(Measured(plain), Measured(guided));
    }

    [Fact]
    public void A_red_flag_withholds_every_recommendation_and_a_notice_says_so()
    {
        foreach (var flag in ContextCodes.Shipped.RedFlags)
        {
            var report = Samples.Build(context: new() { RedFlags = [flag.Code] }, panel: Guided);
            Assert.Empty(report.Recommendations);
            Assert.Single(report.Notices, n => n.Code == "recommendations-withheld");
        }
        Assert.NotEmpty(Samples.Build(context: new() { Symptoms = ["bloating"], Diagnoses = ["ibs"], Medication = ["ppi"] }, panel: Guided).Recommendations);
        Assert.DoesNotContain(Samples.Build(context: new() { RedFlags = ["fit-positive"] }).Notices, n => n.Code == "recommendations-withheld");
    }

    [Fact]
    public void A_pathogen_that_has_to_be_confirmed_withholds_them_too()
    {
        var report = Samples.Build(Samples.Disturbed.Replace("\"taxid\": 853,", "\"taxid\": 1496,", StringComparison.Ordinal), panel: Guided);
        Assert.Contains(report.Notices, n => n.Code == "confirm-by-culture-or-pcr" && n.Text.Nl.Contains("Clostridioides difficile", StringComparison.Ordinal));
        Assert.Contains(report.Notices, n => n.Code == "recommendations-withheld");
        Assert.Empty(report.Recommendations);
    }

    [Fact]
    public void Nothing_is_recommended_on_a_measurement_that_failed()
    {
        string Reads(int klebsiella) => $$"""{ "unit": "reads", "taxa": [ { "taxid": 573, "value": {{klebsiella}} }, { "taxid": 820, "value": 60000 } ] }""";
        var (enough, few) = (Samples.Build(Reads(50_000), panel: Guided, assay: "shotgun-kraken2"), Samples.Build(Reads(30_000), panel: Guided, assay: "shotgun-kraken2"));
        Assert.Equal(("pass", "fail"), (enough.Quality.Checks[0].Status, few.Quality.Checks[0].Status));
        Assert.All([enough, few], report => Assert.Contains(report.Findings, f => f.Code == "klebsiella-high"));
        Assert.NotEmpty(enough.Recommendations);
        Assert.Empty(few.Recommendations);
    }

    [Fact]
    public void The_ratio_of_Firmicutes_and_Bacteroidetes_drives_no_recommendation()
    {
        var panel = Panel.Find(Guided)!;
        var codes = panel.Recommendations.SelectMany(r => r.Findings).ToHashSet();
        Assert.DoesNotContain("firmicutes-bacteroidetes-outside", codes);
        Assert.Subset(panel.Rules.Select(r => r.Code).ToHashSet(), codes);
    }

    private static string Json(Panel panel) => JsonSerializer.Serialize(panel with { Id = "x" }, JsonSerializerOptions.Web);
}
