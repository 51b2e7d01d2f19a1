namespace Lab.Client;

/// <summary>Who reads reports of its own samples.</summary>
/// <param name="Id">As samples and keys name it.</param>
/// <param name="Name">What it is called.</param>
/// <param name="CreatedAt">When it was registered.</param>
public sealed record Partner(string Id, string Name, DateTimeOffset CreatedAt);

/// <summary>What a new key may do, and whose it is.</summary>
public sealed record ApiKeyRequest
{
    /// <summary>What uses it; 1 to 100 characters.</summary>
    public required string Name { get; init; }
    /// <summary>What it may do, such as <c>samples:write</c>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }
    /// <summary>Null: a key of the lab.</summary>
    public string? Partner { get; init; }
    /// <summary>Null: it does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A key's details: never the key itself.</summary>
public sealed record ApiKey
{
    /// <summary>The second part of the key.</summary>
    public required string Id { get; init; }
    /// <summary>What uses it.</summary>
    public required string Name { get; init; }
    /// <summary>What it may do.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }
    /// <summary>Null: a key of the lab.</summary>
    public string? Partner { get; init; }
    /// <summary><c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
    public required string Status { get; init; }
    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>Null: it does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
    /// <summary>Null: it was not revoked.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
    /// <summary>To the minute; null: never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }
    /// <summary>The key in whose place it came.</summary>
    public string? Replaces { get; init; }
}

/// <summary>A new key, in the only answer that holds it.</summary>
public sealed record IssuedApiKey
{
    /// <summary>The second part of the key.</summary>
    public required string Id { get; init; }
    /// <summary>The key itself: keep it, it is not shown again.</summary>
    public required string Key { get; init; }
    /// <summary>What uses it.</summary>
    public required string Name { get; init; }
    /// <summary>What it may do.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }
    /// <summary>Null: a key of the lab.</summary>
    public string? Partner { get; init; }
    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>Null: it does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
    /// <summary>The key in whose place it comes.</summary>
    public string? Replaces { get; init; }
}
