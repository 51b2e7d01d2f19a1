using System.Data;
using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Tasks;

/// <summary>The lease is not ours any more: the task was cancelled, taken over, or has to begin anew without somebody who was erased. Nothing is left to do.</summary>
public sealed class TaskLostException() : Exception("The task is not this worker's any more.");

/// <summary>One run of a task under its lease.</summary>
public sealed class TaskRun(LabDatabase database, Guid id, Guid token, string kind, string request, Caller caller, int attempt, TimeSpan keep)
{
    /// <summary>How long a worker that says nothing is believed to work.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private const string Held = "id = $1 AND lease_token = $2 AND status = 'running'";

    private int parts;
    private Progression progress = new(0, null);
    private string? result;

    private sealed record Progression(long Done, long? Total);

    public Guid Id => id;
    public string Kind => kind;
    public int Attempt => attempt;

    /// <summary>Who asked, with the rights that row-level security gives; the scopes were checked when it was asked.</summary>
    public Caller Caller => caller;

    public bool HasSucceeded { get; private set; }

    public T Request<T>() => JsonSerializer.Deserialize<T>(request, Json.Stored)!;

    /// <summary>A transaction that sees what the asking partner sees. Reading in several statements: <see cref="IsolationLevel.RepeatableRead"/>, so that they agree.</summary>
    public LabSession Open(IsolationLevel isolation = IsolationLevel.ReadCommitted) => new(database, caller) { Isolation = isolation };

    /// <summary>Costs nothing: it is stored with the next part or the next renewal.</summary>
    public void Progress(long done, long? total) => progress = new(done, total);

    /// <summary>What came of it, beside the parts; stored when it succeeds.</summary>
    public void Report<T>(T value) => result = JsonSerializer.Serialize(value, Json.Options);

    /// <summary>Keeps a part, unless it holds somebody who was erased meanwhile: then the task begins anew.</summary>
    /// <param name="bytes">Follow those of the part before.</param>
    /// <param name="samples">Whose data these bytes begin to hold.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TaskLostException">Nothing was kept.</exception>
    public async Task WritePartAsync(ReadOnlyMemory<byte> bytes, IReadOnlyCollection<Guid> samples, CancellationToken cancellation)
    {
        await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);
        // An erasure that is under way ends before, or finds this part.
        batch.BatchCommands.Add(new("SELECT pg_advisory_xact_lock_shared(hashtextextended('lab.task', 0))"));
        batch.BatchCommands.Add(Renewal());
        batch.BatchCommands.Add(new($"""
            INSERT INTO lab.task_part (task_id, partner_id, n, samples, bytes) SELECT t.id, t.partner_id, $3, $4, $5 FROM lab.task t
            WHERE {Held} AND NOT EXISTS (SELECT FROM lab.sample s WHERE s.id = ANY($4) AND (s.erased_at IS NOT NULL OR s.partner_id IS DISTINCT FROM COALESCE(t.partner_id, s.partner_id)))
            """)
        {
            Parameters = { new() { Value = id }, new() { Value = token }, new() { Value = parts }, new() { Value = samples.ToArray() }, new() { Value = bytes } },
        });
        await batch.ExecuteNonQueryAsync(cancellation);
        if (batch.BatchCommands[2].RecordsAffected == 0)
        {
            await AgainAsync(connection, cancellation);
            await transaction.CommitAsync(cancellation);
            throw new TaskLostException();
        }
        await transaction.CommitAsync(cancellation);
        parts++;
    }

    /// <summary>Ends it, in the transaction of its effect, which the handler then commits; last in it. Where a handler has no other effect than its parts, the worker does this.</summary>
    /// <exception cref="TaskLostException">Nothing may be committed.</exception>
    public async Task SucceedAsync(LabSession session, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand { Connection = await session.OpenAsync(cancellation) };
        await SucceedAsync(command, cancellation);
    }

    internal async Task SucceedAsync(CancellationToken cancellation)
    {
        await using var command = database.Worker.CreateCommand();
        await SucceedAsync(command, cancellation);
    }

    /// <summary>Says that it is worked on. False: it is not ours any more.</summary>
    internal async Task<bool> RenewAsync(CancellationToken cancellation)
    {
        await using var batch = database.Worker.CreateBatch();
        batch.BatchCommands.Add(Renewal());
        return await batch.ExecuteNonQueryAsync(cancellation) > 0;
    }

    /// <summary>Gives it back as if this run had not been.</summary>
    internal async Task GiveBackAsync(CancellationToken cancellation)
    {
        await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
        await AgainAsync(connection, cancellation);
    }

    /// <summary>Ends it as failed, or gives it back for the next attempt (no error).</summary>
    internal async Task FailAsync(string? error, CancellationToken cancellation)
    {
        await using var command = database.Worker.CreateCommand($"""
            WITH ended AS (UPDATE lab.task SET status = CASE WHEN $3 IS NULL THEN 'queued' ELSE 'failed' END, error = $3, lease_token = NULL, lease_until = NULL,
                finished_at = CASE WHEN $3 IS NULL THEN NULL ELSE clock_timestamp() END WHERE {Held} RETURNING id, partner_id, kind),
            emptied AS (DELETE FROM lab.task_part p USING ended WHERE p.task_id = ended.id)
            INSERT INTO lab.audit (actor, partner_id, action, object) SELECT 'tasks', partner_id, kind || '.failed', kind || ':' || id FROM ended WHERE $3 IS NOT NULL
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = id }, new() { Value = token }, new() { Value = (object?)error ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text } });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task SucceedAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        command.CommandText = $"""
            WITH ended AS (UPDATE lab.task SET status = 'succeeded', done = $3, total = $3, result = $4, finished_at = clock_timestamp(), expires_at = clock_timestamp() + $5,
                lease_token = NULL, lease_until = NULL WHERE {Held} RETURNING id, partner_id, kind)
            INSERT INTO lab.audit (actor, partner_id, action, object) SELECT 'tasks', partner_id, kind || '.succeeded', kind || ':' || id FROM ended
            """;
        command.Parameters.AddRange(new NpgsqlParameter[]
        {
            new() { Value = id }, new() { Value = token }, new() { Value = progress.Done }, new() { Value = (object?)result ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb }, new() { Value = keep },
        });
        if (await command.ExecuteNonQueryAsync(cancellation) == 0) throw new TaskLostException();
        HasSucceeded = true;
    }

    private async Task AgainAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"""
            WITH again AS (UPDATE lab.task SET status = 'queued', attempts = attempts - 1, lease_token = NULL, lease_until = NULL WHERE {Held} RETURNING id)
            DELETE FROM lab.task_part p USING again WHERE p.task_id = again.id
            """, connection)
        { Parameters = { new() { Value = id }, new() { Value = token } } };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private NpgsqlBatchCommand Renewal()
    {
        var (done, total) = progress;
        return new($"UPDATE lab.task SET lease_until = clock_timestamp() + $3, done = $4, total = $5 WHERE {Held}")
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = token }, new() { Value = Lease }, new() { Value = done },
                new() { Value = (object?)total ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
            },
        };
    }
}
