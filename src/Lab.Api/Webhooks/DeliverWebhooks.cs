using System.Security.Cryptography;
using System.Text.Json;
using Hangfire;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Webhooks;

/// <summary>The Hangfire job: claims deliveries that are due under a lease, sends them, records each try. It may run twice, be killed or wake up late: a delivery
/// is sent at least once, and always with the same id.</summary>
public sealed class DeliverWebhooks(LabDatabase database, WebhookSender sender, WebhookSecrets secrets, TimeProvider clock)
{
    public const string Queue = "webhooks";

    /// <summary>How the dispatcher finds it. One worker does all that a node has under way.</summary>
    public static readonly DispatchedWork Work = new(Queue, 1, """
        SELECT FROM lab.delivery d JOIN lab.webhook w ON w.id = d.webhook_id
        WHERE d.status = 'pending' AND d.due_at <= clock_timestamp() AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp()) AND w.disabled_at IS NULL
        """, jobs => jobs.Enqueue<DeliverWebhooks>(job => job.RunAsync(CancellationToken.None)));

    /// <summary>How long after a failed try the next one is due: the schedule of standard-webhooks, about three days.</summary>
    public static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(14),
        TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>Receivers that all failed at once do not all come back at once.</summary>
    public const double Jitter = 0.1;

    // At once: of a node, and of one webhook, so that a receiver that hangs does not keep the others waiting.
    private const int Most = 64, MostOfOne = 4;

    [Queue(Queue), AutomaticRetry(Attempts = 0), System.ComponentModel.DisplayName("Deliver what is due")]
    public async Task RunAsync(CancellationToken cancellation)
    {
        var running = new List<Task>();
        while (true)
        {
            if (running.Count < Most && !cancellation.IsCancellationRequested) running.AddRange((await ClaimAsync(Most - running.Count, cancellation)).Select(d => DeliverAsync(d, cancellation)));
            if (running.Count == 0) return;
            // Another may be due meanwhile.
            var done = await Task.WhenAny([.. running, Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None)]);
            if (running.Remove(done)) await done;
        }
    }

    private async Task<List<Claimed>> ClaimAsync(int room, CancellationToken cancellation)
    {
        await using var claim = database.Worker.CreateCommand($"""
            WITH c AS MATERIALIZED (
                SELECT due.id FROM lab.webhook w CROSS JOIN LATERAL (
                    SELECT q.id, q.due_at FROM lab.delivery q
                    WHERE q.webhook_id = w.id AND q.status = 'pending' AND q.due_at <= clock_timestamp() AND (q.lease_until IS NULL OR q.lease_until < clock_timestamp())
                    ORDER BY q.due_at
                    LIMIT GREATEST(0, {MostOfOne} - (SELECT count(*) FROM lab.delivery l WHERE l.webhook_id = w.id AND l.status = 'pending' AND l.lease_until >= clock_timestamp()))
                    FOR UPDATE SKIP LOCKED) due
                WHERE w.disabled_at IS NULL ORDER BY due.due_at LIMIT $2)
            UPDATE lab.delivery d SET lease_token = $1, lease_until = clock_timestamp() + interval '60 seconds' FROM c, lab.webhook w
            WHERE d.id = c.id AND w.id = d.webhook_id
            RETURNING d.id, d.event_id, d.type, d.body, d.tries, w.id, w.url, w.secret_version, w.key_id, COALESCE(w.previous_until > clock_timestamp(), false)
            """);
        var token = Guid.CreateVersion7();
        claim.Parameters.Add(new() { Value = token });
        claim.Parameters.Add(new() { Value = room });
        await using var reader = await claim.ExecuteReaderAsync(cancellation);
        var claimed = new List<Claimed>();
        while (await reader.ReadAsync(cancellation))
        {
            claimed.Add(new(reader.GetGuid(0), token, reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4), reader.GetGuid(5), reader.GetString(6),
                reader.GetInt32(7), reader.GetString(8), reader.GetBoolean(9)));
        }
        return claimed;
    }

    private async Task DeliverAsync(Claimed delivery, CancellationToken cancellation)
    {
        var live = new List<byte[]> { secrets.Of(delivery.Webhook, delivery.SecretVersion) };
        if (delivery.HasPrevious) live.Add(secrets.Of(delivery.Webhook, delivery.SecretVersion - 1));
        var attempt = delivery.KeyId == secrets.KeyId
            ? await sender.SendAsync(delivery.Url, Delivery.MessageOf(delivery.Id, delivery.Event), delivery.Body, live, cancellation)
            // A signature that the receiver cannot check: its owner rotates the secret and replays.
            : new DeliveryAttempt(clock.GetUtcNow(), WebhookSender.Failed, null, 0, WebhookSender.KeyChanged);
        await RecordAsync(delivery, attempt, CancellationToken.None);
    }

    private async Task RecordAsync(Claimed delivery, DeliveryAttempt attempt, CancellationToken cancellation)
    {
        var gone = attempt.ResponseCode == StatusCodes.Status410Gone;
        TimeSpan? wait = attempt.Error is null || gone || delivery.Type == Delivery.TestType || delivery.Tries >= Waits.Length ? null : Jittered(Waits[delivery.Tries]);
        var status = attempt.Error is null ? Delivery.Delivered : wait is null ? Delivery.Dead : Delivery.Pending;
        await using var batch = database.Worker.CreateBatch();
        var record = new NpgsqlBatchCommand("""
            UPDATE lab.delivery SET attempts = attempts || $3, tries = tries + 1, lease_token = NULL, lease_until = NULL,
                status = CASE status WHEN 'pending' THEN $4 ELSE status END, due_at = CASE status WHEN 'pending' THEN clock_timestamp() + $5 END,
                finished_at = CASE WHEN status <> 'pending' THEN finished_at WHEN $5 IS NULL THEN clock_timestamp() END
            WHERE id = $1 AND lease_token = $2
            """)
        {
            Parameters =
            {
                new() { Value = delivery.Id }, new() { Value = delivery.Token }, new() { Value = JsonSerializer.Serialize(attempt, Json.Options), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = status }, new() { Value = (object?)wait ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval },
            },
        };
        batch.BatchCommands.Add(record);
        if (gone)
        {
            batch.BatchCommands.Add(new("UPDATE lab.webhook SET disabled_at = clock_timestamp() WHERE id = $1 AND disabled_at IS NULL") { Parameters = { new() { Value = delivery.Webhook } } });
            batch.BatchCommands.Add(new("UPDATE lab.delivery SET status = 'dead', due_at = NULL, finished_at = clock_timestamp() WHERE webhook_id = $1 AND status = 'pending'") { Parameters = { new() { Value = delivery.Webhook } } });
        }
        await batch.ExecuteNonQueryAsync(cancellation);
        Telemetry.WebhookTries.Add(1, "outcome", status);
    }

    private static TimeSpan Jittered(TimeSpan wait) => wait * (1 + Jitter * (RandomNumberGenerator.GetInt32(-1000, 1001) / 1000.0));

    private sealed record Claimed(Guid Id, Guid Token, Guid? Event, string Type, string Body, int Tries, Guid Webhook, string Url, int SecretVersion, string KeyId, bool HasPrevious);
}
