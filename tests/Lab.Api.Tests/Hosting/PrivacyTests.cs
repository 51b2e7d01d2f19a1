using System.Net;
using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Who somebody is, and of whom a sample is, stands in the tables that hold it and in the answers to who asks. Logs, jobs and the audit trail have ids.</summary>
public sealed class PrivacyTests(LabHost host) : IClassFixture<LabHost>
{
    private const string Subject = "PSEUDONYM-90417", Accession = "SPECIMEN-90417";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logs_jobs_and_the_audit_trail_name_nobody_and_no_specimen()
    {
        var client = host.Client;
        await client.PutSampleAsync(Accession, new() { Subject = Subject, BristolScale = 4, Context = new() { Diagnoses = ["ibs"] } }, Ct);
        var upload = await client.UploadProfileAsync(Accession, SampleFiles.Kreport(1), cancellation: Ct);
        var report = await client.WaitForReportAsync(upload.AnalysisId, Ct);
        await client.GetCurrentReportAsync(Accession, cancellation: Ct);
        await client.ListSamplesAsync(new() { Subject = Subject }, cancellation: Ct);
        await client.AmendReportAsync(report.Id, (await client.GetReportAsync(report.Id, cancellation: Ct)).ETag!, "other", "A note.", Ct);
        await client.RequestAnalysesAsync(new() { Subject = Subject }, Ct);
        // Mistakes of clients, of the content and of the database.
        using var http = host.Http();
        using (var broken = new ByteArrayContent(Encoding.UTF8.GetBytes($"{Subject}\t{Accession}\tnothing\n"))) await http.PostAsync($"v1/samples/{Accession}/profiles", broken, Ct);
        using (var strange = new StringContent($$"""{ "subject": "{{Subject}}", "name": "{{Subject}}" }""")) await http.PutAsync($"v1/samples/{Accession}", strange, Ct);
        await http.GetAsync($"v1/samples/{Accession}-NONE", Ct);
        await host.ScalarAsync<int>($"ALTER TABLE lab.sample ADD CONSTRAINT broken CHECK (subject <> '{Subject}' OR bristol_scale <> 5)");
        using (var refused = new StringContent($$"""{ "subject": "{{Subject}}", "bristolScale": 5 }"""))
        {
            using var failed = await http.PutAsync($"v1/samples/{Accession}", refused, Ct);
            await Problems.AssertAsync(failed, 500, "internal");
            var text = await failed.Content.ReadAsStringAsync(Ct);
            Assert.DoesNotContain(Subject, text, StringComparison.Ordinal);
            Assert.DoesNotContain("constraint", text, StringComparison.Ordinal);
        }
        await host.ScalarAsync<int>("ALTER TABLE lab.sample DROP CONSTRAINT broken");
        await client.EraseSubjectAsync(Subject, Ct);
        Assert.Equal(HttpStatusCode.Gone, (await http.GetAsync($"v1/samples/{Accession}", Ct)).StatusCode);

        // The failure was logged, so that there is something to look through.
        Assert.Contains("PUT", host.Output, StringComparison.Ordinal);
        Assert.Contains("23514", host.Output, StringComparison.Ordinal);
        var tables = await host.ScalarAsync<string[]>("SELECT array_agg(table_schema || '.' || table_name) FROM information_schema.tables WHERE table_schema = 'hangfire' AND table_type = 'BASE TABLE' OR table_schema = 'lab' AND table_name = 'audit'") ?? [];
        Assert.Superset(new HashSet<string> { "hangfire.job", "hangfire.state", "hangfire.jobparameter", "lab.audit" }, tables.ToHashSet());
        Assert.True(await host.ScalarAsync<long>("SELECT count(*) FROM hangfire.job") > 0, "No job ran.");
        foreach (var secret in new[] { Subject, Accession, "Escherichia", host.Key.Split('_')[2] })
        {
            // The demo's key is printed once, for whoever starts the host.
            if (secret != host.Key.Split('_')[2]) Assert.DoesNotContain(secret, host.Output, StringComparison.Ordinal);
            foreach (var table in tables) Assert.Equal((table, 0), (table, await host.ScalarAsync<long>($"SELECT count(*) FROM {table} t WHERE position($1 IN t::text) > 0", secret)));
        }
    }
}
