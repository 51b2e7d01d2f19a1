using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Microbiome.Reports;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Reports;

/// <summary>Publishes what a drain computed: reports, states and audit rows in one commit, each only while its lease is held.</summary>
public sealed class ReportPublication(LabDatabase database, IConfiguration configuration, TimeProvider clock)
{
    private readonly bool autoRelease = configuration.GetValue("Reports:AutoRelease", true);

    public async Task PublishAsync(IReadOnlyList<Finished> finished, CancellationToken cancellation)
    {
        await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = await LockAsync(connection, finished, cancellation);
        var series = await SeriesAsync(connection, finished, cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var (work, content, error) in finished.Where(f => held.Contains(f.Work.Id)))
        {
            if (content is not null) Publish(batch, work, content, series);
            else if (error is not null) Close(batch, work, "failed", null, error);
            else Add(batch, "UPDATE lab.analysis SET status = 'queued', lease_token = NULL, lease_until = NULL WHERE id = $1", work.Id);
        }
        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private void Publish(NpgsqlBatch batch, ClaimedAnalysis work, ReportContent content, Dictionary<(Guid, string), Series> series)
    {
        var before = series.GetValueOrDefault((work.SampleId, work.Assay)) ?? new Series(0, false, null);
        var released = !before.Released && autoRelease && content.QualityStatus is "pass" or "warn" && !before.Released;
        var now = Times.ToMilliseconds(clock.GetUtcNow());
        var id = Guid.CreateVersion7();
        var envelope = new ReportEnvelope
        {
            Id = id,
            Version = before.Version + 1,
            Status = released ? "final" : "preliminary",
            IssuedAt = now,
            Replaces = before.LastReleased,
            Because = before.Version == 0 ? null : new ReportReason("new-profile", null, null),
            Accession = work.Accession,
            Subject = work.Subject,
            CollectedAt = work.CollectedAt,
            ReceivedAt = work.ReceivedAt,
        };
        var document = ReportDocument.Write(envelope, content);
        series[(work.SampleId, work.Assay)] = new Series(envelope.Version, before.Released || released, released ? id : before.LastReleased);
        Add(batch, """
            INSERT INTO lab.report (id, sample_id, partner_id, profile_id, analysis_id, assay, version, status, issued_at, replaces, because, panel, cohort, quality, findings, digest, etag, document)
            SELECT $1, s.id, s.partner_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 FROM lab.sample s WHERE s.id = $2
            """, id, work.SampleId, work.ProfileId, work.Id, work.Assay, envelope.Version, envelope.Status, now, envelope.Replaces, envelope.Because?.Code,
            work.Panel, content.Cohort, content.QualityStatus, content.Findings.Select(f => f.Code).ToArray(), content.Digest, ReportDocument.Etag(document), Gzip.Compress(document));
        Close(batch, work, "succeeded", id, null);
    }

    private static void Close(NpgsqlBatch batch, ClaimedAnalysis work, string status, Guid? report, string? error)
    {
        Add(batch, """
            UPDATE lab.analysis SET status = $2, report_id = $3, error = $4, finished_at = clock_timestamp(), lease_token = NULL, lease_until = NULL WHERE id = $1
            """, work.Id, status, report, error);
        var audit = Add(batch, AuditTrail.Insert, "analysis", work.PartnerId, report is null ? $"analysis.{status}" : "report.published",
            report is null ? $"analysis:{work.Id}" : $"report:{report}");
        audit.Parameters.Add(new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb });
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

    private static async Task<Dictionary<(Guid, string), Series>> SeriesAsync(NpgsqlConnection connection, IReadOnlyList<Finished> finished, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT sample_id, assay, max(version), bool_or(status <> 'preliminary'),
                (array_agg(id ORDER BY version DESC) FILTER (WHERE status <> 'preliminary'))[1]
            FROM lab.report WHERE sample_id = ANY($1) GROUP BY sample_id, assay
            """, connection);
        command.Parameters.Add(new() { Value = finished.Select(f => f.Work.SampleId).Distinct().ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var series = new Dictionary<(Guid, string), Series>();
        while (await reader.ReadAsync(cancellation))
        {
            series[(reader.GetGuid(0), reader.GetString(1))] =
                new(reader.GetInt32(2), reader.GetBoolean(3), await reader.IsDBNullAsync(4, cancellation) ? null : reader.GetGuid(4));
        }
        return series;
    }

    private static NpgsqlBatchCommand Add(NpgsqlBatch batch, string sql, params object?[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        batch.BatchCommands.Add(command);
        return command;
    }

    /// <summary>What the series had before: its last version, and which of them was released last.</summary>
    private sealed record Series(int Version, bool Released, Guid? LastReleased);
}

/// <summary>Times as they are stored and written: UTC, whole milliseconds.</summary>
public static class Times
{
    public static DateTimeOffset ToMilliseconds(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
}
