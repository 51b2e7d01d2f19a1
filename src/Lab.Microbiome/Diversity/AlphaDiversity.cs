namespace Lab.Microbiome.Diversity;

/// <summary>Diversity within one sample. A value that is not defined is null, never NaN or infinite. Sums run upwards over sorted values with
/// compensation, so a result depends neither on the order of the taxa nor on the processor's vector width.</summary>
public static class AlphaDiversity
{
    /// <summary>The two-sided 95 % quantile of the normal distribution.</summary>
    internal const double Z95 = 1.959963984540054;

    // As the published equations have it; the difference is in the fifth digit.
    private const double PublishedZ = 1.96;

    /// <summary>Observed taxa, S: how many have a count above 0. Range 0 upwards; grows with depth.</summary>
    public static int Observed(Counts counts) => counts.Observed;

    /// <summary>Observed taxa, S: how many have a share above 0. Range 0 upwards; depends on the profiler's threshold.</summary>
    public static int Observed(RelativeAbundances shares) => shares.Observed;

    /// <summary>Shannon's H = -sum p ln p, base e (doi:10.1002/j.1538-7305.1948.tb01338.x). Range 0 to ln S; 0 for one taxon, null for none.</summary>
    public static double? Shannon(Counts counts) => counts.Observed == 0 ? null : Entropy(Shares(counts));

    /// <inheritdoc cref="Shannon(Counts)"/>
    public static double? Shannon(RelativeAbundances shares) => shares.Observed == 0 ? null : Entropy(shares.Values);

    /// <summary>Gini-Simpson 1 - sum p^2 (doi:10.1038/163688a0, with replacement). Range 0 to 1 - 1/S; 0 for one taxon, null for none.</summary>
    public static double? Simpson(Counts counts) => counts.Observed == 0 ? null : 1 - Dominance(Shares(counts));

    /// <inheritdoc cref="Simpson(Counts)"/>
    public static double? Simpson(RelativeAbundances shares) => shares.Observed == 0 ? null : 1 - Dominance(shares.Values);

    /// <summary>Inverse Simpson 1 / sum p^2, the Hill number of order 2 (doi:10.2307/1934352). Range 1 to S; null for no taxa.</summary>
    public static double? InverseSimpson(Counts counts) => counts.Observed == 0 ? null : 1 / Dominance(Shares(counts));

    /// <inheritdoc cref="InverseSimpson(Counts)"/>
    public static double? InverseSimpson(RelativeAbundances shares) => shares.Observed == 0 ? null : 1 / Dominance(shares.Values);

    /// <summary>Pielou's evenness J = H / ln S (doi:10.1016/0022-5193(66)90013-0). Range 0 to 1; null for fewer than two taxa, as QIIME 2 has it
    /// (scikit-bio gives 1 for one taxon).</summary>
    public static double? Pielou(Counts counts) => Evenness(Shannon(counts), counts.Observed);

    /// <inheritdoc cref="Pielou(Counts)"/>
    public static double? Pielou(RelativeAbundances shares) => Evenness(Shannon(shares), shares.Observed);

    /// <summary>Berger-Parker dominance, the largest share (doi:10.1126/science.168.3937.1345). Range 1/S to 1; null for no taxa.</summary>
    public static double? BergerParker(Counts counts) => counts.Observed == 0 ? null : (double)counts.Values[^1] / counts.Total;

    /// <inheritdoc cref="BergerParker(Counts)"/>
    public static double? BergerParker(RelativeAbundances shares) => shares.Observed == 0 ? null : Math.Min(1, shares.Values[^1]);

    /// <summary>Chao1, bias-corrected: S + F1 (F1 - 1) / (2 (F2 + 1)), F1 and F2 the number of taxa with a count of exactly 1 and 2
    /// (Chao 1984; Colwell, EstimateS, eq. 4). At least S; 0 for no taxa.</summary>
    public static double Chao1(Counts counts)
    {
        var (f1, f2) = (WithCount(counts, 1), WithCount(counts, 2));
        return counts.Observed + f1 * (f1 - 1) / (2 * (f2 + 1));
    }

