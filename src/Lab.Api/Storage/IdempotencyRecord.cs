namespace Lab.Api.Storage;

/// <summary>The first answer to a key, kept 30 days and replayed byte for byte.</summary>
public sealed class IdempotencyRecord
{
    public required string Client { get; init; }
    public required string Key { get; init; }
    /// <summary>SHA-256 of method, path, query and the SHA-256 of the decoded body.</summary>
    public required byte[] Fingerprint { get; init; }
    public int? Status { get; set; }
    public string? Location { get; set; }
    public byte[]? Body { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
}
