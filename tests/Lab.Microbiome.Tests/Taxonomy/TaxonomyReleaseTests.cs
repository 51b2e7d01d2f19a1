using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Taxonomy;

public sealed class TaxonomyReleaseTests
{
    private static readonly TaxonomyRelease Release = TaxonomyRelease.Shipped;

    [Fact]
    public void The_shipped_release_holds_the_whole_gut_slice()
    {
        Assert.Equal("gut-2026-11", Release.Version);
        Assert.True(Release.Count >= 2441);
        Assert.Equal(Release.Count, Release.Taxa.Select(t => t.Taxid).Distinct().Count());
    }

    [Fact]
    public void A_lineage_runs_from_the_domain_to_the_taxon()
    {
        Assert.Equal("d__Bacteria;p__Bacillota;c__Clostridia;o__Eubacteriales;f__Oscillospiraceae;g__Faecalibacterium;s__Faecalibacterium prausnitzii",
            Release.LineageString(853));
        Assert.Equal(1239, Release.Ancestor(853, TaxonomicRank.Phylum)?.Taxid);
        Assert.Empty(Release.Lineage(-1));
    }

    [Fact]
    public void Every_taxon_reaches_a_domain_through_rising_ranks() => Assert.All(Release.Taxa, taxon =>
    {
        var lineage = Release.Lineage(taxon.Taxid);
        Assert.Equal(TaxonomicRank.Domain, lineage[0].Rank);
        Assert.Equal(lineage.Select(t => t.Rank).Order(), lineage.Select(t => t.Rank));
    });

    [Theory]
    [InlineData("853", 853)]
    [InlineData("firmi", 1239)]
    [InlineData("FIRMICUTES", 1239)]
    [InlineData("Prevotella", 838)]
    [InlineData("[eubacterium] rect", 39491)]
    [InlineData("prausnitzii", 853)]
    [InlineData("faec praus", 853)]
    [InlineData("Clostridium_difficile", 1496)]
    [InlineData("  escherichia   coli ", 562)]
    public void Search_gives_the_best_match_first_by_any_name_or_taxid(string text, long taxid) => Assert.Equal(taxid, Release.Search(text)[0].Taxid);

    [Fact]
    public void Search_gives_whole_names_before_beginnings_before_words_before_middles()
    {
        var found = Release.Search("bacter").ToList();
        int beginning = found.FindIndex(t => t.Name == "Bacteroidota"), middle = found.FindIndex(t => t.Name == "Enterobacter");
        Assert.True(found[0].Name == "Bacteria" && beginning < middle, string.Join(", ", found.Select(t => t.Name)));
        Assert.Equal(["Bacteroides", "Bacteroides caccae"], Release.Search("bacteroides").Where(t => t.Name is "Bacteroides" or "Bacteroides caccae").Select(t => t.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("[]")]
    [InlineData("praus faec")]
    [InlineData("nonsense")]
    public void Search_finds_nothing_where_nothing_is_meant(string text) => Assert.Empty(Release.Search(text));

    [Fact]
    public void A_file_that_is_no_taxonomy_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => TaxonomyRelease.Read(new StringReader("# release: x\nheader\n1\tphylum")));
        Assert.Throws<InvalidDataException>(() => TaxonomyRelease.Read(new StringReader("header\n2\tdomain\tBacteria\t\t\tx")));
        Assert.Throws<InvalidDataException>(() => TaxonomyRelease.Read(new StringReader("# release: x\nheader\n3\tphylum\tA\t2\t\tx")));
    }
}
