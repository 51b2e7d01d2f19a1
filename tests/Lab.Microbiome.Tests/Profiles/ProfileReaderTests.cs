using System.Text;
using CsCheck;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class ProfileReaderTests
{
    private const string Report = "  0.00\t0\t0\tU\t0\tunclassified\n100.00\t20\t0\tR\t1\troot\n 50.00\t10\t0\tD\t2\t  Bacteria\n"
        + " 50.00\t10\t10\tS\t853\t    Faecalibacterium prausnitzii\n"
        + " 50.00\t10\t0\tD\t2759\t  Eukaryota\n 40.00\t8\t8\tS\t9606\t    Homo sapiens\n 10.00\t2\t2\tS\t5478\t    Candida glabrata\n";

    private static ProfileReading Read(string text, string? format = null, ProfileLimits? limits = null) =>
        ProfileReader.Read(Encoding.UTF8.GetBytes(text), new ProfileReadingOptions(format), TaxonomyRelease.Shipped, limits ?? new ProfileLimits());

    [Fact]
    public void A_kreport_keeps_its_own_tree_and_numbers()
    {
        var profile = Read(Report).Profile!;
        var composition = new Composition(profile);
        Assert.Equal((20, 0.0, 20.0), (profile.TotalReads!.Value, profile.Unclassified!.Value, profile.Everything));
        Assert.Equal(12, composition.Denominator);
        Assert.Equal(0.4, composition.HostFraction);
        Assert.Equal(2, composition.RowsAt(TaxonomicRank.Species).Length);
        Assert.Equal(1, composition.AssignedFraction(TaxonomicRank.Species));
        var yeast = profile.Taxa.Single(t => t.Taxid == 5478);
        Assert.Equal(("Nakaseomyces glabratus", "Candida glabrata", OrganismGroup.Fungi), (yeast.Name, yeast.SubmittedName, yeast.Group));
    }

    [Fact]
    public void Line_ends_a_byte_order_mark_and_blank_lines_change_nothing()
    {
        string digest = Read(Report).Profile!.NormalisedSha256();
        foreach (string text in new[] { Report.Replace("\n", "\r\n", StringComparison.Ordinal), Report.Replace('\n', '\r'), "\uFEFF" + Report,
            Report.TrimEnd(), "\n" + Report + "\n\n" })
        {
            Assert.Equal(digest, Read(text).Profile?.NormalisedSha256());
        }
    }

    [Fact]
    public void A_metaphlan_profile_keeps_its_ranks_apart()
    {
        var profile = Read("#mpa_vJun23_CHOCOPhlAnSGB_202403\n#cmd\n#1000 reads processed\n"
            + "#SampleID\tMetaphlan_Analysis\n#clade_name\tNCBI_tax_id\trelative_abundance\tadditional_species\n"
            + "UNCLASSIFIED\t-1\t20\t\nk__Bacteria\t2\t80\t\nk__Bacteria|p__Firmicutes\t2|1239\t50\t\nk__Bacteria|p__Bacteroidetes\t2|976\t30\t\n"
            + "k__Bacteria|p__Firmicutes|c__CFGB1|o__OFGB1|f__FGB1|g__GGB1|s__GGB1_SGB2\t2|1239|||||\t10\t\n").Profile!;
        Assert.Equal(("metaphlan4", 1000L, 0.2, 1.0), (profile.Format, profile.TotalReads!.Value, profile.Unclassified!.Value, profile.Everything));
        Assert.Equal("mpa_vJun23_CHOCOPhlAnSGB_202403", profile.Database);
        var composition = new Composition(profile);
        Assert.Equal(0.8, composition.Denominator, 12);
        Assert.Equal(0.625, composition.Fraction(profile.Taxa.Single(t => t.Taxid == 1239)), 12);
        var orphan = profile.Taxa.Single(t => t.Rank == TaxonomicRank.Species);
        Assert.Equal((null, "GGB1 SGB2", 1239L), (orphan.Taxid, orphan.Name, profile.Taxa[orphan.Parent].Taxid));
        Assert.Null(composition.HostFraction);
    }

    [Fact]
    public void A_bracken_table_takes_its_lineage_from_taxid_genus_or_nowhere()
    {
        var profile = Read("name\ttaxonomy_id\ttaxonomy_lvl\tkraken_assigned_reads\tadded_reads\tnew_est_reads\tfraction_total_reads\n"
            + "Faecalibacterium prausnitzii\t853\tS\t50\t10\t60\t0.6\n"
            + "Bacteroides novus\t99999991\tS\t20\t0\t20\t0.2\nNemo nullius\t99999992\tS\t15\t0\t15\t0.15\n"
            + "Aurodevirus hiberniae\t2955382\tS\t5\t0\t5\t0.05\n").Profile!;
        var composition = new Composition(profile);
        Assert.Equal((AbundanceUnit.EstimatedReads, null, null), (profile.Unit, profile.TotalReads, composition.UnclassifiedFraction));
        Assert.Equal(95, composition.Denominator);
        Assert.Equal(0.05, composition.ViralFraction);
        Assert.Equal(60, profile.Taxa.Single(t => t.Taxid == 1239).Clade);
        Assert.Equal(20, profile.Taxa.Single(t => t.Taxid == 816).Clade);
        Assert.Equal(-1, profile.Taxa.Single(t => t.Taxid == 99999992).Parent);
    }

    [Fact]
    public void A_declared_format_that_the_content_contradicts_is_refused() =>
        Assert.Equal("format-mismatch", Assert.Single(Read(Report, "bracken").Errors).Code);

    [Fact]
    public void Limits_are_kept()
    {
        Assert.Equal(("line-too-long", ProfileRefusal.TooLarge), Verdict(Read(Report + new string('x', 1_100_000))));
        Assert.Equal(("too-many-lines", ProfileRefusal.TooLarge), Verdict(Read(Report, limits: new ProfileLimits { MaxLines = 3 })));
        Assert.Equal(("content-too-large", ProfileRefusal.TooLarge), Verdict(Read(Report, limits: new ProfileLimits { MaxBytes = 30 })));
        Assert.Equal(("lineage-too-deep", ProfileRefusal.Meaning), Verdict(Read(Report + " 10.00\t2\t2\tS\t77\t" + new string(' ', 1000) + "x\n")));
        Assert.Equal(("value-out-of-range", ProfileRefusal.Meaning), Verdict(Read("100.00\t9007199254740993\t1\tR\t1\troot\n")));
    }

    [Theory]
    [InlineData("PK\u0003\u0004xx", "archive-not-accepted")]
    [InlineData("%PDF-1.7", "format-not-recognised")]
    [InlineData("<!DOCTYPE html>", "format-not-recognised")]
    [InlineData("@r\nACGT\n+\nIIII\n", "reads-not-accepted")]
    [InlineData(">r\nACGT\n", "reads-not-accepted")]
    public void Content_of_another_kind_is_named(string text, string code) => Assert.Equal((code, ProfileRefusal.OtherContent), Verdict(Read(text)));

    [Fact]
    public void Every_format_describes_itself()
    {
        string[] formats = ["biom1", "lab-json", "biom2", "kraken2-report", "bracken", "feature-table-tsv", "qiime2-barplot", "cami", "motus", "motus-clades", "sylph", "sylph-tax", "kaiju", "taxpasta",
            "emu", "kraken2-mpa", "metaphlan2", "metaphlan3", "metaphlan4", "metaphlan4-gtdb", "lab-csv", "matrix"];
        Assert.Equal(formats, ProfileFormats.All.Select(f => f.Id));
        Assert.All(ProfileFormats.All.Where(f => f.Id is not ("lab-json" or "lab-csv" or "matrix")), f => Assert.StartsWith("https://", f.Documentation, StringComparison.Ordinal));
        Assert.All(ProfileFormats.All, f => Assert.True(f.DefaultAssay is null || Assay.Find(f.DefaultAssay)!.Formats.Contains(f.Id)));
    }

    [Fact]
    public void Damaged_content_never_throws() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 10_000], Gen.Byte,
        Gen.Int[0, 10_000]).Sample((which, place, value, end) =>
    {
        string[] texts = [Report, "{\"unit\":\"reads\",\"taxa\":[{\"taxid\":853,\"lineage\":\"k__Bacteria;p__X\",\"value\":4}]}",
            "k__Bacteria|p__Firmicutes\t2|1239\t50\t\nk__Bacteria\t2\t50\n",
            "name\ttaxonomy_id\ttaxonomy_lvl\tkraken_assigned_reads\tadded_reads\tnew_est_reads\tfraction_total_reads\nA b\t8\tS\t1\t0\t1\t1\n"];
        byte[] bytes = Encoding.UTF8.GetBytes(texts[which]);
        bytes[place % bytes.Length] = value;
        var reading = ProfileReader.Read(bytes.AsMemory(0, bytes.Length - (end % 4 == 0 ? end % bytes.Length : 0)), new ProfileReadingOptions(),
            TaxonomyRelease.Shipped, new ProfileLimits());
        Assert.True(reading.Profile is null != reading.Refusal is null);
    });

    private static (string Code, ProfileRefusal? Refusal) Verdict(ProfileReading reading) => (reading.Errors[^1].Code, reading.Refusal);
}
