namespace Lab.Api.Audit;

/// <summary>Who did what to which, in the transaction of what it records. Append-only. No personal data: ids and codes.</summary>
public sealed class AuditEntry
{
    public long Id { get; init; }
    public DateTimeOffset At { get; init; }
    /// <summary>The key's id, or the name of the part of the service that acted.</summary>
    public required string Actor { get; init; }
    public string? PartnerId { get; init; }
    public required string Action { get; init; }
    /// <summary>What it was done to, e.g. <c>profile:0199…</c>.</summary>
    public required string Object { get; init; }
    public string? Details { get; init; }
}
