using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Indices;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.FollowUp;

/// <summary>On which scale a change is told.</summary>
public enum ChangeScale
{
    /// <summary>log2(to / from): 1 is twice as much, -1 half. For fractions, ratios and numbers of taxa, whose noise grows with their size.</summary>
    Log2,
    /// <summary>to - from, in the unit of the value.</summary>
    Difference,
}

/// <summary>One thing that was measured of a sample.</summary>
/// <param name="Kind">metric, ratio, guild, index, phylum, family or genus.</param>
/// <param name="Id">The metric or id of the report; of a taxon its taxid or, without one, its name.</param>
/// <param name="Name">The current name of a taxon, else the id.</param>
/// <param name="Scale">On which a change of it is told.</param>
/// <param name="Value">As the report has it, unrounded; null where there is none.</param>
/// <param name="Reason">Why there is none.</param>
/// <param name="CountingVariance">Of the counting of reads: of ln(value) on a logarithmic scale, else of the value. Null where only fractions or estimates are known, where the value is 0,
/// and where no closed form holds.</param>
/// <param name="Reads">Of a proportion of the classified reads, where they were counted.</param>
public sealed record MeasuredThing(string Kind, string Id, string Name, ChangeScale Scale, double? Value, string? Reason = null, double? CountingVariance = null, long? Reads = null);

/// <summary>A sample as it is followed: everything that a report measures of it, by the same code, with the counting error of each.</summary>
public sealed class MeasuredSample
{
    /// <summary>A taxon is followed where it makes up this much of one of the two samples: the floor below which a report has no finding of it either.</summary>
    public const double TaxonFloor = 0.001;

    internal static readonly ImmutableArray<TaxonomicRank> Ranks = [TaxonomicRank.Phylum, TaxonomicRank.Family, TaxonomicRank.Genus];

    private static readonly ImmutableArray<string> Differences = ["shannon", "simpson", "pielou", "goods-coverage"];

    private readonly Comparison comparison;
    private readonly Lazy<Dictionary<(string Kind, string Id), MeasuredThing>> things;

    /// <summary>Measures a sample.</summary>
    /// <param name="profile">What was read.</param>
    /// <param name="assay">How it was measured.</param>
    /// <param name="panel">Whose ratios and guilds are summed: one and the same for both of a pair.</param>
    public MeasuredSample(TaxonomicProfile profile, Assay assay, Panel panel)
    {
        comparison = new Comparison(new ReportInput { Profile = profile, ProfileSha256 = "", Assay = assay, Panel = panel, Cohort = null });
        things = new(() => Measure().ToDictionary(thing => (thing.Kind, thing.Id)));
    }

    /// <summary>The profile.</summary>
    public TaxonomicProfile Profile => comparison.Input.Profile;

    /// <summary>How it was measured.</summary>
    public Assay Assay => comparison.Input.Assay;

    /// <summary>The panel of the ratios and guilds.</summary>
    public Panel Panel => comparison.Input.Panel;

    /// <summary>Classified reads, counted or estimated; else all reads, where the file tells them; else null.</summary>
    public double? Depth => comparison.ClassifiedReads ?? Profile.TotalReads;

    /// <summary>Classified reads that were counted; null where there are fractions or estimates.</summary>
    public long? ClassifiedReads => Measures.ClassifiedReads;

    /// <summary>Everything measured, in the order of a report, then phyla, families and genera that were seen.</summary>
    public IEnumerable<MeasuredThing> Things => things.Value.Values;

    internal Measures Measures => comparison.Measures;

    /// <summary>Why no diversity can be told of the sample; null where it can.</summary>
    internal string? Unfit => comparison.TooFewReads ? "too-few-reads" : Measures.Composition.AssignedFraction(Measures.LowestRank) < 0.5 ? "too-little-assigned" : null;

    /// <summary>One of them; null where this sample has none of it.</summary>
    public MeasuredThing? Find(string kind, string id) => things.Value.GetValueOrDefault((kind, id));

    /// <summary>Up to which fraction something may be there of which none was seen: the upper end of Wilson's interval of no read, or the smallest fraction that the file has.
    /// Null where reads are estimated.</summary>
    internal double? MostUnseen => ClassifiedReads is { } reads ? Intervals.Wilson(0, reads)?.High : comparison.DetectionLimit;

