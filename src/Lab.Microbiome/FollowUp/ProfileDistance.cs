using System.Collections.Immutable;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Diversity;

namespace Lab.Microbiome.FollowUp;

/// <summary>How far two samples of one method lie apart at the lowest rank of the assay.</summary>
/// <param name="Metric">bray-curtis (0 to 1, of shares) or aitchison (0 upwards; natural logarithm, zeros replaced by 1/D²).</param>
/// <param name="Value">Null where a sample has too few reads, too little assigned, or nothing.</param>
/// <param name="Features">How many taxa it is over, what is not listed counted as one; D.</param>
/// <param name="Percentile">Its place among the distances of every two people of the cohort, 0 to 100; null without a cohort of the same method.</param>
/// <param name="Limit">What 95 % of two measurements of one specimen stay below, by the yardstick.</param>
/// <param name="Yardstick">replicates or counting-error; null where there is neither.</param>
/// <param name="Pairs">Of how many pairs of replicates.</param>
/// <param name="Reason">Why there is no value.</param>
public sealed record ProfileDistance(string Metric, double? Value, int Features, double? Percentile = null, double? Limit = null, string? Yardstick = null, int? Pairs = null, string? Reason = null)
{
    /// <summary>The kind of a cohort's entries that hold the distances of every two of its people.</summary>
    public const string Kind = "distance";

    /// <summary>Its metrics.</summary>
    public const string BrayCurtis = "bray-curtis", Aitchison = "aitchison";

    /// <summary>Whether the distance is larger than between two measurements of one specimen; null without a yardstick.</summary>
    public bool? BeyondNoise => Value > Limit ? true : Value is null || Limit is null ? null : false;

    /// <summary>The list of a cohort whose people were measured by the same method; null where the cohort is none such, or has no list.</summary>
    public static FeatureList? FeaturesOf(MeasuredSample sample, ReferenceCohort? cohort)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return CohortMatching.Match(sample.Assay, cohort) == CohortMatch.SameMethod ? cohort!.Centre?.Shares.Features : null;
    }

    /// <summary>Both distances, with their places: among people of the cohort, and against the noise.</summary>
    internal static ImmutableArray<ProfileDistance> Of(MeasuredSample from, MeasuredSample to, ReferenceCohort? cohort, ReplicateNoise? noise)
    {
        var features = FeaturesOf(to, cohort);
        return [.. Of(from, to, features).Select(distance =>
        {
            if (distance.Value is not { } value) return distance;
            var place = features is null ? null : cohort!.Find(Kind, distance.Metric)?.Distribution.Percentile(value);
            // Log-ratios over lists of different lengths are different distances.
            var replicates = features is null && distance.Metric == Aitchison ? null : noise?.Limit(distance.Metric);
            var counting = replicates is null && distance.Metric == BrayCurtis ? CountingLimit(from, to) : null;
            return distance with
            {
                Percentile = place is { } p ? Math.Round(p, 1) : null,
                Limit = replicates ?? counting,
                Yardstick = replicates is not null ? Change.Replicates : counting is not null ? Change.CountingError : null,
                Pairs = replicates is null ? null : noise!.Pairs,
            };
        })];
    }

    /// <summary>Both distances over a list, what is not on it as one; without a list over what either has.</summary>
    internal static ImmutableArray<ProfileDistance> Of(MeasuredSample from, MeasuredSample to, FeatureList? features)
    {
        features ??= FeatureList.Of(from.Measures.Sample.Concat(to.Measures.Sample).Select(t => t.Key));
        if ((from.Unfit ?? to.Unfit) is { } unfit) return [new(BrayCurtis, null, features.Count, Reason: unfit), new(Aitchison, null, features.Count, Reason: unfit)];
        var (u, v) = (HealthyCentre.LaidOut(features, from.Measures.Sample), HealthyCentre.LaidOut(features, to.Measures.Sample));
        double? far = LogRatios.Of(u) is { } x && LogRatios.Of(v) is { } y ? BetaDiversity.Aitchison(x, y) : null;
        return [new(BrayCurtis, BetaDiversity.BrayCurtis(u, v), features.Count), new(Aitchison, far, features.Count)];
    }

    /// <summary>The distances of every two of a cohort's people over its list; of one list of people always in one order.</summary>
    internal static IEnumerable<(string Metric, double[] Distances)> Between(FeatureList features, IEnumerable<IEnumerable<KeyValuePair<string, double>>> people)
    {
        var shares = people.Select(person => HealthyCentre.LaidOut(features, person)).Where(person => person.Total > 0).ToArray();
        var ratios = shares.Select(person => LogRatios.Of(person)!).ToArray();
        return [(BrayCurtis, BetaDiversity.BrayCurtis(shares)), (Aitchison, [.. ratios.SelectMany((one, i) => ratios[(i + 1)..].Select(other => BetaDiversity.Aitchison(one, other)))])];
    }

    /// <summary>What the Bray-Curtis dissimilarity of two multinomial draws from one specimen stays below in 95 %. Each |difference of shares| is taken as the absolute value of a normal of variance
    /// s² = p (1 - p) (1/N + 1/M), p the pooled share: its mean is s sqrt(2/pi), and no more than 2p; its variance s² (1 - 2/pi). Half their sum is nearly normal, so the limit is its mean
    /// and 1.645 standard deviations. Null where reads were not counted.</summary>
    internal static double? CountingLimit(MeasuredSample from, MeasuredSample to)
    {
        if (from.Measures.Counts is not { Total: > 0 and var n } || to.Measures.Counts is not { Total: > 0 and var m }) return null;
        var (mean, variance) = (new CompensatedSum(), new CompensatedSum());
        var pooled = from.Measures.Sample.Concat(to.Measures.Sample).GroupBy(t => t.Key, t => t.Value).Select(g => g.Order().Sum() / (n + m)).Order();
        foreach (var p in pooled)
        {
            var s2 = p * (1 - p) * (1.0 / n + 1.0 / m);
            mean.Add(Math.Min(Math.Sqrt(2 * s2 / Math.PI), 2 * p) / 2);
            variance.Add(s2 * (1 - 2 / Math.PI) / 4);
        }
        return Math.Min(1, mean.Value + 1.6448536269514722 * Math.Sqrt(variance.Value));
    }
}
