using CsCheck;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>Hill numbers, rarefaction and coverage. What is not said to be published comes from an independent script in Python: binomial coefficients as
/// whole numbers, mpmath with 30 digits, the equations of iNEXT 3.</summary>
public sealed class HillNumbersTests
{
    // Spiders of the girdled trees of Harvard Forest, as iNEXT's data(spider) has them.
    private static readonly Counts Girdled = Counts.From([46, 22, 17, 15, 15, 9, 8, 6, 6, 4, 2, 2, 2, 2, .. Enumerable.Repeat(1L, 12)]);

    private static readonly Counts Nothing = Counts.From([0]), Alone = Counts.From([7]), OneRead = Counts.From([1]), Singles = Counts.From([1, 1, 1, 1]);

    private static readonly Gen<Counts> SomeCounts = Gen.OneOf(Gen.Long[0, 3], Gen.Long[0, 200], Gen.Long[0, 5_000_000]).Array[1, 60].Where(c => c.Any(n => n > 0)).Select(c => Counts.From(c));

    [Theory]
    [InlineData(1.5, 50, 8.2951769514513065)]
    [InlineData(0.5, 100, 14.959954368292035)]
    [InlineData(3, 10, 4.0762768875432559)]
    [InlineData(10, 60, 3.7434469479562154)]
    [InlineData(1, 167, 12.051422378466865)]
    [InlineData(0, 200, 28.141738582837039)]
    [InlineData(1, 200, 12.303741676299528)]
    [InlineData(1, 336, 13.016965787607356)]
    [InlineData(2, 336, 8.0039124587357868)]
    public void A_smaller_or_larger_sample_of_the_spiders(double order, long reads, double expected) =>
        Assert.Equal(expected, HillNumbers.AtSize(Girdled, order, reads)!.Value, expected * 1e-13);

    [Theory]
    [InlineData(0.8, 27.358186127545108, 11.384626816000709, 8.4905982805848754, 6.4760402712540325, 7.3574678537743281)]
    [InlineData(0.95, 256.52529251052044, 31.317857142857143, 12.655437659103524, 7.9524022878770673, null)]
    [InlineData(0.3, 2.9875951165084703, 2.6471799757219922, 2.5406373342731083, 2.4025153262349972, 2.4753254709527175)]
    public void The_spiders_at_a_coverage(double coverage, double reads, double zero, double one, double two, double? between)
    {
        Assert.Equal(reads, Coverage.SizeFor(Girdled, coverage)!.Value, reads * 1e-12);
        Assert.Equal([zero, one, two, between ?? 0], new[] { 0, 1, 2, 1.5 }.Select(q => HillNumbers.AtCoverage(Girdled, q, coverage) ?? 0), (a, b) => Math.Abs(a - b) <= a * 1e-12);
        Assert.Equal(between is null, HillNumbers.AtCoverage(Girdled, 1.5, coverage) is null);
    }

    // Millions of reads: the sum over every eighth of a standard deviation against the sum over all.
    [Theory]
    [InlineData(1, 2.4012932562176438)]
    [InlineData(0.5, 2.6285507204854029)]
    [InlineData(3, 2.0738711361965193)]
    public void A_smaller_sample_of_millions(double order, double expected) =>
        Assert.Equal(expected, HillNumbers.AtSize(Counts.From([40_000_000, 25_000_000, 5_000_000, 3, 2, 1, 1]), order, 30_000_000)!.Value, expected * 1e-12);

