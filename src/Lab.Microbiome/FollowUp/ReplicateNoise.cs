using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Lab.Microbiome.FollowUp;

/// <summary>How far two measurements of one specimen lie apart in this lab, from pairs of replicates of one assay: sampling of the specimen, extraction, sequencing and counting together.
/// It holds standard deviations and distances of many, nothing of one person.</summary>
public sealed class ReplicateNoise
{
    /// <summary>With fewer pairs nothing is said: of twenty the standard deviation is known to 16 %, and the largest of twenty distances is passed by one further pair in 21.</summary>
    public const int MinimumPairs = 20;

    private readonly FrozenDictionary<(string Kind, string Id), (double Deviation, int Pairs)> deviations;
    private readonly FrozenDictionary<string, ImmutableArray<double>> distances;

    private ReplicateNoise(int pairs, FrozenDictionary<(string Kind, string Id), (double Deviation, int Pairs)> deviations, FrozenDictionary<string, ImmutableArray<double>> distances) =>
        (Pairs, this.deviations, this.distances) = (pairs, deviations, distances);

    /// <summary>How many pairs there are, also where they are too few.</summary>
    public int Pairs { get; }

    /// <summary>The standard deviation within a pair, sqrt(sum d² / 2n) (Dahlberg's), of ln(value) for what changes on a logarithmic scale, else of the value; and of how many pairs.
    /// Null where fewer than <see cref="MinimumPairs"/> have it.</summary>
    public (double Deviation, int Pairs)? Find(string kind, string id) => deviations.TryGetValue((kind, id), out var found) ? found : null;

    /// <summary>The distance that 95 % of further pairs of replicates will not pass, whatever its distribution: the order statistic of rank 0.95 (n + 1), rounded up. Null where there are fewer
    /// than <see cref="MinimumPairs"/>.</summary>
    /// <param name="metric">bray-curtis or aitchison.</param>
    public double? Limit(string metric) => distances.GetValueOrDefault(metric) is { IsDefault: false, Length: >= MinimumPairs and var n } sorted ? sorted[(int)Math.Ceiling(0.95 * (n + 1) - 1e-9) - 1] : null;

    /// <summary>Measures the pairs. Both of a pair were measured by one method and panel; each sample stands in one pair only.</summary>
    /// <param name="pairs">Of one assay.</param>
    /// <param name="features">The list that distances are over; null: what either of a pair has, which is no list for <c>aitchison</c>.</param>
    public static ReplicateNoise Of(IReadOnlyCollection<(MeasuredSample One, MeasuredSample Other)> pairs, Diversity.FeatureList? features)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var found = pairs.SelectMany(pair => pair.One.Things.Concat(pair.Other.Things).DistinctBy(t => (t.Kind, t.Id))
                .Select(t => (Key: (t.Kind, t.Id), Apart: Apart(t.Scale, pair.One, pair.Other, t.Kind, t.Id))))
            .Where(d => d.Apart is not null).GroupBy(d => d.Key, d => d.Apart!.Value);
        var apart = pairs.SelectMany(pair => ProfileDistance.Of(pair.One, pair.Other, features)).Where(d => d.Value is not null && (features is not null || d.Metric != "aitchison"))
            .GroupBy(d => d.Metric, d => d.Value!.Value);
        return new(pairs.Count,
            found.Select(g => (g.Key, Apart: g.ToArray())).Where(g => g.Apart.Length >= MinimumPairs)
                .ToFrozenDictionary(g => g.Key, g => (Math.Sqrt(g.Apart.Order().Sum(d => d * d) / (2 * g.Apart.Length)), g.Apart.Length)),
            apart.ToFrozenDictionary(g => g.Key, g => g.Order().ToImmutableArray()));
    }

    /// <summary>How far the two lie apart; where one has none of it, how far at least. Null where neither has, or that is not known.</summary>
    private static double? Apart(ChangeScale scale, MeasuredSample one, MeasuredSample other, string kind, string id)
    {
        var (a, b) = (Change.Value(one, kind, id), Change.Value(other, kind, id));
        if (a is null || b is null) return null;
        if (scale == ChangeScale.Difference) return b - a;
        if (a > 0 && b > 0) return Math.Log(b.Value / a.Value);
        if (a == 0 && b == 0) return null;
        return (a == 0 ? one : other).MostUnseen is { } unseen ? Math.Max(0, Math.Log(Math.Max(a.Value, b.Value) / unseen)) : null;
    }
}
