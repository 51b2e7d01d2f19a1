using System.Diagnostics;
using System.Text.Json;
using Hangfire;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Reports;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using Npgsql;
using SampleContext = Lab.Api.Samples.SampleContext;

namespace Lab.Api.Analyses;

/// <summary>The Hangfire job: claims batches of queued analyses under a lease, computes with no transaction open, publishes a batch in one commit.
/// It may run twice, be killed or wake up late: only the holder of the lease token publishes.</summary>
public sealed class AnalyzeQueued(LabDatabase database, AnalysisSignal signal, ReportPublication publication, ReferenceLibrary library, ILogger<AnalyzeQueued> logger)
{
    public const string Queue = "analyses";
    private const int Batch = 100, Few = 10, Attempts = 3, CrashesUntilPoison = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>How the dispatcher finds it.</summary>
    public static readonly DispatchedWork Work = new(Queue, Math.Max(2, Environment.ProcessorCount), "SELECT FROM lab.analysis WHERE status = 'queued' UNION ALL SELECT FROM lab.analysis WHERE status = 'running' AND lease_until < clock_timestamp()",
        jobs => jobs.Enqueue<AnalyzeQueued>(job => job.RunAsync(CancellationToken.None)));

    [Queue(Queue), AutomaticRetry(Attempts = 0), System.ComponentModel.DisplayName("Analyse what is queued")]
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var queued = signal.NextQueued;
            var token = Guid.CreateVersion7();
            try
            {
                if (await AnalyzeAsync(token, cancellation)) continue;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // A node that is told to stop, and one that Hangfire no longer knows: the leases would end by themselves, 30 s later.
                await GiveBackAsync(token);
                throw;
            }
            // The next upload is seldom far: a short wait saves a job for each.
            await AnalysisSignal.WaitAsync(queued, TimeSpan.FromSeconds(1), cancellation);
            if (!queued.IsCompleted) return;
        }
    }

    /// <summary>A batch under a token; false where there was none.</summary>
    private async Task<bool> AnalyzeAsync(Guid token, CancellationToken cancellation)
    {
        var claimed = await ClaimAsync(token, cancellation);
        if (claimed.Count == 0) return false;
        // Asked after the claim: whatever was published before one of them was queued is there.
        var cohorts = await library.CohortsAsync(cancellation);
        var finished = new List<Finished>(claimed.Count);
        foreach (var work in claimed) finished.Add(work.Poisoned ? new(work, null, "crashed-the-worker") : await ComputeAsync(work, cohorts, cancellation));
        await PublishAsync(finished, cancellation);
        signal.Done();
        return true;
    }

    /// <summary>What was claimed and not published waits again, as if it had not been claimed.</summary>
    private async Task GiveBackAsync(Guid token)
    {
        await using var command = database.Worker.CreateCommand("""
            UPDATE lab.analysis SET status = 'queued', attempts = attempts - 1, leased_alone = false, lease_token = NULL, lease_until = NULL WHERE lease_token = $1 AND status = 'running'
            """);
        command.Parameters.Add(new() { Value = token });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>What is computed is kept while the database cannot take it: thrown away it would be computed again, and a lease that runs out alone looks like a crash.</summary>
    private async Task PublishAsync(List<Finished> finished, CancellationToken cancellation)
    {
        for (var since = Stopwatch.StartNew(); ;)
        {
            try
            {
                await publication.PublishAsync(finished, cancellation);
                return;
            }
            // What the database will never take (its classes of wrong data, broken constraints and wrong statements) does not get better by waiting.
            catch (NpgsqlException e) when (since.Elapsed < Patience && e.SqlState?[..2] is not ("22" or "23" or "42"))
            {
                AnalysisLog.Unpublished(logger, e, finished.Count);
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            }
        }
    }

    private async Task<Finished> ComputeAsync(ClaimedAnalysis work, IReadOnlyList<ReferenceCohort> cohorts, CancellationToken cancellation)
    {
        try
        {
            var panel = await library.FindPanelAsync(work.Panel, cancellation) ?? throw new InvalidOperationException($"The panel {work.Panel} is gone.");
            var profile = ProfilePacking.Unpack(work.Packed, TaxonomyRelease.Shipped);
            return new(work, ComputedReport.Of(ReportBuilder.Build(new ReportInput
            {
                Profile = profile,
                ProfileSha256 = work.ProfileSha256,
                Assay = work.Assay,
                Panel = panel,
                Cohort = await library.ChooseAsync(work.Assay, panel, work.Cohort, cohorts, cancellation),
                CollectedAt = work.CollectedAt,
                ReceivedAt = work.ReceivedAt,
                Context = work.Context?.ForReport(),
                SameBytesAsAnotherSample = work.SameBytes,
            })), null);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException or NpgsqlException))
        {
            // One sample that cannot be computed fails alone, with its reason, after its attempts.
            AnalysisLog.Failed(logger, e, work.Id);
            return new(work, null, work.Attempts >= Attempts ? $"{e.GetType().Name}: {e.Message}" : null);
        }
    }

    /// <summary>Queued rows as a batch, those of one sample one after the other, so that the last upload makes the last version. Rows whose lease ran out go first: once a few at a time,
    /// because most often it was the process that ended and not a row that ended it; then alone, and only such a lease counts as a crash of that row.
    /// OFFSET 0: what else of the sample is open is looked up for each of the few rows, however many are queued and whatever the planner believes of them.</summary>
    private const string Claim = """
        WITH few AS MATERIALIZED (
            SELECT id FROM lab.analysis WHERE status = 'running' AND lease_until < clock_timestamp() AND attempts = 1 ORDER BY lease_until LIMIT $2 FOR UPDATE SKIP LOCKED),
        one AS MATERIALIZED (
            SELECT id FROM lab.analysis WHERE status = 'running' AND lease_until < clock_timestamp() AND attempts > 1 AND NOT EXISTS (SELECT FROM few) ORDER BY lease_until LIMIT 1 FOR UPDATE SKIP LOCKED),
        queued AS MATERIALIZED (
            SELECT id FROM lab.analysis q WHERE status = 'queued' AND NOT EXISTS (SELECT FROM few) AND NOT EXISTS (SELECT FROM one)
                AND NOT EXISTS (SELECT FROM lab.analysis o WHERE o.sample_id = q.sample_id AND o.status IN ('queued', 'running') AND (o.queued_at, o.id) < (q.queued_at, q.id) OFFSET 0)
            ORDER BY queued_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        UPDATE lab.analysis a SET status = 'running', attempts = a.attempts + 1, crashes = a.crashes + (a.status = 'running' AND a.leased_alone)::int, leased_alone = c.alone,
            started_at = COALESCE(a.started_at, clock_timestamp()), lease_token = $1, lease_until = clock_timestamp() + interval '30 seconds'
        FROM (SELECT id, false AS alone FROM few UNION ALL SELECT id, true FROM one UNION ALL SELECT id, false FROM queued) c WHERE a.id = c.id RETURNING a.id
        """;

    private async Task<List<ClaimedAnalysis>> ClaimAsync(Guid token, CancellationToken cancellation)
    {
        var ids = new List<Guid>();
        await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
        await using (var command = new NpgsqlCommand(Claim, connection) { Parameters = { new() { Value = token }, new() { Value = Few }, new() { Value = Batch } } })
        await using (var taken = await command.ExecuteReaderAsync(cancellation))
        {
            while (await taken.ReadAsync(cancellation)) ids.Add(taken.GetGuid(0));
        }
        if (ids.Count == 0) return [];
        await using var select = new NpgsqlCommand("""
            SELECT a.id, a.profile_id, a.sample_id, a.panel, a.cohort, a.cause, a.attempts, a.crashes, p.assay, own.definition::text, p.packed, p.normalised_sha256,
                s.accession, s.subject, s.collected_at, s.received_at, s.context::text,
                EXISTS (SELECT FROM lab.profile o WHERE o.sha256 = p.sha256 AND o.sample_id <> p.sample_id AND o.partner_id IS NOT DISTINCT FROM p.partner_id AND o.source <> '')
            FROM lab.analysis a JOIN lab.profile p ON p.id = a.profile_id JOIN lab.sample s ON s.id = a.sample_id LEFT JOIN lab.assay own ON own.id = p.assay
            WHERE a.id = ANY($2) AND a.lease_token = $1 AND a.status = 'running' ORDER BY a.queued_at, a.id
            """, connection) { Parameters = { new() { Value = token }, new() { Value = ids } } };
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        var claimed = new List<ClaimedAnalysis>();
        while (await reader.ReadAsync(cancellation))
        {
            claimed.Add(new(reader.GetGuid(0), token, reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3), Text(4), reader.GetString(5), reader.GetInt32(6),
                reader.GetInt32(7) >= CrashesUntilPoison, Text(9) is { } own ? ReportInputs.Read<Assay>(own) : Assay.Find(reader.GetString(8))!, reader.GetFieldValue<byte[]>(10),
                Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(11)), reader.GetString(12), Text(13), Time(14), Time(15),
                Text(16) is { } context ? JsonSerializer.Deserialize<SampleContext>(context, Json.Stored) : null, reader.GetBoolean(17)));
        }
        return claimed;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        DateTimeOffset? Time(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
    }
}

