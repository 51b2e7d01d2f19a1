using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class EmuTests
{
    private const string Ranks = "species\tgenus\tfamily\torder\tclass\tphylum\tclade\tsuperkingdom";
    private const string Bacteroides = "Phocaeicola vulgatus\tPhocaeicola\tBacteroidaceae\tBacteroidales\tBacteroidia\tBacteroidetes\tFCB group\tBacteria";

    private static IReadOnlyList<(string? Accession, ProfileReading Reading)> Read(string text) => SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Fractions_are_of_classified_reads_and_do_not_say_what_was_not()
    {
        var profile = Assert.Single(Read($"tax_id\tabundance\t{Ranks}\n821\t1.0\t{Bacteroides}\nunmapped\t0.0\t\t\t\t\t\t\t\t\nmapped_unclassified\t0.0\t\t\t\t\t\t\t\t\n")).Reading.Profile!;
        Assert.Equal((AbundanceUnit.Fraction, null, 1.0), (profile.Unit, profile.Unclassified, profile.Everything));
    }

    [Fact]
    public void Estimated_counts_are_taken_where_they_are_given()
    {
        var profile = Assert.Single(Read($"tax_id\tabundance\t{Ranks}\testimated counts\n821\t0.75\t{Bacteroides}\t90.5\nunmapped\t\t\t\t\t\t\t\t\t\t7.0\nmapped_unclassified\t\t\t\t\t\t\t\t\t\t3.0\n")).Reading.Profile!;
        Assert.Equal((AbundanceUnit.EstimatedReads, 10.0, 100.5), (profile.Unit, profile.Unclassified, profile.Everything));
    }

    [Fact]
    public void In_a_combined_table_a_blank_cell_is_none_and_the_ranks_tell_the_place()
    {
        var samples = Read($"{Ranks}\tS1\tS2\nNovum novum\tNovum\tBacteroidaceae\tBacteroidales\tBacteroidia\tBacteroidetes\tFCB group\tBacteria\t0.25\t\n{Bacteroides}\t0.75\t1.0\nunmapped\t\t\t\t\t\t\t\t0.0\t0.0\n");
        Assert.Equal(["S1", "S2"], samples.Select(s => s.Accession));
        var profile = samples[0].Reading.Profile!;
        var novel = profile.Taxa.Single(t => t.SubmittedName == "Novum novum");
        Assert.Equal((TaxonomicRank.Species, "Novum", OrganismGroup.Bacteria), (novel.Rank, profile.Taxa[novel.Parent].Name, novel.Group));
        Assert.Equal(1, profile.Taxa.Single(t => t.Taxid == 976).Clade);
        Assert.DoesNotContain(samples[1].Reading.Profile!.Taxa, t => t.SubmittedName == "Novum novum");
    }

    [Fact]
    public void A_combined_table_of_counts_is_known_by_its_sums()
    {
        var samples = Read("genus\tfamily\torder\tclass\tphylum\tclade\tsuperkingdom\tS1\nBacteroides\tBacteroidaceae\tBacteroidales\tBacteroidia\tBacteroidetes\tFCB group\tBacteria\t1500.5\nunmapped\t\t\t\t\t\t\t12\n");
        Assert.Equal((AbundanceUnit.EstimatedReads, 12.0), (samples[0].Reading.Profile!.Unit, samples[0].Reading.Profile!.Unclassified));
    }

    [Fact]
    public void A_file_that_does_not_add_up_is_remarked() =>
        Assert.Contains(Read($"tax_id\tabundance\t{Ranks}\n821\t0.5\t{Bacteroides}\n")[0].Reading.Warnings, w => w.Code == "rank-sum-below-100");
}
