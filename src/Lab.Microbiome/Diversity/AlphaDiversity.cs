namespace Lab.Microbiome.Diversity;

/// <summary>Diversity, evenness and dominance within one sample. A value that is not defined is null, never NaN or infinite. Sums run upwards over
/// sorted values with compensation, so a result depends neither on the order of the taxa nor on the processor's vector width. What takes shares takes
/// counts too; what needs counts does not compile on shares. Zeros are no taxa: they are dropped before anything is computed.</summary>
public static class AlphaDiversity
{
    /// <summary>The two-sided 95 % quantile of the normal distribution.</summary>
    internal const double Z95 = 1.959963984540054;

    /// <summary>Observed taxa, S: how many have a share above 0. Range 0 upwards; of counts it grows with depth, of shares it depends on the
    /// profiler's threshold.</summary>
    public static int Observed(RelativeAbundances shares) => shares.Observed;

    /// <summary>Shannon's H = -sum p ln p, base e (doi:10.1002/j.1538-7305.1948.tb01338.x). Range 0 to ln S; 0 for one taxon, null for none (NaN in
    /// scikit-bio, 0 in vegan). QIIME 2, and scikit-bio before 0.6.1, have base 2: see <see cref="Shannon(RelativeAbundances, double)"/>.</summary>
    public static double? Shannon(RelativeAbundances shares) => shares.Observed switch
    {
        0 => null,
        1 => 0,
        _ => Sum(shares, static share => -share * Math.Log(share)),
    };

    /// <summary>Shannon's H to another base: H / ln b. Range 0 to log_b S; 0 for one taxon, null for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The base is not finite or not above 1.</exception>
    public static double? Shannon(RelativeAbundances shares, double logBase) => double.IsFinite(logBase) && logBase > 1
        ? Shannon(shares) / Math.Log(logBase)
        : throw new ArgumentOutOfRangeException(nameof(logBase), logBase, "A base must be finite and above 1.");

    /// <summary>Simpson's dominance D = sum p^2, with replacement (doi:10.1038/163688a0). Range 1/S to 1; 1 for one taxon, null for none.</summary>
    public static double? Dominance(RelativeAbundances shares) => shares.Observed switch
    {
        0 => null,
        1 => 1,
        _ => Sum(shares, static share => share * share),
    };

    /// <summary>Simpson's dominance without replacement, sum n(n-1) / (N(N-1)): unbiased (doi:10.1038/163688a0). Range 0 to 1; 0 for singletons only,
    /// 1 for one taxon; null for fewer than two reads.</summary>
    public static double? FiniteDominance(Counts counts)
    {
        if (counts.Total < 2) return null;
        if (counts.Observed == 1) return 1;
        var total = (double)counts.Total;
        return Sum(counts, count => count / total * ((count - 1) / (total - 1)));
    }

    /// <summary>Gini-Simpson 1 - sum p^2 (doi:10.1038/163688a0, with replacement). Range 0 to 1 - 1/S; 0 for one taxon, null for none (NaN in
    /// scikit-bio, 1 in vegan).</summary>
    public static double? Simpson(RelativeAbundances shares) => 1 - Dominance(shares);

    /// <summary>Gini-Simpson without replacement, 1 - sum n(n-1) / (N(N-1)). Range 0 to 1; null for fewer than two reads.</summary>
    public static double? FiniteSimpson(Counts counts) => 1 - FiniteDominance(counts);

    /// <summary>Inverse Simpson 1 / sum p^2, the Hill number of order 2 (doi:10.2307/1934352). Range 1 to S; null for no taxa (infinite in vegan).</summary>
    public static double? InverseSimpson(RelativeAbundances shares) => 1 / Dominance(shares);

    /// <summary>Inverse Simpson without replacement, N(N-1) / sum n(n-1). At least 1, and not bounded by S; null for singletons only (infinite in
    /// scikit-bio) and for fewer than two reads.</summary>
    public static double? FiniteInverseSimpson(Counts counts) => FiniteDominance(counts) is > 0 and var dominance ? 1 / dominance : null;

    /// <summary>Pielou's evenness J = H / ln S (doi:10.1016/0022-5193(66)90013-0). Range 0 to 1; null for fewer than two taxa, as QIIME 2 has it
    /// (scikit-bio gives 1 for one taxon).</summary>
    // Equal shares may come out an ulp above 1.
    public static double? Pielou(RelativeAbundances shares) => shares.Observed < 2 ? null : Math.Min(1, Shannon(shares)!.Value / Math.Log(shares.Observed));

    /// <summary>Simpson's evenness (1/D) / S (doi:10.2307/3545749). Range 1/S to 1; 1 for one taxon, null for none.</summary>
    public static double? SimpsonEvenness(RelativeAbundances shares) => shares.Observed == 0 ? null : Math.Min(1, InverseSimpson(shares)!.Value / shares.Observed);

    /// <summary>Heip's evenness (e^H - 1) / (S - 1) (doi:10.1017/S0025315400022736). Range 0 to 1; 1 for one taxon, as scikit-bio has it from 0.6 on;
    /// null for none.</summary>
    public static double? Heip(RelativeAbundances shares) => shares.Observed switch
    {
        0 => null,
        1 => 1,
        _ => Math.Min(1, (Math.Exp(Shannon(shares)!.Value) - 1) / (shares.Observed - 1)),
    };

    /// <summary>Berger-Parker dominance, the largest share (doi:10.1126/science.168.3937.1345). Range 1/S to 1; null for no taxa.</summary>
    public static double? BergerParker(RelativeAbundances shares) => shares.Observed == 0 ? null : Math.Min(1, shares.Values[^1]);

