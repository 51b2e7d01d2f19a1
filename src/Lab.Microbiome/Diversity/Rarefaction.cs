namespace Lab.Microbiome.Diversity;

/// <summary>What a random part of the reads is expected to show, drawn without replacement: exact, with nothing drawn. Needs true read counts: on a
/// table from which the singletons were removed it is too low.</summary>
public static class Rarefaction
{
    // Below it, a sum over every number of reads; above, over every so many.
    private const double WideVariance = 1e6;

    /// <summary>Hurlbert's expected number of taxa among m reads, sum (1 - C(N-n, m) / C(N, m)) (doi:10.2307/1934145). Range 1 to min(S, m): 1 at
    /// m = 1, S at m = N; null for no taxa and where m is above N (vegan warns and gives S).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reads"/> is below 1.</exception>
    public static double? Richness(Counts counts, long reads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(reads, 1);
        if (counts.Observed == 0 || reads > counts.Total) return null;
        if (reads == counts.Total) return counts.Observed;
        return AlphaDiversity.Sum(counts, count => -SpecialFunctions.ExpMinusOne(LogMissed(counts.Total, count, reads)));
    }

    /// <summary>The standard deviation of the number of taxa among m reads drawn at random from these (doi:10.2307/1934716; vegan's <c>se</c>). At
    /// least 0; 0 at m = 1 and m = N; null for no taxa and where m is above N. Takes time with the square of the number of different counts.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reads"/> is below 1.</exception>
    public static double? StandardError(Counts counts, long reads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(reads, 1);
        if (counts.Observed == 0 || reads > counts.Total) return null;
        var groups = counts.Values.GroupBy(count => count).Select(group => (Count: group.Key, Taxa: (double)group.Count(), Missed: Math.Exp(LogMissed(counts.Total, group.Key, reads))))
            .TakeWhile(group => group.Missed > 0).ToArray();
        var variance = new CompensatedSum();
        for (var i = 0; i < groups.Length; i++)
        {
            var one = groups[i];
            variance.Add(one.Taxa * one.Missed * (1 - one.Missed));
            variance.Add(one.Taxa * (one.Taxa - 1) * Covariance(one, one));
            for (var j = 0; j < i; j++) variance.Add(2 * one.Taxa * groups[j].Taxa * Covariance(one, groups[j]));
        }
        return Math.Sqrt(Math.Max(0, variance.Value));

        double Covariance((long Count, double Taxa, double Missed) one, (long Count, double Taxa, double Missed) other) =>
            Math.Exp(LogMissed(counts.Total, one.Count + other.Count, reads)) - one.Missed * other.Missed;
    }

    /// <summary>ln of C(N-n, m) / C(N, m), the probability that m of N reads miss a taxon of n: 0 to minus infinity.</summary>
    internal static double LogMissed(double total, double count, double reads)
    {
        if (count > total - reads) return double.NegativeInfinity;
        // It is the same with n and m exchanged.
        var (small, large) = (Math.Min(count, reads), Math.Max(count, reads));
        if (small <= 64)
        {
            var sum = new CompensatedSum();
            for (var j = 0; j < small; j++) sum.Add(SpecialFunctions.LogOnePlus(-large / (total - j)));
            return sum.Value;
        }
        double a = total - small, b = total - large, c = total - small - large;
        // (N-n)! (N-m)! / ((N-n-m)! N!) by Stirling's formula, of which what is large is taken out by hand.
        var stirling = c < 16
            ? LogFactorialOver(a, total) + LogFactorialOver(b, c)
            : a * SpecialFunctions.LogOnePlus(-small / total) - b * SpecialFunctions.LogOnePlus(-small / b) + small * Math.Log(c / total)
              + Math.Log(a / total * (b / c)) / 2 + SpecialFunctions.StirlingError(a) + SpecialFunctions.StirlingError(b) - SpecialFunctions.StirlingError(c) - SpecialFunctions.StirlingError(total);
        return Math.Min(0, stirling);
    }

    /// <summary>The expected value of g of the number of reads of a taxon among m of N, which is hypergeometric; g(0) = 0.</summary>
    internal static double Expected(long total, long count, long reads, Func<double, double> g)
    {
        var share = (double)reads / total;
        double others = total - count, mean = count * share;
        var variance = mean * (others / total) * ((double)(total - reads) / Math.Max(1, total - 1));
        var (sum, weighted) = (new CompensatedSum(), new CompensatedSum());
        if (variance > WideVariance)
        {
            // Every so many reads, an eighth of the standard deviation, far out on both sides: of a curve this smooth that is exact to the last digits.
            var step = Math.Floor(Math.Sqrt(variance) / 8);
            var peak = LogWeight(Math.Round(mean));
            for (var j = -100; j <= 100; j++) Add(Math.Round(mean) + j * step, Math.Exp(LogWeight(Math.Round(mean) + j * step) - peak));
        }
        else
        {
            // From the most probable number outwards, each weight from its neighbour's.
            var (lowest, highest) = (Math.Max(0, reads - (total - count)), Math.Min(count, reads));
            var mode = Math.Clamp((long)((Int128)(reads + 1) * (count + 1) / (total + 2)), lowest, highest);
            var weight = 1.0;
            for (double k = mode; k < highest && weight > 1e-30; k++) Add(k + 1, weight *= (count - k) / (k + 1) * ((reads - k) / (others - reads + k + 1)));
            weight = 1;
            for (double k = mode; k > lowest && weight > 1e-30; k--) Add(k - 1, weight *= k / (count - k + 1) * ((others - reads + k) / (reads - k + 1)));
            Add(mode, 1);
        }
        return weighted.Value / sum.Value;

        void Add(double k, double weight)
        {
            sum.Add(weight);
            if (k > 0) weighted.Add(weight * g(k));
        }

        // All four cells are large here.
        double LogWeight(double k)
        {
            var (left, rest, missed) = (count - k, reads - k, others - reads + k);
            return -SpecialFunctions.Deviance(k, mean) - SpecialFunctions.Deviance(left, count * (1 - share)) - SpecialFunctions.Deviance(rest, others * share)
                - SpecialFunctions.Deviance(missed, others * (1 - share)) - (Math.Log(k) + Math.Log(left) + Math.Log(rest) + Math.Log(missed)) / 2
                - SpecialFunctions.StirlingError(k) - SpecialFunctions.StirlingError(left) - SpecialFunctions.StirlingError(rest) - SpecialFunctions.StirlingError(missed);
        }
    }

    // ln of x! / y!, of which one may be small.
    private static double LogFactorialOver(double x, double y) => LogFactorial(x) - LogFactorial(y);

    private static double LogFactorial(double x) =>
        x == 0 ? 0 : x * Math.Log(x) - x + Math.Log(2 * Math.PI * x) / 2 + SpecialFunctions.StirlingError(x);
}
