using System.Diagnostics.Metrics;
using Lab.Api.Storage;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Lab.Api.Hosting;

/// <summary>What the service tells those who run it, by OTLP, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector: traces, metrics and logs. None of them holds the name of a sample or a person.</summary>
public static class Telemetry
{
    public const string Name = "Lab";

    private static readonly Meter Meter = new(Name);

    /// <summary>Profiles that were sent, by <c>outcome</c>: accepted, duplicate or rejected.</summary>
    public static readonly Counter<long> Uploads = Meter.CreateCounter<long>("lab.uploads", "{profile}", "Profiles that were sent, by what became of them.");

    /// <summary>Analyses that ended, by <c>outcome</c>: succeeded, failed or repeated.</summary>
    public static readonly Counter<long> Analyses = Meter.CreateCounter<long>("lab.analyses", "{analysis}", "Analyses that ended, by how.");

    /// <summary>Reports that were read, by <c>media_type</c>.</summary>
    public static readonly Counter<long> ReportReads = Meter.CreateCounter<long>("lab.report.reads", "{read}", "Reports that were sent to somebody.");

    /// <summary>Tries to deliver a webhook, by <c>outcome</c>: delivered, pending (to be tried again) or dead.</summary>
    public static readonly Counter<long> WebhookTries = Meter.CreateCounter<long>("lab.webhook.tries", "{request}", "Tries to deliver, by what became of them.");

    public static void Add(this Counter<long> counter, long count, string name, string value) => counter.Add(count, new KeyValuePair<string, object?>(name, value));

    public static void AddTelemetry(this WebApplicationBuilder builder, string role)
    {
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 }) return;
        builder.Services.AddHostedService<Queue>();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"lab-{role}"))
            // A path names a sample, a query names a person: a trace has the route.
            .WithTracing(traces => traces.AddAspNetCoreInstrumentation(requests => requests.EnrichWithHttpResponse = (activity, _) =>
            {
                activity.SetTag("url.path", null);
                activity.SetTag("url.query", null);
            }).AddNpgsql())
            .WithMetrics(metrics => metrics.AddMeter(Name, "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"))
            .WithLogging()
            .UseOtlpExporter();
    }

    /// <summary>How much waits and since when: asked when the collector's interval asks.</summary>
    private sealed class Queue(LabDatabase database) : IHostedService
    {
        private readonly List<Instrument> gauges = [];

        public Task StartAsync(CancellationToken cancellationToken)
        {
            gauges.Add(Meter.CreateObservableGauge("lab.queue.length", () => Ask("SELECT count(*)::float8 FROM lab.analysis WHERE status IN ('queued', 'running')"), "{analysis}", "Analyses that wait or run."));
            gauges.Add(Meter.CreateObservableGauge("lab.queue.age", () => Ask("SELECT COALESCE(extract(epoch FROM clock_timestamp() - min(queued_at)), 0)::float8 FROM lab.analysis WHERE status IN ('queued', 'running')"), "s", "Since when the oldest of them waits."));
            gauges.Add(Meter.CreateObservableGauge("lab.database.size", () => Ask("SELECT pg_database_size(current_database())::float8"), "By", "What the database takes on its disk."));
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        // No measurement where the database does not answer: a gap says so.
        private IEnumerable<Measurement<double>> Ask(string sql)
        {
            try
            {
                using var command = database.Worker.CreateCommand(sql);
                return [new((double)command.ExecuteScalar()!)];
            }
            catch (NpgsqlException)
            {
                return [];
            }
        }
    }
}
