using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Lab.Microbiome.Diversity;

/// <summary>A metric of diversity within one sample by its name, such as <c>shannon</c> or <c>hill-1.5</c>.</summary>
public sealed partial class AlphaMetric
{
    private readonly Func<RelativeAbundances, double?>? ofShares;
    private readonly Func<Counts, double?>? ofCounts;
    private readonly Func<Counts, Interval?>? interval;

    private AlphaMetric(string name, Func<RelativeAbundances, double?>? ofShares, Func<Counts, double?>? ofCounts, Func<Counts, Interval?>? interval, string? logBase, bool ratio)
    {
        Name = name;
        (this.ofShares, this.ofCounts, this.interval) = (ofShares, ofCounts, interval);
        (LogBase, UndefinedByDenominator) = (logBase, ratio);
    }

    private static readonly FrozenDictionary<string, AlphaMetric> Named = new[]
    {
        Of("observed", shares => AlphaDiversity.Observed(shares)),
        Of("shannon", AlphaDiversity.Shannon, Intervals.Shannon, "e"),
        Of("shannon-2", shares => AlphaDiversity.Shannon(shares, 2), logBase: "2"),
        Of("shannon-10", shares => AlphaDiversity.Shannon(shares, 10), logBase: "10"),
        Of("exp-shannon", shares => HillNumbers.Of(shares, 1)),
        Of("simpson", AlphaDiversity.Simpson, Intervals.Simpson),
        Of("simpson-dominance", AlphaDiversity.Dominance),
        Of("inverse-simpson", AlphaDiversity.InverseSimpson),
        Of("pielou", AlphaDiversity.Pielou, ratio: true),
        Of("simpson-evenness", AlphaDiversity.SimpsonEvenness),
        Of("heip", AlphaDiversity.Heip),
        Of("berger-parker", AlphaDiversity.BergerParker),
        Of("strong", AlphaDiversity.Strong),
        Of("gini", AlphaDiversity.GiniByRectangles),
        Of("gini-trapezoids", AlphaDiversity.GiniByTrapezoids),
        Of("kempton-taylor", AlphaDiversity.KemptonTaylor, ratio: true),
        OfCounts("simpson-finite", AlphaDiversity.FiniteSimpson, ratio: true),
        OfCounts("simpson-dominance-finite", AlphaDiversity.FiniteDominance, ratio: true),
        OfCounts("inverse-simpson-finite", AlphaDiversity.FiniteInverseSimpson, ratio: true),
        OfCounts("mcintosh-dominance", AlphaDiversity.McIntoshDominance, ratio: true),
        OfCounts("mcintosh-evenness", AlphaDiversity.McIntoshEvenness),
        OfCounts("brillouin", AlphaDiversity.Brillouin, logBase: "e"),
        OfCounts("singletons", counts => counts.Singletons),
        OfCounts("doubletons", counts => counts.Doubletons),
        OfCounts("margalef", Richness.Margalef, ratio: true),
        OfCounts("menhinick", Richness.Menhinick),
        OfCounts("chao1", counts => Richness.Chao1(counts), Richness.Chao1Interval),
        OfCounts("chao1-se", Richness.Chao1StandardError),
        OfCounts("chao1-classic", counts => Richness.Chao1Classic(counts), Richness.Chao1ClassicInterval),
        OfCounts("chao1-inext", counts => Richness.Chao1Inext(counts)),
        OfCounts("ace", Richness.Ace),
        OfCounts("fisher-alpha", Richness.FisherAlpha),
        OfCounts("goods-coverage", Coverage.Good),
        OfCounts("robbins", Coverage.Robbins, Coverage.Esty),
        OfCounts("coverage", Coverage.ChaoJost),
        OfCounts("hill-0-asymptotic", counts => HillNumbers.Asymptotic(counts, 0)),
        OfCounts("hill-1-asymptotic", counts => HillNumbers.Asymptotic(counts, 1)),
        OfCounts("hill-2-asymptotic", counts => HillNumbers.Asymptotic(counts, 2)),
    }.ToFrozenDictionary(metric => metric.Name, StringComparer.Ordinal);