    public static TheoryData<long[], double> Communities => new()
    {
        { [5, 3, 1, 1, 1], 5.6277142946211269 },
        { [7, 1], 1.5669125316915528 },
        { [7, 1, 1, 1], 3.6086122089424839 },
        { [2, 2, 5], 3.0526354241217956 },
        { [5, 3, 2, 2, 1], 5.2752951311655373 },
        { [28, 2, .. Enumerable.Repeat(1L, 30)], 53.719884742811412 },
        { [12, .. Enumerable.Repeat(2L, 9), .. Enumerable.Repeat(1L, 20)], 38.394270888297074 },
        { [100, .. Enumerable.Repeat(2L, 30), .. Enumerable.Repeat(1L, 40)], 21.622587583790902 },
        { [1, 1, 1, 1], 12.275085262819892 },
        { [400, 90, 10, 5, 3, 2, 1, 1, 1], 2.0593625491974593 },
        { [4_000_000, 900_000, 100_000, 5000, 30, 30, .. Enumerable.Repeat(2L, 7), .. Enumerable.Repeat(1L, 50)], 1.7738001827023789 },
        { [4_000_000, 900_000, 100_000, 5000, 30, 30, .. Enumerable.Repeat(1L, 50)], 1.7737503142304961 },
    };

    [Theory]
    [MemberData(nameof(Communities))]
    public void The_exponential_of_the_entropy_of_a_whole_community(long[] sample, double expected) =>
        Assert.Equal(expected, HillNumbers.Asymptotic(Counts.From(sample), 1)!.Value, expected * 1e-13);

    [Theory]
    [InlineData(50, 15.03009831602258, 1.8422365902381522)]
    [InlineData(900, 5.6392961876832845, 1.1149861666000507, 1000L, 500L, 200L, 1L, 1L, 1L, 1L, 1L)]
    [InlineData(20000, 2.9999999993272188, 2.593802673247084e-5, 100000L, 5000L, 100L)]
    public void The_taxa_of_a_part_and_how_much_they_vary(long reads, double taxa, double deviation, params long[] sample)
    {
        var counts = sample.Length == 0 ? Girdled : Counts.From(sample);
        Assert.Equal(taxa, Rarefaction.Richness(counts, reads)!.Value, taxa * 1e-14);
        Assert.Equal(deviation, Rarefaction.StandardError(counts, reads)!.Value, deviation * 1e-7);
    }

    // mpmath, the four log-gammas with 60 digits: few reads, many, and either side of the switches at 64 reads and at 16 left over.
    [Theory]
    [InlineData(1000, 3, 40, -0.12259119662597386)]
    [InlineData(10000, 64, 5000, -44.564309277201727)]
    [InlineData(10000, 65, 5000, -45.263918515789763)]
    [InlineData(1000, 100, 100, -11.127878187534491)]
    [InlineData(200, 100, 95, -117.36755425640648)]
    [InlineData(200, 100, 100, -135.75323608127849)]
    [InlineData(232, 116, 100, -111.35385797293868)]
    [InlineData(1000000, 500000, 499990, -693023.92768186348)]
    [InlineData(10000000, 1000, 3000, -0.30005999949789945)]
    [InlineData(10000000, 500000, 400, -20.517737766500935)]
    [InlineData(10000000, 200000, 300000, -6154.5473159436404)]
    public void The_chance_to_miss_a_taxon(double total, double count, double reads, double expected)
    {
        Assert.Equal(expected, Rarefaction.LogMissed(total, count, reads), Math.Max(1e-13, -expected * 2e-14));
        Assert.Equal(Rarefaction.LogMissed(total, count, reads), Rarefaction.LogMissed(total, reads, count));
    }

    // All but a few of the reads, so that they vary little: the hypergeometric sum term by term in mpmath.
    [Theory]
    [InlineData(19_990, 2.8000940028110125, 10_000L, 6000L, 4000L)]
    [InlineData(2_995_000, 1.9999999994435168, 1_500_000L, 1_500_000L)]
    public void A_sample_but_little_smaller(long reads, double expected, params long[] sample) => Assert.Equal(expected, HillNumbers.AtSize(Counts.From(sample), 1, reads)!.Value, 1e-13);

