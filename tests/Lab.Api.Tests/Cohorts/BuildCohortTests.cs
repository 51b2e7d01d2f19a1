using Lab.Client;
using Lab.Microbiome.Cohorts;
using Xunit;

namespace Lab.Api.Tests.Cohorts;

/// <summary>Cohorts that are built of what was uploaded through the API.</summary>
public sealed class BuildCohortTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static CohortRequest Request(string assay) => new() { Assay = assay, Population = new("people of this test", "mensen van deze test") };

    [Theory]
    [InlineData("western", "western-shotgun", 339)]
    [InlineData("east_asian", "chinese-shotgun", 267)]
    public async Task Built_of_the_people_of_a_shipped_cohort_it_is_that_cohort(string population, string id, int n)
    {
        await using var own = new LabHost(databases);
        await own.InitializeAsync();
        await HealthyPeople.RegisterAsync(own.Client, HealthyPeople.Of(population), Ct);
        var asked = await own.Client.BuildCohortAsync("own", Request("shotgun-metaphlan2"), Ct);
        Assert.Equal(("building", n, 1), (asked.Status, asked.N, asked.Version));
        var built = await own.Client.WaitForCohortAsync("own", 1, Ct);
        Assert.Equal(("published", n, "MetaPhlAn 2", null), (built.Status, built.N, built.Profiler, built.Error));

        var (ours, shipped) = (await own.Client.GetCohortAsync("own", 1, Ct), ReferenceCohort.Find(id)!);
        Assert.Equal(shipped.Entries.Length, ours.Distributions.Count);
        var largest = 0.0;
        foreach (var (mine, theirs) in ours.Distributions.OrderBy(Key, StringComparer.Ordinal).Zip(shipped.Entries.OrderBy(Key, StringComparer.Ordinal)))
        {
            Assert.Equal(Key(theirs), Key(mine));
            Assert.Equal(theirs.Prevalence, mine.Prevalence, 6);
            largest = Math.Max(largest, mine.Quantiles.Zip(theirs.Distribution.Values).Max(q => Math.Abs(q.First - q.Second) / Math.Max(Math.Abs(q.Second), 1e-9)));
        }
        // Six digits of a file, and one of them where a value lies between two.
        TestContext.Current.TestOutputHelper!.WriteLine($"{id}: largest relative difference of a quantile {largest:0.0e+0}");
        Assert.InRange(largest, 0, 1e-5);
        Assert.All(shipped.RuleRates, rate => Assert.Equal(rate.Value, ours.RuleRates.Single(r => r.Rule == rate.Key).Rate, 6));

        // The lab's own is used from now on, and what was reported before stays with its cohort.
        var person = HealthyPeople.Of(population)[0];
        var before = (await own.Client.GetCurrentReportAsync(person.Name, cancellation: Ct)).Report!;
        var after = await own.Client.WaitForReportAsync((await own.Client.RequestAnalysesAsync(new() { Accession = person.Name }, Ct)).Items[0].AnalysisId, Ct);
        Assert.Equal("own@1", after.Method.Cohort);
        foreach (var report in new[] { before, after }) Assert.Equal((true, true), await VerifiedAsync(own.Client, report.Id));
        Assert.Contains((await own.Client.DiffReportsAsync(before.Id, after.Id, Ct)).Method, m => m.Member == "cohort");

        static string Key(object entry) => entry switch
        {
            CohortDistribution d => $"{d.Kind} {d.Rank} {d.Id} {d.Name}",
            CohortEntry e => $"{e.Kind} {e.Rank.ToString().ToLowerInvariant()} {e.Id} {e.Name}",
            _ => "",
        };
    }

    [Fact]
    public async Task Only_who_agreed_and_fits_is_in_it_and_each_person_once()
    {
        const string Assay = "shotgun-kraken2";
        for (var i = 0; i < 150; i++)
        {
            await host.Client.PutSampleAsync($"FIT-{i}", new()
            {
                Subject = $"FIT-P{i}",
                Consent = i == 149 ? null : true,
                Sex = i % 2 == 0 ? "female" : "male",
                AgeYears = (short)(i < 10 ? 12 : 40),
                Context = i is 10 or 11 ? new() { Diagnoses = ["ibs"] } : null,
                CollectedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(i),
            }, Ct);
            await ReportAsync($"FIT-{i}", SampleFiles.Kreport(3000 + i));
        }
        // The same person again; somebody without a name; a report that was withdrawn; one whose measurement failed.
        await host.Client.PutSampleAsync("FIT-AGAIN", new() { Subject = "FIT-P20", Consent = true, AgeYears = 40, CollectedAt = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero) }, Ct);
        await ReportAsync("FIT-AGAIN", SampleFiles.Kreport(3500));
        await host.Client.PutSampleAsync("FIT-NAMELESS", new() { Consent = true, AgeYears = 40 }, Ct);
        await ReportAsync("FIT-NAMELESS", SampleFiles.Kreport(3501));
        await host.Client.PutSampleAsync("FIT-SHALLOW", new() { Subject = "FIT-SHALLOW", Consent = true, AgeYears = 40 }, Ct);
        await ReportAsync("FIT-SHALLOW", SampleFiles.ShallowKreport(1));
        var withdrawn = await host.Client.GetCurrentReportAsync("FIT-30", cancellation: Ct);
        await host.Client.WithdrawReportAsync(withdrawn.Report!.Id, withdrawn.ETag!, "sample-mismatch", "Another tube.", Ct);
        await host.Client.EraseSubjectAsync("FIT-P31", Ct);

        // 149 agreed, less 10 children, 2 with a diagnosis, one withdrawn, one erased.
        var asked = await host.Client.BuildCohortAsync("fit", Request(Assay) with { AgeFrom = 18 }, Ct);
        Assert.Equal(135, asked.N);
        Assert.Equal(("published", 135, "18 to 120 years"), await BuiltAsync("fit", 1));
        Assert.Equal("FIT-AGAIN", await host.ScalarAsync<string>("SELECT s.accession FROM lab.cohort_member m JOIN lab.sample s ON s.id = m.sample_id WHERE s.subject = 'FIT-P20'"));
        // Everybody, the ill and the children as well; only samples of the first months.
        Assert.Equal(147, (await host.Client.BuildCohortAsync("fit", Request(Assay) with { Exclude = [] }, Ct)).N);
        Assert.Equal(("published", 147, null), await BuiltAsync("fit", 2));
        Assert.Equal(124, (await host.Client.BuildCohortAsync("fit", Request(Assay) with { CollectedTo = new DateTimeOffset(2026, 5, 8, 0, 0, 0, TimeSpan.Zero) }, Ct)).N);
        Assert.Equal("cohort-too-small", await CodeAsync(() => host.Client.BuildCohortAsync("fit", Request(Assay) with { Sex = "male" }, Ct)));
        Assert.Equal("cohort-too-small", await CodeAsync(() => host.Client.BuildCohortAsync("fit", Request(Assay) with { MinimumN = 150 }, Ct)));
        Assert.Equal("cohort-too-small", await CodeAsync(() => host.Client.BuildCohortAsync("fit", Request("shotgun-metaphlan3"), Ct)));
        await host.Client.WaitForCohortAsync("fit", 3, Ct);

        // A stratum speaks only where it is named; of all others the last published.
        Assert.Equal("fit@3", (await ReportAsync("FIT-NEW", SampleFiles.Kreport(3600))).Method.Cohort);
        var named = await host.Client.UploadProfileAsync("FIT-NAMED", SampleFiles.Kreport(3601), new() { Cohort = "fit@1" }, Ct);
        Assert.Equal("fit@1", (await host.Client.WaitForReportAsync(named.AnalysisId, Ct)).Method.Cohort);

        // Who is erased leaves the list of every cohort; who no longer agrees is in no new one.
        await host.Client.EraseSubjectAsync("FIT-P40", Ct);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.cohort_member m JOIN lab.sample s ON s.id = m.sample_id WHERE s.accession = 'FIT-40'"));
        Assert.True(await host.ScalarAsync<bool>("SELECT consent IS NULL AND sex IS NULL AND age_years IS NULL FROM lab.sample WHERE accession = 'FIT-40'"));
        await host.Client.PutSampleAsync("FIT-41", new() { Subject = "FIT-P41", Consent = false }, Ct);
        Assert.Equal(145, (await host.Client.BuildCohortAsync("fit", Request(Assay) with { Exclude = [] }, Ct)).N);
    }

    [Fact]
    public async Task Consent_sex_and_age_stand_beside_the_result_and_change_no_report()
    {
        var sample = await host.Client.PutSampleAsync("BESIDE", new() { Subject = "BESIDE-P", Consent = true, Sex = "other", AgeYears = 0 }, Ct);
        Assert.Equal((true, "other", 0), (sample.Consent, sample.Sex, sample.AgeYears));
        var report = await ReportAsync("BESIDE", SampleFiles.Kreport(1));
        await host.Client.PutSampleAsync("BESIDE", new() { Subject = "BESIDE-P" }, Ct);
        var (after, current) = (await host.Client.GetSampleAsync("BESIDE", Ct), (await host.Client.GetCurrentReportAsync("BESIDE", cancellation: Ct)).Report!);
        Assert.Equal((null, null, null), (after.Consent, after.Sex, after.AgeYears));
        Assert.Equal((report.Id, "reported"), (current.Id, after.Status));
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PutSampleAsync("BESIDE", new() { Sex = "f", AgeYears = 121 }, Ct));
        Assert.Equal(["/sex", "/ageYears"], refused.Problem!.Errors!.Select(e => e.Pointer));
    }

    private async Task<(string, int, string?)> BuiltAsync(string id, int version)
    {
        var built = await host.Client.WaitForCohortAsync(id, version, Ct);
        return (built.Status, built.N, built.Stratum);
    }

    private async Task<Report> ReportAsync(string accession, byte[] file) =>
        await host.Client.WaitForReportAsync((await host.Client.UploadProfileAsync(accession, file, cancellation: Ct)).AnalysisId, Ct);

    private static async Task<(bool, bool)> VerifiedAsync(LabClient client, Guid report)
    {
        var verified = await client.VerifyReportAsync(report, Ct);
        return (verified.Intact, verified.Reproduced);
    }

    private static async Task<string?> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<LabProblemException>(call)).Code;
}