    /// <summary>Strong's dominance index, the largest distance of the cumulative shares, from the most abundant down, above i/S
    /// (Strong 2002, Community Ecology 3). Range 0 to 1 - 1/S; 0 for one taxon, null for none.</summary>
    public static double? Strong(RelativeAbundances shares)
    {
        if (shares.Observed == 0) return null;
        var (above, largest) = (new CompensatedSum(), 0.0);
        for (var i = 1; i < shares.Observed; i++)
        {
            above.Add(shares.Values[^i]);
            largest = Math.Max(largest, above.Value - (double)i / shares.Observed);
        }
        return largest;
    }

    /// <summary>Gini's index of inequality 1 - 2B, B the area below the Lorenz curve by rectangles: the mean of the cumulative shares from the least
    /// abundant up (scikit-bio's default). Cut at 0, since rectangles make B too large by 1/(2S); range 0 to 1 - 1/S; 0 for one taxon, null for none.
    /// Over the taxa that were seen: scikit-bio counts the zeros that it is given as taxa.</summary>
    public static double? GiniByRectangles(RelativeAbundances shares) => Lorenz(shares) is { } area ? Math.Max(0, 1 - 2 * area) : null;

    /// <summary>Gini's index by trapezoids: B less 1/(2S), so 1/S above <see cref="GiniByRectangles"/> where that is not cut; the mean absolute
    /// difference over twice the mean. Range 0 to 1 - 1/S; 0 for one taxon, null for none.</summary>
    public static double? GiniByTrapezoids(RelativeAbundances shares) => Lorenz(shares) is { } area ? Math.Max(0, 1 - 2 * (area - 0.5 / shares.Observed)) : null;

    /// <summary>Kempton and Taylor's Q, the slope of the cumulative number of taxa over the logarithm of abundance between the quartiles
    /// (Kempton and Taylor 1976, Nature 262): (u - l) / ln(a_u / a_l) of the abundances in ascending order, counted from 0, l = ceil(S/4), u = floor(3S/4), as
    /// scikit-bio has it. Above 0; null for fewer than three taxa and where both quartiles are equally abundant (infinite in scikit-bio).</summary>
    public static double? KemptonTaylor(RelativeAbundances shares)
    {
        var (lower, upper) = ((shares.Observed + 3) / 4, 3 * shares.Observed / 4);
        if (upper <= lower || shares.Values[upper] == shares.Values[lower]) return null;
        return (upper - lower) / Math.Log(shares.Values[upper] / shares.Values[lower]);
    }

    /// <summary>McIntosh's dominance (N - U) / (N - sqrt N), U = sqrt(sum n^2) (doi:10.2307/1932674). Range 0 to 1 (0 for one taxon, 1 for singletons
    /// only: it falls as dominance grows); null for fewer than two reads.</summary>
    public static double? McIntoshDominance(Counts counts)
    {
        if (counts.Total < 2) return null;
        // Divided by N: 1 - sqrt D over 1 - 1/sqrt N; singletons only may come out an ulp above 1.
        return Math.Min(1, (1 - Math.Sqrt(Dominance(counts)!.Value)) / (1 - 1 / Math.Sqrt(counts.Total)));
    }

    /// <summary>McIntosh's evenness U / sqrt((N-S+1)^2 + S - 1), U = sqrt(sum n^2): over the largest U that S taxa and N reads can have
    /// (doi:10.2307/1932674, in the form of scikit-bio, after Heip and Engels). Range 0 to 1; 1 for one taxon and for singletons only; null for none.</summary>
    public static double? McIntoshEvenness(Counts counts)
    {
        if (counts.Observed == 0) return null;
        double total = counts.Total, others = counts.Observed - 1;
        return Math.Min(1, Math.Sqrt(Dominance(counts)!.Value) / Math.Sqrt((total - others) / total * ((total - others) / total) + others / total / total));
    }

    /// <summary>Brillouin's index (ln N! - sum ln n!) / N, base e (Brillouin 1956; doi:10.1016/0022-5193(66)90013-0). Range 0 to Shannon's H; 0 for
    /// one taxon, null for none.</summary>
    public static double? Brillouin(Counts counts)
    {
        if (counts.Observed == 0) return null;
        if (counts.Observed == 1) return 0;
        // By Stirling's formula N H and what it leaves: the factorials of millions would cancel.
        var rest = Sum(counts, static count => Math.Log(2 * Math.PI * count) / 2 + SpecialFunctions.StirlingError(count));
        return Shannon(counts) + (Math.Log(2 * Math.PI * counts.Total) / 2 + SpecialFunctions.StirlingError(counts.Total) - rest) / counts.Total;
    }

    /// <summary>The sum of a term of each share, upwards and compensated.</summary>
    internal static double Sum(RelativeAbundances shares, Func<double, double> term)
    {
        var sum = new CompensatedSum();
        foreach (var share in shares.Values) sum.Add(term(share));
        return sum.Value;
    }

    /// <summary>The sum of a term of each count, upwards and compensated; equal counts are computed once.</summary>
    internal static double Sum(Counts counts, Func<long, double> term)
    {
        var (sum, last, value) = (new CompensatedSum(), 0L, 0.0);
        foreach (var count in counts.Values)
        {
            if (count != last) (last, value) = (count, term(count));
            sum.Add(value);
        }
        return sum.Value;
    }

    private static double? Lorenz(RelativeAbundances shares)
    {
        if (shares.Observed == 0) return null;
        // The i-th share from the top is in i of the cumulative sums.
        var area = new CompensatedSum();
        for (var i = 0; i < shares.Observed; i++) area.Add(shares.Values[i] * ((double)(shares.Observed - i) / shares.Observed));
        return area.Value;
    }
}
