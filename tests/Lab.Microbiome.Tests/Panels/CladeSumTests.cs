using Lab.Microbiome.Panels;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Panels;

public sealed class CladeSumTests
{
    private static readonly PanelTaxon Bifidobacterium = new(1678, "Bifidobacterium"), Dentium = new(1689, "Bifidobacterium dentium"), Longum = new(216816, "Bifidobacterium longum"),
        Lactobacillaceae = new(33958, "Lactobacillaceae");

    [Fact]
    public void A_member_below_another_counts_once()
    {
        var profile = Index("216816:30", "1689:20", "1678:5", "816:100");
        Assert.Equal(55, CladeSum.Of(profile, [Bifidobacterium]).Value);
        Assert.Equal(55, CladeSum.Of(profile, [Longum, Bifidobacterium, Dentium]).Value);
        Assert.Equal(50, CladeSum.Of(profile, [Longum, Dentium]).Value);
    }

    [Fact]
    public void What_is_excluded_is_taken_off_the_part_it_stands_in()
    {
        var profile = Index("216816:30", "1689:20", "33958:7");
        var sum = CladeSum.Of(profile, [Bifidobacterium, Lactobacillaceae], [Dentium]);
        Assert.Equal(37, sum.Value);
        Assert.Equal([("Bifidobacterium", 30.0), ("Lactobacillaceae", 7.0)], sum.Parts.Select(p => (p.Name, p.Value)));
        // An excluded clade outside the members changes nothing, and one that is a whole member leaves nothing.
        Assert.Equal(7, CladeSum.Of(profile, [Lactobacillaceae], [Dentium]).Value);
        Assert.Empty(CladeSum.Of(profile, [Dentium], [Dentium]).Parts);
    }

    [Fact]
    public void A_name_stands_in_where_nobody_knows_the_taxid()
    {
        var profile = Index("d__Bacteria;p__Firmicutes;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__Agathobacter:12", "816:100");
        Assert.Equal(12, CladeSum.Of(profile, [new(1766253, "Agathobacter")]).Value);
    }

    [Fact]
    public void A_taxid_stands_in_where_the_name_is_another() => Assert.Equal(50, CladeSum.Of(Index("216816:30", "1689:20", "816:100"), [new(1678, "A name of old")]).Value);

    [Fact]
    public void A_clade_below_the_first_row_counts_with_it()
    {
        var profile = Index("216816:30", "816:100");
        Assert.Equal(130, CladeSum.Of(profile, [new(2, "Bacteria"), Bifidobacterium]).Value);
        Assert.Equal(100, CladeSum.Of(profile, [new(2, "Bacteria")], [Bifidobacterium]).Value);
    }

    [Fact]
    public void Equal_parts_stand_by_name_and_then_by_taxid()
    {
        var profile = People.MadeUp("reads", "216816:30", "1689:30", "33958:30");
        Assert.Equal(["Bifidobacterium dentium", "Bifidobacterium longum", "Lactobacillaceae"], CladeSum.Of(new(profile), [Lactobacillaceae, Longum, Dentium]).Parts.Select(p => p.Name));
        // One name for two taxids.
        var alike = profile with { Taxa = [.. profile.Taxa.Select(row => row.Taxid is 216816 or 1689 ? row with { Name = "Bifidobacterium sp." } : row)] };
        Assert.Equal([1689L, 216816], CladeSum.Of(new(alike), [Longum, Dentium]).Parts.Select(p => p.Taxid!.Value));
        var backwards = profile with { Taxa = [.. alike.Taxa.Select(row => row.Taxid is 216816 ? row with { Taxid = 1 } : row)] };
        Assert.Equal([1L, 1689], CladeSum.Of(new(backwards), [new(1, "Bifidobacterium sp.")]).Parts.Select(p => p.Taxid!.Value));
    }

    [Fact]
    public void Two_families_of_old_that_are_one_today_are_one_part()
    {
        // MetaPhlAn 2 has Leuconostocaceae beside Lactobacillaceae; today both are 33958.
        var profile = People.MadeUp("reads", "1678:5", "33958:7");
        var apart = profile with { Taxa = [.. profile.Taxa, profile.Taxa.Single(row => row.Taxid is 33958) with { Clade = 2 }] };
        var sum = CladeSum.Of(new(apart), [Bifidobacterium, Lactobacillaceae]);
        Assert.Equal(14, sum.Value);
        Assert.Equal([("Lactobacillaceae", 9.0), ("Bifidobacterium", 5.0)], sum.Parts.Select(p => (p.Name, p.Value)));
    }

    [Fact]
    public void Nothing_sums_to_nothing() => Assert.Equal((0.0, 0), (CladeSum.Of(Index("816:1"), [Longum]).Value, CladeSum.Of(Index("816:1"), []).Parts.Length));

    [Fact]
    public void A_profile_that_is_none_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new CladeIndex(null!));
        Assert.Throws<ArgumentNullException>(() => CladeSum.Of(null!, []));
    }

    private static CladeIndex Index(params string[] taxa) => new(People.MadeUp("reads", taxa));
}
