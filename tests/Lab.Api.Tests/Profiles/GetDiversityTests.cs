using System.Text;
using Lab.Client;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Api.Tests.Profiles;

public sealed class GetDiversityTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly string[] All = ["observed", "shannon", "simpson", "inverse-simpson", "pielou", "berger-parker", "chao1", "goods-coverage", "fisher-alpha"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_come_at_full_precision()
    {
        // Of 50,000, 400,000 and 300,000 reads: by hand, the logarithms and the root of Fisher's equation by an independent script in Python.
        var metrics = await MetricsAsync("PRECISE", SampleFiles.Kreport(0));
        Assert.Equal(All, metrics.Select(m => m.Metric));
        double[] expected = [3, 0.8823109245150756, 124 / 225.0, 225 / 101.0, 0.8031140135750123, 8 / 15.0, 3, 1, 0.19805875623888664];
        foreach (var (metric, value) in metrics.Zip(expected)) Assert.True(Math.Abs(metric.Value!.Value - value) < 1e-13 * Math.Max(1, value), $"{metric.Metric} {metric.Value:R}");
        var shannon = metrics[1];
        Assert.Equal(("species", "e", 1.0), (shannon.Rank, shannon.Base, shannon.AssignedFraction));
        Assert.Equal([0.8811635805957545, 0.8834582684343968], shannon.Ci95!, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Null(metrics[2].Base);
        Assert.Equal(["singletons-are-classifier-noise"], metrics[6].Caveats);
    }

    [Theory]
    [MemberData(nameof(SampleFiles.Shipped), MemberType = typeof(SampleFiles))]
    public async Task Rounded_they_are_the_reports_with_its_status_and_reason(string file)
    {
        var upload = await host.Client.UploadProfileAsync($"SAME-{file}", SampleFiles.Read(file), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        var metrics = await host.Client.GetDiversityAsync(upload.ProfileId, cancellation: Ct);
        Assert.Equal(report.Diversity, metrics.Select(m => new ReportMetric(m.Metric, m.Value is { } value ? Significant.Reported(value) : null, m.Status, m.Reason)));
        Assert.Contains(metrics, m => m.Value is { } value && value != Significant.Reported(value));
        Assert.All(metrics, m => Assert.Equal(m.Status == "not-assessable", m.Reason is not null));
    }

    [Fact]
    public async Task The_cohort_is_the_one_that_the_report_uses()
    {
        var file = SampleFiles.Read("metaphlan2-scfa-depleted.txt");
        var best = (await MetricsAsync("COHORT-BEST", file))[1];
        var wanted = (await MetricsAsync("COHORT-WANTED", file, new() { Cohort = "chinese-shotgun@1" }))[1];
        Assert.Equal(best.Value, wanted.Value);
        Assert.Equal([await MedianAsync("western-shotgun"), await MedianAsync("chinese-shotgun")], new[] { best, wanted }.Select(m => m.Reference!.P50));
        Assert.NotEqual(best.Reference, wanted.Reference);

        async Task<double?> MedianAsync(string cohort)
        {
            using var http = host.Http();
            using var document = System.Text.Json.JsonDocument.Parse(await http.GetByteArrayAsync($"v1/cohorts/{cohort}/versions/1", Ct));
            var levels = document.RootElement.GetProperty("levels").EnumerateArray().Select(l => l.GetDouble()).ToList();
            var shannon = document.RootElement.GetProperty("distributions").EnumerateArray().Single(d => d.GetProperty("kind").GetString() == "metric" && d.GetProperty("id").GetString() == "shannon");
            return shannon.GetProperty("quantiles")[levels.IndexOf(0.5)].GetDouble();
        }
    }

    [Fact]
    public async Task What_needs_counts_is_refused_where_there_are_none_and_shallow_profiles_altogether()
    {
        var fractions = (await MetricsAsync("FRACTIONS", SampleFiles.Read("metaphlan2-scfa-depleted.txt"))).ToLookup(m => m.Reason);
        Assert.Equal(["chao1", "goods-coverage", "fisher-alpha"], fractions["requires-integer-counts"].Select(m => m.Metric));
        const string bracken = "name\ttaxonomy_id\ttaxonomy_lvl\tkraken_assigned_reads\tadded_reads\tnew_est_reads\tfraction_total_reads\n"
            + "Escherichia coli\t562\tS\t100000\t0\t100000\t0.25\nFaecalibacterium prausnitzii\t853\tS\t300000\t0\t300000\t0.75\n";
        var estimated = (await MetricsAsync("ESTIMATED", Encoding.UTF8.GetBytes(bracken))).ToLookup(m => m.Reason);
        Assert.Equal(["chao1", "goods-coverage", "fisher-alpha"], estimated["estimated-counts"].Select(m => m.Metric));
        var shallow = await MetricsAsync("SHALLOW", Encoding.UTF8.GetBytes(" 50.00\t2\t2\tU\t0\tunclassified\n 50.00\t2\t0\tR\t1\troot\n 50.00\t2\t0\tD\t2\t  Bacteria\n 50.00\t2\t2\tS\t562\t    Escherichia coli\n"));
        Assert.All([.. fractions["requires-integer-counts"], .. estimated["estimated-counts"], .. shallow], m => Assert.Equal((null, null, null, "not-assessable"), (m.Value, m.Ci95, m.Reference, m.Status)));
        Assert.All(shallow, m => Assert.Equal("too-few-reads", m.Reason));
    }

    [Fact]
    public async Task Those_asked_for_come_in_the_order_asked_for_each_once()
    {
        var upload = await host.Client.UploadProfileAsync("ASKED", SampleFiles.Kreport(1), cancellation: Ct);
        Assert.Equal(["chao1", "shannon"], (await host.Client.GetDiversityAsync(upload.ProfileId, ["chao1", "shannon", "chao1"], Ct)).Select(m => m.Metric));
        Assert.Equal(All, (await host.Client.GetDiversityAsync(upload.ProfileId, [], Ct)).Select(m => m.Metric));
    }

    [Theory]
    [InlineData("none", 1)]
    [InlineData("shannon,Chao1,", 2)]
    [InlineData("shannon;chao1", 1)]
    [InlineData("%00", 1)]
    public async Task A_metric_that_is_not_known_is_422_and_names_the_parameter(string metrics, int errors)
    {
        using var http = host.Http();
        var problem = await Problems.AssertAsync(await http.GetAsync($"v1/profiles/0199aaaa-0000-7000-8000-000000000000/diversity?metrics={metrics}", Ct), 422, "value-invalid");
        Assert.Equal(errors, problem.GetProperty("errors").GetArrayLength());
        Assert.All(problem.GetProperty("errors").EnumerateArray(), e => Assert.StartsWith("metrics: ", e.GetProperty("message").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_anothers_profile_or_none_it_is_404()
    {
        var upload = await host.Client.UploadProfileAsync("NOT-YOURS", SampleFiles.Kreport(2), cancellation: Ct);
        var stranger = await host.ClientForAsync("stranger", "samples:read");
        foreach (var call in new[] { () => stranger.GetDiversityAsync(upload.ProfileId, cancellation: Ct), () => host.Client.GetDiversityAsync(Guid.Empty, cancellation: Ct) })
        {
            Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(call)).Code);
        }
    }

    private async Task<IReadOnlyList<ProfileMetric>> MetricsAsync(string accession, byte[] content, UploadOptions? options = null)
    {
        var upload = await host.Client.UploadProfileAsync(accession, content, options, Ct);
        return await host.Client.GetDiversityAsync(upload.ProfileId, cancellation: Ct);
    }
}
