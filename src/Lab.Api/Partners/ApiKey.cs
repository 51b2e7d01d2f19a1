namespace Lab.Api.Partners;

/// <summary>A machine's credential. The key itself is shown once and never stored.</summary>
public sealed class ApiKey
{
    /// <summary>The public part of the key, by which it is found and people recognise it.</summary>
    public required string Id { get; init; }
    public required string Name { get; init; }
    /// <summary>What <see cref="KeyPepper.Hash"/> makes of the key.</summary>
    public required byte[] SecretHash { get; init; }
    public required string[] Scopes { get; init; }
    /// <summary>Null: a key of the lab.</summary>
    public string? PartnerId { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; set; }
    /// <summary>To the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }
    /// <summary>The key in whose place it came.</summary>
    public string? Replaces { get; init; }

    public static ApiKey For(KeyText key, KeyPepper pepper, string name, IEnumerable<string> scopes, string? partner, string? replaces = null) => new()
    {
        Id = key.Id,
        Name = name,
        SecretHash = pepper.Hash(key),
        Scopes = [.. scopes],
        PartnerId = partner,
        Replaces = replaces,
    };
}
