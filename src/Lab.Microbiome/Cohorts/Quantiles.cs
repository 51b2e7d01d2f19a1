using System.Collections.Immutable;
using Lab.Microbiome.Diversity;

namespace Lab.Microbiome.Cohorts;

/// <summary>The distribution of one measured thing in a cohort, by its quantiles.</summary>
/// <param name="Levels">Rising, within 0 to 1; of the whole cohort.</param>
/// <param name="Values">The quantile at each level; never falling.</param>
public sealed record Quantiles(ImmutableArray<double> Levels, ImmutableArray<double> Values)
{
    /// <summary>The lower limit of a finding.</summary>
    public double LowLimit { get; } = At(Levels, Values, 0.025);
    /// <summary>The lower limit of the status within.</summary>
    public double P5 { get; } = At(Levels, Values, 0.05);
    /// <summary>The median.</summary>
    public double P50 { get; } = At(Levels, Values, 0.5);
    /// <summary>The upper limit of the status within.</summary>
    public double P95 { get; } = At(Levels, Values, 0.95);
    /// <summary>The upper limit of a finding.</summary>
    public double HighLimit { get; } = At(Levels, Values, 0.975);

    /// <summary>The quantile at a level that the cohort states, or interpolated between two.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the levels of the cohort.</exception>
    public double At(double level) => At(Levels, Values, level);

    private static double At(ImmutableArray<double> levels, ImmutableArray<double> values, double level)
    {
        for (var i = 0; i < levels.Length && levels[0] <= level + 1e-9; i++)
        {
            if (Math.Abs(levels[i] - level) < 1e-9) return values[i];
            if (levels[i] > level && i > 0) return values[i - 1] + (values[i] - values[i - 1]) * (level - levels[i - 1]) / (levels[i] - levels[i - 1]);
        }
        throw new ArgumentOutOfRangeException(nameof(level), level, "The cohort has no such quantile.");
    }

    /// <summary>Which percentage of the cohort lies below <paramref name="value"/>, 0 to 100: interpolated, and the middle of the run where many share it.
    /// Beyond the outermost quantiles it is the outermost level.</summary>
    public double Percentile(double value)
    {
        if (value < Values[0]) return 100 * Levels[0];
        if (value > Values[^1]) return 100 * Levels[^1];
        var first = 0;
        while (Values[first] < value) first++;
        var last = first;
        while (last + 1 < Values.Length && Values[last + 1] <= value) last++;
        if (Values[first] == value) return 50 * (Levels[first] + Levels[last]);
        return 100 * (Levels[first - 1] + (Levels[first] - Levels[first - 1]) * (value - Values[first - 1]) / (Values[first] - Values[first - 1]));
    }

    /// <summary>Quantiles of observations at the given levels, linear between order statistics (Hyndman and Fan type 7, as NumPy and R compute them by default).</summary>
    /// <exception cref="ArgumentException">No observations.</exception>
    public static Quantiles Of(IEnumerable<double> observations, ImmutableArray<double> levels)
    {
        var sorted = observations.Order().ToArray();
        if (sorted.Length == 0) throw new ArgumentException("No observations.", nameof(observations));
        return new(levels, [.. levels.Select(level => Of(0, sorted, level))]);
    }

    /// <summary>The same of zeros and of observations in rising order, none of which is below 0.</summary>
    internal static double Of(int zeros, double[] sorted, double level)
    {
        var last = zeros + sorted.Length - 1;
        var position = level * last;
        var below = Math.Min((int)position, last);
        var above = Ranked(zeros, sorted, Math.Min(below + 1, last));
        return Ranked(zeros, sorted, below) + (above - Ranked(zeros, sorted, below)) * (position - below);
    }

    /// <summary>The observation at a place of zeros and of observations in rising order; counted from 0.</summary>
    internal static double Ranked(int zeros, double[] sorted, int place) => place < zeros ? 0 : sorted[place - zeros];

    /// <summary>Which two of <paramref name="n"/> observations, counted from 1 and in rising order, enclose the population's quantile with at least 95 %: the number
    /// of observations below it is binomial, so the r-th lies above it with P(B &lt; r) and the s-th below it with P(B &gt;= s), each at most 2.5 %
    /// (no assumption about the distribution; ties only widen it).</summary>
    /// <param name="n">How many observations, at least 1.</param>
    /// <param name="level">The level of the quantile, above 0 and below 1.</param>
    /// <returns>Null where no observation is far enough out: p2.5 and p97.5 need 146.</returns>
    public static (int Low, int High)? IntervalRanks(int n, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        if (level is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(level), level, "Must be between 0 and 1.");
        // P(B <= k) of a binomial is the regularised incomplete beta function of 1 - level.
        double AtMost(int k) => k < 0 ? 0 : k >= n ? 1 : BetaDistribution.Cumulative(n - k, k + 1, 1 - level);
        var low = 0;
        while (low < n && AtMost(low) <= 0.025) low++;
        var high = low;
        while (high <= n && 1 - AtMost(high - 1) > 0.025) high++;
        return low < 1 || high > n ? null : (low, high);
    }
}
