using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Webhooks;

/// <summary>One event on its way to a webhook.</summary>
/// <param name="Id">Of the delivery.</param>
/// <param name="MessageId">The webhook-id of its requests: the same on every try.</param>
/// <param name="Type">Of the event, or webhook.test.</param>
/// <param name="Status">pending; delivered; dead: given up; cancelled: the sample is another partner's now.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="NextAttemptAt">When it is tried next; null when it is not.</param>
/// <param name="Attempts">Every try, the oldest first.</param>
public sealed record DeliveryDetails(Guid Id, string MessageId, string Type, string Status, DateTimeOffset CreatedAt, DateTimeOffset? NextAttemptAt, IReadOnlyList<DeliveryAttempt> Attempts);

/// <summary>Lists the deliveries of a webhook, the newest first, and sends one again.</summary>
public static class ListDeliveries
{
    public sealed record Query(Guid Webhook, string? Status, Paging Paging) : IRequest<Page<DeliveryDetails>>;

    public sealed record Replay(Guid Webhook, Guid Id) : ICommand<DeliveryQueued>;

    /// <summary>List the deliveries of a webhook</summary>
    public static async Task<Ok<Page<DeliveryDetails>>> GetAsync(string id, string? status, int? limit, string? cursor, HttpContext context, IMediator sender)
    {
        var filters = new Filters();
        var query = new Query(Ids.Demand(id), filters.Word("status", status, Delivery.Statuses), Paging.Of(context, limit, cursor));
        filters.Demand();
        return TypedResults.Ok(await sender.Send(query, context.RequestAborted));
    }

    /// <summary>Send a delivery again</summary>
    public static async Task<Accepted<DeliveryQueued>> ReplayAsync(string id, string deliveryId, HttpContext context, IMediator sender) =>
        TypedResults.Accepted(null as string, await sender.Send(new Replay(Ids.Demand(id), Ids.Demand(deliveryId)), context.RequestAborted));

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<DeliveryDetails>>, IRequestHandler<Replay, DeliveryQueued>
    {
        public async Task<Page<DeliveryDetails>> Handle(Query query, CancellationToken cancellation)
        {
            await ListWebhooks.DemandAsync(session, query.Webhook, cancellation);
            await using var select = await session.CommandAsync($"""
                SELECT id, event_id, type, status, created_at, due_at, attempts::text FROM lab.delivery
                WHERE webhook_id = $1 {(query.Status is null ? "" : "AND status = $3")} {(query.Paging.After is null ? "" : $"AND id < ${(query.Status is null ? 3 : 4)}")} ORDER BY id DESC LIMIT $2
                """, cancellation, query.Webhook, query.Paging.Limit + 1);
            if (query.Status is { } status) select.Parameters.Add(new() { Value = status });
            if (query.Paging.After is { } place) select.Parameters.Add(new() { Value = Paging.Id(place) });
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            var found = new List<DeliveryDetails>();
            while (await reader.ReadAsync(cancellation))
            {
                var id = reader.GetGuid(0);
                found.Add(new(id, Delivery.MessageOf(id, reader.IsDBNull(1) ? null : reader.GetGuid(1)), reader.GetString(2), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4),
                    reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5), JsonSerializer.Deserialize<List<DeliveryAttempt>>(reader.GetString(6), Json.Options)!));
            }
            return query.Paging.Page(found, d => d.Id.ToString());
        }

        /// <summary>The same bytes under the same id, by the whole schedule again. What is about a sample that is another partner's now is not there.</summary>
        public async Task<DeliveryQueued> Handle(Replay command, CancellationToken cancellation)
        {
            var webhook = await ListWebhooks.DemandAsync(session, command.Webhook, cancellation);
            await using (var update = await session.CommandAsync("""
                UPDATE lab.delivery d SET status = 'pending', tries = 0, due_at = clock_timestamp(), lease_token = NULL, lease_until = NULL, finished_at = NULL
                WHERE d.id = $1 AND d.webhook_id = $2 AND d.status <> 'cancelled'
                    AND (d.event_id IS NULL OR EXISTS (SELECT FROM lab.event e WHERE e.id = d.event_id AND (d.partner_id IS NULL OR d.partner_id = e.partner_id)))
                """, cancellation, command.Id, command.Webhook))
            {
                if (await update.ExecuteNonQueryAsync(cancellation) == 0) throw new ProblemException(ProblemCodes.NotFound, "There is no such delivery, or it is not yours.");
            }
            if (webhook.DisabledAt is not null) throw new ProblemException(ProblemCodes.WebhookDisabled, "The webhook is disabled.");
            await session.RecordAsync("delivery.replayed", $"delivery:{command.Id}", null, cancellation);
            return new(command.Id);
        }
    }
}
