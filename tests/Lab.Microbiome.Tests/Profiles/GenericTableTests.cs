using System.Text;
using CsCheck;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>Tables of no program's format: QIIME 2's bar plot table, matrices, Lab's own CSV, and tables of an instrument whose columns were told.</summary>
public sealed class GenericTableTests
{
    private static readonly string[] Examples =
    [
        "index,d__Bacteria;p__Firmicutes,d__Bacteria;p__Bacteroidota,age\nS1,10,5,44\nS2,3,9,61\n",
        "species\tS1\tS2\nBacteroides_fragilis\t0.25\t0\ns__Faecalibacterium_prausnitzii\t0.75\t1\n",
        "ID\tBacteroides fragilis\tFaecalibacterium prausnitzii\nS1\t2.5e-1\t0.75\nS2\t0\t1\n",
        "name;taxid;rank;S1;S2\nActinobacteria;201174;phylum;3;4\nActinobacteria;1760;class;1;0\n",
        "accession,name,value,unit\nS1,Bacteroides fragilis,25,percent\nS1,unclassified,75,percent\nS2,Bacteroides fragilis,100,percent\n",
        "value;taxid\n7;853\n3;562\n",
    ];

    [Fact]
    public void Columns_that_are_no_lineage_are_metadata_of_a_bar_plot()
    {
        var profiles = Tables.Profiles(Examples[0]);
        Assert.Equal([15.0, 12.0], profiles.Select(p => p.Everything));
        Assert.All(profiles, p => Assert.Equal(("qiime2-barplot", AbundanceUnit.Reads), (p.Format, p.Unit)));
    }

    [Fact]
    public void The_unassigned_column_of_a_bar_plot_is_not_classified()
    {
        var profile = Tables.Profiles("index,k__Bacteria;p__Firmicutes;g__Blautia,Unassigned;__;__,body-site\nS1,10.0,5.0,\"gut, left\"\n")[0];
        Assert.Equal((5.0, 15L, "amplicon-16s-greengenes"), (profile.Unclassified, profile.TotalReads, profile.DeclaredAssay));
    }

    [Fact]
    public void Either_side_of_a_matrix_may_be_the_taxa()
    {
        string[] rows = [.. Tables.Profiles(Examples[1]).Select(p => $"{p.Unit} {p.Clade("Bacteroides fragilis")} {p.Clade("Faecalibacterium prausnitzii")}")];
        Assert.Equal(["Fraction 0.25 0.75", "Fraction 0 1"], rows);
        Assert.Equal(rows, Tables.Profiles(Examples[2]).Select(p => $"{p.Unit} {p.Clade("Bacteroides fragilis")} {p.Clade("Faecalibacterium prausnitzii")}"));
    }

    [Fact]
    public void A_phylum_and_its_class_may_share_a_name()
    {
        var profile = Tables.Profiles(Examples[3])[0];
        Assert.Equal([(201174L, 4.0), (1760L, 1.0)], profile.Taxa.Where(t => t.SubmittedName is not null).Select(t => (t.Taxid!.Value, t.Clade)));
    }

    [Theory]
    [InlineData("taxon,S1,S2\nd__Bacteria;p__Firmicutes,5,\nd__Bacteria;p__Bacteroidota,,7\n", "value-missing")]
    [InlineData("species,S1\nBacteroides fragilis,0.2\nBacteroides ovatus,0.3\n", "unit-ambiguous")]
    [InlineData("gene,S1,S2\nabcA,5,6\nabcB,7,8\n", "taxonomy-missing")]
    [InlineData("\tS1\tS2\nASV_1\t5\t6\nASV_2\t7\t8\n", "taxonomy-missing")]
    [InlineData("ID,Bacteroides fragilis,Bacteroides ovatus,age\nS1,1,2,44\n", "column-unknown")]
    [InlineData("species,S1\nBacteroides fragilis,1\nBacteroides fragilis,2\n", "duplicate-taxon")]
    [InlineData("species,S1,S1\nBacteroides fragilis,1,2\n", "duplicate-sample")]
    [InlineData("species\tS1\nBacteroides\t30\nBacteroides fragilis\t10\nBacteroides ovatus\t20\n", "ranks-mixed")]
    [InlineData("name,value,colour\nBacteroides,3,red\n", "column-unknown")]
    [InlineData("name,value\nBacteroides,3\nBacteroides,4\n", "duplicate-taxon")]
    [InlineData("name,value\nBacteroides,\n", "value-missing")]
    [InlineData("name,value,unit\nBacteroides,3,grams\n", "unit-unknown")]
    [InlineData("name,value,unit\nBacteroides,3,reads\nPrevotella,3,percent\n", "unit-ambiguous")]
    [InlineData("name,value,unit\nBacteroides,0.4,percent\nPrevotella,0.6,percent\n", "unit-ambiguous")]
    [InlineData("name,value,unit\nBacteroides,3.5,reads\n", "value-not-an-integer")]
    [InlineData("name,value,unit\nBacteroides,80,percent\nPrevotella,40,percent\n", "rank-sum-out-of-range")]
    [InlineData("taxid,value\nx853,3\n", "taxid-invalid")]
    [InlineData("taxid,name,value\n,,3\n", "taxon-unnamed")]
    [InlineData("name,rank,value\nBacteroides,tribe,3\n", "rank-unknown")]
    [InlineData("name,rank,value\nBacteroides,-5,3\n", "rank-unknown")]
    [InlineData("name,rank,value\nBacteroides,\"kingdom,species\",3\n", "rank-unknown")]
    [InlineData("name,value\n", "no-data-rows")]
    [InlineData("name,value\nBacteroides\n", "column-count")]
    [InlineData("Bacteroides,100\nPrevotella,50\n", "format-not-recognised")]
    [InlineData("tax_name,count,count_norm,taxon\nBacteroides,5,7,816\n", "format-not-recognised")]
    [InlineData("99,98;787758;787758;U;0;unclassified\n0,02;119;0;R;1;root\n", "format-not-recognised")]
    public void What_cannot_be_used_gets_its_code(string text, string code) => Assert.Equal(code, Tables.Code(Tables.Read(text)));

