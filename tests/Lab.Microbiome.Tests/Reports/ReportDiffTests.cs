using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

public sealed class ReportDiffTests
{
    /// <summary>Less Klebsiella, and a Bifidobacterium in place of the Candida.</summary>
    private const string Later = """
        { "unit": "percent", "taxa": [ { "taxid": 820, "value": 90.5 }, { "taxid": 573, "value": 1 }, { "taxid": 562, "value": 5 }, { "taxid": 40520, "value": 2.49999 },
          { "taxid": 853, "value": 0.5 }, { "taxid": 1680, "value": 0.5 }, { "taxid": 166486, "value": 0.00001 } ] }
        """;

    [Fact]
    public void A_report_does_not_differ_from_itself()
    {
        var document = Samples.Document(Samples.Build());
        var diff = ReportDiff.Of(document, document);
        Assert.True(diff.SameContent);
        Assert.Equal(0, Differences(diff));
    }

    [Fact]
    public void The_same_content_can_have_another_status_and_another_sample()
    {
        var content = Samples.Build();
        var later = Edit(Samples.Document(content, 2, "amended"), report => report["sample"]!["subject"] = "P-2");
        var diff = ReportDiff.Of(Samples.Document(content), later);
        Assert.True(diff.SameContent);
        Assert.Equal((1, "final", 2, "amended"), (diff.From.Version, diff.From.Status, diff.To.Version, diff.To.Status));
        Assert.Null(diff.From.Because);
        Assert.Equal("re-interpreted", diff.To.Because!.Code);
        Assert.Equal((content.Digest, content.Digest), (diff.From.Digest, diff.To.Digest));
        var subject = Assert.Single(diff.Sample);
        Assert.Equal(("subject", null, "P-2"), (subject.Member, subject.From, subject.To!.Value.GetString()));
        Assert.Equal(1, Differences(diff));
    }

    [Fact]
    public void Another_profile_changes_measurements_taxa_and_findings()
    {
        var diff = ReportDiff.Of(Samples.Document(Samples.Build()), Samples.Document(Samples.Build(Later), 2));
        Assert.False(diff.SameContent);
        Assert.Equal(["profileSha256"], diff.Method.Select(m => m.Member));

        var guild = diff.Measurements.Single(m => (m.Kind, m.Id) == ("guild", "pro-inflammatory"));
        Assert.Equal(("changed", 0.3, "high", 0.06, "high"), (guild.Change, guild.From!.Value, guild.From.Status, guild.To!.Value, guild.To.Status));
        Assert.True(guild.From.Percentile > guild.To.Percentile);
        // 3 / 66.5 and 3 / 90.5
        var ratio = diff.Measurements.Single(m => (m.Kind, m.Id) == ("ratio", "firmicutes-bacteroidetes"));
        Assert.Equal((0.0451128, 0.0331492), (ratio.From!.Value, ratio.To!.Value));
        Assert.Equal(("changed", 0.665, 0.905), diff.Measurements.Where(m => m.Id == "berger-parker").Select(m => (m.Change, m.From!.Value!.Value, m.To!.Value!.Value)).Single());
        // The number of species is the same.
        Assert.DoesNotContain(diff.Measurements, m => m.Id == "observed");

        var species = diff.Taxa.Where(t => t.Rank == "species").ToDictionary(t => t.Taxid!.Value);
        Assert.Equal(("changed", 0.25, 0.01), (species[573].Change, species[573].From!.Value!.Value, species[573].To!.Value!.Value));
        Assert.Equal(("added", "Bifidobacterium adolescentis", null, 0.005), (species[1680].Change, species[1680].Name, species[1680].From, species[1680].To!.Value!.Value));
        Assert.Equal(("removed", "Candida albicans", 0.005, null), (species[5476].Change, species[5476].Name, species[5476].From!.Value!.Value, species[5476].To));
        Assert.DoesNotContain(562, species.Keys);

        var findings = diff.Findings.ToDictionary(f => f.Code);
        foreach (var gone in new[] { "pro-inflammatory-overgrowth", "bifidobacterium-low", "candida-high" }) Assert.Equal(("removed", null), (findings[gone].Change, findings[gone].To));
        var klebsiella = findings["klebsiella-high"];
        Assert.Equal(("changed", 0.25, 0.01), (klebsiella.Change, klebsiella.From!.Value!.Value, klebsiella.To!.Value!.Value));
        Assert.Contains("value", klebsiella.Members);
        Assert.DoesNotContain("lactobacillus-low", findings.Keys);
    }

