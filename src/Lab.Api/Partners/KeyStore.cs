using Lab.Api.Audit;
using Lab.Api.Storage;

namespace Lab.Api.Partners;

/// <summary>Adds keys, and the partner that a key is for.</summary>
public static class KeyStore
{
    public static async Task AddAsync(LabSession session, ApiKey key, DateTimeOffset? expires, CancellationToken cancellation)
    {
        if (key.PartnerId is { } partner) await AddPartnerAsync(session, partner, cancellation);
        await session.ExecuteAsync("""
            INSERT INTO lab.api_key (id, name, prefix, secret_hash, scopes, partner_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (id) DO UPDATE SET scopes = excluded.scopes, revoked_at = NULL
            """, cancellation, key.Id, key.Name, key.Prefix, key.SecretHash, key.Scopes, key.PartnerId, key.CreatedAt, expires?.ToUniversalTime());
        await session.RecordAsync("key.created", $"key:{key.Id}", null, cancellation);
    }

    public static Task AddPartnerAsync(LabSession session, string partner, CancellationToken cancellation) => session.ExecuteAsync(
        "INSERT INTO lab.partner (id, name, created_at) VALUES ($1, $1, clock_timestamp()) ON CONFLICT (id) DO NOTHING", cancellation, partner);
}
