using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class TaxpastaTests
{
    private static IReadOnlyList<(string? Accession, ProfileReading Reading)> Read(string text) => SharedFixtures.ReadAll(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("taxonomy_id\tcount\n0\t40\n853\t60\n", null)]
    [InlineData("taxonomy_id,name,rank,S1\n0,,,40\n853,\"Faecalibacterium prausnitzii\",species,60\n", "S1")]
    [InlineData("taxonomy_id\tcount\tsample\n0\t40\tS1\n853\t60\tS1\n", "S1")]
    public void Standard_wide_and_long_tables_say_the_same(string text, string? accession)
    {
        var (name, reading) = Assert.Single(Read(text));
        var profile = reading.Profile!;
        Assert.Equal(accession, name);
        Assert.Equal((40.0, 100.0, 60.0), (profile.Unclassified!.Value, profile.Everything, profile.Taxa.Single(t => t.Taxid == 853).Clade));

        // Which program counted is not said: Bracken's are estimates, MetaPhlAn's percent times a million.
        Assert.Equal((AbundanceUnit.EstimatedReads, null), (profile.Unit, profile.TotalReads));
    }

    [Fact]
    public void Each_column_or_each_name_of_the_sample_column_is_a_sample()
    {
        Assert.Equal([60, 5], Read("taxonomy_id\tlineage\tS1\tS2\n853\tx;y\t60\t5\n").Select(s => s.Reading.Profile!.Everything));
        Assert.Equal([60, 5], Read("taxonomy_id\tcount\tsample\n853\t60\tS1\n853\t5\tS2\n").Select(s => s.Reading.Profile!.Everything));
    }

    [Fact]
    public void A_table_that_stacks_the_ranks_is_asked_for_anew()
    {
        // MetaPhlAn's ranks as taxpasta keeps them: what has no taxid is missing at the species.
        string text = "taxonomy_id\tcount\n2\t100000000\n1239\t60000000\n976\t40000000\n816\t40000000\n820\t39000000\n216851\t60000000\n853\t31000000\n";
        Assert.Equal("clade-semantics-required", Read(text)[0].Reading.Errors[0].Code);
    }

    [Fact]
    public void Reads_left_at_an_ancestor_are_its_own() =>
        Assert.Equal([100, 30], Read("taxonomy_id\tcount\n2\t5\n816\t30\n820\t65\n")[0].Reading.Profile!.Taxa.Where(t => t.Taxid is 2 or 816).Select(t => t.Taxid == 2 ? t.Clade : t.Direct));

    [Theory]
    [InlineData("taxonomy_id\tcount\n853\t6\n853\t7\n", "duplicate-taxon")]
    [InlineData("taxonomy_id\tcount\nx\t6\n", "taxid-invalid")]
    [InlineData("taxonomy_id\tcount\n853\t6.5\n", "value-not-a-number")]
    [InlineData("taxonomy_id\tname\n853\tx\n", "header-unknown")]
    [InlineData("taxonomy_id\tcount\n853\n", "column-count")]
    [InlineData("taxonomy_id,count\n\"853,6\n", "column-count")]
    [InlineData("taxonomy_id\tcount\n", "no-data-rows")]
    public void What_cannot_be_meant_is_refused(string text, string code) => Assert.Equal(code, Read(text)[0].Reading.Errors[0].Code);
}
