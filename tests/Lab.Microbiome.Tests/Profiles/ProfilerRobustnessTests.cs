using System.Text;
using CsCheck;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class ProfilerRobustnessTests
{
    private static readonly string[] Texts =
    [
        "clade_name\tNCBI_tax_id\tS1\tS2\nUNKNOWN\t-1\t10\t0\nk__Bacteria\t2\t90\t100\nk__Bacteria|p__Firmicutes\t2|1239\t90\t1e-05\n",
        "#Classification\tS1\tS2\nd__Bacteria\t9\t2\nd__Bacteria|p__Bacteroidota|g__Bacteroides\t5\t0\n",
        "# git tag version 3\n#mOTU\tconsensus_taxonomy\tNCBI_tax_id\tS1\nref_mOTU_v3_1\tunknown Firmicutes\tNA\t0.9\nunassigned\t\tNA\t0.1\n",
        "#mOTUs2_clade\tS1\nk__Bacteria\t0.8\nk__Bacteria|p__Bacteroidetes\t0.8\n",
        "Sample_file\tGenome_file\tTaxonomic_abundance\tContig_name\ns/1\tg\t100\tA.1 Bacteroides uniformis x\n",
        "#SampleID\ts/1\nclade_name\trelative_abundance\tsequence_abundance\nd__Bacteria\t100\t100\nNO_TAXONOMY|t__G\t0\t0\n",
        "file\tpercent\treads\ttaxon_id\ttaxon_name\na/s\t60\t6\t853\tBacteria;Firmicutes;X;\na/s\t20\t2\tNA\tcannot be assigned to a (non-viral) species\na/s\t20\t2\tNA\tunclassified\n",
        "@SampleID:S1\n@Version:0.9\n@Ranks:superkingdom|phylum\n@@TAXID\tRANK\tTAXPATH\tTAXPATHSN\tPERCENTAGE\n2\tsuperkingdom\t2\tBacteria\t100\n976\tphylum\t2||976\tBacteria||X\t50\n",
        "taxonomy_id,name,S1,S2\n0,,1,2\n853,\"F. p\",1,2\n", "taxonomy_id\tcount\tsample\n853\t1\tS1\n0\t2\tS2\n",
        "tax_id\tabundance\tspecies\tgenus\testimated counts\n853\t1.0\tF p\tF\t7.5\nunmapped\t\t\t\t3\n", "species\tgenus\tsuperkingdom\tS1\tS2\nF p\tF\tBacteria\t1.0\t\nG q\tG\tBacteria\t\t1.0\n",
    ];

    [Fact]
    public void Damaged_content_never_throws() => Gen.Select(Gen.Int[0, Texts.Length - 1], Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 4], Gen.Int[0, 10_000])
        .Sample((which, changes, end) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Texts[which]);
            foreach (var (place, value) in changes)
            {
                bytes[place % bytes.Length] = value;
            }

            foreach (var (_, reading) in SharedFixtures.ReadAll(bytes.AsMemory(0, bytes.Length - (end % 4 == 0 ? end % bytes.Length : 0)), allowIncomplete: end % 2 == 0))
            {
                Assert.True(reading.Profile is null != reading.Refusal is null);
                Assert.True(reading.Refusal is null || !reading.Errors.IsEmpty);
                Assert.True(reading.Profile is not { } profile || (double.IsFinite(profile.Everything) && profile.Taxa.All(t => t.Direct >= 0 && double.IsFinite(t.Clade))));
            }
        }, iter: 20_000);

    [Fact]
    public void Every_text_is_read_undamaged() => Assert.All(Texts, t => Assert.All(SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(t)), s => Assert.Empty(s.Reading.Errors)));

    // The first was found by ten minutes of damaging real files.
    [Theory]
    [InlineData(" reads processed")]
    [InlineData("\u00a0")]
    [InlineData("#")]
    public void A_line_that_is_almost_a_header_is_read_or_refused(string line)
    {
        foreach (string text in new[] { $"#mpa_v30\n{line}\nk__Bacteria\t2\t100\n", $"{line}\nclade_name\trelative_abundance\nk__Bacteria\t100\n" })
        {
            Assert.All(SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text)), s => Assert.True(s.Reading.Profile is not null || !s.Reading.Errors.IsEmpty));
        }
    }

    [Theory]
    [InlineData("clade_name\tS1\tS2\tS3\nk__Bacteria\t1\t2\t3\n", "too-many-samples")]
    [InlineData("clade_name\tS1\tS2\nk__Bacteria\t1\t2\nk__Bacteria|p__Firmicutes\t1\t2\n", "too-many-values")]
    [InlineData("@SampleID:a\n@SampleID:b\n@SampleID:c\n", "too-many-samples")]
    [InlineData("file\tpercent\treads\ttaxon_id\ttaxon_name\na\t1\t1\t2\tx\nb\t1\t1\t2\tx\nc\t1\t1\t2\tx\n", "too-many-samples")]
    public void Limits_are_kept(string text, string code)
    {
        var table = ProfileReader.ReadTable(Encoding.UTF8.GetBytes(text), new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits { MaxSamples = 2, MaxValues = 3 });
        Assert.Equal((ProfileRefusal.TooLarge, code), (table.Content.Refusal, table.Content.Errors[0].Code));
    }

    [Theory]
    [InlineData("d__Bacteria", '|', "#Classification\tS1\n", "\t5")]
    [InlineData("k__Bacteria", '|', "#mOTUs2_clade\tS1\n", "\t0.5")]
    [InlineData("d__Bacteria", '|', "clade_name\trelative_abundance\tsequence_abundance\n", "\t5\t5")]
    [InlineData("file\t100\t5\t99999991\tBacteria", ';', "file\tpercent\treads\ttaxon_id\ttaxon_name\n", ";")]
    [InlineData("2\tphylum\t2", '|', "@SampleID:a\n@@TAXID\tRANK\tTAXPATH\tPERCENTAGE\n", "\t5")]
    public void A_lineage_of_a_hundred_levels_is_refused(string root, char separator, string header, string value)
    {
        string text = header + root + string.Concat(Enumerable.Range(0, 100).Select(i => $"{separator}p__{i}")) + value + "\n";
        Assert.Equal("lineage-too-deep", SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text), allowIncomplete: true)[0].Reading.Errors[0].Code);
    }
}
