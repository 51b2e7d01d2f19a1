using System.Security.Cryptography;
using System.Text;

namespace Lab.Api.Partners;

/// <summary>A machine's credential. The key itself is shown once and never stored: it has 190 random bits, so its SHA-256 neither needs a salt nor can be guessed.</summary>
public sealed class ApiKey
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    /// <summary>The start of the key, by which people recognise it.</summary>
    public required string Prefix { get; init; }
    public required byte[] SecretHash { get; init; }
    public required string[] Scopes { get; init; }
    /// <summary>Null: a key of the lab.</summary>
    public string? PartnerId { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; set; }

    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>A new key: <c>lab_id_secret</c>.</summary>
    public static string Generate()
    {
        const string alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        return $"lab_{RandomNumberGenerator.GetString(alphabet, 8)}_{RandomNumberGenerator.GetString(alphabet, 32)}";
    }

    public static ApiKey For(string key, string name, IEnumerable<string> scopes, string? partner, DateTimeOffset now) => new()
    {
        Id = Convert.ToHexStringLower(Hash(key))[..12],
        Name = name,
        Prefix = key[..Math.Min(12, key.Length / 2)],
        SecretHash = Hash(key),
        Scopes = [.. scopes],
        PartnerId = partner,
        CreatedAt = now,
    };
}
