using System.Text.Json;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>Runs the file of published vectors (scikit-bio, vegan, QIIME 2) where a checkout has it.</summary>
public sealed class TestVectorFileTests
{
    // The names in the file of the nine metrics of a report; simpson_D is 1 less our simpson.
    private static readonly Dictionary<string, int> Expected = new()
    {
        ["observed_features"] = 15,
        ["shannon"] = 23,
        ["simpson_1_minus_D"] = 15,
        ["simpson_D"] = 2,
        ["inverse_simpson"] = 2,
        ["pielou"] = 6,
        ["pielou_qiime2"] = 2,
        ["berger_parker"] = 5,
        ["chao1"] = 11,
        ["chao1_ci95"] = 7,
        ["goods_coverage"] = 2,
        ["fisher_alpha"] = 9,
    };

    [Fact]
    public void Every_vector_of_the_nine_metrics_holds()
    {
        var path = SharedScience.Find("test_vectors.json");
        Assert.SkipWhen(path is null, "shared/data/science/test_vectors.json is not beside this checkout");
        using var file = JsonDocument.Parse(File.ReadAllBytes(path));
        var seen = new Dictionary<string, int>();
        var notOurs = 0;
        foreach (var vector in file.RootElement.GetProperty("alpha").EnumerateArray())
        {
            var metric = vector.GetProperty("metric").GetString()!;
            if (!Expected.ContainsKey(metric)) continue;
            seen[metric] = seen.GetValueOrDefault(metric) + 1;
            if (IsClassicChao(vector)) notOurs++;
            else Check(metric, vector);
        }
        Assert.Equal(Expected.OrderBy(entry => entry.Key, StringComparer.Ordinal), seen.OrderBy(entry => entry.Key, StringComparer.Ordinal));
        Assert.Equal(99, seen.Values.Sum());
        Assert.Equal(2, notOurs);
    }

    // The uncorrected Chao1 differs only where there are singletons and doubletons; the report's is the corrected one.
    private static bool IsClassicChao(JsonElement vector)
    {
        if (!vector.GetProperty("params").TryGetProperty("bias_corrected", out var corrected) || corrected.GetBoolean()) return false;
        var input = vector.GetProperty("input").EnumerateArray().Select(value => value.GetDouble()).ToArray();
        return input.Contains(1) && input.Contains(2);
    }

    private static void Check(string metric, JsonElement vector)
    {
        var input = vector.GetProperty("input").EnumerateArray().Select(value => value.GetDouble()).ToArray();
        var expected = vector.GetProperty("expected");
        var tolerance = vector.GetProperty("tolerance").GetDouble();
        var counts = Counts.FromWholeNumbers(input);
        var shares = RelativeAbundances.From(input);
        if (metric == "chao1_ci95")
        {
            var interval = AlphaDiversity.Chao1Interval(counts)!.Value;
            var full = vector.GetProperty("params").GetProperty("full_precision");
            Assert.Equal(full[0].GetDouble(), interval.Low, full[0].GetDouble() * 1e-12);
            Assert.Equal(full[1].GetDouble(), interval.High, full[1].GetDouble() * 1e-12);
            Assert.InRange(interval.Low, expected[0].GetDouble() * (1 - tolerance), expected[0].GetDouble() * (1 + tolerance));
            Assert.InRange(interval.High, expected[1].GetDouble() * (1 - tolerance), expected[1].GetDouble() * (1 + tolerance));
            return;
        }
        var logBase = vector.GetProperty("params").TryGetProperty("base", out var named) && named.ValueKind == JsonValueKind.Number
            ? Math.Log(named.GetDouble()) : 1;
        double?[] results = metric switch
        {
            "observed_features" => [AlphaDiversity.Observed(counts), AlphaDiversity.Observed(shares)],
            "shannon" => [AlphaDiversity.Shannon(counts) / logBase, AlphaDiversity.Shannon(shares) / logBase],
            "simpson_1_minus_D" => [AlphaDiversity.Simpson(counts), AlphaDiversity.Simpson(shares)],
            "simpson_D" => [1 - AlphaDiversity.Simpson(counts), 1 - AlphaDiversity.Simpson(shares)],
            "inverse_simpson" => [AlphaDiversity.InverseSimpson(counts), AlphaDiversity.InverseSimpson(shares)],
            "pielou" or "pielou_qiime2" => [AlphaDiversity.Pielou(counts), AlphaDiversity.Pielou(shares)],
            "berger_parker" => [AlphaDiversity.BergerParker(counts), AlphaDiversity.BergerParker(shares)],
            "chao1" => [AlphaDiversity.Chao1(counts)],
            "goods_coverage" => [AlphaDiversity.GoodsCoverage(counts)],
            _ => [AlphaDiversity.FisherAlpha(counts)],
        };
        // scikit-bio gives 1 for the evenness of one taxon; we follow QIIME 2, which gives NaN.
        var undefined = expected.ValueKind == JsonValueKind.String || (metric == "pielou" && counts.Observed == 1);
        foreach (var result in results)
        {
            if (undefined) Assert.Null(result);
            else Assert.Equal(expected.GetDouble(), result!.Value, tolerance);
        }
    }
}
