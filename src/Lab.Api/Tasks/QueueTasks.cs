using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using NpgsqlTypes;

namespace Lab.Api.Tasks;

/// <summary>A task for the workers, in the transaction of what asks for it.</summary>
public static class QueueTasks
{
    /// <summary>Queues it as the caller's and wakes a worker after the commit.</summary>
    public static async Task<Guid> AddAsync<T>(LabSession session, AnalysisSignal signal, string kind, T request, CancellationToken cancellation)
    {
        var id = Guid.CreateVersion7();
        await using var insert = await session.CommandAsync("""
            INSERT INTO lab.task (id, kind, partner_id, client, status, done, attempts, created_at, request) VALUES ($1, $2, $3, $4, 'queued', 0, 0, clock_timestamp(), $5)
            """, cancellation, id, kind, session.Caller.PartnerId, session.Caller.Client);
        insert.Parameters.Add(new() { Value = JsonSerializer.Serialize(request, Json.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await insert.ExecuteNonQueryAsync(cancellation);
        session.Committed = signal.Queued;
        return id;
    }
}
