namespace Lab.Microbiome.Diversity;

/// <summary>Estimates of how many taxa there are, from how often each was seen: they need true read counts. A classifier's false singletons inflate
/// them, and a table from which singletons were removed gives S or less than nothing; a value that is not defined is null.</summary>
public static class Richness
{
    // As the published equations have it; the difference is in the fifth digit.
    private const double PublishedZ = 1.96;

    private const long RareLimit = 10;

    /// <summary>Chao1, bias-corrected: S + F1 (F1 - 1) / (2 (F2 + 1)), F1 and F2 the number of taxa with a count of exactly 1 and 2
    /// (Chao 1984; Colwell, EstimateS, eq. 4). At least S; 0 for no taxa. The form of vegan, and the default of scikit-bio.</summary>
    public static double Chao1(Counts counts) => counts.Observed + Unseen(counts, corrected: true);

    /// <summary>Chao1 as first published: S + F1^2 / (2 F2) where there are singletons and doubletons (Chao 1984), else as <see cref="Chao1"/>, as
    /// scikit-bio has it. At least S; 0 for no taxa.</summary>
    public static double Chao1Classic(Counts counts) => counts.Observed + Unseen(counts, corrected: false);

    /// <summary>Chao1 in the form of iNEXT: S + (N-1)/N F1^2 / (2 F2), or S + (N-1)/N F1 (F1-1) / 2 without doubletons (doi:10.1890/13-0133.1). At
    /// least S; 0 for no taxa. The asymptotic Hill number of order 0.</summary>
    public static double Chao1Inext(Counts counts) => counts.Observed + Coverage.Unseen(counts);

    /// <summary>The 95 % interval of <see cref="Chao1"/> (doi:10.2307/2531532; EstimateS eqs. 5-8, 13 and 14; the form of scikit-bio's
    /// <c>chao1_ci</c>, with their quantile of 1.96). Never below S; S to S when the estimate is S and there are singletons; null for no taxa.</summary>
    public static Interval? Chao1Interval(Counts counts) => ChaoInterval(counts, corrected: true);

    /// <summary>The 95 % interval of <see cref="Chao1Classic"/>, by the same equations with the uncorrected variance F2 (r^2/2 + r^3 + 0.24 r^4),
    /// r = F1/F2 (scikit-bio's 0.24, where Chao 1987 has 1/4). Never below S; null for no taxa.</summary>
    public static Interval? Chao1ClassicInterval(Counts counts) => ChaoInterval(counts, corrected: false);

    /// <summary>The standard error of <see cref="Chao1"/> in the form of vegan since 2.4 (<c>estimateR</c>: the delta method on the bias-corrected
    /// form). At least 0; 0 without singletons, null for no taxa. Not comparable with the variance behind <see cref="Chao1Interval"/>.</summary>
    public static double? Chao1StandardError(Counts counts)
    {
        if (counts.Observed == 0) return null;
        double f1 = counts.Singletons, f2 = counts.Doubletons, chao = Chao1(counts);
        var inner = (4 + (6 + 4 * f2) * f2 + f1 * f2) * f1 + (-2 + (-1 + (2 * f2 + 2) * f2) * f2);
        var variance = f1 * ((-f2 * f2 + (-2 * f2 - f1) * f1) * f1 + (-1 + (-4 + (-5 - 2 * f2) * f2) * f2 + inner * f1) * chao)
            / 4 / Math.Pow(f2 + 1, 4) / chao;
        return Math.Sqrt(Math.Max(0, variance));
    }

