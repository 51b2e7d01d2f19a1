using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Events;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Webhooks;

/// <summary>A secret that has just been made.</summary>
/// <param name="Secret">Checks the signatures. It is shown here and never again.</param>
/// <param name="PreviousSecretUntil">Until when requests carry a signature of the secret before, too.</param>
public sealed record WebhookSecretRotated(string Secret, DateTimeOffset PreviousSecretUntil);

/// <summary>A request on its way.</summary>
/// <param name="DeliveryId">To be found among the deliveries of the webhook.</param>
public sealed record DeliveryQueued(Guid DeliveryId);

/// <summary>What is done with a webhook: delete it, send it a test, give it another secret.</summary>
public static class ChangeWebhook
{
    public sealed record Deletion(Guid Id) : ICommand<bool>;

    public sealed record Test(Guid Id) : ICommand<DeliveryQueued>;

    public sealed record Rotation(Guid Id) : ICommand<WebhookSecretRotated>;

    /// <summary>Delete a webhook</summary>
    public static async Task<Ok<WebhookDetails>> DeleteAsync(string id, HttpContext context, IMediator sender)
    {
        var webhook = await sender.Send(new ListWebhooks.OneQuery(Ids.Demand(id)), context.RequestAborted);
        await sender.Send(new Deletion(webhook.Id), context.RequestAborted);
        return TypedResults.Ok(webhook);
    }

    /// <summary>Send a test</summary>
    public static async Task<Accepted<DeliveryQueued>> TestAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Accepted(null as string, await sender.Send(new Test(Ids.Demand(id)), context.RequestAborted));

    /// <summary>Change the secret</summary>
    public static async Task<Ok<WebhookSecretRotated>> RotateAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Rotation(Ids.Demand(id)), context.RequestAborted));

    public sealed class Handler(LabSession session, WebhookSecrets secrets, TimeProvider clock)
        : IRequestHandler<Deletion, bool>, IRequestHandler<Test, DeliveryQueued>, IRequestHandler<Rotation, WebhookSecretRotated>
    {
        /// <summary>Its deliveries go with it.</summary>
        public async Task<bool> Handle(Deletion command, CancellationToken cancellation)
        {
            await session.ExecuteAsync("DELETE FROM lab.webhook WHERE id = $1", cancellation, command.Id);
            await session.RecordAsync("webhook.deleted", $"webhook:{command.Id}", null, cancellation);
            return true;
        }

        public async Task<DeliveryQueued> Handle(Test command, CancellationToken cancellation)
        {
            // A deletion in the same moment waits, and takes the delivery with it.
            await session.ExecuteAsync("SELECT FROM lab.webhook WHERE id = $1 FOR KEY SHARE", cancellation, command.Id);
            var webhook = await ListWebhooks.DemandAsync(session, command.Id, cancellation);
            if (webhook.DisabledAt is not null) throw new ProblemException(ProblemCodes.WebhookDisabled, "The webhook is disabled.");
            var delivery = Guid.CreateVersion7();
            await session.ExecuteAsync("""
                INSERT INTO lab.delivery (id, webhook_id, partner_id, type, body, status, tries, created_at, due_at) VALUES ($1, $2, $3, $4, $5, 'pending', 0, clock_timestamp(), clock_timestamp())
                """, cancellation, delivery, command.Id, webhook.PartnerId, Delivery.TestType, WebhookMessage.Write(Delivery.TestType, clock.GetUtcNow(), new EventData(null, null, null)));
            await session.RecordAsync("webhook.tested", $"webhook:{command.Id}", null, cancellation);
            return new(delivery);
        }

        /// <summary>For a day requests carry a signature of each, so that no receiver has to change in the same moment.</summary>
        public async Task<WebhookSecretRotated> Handle(Rotation command, CancellationToken cancellation)
        {
            // A secret that another key made cannot sign any more.
            WebhookSecretRotated rotated;
            await using (var update = await session.CommandAsync("""
                UPDATE lab.webhook SET secret_version = secret_version + 1, key_id = $2, previous_until = clock_timestamp() + CASE key_id WHEN $2 THEN interval '24 hours' ELSE interval '0' END
                WHERE id = $1 RETURNING secret_version, previous_until
                """, cancellation, command.Id, secrets.KeyId))
            await using (var reader = await update.ExecuteReaderAsync(cancellation))
            {
                if (!await reader.ReadAsync(cancellation)) throw ListWebhooks.Missing();
                rotated = new(secrets.Show(command.Id, reader.GetInt32(0)), reader.GetFieldValue<DateTimeOffset>(1));
            }
            await session.RecordAsync("webhook.secret-rotated", $"webhook:{command.Id}", null, cancellation);
            return rotated;
        }
    }
}
