namespace Lab.Microbiome.Diversity;

/// <summary>Hill numbers: how many equally common taxa would be as diverse. They fall as the order q rises: the higher it is, the less rare taxa
/// weigh. Of one sample as it is, of a smaller or (up to twice) larger one, at a given coverage, and of the whole community by estimate.</summary>
public static class HillNumbers
{
    /// <summary>The largest order for a smaller sample.</summary>
    public const double MaxRarefiedOrder = 10;

    /// <summary>The Hill number of order q, (sum p^q)^(1/(1-q)) (doi:10.2307/1934352): S at 0, e^H at 1, 1/D at 2, 1/max p at infinity. Range 1 to S;
    /// 1 for one taxon, null for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The order is below 0 or NaN.</exception>
    public static double? Of(RelativeAbundances shares, double order)
    {
        Require(order);
        if (shares.Observed == 0) return null;
        return order switch
        {
            0 => shares.Observed,
            1 => Math.Exp(AlphaDiversity.Shannon(shares)!.Value),
            2 => AlphaDiversity.InverseSimpson(shares),
            double.PositiveInfinity => 1 / AlphaDiversity.BergerParker(shares),
            _ => Math.Exp(Renyi(shares, order)!.Value),
        };
    }

    /// <summary>Rényi's entropy of order q, ln(sum p^q) / (1-q), base e (Rényi 1961): the logarithm of the Hill number. Range 0 to ln S; 0 for one
    /// taxon, null for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The order is below 0 or NaN.</exception>
    public static double? Renyi(RelativeAbundances shares, double order)
    {
        Require(order);
        if (shares.Observed == 0) return null;
        if (order is 0 or 1 or 2 || double.IsInfinity(order)) return Math.Log(Of(shares, order)!.Value);
        // Near 1 by the difference to it, else by the ratios to the largest share, which do not underflow.
        if (Math.Abs(order - 1) < 0.5) return SpecialFunctions.LogOnePlus((1 - order) * Tsallis(shares, order)!.Value) / (1 - order);
        var largest = shares.Values[^1];
        return (Math.Log(AlphaDiversity.Sum(shares, share => Math.Pow(share / largest, order))) + order * Math.Log(largest)) / (1 - order);
    }

    /// <summary>Tsallis' entropy of order q, (1 - sum p^q) / (q-1) (doi:10.1007/BF01016429): S - 1 at 0, H at 1, 1 - D at 2, 0 at infinity. At least 0;
    /// 0 for one taxon, null for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The order is below 0 or NaN.</exception>
    public static double? Tsallis(RelativeAbundances shares, double order)
    {
        Require(order);
        if (shares.Observed == 0) return null;
        if (order == 1) return AlphaDiversity.Shannon(shares);
        if (double.IsInfinity(order)) return 0;
        return AlphaDiversity.Sum(shares, share => share * SpecialFunctions.ExpMinusOne((order - 1) * Math.Log(share))) / (1 - order);
    }

