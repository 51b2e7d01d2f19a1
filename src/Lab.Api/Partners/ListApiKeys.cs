using System.Globalization;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Partners;

/// <summary>Lists keys, the newest first.</summary>
public static class ListApiKeys
{
    public static readonly string[] Statuses = ["active", "expired", "revoked"];

    public sealed record Query(string? Partner, string? Status, Paging Paging) : IRequest<Page<ApiKeyDetails>>;

    /// <summary>List keys</summary>
    public static async Task<Ok<Page<ApiKeyDetails>>> GetAsync(string? partner, string? status, int? limit, string? cursor, HttpContext context, IMediator sender)
    {
        var filters = new Filters();
        var query = new Query(filters.Name("partner", partner), filters.Word("status", status, Statuses), Paging.Of(context, limit, cursor));
        filters.Demand();
        return TypedResults.Ok(await sender.Send(query, context.RequestAborted));
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<ApiKeyDetails>>
    {
        public async Task<Page<ApiKeyDetails>> Handle(Query query, CancellationToken cancellation)
        {
            var (at, id) = query.Paging.After is { } place ? Paging.Moment(place) : (DateTimeOffset.MaxValue, "");
            await using var select = await session.CommandAsync($"""
                SELECT * FROM (SELECT {ApiKeyDetails.Columns} FROM lab.api_key WHERE ($1::text IS NULL OR partner_id = $1)) k
                WHERE ($2::text IS NULL OR status = $2) AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5
                """, cancellation);
            foreach (var text in new[] { query.Partner, query.Status }) select.Parameters.Add(new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            foreach (var value in new object[] { at, id, query.Paging.Limit + 1 }) select.Parameters.Add(new() { Value = value });
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            var found = new List<ApiKeyDetails>();
            while (await reader.ReadAsync(cancellation)) found.Add(ApiKeyDetails.Of(reader));
            return query.Paging.Page(found, k => string.Create(CultureInfo.InvariantCulture, $"{k.CreatedAt.UtcTicks} {k.Id}"));
        }
    }
}
