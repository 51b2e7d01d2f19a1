using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Webhooks;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Events;

/// <summary>Numbers events in commit order, and makes a delivery of each for every webhook that waits for it; both in the sealer's transaction, so a reader never
/// sees a number appear before one that it has seen.</summary>
public sealed class EventNumbers
{
    public const int Batch = 1000;

    /// <summary>How many got a number.</summary>
    public async Task<int> NumberAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var number = new NpgsqlCommand($"""
            WITH open AS MATERIALIZED (SELECT id, ordinal FROM lab.event WHERE number IS NULL ORDER BY ordinal LIMIT {Batch} FOR UPDATE),
                next AS (SELECT id, (SELECT events FROM lab.chain_head) + row_number() OVER (ORDER BY ordinal) AS number FROM open),
                numbered AS (UPDATE lab.event e SET number = next.number FROM next WHERE e.id = next.id RETURNING e.number)
            UPDATE lab.chain_head SET events = (SELECT max(number) FROM numbered) WHERE EXISTS (SELECT FROM numbered)
            RETURNING (SELECT min(number) FROM numbered), events
            """, connection);
        long first, last;
        await using (var reader = await number.ExecuteReaderAsync(cancellation))
        {
            if (!await reader.ReadAsync(cancellation)) return 0;
            (first, last) = (reader.GetInt64(0), reader.GetInt64(1));
        }
        await DeliverAsync(connection, first, last, cancellation);
        return (int)(last - first + 1);
    }

    private static async Task DeliverAsync(NpgsqlConnection connection, long first, long last, CancellationToken cancellation)
    {
        var wanted = new List<(Guid Webhook, string? Partner, Guid Event, string Type, string Body)>();
        // The lab's webhooks get every event once; a partner's, what is its own. One that is deleted in the same moment gets none, and does not hold up the others.
        await using (var select = new NpgsqlCommand("""
            SELECT w.id, w.partner_id, e.id, e.type, e.at, s.accession, e.report_id, e.version
            FROM lab.event e JOIN lab.sample s ON s.id = e.sample_id
            JOIN lab.webhook w ON w.disabled_at IS NULL AND e.type = ANY(w.events) AND (w.partner_id = e.partner_id OR (w.partner_id IS NULL AND NOT e.repeated))
            WHERE e.number BETWEEN $1 AND $2 ORDER BY e.number FOR KEY SHARE OF w
            """, connection) { Parameters = { new() { Value = first }, new() { Value = last } } })
        await using (var reader = await select.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                var data = new EventData(reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetGuid(6), reader.IsDBNull(7) ? null : reader.GetInt32(7));
                wanted.Add((reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetGuid(2), reader.GetString(3), WebhookMessage.Write(reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4), data)));
            }
        }
        if (wanted.Count == 0) return;
        await using var insert = new NpgsqlCommand("""
            INSERT INTO lab.delivery (id, webhook_id, partner_id, event_id, type, body, status, tries, created_at, due_at)
            SELECT id, webhook, partner, event, type, body, 'pending', 0, clock_timestamp(), clock_timestamp() FROM unnest($1, $2, $3, $4, $5, $6) d(id, webhook, partner, event, type, body)
            """, connection);
        Add(NpgsqlDbType.Uuid, wanted.Select(_ => Guid.CreateVersion7()).ToArray());
        Add(NpgsqlDbType.Uuid, wanted.Select(w => w.Webhook).ToArray());
        Add(NpgsqlDbType.Text, wanted.Select(w => w.Partner).ToArray());
        Add(NpgsqlDbType.Uuid, wanted.Select(w => w.Event).ToArray());
        Add(NpgsqlDbType.Text, wanted.Select(w => w.Type).ToArray());
        Add(NpgsqlDbType.Text, wanted.Select(w => w.Body).ToArray());
        await insert.ExecuteNonQueryAsync(cancellation);

        void Add(NpgsqlDbType type, Array values) => insert.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}

/// <summary>What an event is about: ids only.</summary>
/// <param name="Accession">The sample.</param>
/// <param name="ReportId">The version of the report; null where it is not about one.</param>
/// <param name="Version">Its number in the series.</param>
public sealed record EventData(string? Accession, Guid? ReportId, int? Version);

/// <summary>The body of a webhook's request. What happened is read with a key, at the API.</summary>
/// <param name="Type">The type of the event.</param>
/// <param name="Timestamp">When it happened.</param>
/// <param name="Data">What it is about.</param>
public sealed record WebhookMessage(string Type, DateTimeOffset Timestamp, EventData Data)
{
    /// <summary>Written once: every try sends the same bytes.</summary>
    public static string Write(string type, DateTimeOffset at, EventData data) => JsonSerializer.Serialize(new WebhookMessage(type, at, data), Json.Options);
}
