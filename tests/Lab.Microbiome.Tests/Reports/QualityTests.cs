using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>Each check of quality on both sides of its threshold.</summary>
public sealed class QualityTests
{
    [Theory]
    [InlineData("shotgun-kraken2", 100_000, "pass")]
    [InlineData("shotgun-kraken2", 99_999, "fail")]
    [InlineData("amplicon-16s", 5_000, "pass")]
    [InlineData("amplicon-16s", 4_999, "fail")]
    public void Too_few_classified_reads_fail(string assay, int reads, string status)
    {
        var report = People.Report(People.MadeUp("reads", $"816:{reads / 2}", $"853:{reads - reads / 2}"), assay);
        Assert.Equal(status, Check(report, "min-reads"));
        Assert.Equal(status, report.Quality.Status);
    }

    [Fact]
    public void Reads_of_host_and_virus_are_no_depth() =>
        Assert.Equal("fail", Check(People.Report(People.MadeUp("reads", "9606:1000000", "10239:1000000", "816:99999"), "shotgun-kraken2"), "min-reads"));

    [Theory]
    [InlineData("shotgun-kraken2", 700_000, "pass")]
    [InlineData("shotgun-kraken2", 700_001, "warn")]
    [InlineData("amplicon-16s", 100_000, "pass")]
    [InlineData("amplicon-16s", 100_001, "warn")]
    [InlineData("shotgun-metaphlan4", 900_000, "not-assessable")]
    public void Too_much_that_is_not_classified_warns(string assay, int unclassified, string status)
    {
        var rest = 1_000_000 - unclassified;
        var profile = People.Read($"{{\"unit\":\"reads\",\"unclassified\":{unclassified},\"taxa\":[{{\"taxid\":816,\"value\":{rest / 2}}},{{\"taxid\":853,\"value\":{rest - rest / 2}}}]}}");
        Assert.Equal(status, Check(People.Report(profile, assay), "unclassified-share"));
    }

    [Theory]
    [InlineData(500_000, "pass")]
    [InlineData(500_001, "warn")]
    public void Mostly_host_warns(int host, string status) =>
        Assert.Equal(status, Check(People.Report(People.MadeUp("reads", $"9606:{host}", $"816:{500_000 - host / 2}", $"853:{1_000_000 - host - (500_000 - host / 2)}"), "shotgun-kraken2"), "host-share"));

    [Theory]
    [InlineData(8000, "pass")]
    [InlineData(8001, "warn")]
    public void A_taxon_that_swamps_all_others_warns(int reads, string status) =>
        Assert.Equal(status, Check(People.Report(People.MadeUp("reads", $"820:{reads}0", $"853:{10_000 - reads}0"), "shotgun-kraken2"), "one-taxon-dominates"));

    [Theory]
    // Ralstonia 48736 and Herbaspirillum 963 are on the list of Salter 2014; Escherichia is not.
    [InlineData("48736:1000", "963:0", "pass")]
    [InlineData("48736:600", "963:401", "warn")]
    [InlineData("561:30000", "963:0", "pass")]
    public void Genera_that_come_with_reagents_warn_above_a_hundredth(string one, string other, string status)
    {
        var rest = 100_000 - int.Parse(one.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) - int.Parse(other.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(status, Check(People.Report(People.MadeUp("reads", one, other, $"816:{rest / 2}", $"853:{rest - rest / 2}"), "shotgun-kraken2"), "reagent-genera"));
    }

    [Fact]
    public void A_name_of_another_taxid_warns()
    {
        static string Of(string name) => Check(People.Report(People.Read($"{{\"unit\":\"reads\",\"taxa\":[{{\"taxid\":853,\"name\":\"{name}\",\"value\":60000}},{{\"taxid\":816,\"value\":60000}}]}}"), "shotgun-kraken2"), "name-taxid-mismatch");
        Assert.Equal(("pass", "warn"), (Of("Faecalibacterium prausnitzii"), Of("Escherichia coli")));
    }

    [Theory]
    [InlineData(14, "pass")]
    [InlineData(15, "warn")]
    public void Two_weeks_on_the_way_warn(int days, string status)
    {
        var collected = new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
        var input = People.Input(People.MadeUp("reads", "816:60000", "853:60000"), "shotgun-kraken2");
        Assert.Equal(status, Check(ReportBuilder.Build(input with { CollectedAt = collected, ReceivedAt = collected.AddDays(days) }), "transit-time"));
        Assert.Equal("not-assessable", Check(ReportBuilder.Build(input with { ReceivedAt = collected }), "transit-time"));
    }

    [Fact]
    public void The_same_bytes_and_a_cut_file_warn()
    {
        var input = People.Input(People.MadeUp("reads", "816:60000", "853:60000"), "shotgun-kraken2");
        Assert.Equal(("pass", "pass"), (Check(ReportBuilder.Build(input), "same-bytes-as-another-sample"), Check(ReportBuilder.Build(input), "incomplete-report")));
        Assert.Equal("warn", Check(ReportBuilder.Build(input with { SameBytesAsAnotherSample = true }), "same-bytes-as-another-sample"));
        var cut = ReportBuilder.Build(input with { Profile = input.Profile with { Incomplete = true } });
        Assert.Equal(("warn", "warn"), (Check(cut, "incomplete-report"), cut.Quality.Status));
    }

    private static string Check(ReportContent report, string code) => report.Quality.Checks.Single(c => c.Code == code).Status;
}