    private IEnumerable<MeasuredThing> Measure()
    {
        foreach (var name in Measures.Metrics)
        {
            var metric = comparison.Diversity(name);
            // Without a cohort a value has a reason too: that none matches.
            yield return new("metric", name, name, Differences.Contains(name) ? ChangeScale.Difference : ChangeScale.Log2, metric.Value, metric.Value is null ? metric.Reason : null,
                metric.Value is { } value && Measures.Counts is { } counts ? Variance(name, value, counts) : null);
        }
        foreach (var ratio in Panel.Ratios)
        {
            var measured = comparison.Ratio(ratio);
            yield return new("ratio", ratio.Id, ratio.Id, ChangeScale.Log2, measured.Value, measured.Value is null ? measured.Reason ?? measured.Status : null,
                measured.Value > 0 && ClassifiedReads is { } total ? Variance(ratio, total) : null, ratio.Denominator.IsEmpty ? Counted(Measures.Sum(ratio.Numerator).Value) : null);
        }
        foreach (var guild in Panel.Guilds)
        {
            var fraction = comparison.Guild(guild);
            var reads = fraction.Fraction is null ? null : Counted(Measures.Sum(guild.Members, guild.Excluded).Value);
            yield return new("guild", guild.Id, guild.Id, ChangeScale.Log2, fraction.Fraction, fraction.Fraction is null ? fraction.Reason : null, Variance(reads), reads);
        }
        foreach (var index in PublishedIndex.Shipped)
        {
            var measured = IndexRules.Evaluate(comparison, index);
            yield return new("index", index.Id, index.Id, ChangeScale.Difference, measured.Value, measured.Value is null ? measured.Reason ?? measured.Status : null);
        }
        foreach (var rank in Ranks)
        {
            foreach (var clade in comparison.Clades(rank))
            {
                var reads = Counted(clade.Value);
                yield return new(Comparison.Lower(rank), clade.Taxid?.ToString(CultureInfo.InvariantCulture) ?? clade.Name, clade.Name, ChangeScale.Log2, clade.Fraction, null, Variance(reads), reads);
            }
        }
    }

    private long? Counted(double clades) => ClassifiedReads is { } total ? Math.Min((long)clades, total) : null;

    /// <summary>Of ln(k/N) by the delta method: 1/k - 1/N, the binomial's.</summary>
    private double? Variance(long? reads) => reads is > 0 and { } k && ClassifiedReads is { } total ? 1.0 / k - 1.0 / total : null;

    // As of a report's interval: two counts of one sample.
    private double? Variance(Ratio ratio, long total)
    {
        var (numerator, denominator) = ((long)Measures.Sum(ratio.Numerator).Value, ratio.Denominator.IsEmpty ? total : (long)Measures.Sum(ratio.Denominator).Value);
        return ratio.Denominator.IsEmpty ? Variance(Math.Min(numerator, total)) : numerator > 0 && denominator > 0 ? 1.0 / numerator + 1.0 / denominator : null;
    }

    /// <summary>The variances of the closed forms of a report's intervals, on the scale of the change. None for numbers of taxa and what is made of them: how many were missed has no closed form,
    /// and by the standard error of Chao1 one in nine pairs of one specimen would be called a change.</summary>
    private static double? Variance(string metric, double value, Counts counts) => metric switch
    {
        "shannon" => Of(Intervals.Shannon(counts), value),
        "simpson" => Of(Intervals.Simpson(counts), value),
        // ln(1/D) has the variance of D over D².
        "inverse-simpson" => AlphaDiversity.Simpson(counts) is { } simpson ? Of(Intervals.Simpson(counts), simpson) / ((1 - simpson) * (1 - simpson)) : null,
        "berger-parker" => (1 - value) / (counts.Total * value),
        "goods-coverage" => Of(Coverage.Esty(counts), 1 - value),
        _ => null,
    };

    // Half the width of a 95 % interval, of which one end may be cut.
    private static double? Of(Interval? interval, double value) => interval is { } i ? Math.Pow(Math.Max(i.High - value, value - i.Low) / AlphaDiversity.Z95, 2) : null;
}