    /// <summary>The 95 % interval of <see cref="Chao1"/> (doi:10.2307/2531532; EstimateS eqs. 5-8, 13 and 14; the form of scikit-bio's
    /// <c>chao1_ci</c>, with their quantile of 1.96). Never below S; S to S when the estimate is S and there are singletons; null for no taxa.</summary>
    public static Interval? Chao1Interval(Counts counts)
    {
        if (counts.Observed == 0) return null;
        var (observed, chao) = ((double)counts.Observed, Chao1(counts));
        var (f1, f2) = (WithCount(counts, 1), WithCount(counts, 2));
        if (f1 == 0)
        {
            var unseen = Math.Exp(-counts.Total / observed);
            var centre = observed / (1 - unseen);
            var half = PublishedZ * Math.Sqrt(observed * unseen / (1 - unseen));
            return new Interval(Math.Max(observed, centre - half), centre + half);
        }
        var beyond = chao - observed;
        if (beyond == 0) return new Interval(observed, observed);
        var spread = 2 * f1 - 1;
        var variance = f2 == 0
            ? f1 * (f1 - 1) / 2 + f1 * spread * spread / 4 - f1 * f1 * f1 * f1 / (4 * chao)
            : f1 * (f1 - 1) / (2 * (f2 + 1))
              + f1 * spread * spread / (4 * (f2 + 1) * (f2 + 1))
              + f1 * f1 * f2 * (f1 - 1) * (f1 - 1) / (4 * (f2 + 1) * (f2 + 1) * (f2 + 1) * (f2 + 1));
        var factor = Math.Exp(PublishedZ * Math.Sqrt(Math.Log(1 + variance / (beyond * beyond))));
        return new Interval(observed + beyond / factor, observed + beyond * factor);
    }

    /// <summary>Good's coverage 1 - F1 / N, the share of the community that the seen taxa make up (doi:10.1093/biomet/40.3-4.237).
    /// Range 0 to 1; null for no taxa.</summary>
    public static double? GoodsCoverage(Counts counts) => counts.Observed == 0 ? null : 1 - WithCount(counts, 1) / counts.Total;

    /// <summary>Fisher's alpha, the root of a ln(1 + N/a) = S (doi:10.2307/1411). Above 0; null for no taxa, and null when every taxon is a
    /// singleton (S = N), where there is no root.</summary>
    public static double? FisherAlpha(Counts counts)
    {
        if (counts.Observed == counts.Total) return null;
        // With x = N/a the equation is ln(1+x)/x = S/N, which falls from 1 to 0. Each side of one half is solved in the form that does not cancel.
        var total = (double)counts.Total;
        var share = counts.Observed / total;
        var rest = (counts.Total - counts.Observed) / total;
        var (low, high) = (double.Epsilon, 1e300);
        // Halving between the bit patterns takes at most 64 steps over the whole range and ends at neighbouring doubles.
        var (lowBits, highBits) = (BitConverter.DoubleToInt64Bits(low), BitConverter.DoubleToInt64Bits(high));
        while (highBits - lowBits > 1)
        {
            var middleBits = lowBits + (highBits - lowBits) / 2;
            var x = BitConverter.Int64BitsToDouble(middleBits);
            var below = share < 0.5 ? LogOnePlus(x) / x > share : OneMinusLogShare(x) < rest;
            if (below) lowBits = middleBits;
            else highBits = middleBits;
        }
        return total / BitConverter.Int64BitsToDouble(highBits);
    }

    /// <summary>The shares p = n/N, in the order of the counts.</summary>
    internal static double[] Shares(Counts counts)
    {
        var shares = new double[counts.Observed];
        for (var i = 0; i < shares.Length; i++) shares[i] = (double)counts.Values[i] / counts.Total;
        return shares;
    }

    private static double Entropy(IReadOnlyList<double> shares)
    {
        if (shares.Count == 1) return 0;
        var sum = new CompensatedSum();
        foreach (var share in shares) sum.Add(-share * Math.Log(share));
        return sum.Value;
    }

    private static double Dominance(IReadOnlyList<double> shares)
    {
        if (shares.Count == 1) return 1;
        var sum = new CompensatedSum();
        foreach (var share in shares) sum.Add(share * share);
        return sum.Value;
    }

    // Equal shares may come out an ulp above 1.
    private static double? Evenness(double? entropy, int observed) => observed < 2 ? null : Math.Min(1, entropy!.Value / Math.Log(observed));

    private static double WithCount(Counts counts, long count)
    {
        var number = 0;
        foreach (var value in counts.Values)
        {
            if (value > count) break;
            if (value == count) number++;
        }
        return number;
    }

    // double.LogP1 is Log(1 + x) and loses small x; this is Kahan's correction of it.
    private static double LogOnePlus(double x)
    {
        var onePlus = 1 + x;
        return onePlus == 1 ? x : Math.Log(onePlus) * (x / (onePlus - 1));
    }

    // 1 - ln(1+x)/x, by its series x/2 - x^2/3 + x^3/4 … where the difference would cancel.
    private static double OneMinusLogShare(double x)
    {
        if (x > 0.25) return 1 - LogOnePlus(x) / x;
        var (sum, power) = (0.0, x);
        for (var k = 2; k < 32; k++)
        {
            sum += power / k;
            power *= -x;
        }
        return sum;
    }
}
