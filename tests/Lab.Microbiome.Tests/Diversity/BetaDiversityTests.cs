using System.Globalization;
using System.Text.Json;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>Distances between samples: published vectors, edge cases, and what must hold for any pair.</summary>
public sealed class BetaDiversityTests
{
    [Fact]
    public void Every_vector_of_the_file_holds_but_those_of_trees()
    {
        var path = SharedScience.Find("test_vectors.json");
        Assert.SkipWhen(path is null, "shared/data/science/test_vectors.json is not beside this checkout");
        using var file = JsonDocument.Parse(File.ReadAllBytes(path));
        var (checkedOnes, left) = (new SortedDictionary<string, int>(), new SortedDictionary<string, int>());
        foreach (var vector in file.RootElement.GetProperty("beta").EnumerateArray())
        {
            var metric = vector.GetProperty("metric").GetString()!;
            var (u, v) = (Numbers(vector.GetProperty("u")), Numbers(vector.GetProperty("v")));
            var features = Features(u.Length);
            // The file's fractions are no counts; Bray-Curtis is the same when both samples are multiplied alike.
            double?[]? ours = metric switch
            {
                "bray_curtis" => [BetaDiversity.BrayCurtis(Counts(features, u, 10_000), Counts(features, v, 10_000))],
                "jaccard" => [BetaDiversity.Jaccard(Counts(features, u, 10_000), Counts(features, v, 10_000)), BetaDiversity.Jaccard(Shares(features, u), Shares(features, v))],
                "aitchison" => [BetaDiversity.Aitchison(LogRatios.Of(Shares(features, u))!, LogRatios.Of(Shares(features, v))!)],
                "aitchison_pseudocount1" => [BetaDiversity.Aitchison(LogRatios.Of(Counts(features, u))!, LogRatios.Of(Counts(features, v))!)],
                "jensen_shannon_distance_base_e" => [BetaDiversity.JensenShannonDistance(Shares(features, u), Shares(features, v), LogBase.E)],
                "jensen_shannon_distance_base_2" => [BetaDiversity.JensenShannonDistance(Shares(features, u), Shares(features, v), LogBase.Two)],
                _ => null,
            };
            var kind = ours is null ? left : checkedOnes;
            kind[metric] = kind.GetValueOrDefault(metric) + 1;
            Assert.All(ours ?? [], value => Assert.Equal(vector.GetProperty("expected").GetDouble(), value!.Value, vector.GetProperty("tolerance").GetDouble()));
        }
        Assert.Equal("aitchison 1, aitchison_pseudocount1 1, bray_curtis 15, jaccard 6, jensen_shannon_distance_base_2 1, jensen_shannon_distance_base_e 2", Text(checkedOnes));
        // They need a tree; trees come later.
        Assert.Equal("unweighted_unifrac 18, weighted_normalized_unifrac 16, weighted_unifrac 17", Text(left));
    }

