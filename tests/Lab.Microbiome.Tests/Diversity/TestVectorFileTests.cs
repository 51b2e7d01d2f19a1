using System.Text.Json;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>Runs the alpha half of the file of published vectors (scikit-bio, vegan, QIIME 2, iNEXT) where a checkout has it.</summary>
public sealed class TestVectorFileTests
{
    /// <summary>What is left out, how many, and why.</summary>
    private static readonly Dictionary<string, (int Vectors, string Reason)> LeftOut = new()
    {
        ["faith_pd"] = (9, "needs a tree, and trees are not supported yet"),
    };

    // Each metric of the file by its name here. Where a name holds {q} or {m}, the vector says it.
    private static readonly Dictionary<string, (int Vectors, string Name)> Tested = new()
    {
        ["observed_features"] = (15, "observed"),
        ["singles"] = (3, "singletons"),
        ["doubles"] = (3, "doubletons"),
        ["shannon"] = (23, "shannon"),
        ["exp_shannon"] = (2, "exp-shannon"),
        ["simpson_1_minus_D"] = (15, "simpson"),
        ["simpson_D"] = (2, "simpson-dominance"),
        ["simpson_D_finite"] = (2, "simpson-dominance-finite"),
        ["inverse_simpson"] = (2, "inverse-simpson"),
        ["inverse_simpson_finite"] = (2, "inverse-simpson-finite"),
        ["pielou"] = (6, "pielou"),
        ["pielou_qiime2"] = (2, "pielou"),
        ["simpson_evenness"] = (3, "simpson-evenness"),
        ["heip"] = (4, "heip"),
        ["berger_parker"] = (5, "berger-parker"),
        ["strong_dominance"] = (1, "strong"),
        ["gini"] = (3, "gini"),
        ["kempton_taylor_q"] = (1, "kempton-taylor"),
        ["mcintosh_dominance"] = (2, "mcintosh-dominance"),
        ["mcintosh_evenness"] = (1, "mcintosh-evenness"),
        ["brillouin"] = (1, "brillouin"),
        ["margalef"] = (2, "margalef"),
        ["menhinick"] = (1, "menhinick"),
        ["chao1"] = (11, "chao1"),
        ["chao1_ci95"] = (7, "chao1"),
        ["se_chao1_vegan"] = (1, "chao1-se"),
        ["ace"] = (15, "ace"),
        ["fisher_alpha"] = (9, "fisher-alpha"),
        ["goods_coverage"] = (2, "goods-coverage"),
        ["robbins"] = (2, "robbins"),
        ["esty_ci"] = (10, "robbins"),
        ["hill"] = (12, "hill-{q}"),
        ["renyi"] = (6, "renyi-{q}"),
        ["tsallis"] = (6, "tsallis-{q}"),
        ["rarefied_richness"] = (5, "rarefied-{m}"),
        ["rarefied_richness_se"] = (1, "rarefied-se-{m}"),
        ["chao_coverage"] = (2, "coverage"),
        ["chao_coverage_at_m"] = (6, "coverage-{m}"),
        ["hill_rarefied"] = (12, "hill-{q}-at-{m}"),
        ["hill0_extrapolated"] = (2, "hill-0-at-{m}"),
        ["hill_asymptotic"] = (6, "hill-{q}-asymptotic"),
    };

    [Fact]
    public void Every_alpha_vector_holds_but_those_of_trees()
    {
        var path = SharedScience.Find("test_vectors.json");
        Assert.SkipWhen(path is null, "shared/data/science/test_vectors.json is not beside this checkout");
        using var file = JsonDocument.Parse(File.ReadAllBytes(path));
        var seen = new Dictionary<string, int>();
        foreach (var vector in file.RootElement.GetProperty("alpha").EnumerateArray())
        {
            var metric = vector.GetProperty("metric").GetString()!;
            seen[metric] = seen.GetValueOrDefault(metric) + 1;
            if (!LeftOut.ContainsKey(metric)) Check(Tested[metric].Name, metric, vector);
        }
        Assert.Equal(Tested.Select(entry => (entry.Key, entry.Value.Vectors)).Concat(LeftOut.Select(entry => (entry.Key, entry.Value.Vectors))).Order(),
            seen.Select(entry => (entry.Key, entry.Value)).Order());
        Assert.Equal((225, 216), (seen.Values.Sum(), Tested.Values.Sum(entry => entry.Vectors)));
        foreach (var (metric, (vectors, reason)) in LeftOut) TestContext.Current.TestOutputHelper?.WriteLine($"left out: {vectors} of {metric}: {reason}");
    }

    private static void Check(string name, string metric, JsonElement vector)
    {
        var input = vector.GetProperty("input").EnumerateArray().Select(value => value.GetDouble()).ToArray();
        var (expected, tolerance, given) = (vector.GetProperty("expected"), vector.GetProperty("tolerance").GetDouble(), vector.GetProperty("params"));
        foreach (var parameter in given.EnumerateObject().Where(p => p.Name is "q" or "m"))
            name = name.Replace($"{{{parameter.Name}}}", parameter.Value.ToString() == "Infinity" ? "inf" : parameter.Value.ToString(), StringComparison.Ordinal);
        if (given.TryGetProperty("bias_corrected", out var corrected) && !corrected.GetBoolean()) name = "chao1-classic";
        if (given.TryGetProperty("method", out var method) && method.GetString() == "trapezoids") name = "gini-trapezoids";
        if (given.TryGetProperty("base", out var logBase) && logBase.ValueKind == JsonValueKind.Number && logBase.GetDouble() is 2 or 10) name = $"shannon-{logBase}";
        var known = AlphaMetric.Find(name);
        Assert.True(known is not null, name);
        var counts = input.All(double.IsInteger) ? Counts.FromWholeNumbers(input) : null;
        if (metric is "chao1_ci95" or "esty_ci")
        {
            var interval = known.Interval(counts)!.Value;
            foreach (var (end, place) in new[] { (interval.Low, 0), (interval.High, 1) })
            {
                Assert.Equal(expected[place].GetDouble(), end, metric == "esty_ci" ? tolerance : tolerance * expected[place].GetDouble());
                if (given.TryGetProperty("full_precision", out var full)) Assert.Equal(full[place].GetDouble(), end, full[place].GetDouble() * 1e-12);
            }
            return;
        }
        var value = known.Value(RelativeAbundances.From(input), counts);
        // Our null is their NaN, Infinity or error; and for the evenness of one taxon we follow QIIME 2, which gives NaN where scikit-bio gives 1.
        if (expected.ValueKind == JsonValueKind.String || (metric == "pielou" && input.Count(count => count > 0) == 1)) Assert.True(value is null, $"{name} of {vector}: {value}");
        else Assert.True(value is { } number && Math.Abs(number - expected.GetDouble()) <= tolerance, $"{name} of {vector}: {value}");
    }
}