    [Fact]
    public void What_reads_do_not_give_is_null()
    {
        Assert.Null(Rarefaction.Richness(Girdled, 169));
        Assert.Null(Rarefaction.StandardError(Girdled, 169));
        Assert.NotNull(HillNumbers.AtSize(Girdled, 1, 336));
        Assert.Null(HillNumbers.AtSize(Girdled, 1, 337));
        Assert.NotNull(HillNumbers.AtSize(Girdled, 1.5, 168));
        Assert.Null(HillNumbers.AtSize(Girdled, 1.5, 169));
        Assert.Null(HillNumbers.AtSize(OneRead, 0, 2));
        Assert.Null(HillNumbers.Asymptotic(Singles, 2));
        // At 336 reads the spiders' coverage is 0.96357.
        Assert.NotNull(Coverage.SizeFor(Girdled, 0.9635));
        Assert.Null(Coverage.SizeFor(Girdled, 0.9636));
        Assert.Null(HillNumbers.AtCoverage(Girdled, 0, 0.9636));
    }

    [Fact]
    public void Of_nothing_it_is_null()
    {
        Assert.Null(HillNumbers.Of(Nothing, 0));
        Assert.Null(HillNumbers.Renyi(Nothing, 0));
        Assert.Null(HillNumbers.Tsallis(Nothing, 0));
        Assert.All([0, 1, 2], q => Assert.Null(HillNumbers.Asymptotic(Nothing, q)));
        Assert.Null(HillNumbers.AtSize(Nothing, 0, 1));
        Assert.Null(HillNumbers.AtCoverage(Nothing, 0, 0.5));
        Assert.Null(Rarefaction.Richness(Nothing, 1));
        Assert.Null(Rarefaction.StandardError(Nothing, 1));
        Assert.Null(Coverage.ChaoJost(Nothing));
        Assert.Null(Coverage.AtSize(Nothing, 1));
        Assert.Null(Coverage.SizeFor(Nothing, 0.5));
        Assert.Null(Coverage.Robbins(Nothing));
        Assert.Null(Coverage.Esty(Nothing));
    }

    [Fact]
    public void One_taxon_is_one_whatever_the_order_and_the_reads()
    {
        Assert.All(new[] { 0, 0.3, 1, 1.2, 2, 5, 60, double.PositiveInfinity }, q => Assert.Equal((1.0, 0.0), (HillNumbers.Of(Alone, q)!.Value, HillNumbers.Renyi(Alone, q)!.Value)));
        Assert.All(new[] { 0, 0.3, 1, 1.2, 2, 5 }, q => Assert.All([1, 3, 6, 7], m => Assert.Equal(1, HillNumbers.AtSize(Alone, q, m)!.Value, 1e-15)));
        Assert.All([0, 1, 2], q => Assert.Equal((1, 1), (HillNumbers.Asymptotic(Alone, q), HillNumbers.AtSize(Alone, q, 14))));
        Assert.Equal((1, 1, 0), (Coverage.ChaoJost(Alone), Rarefaction.Richness(Alone, 3), Rarefaction.StandardError(Alone, 3)));
        Assert.Equal((1, 1), (HillNumbers.AtSize(OneRead, 1, 1), Coverage.ChaoJost(OneRead)));
    }

    // Four singletons: f0 = 3/4 x 6 = 4.5, A = 18/22, so C = 1 - 9/11 and at five reads S = 4 + 4.5 x 4/22.
    [Fact]
    public void Of_singletons_only_little_is_known()
    {
        Assert.Equal(2 / 11.0, Coverage.ChaoJost(Singles)!.Value, 1e-15);
        Assert.Equal(8.5, HillNumbers.Asymptotic(Singles, 0));
        Assert.Equal(4 + 9 / 11.0, HillNumbers.AtSize(Singles, 0, 5)!.Value, 1e-14);
        Assert.Equal(5, HillNumbers.AtSize(Singles, 2, 5)!.Value, 1e-14);
        Assert.Equal((0, 1, 1), (Coverage.Good(Singles), Coverage.Robbins(Singles), Coverage.Esty(Singles)!.Value.High));
        Assert.Equal([1, 2, 3, 4], new[] { 1, 2, 3, 4 }.Select(m => Rarefaction.Richness(Singles, m)!.Value), (a, b) => Math.Abs(a - b) < 1e-15);
    }