    [Fact]
    public void Every_vector_of_compositions_holds()
    {
        var path = SharedScience.Find("test_vectors.json");
        Assert.SkipWhen(path is null, "shared/data/science/test_vectors.json is not beside this checkout");
        using var file = JsonDocument.Parse(File.ReadAllBytes(path));
        var seen = 0;
        foreach (var vector in file.RootElement.GetProperty("composition").EnumerateArray())
        {
            var input = Numbers(vector.GetProperty("input"));
            var shares = Shares(Features(input.Length), input);
            var delta = vector.TryGetProperty("params", out var given) && given.GetProperty("delta").ValueKind == JsonValueKind.Number ? given.GetProperty("delta").GetDouble() : (double?)null;
            var ours = vector.GetProperty("metric").GetString() switch
            {
                "clr" => LogRatios.Of(shares)!.Values,
                "rclr" => LogRatios.Robust(shares)!.Values,
                _ => shares.ReplaceZeros(delta)!.Values,
            };
            var tolerance = vector.TryGetProperty("tolerance", out var stated) ? stated.GetDouble() : 1e-8;
            // scikit-bio's robust log-ratio of a zero is NaN; ours stands at the centre, 0.
            Assert.Equal(vector.GetProperty("expected").EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? 0 : e.GetDouble()), ours,
                (a, b) => Math.Abs(a - b) <= tolerance);
            seen++;
        }
        Assert.Equal(5, seen);
    }

    [Fact]
    public void A_sample_is_laid_out_over_the_list_whatever_the_order_of_either()
    {
        var features = FeatureList.Of(["c", "a", "b", "a"]);
        Assert.Equal(["a", "b", "c"], features.Names);
        var shares = ShareVector.From(features, new Dictionary<string, double> { ["c"] = 30, ["other"] = 50, ["a"] = 20 });
        Assert.Equal([0.4, 0, 0.6], shares.Values);
        // Half of the sample is a feature that is not on the list.
        Assert.Equal(0.5, shares.Covered);
        var counts = CountVector.From(features, new Dictionary<string, long> { ["b"] = 3, ["a"] = 1, ["other"] = 9 });
        Assert.Equal([1, 3, 0], counts.Values);
        Assert.Equal(4, counts.Total);
        Assert.Equal([0.25, 0.75, 0], counts.Shares().Values);
    }

    [Fact]
    public void Samples_over_different_features_or_of_different_treatment_cannot_be_compared()
    {
        var (u, v) = (Shares(FeatureList.Of(["a", "b"]), [1, 2]), Shares(FeatureList.Of(["a", "c"]), [1, 2]));
        Assert.Throws<ArgumentException>(() => BetaDiversity.BrayCurtis(u, v));
        Assert.Throws<ArgumentException>(() => BetaDiversity.Jaccard(u, v));
        Assert.Throws<ArgumentException>(() => BetaDiversity.JensenShannonDistance(u, v, LogBase.E));
        Assert.Throws<ArgumentException>(() => BetaDiversity.Aitchison(LogRatios.Of(u)!, LogRatios.Of(v)!));
        Assert.Throws<ArgumentException>(() => BetaDiversity.Aitchison(LogRatios.Of(u)!, LogRatios.Robust(u)!));
        var counts = Counts(u.Features, [1, 2]);
        Assert.Throws<ArgumentException>(() => BetaDiversity.Aitchison(LogRatios.Of(counts, 1)!, LogRatios.Of(counts, 0.5)!));
        // Another list of the same names is the same list.
        Assert.Equal(0, BetaDiversity.BrayCurtis(u, Shares(FeatureList.Of(["b", "a"]), [1, 2])));
    }

    [Fact]
    public void What_is_no_abundance_is_refused()
    {
        var features = Features(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => Counts(features, [1, -1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Counts(features, [Lab.Microbiome.Diversity.Counts.MaxTotal, 1]));
        Assert.All([-1, double.NaN, double.PositiveInfinity, double.MaxValue], value => Assert.Throws<ArgumentOutOfRangeException>(() => Shares(features, [value, double.MaxValue])));
        Assert.Throws<ArgumentException>(() => ShareVector.From(features, [new("a", 1), new("a", 2)]));
        Assert.All([0, -1, double.NaN, double.PositiveInfinity], constant => Assert.Throws<ArgumentOutOfRangeException>(() => LogRatios.Of(Counts(features, [1, 2]), constant)));
        Assert.All([0, -0.1, 1, double.NaN], delta => Assert.Throws<ArgumentOutOfRangeException>(() => Shares(features, [1, 0]).ReplaceZeros(delta)));
    }

    [Fact]
    public void Of_an_empty_sample_only_what_is_defined_is_said()
    {
        var features = Features(3);
        var (none, one) = (Shares(features, [0, 0, 0]), Shares(features, [0, 2, 0]));
        Assert.Null(BetaDiversity.BrayCurtis(none, none));
        Assert.Null(BetaDiversity.Jaccard(none, none));
        Assert.Equal(1, BetaDiversity.BrayCurtis(none, one));
        Assert.Equal(1, BetaDiversity.Jaccard(none, one));
        Assert.Null(BetaDiversity.BrayCurtis(Counts(features, [0, 0, 0]), Counts(features, [0, 0, 0])));
        Assert.All(new[] { (none, one), (one, none), (none, none) }, pair =>
        {
            Assert.Null(BetaDiversity.JensenShannonDivergence(pair.Item1, pair.Item2, LogBase.E));
            Assert.Null(BetaDiversity.JensenShannonDistance(pair.Item1, pair.Item2, LogBase.Two));
        });
        Assert.Null(LogRatios.Of(none));
        Assert.Null(LogRatios.Robust(none));
        Assert.Null(LogRatios.Of(Counts(features, [0, 0, 0])));
        Assert.Equal((0.0, 0.0), (none.Total, none.Covered));
    }

    [Fact]
    public void Depth_counts_for_raw_counts_only()
    {
        var features = Features(2);
        var (u, v) = (Counts(features, [10, 30]), Counts(features, [100, 300]));
        // By hand: 360 / 440.
        Assert.Equal(360 / 440.0, BetaDiversity.BrayCurtis(u, v));
        Assert.Equal(0, BetaDiversity.BrayCurtis(u.Shares(), v.Shares()));
    }

    // By hand: half of each is in common, half is its own alone.
    [Fact]
    public void A_divergence_counts_what_only_one_has_in_full()
    {
        var (u, v) = (Shares(Features(3), [1, 1, 0]), Shares(Features(3), [1, 0, 1]));
        Assert.Equal(Math.Log(2) / 2, BetaDiversity.JensenShannonDivergence(u, v, LogBase.E)!.Value, 1e-15);
        Assert.Equal(0.5, BetaDiversity.JensenShannonDivergence(u, v, LogBase.Two)!.Value, 1e-15);
        Assert.Equal(0.5, BetaDiversity.BrayCurtis(u, v));
        Assert.Equal(2 / 3.0, BetaDiversity.Jaccard(u, v));
    }

    // With 60 decimals, from the counts; the textbook form in doubles keeps one digit of the first and nine of the second. What is left is the rounding of the shares.
    [Theory]
    [InlineData(3_000_001, 6_999_999, 5.9523803854876736e-15, 1e-8)]
    [InlineData(301, 699, 5.9467265562603952e-07, 1e-12)]
    [InlineData(35, 65, 0.0014255578412517779, 1e-13)]
    [InlineData(38, 62, 0.0035712635716548986, 1e-13)]
    public void A_divergence_near_nothing_keeps_its_digits(double first, double second, double expected, double tolerance)
    {
        var features = Features(2);
        var divergence = BetaDiversity.JensenShannonDivergence(Shares(features, [3, 7]), Shares(features, [first, second]), LogBase.E)!.Value;
        Assert.Equal(expected, divergence, expected * tolerance);
    }

    // A tree of additions that is a power of two wide would hide a lost lane: lengths around the sixteen lanes, each feature one apart from the next.
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(33)]
    [InlineData(400)]
    public void No_feature_is_lost_in_the_lanes(int length)
    {
        var features = Features(length);
        var (u, v) = (Enumerable.Range(0, length).Select(i => (double)i * i + 1).ToArray(), Enumerable.Range(0, length).Select(i => i % 3 == 0 ? 7.0 : 100 + i).ToArray());
        var expected = u.Zip(v, (x, y) => Math.Abs(x - y)).Sum() / (u.Sum() + v.Sum());
        Assert.Equal(expected, BetaDiversity.BrayCurtis(Counts(features, u), Counts(features, v))!.Value);
        var (a, b) = (LogRatios.Of(Counts(features, u))!, LogRatios.Of(Counts(features, v))!);
        Assert.Equal(Math.Sqrt(a.Values.Zip(b.Values, (x, y) => (x - y) * (x - y)).Sum()), BetaDiversity.Aitchison(a, b), 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(400)]
    [InlineData(401)]
    public void The_order_of_a_sum_is_that_of_eight_lanes_whatever_the_processor(int length)
    {
        var (random, features) = (new Random(length), Features(length));
        var (p, q) = (Shares(features, Draw(random, length)), Shares(features, Draw(random, length)));
        double InLanes(Func<int, double> term)
        {
            var lanes = new double[8];
            for (var i = 0; i < length; i++) lanes[i % 8] += term(i);
            return lanes[0] + lanes[4] + (lanes[1] + lanes[5]) + (lanes[2] + lanes[6] + (lanes[3] + lanes[7]));
        }

        Assert.Equal(Math.Min(1, InLanes(i => Math.Abs(p.Values[i] - q.Values[i])) / (p.Total + q.Total)), BetaDiversity.BrayCurtis(p, q));
        var (a, b) = (LogRatios.Of(p)!, LogRatios.Of(q)!);
        Assert.Equal(Math.Sqrt(InLanes(i => (a.Values[i] - b.Values[i]) * (a.Values[i] - b.Values[i]))), BetaDiversity.Aitchison(a, b));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 5)]
    [InlineData(2, 1)]
    [InlineData(3, 8)]
    // More rows than stay together in a cache, by features that fill no vector; and rows of which one fills it.
    [InlineData(61, 203)]
    [InlineData(5, 4001)]
    public void Every_two_of_many_are_bit_for_bit_as_far_apart_as_by_themselves(int samples, int length)
    {
        var (random, features) = (new Random(samples), Features(length));
        var shares = Enumerable.Range(0, samples).Select(_ => Shares(features, Draw(random, length))).ToArray();
        Assert.Equal(shares.Index().SelectMany(u => shares[(u.Index + 1)..].Select(v => BetaDiversity.BrayCurtis(u.Item, v)!.Value)), BetaDiversity.BrayCurtis(shares));
    }

    [Fact]
    public void Of_many_none_may_be_empty_or_over_other_features()
    {
        var one = Shares(Features(3), [0, 2, 0]);
        Assert.Throws<ArgumentException>(() => BetaDiversity.BrayCurtis([one, Shares(Features(3), [0, 0, 0])]));
        Assert.Throws<ArgumentException>(() => BetaDiversity.BrayCurtis([one, one, Shares(Features(4), [0, 0, 0, 1])]));
    }

    [Fact]
    public void Whatever_the_samples_distances_are_symmetric_within_bounds_and_metrics_keep_the_triangle()
    {
        var random = new Random(20261125);
        for (var round = 0; round < 500; round++)
        {
            var features = Features(random.Next(1, 120));
            var counts = Enumerable.Range(0, 3).Select(_ => Counts(features, Draw(random, features.Count))).ToArray();
            var shares = counts.Select(c => c.Shares()).ToArray();
            var (plain, replaced, robust) = (counts.Select(c => LogRatios.Of(c)!).ToArray(), shares.Select(s => LogRatios.Of(s)!).ToArray(), shares.Select(s => LogRatios.Robust(s)!).ToArray());
            Assert.All([.. plain, .. replaced, .. robust], ratios => Assert.Equal(0, ratios.Values.Sum(), 1e-9));
            (string Name, double Max, bool Metric, Func<int, int, double> Of)[] distances =
            [
                ("Bray-Curtis", 1, false, (i, j) => BetaDiversity.BrayCurtis(shares[i], shares[j])!.Value),
                ("Bray-Curtis of counts", 1, false, (i, j) => BetaDiversity.BrayCurtis(counts[i], counts[j])!.Value),
                ("Jaccard", 1, true, (i, j) => BetaDiversity.Jaccard(counts[i], counts[j])!.Value),
                ("Aitchison", double.MaxValue, true, (i, j) => BetaDiversity.Aitchison(plain[i], plain[j])),
                ("Aitchison of shares", double.MaxValue, true, (i, j) => BetaDiversity.Aitchison(replaced[i], replaced[j])),
                ("robust Aitchison", double.MaxValue, true, (i, j) => BetaDiversity.Aitchison(robust[i], robust[j])),
                ("Jensen-Shannon, base e", Math.Sqrt(Math.Log(2)), true, (i, j) => BetaDiversity.JensenShannonDistance(shares[i], shares[j], LogBase.E)!.Value),
                ("Jensen-Shannon, base 2", 1, true, (i, j) => BetaDiversity.JensenShannonDistance(shares[i], shares[j], LogBase.Two)!.Value),
                ("Jensen-Shannon divergence", 1, false, (i, j) => BetaDiversity.JensenShannonDivergence(shares[i], shares[j], LogBase.Two)!.Value),
            ];
            foreach (var (name, max, metric, of) in distances)
            {
                for (var i = 0; i < 3; i++)
                {
                    Assert.Equal(0, of(i, i));
                    Assert.InRange(of(i, (i + 1) % 3), 0, max);
                    Assert.Equal(of(i, (i + 1) % 3), of((i + 1) % 3, i));
                    if (metric) Assert.True(of(i, (i + 1) % 3) <= of(i, (i + 2) % 3) + of((i + 2) % 3, (i + 1) % 3) + 1e-12, $"{name}, round {round}");
                }
            }
            Assert.Equal(distances[8].Of(0, 1), Math.Pow(distances[7].Of(0, 1), 2), 1e-15);
        }
    }

    // Few or many features, over six orders of magnitude, with zeros; never empty.
    internal static double[] Draw(Random random, int features)
    {
        var zeros = random.NextDouble();
        var counts = new double[features];
        for (var i = 0; i < features; i++) counts[i] = random.NextDouble() < zeros ? 0 : Math.Floor(Math.Pow(10, random.NextDouble() * 6));
        counts[random.Next(features)] += 1;
        return counts;
    }

    // Padded, so that the ordinal order is that of the numbers.
    internal static FeatureList Features(int count) => FeatureList.Of(Enumerable.Range(0, count).Select(i => i.ToString("D5", CultureInfo.InvariantCulture)));

    internal static CountVector Counts(FeatureList features, IEnumerable<double> values, int times = 1) =>
        CountVector.From(features, features.Names.Zip(values, (name, value) => KeyValuePair.Create(name, checked((long)Math.Round(value * times)))));

    internal static ShareVector Shares(FeatureList features, IEnumerable<double> values) => ShareVector.From(features, features.Names.Zip(values, KeyValuePair.Create));

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];

    private static string Text(IEnumerable<KeyValuePair<string, int>> seen) => string.Join(", ", seen.Select(kind => $"{kind.Key} {kind.Value}"));
}
