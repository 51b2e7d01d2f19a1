using System.Text;
using Lab.Microbiome.Profiles;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class KrakenMpaTests
{
    private static IReadOnlyList<(string? Accession, ProfileReading Reading)> Read(string text) => SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("d__Bacteria\t900\nd__Bacteria|p__Bacteroidota\t800\nd__Bacteria|p__Bacteroidota|g__Bacteroides\t500\nd__Eukaryota\t100\nd__Eukaryota|k__Metazoa|p__Chordata\t100\n")]
    [InlineData("k__Bacteria\t900\nk__Bacteria|p__Bacteroidota\t800\nk__Bacteria|p__Bacteroidota|g__Bacteroides\t500\nk__Eukaryota\t100\nk__Eukaryota|k__Metazoa|p__Chordata\t100\n")]
    [InlineData("d_Bacteria\t900\nd_Bacteria|p_Bacteroidota\t800\nd_Bacteria|p_Bacteroidota|g_Bacteroides\t500\nd_Eukaryota\t100\nd_Eukaryota|k_Metazoa|p_Chordata\t100\n")]
    [InlineData("r_root\t1000\nr_root|x_cellular organisms\t1000\nr_root|x_cellular organisms|d_Bacteria\t900\nr_root|x_cellular organisms|d_Bacteria|p_Bacteroidota\t800\n"
        + "r_root|x_cellular organisms|d_Bacteria|p_Bacteroidota|g_Bacteroides\t500\nr_root|x_cellular organisms|d_Eukaryota\t100\nr_root|x_cellular organisms|d_Eukaryota|p_Chordata\t100\n")]
    public void Kingdoms_domains_and_single_underscores_are_one_tree(string text)
    {
        var profile = Assert.Single(Read(text)).Reading.Profile!;
        var composition = new Composition(profile);
        Assert.Equal((AbundanceUnit.Reads, null, null, 1000.0), (profile.Unit, profile.TotalReads, profile.Unclassified, profile.Everything));
        Assert.Equal((900.0, 0.1, 0.0), (composition.Denominator, composition.HostFraction, composition.ViralFraction));
        Assert.Equal(300, profile.Taxa.Single(t => t.Taxid == 976).Direct);
    }

    [Fact]
    public void Where_all_reads_stand_at_one_rank_Bracken_put_them_there() =>
        Assert.Equal(AbundanceUnit.EstimatedReads, Read("d__Bacteria\t900\nd__Bacteria|p__Bacteroidota\t900\nd__Bacteria|p__Bacteroidota|g__Bacteroides\t900\n")[0].Reading.Profile!.Unit);

    [Fact]
    public void A_combined_table_has_a_column_a_sample()
    {
        var samples = Read("#Classification\tS1\tS2\nd__Bacteria|p__Bacteroidota|g__Bacteroides\t5\t0\nd__Bacteria|p__Bacteroidota\t8\t1\nd__Bacteria\t9\t2\n");
        Assert.Equal(["S1", "S2"], samples.Select(s => s.Accession));
        Assert.Equal([9, 2], samples.Select(s => s.Reading.Profile!.Everything));
    }

    [Fact]
    public void Percentages_are_refused() =>
        Assert.Equal("value-not-a-number", Read("#Classification\tS1\nk__Bacteria\t99.5\n")[0].Reading.Errors[0].Code);
}
