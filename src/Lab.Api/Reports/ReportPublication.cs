using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Events;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Microbiome.Reports;
using Npgsql;

namespace Lab.Api.Reports;

/// <summary>Publishes what a drain computed: reports, states, audit rows and events in one commit, each only while its lease is held.</summary>
public sealed class ReportPublication(LabDatabase database, IConfiguration configuration, TimeProvider clock)
{
    private const string Actor = "analysis";

    private readonly bool autoRelease = configuration.GetValue("Reports:AutoRelease", true);

    public async Task PublishAsync(IReadOnlyList<Finished> finished, CancellationToken cancellation)
    {
        await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = await LockAsync(connection, finished, cancellation);
        var series = await SeriesAsync(connection, finished, cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var (work, report, error) in finished.Where(f => held.Contains(f.Work.Id)))
        {
            if (report is not null) Publish(batch, work, report, series);
            else if (error is not null) Close(batch, work, "failed", null, error);
            else Add(batch, "UPDATE lab.analysis SET status = 'queued', lease_token = NULL, lease_until = NULL WHERE id = $1", work.Id);
        }
        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        foreach (var (outcome, count) in finished.Where(f => held.Contains(f.Work.Id)).CountBy(f => f.Report is not null ? "succeeded" : f.Error is not null ? "failed" : "repeated")) Telemetry.Analyses.Add(count, "outcome", outcome);
    }

    private void Publish(NpgsqlBatch batch, ClaimedAnalysis work, ComputedReport report, Dictionary<(Guid, string), ReportSeries> all)
    {
        var series = all.GetValueOrDefault((work.SampleId, work.Assay.Id)) ?? new ReportSeries([]);
        var because = series.BecauseOf(work.ProfileId, work.Cause);
        var envelope = new ReportEnvelope
        {
            Id = Guid.CreateVersion7(),
            Version = series.Next,
            Status = series.StatusOfNew(autoRelease, report.Quality),
            IssuedAt = Times.ToMilliseconds(clock.GetUtcNow()),
            Replaces = series.Released?.Id,
            Because = because is null ? null : new ReportReason(because, null, null),
            Accession = work.Accession,
            Subject = work.Subject,
            CollectedAt = work.CollectedAt,
            ReceivedAt = work.ReceivedAt,
        };
        var version = new ReportVersion
        {
            Id = envelope.Id,
            SampleId = work.SampleId,
            ProfileId = work.ProfileId,
            AnalysisId = work.Id,
            Assay = work.Assay.Id,
            Envelope = envelope,
            Panel = work.Panel,
            Cohort = report.Cohort,
            Quality = report.Quality,
            Findings = report.Findings,
            Inputs = ReportInputs.Write(new ReportInputs(work.Assay, work.Context, work.CollectedAt, work.ReceivedAt, work.SameBytes)),
            Digest = report.Body.Digest,
            Document = ReportDocument.Write(envelope, report.Body),
        };
        version.Insert(batch, database.Proof, Actor, "report.published");
        all[(work.SampleId, work.Assay.Id)] = series.With(new(version.Id, work.ProfileId, envelope.Version, envelope.Status, because, null, null));
        Close(batch, work, "succeeded", version.Id, null);
    }

    private void Close(NpgsqlBatch batch, ClaimedAnalysis work, string status, Guid? report, string? error)
    {
        Add(batch, """
            UPDATE lab.analysis SET status = $2, report_id = $3, error = $4, finished_at = clock_timestamp(), lease_token = NULL, lease_until = NULL WHERE id = $1
            """, work.Id, status, report, error);
        if (report is not null) return;
        batch.BatchCommands.Add(AuditTrail.Of(database.Proof, Actor, work.SampleId, $"analysis.{status}", $"analysis:{work.Id}", null));
        batch.BatchCommands.Add(EventLog.Of(SampleEvent.AnalysisFailed, work.SampleId));
    }

    /// <summary>The rows whose lease is still ours. Series are locked in one order, so that two publications cannot wait for each other.</summary>
    private static async Task<HashSet<Guid>> LockAsync(NpgsqlConnection connection, IReadOnlyList<Finished> finished, CancellationToken cancellation)
    {
        await using (var series = new NpgsqlCommand(
            "SELECT pg_advisory_xact_lock(hashtextextended(s::text, 0)) FROM (SELECT DISTINCT s FROM unnest($1) s ORDER BY s) ordered", connection))
        {
            series.Parameters.Add(new() { Value = finished.Select(f => f.Work.SampleId).ToArray() });
            await series.ExecuteNonQueryAsync(cancellation);
        }
        await using var command = new NpgsqlCommand(
            "SELECT id FROM lab.analysis WHERE id = ANY($1) AND lease_token = $2 AND status = 'running' ORDER BY id FOR UPDATE", connection);
        command.Parameters.Add(new() { Value = finished.Select(f => f.Work.Id).ToArray() });
        command.Parameters.Add(new() { Value = finished[0].Work.Token });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var held = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellation)) held.Add(reader.GetGuid(0));
        return held;
    }

    private static async Task<Dictionary<(Guid, string), ReportSeries>> SeriesAsync(NpgsqlConnection connection, IReadOnlyList<Finished> finished, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT id, profile_id, version, status, because, reason, signed_by, sample_id, assay FROM lab.report WHERE sample_id = ANY($1) ORDER BY sample_id, assay, version
            """, connection);
        command.Parameters.Add(new() { Value = finished.Select(f => f.Work.SampleId).Distinct().ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var versions = new List<((Guid, string) Series, SeriesVersion Version)>();
        while (await reader.ReadAsync(cancellation)) versions.Add(((reader.GetGuid(7), reader.GetString(8)), SeriesVersion.Read(reader)));
        return versions.GroupBy(v => v.Series).ToDictionary(g => g.Key, g => new ReportSeries([.. g.Select(v => v.Version)]));
    }

    private static void Add(NpgsqlBatch batch, string sql, params object?[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        batch.BatchCommands.Add(command);
    }
}

/// <summary>Times as they are stored and written: UTC, whole milliseconds.</summary>
public static class Times
{
    public static DateTimeOffset ToMilliseconds(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
}
