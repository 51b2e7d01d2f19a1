using Lab.Api.Events;
using Lab.Api.Storage;
using Npgsql;

namespace Lab.Api.Audit;

/// <summary>Links audit rows into the chain and numbers events, both in commit order. It runs on every node, and one at a time works: whoever has the lock.
/// A row that commits late gets a later place, so nothing ever appears before what was sealed; rows that are visible at once go by the order of their writing,
/// and what follows from another was written after it. Not a recurring job of Hangfire: those can be lost.</summary>
public sealed class Sealer(LabDatabase database, EventNumbers events, TimeProvider clock, ILogger<Sealer> logger) : BackgroundService
{
    private const int Batch = 2000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500), Announcement = TimeSpan.FromHours(1);

    private long announced;
    private long? announcedAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await SealAsync(stoppingToken)) continue;
                if (announcedAt is not { } last || clock.GetElapsedTime(last) >= Announcement) await AnnounceAsync(stoppingToken);
                await Task.Delay(Pause, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                // The database is away; what is not sealed waits.
                SealerLog.Missed(logger, e);
                await Task.Delay(TimeSpan.FromSeconds(2), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Seals and numbers what is visible now; true when there may be more.</summary>
    private async Task<bool> SealAsync(CancellationToken cancellation)
    {
        await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
        // Mostly there is nothing, and one question finds that.
        await using (var look = new NpgsqlCommand("SELECT EXISTS (SELECT FROM lab.audit WHERE seq IS NULL) OR EXISTS (SELECT FROM lab.event WHERE number IS NULL)", connection))
        {
            if (await look.ExecuteScalarAsync(cancellation) is not true) return false;
        }
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var turn = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock(x'4C6162'::int, 1)", connection))
        {
            if (await turn.ExecuteScalarAsync(cancellation) is not true) return false;
        }
        var sealedRows = await ExtendAsync(connection, cancellation);
        var numbered = await events.NumberAsync(connection, cancellation);
        if (sealedRows + numbered > 0) await transaction.CommitAsync(cancellation);
        return sealedRows == Batch || numbered == EventNumbers.Batch;
    }

    private async Task<int> ExtendAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var rows = new List<ChainRow>();
        await using (var select = new NpgsqlCommand($"SELECT {ChainRow.Columns} FROM lab.audit WHERE seq IS NULL ORDER BY id LIMIT {Batch}", connection))
        await using (var reader = await select.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation)) rows.Add(ChainRow.Read(reader));
        }
        if (rows.Count == 0) return 0;

        long seq, unproven;
        byte[] hash;
        // A place that somebody took behind our back stays his, for the verification to find; ours follow.
        await using (var select = new NpgsqlCommand("SELECT GREATEST(sealed, (SELECT max(seq) FROM lab.audit)), hash, unproven_until FROM lab.chain_head", connection))
        await using (var reader = await select.ExecuteReaderAsync(cancellation))
        {
            await reader.ReadAsync(cancellation);
            (seq, hash, unproven) = (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2));
        }
        var (places, hashes, genuine) = (new long[rows.Count], new byte[rows.Count][], new bool[rows.Count]);
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            genuine[i] = row.Id <= unproven || database.Proof.Accepts(row.Proof, row.Actor, row.Action, row.Object);
            if (!genuine[i]) SealerLog.Forged(logger, row.Id);
            hashes[i] = hash = AuditChain.Next(hash, places[i] = ++seq, row, genuine[i]);
        }
        await using var update = new NpgsqlCommand("""
            UPDATE lab.audit a SET seq = u.seq, hash = u.hash, genuine = u.genuine FROM unnest($1, $2, $3, $4) u(id, seq, hash, genuine) WHERE a.id = u.id
            """, connection) { Parameters = { new() { Value = rows.Select(r => r.Id).ToArray() }, new() { Value = places }, new() { Value = hashes }, new() { Value = genuine } } };
        await update.ExecuteNonQueryAsync(cancellation);
        await using var head = new NpgsqlCommand("UPDATE lab.chain_head SET sealed = $1, hash = $2", connection) { Parameters = { new() { Value = seq }, new() { Value = hash } } };
        await head.ExecuteNonQueryAsync(cancellation);
        return rows.Count;
    }

    /// <summary>The head in the log, which is kept elsewhere: who rewrites the chain from its start cannot rewrite that.</summary>
    private async Task AnnounceAsync(CancellationToken cancellation)
    {
        await using var select = database.Worker.CreateCommand("SELECT sealed, encode(hash, 'hex') FROM lab.chain_head");
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        announcedAt = clock.GetTimestamp();
        if (reader.GetInt64(0) == announced) return;
        announced = reader.GetInt64(0);
        var head = reader.GetString(1);
        SealerLog.Head(logger, announced, head);
    }
}

internal static partial class SealerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Sealing the audit trail failed; trying again")]
    public static partial void Missed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Audit row {Row} was not written by the service")]
    public static partial void Forged(ILogger logger, long row);

    [LoggerMessage(Level = LogLevel.Information, Message = "Audit trail: {Sealed} rows sealed, head {Head}")]
    public static partial void Head(ILogger logger, long @sealed, string head);
}
