using System.Text.Json;

namespace Lab.Client;

/// <summary>Where events are to be sent.</summary>
public sealed record WebhookRequest
{
    /// <summary>https, port 443 or 8443, on the public network.</summary>
    public required Uri Url { get; init; }
    /// <summary>Such as <c>report.released</c>; at least one.</summary>
    public required IReadOnlyList<string> Events { get; init; }
    /// <summary>In words.</summary>
    public string? Description { get; init; }
}

/// <summary>A new webhook, with its secret.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Secret">Checks the signatures, as libraries of standard-webhooks take it; shown once.</param>
/// <param name="Url">Where events are sent.</param>
/// <param name="Events">Which.</param>
/// <param name="Description">As it was given.</param>
/// <param name="CreatedAt">When.</param>
public sealed record WebhookCreated(Guid Id, string Secret, Uri Url, IReadOnlyList<string> Events, string? Description, DateTimeOffset CreatedAt);

/// <summary>A webhook, without its secret.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Partner">Whose events it gets; null: the lab's, which are all.</param>
/// <param name="Url">Where events are sent.</param>
/// <param name="Events">Which.</param>
/// <param name="Description">As it was given.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="DisabledAt">When its receiver answered 410.</param>
/// <param name="PreviousSecretUntil">Until when the secret before signs, too.</param>
public sealed record Webhook(Guid Id, string? Partner, Uri Url, IReadOnlyList<string> Events, string? Description, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt, DateTimeOffset? PreviousSecretUntil);

/// <summary>A secret that has just been made.</summary>
/// <param name="Secret">Shown once.</param>
/// <param name="PreviousSecretUntil">Until when the secret before signs, too.</param>
public sealed record WebhookSecretRotated(string Secret, DateTimeOffset PreviousSecretUntil);

/// <summary>One event on its way to a webhook.</summary>
/// <param name="Id">Of the delivery.</param>
/// <param name="MessageId">The <c>webhook-id</c> of its requests: the same on every try.</param>
/// <param name="Type">Of the event, or <c>webhook.test</c>.</param>
/// <param name="Status"><c>pending</c>, <c>delivered</c>, <c>dead</c> or <c>cancelled</c>.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="NextAttemptAt">When it is tried next.</param>
/// <param name="Attempts">Every try, the oldest first.</param>
public sealed record WebhookDelivery(Guid Id, string MessageId, string Type, string Status, DateTimeOffset CreatedAt, DateTimeOffset? NextAttemptAt, IReadOnlyList<WebhookAttempt> Attempts);

/// <summary>How a try went.</summary>
/// <param name="At">When it began.</param>
/// <param name="Status"><c>delivered</c> or <c>failed</c>.</param>
/// <param name="ResponseCode">The HTTP status that was answered.</param>
/// <param name="DurationMs">How long it took.</param>
/// <param name="Error">Why it failed, such as <c>timeout</c>.</param>
public sealed record WebhookAttempt(DateTimeOffset At, string Status, int? ResponseCode, int DurationMs, string? Error);

/// <summary>Something that happened to a sample.</summary>
/// <param name="Number">Rises in the order of commits; what to ask after next time.</param>
/// <param name="Id">As webhooks have it in <c>webhook-id</c>.</param>
/// <param name="Type">Such as <c>report.released</c>.</param>
/// <param name="Timestamp">When.</param>
/// <param name="Data">To what.</param>
public sealed record LabEvent(long Number, string Id, string Type, DateTimeOffset Timestamp, LabEventData Data);

/// <summary>What an event is about.</summary>
/// <param name="Accession">The sample.</param>
/// <param name="ReportId">The version of the report.</param>
/// <param name="Version">Its number in the series.</param>
public sealed record LabEventData(string? Accession, Guid? ReportId, int? Version);

/// <summary>Which rows of the audit trail.</summary>
public sealed record AuditFilter
{
    /// <summary>A key's id, or a part of the service.</summary>
    public string? Actor { get; init; }
    /// <summary>Such as <c>report.read</c>.</summary>
    public string? Action { get; init; }
    /// <summary>As <c>report:{id}</c>.</summary>
    public string? Object { get; init; }
    /// <summary>A person, by the lab's pseudonym.</summary>
    public string? Subject { get; init; }
    /// <summary>Whose rows.</summary>
    public string? Partner { get; init; }
    /// <summary>From a time on.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Until a time, this included.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>Who did what to which.</summary>
/// <param name="Id">Of the row.</param>
/// <param name="Seq">Its place in the chain; null in the second before it is sealed.</param>
/// <param name="At">When.</param>
/// <param name="Actor">The key's id, or the part of the service that acted.</param>
/// <param name="Action">Such as <c>report.read</c>.</param>
/// <param name="Object">What it was done to, as kind:id.</param>
/// <param name="Accession">The sample that it concerns.</param>
/// <param name="Subject">Whose sample that is now.</param>
/// <param name="Partner">Whose row it is; null: the lab's.</param>
/// <param name="Details">What else was recorded.</param>
/// <param name="Hash">Of the chain at this row.</param>
public sealed record AuditItem(long Id, long? Seq, DateTimeOffset At, string Actor, string Action, string Object, string? Accession, string? Subject, string? Partner, JsonElement? Details, string? Hash);

/// <summary>Whether the audit trail is what was written.</summary>
/// <param name="Intact">No row was changed, removed or added.</param>
/// <param name="Rows">How many there are.</param>
/// <param name="Sealed">How many of them are in the chain.</param>
/// <param name="Head">The hash of the last sealed row: note it elsewhere, and ask for it later.</param>
/// <param name="Problems">At most 100.</param>
public sealed record AuditVerification(bool Intact, long Rows, long Sealed, string Head, IReadOnlyList<AuditProblem> Problems);

/// <summary>One thing of the audit trail that is not as it was written.</summary>
/// <param name="Code"><c>row-changed</c>, <c>row-missing</c>, <c>row-added</c> or <c>head-changed</c>.</param>
/// <param name="Seq">The place in the chain.</param>
/// <param name="Id">The row.</param>
/// <param name="Message">In words.</param>
public sealed record AuditProblem(string Code, long? Seq, long? Id, string Message);
