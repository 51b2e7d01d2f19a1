using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Lab.Microbiome.Diversity;

/// <summary>The base of a logarithm.</summary>
public enum LogBase
{
    /// <summary>Natural.</summary>
    E,
    /// <summary>Binary.</summary>
    Two,
}

/// <summary>Distance between two samples over one list of features. A value that is not defined is null, never NaN or infinite. Every sum runs in one order that the
/// list fixes, so that a result depends neither on the order of a file nor on the processor's vector width.</summary>
public static class BetaDiversity
{
    private const int Lanes = 16;

    /// <summary>Bray-Curtis dissimilarity: sum |u - v| / sum (u + v) (doi:10.2307/1942268), on shares, so that depth does not count. Range 0 (the same shares) to 1 (nothing
    /// in common); 1 where one of them is empty, null where both are. No metric: the triangle inequality need not hold.</summary>
    /// <exception cref="ArgumentException">The samples are over different features.</exception>
    public static double? BrayCurtis(ShareVector u, ShareVector v)
    {
        Aligned(u.Features, v.Features);
        return Dissimilarity(u.Values.AsSpan(), v.Values.AsSpan(), u.Total + v.Total);
    }

    /// <summary>Bray-Curtis dissimilarity of raw counts: the same formula, but a difference in depth is a difference. For samples of equal depth.</summary>
    /// <exception cref="ArgumentException">The samples are over different features.</exception>
    public static double? BrayCurtis(CountVector u, CountVector v)
    {
        Aligned(u.Features, v.Features);
        return Dissimilarity(u.Values.AsSpan(), v.Values.AsSpan(), u.Total + v.Total);
    }

    /// <summary>Jaccard distance on presence: 1 - |both| / |either| (doi:10.1111/j.1469-8137.1912.tb05611.x). Range 0 to 1, a metric; null where both are empty (scipy gives 0).</summary>
    /// <exception cref="ArgumentException">The samples are over different features.</exception>
    public static double? Jaccard(ShareVector u, ShareVector v)
    {
        Aligned(u.Features, v.Features);
        return Presence(u.Values.AsSpan(), v.Values.AsSpan());
    }

    /// <inheritdoc cref="Jaccard(ShareVector, ShareVector)"/>
    public static double? Jaccard(CountVector u, CountVector v)
    {
        Aligned(u.Features, v.Features);
        return Presence(u.Values.AsSpan(), v.Values.AsSpan());
    }

    /// <summary>Aitchison distance: the Euclidean distance of centred log-ratios (doi:10.1023/A:1007529726302), natural logarithm. Range 0 upwards, a metric on what has no zeros.
    /// On <see cref="LogRatios.Robust"/> it is the robust Aitchison distance, where a zero stands at the centre of its sample: still symmetric and within the triangle inequality,
    /// but 0 also for some samples that differ.</summary>
    /// <exception cref="ArgumentException">The samples are over different features, or their zeros were treated differently.</exception>
    public static double Aitchison(LogRatios u, LogRatios v)
    {
        Aligned(u.Features, v.Features);
        if (u.Zeros != v.Zeros || u.Pseudocount != v.Pseudocount) throw new ArgumentException("The zeros of the samples were treated differently.", nameof(v));
        return Math.Sqrt(SumOfSquares(u.Values.AsSpan(), v.Values.AsSpan()));
    }

    /// <summary>Jensen-Shannon divergence: (KL(u|m) + KL(v|m)) / 2 with m = (u + v) / 2 (doi:10.1109/18.61115). Range 0 to ln 2 in base e, 0 to 1 in base 2; null where one
    /// of the samples is empty. Its square root is <see cref="JensenShannonDistance"/>.</summary>
    /// <exception cref="ArgumentException">The samples are over different features.</exception>
    public static double? JensenShannonDivergence(ShareVector u, ShareVector v, LogBase logBase)
    {
        Aligned(u.Features, v.Features);
        if (u.Total == 0 || v.Total == 0) return null;
        var sum = new CompensatedSum();
        for (var i = 0; i < u.Values.Length; i++)
        {
            var both = u.Values[i] + v.Values[i];
            if (both > 0) sum.Add(both / 4 * Divergence((u.Values[i] - v.Values[i]) / both));
        }
        var nats = Math.Min(sum.Value, Math.Log(2));
        return logBase == LogBase.Two ? nats / Math.Log(2) : nats;
    }

