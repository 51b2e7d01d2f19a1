using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Lab.Api.Partners;

/// <summary>A key as people see it: never the key itself.</summary>
public sealed record ApiKeyDetails
{
    /// <summary>The second part of the key, by which it is recognised.</summary>
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    /// <summary>Null: a key of the lab.</summary>
    public required string? Partner { get; init; }
    /// <summary>active, expired or revoked.</summary>
    public required string Status { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>Null: it does not expire.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }
    public required DateTimeOffset? RevokedAt { get; init; }
    /// <summary>To the minute; null: never.</summary>
    public required DateTimeOffset? LastUsedAt { get; init; }
    /// <summary>The key in whose place it came.</summary>
    public required string? Replaces { get; init; }

    /// <summary>SQL: the columns that <see cref="Of"/> reads, of <c>lab.api_key</c>. The database's clock decides what has expired.</summary>
    public const string Columns = """
        id, name, scopes, partner_id, CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' ELSE 'active' END AS status,
        created_at, expires_at, revoked_at, last_used_at, replaces
        """;

    public static ApiKeyDetails Of(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetString(0),
        Name = reader.GetString(1),
        Scopes = reader.GetFieldValue<string[]>(2),
        Partner = reader.IsDBNull(3) ? null : reader.GetString(3),
        Status = reader.GetString(4),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(5),
        ExpiresAt = Time(reader, 6),
        RevokedAt = Time(reader, 7),
        LastUsedAt = Time(reader, 8),
        Replaces = reader.IsDBNull(9) ? null : reader.GetString(9),
    };

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}

/// <summary>Reads one key's details.</summary>
public static class GetApiKey
{
    public sealed record Query(string Id) : IRequest<ApiKeyDetails?>;

    /// <summary>Read a key's details</summary>
    public static async Task<Ok<ApiKeyDetails>> GetAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Query(id), context.RequestAborted) ?? throw Missing());

    public static ProblemException Missing() => new(ProblemCodes.NotFound, "There is no such key.");

    public sealed class Handler(LabSession session) : IRequestHandler<Query, ApiKeyDetails?>
    {
        public async Task<ApiKeyDetails?> Handle(Query query, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync($"SELECT {ApiKeyDetails.Columns} FROM lab.api_key WHERE id = $1", cancellation, query.Id);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            return await reader.ReadAsync(cancellation) ? ApiKeyDetails.Of(reader) : null;
        }
    }
}
