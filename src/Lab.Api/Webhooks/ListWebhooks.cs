using AutoMapper;
using AutoMapper.QueryableExtensions;
using Lab.Api.Analyses;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Webhooks;

/// <summary>A webhook, without its secret.</summary>
public sealed record WebhookDetails
{
    public required Guid Id { get; init; }
    /// <summary>Whose events it gets; null: the lab's, which are all.</summary>
    public required string? Partner { get; init; }
    public required string Url { get; init; }
    public required IReadOnlyList<string> Events { get; init; }
    public required string? Description { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When its receiver answered 410; it gets nothing any more.</summary>
    public required DateTimeOffset? DisabledAt { get; init; }
    /// <summary>Until when requests carry a signature of the secret before, too; null when there is none.</summary>
    public required DateTimeOffset? PreviousSecretUntil { get; init; }
}

/// <summary>Lists webhooks, the newest first, and reads one.</summary>
public static class ListWebhooks
{
    public sealed record Query(Paging Paging) : IRequest<Page<WebhookDetails>>;

    public sealed record OneQuery(Guid Id) : IRequest<WebhookDetails>;

    /// <summary>List the webhooks</summary>
    public static async Task<Ok<Page<WebhookDetails>>> GetAsync(int? limit, string? cursor, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Query(Paging.Of(context, limit, cursor)), context.RequestAborted));

    /// <summary>Read a webhook</summary>
    public static async Task<Ok<WebhookDetails>> GetOneAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new OneQuery(Ids.Demand(id)), context.RequestAborted));

    /// <summary>The webhook, where it is the caller's.</summary>
    public static async Task<Webhook> DemandAsync(LabSession session, Guid id, CancellationToken cancellation) =>
        await (await session.ModelAsync(cancellation)).Webhooks.SingleOrDefaultAsync(w => w.Id == id, cancellation) ?? throw Missing();

    public static ProblemException Missing() => new(ProblemCodes.NotFound, "There is no such webhook, or it is not yours.");

    public sealed class Mapping : AutoMapper.Profile
    {
        public Mapping() => CreateMap<Webhook, WebhookDetails>().ForMember(w => w.Partner, map => map.MapFrom(w => w.PartnerId))
            .ForMember(w => w.PreviousSecretUntil, map => map.MapFrom(w => w.PreviousUntil));
    }

    public sealed class Handler(LabSession session, IMapper mapper, TimeProvider clock) : IRequestHandler<Query, Page<WebhookDetails>>, IRequestHandler<OneQuery, WebhookDetails>
    {
        public async Task<Page<WebhookDetails>> Handle(Query query, CancellationToken cancellation)
        {
            var webhooks = (await session.ModelAsync(cancellation)).Webhooks.AsQueryable();
            // Row-level security says the same, but not in words that an index can follow.
            if (session.Caller.PartnerId is { } partner) webhooks = webhooks.Where(w => w.PartnerId == partner);
            if (query.Paging.After is { } place)
            {
                var after = Paging.Id(place);
                webhooks = webhooks.Where(w => w.Id < after);
            }
            var found = await webhooks.OrderByDescending(w => w.Id).Take(query.Paging.Limit + 1).ProjectTo<WebhookDetails>(mapper.ConfigurationProvider).ToListAsync(cancellation);
            return query.Paging.Page(found.ConvertAll(Live), w => w.Id.ToString());
        }

        public async Task<WebhookDetails> Handle(OneQuery query, CancellationToken cancellation) => Live(await (await session.ModelAsync(cancellation)).Webhooks.Where(w => w.Id == query.Id)
            .ProjectTo<WebhookDetails>(mapper.ConfigurationProvider).SingleOrDefaultAsync(cancellation) ?? throw Missing());

        /// <summary>A secret whose time is over is none.</summary>
        private WebhookDetails Live(WebhookDetails webhook) => webhook.PreviousSecretUntil <= clock.GetUtcNow() ? webhook with { PreviousSecretUntil = null } : webhook;
    }
}
