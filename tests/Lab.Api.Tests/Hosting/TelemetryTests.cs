using Lab.Api.Partners;
using Lab.Api.Tests.Audit;
using Lab.Api.Tests.Webhooks;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>What goes to a collector (OTLP): what happened and how much waits, and of nobody.</summary>
public sealed class TelemetryTests(TestDatabase databases)
{
    private const string Subject = "PSEUDONYM-55512", Accession = "SPECIMEN-55512";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_collector_gets_metrics_traces_and_logs_that_name_no_sample_and_no_person()
    {
        await using var collector = await Receiver.StartAsync();
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key, settings:
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.At("").ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_METRIC_EXPORT_INTERVAL", "300"), ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ]);
        using var http = new HttpClient { BaseAddress = process.BaseAddress };
        var client = new LabClient(http, key);
        await client.PutSampleAsync(Accession, new() { Subject = Subject }, Ct);
        var upload = await client.UploadProfileAsync(Accession, SampleFiles.Kreport(1), cancellation: Ct);
        await client.WaitForReportAsync(upload.AnalysisId, Ct);
        await client.GetCurrentReportAsync(Accession, cancellation: Ct);
        await client.ListSamplesAsync(new() { Subject = Subject }, cancellation: Ct);

        await Assert.ThrowsAsync<LabProblemException>(() => client.UploadProfileAsync(Accession, "no table"u8.ToArray(), cancellation: Ct));

        string Sent(string path) => string.Concat(collector.Of(path).Select(r => r.Body));
        string[] metrics = ["lab.uploads", "rejected", "lab.analyses", "lab.report.reads", "lab.queue.length", "lab.queue.age", "lab.database.size", "http.server.request.duration"];
        await ReadAuditTests.EventuallyAsync(() => Task.FromResult(metrics.All(m => Sent("v1/metrics").Contains(m, StringComparison.Ordinal))
            && Sent("v1/traces").Contains("v1/samples/{accession}/profiles", StringComparison.Ordinal) && Sent("v1/traces").Contains("INSERT INTO", StringComparison.Ordinal) && Sent("v1/logs").Length > 0));
        Assert.All(new[] { "v1/metrics", "v1/traces", "v1/logs" }, path => Assert.All(new[] { Subject, Accession, key.Split('_')[2] }, secret => Assert.DoesNotContain(secret, Sent(path), StringComparison.Ordinal)));
    }
}
