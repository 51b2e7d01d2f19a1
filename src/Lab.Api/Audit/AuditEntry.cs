namespace Lab.Api.Audit;

/// <summary>Who did what to which, in the transaction of what it records. Append-only. No personal data: ids and codes.</summary>
public sealed class AuditEntry
{
    public long Id { get; init; }
    public DateTimeOffset At { get; init; }
    /// <summary>The key's id, or the name of the part of the service that acted.</summary>
    public required string Actor { get; init; }
    public string? PartnerId { get; init; }
    /// <summary>The sample that it concerns, by which the person is found until erased.</summary>
    public Guid? SampleId { get; init; }
    public required string Action { get; init; }
    /// <summary>What it was done to, e.g. <c>profile:0199…</c>.</summary>
    public required string Object { get; init; }
    public string? Details { get; init; }
    /// <summary>That the service wrote the row; see <see cref="RowProof"/>.</summary>
    public required byte[] Proof { get; init; }
    /// <summary>Its place in the chain; null until it is sealed.</summary>
    public long? Seq { get; init; }
    /// <summary>SHA-256 of the hash before it and of the row; see <see cref="AuditChain"/>.</summary>
    public byte[]? Hash { get; init; }
    /// <summary>Whether the sealer found the proof good.</summary>
    public bool? Genuine { get; init; }
}

/// <summary>Where the chain of the audit trail and the numbers of events end. One row.</summary>
public sealed class ChainHead
{
    public bool Id { get; init; }
    /// <summary>How many rows are sealed: the place of the last one.</summary>
    public long Sealed { get; init; }
    /// <summary>The hash of the last one.</summary>
    public required byte[] Hash { get; init; }
    /// <summary>Rows up to this id were written before there were proofs.</summary>
    public long UnprovenUntil { get; init; }
    /// <summary>The number of the last event.</summary>
    public long Events { get; init; }
}
