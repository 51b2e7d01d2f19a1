using System.Globalization;
using System.Net;
using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class CompareReportsTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_reports_of_counts_are_judged_by_their_counting_error()
    {
        var (from, to) = (await ReportAsync(host.Client, "COUNT-1", SampleFiles.Kreport(1), "COUNTED"), await ReportAsync(host.Client, "COUNT-2", SampleFiles.Kreport(5001), "COUNTED"));
        var pair = await host.Client.CompareReportsAsync(from.Id, to.Id, Ct);
        Assert.Equal((from.Id, to.Id, true), (pair.From, pair.To, pair.Comparable));
        Assert.Empty(pair.Reasons);
        Assert.Empty(pair.Caveats);
        Assert.Equal((0, 20, null, "gut-core@1"), (pair.Yardsticks.ReplicatePairs, pair.Yardsticks.MinimumPairs, pair.Yardsticks.Cohort, pair.Yardsticks.Panel));
        Assert.Equal(["metric", "ratio", "guild", "index", "phylum", "family", "genus"], pair.Compared);
        // 50,001 and 55,001 of 750,000 reads: log2 of their ratio, and its delta interval by NumPy 1.24.
        var escherichia = pair.Changes.Single(c => c is { Kind: "genus", Id: "561" });
        Assert.Equal(("Escherichia", 0.066668, 0.0733347, "log2", 0.1375, true, "counting-error"), (escherichia.Name, escherichia.From, escherichia.To, escherichia.Scale, Math.Round(escherichia.Change!.Value, 4), escherichia.BeyondNoise, escherichia.Yardstick));
        Assert.Equal([0.12065, 0.154352], escherichia.Ci95!, new Near(1e-6));
        // Nothing of 300,000 Bacteroides changed but by chance of what is beside it.
        Assert.Equal((0.0, false), (pair.Changes.Single(c => c is { Kind: "genus", Id: "816" }).Change, pair.Changes.Single(c => c is { Kind: "genus", Id: "816" }).BeyondNoise));
        // What a report prints and what a comparison says are the same numbers.
        Assert.Equal(from.Diversity.Single(m => m.Metric == "shannon").Value, pair.Changes.Single(c => c.Id == "shannon").From);
        Assert.Equal(to.Guilds.Single(g => g.Id == "butyrate-producers").Fraction, pair.Changes.Single(c => c.Id == "butyrate-producers").To);
        // 5,000 of 750,000 reads are of another species.
        var far = pair.Distances.Single(d => d.Metric == "bray-curtis");
        Assert.Equal((0.00666667, true, "counting-error", 3, null), (far.Value, far.BeyondNoise, far.Yardstick, far.Features, far.Percentile));
        Assert.Equal(pair.Changes.Count(c => c.BeyondNoise is not null), pair.Judged);
        Assert.Equal(pair.Changes.Count(c => c.BeyondNoise == true), pair.Beyond);
    }

    [Fact]
    public async Task A_report_does_not_differ_from_itself()
    {
        var report = await ReportAsync(host.Client, "SELF", SampleFiles.Kreport(3), "SELF");
        var pair = await host.Client.CompareReportsAsync(report.Id, report.Id, Ct);
        Assert.Equal((true, 0), (pair.Comparable, pair.Beyond));
        Assert.Equal(0, pair.Distances[0].Value);
    }

    [Fact]
    public async Task Another_method_is_refused_with_its_reasons()
    {
        var kraken = await ReportAsync(host.Client, "METHOD-1", SampleFiles.Kreport(1), "METHOD");
        var metaphlan = await ReportAsync(host.Client, "METHOD-2", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), "METHOD");
        var amplicon = await ReportAsync(host.Client, "METHOD-3", SampleFiles.Read("amplicon-16s-healthy.json"), "METHOD");
        var programs = await host.Client.CompareReportsAsync(kraken.Id, metaphlan.Id, Ct);
        Assert.False(programs.Comparable);
        Assert.Equal(["profiler-differs", "database-differs", "kingdoms-differ", "unit-differs", "denominator-differs", "assay-differs"], programs.Reasons);
        Assert.Empty(programs.Distances);
        Assert.Equal(["ratio", "guild", "phylum", "family", "genus"], programs.Compared);
        Assert.All(programs.Changes, c => Assert.Equal((null, null, null), (c.BeyondNoise, c.Ci95, c.Yardstick)));
        Assert.Equal((0, 0), (programs.Judged, programs.Beyond));
        var platforms = await host.Client.CompareReportsAsync(kraken.Id, amplicon.Id, Ct);
        Assert.Equal((false, "platform-differs"), (platforms.Comparable, platforms.Reasons[0]));
        Assert.Empty(platforms.Changes);
        Assert.Empty(platforms.Distances);
    }

    [Fact]
    public async Task Twenty_pairs_of_replicates_are_the_yardstick_for_everybody()
    {
        // Ten of them are marked, ten have the subject and the time of collection in common. ln of the ratio of a pair is 0.01 (-1)^i (i mod 7 + 1), as in ReplicateNoiseTests.
        for (var i = 0; i < 20; i++)
        {
            var (one, other) = ($"REPLICATE-{i}-A", $"REPLICATE-{i}-B");
            var registered = i < 10 ? new SampleRegistration() : new SampleRegistration { Subject = $"TWICE-{i}", CollectedAt = new(2026, 3, 1 + i, 8, 0, 0, TimeSpan.Zero) };
            await host.Client.PutSampleAsync(one, registered, Ct);
            await host.Client.PutSampleAsync(other, i < 10 ? new() { ReplicateOf = one } : registered, Ct);
            await UploadAsync(host.Client, one, Fractions(0.3));
            await UploadAsync(host.Client, other, Fractions(0.3 * Math.Exp(0.01 * (i % 2 == 0 ? 1 : -1) * (i % 7 + 1))));
        }
        // The same file twice is a copy, and another assay has its own noise: neither counts.
        await host.Client.PutSampleAsync("COPY-A", new() { Subject = "COPIED", CollectedAt = new(2026, 1, 1, 8, 0, 0, TimeSpan.Zero) }, Ct);
        await host.Client.PutSampleAsync("COPY-B", new() { Subject = "COPIED", CollectedAt = new(2026, 1, 1, 8, 0, 0, TimeSpan.Zero) }, Ct);
        foreach (var copy in new[] { "COPY-A", "COPY-B" }) await UploadAsync(host.Client, copy, Fractions(0.44));
        var partner = await host.ClientForAsync("measured", "samples:write", "profiles:write", "reports:read");
        var (from, to) = (await ReportAsync(partner, "RCV-1", Fractions(0.3), "RCV"), await ReportAsync(partner, "RCV-2", Fractions(0.33), "RCV"));
        var pair = await partner.CompareReportsAsync(from.Id, to.Id, Ct);
        Assert.Equal((20, "western-shotgun@1", 339), (pair.Yardsticks.ReplicatePairs, pair.Yardsticks.Cohort, pair.Yardsticks.CohortPeople));
        Assert.Equal(["depth-unknown"], pair.Caveats);
        var change = pair.Changes.Single(c => c is { Kind: "genus", Id: "216851" });
        // log2 1.1 = 0.1375; the reference change value 0.121785, by NumPy.
        Assert.Equal((true, "replicates", 20, 0.137504), (change.BeyondNoise, change.Yardstick, change.Pairs, change.Change));
        Assert.Equal([0.137504 - 0.121785, 0.137504 + 0.121785], change.Ci95!, new Near(3e-6));
        Assert.All(pair.Distances, d => Assert.Equal((320, "replicates", 20, true), (d.Features, d.Yardstick, d.Pairs, d.Percentile is not null)));
        Assert.Equal(0.0217525, pair.Distances[0].Limit!.Value, 6);
        var within = await ReportAsync(partner, "RCV-3", Fractions(0.32), "RCV");
        Assert.False((await partner.CompareReportsAsync(from.Id, within.Id, Ct)).Changes.Single(c => c is { Kind: "genus", Id: "216851" }).BeyondNoise);
    }

    [Fact]
    public async Task Marking_a_replicate_changes_no_report()
    {
        var report = await ReportAsync(host.Client, "MARKED", SampleFiles.Kreport(8), "MARKED");
        await host.Client.PutSampleAsync("ORIGINAL", new() { Subject = "MARKED" }, Ct);
        var marked = await host.Client.PutSampleAsync("MARKED", new() { Subject = "MARKED", ReplicateOf = "ORIGINAL" }, Ct);
        Assert.Equal("ORIGINAL", marked.ReplicateOf);
        Assert.Equal("ORIGINAL", (await host.Client.GetSampleAsync("MARKED", Ct)).ReplicateOf);
        Assert.Equal((report.Id, report.Version), (marked.Report!.Id, marked.Report.Version));
        Assert.Single(await host.Client.ListReportVersionsAsync(report.Id, Ct));
        // Absent is null.
        Assert.Null((await host.Client.PutSampleAsync("MARKED", new() { Subject = "MARKED" }, Ct)).ReplicateOf);
    }

    [Fact]
    public async Task A_replicate_is_of_another_known_sample_of_the_same_partner()
    {
        var (one, other) = (await host.ClientForAsync("one", "samples:write"), await host.ClientForAsync("other", "samples:write"));
        await one.PutSampleAsync("OF-ONE", new(), Ct);
        await host.Client.PutSampleAsync("OF-NOBODY", new(), Ct);
        async Task RefusedAsync(LabClient client, string accession, SampleRegistration registration)
        {
            var refused = await Assert.ThrowsAsync<LabProblemException>(() => client.PutSampleAsync(accession, registration, Ct));
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "/replicateOf"), (refused.StatusCode, Assert.Single(refused.Problem!.Errors).Pointer));
        }
        await RefusedAsync(other, "OF-OTHER", new() { ReplicateOf = "OF-ONE" });
        await RefusedAsync(other, "OF-OTHER", new() { ReplicateOf = "OF-NOBODY" });
        await RefusedAsync(other, "OF-OTHER", new() { ReplicateOf = "NO-SUCH" });
        await RefusedAsync(other, "OF-OTHER", new() { ReplicateOf = "OF-OTHER" });
        await RefusedAsync(other, "OF-OTHER", new() { ReplicateOf = "not an accession" });
        await RefusedAsync(host.Client, "LAB-S", new() { Partner = "other", ReplicateOf = "OF-ONE" });
        // Nothing was stored.
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<LabProblemException>(() => other.GetSampleAsync("OF-OTHER", Ct))).StatusCode);
        Assert.Equal("OF-ONE", (await one.PutSampleAsync("AGAIN", new() { ReplicateOf = "OF-ONE" }, Ct)).ReplicateOf);
    }

    [Fact]
    public async Task A_withdrawn_report_and_a_failed_measurement_are_compared_with_nothing()
    {
        var good = await ReportAsync(host.Client, "GOOD", SampleFiles.Kreport(1), "USED");
        var wrong = await ReportAsync(host.Client, "WRONG", SampleFiles.Kreport(2), "USED");
        var etag = (await host.Client.GetReportAsync(wrong.Id, cancellation: Ct)).ETag!;
        var withdrawn = await host.Client.WithdrawReportAsync(wrong.Id, etag, "patient-mismatch", "Somebody else's.", Ct);
        var failed = await ReportAsync(host.Client, "FAILED", SampleFiles.ShallowKreport(1), "USED");
        foreach (var (other, reason) in new[] { (withdrawn.Id, "withdrawn"), (failed.Id, "quality-failed") })
        {
            var pair = await host.Client.CompareReportsAsync(good.Id, other, Ct);
            Assert.False(pair.Comparable);
            Assert.Equal(reason, pair.Reasons[0]);
            Assert.Equal((0, 0), (pair.Distances.Count, pair.Changes.Count));
        }
    }

    [Fact]
    public async Task Reports_of_two_people_are_said_to_be_so()
    {
        var (one, other) = (await ReportAsync(host.Client, "P-ONE", SampleFiles.Kreport(1), "P-1"), await ReportAsync(host.Client, "P-OTHER", SampleFiles.Kreport(900), "P-2"));
        Assert.Equal(["not-known-to-be-one-person"], (await host.Client.CompareReportsAsync(one.Id, other.Id, Ct)).Caveats);
    }

    [Fact]
    public async Task A_subject_is_compared_report_by_report_and_over_another_assay_with_the_last_of_its_own()
    {
        var a = await ReportAsync(host.Client, "SERIES-1", SampleFiles.Kreport(1), "SERIES", 1);
        var b = await ReportAsync(host.Client, "SERIES-2", SampleFiles.Read("amplicon-16s-healthy.json"), "SERIES", 2);
        var c = await ReportAsync(host.Client, "SERIES-3", SampleFiles.Kreport(7000), "SERIES", 3);
        var series = await host.Client.CompareSubjectAsync("SERIES", Ct);
        Assert.Equal(("SERIES", false), (series.Subject, series.Truncated));
        Assert.Equal([(a.Id, b.Id, false), (b.Id, c.Id, false), (a.Id, c.Id, true)], series.Comparisons.Select(p => (p.From, p.To, p.Comparable)));
        var alone = await host.Client.CompareReportsAsync(a.Id, c.Id, Ct);
        Assert.Equal(alone.Changes.Select(x => (x.Id, x.Change, x.BeyondNoise)), series.Comparisons[2].Changes.Select(x => (x.Id, x.Change, x.BeyondNoise)));
    }

    [Fact]
    public async Task Partners_compare_their_own_released_reports_only()
    {
        var partner = await host.ClientForAsync("owner", "samples:write", "profiles:write", "reports:read");
        var own = await ReportAsync(partner, "OWN-1", SampleFiles.Kreport(1), "OWN");
        await ReportAsync(partner, "OWN-2", SampleFiles.Kreport(2), "OWN");
        await partner.PutSampleAsync("OWN-3", new() { Subject = "OWN" }, Ct);
        var waiting = (await host.Client.WaitForReportAsync((await partner.UploadProfileAsync("OWN-3", SampleFiles.ShallowKreport(5), cancellation: Ct)).AnalysisId, Ct)).Id;
        Assert.Single((await partner.CompareSubjectAsync("OWN", Ct)).Comparisons);
        foreach (var (from, to) in new[] { (own.Id, waiting), (waiting, own.Id) })
        {
            Assert.Equal("report-not-released", (await Assert.ThrowsAsync<LabProblemException>(() => partner.CompareReportsAsync(from, to, Ct))).Code);
        }
        var stranger = await host.ClientForAsync("stranger", "samples:write", "profiles:write", "reports:read");
        var theirs = await ReportAsync(stranger, "THEIRS", SampleFiles.Kreport(3), "THEIRS");
        foreach (var (from, to) in new[] { (own.Id, theirs.Id), (theirs.Id, own.Id), (own.Id, own.Id), (own.Id, Guid.CreateVersion7()) })
        {
            Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => stranger.CompareReportsAsync(from, to, Ct))).Code);
        }
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => stranger.CompareSubjectAsync("OWN", Ct))).Code);
    }

    [Fact]
    public async Task What_was_erased_is_410_by_its_id_and_404_by_its_name()
    {
        var gone = await ReportAsync(host.Client, "GONE", SampleFiles.Kreport(1), "GONE");
        var kept = await ReportAsync(host.Client, "KEPT", SampleFiles.Kreport(2), "KEPT");
        await host.Client.EraseSubjectAsync("GONE", Ct);
        foreach (var (from, to) in new[] { (gone.Id, kept.Id), (kept.Id, gone.Id) })
        {
            Assert.Equal((HttpStatusCode.Gone, "erased"), await ProblemAsync(() => host.Client.CompareReportsAsync(from, to, Ct)));
        }
        Assert.Equal((HttpStatusCode.NotFound, "not-found"), await ProblemAsync(() => host.Client.CompareSubjectAsync("GONE", Ct)));
        // Nothing registers itself as a replicate of what is gone.
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "value-invalid"), await ProblemAsync(() => host.Client.PutSampleAsync("LATE", new() { ReplicateOf = "GONE" }, Ct)));
    }

    [Theory]
    [InlineData("{}", 422)]
    [InlineData("""{ "from": "019938c2-7b48-7d90-a2c4-8f1e6d3b7a09" }""", 422)]
    [InlineData("""{ "from": "019938c2-7b48-7d90-a2c4-8f1e6d3b7a09", "to": "019938c2-7b48-7d90-a2c4-8f1e6d3b7a09", "subject": "P" }""", 422)]
    [InlineData("""{ "subject": "no name" }""", 422)]
    [InlineData("""{ "from": "1", "to": "2" }""", 400)]
    [InlineData("""{ "subject": "P", "all": true }""", 400)]
    [InlineData("""{ "subject": "P", "subject": "Q" }""", 400)]
    [InlineData("", 400)]
    public async Task Either_two_reports_or_one_subject_is_compared(string body, int status)
    {
        using var http = host.Http();
        using var content = new StringContent(body);
        await Problems.AssertAsync(await http.PostAsync("v1/comparisons", content, Ct), status, status == 422 ? "value-invalid" : "body-invalid");
    }

    private static byte[] Fractions(double share) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$"""{"assay":"shotgun-metaphlan2","unit":"fraction","taxa":[{"taxid":853,"value":{{share:R}}},{"taxid":820,"value":{{1 - share:R}}}]}"""));

    private async Task<Guid> UploadAsync(LabClient client, string accession, byte[] profile)
    {
        var upload = await client.UploadProfileAsync(accession, profile, cancellation: Ct);
        return (await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(30), Ct)).ReportId!.Value;
    }

    private async Task<Report> ReportAsync(LabClient client, string accession, byte[] profile, string subject, int month = 0)
    {
        await client.PutSampleAsync(accession, new() { Subject = subject, CollectedAt = month == 0 ? null : new DateTimeOffset(2026, month, 1, 8, 0, 0, TimeSpan.Zero) }, Ct);
        var id = await UploadAsync(client, accession, profile);
        return (await host.Client.GetReportAsync(id, cancellation: Ct)).Report!;
    }

    private static async Task<(HttpStatusCode, string?)> ProblemAsync<T>(Func<Task<T>> call)
    {
        var problem = await Assert.ThrowsAsync<LabProblemException>(call);
        return (problem.StatusCode, problem.Code);
    }

    private sealed class Near(double by) : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) < by;

        public int GetHashCode(double value) => 0;
    }
}
