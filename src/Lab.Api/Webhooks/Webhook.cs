namespace Lab.Api.Webhooks;

/// <summary>Where events are sent to. Its secrets are derived, not stored: see <see cref="WebhookSecrets"/>.</summary>
public sealed class Webhook
{
    public required Guid Id { get; init; }
    /// <summary>Whose events it gets; null: the lab's, which are all.</summary>
    public string? PartnerId { get; init; }
    public required string Url { get; init; }
    public required string[] Events { get; init; }
    public string? Description { get; init; }
    /// <summary>Counts the rotations; from 1.</summary>
    public int SecretVersion { get; set; }
    /// <summary>Which <c>Lab:Key</c> the secret was derived from.</summary>
    public required string KeyId { get; set; }
    /// <summary>Until when the secret before signs too.</summary>
    public DateTimeOffset? PreviousUntil { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When its receiver said that it is gone (410).</summary>
    public DateTimeOffset? DisabledAt { get; set; }
}

/// <summary>One event on its way to one webhook, and the truth about it: Hangfire executes, this row decides.</summary>
public sealed class Delivery
{
    public const string Pending = "pending", Delivered = "delivered", Dead = "dead", Cancelled = "cancelled";

    public const string TestType = "webhook.test";

    /// <summary>pending; delivered; dead: given up; cancelled: the sample is no longer the partner's.</summary>
    public static readonly string[] Statuses = [Pending, Delivered, Dead, Cancelled];

    public required Guid Id { get; init; }
    public required Guid WebhookId { get; init; }
    public Webhook? Webhook { get; init; }
    public string? PartnerId { get; init; }
    /// <summary>Null for a test.</summary>
    public Guid? EventId { get; init; }
    public required string Type { get; init; }
    /// <summary>The same bytes on every try.</summary>
    public required string Body { get; init; }
    public required string Status { get; set; }
    /// <summary>Since it was made or replayed.</summary>
    public int Tries { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>Of the next try; null when there is none.</summary>
    public DateTimeOffset? DueAt { get; set; }
    /// <summary>Fencing: only the holder of this token records a try.</summary>
    public Guid? LeaseToken { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>Every try (JSON).</summary>
    public required string Attempts { get; set; }

    /// <summary>The <c>webhook-id</c> of an event: the same on every try, by which a receiver knows what it has seen.</summary>
    public static string MessageOf(Guid eventId) => $"evt_{eventId:N}";

    /// <summary>The same of a delivery; a test has no event.</summary>
    public static string MessageOf(Guid delivery, Guid? eventId) => eventId is { } id ? MessageOf(id) : $"test_{delivery:N}";
}
