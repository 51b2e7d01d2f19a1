using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class SylphTests
{
    private const string Header = "Sample_file\tGenome_file\tTaxonomic_abundance\tSequence_abundance\tAdjusted_ANI\tContig_name\n";

    private static IReadOnlyList<(string? Accession, ProfileReading Reading)> Read(string text) => SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void The_title_of_a_genome_names_its_organism_and_the_taxonomic_abundance_is_taken()
    {
        var samples = Read(Header + "reads/s1.fq\tGCF_1.fna\t60\t80\t99\tNZ_LT906480.1 Bacteroides uniformis strain NCTC10257 chromosome 1, complete sequence\n"
            + "reads/s1.fq\tGCF_2.fna\t30\t10\t98\tJA01.1 MAG: Roseburia sp. isolate X\nreads/s1.fq\timgvr.fna\t10\t10\t97\tIMGVR_UViG_33_1|33|Ga1\n"
            + "reads/s2.fq\tGCF_1.fna\t100\t90\t99\tNZ_LT906480.1 Bacteroides uniformis strain NCTC10257 chromosome 1, complete sequence\n");
        Assert.Equal(["s1.fq", "s2.fq"], samples.Select(s => s.Accession));
        var profile = samples[0].Reading.Profile!;
        Assert.Equal((0.6, 0.3), (profile.Taxa.Single(t => t.Taxid == 820).Clade, profile.Taxa.Single(t => t.Taxid == 841).Clade));
        Assert.Equal((0.9, 0.1), (Math.Round(new Composition(profile).Denominator, 12), new Composition(profile).ViralFraction));
        Assert.Null(profile.Unclassified);
    }

    [Fact]
    public void Genomes_that_nothing_names_are_no_profile()
    {
        Assert.Equal("taxonomy-missing", Read(Header + "s1\tbin.7.fa\t100\t100\t99\tk141_22\n")[0].Reading.Errors[0].Code);
        Assert.Equal("header-unknown", Read("Sample_file\tGenome_file\tAdjusted_ANI\ns1\tg\t99\n")[0].Reading.Errors[0].Code);
    }

    [Fact]
    public void A_genome_without_taxonomy_stays_in_the_denominator_unassigned()
    {
        var (accession, reading) = Assert.Single(Read("#SampleID\treal reads/s1.fastq.gz\n#clade_name\trelative_abundance\tsequence_abundance\tANI (if strain-level)\nd__Bacteria\t90\t40\tNA\n"
            + "NO_TAXONOMY\t10\t5\tNA\nd__Bacteria|p__Bacteroidota\t90\t40\tNA\nNO_TAXONOMY|t__GCA_1.2\t10\t5\t97.07\n"));
        Assert.Equal(("s1.fastq.gz", 0.9), (accession, new Composition(reading.Profile!).AssignedFraction(TaxonomicRank.Phylum)));
        Assert.Equal(1, new Composition(reading.Profile!).Denominator);
    }
}
