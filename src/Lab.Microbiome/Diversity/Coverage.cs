namespace Lab.Microbiome.Diversity;

/// <summary>How much of a community the taxa that were seen make up, by read counts. Every value is null for no taxa.</summary>
public static class Coverage
{
    /// <summary>Good's coverage 1 - F1 / N, the share of the community that the seen taxa make up (doi:10.1093/biomet/40.3-4.237).
    /// Range 0 to 1; null for no taxa.</summary>
    public static double? Good(Counts counts) => counts.Observed == 0 ? null : 1 - (double)counts.Singletons / counts.Total;

    /// <summary>Robbins' estimate of the probability of the unseen, F1 / N as scikit-bio has it (Robbins 1968, who divides by N + 1). Range 0 to 1;
    /// null for no taxa.</summary>
    public static double? Robbins(Counts counts) => counts.Observed == 0 ? null : (double)counts.Singletons / counts.Total;

    /// <summary>Esty's 95 % interval of the uncovered share: F1/N -/+ z sqrt((F1 (N - F1) + 2 N F2) / N^3) (Esty 1983, Annals of Statistics 11; the form of
    /// scikit-bio's <c>esty_ci</c>). Not cut: the ends may lie outside 0 to 1; of width 0 without singletons and doubletons, and for singletons only;
    /// null for no taxa.</summary>
    public static Interval? Esty(Counts counts)
    {
        if (counts.Observed == 0) return null;
        double n = counts.Total, f1 = counts.Singletons, f2 = counts.Doubletons;
        var half = AlphaDiversity.Z95 * Math.Sqrt((f1 / n * ((n - f1) / n) + 2 * f2 / n) / n);
        return new Interval(f1 / n - half, f1 / n + half);
    }

    /// <summary>Chao and Jost's coverage of the sample, 1 - F1/N A, A = N f0 / (N f0 + F1), f0 the taxa that Chao1 of iNEXT adds
    /// (doi:10.1890/11-1952.1). Range 0 to 1; null for no taxa.</summary>
    public static double? ChaoJost(Counts counts) => counts.Observed == 0 ? null : Beyond(counts, counts.Total);

    /// <summary>The coverage that a sample of m reads is expected to have (doi:10.1890/11-1952.1): below N by rarefaction,
    /// 1 - sum n/N C(N-n, m) / C(N-1, m); above N by extrapolation, 1 - F1/N A^(m-N+1). Range 0 to 1; rises with m; null for no taxa.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reads"/> is below 0.</exception>
    public static double? AtSize(Counts counts, long reads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(reads);
        if (counts.Observed == 0) return null;
        return reads < counts.Total ? Within(counts, reads) : Beyond(counts, reads);
    }

    /// <summary>The reads at which the expected coverage is the one given: the inverse of <see cref="AtSize"/>, between two whole numbers below N by a
    /// straight line, as iNEXT has it (doi:10.1890/11-1952.1). At least 1; null for no taxa and where it would take more than 2N reads.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="coverage"/> is not between 0 and 1.</exception>
    public static double? SizeFor(Counts counts, double coverage)
    {
        if (!(coverage is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(coverage), coverage, "A coverage must be between 0 and 1.");
        if (counts.Observed == 0) return null;
        if (coverage > ChaoJost(counts))
        {
            // There are singletons and unseen taxa, or the coverage were 1.
            var further = Math.Log((1 - coverage) * counts.Total / counts.Singletons) / Math.Log(Missing(counts)) - 1;
            return further <= counts.Total ? counts.Total + further : null;
        }
        var (low, high) = (0L, counts.Total);
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            if (AtSize(counts, middle) < coverage) low = middle;
            else high = middle;
        }
        if (high == 1) return 1;
        var (below, above) = (AtSize(counts, low)!.Value, AtSize(counts, high)!.Value);
        return low + (coverage - below) / (above - below);
    }

    /// <summary>f0, the taxa not seen, by Chao1 in the form of iNEXT.</summary>
    internal static double Unseen(Counts counts)
    {
        if (counts.Observed == 0) return 0;
        double n = counts.Total, f1 = counts.Singletons, f2 = counts.Doubletons;
        return (n - 1) / n * (f2 == 0 ? f1 * (f1 - 1) / 2 : f1 * f1 / (2 * f2));
    }

    /// <summary>A, by which each further read lowers what is missing.</summary>
    internal static double Missing(Counts counts) =>
        counts.Singletons == 0 ? 1 : counts.Total * Unseen(counts) / (counts.Total * Unseen(counts) + counts.Singletons);

    private static double Within(Counts counts, long reads) =>
        Math.Clamp(AlphaDiversity.Sum(counts, count => (double)count / counts.Total * -SpecialFunctions.ExpMinusOne(Rarefaction.LogMissed(counts.Total - 1, count - 1, reads))), 0, 1);

    private static double Beyond(Counts counts, long reads) => 1 - (double)counts.Singletons / counts.Total * Math.Pow(Missing(counts), reads - counts.Total + 1);
}