    /// <summary>Jensen-Shannon distance, the square root of the divergence, a metric (doi:10.1109/TIT.2003.813506); what scipy and scikit-bio call jensenshannon (base e).
    /// Range 0 to sqrt(ln 2) = 0.8326 in base e, 0 to 1 in base 2; null where one of the samples is empty.</summary>
    /// <exception cref="ArgumentException">The samples are over different features.</exception>
    public static double? JensenShannonDistance(ShareVector u, ShareVector v, LogBase logBase) => JensenShannonDivergence(u, v, logBase) is { } d ? Math.Sqrt(d) : null;

    // (1+d) ln(1+d) + (1-d) ln(1-d), by its series d² + d⁴/6 + d⁶/15 … where the logarithms would cancel.
    private static double Divergence(double d)
    {
        if (Math.Abs(d) == 1) return 2 * Math.Log(2);
        if (Math.Abs(d) > 0.125) return (1 + d) * Math.Log(1 + d) + (1 - d) * Math.Log(1 - d);
        var (sum, square) = (0.0, d * d);
        for (var k = 10; k > 0; k--) sum = (sum + 1.0 / (k * (2 * k - 1))) * square;
        return sum;
    }

    private static void Aligned(FeatureList u, FeatureList v)
    {
        if (!u.Is(v)) throw new ArgumentException("The samples are over different features.", nameof(v));
    }

    private static double? Presence(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        var (both, either) = (0, 0);
        for (var i = 0; i < u.Length; i++)
        {
            if (u[i] > 0 && v[i] > 0) both++;
            if (u[i] > 0 || v[i] > 0) either++;
        }
        return either == 0 ? null : (double)(either - both) / either;
    }

    // The largest sum of differences is that of the sums; rounding must not pass it.
    private static double? Dissimilarity(ReadOnlySpan<double> u, ReadOnlySpan<double> v, double both) => both == 0 ? null : Math.Min(1, SumOfDifferences(u, v) / both);

    // Sixteen partial sums, each over every sixteenth feature, folded in one order: four vectors of four where the processor has them, and bit for bit the same where
    // it has none or wider ones, because every addition is of the same two numbers. No multiplication is fused with an addition.
    private static double SumOfDifferences(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        Vector256<double> a = default, b = default, c = default, d = default;
        var whole = u.Length / Lanes * Lanes;
        for (var i = 0; i < whole; i += Lanes)
        {
            a += Vector256.Abs(Difference(u, v, i));
            b += Vector256.Abs(Difference(u, v, i + 4));
            c += Vector256.Abs(Difference(u, v, i + 8));
            d += Vector256.Abs(Difference(u, v, i + 12));
        }
        var sum = Fold(a, b, c, d);
        for (var i = whole; i < u.Length; i++) sum += Math.Abs(u[i] - v[i]);
        return sum;
    }

    private static double SumOfSquares(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        Vector256<double> a = default, b = default, c = default, d = default;
        var whole = u.Length / Lanes * Lanes;
        for (var i = 0; i < whole; i += Lanes)
        {
            var (w, x, y, z) = (Difference(u, v, i), Difference(u, v, i + 4), Difference(u, v, i + 8), Difference(u, v, i + 12));
            a += w * w;
            b += x * x;
            c += y * y;
            d += z * z;
        }
        var sum = Fold(a, b, c, d);
        for (var i = whole; i < u.Length; i++) sum += (u[i] - v[i]) * (u[i] - v[i]);
        return sum;
    }

    // Both are of one list's length, and the callers stay inside it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Difference(ReadOnlySpan<double> u, ReadOnlySpan<double> v, int at) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(u), (nuint)at) - Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(v), (nuint)at);

    private static double Fold(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d)
    {
        var sums = a + b + (c + d);
        return sums[0] + sums[1] + (sums[2] + sums[3]);
    }
}
