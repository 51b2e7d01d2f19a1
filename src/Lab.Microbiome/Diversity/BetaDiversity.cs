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
    private const int Lanes = 8, NearestCache = 24 * 1024, NextCache = 256 * 1024;

    /// <summary>Bray-Curtis dissimilarity: sum |u - v| / sum (u + v) (doi:10.2307/1942268), on shares, so that depth does not count. Range 0 (the same shares) to 1 (nothing
    /// in common); 1 where one of them is empty, null where both are. No metric: the triangle inequality need not hold.</summary>
    /// <exception cref="ArgumentException">The samples are over different features.</exception>
    public static double? BrayCurtis(ShareVector u, ShareVector v)
    {
        Aligned(u.Features, v.Features);
        return Dissimilarity(u.Values.AsSpan(), v.Values.AsSpan(), u.Total + v.Total);
    }

    /// <summary>The Bray-Curtis dissimilarity of every two of some samples, each bit for bit that of the pair.</summary>
    /// <param name="samples">Over one list of features, none of them empty.</param>
    /// <returns>Of (0, 1), (0, 2), … (1, 2), …: n (n - 1) / 2 values in the order of scipy's pdist; none of fewer than two samples.</returns>
    /// <remarks>It takes a copy of the shares in memory.</remarks>
    /// <exception cref="ArgumentException">The samples are over different features, or one is empty.</exception>
    public static double[] BrayCurtis(IReadOnlyList<ShareVector> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        foreach (var sample in samples)
        {
            Aligned(samples[0].Features, sample.Features);
            if (sample.Total == 0) throw new ArgumentException("A sample is empty.", nameof(samples));
        }
        var n = samples.Count;
        if (n < 2) return [];
        var distances = new double[checked(n * (n - 1) / 2)];
        var rows = new Rows(samples);
        // As many rows as stay in the nearest cache, against each later one of those that stay in the next.
        var (near, far) = (rows.Within(NearestCache), rows.Within(NextCache));
        for (var group = 0; group < n; group += far)
        {
            for (var first = 0; first < Math.Min(n, group + far); first += near)
            {
                for (var j = Math.Max(first, group); j < Math.Min(n, group + far); j += 2)
                {
                    for (var i = first; i < Math.Min(first + near, j + 1); i += 2)
                    {
                        var (a, b, c, d) = rows.Sums(i, j);
                        Set(i, j, a);
                        Set(i, j + 1, b);
                        Set(i + 1, j, c);
                        Set(i + 1, j + 1, d);
                    }
                }
            }
        }
        return distances;

        void Set(int i, int j, double sum)
        {
            if (i < j && j < n) distances[i * (2 * n - i - 1) / 2 + j - i - 1] = Math.Min(1, sum / (samples[i].Total + samples[j].Total));
        }
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

    // Eight partial sums, each over every eighth feature, folded in one order: one vector of eight where the processor has it, and bit for bit the same where it has
    // narrower ones or none, because every addition is of the same two numbers. No multiplication is fused with an addition.
    private static double SumOfDifferences(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        var sums = Vector512<double>.Zero;
        for (var i = 0; i < u.Length; i += Lanes) sums += Vector512.Abs(Eight(u, i) - Eight(v, i));
        return Fold(sums);
    }

    private static double SumOfSquares(ReadOnlySpan<double> u, ReadOnlySpan<double> v)
    {
        var sums = Vector512<double>.Zero;
        for (var i = 0; i < u.Length; i += Lanes)
        {
            var difference = Eight(u, i) - Eight(v, i);
            sums += difference * difference;
        }
        return Fold(sums);
    }

    // Beyond the last feature both have 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Eight(ReadOnlySpan<double> row, int at)
    {
        if (row.Length - at >= Lanes) return Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(row), (nuint)at);
        Span<double> last = stackalloc double[Lanes];
        last.Clear();
        row[at..].CopyTo(last);
        return Vector512.Create<double>(last);
    }

    private static double Fold(Vector512<double> sums) => Fold(sums.GetLower(), sums.GetUpper());

    private static double Fold(Vector256<double> lower, Vector256<double> upper)
    {
        var four = lower + upper;
        return four[0] + four[1] + (four[2] + four[3]);
    }

    // Rows of whole vectors, each on a line of the cache, in one block; one row of zeros more, so that they come in twos.
    private sealed class Rows
    {
        private readonly double[] block;
        private readonly int start;

        public Rows(IReadOnlyList<ShareVector> samples)
        {
            Width = (samples[0].Values.Length + Lanes - 1) / Lanes * Lanes;
            block = GC.AllocateArray<double>(checked((samples.Count + 1) * Width + Lanes), pinned: true);
            start = (int)((ulong)(-Marshal.UnsafeAddrOfPinnedArrayElement(block, 0)) / sizeof(double) % Lanes);
            for (var i = 0; i < samples.Count; i++) samples[i].Values.CopyTo(block, start + i * Width);
        }

        public int Width { get; }

        /// <summary>How many rows so many bytes hold: an even number, two at least.</summary>
        public int Within(int bytes) => Math.Max(2, bytes / sizeof(double) / Math.Max(1, Width) / 2 * 2);

        /// <summary>The sums of differences of two rows and two rows; every number that is loaded serves twice.</summary>
        public (double, double, double, double) Sums(int i, int j)
        {
            ref double u = ref block[start + i * Width], v = ref block[start + j * Width];
            var width = (nuint)Width;
            if (!Vector512.IsHardwareAccelerated)
            {
                var (lower, upper) = (Half(ref u, ref v, width), Half(ref Unsafe.Add(ref u, Lanes / 2), ref Unsafe.Add(ref v, Lanes / 2), width));
                return (Fold(lower.A, upper.A), Fold(lower.B, upper.B), Fold(lower.C, upper.C), Fold(lower.D, upper.D));
            }
            var (a, b, c, d) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
            for (nuint at = 0; at < width; at += Lanes)
            {
                var (u0, u1) = (Vector512.LoadUnsafe(ref u, at), Vector512.LoadUnsafe(ref u, at + width));
                var (v0, v1) = (Vector512.LoadUnsafe(ref v, at), Vector512.LoadUnsafe(ref v, at + width));
                a += Vector512.Abs(u0 - v0);
                b += Vector512.Abs(u0 - v1);
                c += Vector512.Abs(u1 - v0);
                d += Vector512.Abs(u1 - v1);
            }
            return (Fold(a), Fold(b), Fold(c), Fold(d));
        }

        // Four of the eight partial sums: eight of four pairs are more than the registers of such a processor hold.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static (Vector256<double> A, Vector256<double> B, Vector256<double> C, Vector256<double> D) Half(ref double u, ref double v, nuint width)
        {
            var (a, b, c, d) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
            for (nuint at = 0; at < width; at += Lanes)
            {
                var (u0, u1) = (Vector256.LoadUnsafe(ref u, at), Vector256.LoadUnsafe(ref u, at + width));
                var (v0, v1) = (Vector256.LoadUnsafe(ref v, at), Vector256.LoadUnsafe(ref v, at + width));
                a += Vector256.Abs(u0 - v0);
                b += Vector256.Abs(u0 - v1);
                c += Vector256.Abs(u1 - v0);
                d += Vector256.Abs(u1 - v1);
            }
            return (a, b, c, d);
        }
    }
}