    [Fact]
    public void Another_panel_and_context_change_texts_and_no_measurement()
    {
        var diff = ReportDiff.Of(Samples.Document(Samples.Build(context: new() { Symptoms = ["bloating"] })),
            Samples.Document(Samples.Build(panel: "gut-core-guided@1", context: new() { Symptoms = ["back-pain"] }), 2));
        var panel = Assert.Single(diff.Method);
        Assert.Equal(("panel", "gut-core@1", "gut-core-guided@1"), (panel.Member, panel.From!.Value.GetString(), panel.To!.Value.GetString()));
        Assert.Empty(diff.Measurements);
        Assert.Empty(diff.Taxa);
        Assert.All(diff.Findings, f => Assert.Equal(("changed", "rule"), (f.Change, Assert.Single(f.Members))));
        Assert.Equal(["back-pain-evidence added", "no-ibd-or-ibs-diagnosis removed"], diff.Notices.Select(n => $"{n.Code} {n.Change}"));
        Assert.Equal(9, diff.Recommendations.Count(r => r.Change == "added"));
    }

    [Fact]
    public void A_quality_check_is_told_with_what_was_seen()
    {
        var before = Samples.Document(Samples.Build());
        var diff = ReportDiff.Of(before, Edit(before, report => report["quality"]!["checks"]![3]!["status"] = "warn"));
        var check = Assert.Single(diff.Checks);
        Assert.Equal(("one-taxon-dominates", "changed", "pass", "warn"), (check.Code, check.Change, check.From!.Status, check.To!.Status));
        Assert.Equal("The most abundant species makes up 66.5 %.", check.To.Message);
    }

    [Fact]
    public void A_taxid_tells_a_taxon_whose_name_changed()
    {
        var before = Samples.Document(Samples.Build());
        var diff = ReportDiff.Of(before, Edit(before, report => report["composition"]!["genus"]!.AsArray().Single(t => (string?)t!["name"] == "Bacteroides")!["name"] = "Renamed"));
        var taxon = Assert.Single(diff.Taxa);
        Assert.Equal(("genus", 816, "Renamed", "changed"), (taxon.Rank, taxon.Taxid, taxon.Name, taxon.Change));
        Assert.Equal(["name"], taxon.Members);
    }

    [Fact]
    public void Rows_that_share_a_taxid_are_told_apart_by_name()
    {
        // As MetaPhlAn 4 has several clades of one species.
        static JsonObject Clade(string name, double fraction) => new() { ["taxid"] = 165179, ["name"] = name, ["fraction"] = fraction, ["reference"] = null, ["status"] = "within" };
        var document = Samples.Document(Samples.Build());
        var before = Edit(document, report => report["composition"]!["species"] = new JsonArray(Clade("copri A", 0.2), Clade("copri B", 0.1)));
        var after = Edit(document, report => report["composition"]!["species"] = new JsonArray(Clade("copri B", 0.3), Clade("copri A", 0.2)));
        var taxon = Assert.Single(ReportDiff.Of(before, after).Taxa);
        Assert.Equal(("copri B", 0.1, 0.3), (taxon.Name, taxon.From!.Value!.Value, taxon.To!.Value!.Value));
    }

    [Fact]
    public void Whatever_changes_in_the_content_is_told()
    {
        var document = Samples.Document(Samples.Build(panel: "gut-core-guided@1", context: new() { RedFlags = ["fit-positive"] }));
        var content = JsonNode.Parse(document)!.AsObject();
        var leaves = new[] { "method", "quality", "diversity", "composition", "ratios", "guilds", "findings", "notices" }.SelectMany(part => Leaves(content[part]!)).ToArray();
        Assert.InRange(leaves.Length, 200, int.MaxValue);
        foreach (var leaf in leaves)
        {
            var (path, was) = (leaf.GetPath(), leaf.DeepClone());
            var other = was.GetValueKind() == JsonValueKind.Number ? JsonValue.Create(was.ToJsonString() == "1" ? 2 : 1) : JsonValue.Create($"other than {was}");
            leaf.ReplaceWith(other);
            var changed = Encoding.UTF8.GetBytes(content.ToJsonString());
            other.ReplaceWith(was);
            Assert.True(Differences(ReportDiff.Of(document, changed)) > 0, path);
        }
    }

    private static IEnumerable<JsonNode> Leaves(JsonNode node) => node switch
    {
        JsonObject members => members.Select(m => m.Value).OfType<JsonNode>().SelectMany(Leaves),
        // Three items stand for all of a list.
        JsonArray items => items.OfType<JsonNode>().Take(3).SelectMany(Leaves),
        _ => [node],
    };

    private static byte[] Edit(byte[] document, Action<JsonNode> edit)
    {
        var report = JsonNode.Parse(document)!;
        edit(report);
        return Encoding.UTF8.GetBytes(report.ToJsonString());
    }

    private static int Differences(ReportDiff diff) => diff.Sample.Length + diff.Method.Length + diff.Quality.Length + diff.Checks.Length + diff.Measurements.Length + diff.Taxa.Length
        + diff.Findings.Length + diff.Notices.Length + diff.Recommendations.Length;
}
