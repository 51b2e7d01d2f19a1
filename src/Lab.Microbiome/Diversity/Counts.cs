using System.Collections.Immutable;

namespace Lab.Microbiome.Diversity;

/// <summary>Read counts of the taxa of one sample at one rank: whole numbers above 0, zeros dropped, sorted upwards so that no result depends on
/// the order of the taxa. A type of its own, so that a metric that needs counts does not compile on fractions.</summary>
public sealed class Counts
{
    /// <summary>The largest whole number below which every whole number is a double: the total must not pass it.</summary>
    public const long MaxTotal = 1L << 53;

    private RelativeAbundances? shares;

    private Counts(ImmutableArray<long> values, long total)
    {
        Values = values;
        Total = total;
        foreach (var value in values)
        {
            if (value > 2) break;
            if (value == 1) Singletons++;
            else Doubletons++;
        }
    }

    /// <summary>The counts above 0, in ascending order.</summary>
    public ImmutableArray<long> Values { get; }

    /// <summary>Their sum; 0 when nothing was counted.</summary>
    public long Total { get; }

    /// <summary>How many taxa have a count above 0.</summary>
    public int Observed => Values.Length;

    /// <summary>F1, how many taxa have a count of exactly 1.</summary>
    public int Singletons { get; }

    /// <summary>F2, how many taxa have a count of exactly 2.</summary>
    public int Doubletons { get; }

    /// <summary>Counts are taken wherever shares are; never the other way round.</summary>
    public static implicit operator RelativeAbundances(Counts counts) => counts.ToRelativeAbundances();

    /// <summary>The shares p = n/N, in the order of the counts.</summary>
    public RelativeAbundances ToRelativeAbundances() => shares ??= new([.. Values.Select(count => (double)count / Total)]);

    /// <summary>Takes the counts of the taxa, in any order, with or without zeros.</summary>
    /// <param name="counts">Reads per taxon, each at least 0.</param>
    /// <returns>The counts above 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative, or the total is above <see cref="MaxTotal"/>.</exception>
    public static Counts From(IEnumerable<long> counts)
    {
        var kept = ImmutableArray.CreateBuilder<long>();
        var total = 0L;
        foreach (var count in counts)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count, nameof(counts));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxTotal - total, nameof(counts));
            total += count;
            if (count > 0) kept.Add(count);
        }
        kept.Sort();
        return new Counts(kept.DrainToImmutable(), total);
    }

    /// <summary>Takes counts that a profile holds as doubles. Only for a profile whose unit is reads: a fraction that happens to be 0 or 1 is a
    /// whole number too.</summary>
    /// <param name="counts">Reads per taxon, each a whole number of at least 0.</param>
    /// <returns>The counts above 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative, not finite or not whole, or the total is above <see cref="MaxTotal"/>.</exception>
    public static Counts FromWholeNumbers(IEnumerable<double> counts) => From(counts.Select(count =>
        count is >= 0 and <= MaxTotal && Math.Floor(count) == count
            ? (long)count
            : throw new ArgumentOutOfRangeException(nameof(counts), count, "A count must be a whole number of at least 0.")));
}
