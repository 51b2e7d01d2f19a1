namespace Lab.Microbiome.Diversity;

/// <summary>Closed-form 95 % intervals. They cover the counting of reads only: not sampling, extraction, or change from day to day.</summary>
public static class Intervals
{
    private const double Z = AlphaDiversity.Z95;

    /// <summary>Wilson's score interval of a proportion, without continuity correction (doi:10.1080/01621459.1927.10502953).</summary>
    /// <param name="count">Reads of the taxon, 0 to <paramref name="total"/>.</param>
    /// <param name="total">Reads of the denominator, at least 0.</param>
    /// <returns>An interval within 0 to 1; null when <paramref name="total"/> is 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or above the total.</exception>
    public static Interval? Wilson(long count, long total)
    {
        Require(count, total);
        if (total == 0) return null;
        var n = (double)total;
        var p = count / n;
        var scale = 1 / (1 + Z * Z / n);
        var centre = scale * (p + Z * Z / (2 * n));
        var half = scale * Z * Math.Sqrt(p * ((total - count) / n) / n + Z * Z / (4 * n * n));
        // At the ends the bound is exactly 0 or 1; rounding must not leave a trace beside it.
        return new Interval(count == 0 ? 0 : Math.Max(0, centre - half), count == total ? 1 : Math.Min(1, centre + half));
    }

    /// <summary>The interval of <see cref="AlphaDiversity.Shannon(RelativeAbundances)"/> by its asymptotic variance (sum p ln^2 p - H^2) / N
    /// (doi:10.1016/0022-5193(70)90124-4, first term). The lower end is cut at 0; of width 0 when all shares are equal; null for no taxa.</summary>
    public static Interval? Shannon(Counts counts)
    {
        if (AlphaDiversity.Shannon(counts) is not { } entropy) return null;
        var sum = new CompensatedSum();
        foreach (var share in counts.ToRelativeAbundances().Values)
        {
            // The central form of sum p ln^2 p - H^2: it cannot come out below 0.
            var deviation = Math.Log(share) + entropy;
            sum.Add(share * deviation * deviation);
        }
        var half = Z * Math.Sqrt(sum.Value / counts.Total);
        return new Interval(Math.Max(0, entropy - half), entropy + half);
    }

    /// <summary>The interval of <see cref="AlphaDiversity.Simpson(RelativeAbundances)"/> by its asymptotic variance 4 (sum p^3 - (sum p^2)^2) / N
    /// (doi:10.1038/163688a0). Cut at 0 and 1; of width 0 when all shares are equal; null for no taxa.</summary>
    public static Interval? Simpson(Counts counts)
    {
        if (AlphaDiversity.Simpson(counts) is not { } simpson) return null;
        var dominance = 1 - simpson;
        var sum = new CompensatedSum();
        foreach (var share in counts.ToRelativeAbundances().Values) sum.Add(share * (share - dominance) * (share - dominance));
        var half = Z * Math.Sqrt(4 * sum.Value / counts.Total);
        return new Interval(Math.Max(0, simpson - half), Math.Min(1, simpson + half));
    }

    /// <summary>The interval of log2(a/b) by the delta method: the variance of ln(a/b) of two counts of one sample is 1/a + 1/b.</summary>
    /// <param name="numerator">Reads of the numerator, at least 0.</param>
    /// <param name="denominator">Reads of the denominator, at least 0.</param>
    /// <returns>The interval in log2; null when either count is 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative.</exception>
    public static Interval? Log2Ratio(long numerator, long denominator)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(numerator);
        ArgumentOutOfRangeException.ThrowIfNegative(denominator);
        if (numerator == 0 || denominator == 0) return null;
        var centre = Math.Log2((double)numerator / denominator);
        var half = Z * Math.Sqrt(1.0 / numerator + 1.0 / denominator) / Math.Log(2);
        return new Interval(centre - half, centre + half);
    }

    /// <summary>The interval of a/b: <see cref="Log2Ratio"/> taken back to the ratio itself.</summary>
    /// <inheritdoc cref="Log2Ratio" path="/param"/>
    /// <returns>The interval, both ends above 0; null when either count is 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative.</exception>
    public static Interval? Ratio(long numerator, long denominator) =>
        Log2Ratio(numerator, denominator) is { } log ? new Interval(Math.Pow(2, log.Low), Math.Pow(2, log.High)) : null;

    /// <summary>How surely the counts alone put a proportion on the side of a threshold on which it was seen: the posterior probability under
    /// Jeffreys' prior, Beta(count + 1/2, total - count + 1/2). A proportion equal to the threshold counts as above it.</summary>
    /// <param name="count">Reads of the taxon, 0 to <paramref name="total"/>.</param>
    /// <param name="total">Reads of the denominator, at least 0.</param>
    /// <param name="threshold">The threshold, a fraction of 0 to 1.</param>
    /// <returns>A probability, 0 to 1; null when <paramref name="total"/> is 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or above the total, or the threshold is outside 0 to 1.</exception>
    public static double? CountingStability(long count, long total, double threshold)
    {
        Require(count, total);
        if (!(threshold is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "Must be 0 to 1.");
        if (total == 0) return null;
        // The complement by mirroring, so that a small remainder keeps its digits.
        return (double)count / total >= threshold
            ? BetaDistribution.Cumulative(total - count + 0.5, count + 0.5, 1 - threshold)
            : BetaDistribution.Cumulative(count + 0.5, total - count + 0.5, threshold);
    }

    private static void Require(long count, long total)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(total, count);
    }
}
