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

    [Fact]
    public void Search_gives_beginnings_before_middles_and_knows_former_names()
    {
        var found = Release.Search("firmi", 5);
        Assert.Equal(1239, found[0].Taxid);
        Assert.Equal(3, Release.Search("bacter", 3).Length);
        Assert.Empty(Release.Search("  ", 3));
    }

    [Fact]
    public void A_file_that_is_no_taxonomy_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => TaxonomyRelease.Read(new StringReader("# release: x\nheader\n1\tphylum")));
        Assert.Throws<InvalidDataException>(() => TaxonomyRelease.Read(new StringReader("header\n2\tdomain\tBacteria\t\t\tx")));
        Assert.Throws<InvalidDataException>(() => TaxonomyRelease.Read(new StringReader("# release: x\nheader\n3\tphylum\tA\t2\t\tx")));
    }
}
