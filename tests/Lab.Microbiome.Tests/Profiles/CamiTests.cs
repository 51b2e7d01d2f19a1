using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class CamiTests
{
    private const string Columns = "@@TAXID\tRANK\tTAXPATH\tTAXPATHSN\tPERCENTAGE\n";
    private const string Header = "@SampleID:S1\n@Version:0.10.0\n@Ranks:superkingdom|phylum|class|species\n" + Columns;

    private static IReadOnlyList<(string? Accession, ProfileReading Reading)> Read(string text) => SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Comments_blanks_blank_lines_and_columns_of_one_s_own_do_not_matter()
    {
        var (accession, reading) = Assert.Single(Read("# Taxonomic Profiling Output\n\n@SampleID: S1\n@Version:0.9.1\n\n@Ranks: superkingdom|phylum\n@TaxonomyID:GreenGenes?\n@__program__:quickr\n"
            + "@@TAXID\tRANK\tTAXPATH\tTAXPATHSN\tPERCENTAGE\t_CAMI_genomeID\n#-1\t\t\tunassigned\t3\n2\tsuperkingdom\t2\tBacteria\t99.999999999999998\tx\n1239\tphylum\t2|1239\tBacteria|Firmicutes\t60\n"));
        Assert.Equal("S1", accession);
        Assert.Equal(0.6, reading.Profile!.Taxa.Single(t => t.Taxid == 1239).Clade);
        Assert.Equal(["Bacteria", "Firmicutes"], reading.Profile.Taxa.Select(t => t.SubmittedName));
    }

    [Fact]
    public void Empty_steps_of_a_path_are_stepped_over_and_ids_of_other_programs_are_no_taxids()
    {
        var profile = Assert.Single(Read(Header + "2\tsuperkingdom\t2\tBacteria\t100\n186801\tclass\t2||186801\tBacteria||Clostridia\t70\n"
            + "(1/2)\tphylum\t2|(1/2)\tBacteria|Firmicutes/Tenericutes\t20\n29580.1\tspecies\t2||186801|29580.1\tBacteria||Clostridia|Novum novum\t70\n")).Reading.Profile!;
        Assert.Equal((2, (long?)186801), (profile.Taxa.Single(t => t.Taxid == 186801).Parent == 0 ? 2 : 0, profile.Taxa[profile.Taxa.Single(t => t.Name == "Novum novum").Parent].Taxid));
        Assert.Equal(2, profile.Taxa.Count(t => t.Taxid is null));
        Assert.Equal([0.1, 0.2, 0, 0.7], profile.Taxa.OrderBy(t => t.Direct == 0.7).ThenBy(t => t.Rank).ThenBy(t => t.Direct).Select(t => Math.Round(t.Direct, 12)));
    }

    [Fact]
    public void Names_may_be_left_out()
    {
        var profile = Assert.Single(Read("@SampleID:S1\n@Ranks:superkingdom|phylum\n@@TAXID\tRANK\tTAXPATH\tPERCENTAGE\n2\tsuperkingdom\t2\t100\n976\tphylum\t2|976\t100\n")).Reading.Profile!;
        Assert.Equal(["Bacteria", "Bacteroidota"], profile.Taxa.Select(t => t.Name));
    }

    [Fact]
    public void Two_names_alike_at_different_ids_are_two_taxa()
    {
        var profile = Assert.Single(Read(Header + "2\tsuperkingdom\t2\tBacteria\t100\n77\tphylum\t2|77\tBacteria|?\t60\n78\tphylum\t2|78\tBacteria|?\t40\n79\tclass\t2|78|79\tBacteria|?|Y\t40\n")).Reading.Profile!;
        Assert.Equal(0.4, profile.Taxa[profile.Taxa.Single(t => t.Name == "Y").Parent].Clade);
    }

    [Fact]
    public void Samples_stand_one_behind_the_other_and_a_bad_one_leaves_the_others()
    {
        var samples = Read(Header + "2\tsuperkingdom\t2\tBacteria\tx\n" + Header.Replace("S1", "S2", StringComparison.Ordinal) + "2\tsuperkingdom\t2\tBacteria\t100\n");
        Assert.Equal(["S1", "S2"], samples.Select(s => s.Accession));
        Assert.Equal("value-not-a-number", Assert.Single(samples[0].Reading.Errors).Code);
        Assert.NotNull(samples[1].Reading.Profile);
    }

    [Theory]
    [InlineData("2\tsuperkingdom\t2\tBacteria\t1\n", "unit-ambiguous")]
    [InlineData("2\tsuperkingdom\t2\tBacteria\t101\n", "rank-sum-out-of-range")]
    [InlineData("2\tsuperkingdom\t2\tBacteria\t50\n2\tsuperkingdom\t2\tBacteria\t50\n", "duplicate-taxon")]
    [InlineData("2\tsuperkingdom\t2\n", "column-count")]
    [InlineData("", "no-data-rows")]
    public void What_cannot_be_meant_is_refused(string rows, string code) => Assert.Equal(code, Read(Header + rows)[0].Reading.Errors[0].Code);
}
