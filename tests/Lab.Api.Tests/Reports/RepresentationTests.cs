using System.Net;
using System.Net.Http.Headers;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Lab.Api.Partners;
using Lab.Api.Reports.Fhir;
using Lab.Api.Storage;
using Lab.Client;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace Lab.Api.Tests.Reports;

public sealed class RepresentationTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("application/fhir+json", "application/fhir+json", "-fhir")]
    [InlineData("text/csv", "text/csv", "-csv")]
    [InlineData("text/*;q=0.5, text/html;q=0", "text/csv", "-csv")]
    [InlineData("application/json;q=0.5, application/fhir+json", "application/fhir+json", "-fhir")]
    [InlineData("text/csv;q=0.2, */*;q=0.1", "text/csv", "-csv")]
    [InlineData("*/*, application/json;q=0, text/html;q=0", "application/fhir+json", "-fhir")]
    [InlineData("application/*", "application/json", "")]
    [InlineData("text/csv, application/json", "application/json", "")]
    public async Task Accept_chooses_and_each_representation_has_its_own_ETag(string accept, string type, string suffix)
    {
        var report = await ReportAsync("CHOSEN", 1);
        var json = (await host.Client.GetReportAsync(report, cancellation: Ct)).ETag!;
        foreach (var path in new[] { $"v1/reports/{report}", "v1/samples/CHOSEN/report" })
        {
            foreach (var gzip in new[] { false, true })
            {
                using var first = await SendAsync(path, accept, gzip);
                Assert.Equal((HttpStatusCode.OK, type), (first.StatusCode, first.Content.Headers.ContentType!.MediaType));
                Assert.Matches($"^{json.TrimEnd('"')}{suffix}{(suffix.Length > 0 ? "-[0-9a-f]{8}" : "")}{(gzip ? "-gzip" : "")}\"$", first.Headers.ETag!.Tag);
                Assert.Equal("Accept, Accept-Encoding, Accept-Language", string.Join(", ", first.Headers.Vary));
                using var again = await SendAsync(path, accept, gzip, first.Headers.ETag);
                Assert.Equal((HttpStatusCode.NotModified, first.Headers.ETag, 0), (again.StatusCode, again.Headers.ETag, (await again.Content.ReadAsByteArrayAsync(Ct)).Length));
                using var other = await SendAsync(path, accept, !gzip, first.Headers.ETag);
                Assert.Equal(HttpStatusCode.OK, other.StatusCode);
                var (one, two) = (await first.Content.ReadAsByteArrayAsync(Ct), await other.Content.ReadAsByteArrayAsync(Ct));
                Assert.Equal(gzip ? Gzip.Expand(one) : one, gzip ? two : Gzip.Expand(two));
            }
        }
    }

    [Fact]
    public async Task The_table_is_a_file_named_after_the_sample()
    {
        await ReportAsync("FILE:1.x", 2);
        using var answer = await SendAsync("v1/samples/FILE:1.x/report", "text/csv");
        Assert.Equal("attachment; filename=\"FILE_1.x.csv\"", answer.Content.Headers.ContentDisposition!.ToString());
        Assert.Equal("utf-8", answer.Content.Headers.ContentType!.CharSet);
    }

    [Theory]
    [InlineData("application/fhir+xml")]
    [InlineData("application/fhir+json;q=0, text/csv;q=0")]
    public async Task What_there_is_not_is_406(string accept)
    {
        var report = await ReportAsync("REFUSED", 3);
        await Problems.AssertAsync(await SendAsync($"v1/reports/{report}", accept), 406, "not-acceptable");
    }

    [Theory]
    [InlineData("application/fhir+json")]
    [InlineData("text/csv")]
    public async Task Who_may_not_see_the_JSON_sees_nothing_else_and_what_is_erased_is_gone(string accept)
    {
        var (accession, subject) = ($"HIDDEN-{accept.Length}", $"S-{accept.Length}");
        var partner = await host.KeyForAsync("hiding", Scope.ReportsRead);
        await host.Client.PutSampleAsync(accession, new SampleRegistration { Partner = "hiding", Subject = subject }, Ct);
        var upload = await host.Client.UploadProfileAsync(accession, SampleFiles.ShallowKreport(accept.Length), cancellation: Ct);
        var report = (await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct)).ReportId!.Value;
        await Problems.AssertAsync(await SendAsync($"v1/reports/{report}", accept, key: partner), 404, "report-not-released");
        await Problems.AssertAsync(await SendAsync($"v1/reports/{report}", accept, key: await host.KeyForAsync("stranger", Scope.ReportsRead)), 404, "not-found");
        await host.Client.ReleaseReportAsync(report, (await host.Client.GetReportAsync(report, cancellation: Ct)).ETag!, cancellation: Ct);
        using var released = await SendAsync("v1/samples/" + accession + "/report", accept, key: partner);
        Assert.Equal(HttpStatusCode.OK, released.StatusCode);
        await host.Client.EraseSubjectAsync(subject, Ct);
        await Problems.AssertAsync(await SendAsync($"v1/reports/{report}", accept, etag: released.Headers.ETag), 410, "erased");
    }

    [Fact]
    public async Task The_code_systems_are_open_and_complete()
    {
        using var http = host.Http(anonymous: true);
        using var answer = await http.GetAsync("fhir/CodeSystem", Ct);
        Assert.Equal("application/fhir+json", answer.Content.Headers.ContentType!.MediaType);
        var bundle = (Bundle)FhirJsonDeserializer.STRICT.DeserializeResource(await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal(LabCodes.Published.Select(s => s.Url), bundle.Entry.Select(e => e.FullUrl));
        foreach (var system in bundle.Entry.Select(e => (CodeSystem)e.Resource!))
        {
            // The path of its name is where it is served.
            var one = (CodeSystem)FhirJsonDeserializer.STRICT.DeserializeResource(await http.GetStringAsync(new Uri(system.Url!).AbsolutePath, Ct));
            Assert.True(one.IsExactly(system), system.Id);
            Assert.Equal(one.Count, one.Concept.Select(c => c.Code).Distinct().Count());
        }
        await Problems.AssertAsync(await http.GetAsync("fhir/CodeSystem/none", Ct), 404, "not-found");
    }

    private async Task<Guid> ReportAsync(string accession, int seed)
    {
        var upload = await host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(seed), cancellation: Ct);
        return (await host.Client.WaitForReportAsync(upload.AnalysisId, Ct)).Id;
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string accept, bool gzip = false, EntityTagHeaderValue? etag = null, string? key = null)
    {
        using var http = host.Http(key);
        http.DefaultRequestHeaders.Accept.Clear();
        http.DefaultRequestHeaders.Accept.ParseAdd(accept);
        if (gzip) http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        if (etag is not null) http.DefaultRequestHeaders.IfNoneMatch.Add(etag);
        return await http.GetAsync(path, Ct);
    }
}
