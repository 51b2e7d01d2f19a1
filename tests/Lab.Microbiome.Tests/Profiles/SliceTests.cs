using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>What is kept of a table for each of its samples.</summary>
public sealed class SliceTests
{
    private const string Table = "#OTU ID\tS1\tS2\ttaxonomy\n1\t5\t7\td__Bacteria; p__Bacillota; c__Clostridia\n2\t0\t9\td__Bacteria; p__Bacteroidota\n3\t4\t0\tUnassigned\n";

    [Fact]
    public void A_sample_is_kept_without_the_others()
    {
        var table = ProfileReader.ReadTable(Encoding.UTF8.GetBytes(Table), new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits());
        var slice = Encoding.UTF8.GetString(table.Samples[0].Read().Slice!);
        Assert.StartsWith("{\"sampleOf\":\"feature-table-tsv\"", slice, StringComparison.Ordinal);
        Assert.Contains("Bacillota", slice, StringComparison.Ordinal);
        Assert.DoesNotContain("Bacteroidota", slice, StringComparison.Ordinal);
        Assert.DoesNotContain("S2", slice, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_kept_reads_as_the_sample_did()
    {
        SharedFixtures.Require();
        int read = 0;
        foreach (string file in SharedFixtures.Table("EXPECTED.tsv").Where(r => r[1] == "1" && r[2] == "accept").Select(r => r[0]))
        {
            var table = ProfileReader.ReadTable(SharedFixtures.Bytes(file), new ProfileReadingOptions(AllowIncomplete: true), TaxonomyRelease.Shipped, new ProfileLimits());
            foreach (var reading in table.Samples.Take(5).Select(s => s.Read()).Where(r => r.Profile is not null && r.Slice is not null))
            {
                var again = ProfileReader.Read(reading.Slice, new ProfileReadingOptions(reading.Format, AllowIncomplete: true), TaxonomyRelease.Shipped, new ProfileLimits());
                Assert.True(again.Profile is not null, $"{file}: {again.Errors.FirstOrDefault()}");
                var (before, after) = (reading.Profile!, again.Profile);
                Assert.Equal((before.NormalisedSha256(), before.Everything, before.Unclassified, before.Taxa.Length), (after.NormalisedSha256(), after.Everything, after.Unclassified, after.Taxa.Length));
                read++;
            }
        }

        Assert.True(read > 80, $"{read} samples");
    }

    [Theory]
    [InlineData("""{"sampleOf":"biom1","unit":"reads","aggregation":"disjoint","taxa":[{"submitted":"x","name":"x","value":-1}]}""")]
    [InlineData("""{"sampleOf":"metaphlan4","unit":"percent","aggregation":"clade","taxa":[{"submitted":"x","name":"x","value":1}]}""")]
    [InlineData("""{"sampleOf":"biom1","unit":"reads","aggregation":"disjoint","taxa":[{"submitted":"x"}]}""")]
    [InlineData("""{"sampleOf":"biom1","unit":"reads","other":1,"aggregation":"disjoint","taxa":[]}""")]
    [InlineData("""{"sampleOf":"biom1","unit":"reads","aggregation":"disjoint","taxa":[null]}""")]
    [InlineData("""{"sampleOf":"biom1","unit":"reads","aggregation":"disjoint","taxa":null}""")]
    public void What_Lab_does_not_write_so_is_refused(string slice) => Assert.Equal("json-invalid",
        Assert.Single(ProfileReader.Read(Encoding.UTF8.GetBytes(slice), new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits()).Errors).Code);
}