    [Fact]
    public void Lab_csv_stacks_samples_in_any_order_of_its_columns()
    {
        var profiles = Tables.Profiles(Examples[4]);
        Assert.Equal([(0.25, 0.75), (1.0, 0.0)], profiles.Select(p => (p.Clade("Bacteroides fragilis"), p.Unclassified!.Value)));
        Assert.Equal(["S1", "S2"], Tables.Read(Examples[4]).Samples.Select(s => s.Accession));
        var one = Tables.Read(Examples[5]);
        Assert.Null(Assert.Single(one.Samples).Accession);
        Assert.Equal((7.0, AbundanceUnit.Reads), (Tables.Profiles(one)[0].Taxa.Single(t => t.Taxid == 853).Clade, Tables.Profiles(one)[0].Unit));
    }

    [Fact]
    public void An_instrument_that_told_its_columns_may_write_a_decimal_comma()
    {
        var wide = new SourceTable(';', ',', AbundanceUnit.Percent, "Keim") { TaxidColumn = "NCBI" };
        var profile = Tables.Profiles("Keim;NCBI;P-1;P-2\nBacteroides;816;12,5;100\nEscherichia coli;562;40,25;0\n", source: wide)[0];
        Assert.Equal((0.125, 0.4025), (profile.Clade("Bacteroides"), profile.Clade("Escherichia coli")));

        var stacked = new SourceTable('\t', ',', AbundanceUnit.Fraction, "Keim") { ValueColumn = "Anteil", SampleColumn = "Probe" };
        Assert.Equal([0.5, 0.25], Tables.Profiles("Probe\tKeim\tAnteil\tNotiz\nA\tBacteroides\t0,5\tx\nB\tBacteroides\t0,25\t\n", source: stacked).Select(p => p.Clade("Bacteroides")));
        Assert.Equal("value-not-a-number", Tables.Code(Tables.Read("Keim\tAnteil\nBacteroides\t1.000,5\n", source: stacked with { SampleColumn = null })));
    }

    [Fact]
    public void Limits_hold_for_every_layout()
    {
        foreach (string text in Examples[..^1])
        {
            Assert.Equal("too-many-samples", Tables.Code(Tables.Read(text, limits: new ProfileLimits { MaxSamples = 1 })));
            Assert.Equal("too-many-values", Tables.Code(Tables.Read(text, limits: new ProfileLimits { MaxValues = 1 })));
        }
    }

    [Fact]
    public void Whatever_is_cut_or_changed_there_is_an_answer() => Gen.Select(Gen.Int[0, Examples.Length - 1], Gen.Int[0, 200], Gen.Char["\t,;\n\"0-e._#|a"]).Sample((which, place, c) =>
    {
        char[] text = Examples[which].ToCharArray();
        text[place % text.Length] = c;
        foreach (string changed in new[] { new string(text), Examples[which][..(place % text.Length)] })
        {
            var table = ProfileReader.ReadTable(Encoding.UTF8.GetBytes(changed), new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits());
            Assert.True(table.Content.Errors.Length > 0 || table.Samples.All(s => s.Read() is { } reading && (reading.Profile is null) == (reading.Errors.Length > 0)));
        }
    });
}
