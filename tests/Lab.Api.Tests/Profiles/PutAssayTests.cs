using System.Net;
using System.Net.Http.Json;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Profiles;

public sealed class PutAssayTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly Assay Own = new()
    {
        Id = "amplicon-v3v4",
        Platform = "amplicon",
        Region = "V3-V4",
        Profiler = "DADA2",
        DatabaseFamily = "SILVA",
        Kingdoms = ["Bacteria", "Archaea"],
        Unit = "reads",
        LowestRank = "genus",
        MinimumReads = 8000,
        UnclassifiedLimit = 0.2,
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_assay_of_the_labs_own_is_listed_and_reports_are_made_with_it()
    {
        Assert.Equivalent(Own, await host.Client.PutAssayAsync(Own, Ct));
        Assert.Equivalent(Own, (await host.Client.ListAssaysAsync(Ct)).Single(a => a.Id == Own.Id));
        var upload = await host.Client.UploadProfileAsync("OWN", SampleFiles.Read("amplicon-16s-healthy.json"), new() { Assay = Own.Id }, Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal(Own.Id, report.Method.Assay);
        // The region decides with which cohort an amplicon may be compared, and none ships for this one.
        Assert.Equal((null, "none"), (report.Method.Cohort, report.Method.CohortMatch));
        Assert.Contains("the assay asks for 8000", report.Quality.Checks.Single(c => c.Code == "min-reads").Message, StringComparison.Ordinal);
        Assert.Equal(Own.Id, (await host.Client.PreviewReportAsync(SampleFiles.Read("amplicon-16s-healthy.json"), new() { Assay = Own.Id }, Ct)).Method.Assay);
    }

    [Fact]
    public async Task It_is_created_once_then_replaced_and_If_Match_is_honoured()
    {
        using var http = host.Http();
        var body = new { platform = "shotgun", profiler = "Own 1", databaseFamily = "Own", kingdoms = new[] { "Bacteria" }, unit = "fraction", lowestRank = "species", minimumReads = 0 };
        using var created = await http.PutAsJsonAsync("v1/assays/mine", body, Ct);
        Assert.Equal((HttpStatusCode.Created, "/v1/assays/mine", "\"1\""), (created.StatusCode, created.Headers.Location?.OriginalString, created.Headers.ETag?.Tag));
        using var replaced = await http.PutAsJsonAsync("v1/assays/mine", body, Ct);
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (replaced.StatusCode, replaced.Headers.ETag?.Tag));
        http.DefaultRequestHeaders.IfMatch.Add(created.Headers.ETag!);
        await Problems.AssertAsync(await http.PutAsJsonAsync("v1/assays/mine", body, Ct), 412, "precondition-failed");
        await Problems.AssertAsync(await http.PutAsJsonAsync("v1/assays/new", body, Ct), 412, "precondition-failed");
    }

    [Fact]
    public async Task An_assay_that_ships_does_not_change_and_a_name_that_is_none_is_not_there()
    {
        Assert.Equal("assay-fixed", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PutAssayAsync(Own with { Id = "amplicon-16s" }, Ct))).Code);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PutAssayAsync(Own with { Id = "no name" }, Ct))).Code);
    }

    [Fact]
    public async Task Every_mistake_is_named_at_once()
    {
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PutAssayAsync(new()
        {
            Id = "wrong",
            Platform = "nanopore",
            Region = "",
            Profiler = "",
            DatabaseFamily = new string('x', 101),
            Kingdoms = ["Animals"],
            Unit = "grams",
            LowestRank = "phylum",
            MinimumReads = -1,
            UnclassifiedLimit = 70,
        }, Ct));
        Assert.Equal("value-invalid", refused.Code);
        Assert.Equal(["/databaseFamily", "/kingdoms", "/lowestRank", "/minimumReads", "/platform", "/profiler", "/region", "/unclassifiedLimit", "/unit"],
            refused.Problem!.Errors.Select(e => e.Pointer).Order());
        using var http = host.Http();
        await Problems.AssertAsync(await http.PutAsJsonAsync("v1/assays/wrong", new { platform = "shotgun" }, Ct), 400, "body-invalid");
    }
}