    // Two singletons: f0 = 1/2 x 1 = 0.5, so at three reads S = 2 + 0.5 x 2/3; no two reads are alike, so of order 2 there are as many as reads.
    [Fact]
    public void Two_reads_are_the_fewest_to_go_beyond()
    {
        var two = Counts.From([1, 1]);
        Assert.Equal([7 / 3.0, 3], new[] { 0, 2 }.Select(q => HillNumbers.AtSize(two, q, 3)!.Value), (a, b) => Math.Abs(a - b) < 1e-14);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void An_order_that_is_none_is_refused(double order)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.Of(Girdled, order));
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.Renyi(Girdled, order));
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.Tsallis(Girdled, order));
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.AtSize(Girdled, order, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.AtCoverage(Girdled, order, 0.5));
    }

    [Fact]
    public void Numbers_outside_their_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.AtSize(Girdled, 10.5, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.AtSize(Girdled, 1, 0));
        // Also where there would be no value.
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.AtSize(Nothing, 10.5, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.AtCoverage(Girdled, 10.5, 0.9999));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rarefaction.Richness(Girdled, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rarefaction.StandardError(Girdled, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Coverage.AtSize(Girdled, -1));
        Assert.All([0, 1, -0.5, double.NaN], c => Assert.Throws<ArgumentOutOfRangeException>(() => Coverage.SizeFor(Girdled, c)));
        Assert.All([-1, 3], q => Assert.Throws<ArgumentOutOfRangeException>(() => HillNumbers.Asymptotic(Girdled, q)));
    }

    [Theory]
    // N by F2/F1: what the unseen add, F1/N sum_j x^j / (N-1+j), term by term in Python (math.fsum over up to fifty decays), the rest by scipy's digamma.
    [InlineData(3000, 2700, new long[] { 40_000, 30_000, 20_000 }, 7.688194045898816)]
    [InlineData(3000, 150, new long[] { 40_000, 30_000, 20_000 }, 4.687121937113938)]
    [InlineData(3000, 3, new long[] { 40_000, 30_000 }, 4.104496045318769)]
    [InlineData(200, 8000, new long[] { 40_000, 30_000, 20_000 }, 15.519637517636202)]
    public void What_the_unseen_add_is_the_sum_of_many_terms_however_slowly_they_fall(int singletons, int doubletons, long[] others, double expected)
    {
        var counts = Counts.From([.. Enumerable.Repeat(1L, singletons), .. Enumerable.Repeat(2L, doubletons), .. others]);
        Assert.Equal(expected, HillNumbers.Asymptotic(counts, 1)!.Value, expected * 1e-13);
    }

    [Fact]
    public void They_fall_as_the_order_rises_and_join_up_at_one_and_at_the_edges_of_the_equations() => SomeCounts.Sample(counts =>
    {
        double[] orders = [0, 0.001, 0.25, 0.5, 0.501, 0.999, 0.999999999, 1, 1.000000001, 1.001, 1.499, 1.5, 2, 2.001, 3, 10, 64, 100, double.PositiveInfinity];
        var hill = orders.Select(q => HillNumbers.Of(counts, q)!.Value).ToArray();
        Assert.All(hill.Zip(hill.Skip(1)), pair => Assert.True(pair.Second <= pair.First * (1 + 1e-12), $"{pair}"));
        Assert.Equal(hill[7], hill[6], hill[7] * 1e-7);
        Assert.Equal(hill[7], hill[8], hill[7] * 1e-7);
        Assert.All(orders, q => Assert.Equal(Math.Log(HillNumbers.Of(counts, q)!.Value), HillNumbers.Renyi(counts, q)!.Value, 1e-12));
        Assert.Equal(counts.Observed - 1, HillNumbers.Tsallis(counts, 0)!.Value, counts.Observed * 1e-12);
        Assert.Equal(AlphaDiversity.Simpson(counts)!.Value, HillNumbers.Tsallis(counts, 2)!.Value, 1e-12);
    });

    [Fact]
    public void All_reads_show_every_taxon_one_read_shows_one_and_more_show_more() => Gen.Select(SomeCounts, Gen.Double[0, 1], Gen.Double[0, 3]).Sample((counts, part, order) =>
    {
        Assert.Equal(counts.Observed, Rarefaction.Richness(counts, counts.Total));
        Assert.Equal(1, Rarefaction.Richness(counts, 1)!.Value, 1e-12);
        Assert.Equal(0, Rarefaction.StandardError(counts, counts.Total)!.Value, 1e-6);
        Assert.Equal(0, Rarefaction.StandardError(counts, 1)!.Value, 1e-6);
        var m = 1 + (long)(part * (counts.Total - 1));
        foreach (var q in new[] { 0, 1, 2, order })
        {
            var (one, here, more) = (HillNumbers.AtSize(counts, q, 1)!.Value, HillNumbers.AtSize(counts, q, m)!.Value, HillNumbers.AtSize(counts, q, Math.Min(counts.Total, 2 * m))!.Value);
            Assert.Equal(1, one, 1e-12);
            Assert.InRange(here, 1 - 1e-9, Math.Min(counts.Observed, m) + 1e-9);
            Assert.True(here <= more * (1 + 1e-9), $"q {q} m {m} of {counts.Total}: {here:R} {more:R}");
        }
    }, iter: 300);

    [Fact]
    public void The_equation_of_rarefaction_is_the_same_by_moments_and_by_distribution() => Gen.Select(SomeCounts, Gen.Double[0, 1]).Sample((counts, part) =>
    {
        var m = 1 + (long)(part * (counts.Total - 1));
        if (m == 1 || m == counts.Total) return;
        // Order 2 has a closed form; orders beside it do not, and must meet it.
        var (below, two, above) = (HillNumbers.AtSize(counts, 1.9999999, m)!.Value, HillNumbers.AtSize(counts, 2, m)!.Value, HillNumbers.AtSize(counts, 2.0000001, m)!.Value);
        Assert.InRange(two, above * (1 - 1e-10), below * (1 + 1e-10));
        Assert.Equal(two, (below + above) / 2, two * 1e-10);
    }, iter: 300);

    [Fact]
    public void Coverage_rises_from_none_to_what_it_is_and_finds_its_reads_again() => Gen.Select(SomeCounts, Gen.Double[0.01, 0.99]).Sample((counts, target) =>
    {
        Assert.Equal(0, Coverage.AtSize(counts, 0)!.Value, 1e-12);
        var sizes = new[] { 0, 1, counts.Total / 3, counts.Total / 2, counts.Total - 1, counts.Total, counts.Total + 1, 2 * counts.Total }.Order().ToArray();
        var coverages = sizes.Select(m => Coverage.AtSize(counts, m)!.Value).ToArray();
        Assert.All(coverages, c => Assert.InRange(c, 0, 1));
        Assert.All(coverages.Zip(coverages.Skip(1)), pair => Assert.True(pair.First <= pair.Second + 1e-12));
        Assert.Equal(Coverage.ChaoJost(counts), Coverage.AtSize(counts, counts.Total));
        if (Coverage.SizeFor(counts, target) is not { } reads)
        {
            Assert.True(coverages[^1] <= target + 1e-12);
        }
        else if (reads > 1)
        {
            var (low, high) = (Coverage.AtSize(counts, (long)Math.Floor(reads))!.Value, Coverage.AtSize(counts, (long)Math.Ceiling(reads))!.Value);
            Assert.InRange(target, low - 1e-12, high + 1e-12);
        }
    }, iter: 300);

    [Fact]
    public void What_is_extrapolated_lies_between_the_sample_and_the_community() => SomeCounts.Where(c => c.Total > 1).Sample(counts =>
    {
        foreach (var q in new[] { 0, 1, 2 })
        {
            if (HillNumbers.Asymptotic(counts, q) is not { } whole) continue;
            var (here, next, twice) = (HillNumbers.Of(counts, q)!.Value, HillNumbers.AtSize(counts, q, counts.Total + 1)!.Value, HillNumbers.AtSize(counts, q, 2 * counts.Total)!.Value);
            var slack = 1e-9 * whole;
            Assert.True(here <= next + slack && next <= twice + slack && twice <= whole + slack, $"q {q}: {here:R} {next:R} {twice:R} {whole:R}");
        }
    });
}