    /// <summary>All names without a number of the caller's choice, in alphabetical order.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Named.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The forms of names with one: q an order, 0 to 100 with at most three decimals or <c>inf</c>; m a number of reads, 1 to a thousand
    /// million; c a coverage between 0 and 1 with at most six decimals. Numbers have no leading and no trailing zeros.</summary>
    public static ImmutableArray<string> Forms { get; } =
        ["hill-{q}", "renyi-{q}", "tsallis-{q}", "rarefied-{m}", "rarefied-se-{m}", "coverage-{m}", "hill-{q}-at-{m}", "reads-at-coverage-{c}", "hill-{q}-at-coverage-{c}"];

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Whether it is defined for true read counts only.</summary>
    public bool NeedsCounts => ofCounts is not null;

    /// <summary>The base of its logarithm, where its value depends on one.</summary>
    public string? LogBase { get; }

    /// <summary>Whether it is undefined where a denominator is 0; otherwise where there are too few reads.</summary>
    public bool UndefinedByDenominator { get; }

    /// <summary>Finds a metric by its exact name; null where there is none.</summary>
    public static AlphaMetric? Find(string name)
    {
        if (Named.TryGetValue(name, out var named)) return named;
        var match = Form().Match(name);
        if (!match.Success) return null;
        var (q, m, c) = (Number("q"), Number("m"), Number("c"));
        if (q is > 100 and < double.PositiveInfinity || m is > 1_000_000_000) return null;
        if (q > HillNumbers.MaxRarefiedOrder && (m ?? c) is not null) return null;
        return (match.Groups["kind"].Value, q, m, c) switch
        {
            ("hill", { } order, null, null) => Of(name, shares => HillNumbers.Of(shares, order)),
            ("hill", { } order, { } reads, _) => OfCounts(name, counts => HillNumbers.AtSize(counts, order, (long)reads)),
            ("hill", { } order, _, { } share) => OfCounts(name, counts => HillNumbers.AtCoverage(counts, order, share)),
            ("renyi", { } order, _, _) => Of(name, shares => HillNumbers.Renyi(shares, order), logBase: "e"),
            ("tsallis", { } order, _, _) => Of(name, shares => HillNumbers.Tsallis(shares, order)),
            ("rarefied", _, { } reads, _) => OfCounts(name, counts => Rarefaction.Richness(counts, (long)reads)),
            ("rarefied-se", _, { } reads, _) => OfCounts(name, counts => Rarefaction.StandardError(counts, (long)reads)),
            ("coverage", _, { } reads, _) => OfCounts(name, counts => Coverage.AtSize(counts, (long)reads)),
            ("reads-at-coverage", _, _, { } share) => OfCounts(name, counts => Coverage.SizeFor(counts, share)),
            _ => null,
        };

        double? Number(string group) => match.Groups[group] is not { Success: true } text ? null
            : text.Value == "inf" ? double.PositiveInfinity : double.Parse(text.Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Its value; null where it is not defined for this sample, or needs counts and there are none.</summary>
    public double? Value(RelativeAbundances shares, Counts? counts) => ofShares is not null ? ofShares(shares) : counts is null ? null : ofCounts!(counts);

    /// <summary>Its 95 % interval by counting error; null without counts or where none is defined.</summary>
    public Interval? Interval(Counts? counts) => counts is null ? null : interval?.Invoke(counts);

    private static AlphaMetric Of(string name, Func<RelativeAbundances, double?> value, Func<Counts, Interval?>? interval = null, string? logBase = null, bool ratio = false) =>
        new(name, value, null, interval, logBase, ratio);

    private static AlphaMetric OfCounts(string name, Func<Counts, double?> value, Func<Counts, Interval?>? interval = null, string? logBase = null, bool ratio = false) =>
        new(name, null, value, interval, logBase, ratio);

    [GeneratedRegex(@"\A(?:(?<kind>hill|renyi|tsallis)-(?<q>inf|(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{0,2}[1-9])?)(?:(?<=hill-[0-9.]+)-at-(?:(?<m>[1-9][0-9]{0,9})|coverage-(?<c>0\.[0-9]{0,5}[1-9])))?|(?<kind>rarefied|rarefied-se|coverage)-(?<m>[1-9][0-9]{0,9})|(?<kind>reads-at-coverage)-(?<c>0\.[0-9]{0,5}[1-9]))\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
