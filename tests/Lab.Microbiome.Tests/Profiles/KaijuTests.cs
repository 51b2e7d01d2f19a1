using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class KaijuTests
{
    private const string Header = "file\tpercent\treads\ttaxon_id\ttaxon_name\n";

    private static IReadOnlyList<(string? Accession, ProfileReading Reading)> Read(string text, bool allowIncomplete = false) =>
        SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(Header + text), allowIncomplete: allowIncomplete);

    private static string Rows(string file, string id = "NA") => $"{file}\t50.000000\t500\t853\tFaecalibacterium prausnitzii\n{file}\t10.000000\t100\t10239\tViruses\n"
        + $"{file}\t30.000000\t300\t{id}\tcannot be assigned to a (non-viral) species\n{file}\t10.000000\t100\t{id}\tunclassified\n";

    [Theory]
    [InlineData("NA")]
    [InlineData("0")]
    public void Reads_above_the_rank_stay_in_the_denominator_and_unclassified_reads_do_not(string id)
    {
        var profile = Assert.Single(Read(Rows("s1.out", id))).Reading.Profile!;
        var composition = new Composition(profile);
        Assert.Equal((1000, 100.0, 1000.0), (profile.TotalReads!.Value, profile.Unclassified!.Value, profile.Everything));
        Assert.Equal((800.0, 0.1, 0.1), (composition.Denominator, composition.ViralFraction, composition.UnclassifiedFraction));
        Assert.Equal(500.0 / 800, composition.AssignedFraction(TaxonomicRank.Species), 12);
        Assert.Null(composition.HostFraction);
    }

    [Fact]
    public void Stacked_files_are_samples_named_by_the_last_part_of_their_path()
    {
        var samples = Read(Rows("/data/run 1/s1.out") + Rows("/data/run 1/s2.out"));
        Assert.Equal(["s1.out", "s2.out"], samples.Select(s => s.Accession));
        Assert.All(samples, s => Assert.Equal(1000, s.Reading.Profile!.TotalReads));

        // A name that two paths end in is the name of neither.
        Assert.Equal([null, null], Read(Rows("a/kaiju.out") + Rows("b/kaiju.out")).Select(s => s.Accession));
    }

    [Fact]
    public void A_path_ends_in_the_name_and_tells_what_a_taxid_unknown_to_the_taxonomy_is_below()
    {
        var profile = Read("s\t40\t40\t853\tcellular organisms;Bacteria;Terrabacteria group;Firmicutes;Clostridia;Faecalibacterium prausnitzii;\n"
            + "s\t20\t20\t99999991\tcellular organisms;Bacteria;Terrabacteria group;Firmicutes;Clostridia;Novum novum;\n"
            + "s\t20\t20\t99999992\tcellular organisms;Eukaryota;Opisthokonta;Metazoa;Chordata;Nemo piscis;\n"
            + "s\t20\t20\tNA\tcannot be assigned to a (non-viral) species\ns\t0\t0\tNA\tunclassified\n")[0].Reading.Profile!;
        Assert.Equal(1, profile.Taxa.Count(t => t.Taxid == 853));
        var novel = profile.Taxa.Single(t => t.Taxid == 99999991);
        Assert.Equal((TaxonomicRank.Species, OrganismGroup.Bacteria, 186801L), (novel.Rank, novel.Group, profile.Taxa[novel.Parent].Taxid!.Value));
        Assert.Equal(OrganismGroup.Host, profile.Taxa.Single(t => t.Taxid == 99999992).Group);
    }

    [Fact]
    public void Taxa_below_a_threshold_are_classified()
    {
        var profile = Read("s\t60\t60\t853\tFaecalibacterium prausnitzii\ns\t40\t40\t0\tbelong to a (non-viral) species with less than 0.01% of all reads\ns\t0\t0\t0\tunclassified\n")[0].Reading.Profile!;
        Assert.Equal((100.0, 0.6), (new Composition(profile).Denominator, new Composition(profile).AssignedFraction(TaxonomicRank.Species)));
    }

    [Fact]
    public void With_u_the_percentages_are_of_classified_reads_and_no_row_is_missing() =>
        Assert.DoesNotContain(Read("s\t100\t60\t853\tFaecalibacterium prausnitzii\ns\t40\t40\tNA\tunclassified\n")[0].Reading.Warnings, w => w.Code == "fraction-sum");

    [Fact]
    public void Missing_rows_are_noticed_by_the_percentages_which_still_tell_all_reads()
    {
        var reading = Read("s\t20\t200\t853\tFaecalibacterium prausnitzii\ns\t10\t100\tNA\tunclassified\n")[0].Reading;
        Assert.Contains(reading.Warnings, w => w.Code == "fraction-sum");
        Assert.Equal((1000L, 0.1), (reading.Profile!.TotalReads, new Composition(reading.Profile).UnclassifiedFraction));
    }

    [Fact]
    public void A_file_without_its_last_row_was_cut()
    {
        Assert.Equal("report-incomplete", Read("s\t20\t200\t853\tFaecalibacterium prausnitzii\n")[0].Reading.Errors[0].Code);
        Assert.True(Read("s\t20\t200\t853\tFaecalibacterium prausnitzii\n", allowIncomplete: true)[0].Reading.Profile!.Incomplete);
    }

    [Fact]
    public void A_file_of_no_reads_is_refused() =>
        Assert.Equal("no-data-rows", Read("s\t0.000000\t0\t10239\tViruses\ns\t0.000000\t0\tNA\tcannot be assigned to a (non-viral) species\ns\t-nan\t0\tNA\tunclassified\n")[0].Reading.Errors[0].Code);
}
