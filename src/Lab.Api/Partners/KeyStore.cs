using Lab.Api.Audit;
using Lab.Api.Storage;

namespace Lab.Api.Partners;

/// <summary>Adds keys, and the partner that a key is for.</summary>
public static class KeyStore
{
    /// <summary>The key, and, where it is not known, its partner: as the command line adds them.</summary>
    public static async Task AddWithPartnerAsync(LabSession session, ApiKey key, DateTimeOffset? expires, CancellationToken cancellation)
    {
        if (key.PartnerId is { } partner) await AddPartnerAsync(session, partner, cancellation);
        await AddAsync(session, key, expires, cancellation);
    }

    /// <summary>When it was made, by the database's clock. A key that is there already (the demo's) gets these scopes and works again.</summary>
    public static async Task<DateTimeOffset> AddAsync(LabSession session, ApiKey key, DateTimeOffset? expires, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync("""
            INSERT INTO lab.api_key (id, name, secret_hash, scopes, partner_id, created_at, expires_at, replaces) VALUES ($1, $2, $3, $4, $5, date_trunc('milliseconds', clock_timestamp()), $6, $7)
            ON CONFLICT (id) DO UPDATE SET scopes = excluded.scopes, secret_hash = excluded.secret_hash, expires_at = excluded.expires_at, revoked_at = NULL RETURNING created_at
            """, cancellation, key.Id, key.Name, key.SecretHash, key.Scopes, key.PartnerId, expires?.ToUniversalTime(), key.Replaces);
        DateTimeOffset created;
        await using (var reader = await insert.ExecuteReaderAsync(cancellation))
        {
            await reader.ReadAsync(cancellation);
            created = reader.GetFieldValue<DateTimeOffset>(0);
        }
        await session.RecordAsync(key.Replaces is null ? "key.created" : "key.rotated", $"key:{key.Id}", null, cancellation);
        return created;
    }

    public static Task AddPartnerAsync(LabSession session, string partner, CancellationToken cancellation) => session.ExecuteAsync(
        "INSERT INTO lab.partner (id, name, created_at, revision) VALUES ($1, $1, clock_timestamp(), 1) ON CONFLICT (id) DO NOTHING", cancellation, partner);
}
