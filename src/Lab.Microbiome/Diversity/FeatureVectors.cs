using System.Collections.Immutable;

namespace Lab.Microbiome.Diversity;

/// <summary>The features that samples are compared over, in one fixed order: that of their names by code point, whatever order they were given in. A distance
/// depends on this list, so it is made once and kept with the number.</summary>
public sealed class FeatureList
{
    private readonly Dictionary<string, int> places;

    private FeatureList(ImmutableArray<string> names)
    {
        Names = names;
        places = new(names.Length, StringComparer.Ordinal);
        foreach (var name in names) places.Add(name, places.Count);
    }

    /// <summary>The names, each once, in ordinal order.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>How many there are; the D of the formulas.</summary>
    public int Count => Names.Length;

    /// <summary>Makes a list of names in any order; a name that comes twice is one feature.</summary>
    public static FeatureList Of(IEnumerable<string> names) => new([.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    /// <summary>Whether the list names a feature.</summary>
    public bool Has(string name) => places.ContainsKey(name);

    /// <summary>Whether two lists name the same features.</summary>
    internal bool Is(FeatureList other) => ReferenceEquals(this, other) || Names.AsSpan().SequenceEqual(other.Names.AsSpan());

    /// <summary>Lays a sample out over the list. What is not on the list is summed as outside.</summary>
    /// <exception cref="ArgumentException">A feature comes twice.</exception>
    internal (double[] Inside, double Outside) Align(IEnumerable<KeyValuePair<string, double>> sample)
    {
        var inside = new double[Count];
        var (seen, outside) = (new HashSet<string>(StringComparer.Ordinal), new List<double>());
        foreach (var (name, value) in sample)
        {
            if (!seen.Add(name)) throw new ArgumentException($"The sample has {name} twice.", nameof(sample));
            if (places.TryGetValue(name, out var place)) inside[place] = value;
            else outside.Add(value);
        }
        outside.Sort();
        return (inside, Sum(outside));
    }

    internal static double Sum(IEnumerable<double> values)
    {
        var sum = new CompensatedSum();
        foreach (var value in values) sum.Add(value);
        return sum.Value;
    }
}

/// <summary>The read counts of one sample over a list of features; zero where the sample has none. A type of its own, so that what needs counts does not
/// compile on shares or log-ratios.</summary>
public sealed class CountVector
{
    private CountVector(FeatureList features, ImmutableArray<double> values, double total)
    {
        Features = features;
        Values = values;
        Total = total;
    }

    /// <summary>The features, in whose order the values stand.</summary>
    public FeatureList Features { get; }

    /// <summary>Reads per feature: whole numbers of at least 0.</summary>
    public ImmutableArray<double> Values { get; }

    /// <summary>Their sum, exact; 0 for an empty sample.</summary>
    public double Total { get; }

    /// <summary>Aligns the counts of a sample to a list. Features outside it are left out.</summary>
    /// <exception cref="ArgumentException">A feature comes twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative, or the total is above <see cref="Counts.MaxTotal"/>.</exception>
    public static CountVector From(FeatureList features, IEnumerable<KeyValuePair<string, long>> counts)
    {
        ArgumentNullException.ThrowIfNull(features);
        var total = 0L;
        var values = features.Align(counts.Select(c =>
        {
            ArgumentOutOfRangeException.ThrowIfNegative(c.Value, nameof(counts));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(c.Value, Counts.MaxTotal - total, nameof(counts));
            total += c.Value;
            return KeyValuePair.Create(c.Key, (double)c.Value);
        })).Inside;
        return new(features, [.. values], values.Sum());
    }

    /// <summary>The counts as shares of their total.</summary>
    public ShareVector Shares() => ShareVector.From(Features, Features.Names.Zip(Values, KeyValuePair.Create));
}

/// <summary>The shares of one sample over a list of features, re-normalised to a sum of 1 over the list; zero where the sample has none.</summary>
public sealed class ShareVector
{
    private ShareVector(FeatureList features, ImmutableArray<double> values, double covered)
    {
        Features = features;
        Values = values;
        Covered = covered;
        Total = FeatureList.Sum(values);
    }

    /// <summary>The features, in whose order the values stand.</summary>
    public FeatureList Features { get; }

    /// <summary>Share per feature, 0 to 1.</summary>
    public ImmutableArray<double> Values { get; }

    /// <summary>How much of the sample is on the list, 0 to 1: a distance says nothing of the rest.</summary>
    public double Covered { get; }

    /// <summary>1 within rounding, or 0 for a sample of which nothing is on the list.</summary>
    public double Total { get; }

    /// <summary>Aligns the abundances of a sample, in any one unit, to a list and divides them by what is on it.</summary>
    /// <exception cref="ArgumentException">A feature comes twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is negative or not finite, or their sum is not finite.</exception>
    public static ShareVector From(FeatureList features, IEnumerable<KeyValuePair<string, double>> abundances)
    {
        ArgumentNullException.ThrowIfNull(features);
        var (values, outside) = features.Align(abundances.Select(a => a.Value >= 0 && double.IsFinite(a.Value) ? a
            : throw new ArgumentOutOfRangeException(nameof(abundances), a.Value, "An abundance must be finite and at least 0.")));
        var inside = FeatureList.Sum(values);
        var all = inside + outside;
        if (!double.IsFinite(all)) throw new ArgumentOutOfRangeException(nameof(abundances), all, "The sum of the abundances must be finite.");
        return new(features, inside > 0 ? [.. values.Select(v => v / inside)] : [.. values], all > 0 ? inside / all : 0);
    }

    /// <summary>Multiplicative replacement of zeros (doi:10.1023/A:1023866030544): each zero becomes <paramref name="delta"/>, and each other share x becomes
    /// x (1 - the sum of what was put in), so that ratios among them stay.</summary>
    /// <param name="delta">Above 0; null for 1/D², as scikit-bio has it.</param>
    /// <returns>Shares above 0; null for an empty sample, where nothing is known.</returns>
    /// <exception cref="ArgumentOutOfRangeException">What would be put in is not between 0 and 1.</exception>
    public ShareVector? ReplaceZeros(double? delta = null)
    {
        if (Total == 0) return null;
        var zeros = Values.Count(v => v == 0);
        var each = delta ?? 1.0 / ((double)Features.Count * Features.Count);
        if (!(each > 0) || each * zeros >= 1) throw new ArgumentOutOfRangeException(nameof(delta), each, "The replacements must add up to less than 1.");
        return new(Features, [.. Values.Select(v => v == 0 ? each : v * (1 - each * zeros))], Covered);
    }
}