    /// <summary>The Hill number of the whole community, estimated from the sample (doi:10.1890/13-0133.1): of order 0 <see cref="Richness.Chao1Inext"/>,
    /// of order 1 by doi:10.1111/2041-210X.12108, of order 2 <see cref="AlphaDiversity.FiniteInverseSimpson"/>. At least 1; null for no taxa, and of order 2
    /// for singletons only. iNEXT rounds a part of order 1 to 12 decimals, which shows where there are many reads.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The order is not 0, 1 or 2.</exception>
    public static double? Asymptotic(Counts counts, int order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, 2);
        if (counts.Observed == 0) return null;
        if (order == 0) return Richness.Chao1Inext(counts);
        if (order == 2) return AlphaDiversity.FiniteInverseSimpson(counts);
        var all = SpecialFunctions.Digamma(counts.Total);
        var seen = AlphaDiversity.Sum(counts, count => (double)count / counts.Total * (all - SpecialFunctions.Digamma(count)));
        return Math.Exp(seen + UnseenEntropy(counts));
    }

    /// <summary>The Hill number that a sample of m reads is expected to have (doi:10.1890/13-0133.1): below N by rarefaction, sum over k of
    /// (k/m)^q f_k(m), at N as seen, above by extrapolation as in iNEXT. At least 1; null for no taxa, above 2N reads, above N reads for
    /// orders other than 0, 1 and 2, and above N where there is but one read.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The order is below 0, above <see cref="MaxRarefiedOrder"/> or NaN, or <paramref name="reads"/> is below 1.</exception>
    public static double? AtSize(Counts counts, double order, long reads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(reads, 1);
        return At(counts, order, reads);
    }

    /// <summary>The Hill number at a coverage (doi:10.1890/11-1952.1): samples of unequal depth are compared where each knows as much of its community.
    /// <see cref="AtSize"/> at <see cref="Coverage.SizeFor"/>; between two whole numbers of reads by a straight line, as iNEXT has it. At least 1; null for
    /// no taxa, where it would take more than 2N reads, and above N reads for orders other than 0, 1 and 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The order is below 0, above <see cref="MaxRarefiedOrder"/> or NaN, or the coverage is not between 0 and 1.</exception>
    public static double? AtCoverage(Counts counts, double order, double coverage)
    {
        Require(order, MaxRarefiedOrder);
        if (Coverage.SizeFor(counts, coverage) is not { } reads) return null;
        var whole = Math.Floor(reads);
        if (reads >= counts.Total || reads == whole) return At(counts, order, reads);
        var (below, above) = (At(counts, order, whole)!.Value, At(counts, order, whole + 1)!.Value);
        return below + (reads - whole) * (above - below);
    }

    private static double? At(Counts counts, double order, double reads)
    {
        Require(order, MaxRarefiedOrder);
        if (counts.Observed == 0) return null;
        if (reads == counts.Total) return Of(counts, order);
        return reads < counts.Total ? Rarefied(counts, order, (long)reads) : Extrapolated(counts, order, reads);
    }

    private static double Rarefied(Counts counts, double order, long reads)
    {
        if (reads == 1) return 1;
        if (order == 0) return Rarefaction.Richness(counts, reads)!.Value;
        double m = reads;
        if (order == 2) return 1 / (1 / m + (m - 1) / m * AlphaDiversity.FiniteDominance(counts)!.Value);
        if (order == 1) return Math.Exp(AlphaDiversity.Sum(counts, count => Rarefaction.Expected(counts.Total, count, reads, k => -k / m * Math.Log(k / m))));
        return Math.Pow(AlphaDiversity.Sum(counts, count => Rarefaction.Expected(counts.Total, count, reads, k => Math.Pow(k / m, order))), 1 / (1 - order));
    }

    private static double? Extrapolated(Counts counts, double order, double reads)
    {
        double n = counts.Total, further = reads - n;
        if (reads > 2 * n || n < 2) return null;
        switch (order)
        {
            case 0:
                var unseen = Coverage.Unseen(counts);
                return counts.Observed + unseen * (1 - Math.Pow(1 - counts.Singletons / (n * unseen + Math.Max(1, counts.Singletons)), further));
            case 1:
                // With one read less each taxon has lost it by n/N; from there to here is the first step of a decay to the whole community.
                var less = Math.Exp(AlphaDiversity.Sum(counts, count => (1 - count / n) * Entropy(count / (n - 1)) + count / n * Entropy((count - 1) / (n - 1))));
                var (here, whole) = (Of(counts, 1)!.Value, Asymptotic(counts, 1)!.Value);
                var pace = whole == less ? 0 : (here - less) / (whole - less);
                return here + (whole - here) * (1 - Math.Pow(1 - pace, further));
            case 2:
                return 1 / (1 / reads + (1 - 1 / reads) * AlphaDiversity.FiniteDominance(counts)!.Value);
            default:
                return null;
        }
    }

    private static double Entropy(double share) => share == 0 ? 0 : -share * Math.Log(share);

    /// <summary>F1/N (1-A)^(1-N) (-ln A - sum_{r&lt;N} (1-A)^r / r), that is F1/N sum_{j&gt;0} x^j / (N-1+j) with x = 1-A: what the unseen taxa add to the
    /// entropy. N terms that cancel become a few that do not.</summary>
    private static double UnseenEntropy(Counts counts)
    {
        double n = counts.Total, f1 = counts.Singletons, f2 = counts.Doubletons;
        if (f1 == 0 || (f1 == 1 && f2 == 0)) return 0;
        var a = f2 > 0 ? 2 * f2 / ((n - 1) * f1 + 2 * f2) : 2 / ((n - 1) * (f1 - 1) + 2);
        var (decay, sum) = (-SpecialFunctions.LogOnePlus(-a), new CompensatedSum());
        // Term by term as long as they matter or the curve is steep; the rest as an integral with Euler and Maclaurin's corrections.
        double Term(double j) => Math.Exp(-decay * j) / (n - 1 + j);
        var j = 1.0;
        for (; decay > 0.02 ? decay * j < 40 : n - 1 + j < 100; j++) sum.Add(Term(j));
        if (decay <= 0.02)
        {
            var (size, f) = (n - 1 + j, Term(j));
            var (d, u) = (decay, 1 / size);
            sum.Add(f * size * SpecialFunctions.ScaledExponentialIntegral(d * size));
            sum.Add(f / 2);
            sum.Add(f * (d + u) / 12);
            sum.Add(-f * (d * d * d + 3 * d * d * u + 6 * d * u * u + 6 * u * u * u) / 720);
            sum.Add(f * (Math.Pow(d, 5) + 5 * Math.Pow(d, 4) * u + 20 * Math.Pow(d, 3) * u * u + 60 * d * d * Math.Pow(u, 3) + 120 * d * Math.Pow(u, 4) + 120 * Math.Pow(u, 5)) / 30240);
        }
        return f1 / n * sum.Value;
    }

    private static void Require(double order, double largest = double.PositiveInfinity)
    {
        if (!(order >= 0 && order <= largest)) throw new ArgumentOutOfRangeException(nameof(order), order, $"An order must be 0 to {largest}.");
    }
}