    /// <summary>ACE, the abundance-based coverage estimator (doi:10.1080/01621459.1992.10475194): S_abundant + S_rare / C + F1 / C gamma^2, rare being
    /// a count of at most 10, C = 1 - F1 / N_rare. At least S; S_abundant where nothing is rare; null where every rare taxon is a singleton
    /// (an error in scikit-bio, NaN in vegan). 0 for no taxa.</summary>
    public static double? Ace(Counts counts)
    {
        long rareTaxa = 0, rareReads = 0, pairs = 0;
        foreach (var count in counts.Values)
        {
            if (count > RareLimit) break;
            rareTaxa++;
            rareReads += count;
            pairs += count * (count - 1);
        }
        var abundant = counts.Observed - rareTaxa;
        if (rareTaxa == 0) return abundant;
        if (pairs == 0) return null;
        var coverage = 1 - (double)counts.Singletons / rareReads;
        var variation = Math.Max(0, rareTaxa * (double)pairs / (coverage * rareReads * (rareReads - 1)) - 1);
        return abundant + rareTaxa / coverage + counts.Singletons / coverage * variation;
    }

    /// <summary>Fisher's alpha, the root of a ln(1 + N/a) = S (doi:10.2307/1411). Above 0; null for no taxa, and null when every taxon is a
    /// singleton (S = N), where there is no root (infinite in scikit-bio, a huge number in vegan).</summary>
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
            var below = share < 0.5 ? SpecialFunctions.LogOnePlus(x) / x > share : OneMinusLogShare(x) < rest;
            if (below) lowBits = middleBits;
            else highBits = middleBits;
        }
        return total / BitConverter.Int64BitsToDouble(highBits);
    }

    /// <summary>Margalef's index (S - 1) / ln N (Margalef 1958). At least 0; null for fewer than two reads.</summary>
    public static double? Margalef(Counts counts) => counts.Total < 2 ? null : (counts.Observed - 1) / Math.Log(counts.Total);

    /// <summary>Menhinick's index S / sqrt N (doi:10.2307/1934933). Above 0, at most sqrt N; null for no taxa.</summary>
    public static double? Menhinick(Counts counts) => counts.Total == 0 ? null : counts.Observed / Math.Sqrt(counts.Total);

    private static double Unseen(Counts counts, bool corrected)
    {
        double f1 = counts.Singletons, f2 = counts.Doubletons;
        return corrected || f1 == 0 || f2 == 0 ? f1 * (f1 - 1) / (2 * (f2 + 1)) : f1 * f1 / (2 * f2);
    }

    private static Interval? ChaoInterval(Counts counts, bool corrected)
    {
        if (counts.Observed == 0) return null;
        double observed = counts.Observed, f1 = counts.Singletons, f2 = counts.Doubletons;
        if (f1 == 0)
        {
            var unseen = Math.Exp(-counts.Total / observed);
            var centre = observed / (1 - unseen);
            var half = PublishedZ * Math.Sqrt(observed * unseen / (1 - unseen));
            return new Interval(Math.Max(observed, centre - half), centre + half);
        }
        var beyond = Unseen(counts, corrected);
        if (beyond == 0) return new Interval(observed, observed);
        var factor = Math.Exp(PublishedZ * Math.Sqrt(Math.Log(1 + Variance() / (beyond * beyond))));
        return new Interval(observed + beyond / factor, observed + beyond * factor);

        double Variance()
        {
            var (spread, ratio) = (2 * f1 - 1, f1 / f2);
            if (f2 == 0) return f1 * (f1 - 1) / 2 + f1 * spread * spread / 4 - f1 * f1 * f1 * f1 / (4 * (observed + beyond));
            if (!corrected) return f2 * (ratio * ratio / 2 + ratio * ratio * ratio + 0.24 * ratio * ratio * ratio * ratio);
            return f1 * (f1 - 1) / (2 * (f2 + 1))
                + f1 * spread * spread / (4 * (f2 + 1) * (f2 + 1))
                + f1 * f1 * f2 * (f1 - 1) * (f1 - 1) / (4 * (f2 + 1) * (f2 + 1) * (f2 + 1) * (f2 + 1));
        }
    }

    // 1 - ln(1+x)/x, by its series x/2 - x^2/3 + x^3/4 … where the difference would cancel.
    private static double OneMinusLogShare(double x)
    {
        if (x > 0.25) return 1 - SpecialFunctions.LogOnePlus(x) / x;
        var (sum, power) = (0.0, x);
        for (var k = 2; k < 32; k++)
        {
            sum += power / k;
            power *= -x;
        }
        return sum;
    }
}
