using System.Security.Cryptography;
using System.Text;
using Lab.Api.Hosting;
using Lab.Api.Partners;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Storage;

/// <summary>An answer as bytes: what is sent now is what a repeated request gets.</summary>
public sealed record Answer(int Status, string? Location, byte[] Body, bool Replayed = false) : IResult
{
    public static Answer Of<T>(int status, string? location, T body) => new(status, location, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(body, Json.Options));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        if (Location is not null) response.Headers.Location = Location;
        if (Replayed) response.Headers["Idempotency-Replayed"] = "true";
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = Body.Length;
        return response.Body.WriteAsync(Body, httpContext.RequestAborted).AsTask();
    }
}

/// <summary>The request as <c>Idempotency-Key</c> sees it.</summary>
/// <param name="Key">1 to 255 characters; of an answer that holds a secret, their SHA-256.</param>
/// <param name="Fingerprint">SHA-256 of method, path, query, and the SHA-256 of the decoded body.</param>
public sealed record IdempotentRequest(string Key, byte[] Fingerprint)
{
    public const string Header = "Idempotency-Key";

    private const int NonceLength = 12, TagLength = 16;

    /// <summary>What seals the kept answer; null where it holds no secret.</summary>
    private byte[]? Seal { get; init; }

    /// <summary>Null when the request carries no key. An answer that holds a secret is kept under AES-256-GCM, with a key made of the pepper and of the Idempotency-Key, of
    /// which the database then has the hash only: what is kept opens for the request that is repeated, and for nobody who reads the database.</summary>
    public static IdempotentRequest? Of(HttpRequest request, byte[] bodySha256, KeyPepper? seal = null)
    {
        if (!request.Headers.TryGetValue(Header, out var values)) return null;
        if (values is not [{ Length: >= 1 and <= 255 } key]) throw new ProblemException(ProblemCodes.BadRequest, $"{Header} is one value of 1 to 255 characters.");
        var text = $"{request.Method}\n{request.PathBase}{request.Path}\n{request.QueryString}\n{Convert.ToHexStringLower(bodySha256)}";
        var fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return seal is null
            ? new(key, fingerprint)
            : new($"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}", fingerprint) { Seal = seal.Derive("kept answer", key) };
    }

    /// <summary>Takes the key in the request's transaction, or gives the first answer. A request still running holds the row: wait a moment, then 409.</summary>
    public async Task<Answer?> BeginAsync(LabSession session, CancellationToken cancellation)
    {
        await session.ExecuteAsync("SET LOCAL lock_timeout = '2s'", cancellation);
        try
        {
            await using var insert = await session.CommandAsync("""
                INSERT INTO lab.idempotency (client, key, fingerprint, created_at) VALUES ($1, $2, $3, now())
                ON CONFLICT (client, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = NULL, location = NULL, body = NULL, created_at = now()
                WHERE lab.idempotency.created_at < now() - interval '30 days' RETURNING 1
                """, cancellation, session.Caller.Client, Key, Fingerprint);
            var taken = await insert.ExecuteScalarAsync(cancellation) is not null;
            await session.ExecuteAsync("SET LOCAL lock_timeout = 0", cancellation);
            if (taken) return null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new ProblemException(ProblemCodes.RequestInProgress, "The first request with this key is still running.", retryAfter: 2);
        }

        await using var select = await session.CommandAsync(
            "SELECT fingerprint, status, location, body FROM lab.idempotency WHERE client = $1 AND key = $2", cancellation, session.Caller.Client, Key);
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        if (!reader.GetFieldValue<byte[]>(0).AsSpan().SequenceEqual(Fingerprint))
        {
            throw new ProblemException(ProblemCodes.IdempotencyMismatch, "This Idempotency-Key was used for a request with another path, query or body.");
        }
        return new Answer(reader.GetInt32(1), await reader.IsDBNullAsync(2, cancellation) ? null : reader.GetString(2), Opened(reader.GetFieldValue<byte[]>(3)), Replayed: true);
    }

    public Task CompleteAsync(LabSession session, Answer answer, CancellationToken cancellation) => CompleteAsync(session, [(this, answer)], cancellation);

    /// <summary>Takes keys, each another, for requests of one transaction; false when one of them was taken before.</summary>
    public static async Task<bool> TakeAsync(LabSession session, IReadOnlyList<IdempotentRequest> requests, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync("""
            INSERT INTO lab.idempotency (client, key, fingerprint, created_at) SELECT $1, key, fingerprint, now() FROM unnest($2, $3) r(key, fingerprint) ORDER BY key COLLATE "C"
            ON CONFLICT (client, key) DO NOTHING
            """, cancellation, session.Caller.Client, requests.Select(r => r.Key).ToArray(), requests.Select(r => r.Fingerprint).ToArray());
        return await insert.ExecuteNonQueryAsync(cancellation) == requests.Count;
    }

    /// <summary>Keeps the answers of requests whose keys the transaction has taken.</summary>
    public static async Task CompleteAsync(LabSession session, IReadOnlyList<(IdempotentRequest Request, Answer Answer)> answered, CancellationToken cancellation)
    {
        await using var update = await session.CommandAsync("""
            UPDATE lab.idempotency i SET status = a.status, location = a.location, body = a.body FROM unnest($2, $3, $4, $5) a(key, status, location, body) WHERE i.client = $1 AND i.key = a.key
            """, cancellation, session.Caller.Client, answered.Select(a => a.Request.Key).ToArray(), answered.Select(a => a.Answer.Status).ToArray());
        update.Parameters.Add(new() { Value = answered.Select(a => a.Answer.Location).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        update.Parameters.Add(new() { Value = answered.Select(a => a.Request.Sealed(a.Answer.Body)).ToArray() });
        await update.ExecuteNonQueryAsync(cancellation);
    }

    private byte[] Sealed(byte[] body)
    {
        if (Seal is null) return body;
        var kept = new byte[NonceLength + TagLength + body.Length];
        RandomNumberGenerator.Fill(kept.AsSpan(0, NonceLength));
        using var aes = new AesGcm(Seal, TagLength);
        aes.Encrypt(kept.AsSpan(0, NonceLength), body, kept.AsSpan(NonceLength + TagLength), kept.AsSpan(NonceLength, TagLength));
        return kept;
    }

    private byte[] Opened(byte[] kept)
    {
        if (Seal is null) return kept;
        var body = new byte[kept.Length - NonceLength - TagLength];
        using var aes = new AesGcm(Seal, TagLength);
        try
        {
            aes.Decrypt(kept.AsSpan(0, NonceLength), kept.AsSpan(NonceLength + TagLength), kept.AsSpan(NonceLength, TagLength), body);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new ProblemException(ProblemCodes.IdempotencyMismatch, "The pepper was changed since the first answer was kept, so it cannot be opened any more.");
        }
        return body;
    }
}
