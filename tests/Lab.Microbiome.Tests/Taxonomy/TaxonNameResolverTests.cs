using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Taxonomy;

public sealed class TaxonNameResolverTests
{
    private static readonly TaxonNameResolver Names = TaxonomyRelease.Shipped.Names;

    [Theory]
    [InlineData("853", 853)]
    [InlineData("Faecalibacterium prausnitzii", 853)]
    [InlineData("s__Faecalibacterium_prausnitzii", 853)]
    [InlineData("Firmicutes", 1239)]
    [InlineData("Bacillota", 1239)]
    [InlineData("p__Firmicutes_A", 1239)]
    [InlineData("k__Bacteria;p__Firmicutes", 1239)]
    [InlineData("d__Bacteria|p__Bacillota", 1239)]
    [InlineData("sk__Bacteria;k__;p__Firmicutes;c__;o__", 1239)]
    [InlineData("Root;Bacteria;Firmicutes", 1239)]
    [InlineData("D_0__Bacteria;D_1__Firmicutes;D_2__uncultured", 1239)]
    [InlineData("Bacteroidetes", 976)]
    [InlineData("k__Bacteria;p__Actinobacteria", 201174)]
    [InlineData("k__Bacteria;p__Actinobacteria;c__Actinobacteria", 1760)]
    [InlineData("k__Bacteria; p__Firmicutes; c__Clostridia; o__Clostridiales; f__Ruminococcaceae; g__Faecalibacterium; s__prausnitzii", 853)]
    [InlineData("k__Bacteria;p__Firmicutes;c__Clostridia;o__;f__;g__Roseburia;s__", 841)]
    [InlineData("Prevotella copri", 165179)]
    [InlineData("[Eubacterium] rectale", 39491)]
    [InlineData("Eubacterium rectale", 39491)]
    [InlineData("Candida glabrata", 5478)]
    [InlineData("Clostridium difficile", 1496)]
    [InlineData("s__Escherichia coli", 562)]
    [InlineData("[Ruminococcus] torques", 33039)]
    public void Finds_the_taxon_that_every_spelling_means(string submitted, long taxid) => Assert.Equal(taxid, Names.Resolve(submitted).Taxon?.Taxid);

    [Theory]
    [InlineData("Actinobacteria", TaxonomicRank.Phylum, 201174)]
    [InlineData("Actinobacteria", TaxonomicRank.Class, 1760)]
    [InlineData("Deferribacteres", TaxonomicRank.Phylum, 200930)]
    [InlineData("Deferribacteres", TaxonomicRank.Class, 68337)]
    public void A_name_of_several_ranks_is_decided_by_the_rank(string submitted, TaxonomicRank rank, long taxid) =>
        Assert.Equal(taxid, Names.Resolve(submitted, rank).Taxon?.Taxid);

    [Theory]
    [InlineData("Escherichia-Shigella", 543)]
    [InlineData("g__Escherichia-Shigella", 543)]
    [InlineData("k__Bacteria;p__Proteobacteria;g__Escherichia/Shigella", 543)]
    [InlineData("Clostridium sensu stricto 1", 31979)]
    [InlineData("d__Bacteria;p__Firmicutes;c__Clostridia;o__Clostridiales;f__Clostridiaceae;g__Clostridium_sensu_stricto_1", 31979)]
    public void An_ambiguous_genus_stands_below_the_lowest_unambiguous_node(string submitted, long ancestor)
    {
        var resolution = Names.Resolve(submitted);
        Assert.Null(resolution.Taxon);
        Assert.Equal(TaxonomicRank.Genus, resolution.Rank);
        Assert.Equal(ancestor, resolution.Ancestor?.Taxid);
        Assert.Equal("name-ambiguous", resolution.Warning);
    }

    [Fact]
    public void An_unknown_species_of_a_lineage_keeps_its_row_and_the_unknown_levels_above_it()
    {
        var resolution = Names.Resolve("k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Lachnospiraceae|g__GGB1234|s__GGB1234_SGB5");
        Assert.Null(resolution.Taxon);
        Assert.Equal("GGB1234 SGB5", resolution.Name);
        Assert.Equal(TaxonomicRank.Species, resolution.Rank);
        Assert.Equal(186803, resolution.Ancestor?.Taxid);
        Assert.Equal(new LineageLevel(TaxonomicRank.Genus, "GGB1234"), Assert.Single(resolution.Between));
    }

    [Theory]
    [InlineData("Candidatus Zinderia", 884214)]
    [InlineData("g__Candidatus_Zinderia", 884214)]
    [InlineData("Candidatus albicans", null)]
    public void Candidatus_is_never_Candida(string submitted, int? taxid)
    {
        var resolution = Names.Resolve(submitted);
        Assert.Equal(taxid, (int?)resolution.Taxon?.Taxid);
        Assert.NotEqual(OrganismGroup.Fungi, WellKnownRoots.GroupOf(TaxonomyRelease.Shipped, resolution.Taxon?.Taxid ?? resolution.Ancestor?.Taxid ?? 0));
    }

    [Theory]
    [InlineData("Bacteroides sp. ZZZ-9", 816)]
    [InlineData("Lachnospiraceae NK4A136 group", 186803)]
    [InlineData("Lactobacillus phage LfeInf", null)]
    [InlineData("Nonsense nonsensus", null)]
    public void An_unknown_name_finds_its_ancestor_in_its_first_word_but_a_virus_does_not(string submitted, int? ancestor) =>
        Assert.Equal(ancestor, (int?)Names.Resolve(submitted).Ancestor?.Taxid);

    [Fact]
    public void Every_current_name_with_its_rank_and_every_former_name_leads_back_to_a_taxon_that_bears_it()
    {
        foreach (var taxon in TaxonomyRelease.Shipped.Taxa)
        {
            Assert.Equal(taxon, Names.Resolve(taxon.Name, taxon.Rank).Taxon);
            Assert.All(taxon.FormerNames, n => Assert.Equal(taxon, Names.Resolve(n, taxon.Rank).Taxon));
        }
    }

    [Theory]
    [InlineData(5478)]
    [InlineData(4909)]
    [InlineData(36911)]
    [InlineData(5476)]
    [InlineData(76775)]
    public void Yeasts_are_fungi(long taxid) => Assert.Equal(OrganismGroup.Fungi, WellKnownRoots.GroupOf(TaxonomyRelease.Shipped, taxid));
}
