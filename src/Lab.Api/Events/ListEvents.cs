using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Events;

/// <summary>An event.</summary>
/// <param name="Number">Rises in the order of commits; not every number is yours.</param>
/// <param name="Id">As webhooks have it in webhook-id.</param>
/// <param name="Type">What happened.</param>
/// <param name="Timestamp">When.</param>
/// <param name="Data">To what.</param>
public sealed record EventItem(long Number, string Id, string Type, DateTimeOffset Timestamp, EventData Data);

/// <summary>Lists events, the oldest first, after a number: who remembers the last number misses nothing and gets nothing twice.</summary>
public static class ListEvents
{
    private const int Default = 50, Most = 200;

    public sealed record Query(long After, int Limit) : IRequest<Page<EventItem>>;

    /// <summary>List events</summary>
    public static async Task<Ok<Page<EventItem>>> GetAsync(long? after, int? limit, HttpContext context, IMediator sender)
    {
        if (limit is < 1 or > Most) throw new ProblemException(ProblemCodes.BadRequest, $"limit is a number from 1 to {Most}.");
        if (after is < 0) throw new ProblemException(ProblemCodes.BadRequest, "after is the number of an event, or 0.");
        return TypedResults.Ok(await sender.Send(new Query(after ?? 0, limit ?? Default), context.RequestAborted));
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<EventItem>>
    {
        public async Task<Page<EventItem>> Handle(Query query, CancellationToken cancellation)
        {
            // Row-level security says the same of a partner, but not in words that an index can follow. What was repeated for a partner, the lab has seen.
            await using var select = await session.CommandAsync($"""
                SELECT e.number, e.id, e.type, e.at, s.accession, e.report_id, e.version FROM lab.event e JOIN lab.sample s ON s.id = e.sample_id
                WHERE e.number > $1 AND {(session.Caller.IsLab ? "NOT e.repeated" : "e.partner_id = $3")} ORDER BY e.number LIMIT $2
                """, cancellation, query.After, query.Limit + 1);
            if (session.Caller.PartnerId is { } partner) select.Parameters.Add(new() { Value = partner });
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            var found = new List<EventItem>();
            while (await reader.ReadAsync(cancellation))
            {
                found.Add(new(reader.GetInt64(0), Webhooks.Delivery.MessageOf(reader.GetGuid(1)), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3),
                    new(reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetGuid(5), reader.IsDBNull(6) ? null : reader.GetInt32(6))));
            }
            return found.Count <= query.Limit
                ? new Page<EventItem> { Items = found }
                : new Page<EventItem> { Items = [.. found.Take(query.Limit)], Next = found[query.Limit - 1].Number.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        }
    }
}
