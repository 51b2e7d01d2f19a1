using Lab.Microbiome.Reports;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Panels;

/// <summary>The ratios of the shipped panel, by hand.</summary>
public sealed class RatioTests
{
    [Fact]
    public void Prevotella_to_bacteroides_sums_what_either_was_before_it_was_split()
    {
        // Prevotella, Segatella and its copri alone, Leyella, Hoylesella, Xylanibacter; Bacteroides, Phocaeicola and its vulgatus. Alloprevotella never was Prevotella.
        var ratio = Ratio("838:100", "2974251:200", "g__Leyella:400", "g__Hoylesella:800", "g__Xylanibacter:1600", "816:1000", "909656:2000", "821:4000", "1283313:5000");
        Assert.Equal((3100 / 7000.0, Math.Log2(3100 / 7000.0)), (ratio.Value!.Value, ratio.Log2!.Value), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-15 && Math.Abs(a.Item2 - b.Item2) < 1e-14);
        Assert.Equal(0.3, Ratio("165179:300", "816:1000", "853:9000").Value!.Value, 1e-15);
    }

    [Fact]
    public void Prevotella_to_bacteroides_is_undefined_where_a_side_is_not_there()
    {
        var ratio = Ratio("816:1000", "853:9000");
        Assert.Equal((null, null, "not-detected"), (ratio.Value, ratio.Log2, ratio.Status));
        ratio = Ratio("838:1000", "853:9000");
        Assert.Equal((null, null, "not-assessable", "denominator-zero"), (ratio.Value, ratio.Log2, ratio.Status, ratio.Reason));
    }

    private static ReportRatio Ratio(params string[] taxa) => People.Report(People.MadeUp("reads", taxa), "amplicon-16s").Ratios.Single(r => r.Id == "prevotella-bacteroides");
}
