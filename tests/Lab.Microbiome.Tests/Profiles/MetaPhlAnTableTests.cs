using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class MetaPhlAnTableTests
{
    private const string Rows = "k__Bacteria\t100\t60\nk__Bacteria|p__Firmicutes\t70\t0\nk__Bacteria|p__Bacteroidetes\t30\t60\n";

    private static IReadOnlyList<(string? Accession, ProfileReading Reading)> Read(string text) => SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text));

    private static double Clade(ProfileReading reading, long taxid) => reading.Profile!.Taxa.Single(t => t.Taxid == taxid).Clade;

    [Theory]
    [InlineData("#mpa_vJan21_CHOCOPhlAnSGB_202103\nclade_name\tS1\tS2\n", "metaphlan4")]
    [InlineData("ID\tS1\tS2\n#SampleID\tMetaphlan2_Analysis\tMetaphlan2_Analysis\n", "metaphlan2")]
    [InlineData("species\tS1\tS2\n", "metaphlan2")]
    [InlineData("Any title\tS1\tS2\n", "metaphlan2")]
    public void Each_column_of_a_merged_table_is_a_sample_whatever_its_title(string header, string format)
    {
        var samples = Read(header + Rows);
        Assert.Equal(["S1", "S2"], samples.Select(s => s.Accession));
        Assert.All(samples, s => Assert.Equal(format, s.Reading.Profile!.Format));
        Assert.Equal([0.3, 0.6], samples.Select(s => Clade(s.Reading, 976)));
        Assert.DoesNotContain(samples[1].Reading.Profile!.Taxa, t => t.Taxid == 1239);
    }

    [Fact]
    public void A_merged_table_of_version_3_has_taxids_beside_the_lineage_and_a_row_of_what_is_unknown()
    {
        var samples = Read("#mpa_v31_CHOCOPhlAn_201901\nclade_name\tNCBI_tax_id\tS1\tS2\nUNKNOWN\t-1\t40\t0\nk__Bacteria\t2\t60\t100\n");
        Assert.Equal([0.4, 0], samples.Select(s => s.Reading.Profile!.Unclassified!.Value));
        Assert.Equal([0.6, 1], samples.Select(s => Clade(s.Reading, 2)));
    }

    [Fact]
    public void A_number_that_is_none_spoils_its_own_sample_only()
    {
        var samples = Read("clade_name\tS1\tS2\nk__Bacteria\t100\tx\n");
        Assert.NotNull(samples[0].Reading.Profile);
        Assert.Equal(("value-not-a-number", 2, 3), (samples[1].Reading.Errors[0].Code, samples[1].Reading.Errors[0].Line!.Value, samples[1].Reading.Errors[0].Column!.Value));
    }

    [Fact]
    public void A_table_divided_by_100_is_of_fractions_and_a_single_profile_so_divided_is_refused()
    {
        var samples = Read("ID\tS1\tS2\nk__Bacteria\t1\t0.6\nk__Bacteria|p__Bacteroidetes\t0.3\t0.6\n");
        Assert.Equal([AbundanceUnit.Fraction, AbundanceUnit.Fraction], samples.Select(s => s.Reading.Profile!.Unit));
        Assert.Equal([0.3, 0.6], samples.Select(s => Clade(s.Reading, 976)));
        Assert.Equal("unit-ambiguous", Read("ID\tS1\nk__Bacteria\t1\n")[0].Reading.Errors[0].Code);
    }

    [Fact]
    public void Names_of_samples_are_needed_and_stand_once()
    {
        Assert.Equal("header-missing", Read(Rows)[0].Reading.Errors[0].Code);
        Assert.Equal("duplicate-sample", Read("clade_name\tS1\tS1\n" + Rows)[0].Reading.Errors[0].Code);
    }

    [Theory]
    [InlineData("#clade_name\tclade_taxid\trelative_abundance\tcoverage\testimated_number_of_reads_from_the_clade", "k__Bacteria\t2\t61.1\t0.29\t1788459")]
    [InlineData("#clade_name\tclade_taxid\trelative_abundance\tcoverage\testimated_number_of_bases_from_the_clade", "k__Bacteria\t2\t61.1\t0.29\t17884590")]
    [InlineData("#clade_name\tNCBI_tax_id\trelative_abundance", "k__Bacteria\t2\t61.1")]
    public void Read_statistics_and_the_table_of_three_columns_are_read_by_their_titles(string titles, string row)
    {
        var profile = Assert.Single(Read($"#mpa_vJan21_CHOCOPhlAnSGB_202103\n#2948649 reads processed\n{titles}\nUNCLASSIFIED\t-1\t38.9\t-\t1160190\n{row}\n")).Reading.Profile!;
        Assert.Equal((2948649L, 0.389, 0.611), (profile.TotalReads!.Value, Math.Round(profile.Unclassified!.Value, 9), Math.Round(profile.Taxa[0].Clade, 9)));
    }

    [Fact]
    public void In_GTDB_names_a_species_without_a_name_is_no_species()
    {
        var profile = Assert.Single(Read("#mpa_vOct22_CHOCOPhlAnSGB_202212\n#clade_name\trelative_abundance\nd__Bacteria\t99\nd__Bacteria;p__Bacteroidota\t99\n"
            + "d__Bacteria;p__Bacteroidota;c__Bacteroidia;o__Bacteroidales;f__Bacteroidaceae;g__Bacteroides\t99\n"
            + "d__Bacteria;p__Bacteroidota;c__Bacteroidia;o__Bacteroidales;f__Bacteroidaceae;g__Bacteroides;s__\t29\n"
            + "d__Bacteria;p__Bacteroidota;c__Bacteroidia;o__Bacteroidales;f__Bacteroidaceae;g__Bacteroides;s__Bacteroides uniformis\t70\n")).Reading.Profile!;
        Assert.Equal(("metaphlan4-gtdb", 0.99), (profile.Format, profile.Everything));
        Assert.Equal(70.0 / 99, new Composition(profile).AssignedFraction(TaxonomicRank.Species), 12);
        Assert.Equal(0.29, profile.Taxa.Single(t => t.Name == "unclassified Bacteroides").Direct);
    }
}
