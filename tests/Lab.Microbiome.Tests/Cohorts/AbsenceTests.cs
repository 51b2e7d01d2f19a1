using System.Globalization;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Cohorts;

/// <summary>When a zero is absence. Every expectation is worked out by hand from the formula beside <see cref="CohortEntry.ReadsToRuleOut"/>.</summary>
public sealed class AbsenceTests
{
    // Everybody has exactly one in ten thousand.
    private static readonly CohortEntry Alike = Entry(1, [0, 0.5, 1], [1e-4, 1e-4, 1e-4]);
    // Half have none; the fractions of the others rise evenly from 0 to one in a hundred.
    private static readonly CohortEntry HalfHaveIt = Entry(0.5, [0, 0.5, 1], [0, 0, 0.01]);

    [Fact]
    public void Where_all_carriers_are_alike_it_takes_three_reads_expected()
    {
        // exp(-N / 10,000) < 0.05 from N = 10,000 ln 20 = 29,957.3 on.
        Assert.Equal(29_958, Alike.ReadsToRuleOut);
        Assert.Equal(Math.Exp(-2), Alike.ChanceOfMissing(20_000), 12);
        Assert.Equal(1e-4, Alike.CarrierLow, 15);
    }

    [Fact]
    public void Only_carriers_decide_how_deep_is_deep_enough()
    {
        // Over a even from 0 to b = 0.01: (1 - exp(-N b)) / (N b). With N = 2,000 that is (1 - exp(-20)) / 20, just below 0.05; 1,999 reads give 1 / 19.99.
        Assert.Equal((1 - Math.Exp(-20)) / 20, HalfHaveIt.ChanceOfMissing(2_000), 12);
        Assert.Equal(2_000, HalfHaveIt.ReadsToRuleOut);
        // The lowest twentieth of the carriers is below 0.05 x 0.01.
        Assert.Equal(0.0005, HalfHaveIt.CarrierLow, 12);
    }

    [Fact]
    public void Two_pieces_add_up()
    {
        // Half of the carriers even from 0 to 0.001, half even from 0.001 to 0.003; N = 1,000: 0.5 (1 - e^-1) / 1 + 0.5 (e^-1 - e^-3) / 2.
        var entry = Entry(1, [0, 0.5, 1], [0, 0.001, 0.003]);
        Assert.Equal(0.5 * (1 - Math.Exp(-1)) + 0.25 * (Math.Exp(-1) - Math.Exp(-3)), entry.ChanceOfMissing(1_000), 12);
    }

    [Fact]
    public void What_nobody_has_is_never_absent() =>
        Assert.Equal((double.PositiveInfinity, 1.0, 0.0), (Entry(0, [0, 1], [0, 0]).ReadsToRuleOut, Entry(0, [0, 1], [0, 0]).ChanceOfMissing(1e9), Entry(0, [0, 1], [0, 0]).CarrierLow));

    [Fact]
    public void Published_quantiles_that_do_not_reach_the_ends_are_taken_for_the_worst()
    {
        // Known from 2.5 % up: below it the fractions may come down to 0, above the last they stay at it.
        var entry = Entry(1, [0.025, 0.975], [0.01, 0.01]);
        // 0.025 (1 - exp(-10)) / 10 + 0.975 exp(-10) at 1,000 reads.
        Assert.Equal(0.025 * (1 - Math.Exp(-10)) / 10 + 0.975 * Math.Exp(-10), entry.ChanceOfMissing(1_000), 12);
    }

    [Fact]
    public void Depth_decides_between_absent_and_not_detected()
    {
        // Faecalibacterium in the Benelux cohort: the chance is 5 % at the depth that its row asks for, and the report turns there.
        var entry = ReferenceCohort.Find("benelux-16s")!.Find(TaxonomicRank.Genus, 216851)!;
        var least = entry.ReadsToRuleOut;
        Assert.InRange(entry.ChanceOfMissing(least), 0, 0.05);
        Assert.InRange(entry.ChanceOfMissing(least * 0.98), 0.05, 1);
        Assert.Equal(("not-detected", "absent"), (Status((long)least - 1), Status((long)least)));

        static string Status(long reads)
        {
            // An assay that asks for few reads, for Faecalibacterium is abundant.
            var input = People.Input(People.MadeUp("reads", $"816:{reads}"), "amplicon-16s");
            return ReportBuilder.Taxa(input with { Assay = input.Assay with { MinimumReads = 10 } }).Single(t => t.Taxon.Taxid == 216851 && t.Rank == TaxonomicRank.Genus).Taxon.Status;
        }
    }

    [Fact]
    public void A_sample_below_its_assays_minimum_says_nothing_of_absence()
    {
        Assert.Equal("absent", Butyrate(People.MadeUp("reads", "816:5000")));
        Assert.Equal("not-detected", Butyrate(People.MadeUp("reads", "816:4999")));

        static string Butyrate(TaxonomicProfile profile) => People.Report(profile, "amplicon-16s").Guilds.Single(g => g.Id == "butyrate-producers").Status;
    }

    [Fact]
    public void Of_fractions_the_smallest_reported_one_is_the_limit()
    {
        var low = ReferenceCohort.Find("western-shotgun")!.Find("guild", "butyrate-producers")!.CarrierLow;
        Assert.Equal("absent", Butyrate(low * 0.99));
        Assert.Equal("not-detected", Butyrate(low * 1.01));

        static string Butyrate(double smallest) => People.Report(People.MadeUp("fraction",
                string.Create(CultureInfo.InvariantCulture, $"820:{1 - smallest:R}"), string.Create(CultureInfo.InvariantCulture, $"562:{smallest:R}")), "shotgun-metaphlan2").Guilds.Single(g => g.Id == "butyrate-producers").Status;
    }

    [Fact]
    public void Where_fewer_than_twenty_have_it_nobody_knows_how_little_there_may_be()
    {
        // Methanogens: 45.7 % have them. Of 43 people that is fewer than twenty, of 44 it is more.
        var input = People.Input(People.MadeUp("fraction", "820:0.999999999", "562:0.000000001"), "shotgun-metaphlan2");
        Assert.InRange(input.Cohort!.Find("guild", "methanogens")!.Prevalence, 20 / 44.0, 20 / 43.0);
        Assert.Equal(("not-detected", "absent"), (Methanogens(43), Methanogens(44)));

        string Methanogens(int people) => ReportBuilder.Build(input with { Cohort = input.Cohort with { N = people } }).Guilds.Single(g => g.Id == "methanogens").Status;
    }

    [Fact]
    public void A_kingdom_that_the_assay_cannot_see_is_not_assessable_and_never_absent()
    {
        var profile = People.MadeUp("reads", "816:1000000");
        Assert.Equal(("not-assessable", "kingdom-not-assayed"), Of(People.Report(profile, "amplicon-16s"), "fungi"));
        var blind = People.Input(profile, "amplicon-16s");
        Assert.Equal(("not-assessable", "kingdom-not-assayed"), Of(ReportBuilder.Build(blind with { Assay = blind.Assay with { Kingdoms = ["Bacteria"] } }), "methanogens"));
        Assert.Equal(("absent", null), Of(People.Report(profile, "amplicon-16s"), "methanogens"));

        static (string, string?) Of(ReportContent report, string guild) => report.Guilds.Where(g => g.Id == guild).Select(g => (g.Status, g.Reason)).Single();
    }

    private static CohortEntry Entry(double prevalence, double[] levels, double[] values) => new("taxon", "1", TaxonomicRank.Genus, "Made up", prevalence, new([.. levels], [.. values]));
}
