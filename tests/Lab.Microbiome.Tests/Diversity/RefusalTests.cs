using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>What cannot be computed says why.</summary>
public sealed class RefusalTests
{
    [Fact]
    public void A_number_out_of_its_range_is_refused_with_the_range()
    {
        var counts = Counts.From([3, 2, 1]);
        var features = FeatureList.Of(["a", "b"]);
        (string Why, Action What)[] refused =
        [
            ("A base must be finite and above 1.", () => AlphaDiversity.Shannon(counts, 1)),
            ("A shape must be finite and above 0.", () => BetaDistribution.Cumulative(0, 1, 0.5)),
            ("A shape must be finite and above 0.", () => BetaDistribution.Cumulative(1, 0, 0.5)),
            ("Must be a number.", () => BetaDistribution.Cumulative(1, 1, double.NaN)),
            ("A count must be a whole number of at least 0.", () => Counts.FromWholeNumbers([0.5])),
            ("An abundance must be finite and at least 0.", () => RelativeAbundances.From([-1])),
            ("The sum of the abundances must be finite.", () => RelativeAbundances.From([double.MaxValue, double.MaxValue])),
            ("A coverage must be between 0 and 1.", () => Coverage.SizeFor(counts, 1)),
            ("An order must be 0 to 10.", () => HillNumbers.AtSize(counts, 10.5, 2)),
            ("Must be 0 to 1.", () => Intervals.CountingStability(1, 2, 1.5)),
            ("An abundance must be finite and at least 0.", () => BetaDiversityTests.Shares(features, [1, -1])),
            ("The sum of the abundances must be finite.", () => BetaDiversityTests.Shares(features, [double.MaxValue, double.MaxValue])),
            ("The replacements must add up to less than 1.", () => BetaDiversityTests.Shares(features, [1, 0]).ReplaceZeros(1)),
            ("Must be above 0 and finite.", () => LogRatios.Of(BetaDiversityTests.Counts(features, [1, 2]), 0)),
        ];
        Assert.All(refused, refusal => Assert.StartsWith(refusal.Why, Assert.Throws<ArgumentOutOfRangeException>(refusal.What).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Samples_that_do_not_fit_together_are_refused_with_the_reason()
    {
        var (here, there) = (FeatureList.Of(["a", "b"]), FeatureList.Of(["a", "c"]));
        var (u, v) = (BetaDiversityTests.Counts(here, [1, 2]), BetaDiversityTests.Counts(there, [1, 2]));
        (string Why, Action What)[] refused =
        [
            ("The samples are over different features.", () => BetaDiversity.BrayCurtis(u, v)),
            ("The samples are over different features.", () => BetaDiversity.Jaccard(u, v)),
            ("The zeros of the samples were treated differently.", () => BetaDiversity.Aitchison(LogRatios.Of(u)!, LogRatios.Of(u.Shares())!)),
            ("A sample is empty.", () => BetaDiversity.BrayCurtis([u.Shares(), BetaDiversityTests.Shares(here, [0, 0])])),
            ("The sample has a twice.", () => ShareVector.From(here, [new("a", 1), new("a", 2)])),
        ];
        Assert.All(refused, refusal => Assert.StartsWith(refusal.Why, Assert.Throws<ArgumentException>(refusal.What).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_at_all_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => BetaDiversity.BrayCurtis(null!));
        Assert.Throws<ArgumentNullException>(() => CountVector.From(null!, []));
        Assert.Throws<ArgumentNullException>(() => ShareVector.From(null!, []));
        Assert.Throws<ArgumentNullException>(() => LogRatios.Of((CountVector)null!));
        Assert.Throws<ArgumentNullException>(() => LogRatios.Of((ShareVector)null!));
        Assert.Throws<ArgumentNullException>(() => LogRatios.Robust(null!));
    }
}
