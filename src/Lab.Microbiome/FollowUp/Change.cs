using System.Collections.Immutable;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.FollowUp;

/// <summary>How one thing changed from a sample to the next, and whether that is more than noise.</summary>
/// <param name="Kind">metric, ratio, guild, index, phylum, family or genus.</param>
/// <param name="Id">Which.</param>
/// <param name="Name">Of a taxon, else the id.</param>
/// <param name="From">In the earlier sample; null where it has no value.</param>
/// <param name="To">In the later.</param>
/// <param name="Scale">What <paramref name="Amount"/> is told in.</param>
/// <param name="Amount">The change; null where it cannot be told.</param>
/// <param name="Ci95">Where 95 % surely it lies, by the yardstick; null without one.</param>
/// <param name="BeyondNoise">Whether 0 lies outside of that; null without a yardstick.</param>
/// <param name="Yardstick">replicates or counting-error; null where there is neither.</param>
/// <param name="Pairs">Of how many pairs of replicates.</param>
/// <param name="Reason">Why there is no amount, as a code.</param>
public sealed record Change(string Kind, string Id, string Name, double? From, double? To, ChangeScale Scale, double? Amount, Interval? Ci95, bool? BeyondNoise, string? Yardstick, int? Pairs, string? Reason)
{
    /// <summary>The yardsticks.</summary>
    public const string Replicates = "replicates", CountingError = "counting-error";

    private const double Z = AlphaDiversity.Z95;

    /// <summary>The value of a thing; 0 of a taxon that the sample has none of, null of anything else that it has not.</summary>
    internal static double? Value(MeasuredSample sample, string kind, string id) => sample.Find(kind, id) is { } thing ? thing.Value : IsTaxon(kind) ? 0 : null;

    /// <summary>Everything that both have, and the taxa that make up <see cref="MeasuredSample.TaxonFloor"/> of one of them, in the order of a report; taxa by their share.</summary>
    internal static ImmutableArray<Change> Of(MeasuredSample from, MeasuredSample to, Comparability comparability, ReplicateNoise? noise)
    {
        var all = to.Things.Concat(from.Things).DistinctBy(t => (t.Kind, t.Id)).ToArray();
        double Most(MeasuredThing thing) => Math.Max(Value(from, thing.Kind, thing.Id) ?? 0, Value(to, thing.Kind, thing.Id) ?? 0);
        var taxa = MeasuredSample.Ranks.Select(Comparison.Lower).SelectMany(kind => all.Where(t => t.Kind == kind && Most(t) >= MeasuredSample.TaxonFloor)
            .OrderByDescending(Most).ThenBy(t => t.Name, StringComparer.Ordinal));
        return [.. all.Where(t => !IsTaxon(t.Kind)).Concat(taxa).Where(t => Applies(t, comparability.Extent)).Select(t => Of(t, from, to, comparability, noise))];
    }

    private static bool IsTaxon(string kind) => kind is "phylum" or "family" or "genus";

    private static bool Applies(MeasuredThing thing, ComparableExtent extent) =>
        extent == ComparableExtent.Everything || (extent == ComparableExtent.Composition && (IsTaxon(thing.Kind) || thing.Kind is "ratio" or "guild"));

    private static Change Of(MeasuredThing thing, MeasuredSample from, MeasuredSample to, Comparability comparability, ReplicateNoise? noise)
    {
        var (kind, id) = (thing.Kind, thing.Id);
        var (before, after) = (from.Find(kind, id), to.Find(kind, id));
        var (a, b) = (Value(from, kind, id), Value(to, kind, id));
        var change = new Change(kind, id, thing.Name, a, b, thing.Scale, null, null, null, null, null, null);
        if (a is not { } first || b is not { } second) return change with { Reason = (a is null ? before : after)?.Reason };
        if (kind == "metric" && Comparability.DependsOnDepth(id) && comparability.Caveats.Contains(Comparability.DepthDiffers)) return change with { Reason = Comparability.DepthDiffers };
        var isLog = thing.Scale == ChangeScale.Log2 && first > 0 && second > 0;
        change = change with { Scale = isLog ? ChangeScale.Log2 : ChangeScale.Difference, Amount = isLog ? Math.Log2(second / first) : second - first };
        // Between two methods the methods' difference is larger than any noise.
        if (comparability.Extent != ComparableExtent.Everything) return change;
        var replicates = noise?.Find(kind, id);
        if (thing.Scale == ChangeScale.Log2 && !isLog) return Appeared(change, before, after, from, to, replicates);
        // Replicates hold the counting error of their own depth; where that of this pair is larger, it decides.
        var counting = before?.CountingVariance + after?.CountingVariance;
        var variance = replicates is { } r ? Math.Max(2 * r.Deviation * r.Deviation, counting ?? 0) : counting;
        if (variance is not { } known) return change;
        var (half, amount) = (Z * Math.Sqrt(known) / (isLog ? Math.Log(2) : 1), change.Amount!.Value);
        return change with
        {
            Ci95 = new(amount - half, amount + half),
            BeyondNoise = Math.Abs(amount) > half,
            Yardstick = replicates is null ? CountingError : Replicates,
            Pairs = replicates?.Pairs,
        };
    }

    /// <summary>Where one has none of it there is no logarithm. By counting, Newcombe's interval of the difference (doi:10.1002/(SICI)1097-0258(19980430)17:8&lt;873::AID-SIM779&gt;3.0.CO;2-I,
    /// method 10, of Wilson's intervals) decides; by replicates, whether the change would pass the noise even if there were as much as can go unseen.</summary>
    private static Change Appeared(Change change, MeasuredThing? before, MeasuredThing? after, MeasuredSample from, MeasuredSample to, (double Deviation, int Pairs)? replicates)
    {
        var interval = Newcombe(before, after, from, to);
        var counted = interval is { } i ? i.Low > 0 || i.High < 0 : (bool?)null;
        if (replicates is not { } noise) return change with { Ci95 = interval, BeyondNoise = counted, Yardstick = interval is null ? null : CountingError };
        var (least, most) = (Math.Min(change.From!.Value, change.To!.Value), Math.Max(change.From.Value, change.To.Value));
        var unseen = (change.From == least ? from : to).MostUnseen;
        bool? beyond = most == 0 ? false : unseen is { } limit ? Math.Log(most / limit) > Z * Math.Sqrt(2) * noise.Deviation && counted != false : null;
        return change with { BeyondNoise = beyond, Yardstick = beyond is null ? null : Replicates, Pairs = beyond is null ? null : noise.Pairs };
    }

    private static Interval? Newcombe(MeasuredThing? before, MeasuredThing? after, MeasuredSample from, MeasuredSample to)
    {
        // What the sample has none of, it has no read of; a thing that is no proportion of the classified has no reads either.
        if (from.ClassifiedReads is not { } n || to.ClassifiedReads is not { } m || (before ?? after)?.Reads is null) return null;
        var (k, l) = (before?.Reads ?? 0, after?.Reads ?? 0);
        if (Intervals.Wilson(k, n) is not { } one || Intervals.Wilson(l, m) is not { } other) return null;
        var (p, q) = ((double)k / n, (double)l / m);
        static double Both(double x, double y) => Math.Sqrt(x * x + y * y);
        return new(q - p - Both(q - other.Low, one.High - p), q - p + Both(other.High - q, p - one.Low));
    }
}
