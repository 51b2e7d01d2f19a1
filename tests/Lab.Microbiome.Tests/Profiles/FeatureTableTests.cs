using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>Feature tables as text: QIIME 1, QIIME 2, biom convert.</summary>
public sealed class FeatureTableTests
{
    private const string Blautia = "k__Bacteria; p__Firmicutes; c__Clostridia; o__Clostridiales; f__Lachnospiraceae; g__Blautia";

    [Fact]
    public void Variants_of_one_genus_are_one_taxon()
    {
        var profiles = Tables.Profiles($"# Constructed from biom file\n#OTU ID\tS1\tS2\ttaxonomy\n"
            + $"a1\t12.0\t0.0\t{Blautia}; s__\na2\t30.0\t5.0\t{Blautia}\na3\t8.0\t1.0\tUnassigned\n");
        Assert.Equal([42.0, 5.0], profiles.Select(p => p.Clade("Blautia")));
        Assert.Equal(1, profiles[0].Taxa.Count(t => t.Rank == TaxonomicRank.Genus));
        Assert.Equal([(AbundanceUnit.Reads, 50L, 8.0), (AbundanceUnit.Reads, 6L, 1.0)], profiles.Select(p => (p.Unit, p.TotalReads!.Value, p.Unclassified!.Value)));
        Assert.All(profiles, p => Assert.Equal("amplicon-16s-greengenes", p.DeclaredAssay));
    }

    [Theory]
    [InlineData("#OTU ID\tS1\tConsensus Lineage\n1\t7\tRoot;Bacteria;Firmicutes;Clostridia;Clostridiales;Lachnospiraceae;Blautia\n")]
    [InlineData("# QIIME v1.3.0 OTU table\n#OTU ID\tS1\tConsensus Lineage\n1\t7\tRoot;Bacteria;Firmicutes;Clostridia;Clostridiales;Lachnospiraceae;Blautia\n")]
    [InlineData("#OTU ID\tS1\nd__Bacteria;p__Bacillota;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__Blautia\t7\n")]
    [InlineData("#OTU ID\tS1\nk__Bacteria;p__Firmicutes;c__Clostridia;o__Clostridiales;f__Lachnospiraceae;g__Blautia;__\t7\n")]
    [InlineData("#NAME\tS1\tTaxon\nx\t7.0\tD_0__Bacteria;D_1__Firmicutes;D_2__Clostridia;D_3__Clostridiales;D_4__Lachnospiraceae;D_5__Blautia\n")]
    [InlineData("# OTU ID\tS1\ttaxonomy\ttaxid\n9\t7.0\tsk__Bacteria;k__;p__Firmicutes;c__Clostridia;o__Clostridiales;f__Lachnospiraceae;g__Blautia\t572511\n")]
    [InlineData("#OTU ID\tS1\ttaxonomy\n1\t7\tBacteria(100);Firmicutes(100);Clostridia(99);Clostridiales(99);Lachnospiraceae(98);Blautia(80);\n")]
    [InlineData("#OTU ID\tS1\n572511\t7\n")]
    public void A_lineage_is_found_wherever_the_program_put_it(string text)
    {
        var profile = Assert.Single(Tables.Profiles(text));
        Assert.Equal((7.0, 7.0), (profile.Clade("Blautia"), profile.Everything));
        Assert.Equal(572511, profile.Taxa.Single(t => t.Direct == 7).Taxid);
    }

    [Theory]
    [InlineData("Feature ID\tTaxon\tConfidence\na\tk__Bacteria; p__Firmicutes; g__Blautia\t0.9\nb\tUnassigned\t0.8\n")]
    [InlineData("\n\nFeature ID\tTaxon\n\na\tk__Bacteria; p__Firmicutes; g__Blautia\n \nb\tUnassigned\nnot-in-the-table\tk__Bacteria\n")]
    [InlineData("a\tk__Bacteria; p__Firmicutes; g__Blautia\tx\ty\nb\tUnassigned\tx\ty\n")]
    public void The_taxonomy_may_be_a_second_file(string taxonomy)
    {
        var profile = Assert.Single(Tables.Profiles("#OTU ID\tS1\na\t4.0\nb\t6.0\n", taxonomy: taxonomy));
        Assert.Equal((4.0, 6.0, 10L), (profile.Clade("Blautia"), profile.Unclassified, profile.TotalReads));
    }

    [Theory]
    [InlineData("Feature ID\tTaxon\na\tk__Bacteria\na\tk__Archaea\n", "duplicate-taxon")]
    [InlineData("Feature ID\tTaxon\tx\tx\na\tk__Bacteria\t1\t2\n", "duplicate-column")]
    [InlineData("Feature ID\tTaxon\tx\na\tk__Bacteria\n", "column-count")]
    [InlineData("\n \n", "empty-file")]
    [InlineData("Feature ID\tTaxon\nother\tk__Bacteria\n", "taxonomy-missing")]
    public void A_second_file_that_is_wrong_is_said_so(string taxonomy, string code) =>
        Assert.Equal(code, Tables.Code(Tables.Read("#OTU ID\tS1\na\t4.0\n", taxonomy: taxonomy)));

