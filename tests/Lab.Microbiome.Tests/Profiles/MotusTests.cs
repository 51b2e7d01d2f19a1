using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class MotusTests
{
    private const string Comments = "# git tag version 3.0.3 | calc_mgc 3.0.3 -y insert.scaled_counts -l 75 | calc_motu 3.0.3 -k mOTU -C no_CAMI -g 3\n# call: motus profile\n";

    private static IReadOnlyList<(string? Accession, ProfileReading Reading)> Read(string text, bool allowIncomplete = false) =>
        SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text), allowIncomplete: allowIncomplete);

    [Fact]
    public void Fractions_are_of_everything_and_rows_of_zero_are_left_out()
    {
        var (accession, reading) = Assert.Single(Read(Comments + "#consensus_taxonomy\tNCBI_tax_id\tunnamed sample\nLeptospira alexanderi [ref_mOTU_v3_00001]\t100053\t0.0000000000\n"
            + "Faecalibacterium prausnitzii [ref_mOTU_v3_06110]\t853\t0.5\nFaecalibacterium prausnitzii [ref_mOTU_v3_06111]\t853\t0.2\nunassigned\tNA\t0.3\n"));
        var profile = reading.Profile!;
        Assert.Null(accession);
        Assert.Equal((AbundanceUnit.Fraction, 0.3, 1.0), (profile.Unit, profile.Unclassified!.Value, profile.Everything));

        // Two clusters of one taxid are two species to mOTUs and stay two rows.
        Assert.Equal([0.5, 0.2], profile.Taxa.Where(t => t.Rank == TaxonomicRank.Species).Select(t => t.Clade));
        Assert.Equal(0.7, profile.Taxa.Single(t => t.Taxid == 216851).Clade, 12);
    }

    [Fact]
    public void Merged_profiles_may_have_two_samples_without_a_name()
    {
        var samples = Read(Comments + "#consensus_taxonomy\tunnamed sample\tunnamed sample\nBacteroides uniformis [ref_mOTU_v2_0001]\t0.9\t0.8\n-1\t0.1\t0.2\n");
        Assert.Equal([null, null], samples.Select(s => s.Accession));
        Assert.Equal([0.1, 0.2], samples.Select(s => s.Reading.Profile!.Unclassified!.Value));
    }

    [Theory]
    [InlineData("insert.scaled_counts", AbundanceUnit.EstimatedReads, null)]
    [InlineData("insert.raw_counts", AbundanceUnit.Reads, 47L)]
    public void Counts_are_reads_only_where_they_are_not_scaled(string kind, AbundanceUnit unit, long? total)
    {
        var profile = Read(Comments.Replace("insert.scaled_counts", kind, StringComparison.Ordinal)
            + "#consensus_taxonomy\tNCBI_tax_id\tS1\nBacteroides uniformis [ref_mOTU_v3_00855]\t820\t30\nunassigned\tNA\t17\n")[0].Reading.Profile!;
        Assert.Equal((unit, total, 17.0), (profile.Unit, profile.TotalReads, profile.Unclassified!.Value));
    }

    [Theory]
    [InlineData("unknown Lachnospiraceae [meta_mOTU_v2_6905]", 186803)]
    [InlineData("Roseburia species incertae sedis [ext_mOTU_v3_17538]", 841)]
    [InlineData("Chryseobacterium artocarpi/ureilyticum [ref_mOTU_v3_00007]", 59732)]
    public void A_cluster_without_a_species_stands_below_what_its_name_tells(string name, long above)
    {
        var profile = Read(Comments + $"#consensus_taxonomy\tS1\n{name}\t0.9\nunassigned\t0.1\n")[0].Reading.Profile!;
        var row = profile.Taxa.Single(t => t.SubmittedName == name);
        Assert.Equal((TaxonomicRank.Species, (long?)above), (row.Rank, row.Parent < 0 ? null : profile.Taxa[row.Parent].Taxid));
    }

    [Fact]
    public void A_column_of_cluster_ids_may_stand_first()
    {
        var profile = Read(Comments + "#mOTU\tconsensus_taxonomy\tS1\nref_mOTU_v3_00855\tBacteroides uniformis\t0.9\nunassigned\tunassigned\t0.1\n")[0].Reading.Profile!;
        Assert.Equal("Bacteroides uniformis [ref_mOTU_v3_00855]", profile.Taxa.Single(t => t.Taxid == 820).SubmittedName);
    }

    [Fact]
    public void A_file_without_its_last_row_was_cut()
    {
        string cut = Comments + "#consensus_taxonomy\tS1\nBacteroides uniformis [ref_mOTU_v3_00855]\t0.9\n";
        Assert.Equal("report-incomplete", Assert.Single(Read(cut)[0].Reading.Errors).Code);
        Assert.True(Read(cut, allowIncomplete: true)[0].Reading.Profile!.Incomplete);
        Assert.Equal("column-count", Read(cut + "Bacteroides sp. [ref_mOT")[0].Reading.Errors[0].Code);
    }

    [Fact]
    public void The_table_of_all_ranks_leaves_unassigned_what_its_domains_do_not_hold()
    {
        var profile = Read("#mOTUs2_clade\tunnamed sample\nk__Bacteria\t0.8\nk__Bacteria|p__Bacteroidetes\t0.8\n"
            + "k__Bacteria|p__Bacteroidetes|c__Bacteroidia|o__Bacteroidales|f__Bacteroidaceae|g__Bacteroides|s__Bacteroides uniformis [ref_mOTU_v31_00855]\t0.8\n")[0].Reading.Profile!;
        Assert.Equal(("motus-clades", 0.2, 1.0), (profile.Format, Math.Round(profile.Unclassified!.Value, 12), profile.Everything));
        Assert.Equal("s__Bacteroides uniformis [ref_mOTU_v31_00855]", profile.Taxa.Single(t => t.Taxid == 820).SubmittedName);
    }
}