/// <summary>A row under this process's lease, with all that its report depends on.</summary>
public sealed record ClaimedAnalysis(Guid Id, Guid Token, Guid ProfileId, Guid SampleId, string Panel, string? Cohort, string Cause, int Attempts, bool Poisoned,
    Assay Assay, byte[] Packed, string ProfileSha256, string Accession, string? Subject, DateTimeOffset? CollectedAt, DateTimeOffset? ReceivedAt, SampleContext? Context, bool SameBytes);

/// <summary>What is kept of a report until it is published: as bytes it is a fraction of what it was built from.</summary>
public sealed record ComputedReport(ReportBody Body, string? Cohort, string Quality, string[] Findings)
{
    public static ComputedReport Of(ReportContent content) => new(ReportDocument.Body(content), content.Cohort, content.QualityStatus, [.. content.Findings.Select(f => f.Code)]);
}

/// <summary>Computed (report), given up (error), or to be tried again (neither).</summary>
public sealed record Finished(ClaimedAnalysis Work, ComputedReport? Report, string? Error);

internal static partial class AnalysisLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "Analysis {Analysis} failed")]
    public static partial void Failed(ILogger logger, Exception exception, Guid analysis);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} analyses are computed and cannot be published yet; trying again")]
    public static partial void Unpublished(ILogger logger, Exception exception, int count);
}
