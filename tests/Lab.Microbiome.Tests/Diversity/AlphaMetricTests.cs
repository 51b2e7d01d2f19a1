using CsCheck;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>What holds for every metric that has a name.</summary>
public sealed class AlphaMetricTests
{
    private static readonly AlphaMetric[] All =
    [
        .. AlphaMetric.Names.Concat(["hill-0", "hill-0.5", "hill-1", "hill-2.75", "hill-inf", "renyi-0.5", "renyi-3", "tsallis-0.5", "tsallis-3", "rarefied-1", "rarefied-7", "rarefied-se-7", "coverage-7", "hill-0-at-7",
            "hill-1-at-7", "hill-2-at-7", "hill-0.5-at-7", "reads-at-coverage-0.8", "hill-1-at-coverage-0.8"]).Select(name => AlphaMetric.Find(name)!),
    ];

    private static readonly Gen<long[]> SomeCounts = Gen.OneOf(Gen.Long[0, 3], Gen.Long[0, 200], Gen.Long[0, 5_000_000]).Array[0, 60];

    // What a single taxon of seven reads gives, by hand. What is not here is null.
    private static readonly Dictionary<string, double> OfOneTaxon = new()
    {
        ["observed"] = 1,
        ["shannon"] = 0,
        ["shannon-2"] = 0,
        ["shannon-10"] = 0,
        ["exp-shannon"] = 1,
        ["simpson"] = 0,
        ["simpson-finite"] = 0,
        ["simpson-dominance"] = 1,
        ["simpson-dominance-finite"] = 1,
        ["inverse-simpson"] = 1,
        ["inverse-simpson-finite"] = 1,
        ["simpson-evenness"] = 1,
        ["heip"] = 1,
        ["berger-parker"] = 1,
        ["strong"] = 0,
        ["gini"] = 0,
        ["gini-trapezoids"] = 0,
        ["mcintosh-dominance"] = 0,
        ["mcintosh-evenness"] = 1,
        ["brillouin"] = 0,
        ["singletons"] = 0,
        ["doubletons"] = 0,
        ["margalef"] = 0,
        ["menhinick"] = 1 / Math.Sqrt(7),
        ["chao1"] = 1,
        ["chao1-se"] = 0,
        ["chao1-classic"] = 1,
        ["chao1-inext"] = 1,
        ["ace"] = 1,
        ["goods-coverage"] = 1,
        ["robbins"] = 0,
        ["coverage"] = 1,
        ["hill-0-asymptotic"] = 1,
        ["hill-1-asymptotic"] = 1,
        ["hill-2-asymptotic"] = 1,
        ["hill-0"] = 1,
        ["hill-0.5"] = 1,
        ["hill-1"] = 1,
        ["hill-2.75"] = 1,
        ["hill-inf"] = 1,
        ["renyi-0.5"] = 0,
        ["renyi-3"] = 0,
        ["tsallis-0.5"] = 0,
        ["tsallis-3"] = 0,
        ["rarefied-1"] = 1,
        ["rarefied-7"] = 1,
        ["rarefied-se-7"] = 0,
        ["coverage-7"] = 1,
        ["hill-0-at-7"] = 1,
        ["hill-1-at-7"] = 1,
        ["hill-2-at-7"] = 1,
        ["hill-0.5-at-7"] = 1,
        ["reads-at-coverage-0.8"] = 1,
        ["hill-1-at-coverage-0.8"] = 1,
        // The root of a ln(1 + 7/a) = 1, by SciPy's brentq.
        ["fisher-alpha"] = 0.319257743569424,
    };

    [Fact]
    public void A_single_taxon_has_the_values_that_the_conventions_give_it()
    {
        var counts = Counts.From([0, 7, 0]);
        foreach (var metric in All)
        {
            if (OfOneTaxon.TryGetValue(metric.Name, out var expected)) Assert.True(metric.Value(counts, counts) is { } value && Math.Abs(value - expected) < 1e-9, $"{metric.Name} {metric.Value(counts, counts)}");
            else Assert.True(metric.Value(counts, counts) is null, metric.Name);
        }
        Assert.Equal(["kempton-taylor", "pielou"], All.Where(metric => metric.Value(counts, counts) is null).Select(metric => metric.Name));
    }

    [Fact]
    public void Nothing_counted_has_no_value_but_the_number_of_its_taxa()
    {
        var nothing = Counts.From([0, 0]);
        Assert.Equal(["chao1", "chao1-classic", "chao1-inext", "ace", "doubletons", "observed", "singletons"],
            All.Where(metric => metric.Value(nothing, nothing) is not null).Select(metric => metric.Name).OrderBy(name => name.StartsWith("chao1", StringComparison.Ordinal) ? 0 : 1).ThenBy(name => name, StringComparer.Ordinal));
        Assert.All(All, metric => Assert.True(metric.Value(nothing, nothing) is null or 0 && metric.Interval(nothing) is null, metric.Name));
    }

