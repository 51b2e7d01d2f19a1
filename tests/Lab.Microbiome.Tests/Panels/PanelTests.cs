using System.Text.RegularExpressions;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Panels;

public sealed partial class PanelTests
{
    private static readonly Panel Core = Panel.Find("gut-core@1")!;

    [Fact]
    public void Every_finding_guild_and_ratio_of_the_contract_is_in_the_panel()
    {
        string[] codes = ["low-diversity", "pro-inflammatory-overgrowth", "escherichia-coli-high", "klebsiella-high", "clostridia-pathobionts-high", "scfa-producers-depleted",
            "bifidobacterium-low", "lactobacillus-low", "candida-high", "firmicutes-bacteroidetes-outside", "over-represented-taxa", "under-represented-taxa", "absent-taxa"];
        Assert.Equal(codes, Core.Rules.Select(r => r.Code));
        string[] guilds = ["butyrate-producers", "propionate-producers", "acetate-producers", "beneficial", "pro-inflammatory", "opportunists", "fungi", "methanogens",
            "mucin-degraders", "h2s-producers"];
        Assert.Equal(guilds, Core.Guilds.Select(g => g.Id));
        Assert.Equal(["firmicutes-bacteroidetes", "prevotella-bacteroides", "proteobacteria-share"], Core.Ratios.Select(r => r.Id));
    }

    [Fact]
    public void Rules_keep_to_the_decisions_of_the_science()
    {
        foreach (var rule in Core.Rules)
        {
            Assert.NotEmpty(rule.Citations);
            Assert.All(rule.Citations, c => Assert.Matches("^doi:10\\.", c));
            // A single taxon 0.1 %, a guild 1 %.
            if (rule.Direction == "high" && rule.Kind == "guild") Assert.Equal(0.01, rule.Floor);
            if (rule.Direction == "high" && rule.Kind == "taxon") Assert.InRange(rule.Floor, 0.001, 0.01);
            if (rule.Kind is "ratio" or "genera" || rule.Code == "lactobacillus-low") Assert.Equal("info", rule.MaxSeverity);
            // A sum of taxa is not a measured metabolite, and nobody is called abnormal.
            foreach (var text in new[] { rule.Text.En, rule.Text.Nl }) Assert.DoesNotMatch(Forbidden(), text);
            Assert.True(Unfilled(rule.Text.En).SetEquals(Unfilled(rule.Text.Nl)), rule.Code);
        }
        Assert.True(Core.Rules.Single(r => r.Code == "candida-high").NeedsFungi);
        // Never class Clostridia, never copri, never what needs culture.
        var named = Core.Rules.Where(r => !r.Members.IsDefault).SelectMany(r => r.Members).Concat(Core.Guilds.Single(g => g.Id == "pro-inflammatory").Members).ToArray();
        Assert.DoesNotContain(named, t => t.Taxid is 186801 or 165179 or 1496 or 620 or 590 or 194);
        Assert.Contains(Core.Guilds.Single(g => g.Id == "beneficial").Excluded, t => t.Taxid == 1689);
    }

    [Fact]
    public void A_taxid_of_the_panel_is_the_taxon_that_it_says()
    {
        foreach (var taxon in Core.Guilds.SelectMany(g => g.Members.AddRange(g.Excluded)).Concat(Core.Ratios.SelectMany(r => r.Numerator.AddRange(r.Denominator))).Concat(Core.Confirm))
        {
            if (taxon.Taxid is { } id && TaxonomyRelease.Shipped.Find(id) is { } known) Assert.Contains(taxon.Name, known.FormerNames.Append(known.Name).Append(taxon.Name == "Mediterraneibacter torques" ? taxon.Name : known.Name));
        }
    }

    private static HashSet<string> Unfilled(string text) => [.. Placeholder().Matches(text).Select(m => m.Value)];

    [GeneratedRegex(@"\{[a-z]+\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\b(abnormal|inflamed|abnormaal|ontstoken)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Forbidden();
}
