using Lab.Api.Audit;
using Npgsql;

namespace Lab.Api.Storage;

/// <summary>Deletes what is kept for a time only: contents of exports, kept answers, deliveries; and where the lab says so, the contents of samples, by the same erasure as a person's.
/// It runs on every node, and one at a time works: whoever has the lock. Not a recurring job of Hangfire: those can be lost.</summary>
public sealed class Retention(LabDatabase database, IConfiguration configuration, ILogger<Retention> logger) : BackgroundService
{
    public const string Actor = "retention";
    private const int AtOnce = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>How long a sample's contents are kept from its registration; null: until they are erased. Laws differ, also in how long they have to be kept.</summary>
    private readonly int? sampleDays = configuration.GetValue<int?>("Retention:SampleDays") switch
    {
        null => null,
        > 0 and var days => days,
        _ => throw new InvalidOperationException("Retention:SampleDays is a number of days above 0; without it samples are kept."),
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await DeleteAsync(stoppingToken)) continue;
                await Task.Delay(Pause, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                RetentionLog.Missed(logger, e);
                await Task.Delay(TimeSpan.FromSeconds(5), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Some of each kind in one short transaction; true when there may be more.</summary>
    private async Task<bool> DeleteAsync(CancellationToken cancellation)
    {
        await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var turn = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock(x'4C6162'::int, 2)", connection))
        {
            if (await turn.ExecuteScalarAsync(cancellation) is not true) return false;
        }
        var most = 0;
        foreach (var sql in new[]
        {
            """
            WITH expired AS (UPDATE lab.task SET error = 'expired', emptied_at = clock_timestamp()
                WHERE id IN (SELECT id FROM lab.task WHERE emptied_at IS NULL AND expires_at < clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id),
            emptied AS (DELETE FROM lab.task_part p USING expired WHERE p.task_id = expired.id)
            SELECT count(*) FROM expired
            """,
            """
            WITH old AS (DELETE FROM lab.idempotency WHERE (client, key) IN (
                SELECT client, key FROM lab.idempotency WHERE created_at < clock_timestamp() - interval '30 days' LIMIT $1) RETURNING 1)
            SELECT count(*) FROM old
            """,
            """
            WITH old AS (DELETE FROM lab.delivery WHERE id IN (
                SELECT id FROM lab.delivery WHERE status <> 'pending' AND finished_at < clock_timestamp() - interval '90 days' LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING 1)
            SELECT count(*) FROM old
            """,
        })
        {
            await using var delete = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = AtOnce } } };
            most = Math.Max(most, (int)(long)(await delete.ExecuteScalarAsync(cancellation))!);
        }
        if (sampleDays is { } days) most = Math.Max(most, await EraseAsync(connection, days, cancellation));
        await transaction.CommitAsync(cancellation);
        return most == AtOnce;
    }

    private async Task<int> EraseAsync(NpgsqlConnection connection, int days, CancellationToken cancellation)
    {
        await using var records = new NpgsqlBatch(connection);
        await using (var erase = new NpgsqlCommand("SELECT lab.erase_older_than(make_interval(days => $1), $2)", connection) { Parameters = { new() { Value = days }, new() { Value = AtOnce } } })
        await using (var reader = await erase.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                var sample = reader.GetGuid(0);
                records.BatchCommands.Add(AuditTrail.Of(database.Proof, Actor, sample, "sample.erased", $"sample:{sample}", null));
            }
        }
        if (records.BatchCommands.Count == 0) return 0;
        await records.ExecuteNonQueryAsync(cancellation);
        RetentionLog.Erased(logger, records.BatchCommands.Count, days);
        return records.BatchCommands.Count;
    }
}

internal static partial class RetentionLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Deleting what was kept long enough failed; trying again")]
    public static partial void Missed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Samples} samples were erased, {Days} days after their registration")]
    public static partial void Erased(ILogger logger, int samples, int days);
}
