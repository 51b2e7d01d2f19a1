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
    public void A_panel_is_found_by_its_version_or_by_its_name_alone()
    {
        Assert.Equal(["gut-core@1", "gut-core-guided@1"], Panel.Shipped.Select(p => p.Ref));
        Assert.All(Panel.Shipped, panel => Assert.Equal((panel, panel), (Panel.Find(panel.Ref), Panel.Find(panel.Id))));
        Assert.All(["gut-core@2", "gut", "", "Gut-Core@1"], reference => Assert.Null(Panel.Find(reference)));
        Assert.Equal("gut-core@1", Panel.Default.Ref);
    }

    [Fact]
    public void A_panel_with_a_base_is_the_base_but_for_what_it_says_itself()
    {
        var guided = Panel.Find("gut-core-guided@1")!;
        Assert.Equal(("gut-core@1", null), (guided.Base, Core.Base));
        Assert.Equal(Core.Rules.Select(r => r.Code), guided.Rules.Select(r => r.Code));
        Assert.Equal(Core.Guilds.Select(g => g.Id), guided.Guilds.Select(g => g.Id));
        Assert.NotEqual(Core.Description, guided.Description);
        Assert.Empty(Core.Recommendations);
        Assert.NotEmpty(guided.Recommendations);
    }

    public static TheoryData<string, string> Edits => new()
    {
        { "the words of a rule", "" }, { "taxa in another order, one twice", "" }, { "the version", "" },
        { "a taxon less in a rule", "klebsiella-high" }, { "a taxon of another name", "klebsiella-high" }, { "the floor", "klebsiella-high" }, { "the direction", "klebsiella-high" },
        { "the severity at most", "klebsiella-high" }, { "the evidence", "klebsiella-high" }, { "the bands", "klebsiella-high" }, { "taxa for another method", "klebsiella-high" },
        { "a taxon less in a guild", "scfa-producers-depleted" }, { "an exclusion less in a guild", "pro-inflammatory-overgrowth" }, { "the denominator of a ratio", "firmicutes-bacteroidetes-outside" },
        { "what needs culture", "absent-taxa over-represented-taxa under-represented-taxa" }, { "a rule less", "klebsiella-high" },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void Panels_judge_alike_by_a_rule_while_its_taxa_and_limits_are_the_same(string edit, string differing)
    {
        Panel Rule(string code, Func<Rule, Rule> change) => Core with { Rules = [.. Core.Rules.Select(r => r.Code == code ? change(r) : r)] };
        Panel Guild(string id, Func<Guild, Guild> change) => Core with { Guilds = [.. Core.Guilds.Select(g => g.Id == id ? change(g) : g)] };
        const string Klebsiella = "klebsiella-high";
        var other = edit switch
        {
            "the words of a rule" => Rule(Klebsiella, r => r with { Text = new("x", "y") }),
            "taxa in another order, one twice" => Guild("butyrate-producers", g => g with { Members = [.. g.Members.Reverse(), g.Members[0]] }),
            "the version" => Core with { Version = Core.Version + 1 },
            "a taxon less in a rule" => Rule(Klebsiella, r => r with { Members = r.Members[1..] }),
            "a taxon of another name" => Rule(Klebsiella, r => r with { Members = [r.Members[0] with { Name = "Raoultella" }] }),
            "the floor" => Rule(Klebsiella, r => r with { Floor = 2 * r.Floor }),
            "the direction" => Rule(Klebsiella, r => r with { Direction = "low" }),
            "the severity at most" => Rule(Klebsiella, r => r with { MaxSeverity = "high" }),
            "the evidence" => Rule(Klebsiella, r => r with { Evidence = "very-low" }),
            "the bands" => Rule(Klebsiella, r => r with { Bands = r.Bands! with { High = 50 } }),
            "taxa for another method" => Rule(Klebsiella, r => r with { OtherMethodMembers = r.Members }),
            "a taxon less in a guild" => Guild("butyrate-producers", g => g with { Members = g.Members[1..] }),
            "an exclusion less in a guild" => Guild("pro-inflammatory", g => g with { Excluded = g.Excluded.IsDefaultOrEmpty ? [g.Members[0]] : g.Excluded[1..] }),
            "the denominator of a ratio" => Core with { Ratios = [.. Core.Ratios.Select(r => r with { Denominator = r.Numerator })] },
            "what needs culture" => Core with { Confirm = Core.Confirm[1..] },
            _ => Core with { Rules = [.. Core.Rules.Where(r => r.Code != Klebsiella)] },
        };
        Assert.Equal(differing, string.Join(' ', Core.Rules.Select(r => r.Code).Where(code => !Core.JudgesLike(other, code)).Order(StringComparer.Ordinal)));
        Assert.False(Core.JudgesLike(other, "no-such-rule"));
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
        Assert.Equal("Fungi", Core.Rules.Single(r => r.Code == "candida-high").Kingdom);
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

    [Fact]
    public void Every_member_of_a_guild_has_its_own_evidence_and_source()
    {
        foreach (var member in Core.Guilds.SelectMany(g => g.Members.AddRange(g.Excluded)))
        {
            Assert.NotNull(member.Evidence);
            Assert.NotEmpty(member.Citations!.Value);
            Assert.All(member.Citations.Value, c => Assert.Contains(Core.Sources, s => s.Id == c));
        }
        Assert.All(Core.ReagentGenera, g => Assert.Equal(["doi:10.1186/s12915-014-0087-z"], g.Citations!.Value));
        // Nobody claims to have seen what nobody looked up.
        Assert.Contains(Core.Sources, s => !s.Verified);
        Assert.Equal(("Fungi", "Archaea", "Bacteria"), (Kingdom("fungi"), Kingdom("methanogens"), Kingdom("beneficial")));

        static string Kingdom(string guild) => Core.Guilds.Single(g => g.Id == guild).Kingdom;
    }

    [Fact]
    public void Guilds_hold_the_taxa_of_the_lists_of_the_science()
    {
        var lists = new Dictionary<string, string> { ["butyrate"] = "butyrate-producers", ["propionate"] = "propionate-producers", ["acetate"] = "acetate-producers", ["beneficial"] = "beneficial", ["fungal"] = "fungi", ["archaea"] = "methanogens" };
        var compared = 0;
        foreach (var row in Reports.People.Rows("taxa_lists.tsv").Where(r => lists.ContainsKey(r[0])))
        {
            compared++;
            var guild = Core.Guilds.Single(g => g.Id == lists[row[0]]);
            // The taxon itself, or its genus, family or kingdom.
            var lineage = TaxonomyRelease.Shipped.Lineage(long.Parse(row[3], System.Globalization.CultureInfo.InvariantCulture)).Select(t => t.Taxid).ToArray();
            Assert.True(guild.Members.Any(m => m.Taxid is { } id && lineage.Contains(id)), $"{row[1]} in {guild.Id}");
        }
        Assert.True(compared > 30, $"{compared} rows");
        Assert.DoesNotContain(Core.Guilds.Single(g => g.Id == "pro-inflammatory").Members, m => m.Taxid == 165179);
    }

    [Fact]
    public void Candida_is_the_yeast_in_the_wide_sense_and_never_Candidatus()
    {
        var rule = Core.Rules.Single(r => r.Code == "candida-high");
        Assert.Superset(new HashSet<long> { 5475, 5478, 4909, 36911 }, rule.Members.Select(m => m.Taxid ?? 0).ToHashSet());
        var profile = Reports.People.MadeUp("reads", "816:50000", "d__Bacteria;p__Firmicutes;c__Clostridia;o__Oscillospirales;f__Ruminococcaceae;g__Candidatus Soleaferrea:50000");
        Assert.Equal(0, CladeSum.Of(new CladeIndex(profile), rule.Members).Value);
        Assert.Equal(7, CladeSum.Of(new CladeIndex(Reports.People.MadeUp("reads", "816:50", "5478:3", "4909:4")), rule.Members).Value);
    }

    private static HashSet<string> Unfilled(string text) => [.. Placeholder().Matches(text).Select(m => m.Value)];

    [GeneratedRegex(@"\{[a-z]+\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\b(abnormal|inflamed|abnormaal|ontstoken)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Forbidden();
}
