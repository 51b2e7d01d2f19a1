using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Samples;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Audit;

/// <summary>Who did what to which.</summary>
/// <param name="Id">Of the row.</param>
/// <param name="Seq">Its place in the chain; null in the second before it is sealed.</param>
/// <param name="At">When.</param>
/// <param name="Actor">The key's id, or the part of the service that acted.</param>
/// <param name="Action">Such as report.read or sample.registered.</param>
/// <param name="Object">What it was done to, as kind:id.</param>
/// <param name="Accession">The sample that it concerns.</param>
/// <param name="Subject">Whose sample that is now; null where that is not known, or was erased.</param>
/// <param name="Partner">Whose row it is; null: the lab's.</param>
/// <param name="Details">What else was recorded.</param>
/// <param name="Hash">Of the chain at this row, 64 hex digits.</param>
public sealed record AuditItem(long Id, long? Seq, DateTimeOffset At, string Actor, string Action, string Object, string? Accession, string? Subject, string? Partner, JsonNode? Details, string? Hash);

/// <summary>Lists the audit trail, the newest first.</summary>
public static partial class ListAudit
{
    public sealed record Query(string? Actor, string? Action, string? Object, string? Subject, string? Partner, DateTimeOffset? From, DateTimeOffset? To, Paging Paging) : IRequest<Page<AuditItem>>;

    /// <summary>List the audit trail</summary>
    public static async Task<Ok<Page<AuditItem>>> GetAsync(string? actor, string? action, string? @object, string? subject, string? partner, string? from, string? to, int? limit, string? cursor,
        HttpContext context, IMediator sender)
    {
        var filters = new Filters();
        var query = new Query(filters.Form("actor", actor, Actor(), "Name the id of a key, or the part of the service that acted."),
            filters.Form("action", action, Code(), "Name one as the trail has it, such as report.read."),
            filters.Form("object", @object, Thing(), "Name it as kind:id, such as report:019938c2-7b48-7d90-a2c4-8f1e6d3b7a09."),
            filters.Name("subject", subject), filters.Name("partner", partner), filters.From("from", from), filters.To("to", to), Paging.Of(context, limit, cursor));
        filters.Demand();
        return TypedResults.Ok(await sender.Send(query, context.RequestAborted));
    }

    /// <summary>The statement of a query and its parameters: only the conditions that were asked for, so that each finds its index.</summary>
    public static (string Sql, object[] Parameters) Statement(string? actor, string? action, string? thing, string? subject, string? partner, DateTimeOffset? from, DateTimeOffset? to,
        (DateTimeOffset At, long Id)? after, int limit)
    {
        var (where, parameters) = (new StringBuilder(), new List<object>());
        void Add(string condition, params object[] values)
        {
            foreach (var value in values)
            {
                parameters.Add(value);
                var place = condition.IndexOf('?', StringComparison.Ordinal);
                condition = string.Create(CultureInfo.InvariantCulture, $"{condition[..place]}${parameters.Count}{condition[(place + 1)..]}");
            }
            where.Append(where.Length == 0 ? "WHERE " : " AND ").Append(condition);
        }
        if (actor is not null) Add("a.actor = ?", actor);
        if (action is not null) Add("a.action = ?", action);
        if (thing is not null) Add("a.object = ?", thing);
        if (subject is not null) Add("a.sample_id = ANY(ARRAY(SELECT id FROM lab.sample WHERE subject = ?))", subject);
        if (partner is not null) Add("a.partner_id = ?", partner);
        if (from is { } first) Add("a.at >= ?", first);
        if (to is { } last) Add("a.at <= ?", last);
        if (after is { } place) Add("(a.at, a.id) < (?, ?)", place.At, place.Id);
        return (string.Create(CultureInfo.InvariantCulture, $"""
            SELECT a.id, a.seq, a.at, a.actor, a.action, a.object, s.accession, s.subject, a.partner_id, a.details::text, encode(a.hash, 'hex')
            FROM lab.audit a LEFT JOIN lab.sample s ON s.id = a.sample_id {where} ORDER BY a.at DESC, a.id DESC LIMIT {limit}
            """), [.. parameters]);
    }

    [GeneratedRegex(@"\A\P{Cc}{1,200}\z")]
    private static partial Regex Actor();

    [GeneratedRegex(@"\A[a-z-]{1,40}\.[a-z-]{1,40}\z")]
    private static partial Regex Code();

    [GeneratedRegex(@"\A[a-z-]{1,40}:[A-Za-z0-9._:-]{1,100}\z")]
    private static partial Regex Thing();

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<AuditItem>>
    {
        public async Task<Page<AuditItem>> Handle(Query query, CancellationToken cancellation)
        {
            (DateTimeOffset, long)? after = query.Paging.After is { } place && Paging.Moment(place) is var (at, id) ? (at, Paging.Number<long>(id)) : null;
            var (sql, parameters) = Statement(query.Actor, query.Action, query.Object, query.Subject, query.Partner ?? session.Caller.PartnerId, query.From, query.To, after, query.Paging.Limit + 1);
            await using var select = await session.CommandAsync(sql, cancellation, parameters);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            var found = new List<AuditItem>();
            while (await reader.ReadAsync(cancellation))
            {
                string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
                found.Add(new(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                    Text(6), Text(7), Text(8), Text(9) is { } details ? JsonNode.Parse(details) : null, Text(10)));
            }
            return query.Paging.Page(found, item => string.Create(CultureInfo.InvariantCulture, $"{item.At.UtcTicks} {item.Id}"));
        }
    }
}