    // Five singletons, by hand: no root for Fisher, no ratio for ACE and the finite inverse.
    [Fact]
    public void Singletons_only_leave_undefined_what_divides_by_what_they_repeat()
    {
        var five = Counts.From([1, 1, 1, 1, 1]);
        Assert.Equal(["ace", "fisher-alpha", "hill-2-asymptotic", "inverse-simpson-finite", "kempton-taylor", "rarefied-7", "rarefied-se-7", "hill-0.5-at-7", "reads-at-coverage-0.8", "hill-1-at-coverage-0.8"],
            All.Where(metric => metric.Value(five, five) is null).Select(metric => metric.Name));
        Assert.Equal((1, 0, 15, 15), (AlphaDiversity.FiniteSimpson(five), Coverage.Good(five), Richness.Chao1(five), Richness.Chao1Classic(five)));
        Assert.Equal([1, 1], new[] { AlphaDiversity.McIntoshDominance(five)!.Value, AlphaDiversity.McIntoshEvenness(five)!.Value }, (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.Equal(Math.Log(120) / 5, AlphaDiversity.Brillouin(five)!.Value, 1e-14);
    }

    // One read: nothing to compare it with.
    [Fact]
    public void One_read_has_no_metric_that_compares_reads() =>
        Assert.Equal(["ace", "fisher-alpha", "inverse-simpson-finite", "kempton-taylor", "margalef", "mcintosh-dominance", "pielou", "simpson-dominance-finite", "simpson-finite", "hill-2-asymptotic"],
            All.Where(metric => !metric.Name.Contains('7', StringComparison.Ordinal) && metric.Value(Counts.From([1]), Counts.From([1])) is null).Select(metric => metric.Name)
                .OrderBy(name => name.StartsWith("hill", StringComparison.Ordinal)).ThenBy(name => name, StringComparer.Ordinal));

    [Fact]
    public void What_needs_counts_has_no_value_on_shares_and_the_rest_the_same() => Assert.All(All, metric =>
    {
        var counts = Counts.From([40, 20, 9, 5, 3, 2, 2, 1, 1]);
        var (both, shares) = (metric.Value(counts, counts), metric.Value(counts, null));
        Assert.NotNull(both);
        Assert.Equal(metric.NeedsCounts ? null : both, shares);
        Assert.Null(metric.Interval(null));
    });

    [Fact]
    public void Every_value_is_a_number_and_neither_order_nor_zeros_change_a_bit_of_it() => Gen.Select(SomeCounts, Gen.Int).Sample((sample, seed) =>
    {
        var shuffled = sample.Append(0).Append(0).ToArray();
        new Random(seed).Shuffle(shuffled);
        var (left, right) = (Counts.From(sample), Counts.From(shuffled));
        foreach (var metric in All)
        {
            var value = metric.Value(left, left);
            Assert.True(value is null || double.IsFinite(value.Value), $"{metric.Name} {value}");
            Assert.True(value.Equals(metric.Value(right, right)), metric.Name);
            Assert.Equal(metric.Interval(left), metric.Interval(right));
            if (metric.Interval(left) is { } interval) Assert.True(double.IsFinite(interval.Low) && interval.Low <= interval.High && double.IsFinite(interval.High), metric.Name);
        }
    });

    [Fact]
    public void A_metric_of_shares_does_not_depend_on_their_unit() => Gen.Select(SomeCounts, Gen.Double[1e-6, 1e6]).Sample((sample, unit) =>
    {
        var (shares, scaled) = (RelativeAbundances.From(sample.Select(count => (double)count)), RelativeAbundances.From(sample.Select(count => count * unit)));
        // Quartiles that are equal but for their last digit would divide by nothing.
        foreach (var metric in All.Where(metric => !metric.NeedsCounts && metric.Name != "kempton-taylor"))
            Assert.Equal(metric.Value(shares, null) ?? -1, metric.Value(scaled, null) ?? -1, 1e-9 * Math.Max(1, metric.Value(shares, null) ?? 0));
    });

    [Fact]
    public void Every_value_stays_within_the_range_that_is_written() => SomeCounts.Sample(sample =>
    {
        var counts = Counts.From(sample);
        if (counts.Observed == 0) return;
        double observed = counts.Observed, total = counts.Total;
        foreach (var metric in All)
        {
            if (metric.Value(counts, counts) is not { } value) continue;
            (double Low, double High) range = metric.Name switch
            {
                "shannon" or "renyi-0.5" or "renyi-3" => (0, Math.Log(observed)),
                "shannon-2" => (0, Math.Log2(observed)),
                "shannon-10" => (0, Math.Log10(observed)),
                "brillouin" => (0, AlphaDiversity.Shannon(counts)!.Value),
                "simpson" or "strong" or "gini" or "gini-trapezoids" => (0, 1 - 1 / observed),
                "simpson-dominance" or "berger-parker" or "simpson-evenness" => (1 / observed, 1),
                "pielou" or "heip" or "simpson-finite" or "simpson-dominance-finite" or "mcintosh-dominance" or "mcintosh-evenness" or "goods-coverage" or "robbins" or "coverage" or "coverage-7" => (0, 1),
                "singletons" or "doubletons" => (0, observed),
                "menhinick" => (0, Math.Sqrt(total)),
                "chao1" or "chao1-classic" or "chao1-inext" or "ace" or "hill-0-asymptotic" => (observed, double.MaxValue),
                "inverse-simpson-finite" or "hill-1-asymptotic" or "hill-2-asymptotic" => (1, double.MaxValue),
                "reads-at-coverage-0.8" => (1, 2 * total),
                "hill-1-at-coverage-0.8" => (1, double.MaxValue),
                "fisher-alpha" or "margalef" or "kempton-taylor" or "chao1-se" or "tsallis-0.5" or "tsallis-3" => (0, double.MaxValue),
                "rarefied-se-7" => (0, 7),
                _ when metric.Name.EndsWith("-7", StringComparison.Ordinal) => (1, 7),
                _ => (1, observed),
            };
            Assert.InRange(value, range.Low - 1e-9 * Math.Max(1, range.Low), range.High + 1e-9 * Math.Max(1, Math.Min(range.High, 1e300)));
        }
    });

    [Theory]
    [InlineData("")]
    [InlineData("Shannon")]
    [InlineData("shannon ")]
    [InlineData("hill-1\n")]
    [InlineData("hill-1.0")]
    [InlineData("hill-01")]
    [InlineData("hill-١")]
    [InlineData("hill-100.001")]
    [InlineData("hill-1-at-0")]
    [InlineData("hill-10.001-at-5")]
    [InlineData("hill-10.001-at-coverage-0.5")]
    [InlineData("hill-inf-at-5")]
    [InlineData("renyi-1-at-5")]
    [InlineData("hill-1-at-coverage-0")]
    [InlineData("hill-1-at-coverage-1")]
    [InlineData("hill-3-asymptotic")]
    [InlineData("rarefied-1000000001")]
    [InlineData("reads-at-coverage-0.0000001")]
    public void A_name_that_is_none_is_not_found(string name) => Assert.Null(AlphaMetric.Find(name));

    [Fact]
    public void Every_form_that_is_written_is_found_under_its_numbers()
    {
        Assert.Equal(["hill-{q}", "renyi-{q}", "tsallis-{q}", "rarefied-{m}", "rarefied-se-{m}", "coverage-{m}", "hill-{q}-at-{m}", "reads-at-coverage-{c}", "hill-{q}-at-coverage-{c}"], AlphaMetric.Forms);
        Assert.All(AlphaMetric.Forms, form =>
        {
            var name = form.Replace("{q}", "1.5", StringComparison.Ordinal).Replace("{m}", "20", StringComparison.Ordinal).Replace("{c}", "0.75", StringComparison.Ordinal);
            Assert.Equal(name, AlphaMetric.Find(name)!.Name);
        });
    }

    [Fact]
    public void A_value_that_depends_on_the_base_of_a_logarithm_says_which() => Assert.Equal(
        ["brillouin e", "renyi-0.5 e", "renyi-3 e", "shannon e", "shannon-10 10", "shannon-2 2"],
        All.Where(metric => metric.LogBase is not null).Select(metric => $"{metric.Name} {metric.LogBase}").Order(StringComparer.Ordinal));

    // Each has ln S, N - 1, ln N or a difference of quartiles below its line. What else can be undefined has too few reads.
    [Fact]
    public void What_divides_by_what_can_be_zero_is_undefined_for_that_reason() => Assert.Equal(
        ["inverse-simpson-finite", "kempton-taylor", "margalef", "mcintosh-dominance", "pielou", "simpson-dominance-finite", "simpson-finite"],
        All.Where(metric => metric.UndefinedByDenominator).Select(metric => metric.Name).Order(StringComparer.Ordinal));

    // By hand: two reads of one taxon, and one of each of two.
    [Fact]
    public void Two_reads_are_enough_to_compare_them()
    {
        var (alike, apart) = (Counts.From([2]), Counts.From([1, 1]));
        Assert.Equal((1, 0), (AlphaDiversity.FiniteDominance(alike), AlphaDiversity.FiniteDominance(apart)));
        Assert.Equal((0, 1), (AlphaDiversity.McIntoshDominance(alike)!.Value, AlphaDiversity.McIntoshDominance(apart)!.Value), (a, b) => a.Item1 == b.Item1 && Math.Abs(a.Item2 - b.Item2) < 1e-15);
        Assert.Equal((0, 1 / Math.Log(2)), (Richness.Margalef(alike), Richness.Margalef(apart)));
    }

    [Theory]
    [InlineData("hill-100")]
    [InlineData("hill-0.001")]
    [InlineData("renyi-inf")]
    [InlineData("hill-10-at-1000000000")]
    [InlineData("hill-9.999-at-coverage-0.999999")]
    [InlineData("reads-at-coverage-0.000001")]
    public void A_name_at_the_edge_is_found_under_it(string name) => Assert.Equal(name, AlphaMetric.Find(name)!.Name);
}
