using System.Globalization;
using System.Net.Http.Json;

namespace Lab.Client;

/// <content>Webhooks, events and the audit trail.</content>
public sealed partial class LabClient
{
    /// <summary>Creates a webhook. Its secret is in the answer, and nowhere afterwards.</summary>
    /// <exception cref="LabProblemException"><c>value-invalid</c> for a URL that is not public https, or an event that is not known.</exception>
    public async Task<WebhookCreated> CreateWebhookAsync(WebhookRequest webhook, string? idempotencyKey = null, CancellationToken cancellation = default)
    {
        using var request = Request(HttpMethod.Post, "v1/webhooks", JsonContent.Create(webhook, options: Json));
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var response = await SendAsync(request, cancellation);
        return await ReadAsync<WebhookCreated>(response, cancellation);
    }

    /// <summary>A page of the webhooks, the newest first.</summary>
    public Task<Page<Webhook>> ListWebhooksAsync(int? limit = null, string? cursor = null, CancellationToken cancellation = default) => GetAsync<Page<Webhook>>($"v1/webhooks{Query(Paged(limit, cursor))}", cancellation);

    /// <summary>Reads a webhook.</summary>
    public Task<Webhook> GetWebhookAsync(Guid id, CancellationToken cancellation = default) => GetAsync<Webhook>($"v1/webhooks/{id}", cancellation);

    /// <summary>Deletes a webhook and its deliveries; gives what it was.</summary>
    public Task<Webhook> DeleteWebhookAsync(Guid id, CancellationToken cancellation = default) => SendAsync<Webhook>(HttpMethod.Delete, $"v1/webhooks/{id}", null, cancellation);

    /// <summary>Sends a test; gives the id of its delivery.</summary>
    /// <exception cref="LabProblemException"><c>webhook-disabled</c>.</exception>
    public async Task<Guid> TestWebhookAsync(Guid id, CancellationToken cancellation = default) => (await SendAsync<DeliveryQueued>(HttpMethod.Post, $"v1/webhooks/{id}/test", null, cancellation)).DeliveryId;

    /// <summary>Changes the secret; for 24 hours requests carry a signature of each.</summary>
    public Task<WebhookSecretRotated> RotateWebhookSecretAsync(Guid id, CancellationToken cancellation = default) => SendAsync<WebhookSecretRotated>(HttpMethod.Post, $"v1/webhooks/{id}/rotate-secret", null, cancellation);

    /// <summary>A page of the deliveries of a webhook, the newest first.</summary>
    public Task<Page<WebhookDelivery>> ListDeliveriesAsync(Guid webhookId, string? status = null, int? limit = null, string? cursor = null, CancellationToken cancellation = default) =>
        GetAsync<Page<WebhookDelivery>>($"v1/webhooks/{webhookId}/deliveries{Query([("status", status), .. Paged(limit, cursor)])}", cancellation);

    /// <summary>Sends a delivery again, under the same id.</summary>
    /// <exception cref="LabProblemException"><c>webhook-disabled</c>.</exception>
    public Task ReplayDeliveryAsync(Guid webhookId, Guid deliveryId, CancellationToken cancellation = default) =>
        SendAsync<DeliveryQueued>(HttpMethod.Post, $"v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay", null, cancellation);

    /// <summary>Events after a number, the oldest first.</summary>
    public Task<Page<LabEvent>> ListEventsAsync(long after = 0, int? limit = null, CancellationToken cancellation = default) =>
        GetAsync<Page<LabEvent>>($"v1/events{Query(("after", after.ToString(CultureInfo.InvariantCulture)), ("limit", limit?.ToString(CultureInfo.InvariantCulture)))}", cancellation);

    /// <summary>A page of the audit trail, the newest first.</summary>
    public Task<Page<AuditItem>> ListAuditAsync(AuditFilter? filter = null, int? limit = null, string? cursor = null, CancellationToken cancellation = default) =>
        GetAsync<Page<AuditItem>>($"v1/audit{Query([("actor", filter?.Actor), ("action", filter?.Action), ("object", filter?.Object), ("subject", filter?.Subject), ("partner", filter?.Partner),
            ("from", Time(filter?.From)), ("to", Time(filter?.To)), .. Paged(limit, cursor)])}", cancellation);

    /// <summary>Computes the chain over the audit trail again.</summary>
    /// <param name="known">An earlier answer: the chain has to go through its head.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public Task<AuditVerification> VerifyAuditAsync(AuditVerification? known = null, CancellationToken cancellation = default) =>
        SendAsync<AuditVerification>(HttpMethod.Post, "v1/audit/verify", known is null ? null : JsonContent.Create(new { known.Sealed, known.Head }, options: Json), cancellation);

    private sealed record DeliveryQueued(Guid DeliveryId);
}
