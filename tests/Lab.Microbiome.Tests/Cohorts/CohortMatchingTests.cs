using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Profiles;
using Xunit;

namespace Lab.Microbiome.Tests.Cohorts;

public sealed class CohortMatchingTests
{
    [Theory]
    [InlineData("shotgun-metaphlan2", "western-shotgun", CohortMatch.SameMethod)]
    [InlineData("shotgun-metaphlan2", "chinese-shotgun", CohortMatch.SameMethod)]
    [InlineData("shotgun-metaphlan3", "western-shotgun", CohortMatch.SamePlatform)]
    [InlineData("shotgun-metaphlan4", "western-shotgun", CohortMatch.SamePlatform)]
    [InlineData("shotgun-kraken2", "western-shotgun", CohortMatch.SamePlatform)]
    [InlineData("shotgun-bracken", "chinese-shotgun", CohortMatch.SamePlatform)]
    [InlineData("shotgun-metaphlan4-gtdb", "western-shotgun", CohortMatch.SamePlatform)]
    [InlineData("shotgun-kaiju", "western-shotgun", CohortMatch.SamePlatform)]
    [InlineData("shotgun-motus", "chinese-shotgun", CohortMatch.SamePlatform)]
    [InlineData("shotgun-sylph", "western-shotgun", CohortMatch.SamePlatform)]
    [InlineData("shotgun-generic", "western-shotgun", CohortMatch.None)]
    [InlineData("shotgun-generic", "chinese-shotgun", CohortMatch.None)]
    [InlineData("amplicon-16s-emu", "benelux-16s", CohortMatch.None)]
    [InlineData("amplicon-16s-emu", "us-16s", CohortMatch.None)]
    [InlineData("shotgun-kraken2", "benelux-16s", CohortMatch.None)]
    [InlineData("amplicon-16s", "western-shotgun", CohortMatch.None)]
    [InlineData("amplicon-16s", "benelux-16s", CohortMatch.SameMethod)]
    [InlineData("amplicon-16s", "us-16s", CohortMatch.None)]
    [InlineData("amplicon-16s-greengenes", "us-16s", CohortMatch.SameMethod)]
    [InlineData("amplicon-16s-greengenes", "benelux-16s", CohortMatch.None)]
    public void A_cohort_speaks_as_far_as_its_method_goes(string assay, string cohort, CohortMatch expected) =>
        Assert.Equal(expected, CohortMatching.Match(Assay.Find(assay)!, ReferenceCohort.Find(cohort)));

    [Fact]
    public void The_same_profiler_of_another_major_version_or_against_another_database_is_another_method()
    {
        var cohort = ReferenceCohort.Find("western-shotgun")! with { Profiler = "Kraken 2", DatabaseFamily = "GTDB" };
        Assert.Equal(CohortMatch.SamePlatform, CohortMatching.Match(Assay.Find("shotgun-kraken2")!, cohort));
        Assert.Equal(CohortMatch.SameMethod, CohortMatching.Match(Assay.Find("shotgun-kraken2")!, cohort with { DatabaseFamily = "RefSeq" }));
        Assert.Equal(CohortMatch.SamePlatform, CohortMatching.Match(Assay.Find("shotgun-kraken2")!, cohort with { Profiler = "Kraken 1", DatabaseFamily = "RefSeq" }));
    }

    [Fact]
    public void Amplicons_match_by_database_and_region_and_not_by_program()
    {
        var (assay, cohort) = (Assay.Find("amplicon-16s")!, ReferenceCohort.Find("benelux-16s"));
        Assert.Equal(CohortMatch.SameMethod, CohortMatching.Match(assay with { Profiler = "QIIME 2" }, cohort));
        Assert.Equal(CohortMatch.None, CohortMatching.Match(assay with { Region = "V1-V2" }, cohort));
        Assert.Equal(CohortMatch.None, CohortMatching.Match(assay with { Region = null }, cohort));
    }

    [Fact]
    public void Without_a_cohort_there_is_no_match() => Assert.Equal(CohortMatch.None, CohortMatching.Match(Assay.Find("shotgun-kraken2")!, null));

    [Theory]
    [InlineData("shotgun-metaphlan2", null, "western-shotgun@1")]
    [InlineData("shotgun-metaphlan2", "chinese-shotgun", "chinese-shotgun@1")]
    [InlineData("shotgun-kraken2", null, "western-shotgun@1")]
    [InlineData("amplicon-16s", null, "benelux-16s@1")]
    [InlineData("amplicon-16s-greengenes", null, "us-16s@1")]
    [InlineData("amplicon-16s", "us-16s@1", null)]
    [InlineData("amplicon-16s", "western-shotgun", null)]
    public void The_best_is_taken_and_a_wanted_one_only_where_it_may_speak(string assay, string? wanted, string? expected) =>
        Assert.Equal(expected, CohortMatching.Best(Assay.Find(assay)!, ReferenceCohort.Shipped, wanted)?.Ref);

    [Fact]
    public void The_same_method_goes_before_the_same_platform()
    {
        var own = ReferenceCohort.Find("western-shotgun")! with { Id = "own", Profiler = "Kraken 2", DatabaseFamily = "RefSeq" };
        Assert.Equal("own@1", CohortMatching.Best(Assay.Find("shotgun-kraken2")!, ReferenceCohort.Shipped.Add(own), null)?.Ref);
    }
}
