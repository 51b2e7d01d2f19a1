using System.Text;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>What a report says of metrics and taxa, asked for by itself.</summary>
public sealed class MetricsAndTaxaTests
{
    private static readonly ReportInput Input = new()
    {
        Profile = ProfileReader.Read(Encoding.UTF8.GetBytes("""
            { "assay": "amplicon-16s", "unit": "reads", "taxa": [ { "taxid": 216851, "value": 6000 }, { "taxid": 816, "value": 3000 }, { "lineage": "k__Bacteria;p__Firmicutes;c__Clostridia", "value": 1000 } ] }
            """), new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits()).Profile!,
        Assay = Assay.Find("amplicon-16s")!,
        Panel = Panel.Default,
        Cohort = ReferenceCohort.Find("benelux-16s@1"),
    };

    [Fact]
    public void Metrics_are_the_reports_in_the_order_asked_for()
    {
        var report = ReportBuilder.Build(Input).Diversity;
        var asked = Measures.Metrics.Reverse().ToArray();
        Assert.Equal(asked, ReportBuilder.Diversity(Input, asked).Select(m => m.Metric));
        // By hand: shares of 2/3 and 1/3 at the genus, which 90 % of the reads reach.
        var simpson = Assert.Single(ReportBuilder.Diversity(Input, ["simpson"]));
        Assert.Equal((4 / 9.0, 0.9, "genus"), (simpson.Value!.Value, simpson.AssignedFraction, simpson.Rank), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-15 && a.Item2 == b.Item2 && a.Item3 == b.Item3);
        Assert.Equal(report[2].Value, simpson.Value);
        Assert.Empty(ReportBuilder.Diversity(Input, []));
    }

    [Fact]
    public void A_metric_that_is_none_is_refused_also_where_no_value_is_given() => Assert.All([Input, Input with { Assay = Input.Assay with { MinimumReads = 1_000_000 } }],
        input => Assert.Throws<ArgumentOutOfRangeException>(() => ReportBuilder.Diversity(input, ["Shannon"])));

    [Fact]
    public void Taxa_run_from_the_domain_down_with_fractions_of_everything_classified()
    {
        var taxa = ReportBuilder.Taxa(Input).Where(t => t.Taxon.Fraction > 0).ToArray();
        Assert.Equal(taxa.OrderBy(t => t.Rank == TaxonomicRank.None).ThenBy(t => t.Rank).ThenByDescending(t => t.Taxon.Fraction).Select(t => t.Taxon), taxa.Select(t => t.Taxon));
        Assert.Equal([(1239L, 0.7), (976L, 0.3)], taxa.Where(t => t.Rank == TaxonomicRank.Phylum).Select(t => (t.Taxon.Taxid!.Value, t.Taxon.Fraction)));
        Assert.Equal([(216851L, 0.6), (816L, 0.3)], taxa.Where(t => t.Rank == TaxonomicRank.Genus).Select(t => (t.Taxon.Taxid!.Value, t.Taxon.Fraction)));
        Assert.Equal(1, Assert.Single(taxa, t => t.Rank == TaxonomicRank.Domain).Taxon.Fraction);
    }

    [Theory]
    [InlineData(TaxonomicRank.Species)]
    [InlineData(TaxonomicRank.Strain)]
    [InlineData(TaxonomicRank.None)]
    public void Rows_that_share_a_taxid_stay_rows_of_their_own(TaxonomicRank rank)
    {
        var genus = Input.Profile.Taxa.Single(t => t.Taxid == 816);
        var parent = Input.Profile.Taxa.IndexOf(genus);
        var rows = new[] { 2000, 1000 }.Select(reads => genus with { Taxid = 820, Name = $"clade of {reads}", Rank = rank, Parent = parent, Clade = reads, Direct = reads });
        var taxa = ReportBuilder.Taxa(Input with { Profile = Input.Profile with { Taxa = [.. Input.Profile.Taxa, .. rows] } });
        Assert.Equal([("clade of 2000", 0.2), ("clade of 1000", 0.1)], taxa.Where(t => t.Rank == rank && t.Taxon.Taxid == 820).Select(t => (t.Taxon.Name, t.Taxon.Fraction)));
    }
}