    [Fact]
    public void Features_without_taxonomy_among_others_are_unclassified_and_said_so()
    {
        var table = Tables.Read("#OTU ID\tS1\na\t4\nb\t6\n", taxonomy: "Feature ID\tTaxon\na\tk__Bacteria; p__Firmicutes\n");
        Assert.Equal(6, Tables.Profiles(table)[0].Unclassified);
        Assert.Equal(["feature-without-taxonomy", "end-not-told"], table.Content.Warnings.Select(w => w.Code));
    }

    [Theory]
    [InlineData("#OTU ID\tS1\n4391009\t3\n350071\t2\n853\t1\n", "taxonomy-missing")]
    [InlineData("#OTU ID\tS1\nOtuX\t5\n", "taxonomy-missing")]
    [InlineData("#OTU ID\tS1\nOTU_1;size=12;\t5\n", "taxonomy-missing")]
    [InlineData("Feature ID\tTaxon\na\tk__Bacteria\n", "companion-file-required")]
    [InlineData("#OTU ID\tS1\tS2\nk__Bacteria\t1\n", "column-count")]
    [InlineData("#OTU ID\tS1\nk__Bacteria\t1\nk__Bacteria\t2\n", "duplicate-taxon")]
    [InlineData("#OTU ID\tS1\nk__Bacteria\t-1\n", "value-negative")]
    [InlineData("#OTU ID\tS1\nk__Bacteria\tnan\n", "value-not-finite")]
    [InlineData("#OTU ID\tS1\nk__Bacteria\t1e17\n", "value-out-of-range")]
    [InlineData("#OTU ID\tS1\nk__Bacteria\t\n", "value-missing")]
    [InlineData("#OTU ID\tS1\nk__Bacteria\t1,5\n", "value-not-a-number")]
    [InlineData("#OTU ID\tS1\n", "no-data-rows")]
    [InlineData("# Constructed from biom file\n", "header-unknown")]
    public void What_cannot_be_used_gets_its_code(string text, string code) => Assert.Equal(code, Tables.Code(Tables.Read(text)));

    [Theory]
    [InlineData("0.25", "0.75", AbundanceUnit.Fraction)]
    [InlineData("25.5", "74.5", AbundanceUnit.Percent)]
    [InlineData("2.5", "1000.25", AbundanceUnit.EstimatedReads)]
    [InlineData("25.0", "75.0", AbundanceUnit.Reads)]
    public void The_sums_tell_the_unit(string one, string other, AbundanceUnit unit) =>
        Assert.Equal(unit, Tables.Profiles($"#OTU ID\tS1\nk__Bacteria;p__Firmicutes\t{one}\nk__Bacteria;p__Bacteroidetes\t{other}\n")[0].Unit);

    [Fact]
    public void Reads_left_at_a_family_are_no_sum_of_its_genera()
    {
        var profile = Tables.Profiles("#OTU ID\tS1\ttaxonomy\na\t3\tk__Bacteria; p__Firmicutes; f__Lachnospiraceae\nb\t3\tk__Bacteria; p__Firmicutes; f__Lachnospiraceae; g__Blautia\n")[0];
        Assert.Equal(6, profile.Clade("Lachnospiraceae"));
    }

    [Fact]
    public void Taxids_that_share_a_lineage_are_one_taxon_of_neither_id()
    {
        var profile = Tables.Profiles("#OTU ID\tS1\ttaxonomy\n853\t3\tk__Bacteria; p__Firmicutes; g__Unheardof\n562\t4\tk__Bacteria; p__Firmicutes; g__Unheardof\n")[0];
        Assert.Equal((7.0, null), profile.Taxa.Where(t => t.SubmittedName is not null).Select(t => (t.Clade, t.Taxid)).Single());
    }

    [Fact]
    public void Limits_are_refusals_and_never_an_end_of_memory()
    {
        string text = "#OTU ID\tS1\tS2\nk__Bacteria\t1\t1\nk__Archaea\t1\t1\n";
        foreach (var (limits, code) in new[] { (new ProfileLimits { MaxSamples = 1 }, "too-many-samples"), (new ProfileLimits { MaxValues = 3 }, "too-many-values") })
        {
            var table = Tables.Read(text, limits: limits);
            Assert.Equal((code, ProfileRefusal.TooLarge), (Tables.Code(table), table.Content.Refusal));
        }
    }

    [Fact]
    public void A_table_of_one_sample_is_a_profile_and_one_of_two_is_not()
    {
        var options = new ProfileReadingOptions();
        Assert.NotNull(ProfileReader.Read("#OTU ID\tS1\nk__Bacteria\t1\n"u8.ToArray(), options, TaxonomyRelease.Shipped, new ProfileLimits()).Profile);
        Assert.Equal("multi-sample-table", ProfileReader.Read("#OTU ID\tS1\tS2\nk__Bacteria\t1\t1\n"u8.ToArray(), options, TaxonomyRelease.Shipped, new ProfileLimits()).Errors.Single().Code);
    }
}
