using System.Text;
using Lab.Client;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Api.Tests.Profiles;

public sealed class GetDiversityTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly string[] All = ["observed", "shannon", "simpson", "inverse-simpson", "pielou", "berger-parker", "chao1", "goods-coverage", "fisher-alpha"];

    private static readonly byte[] Rare = Kreport((562, "Escherichia coli", 2), (853, "Faecalibacterium prausnitzii", 1), (820, "Bacteroides uniformis", 1), (239935, "Akkermansia muciniphila", 500_000));

    private static readonly byte[] Bracken = Encoding.UTF8.GetBytes("name\ttaxonomy_id\ttaxonomy_lvl\tkraken_assigned_reads\tadded_reads\tnew_est_reads\tfraction_total_reads\n"
        + "Escherichia coli\t562\tS\t100000\t0\t100000\t0.25\nFaecalibacterium prausnitzii\t853\tS\t300000\t0\t300000\t0.75\n");

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
        var estimated = (await MetricsAsync("ESTIMATED", Bracken)).ToLookup(m => m.Reason);
        Assert.Equal(["chao1", "goods-coverage", "fisher-alpha"], estimated["estimated-counts"].Select(m => m.Metric));
        var shallow = await MetricsAsync("SHALLOW", Encoding.UTF8.GetBytes(" 50.00\t2\t2\tU\t0\tunclassified\n 50.00\t2\t0\tR\t1\troot\n 50.00\t2\t0\tD\t2\t  Bacteria\n 50.00\t2\t2\tS\t562\t    Escherichia coli\n"));
        Assert.All([.. fractions["requires-integer-counts"], .. estimated["estimated-counts"], .. shallow], m => Assert.Equal((null, null, null, "not-assessable"), (m.Value, m.Ci95, m.Reference, m.Status)));
        Assert.All(shallow, m => Assert.Equal("too-few-reads", m.Reason));
    }

    [Fact]
    public async Task Metrics_beyond_the_reports_come_by_name_and_by_number()
    {
        // Of 2, 1, 1 and 500,000 reads; by hand, the logarithms and powers by an independent script in Python.
        string[] asked =
        [
            "shannon-2", "exp-shannon", "simpson-evenness", "strong", "gini-trapezoids", "hill-0", "hill-inf", "hill-1.5", "renyi-2", "tsallis-2", "singletons", "doubletons", "chao1-classic", "chao1-inext", "ace",
            "robbins", "margalef", "rarefied-1", "rarefied-500004", "coverage-1", "hill-2-at-2", "reads-at-coverage-0.5",
        ];
        var metrics = await MetricsAsync("BY-NAME", Rare, asked: asked);
        Assert.Equal(asked, metrics.Select(m => m.Metric));
        Assert.All(metrics, m => Assert.Equal(("species", "not-assessable", "no-matching-cohort", null), (m.Rank, m.Status, m.Reason, m.Reference)));
        double[] expected =
        [
            0.00015899288310475846, 1.0001102115414989, 0.2500040000099999, 0.74999200006399949, 0.74999300005599955, 4, 1.000008, 1.000023972877637, 1.5999912000341332e-5, 1.5999784002431975e-5,
            2, 1, 6, 5.9999960000319997, 7, 3.999968000255998e-6, 0.22861721511502678, 1, 4, 0.9999840001839982, 1.0000079999719999, 1,
        ];
        foreach (var (metric, value) in metrics.Zip(expected)) Assert.True(Math.Abs(metric.Value!.Value - value) < 1e-11 * Math.Max(1, value), $"{metric.Metric} {metric.Value:R}");
        Assert.Equal(["2", "e"], metrics.Select(m => m.Base).OfType<string>());
        Assert.Equal(asked.SkipWhile(m => m != "singletons"), metrics.Where(m => m.Caveats.Contains("singletons-are-classifier-noise")).Select(m => m.Metric));
        // Esty's, and that of the uncorrected Chao1 by scikit-bio.
        Assert.Equal([-3.8398173798240377e-6, 1.1839753380336034e-5], metrics[15].Ci95!, (a, b) => Math.Abs(a - b) < 1e-14);
        Assert.Equal([4.182051106192153, 25.971852210433894], metrics[12].Ci95!, (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(["chao1-classic", "robbins"], metrics.Where(m => m.Ci95 is not null).Select(m => m.Metric));
    }

    [Theory]
    [InlineData("simpson-finite")]
    [InlineData("simpson-dominance-finite")]
    [InlineData("inverse-simpson-finite")]
    [InlineData("mcintosh-dominance")]
    [InlineData("mcintosh-evenness")]
    [InlineData("brillouin")]
    [InlineData("singletons")]
    [InlineData("doubletons")]
    [InlineData("margalef")]
    [InlineData("menhinick")]
    [InlineData("chao1")]
    [InlineData("chao1-se")]
    [InlineData("chao1-classic")]
    [InlineData("chao1-inext")]
    [InlineData("ace")]
    [InlineData("fisher-alpha")]
    [InlineData("goods-coverage")]
    [InlineData("robbins")]
    [InlineData("coverage")]
    [InlineData("coverage-500")]
    [InlineData("hill-0-asymptotic")]
    [InlineData("hill-1-asymptotic")]
    [InlineData("hill-2-asymptotic")]
    [InlineData("hill-1.5-at-500")]
    [InlineData("rarefied-500")]
    [InlineData("rarefied-se-500")]
    [InlineData("reads-at-coverage-0.9")]
    [InlineData("hill-1-at-coverage-0.9")]
    public async Task Each_that_needs_counts_is_refused_on_fractions_and_on_estimates(string metric)
    {
        var fractions = Assert.Single(await MetricsAsync("FRACTIONS-OF-ALL", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), asked: [metric]));
        var estimated = Assert.Single(await MetricsAsync("ESTIMATED-OF-ALL", Bracken, asked: [metric]));
        Assert.Equal((null, null, "not-assessable", "requires-integer-counts"), (fractions.Value, fractions.Ci95, fractions.Status, fractions.Reason));
        Assert.Equal((null, null, "not-assessable", "estimated-counts"), (estimated.Value, estimated.Ci95, estimated.Status, estimated.Reason));
    }

    [Fact]
    public async Task No_other_metric_needs_counts()
    {
        string[] shares =
        [
            "berger-parker", "exp-shannon", "gini", "gini-trapezoids", "heip", "inverse-simpson", "kempton-taylor", "observed", "pielou", "shannon", "shannon-10", "shannon-2", "simpson", "simpson-dominance",
            "simpson-evenness", "strong", "hill-0.25", "renyi-0.25", "tsallis-0.25",
        ];
        Assert.All(await MetricsAsync("SHARES-OF-ALL", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), asked: shares), m => Assert.NotNull(m.Value));
        Assert.Equal(AlphaMetric.Names.Where(name => !AlphaMetric.Find(name)!.NeedsCounts), shares[..^3]);
    }

    [Theory]
    [InlineData("rarefied-500005", "too-few-reads")]
    [InlineData("rarefied-se-500005", "too-few-reads")]
    [InlineData("hill-1.5-at-500005", "too-few-reads")]
    [InlineData("hill-0-at-1000009", "too-few-reads")]
    [InlineData("hill-0-at-coverage-0.999999", "too-few-reads")]
    public async Task What_these_reads_do_not_give_is_null_with_a_reason(string metric, string reason)
    {
        var refused = Assert.Single(await MetricsAsync("TOO-MUCH", Rare, asked: [metric]));
        Assert.Equal((null, null, "not-assessable", reason), (refused.Value, refused.Ci95, refused.Status, refused.Reason));
    }

    [Fact]
    public async Task One_taxon_has_no_evenness_and_no_slope_for_want_of_a_denominator()
    {
        var one = await MetricsAsync("ALONE", Kreport((562, "Escherichia coli", 600_000)), asked: ["pielou", "kempton-taylor", "heip", "ace", "fisher-alpha"]);
        Assert.Equal(["denominator-zero", "denominator-zero", "no-matching-cohort", "no-matching-cohort", "no-matching-cohort"], one.Select(m => m.Reason));
        Assert.Equal([null, null, 1, 1], one.Take(4).Select(m => m.Value));
    }

    [Fact]
    public async Task Those_asked_for_come_in_the_order_asked_for_each_once()
    {
        var upload = await host.Client.UploadProfileAsync("ASKED", SampleFiles.Kreport(1), cancellation: Ct);
        Assert.Equal(["chao1", "shannon"], (await host.Client.GetDiversityAsync(upload.ProfileId, ["chao1", "shannon", "chao1"], Ct)).Select(m => m.Metric));
        Assert.Equal(All, (await host.Client.GetDiversityAsync(upload.ProfileId, [], Ct)).Select(m => m.Metric));
    }

    [Fact]
    public async Task The_distance_to_healthy_stands_among_the_cohorts_own_people()
    {
        var near = Assert.Single(await MetricsAsync("NEAR", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), asked: ["distance-to-healthy"]));
        Assert.Equal(("distance-to-healthy", "species", null, null), (near.Metric, near.Rank, near.Base, near.Reason));
        Assert.InRange(near.Value!.Value, 0, 1);
        Assert.InRange(near.Reference!.Percentile!.Value, 0, 100);
        // The median of the 339 healthy people, each against the others, by scipy.
        Assert.Equal(0.5946035776, near.Reference.P50!.Value, 1e-5);
        var other = Assert.Single(await MetricsAsync("FAR", Rare, asked: ["distance-to-healthy"]));
        Assert.Equal((null, null, "not-assessable", "no-matching-cohort"), (other.Value, other.Reference, other.Status, other.Reason));
    }

    [Theory]
    [InlineData("none", 1)]
    [InlineData("shannon,Chao1,", 2)]
    [InlineData("shannon;chao1", 1)]
    [InlineData("%00", 1)]
    [InlineData("hill-1.0,hill-01,hill--1,hill-,hill-100.5,hill-1.2345,hill-NaN,hill-1e2,Hill-2", 9)]
    [InlineData("rarefied-0,rarefied-1.5,rarefied-,rarefied-01,rarefied-1000000001,rarefied-99999999999", 6)]
    [InlineData("coverage-0,hill-11-at-5,hill-inf-at-5,hill-1-at-0,renyi-1-at-5,hill-3-asymptotic,hill-1-at-coverage-1,reads-at-coverage-0.0,reads-at-coverage-0.50", 9)]
    public async Task A_metric_that_is_not_known_is_422_and_names_the_parameter(string metrics, int errors)
    {
        using var http = host.Http();
        var problem = await Problems.AssertAsync(await http.GetAsync($"v1/profiles/0199aaaa-0000-7000-8000-000000000000/diversity?metrics={metrics}", Ct), 422, "value-invalid");
        Assert.Equal(errors, problem.GetProperty("errors").GetArrayLength());
        Assert.All(problem.GetProperty("errors").EnumerateArray(), e => Assert.StartsWith("metrics: ", e.GetProperty("message").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_than_a_hundred_are_422_and_a_name_counts_once()
    {
        using var http = host.Http();
        string Url(int count) => $"v1/profiles/0199aaaa-0000-7000-8000-000000000000/diversity?metrics={string.Join(',', Enumerable.Range(1, count).Select(m => $"rarefied-{m}"))},rarefied-1";
        await Problems.AssertAsync(await http.GetAsync(Url(100), Ct), 404, "not-found");
        await Problems.AssertAsync(await http.GetAsync(Url(101), Ct), 422, "value-invalid");
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

    private async Task<IReadOnlyList<ProfileMetric>> MetricsAsync(string accession, byte[] content, UploadOptions? options = null, string[]? asked = null)
    {
        var upload = await host.Client.UploadProfileAsync(accession, content, options, Ct);
        return await host.Client.GetDiversityAsync(upload.ProfileId, asked, Ct);
    }

    private static byte[] Kreport(params (int Taxid, string Name, int Reads)[] species)
    {
        var all = species.Sum(s => s.Reads);
        var rows = species.Select(s => $"{100.0 * s.Reads / all:0.00}\t{s.Reads}\t{s.Reads}\tS\t{s.Taxid}\t    {s.Name}\n");
        return Encoding.UTF8.GetBytes($"100.00\t{all}\t0\tR\t1\troot\n100.00\t{all}\t0\tD\t2\t  Bacteria\n{string.Concat(rows)}");
    }
}
