using System.Text.Json;
using Lab.Api.Audit;
using Lab.Api.Events;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;

namespace Lab.Api.Webhooks;

/// <summary>Where events are to be sent.</summary>
public sealed record WebhookRequest
{
    /// <summary>https, port 443 or 8443, on the public network; at most 2,000 characters.</summary>
    public required string Url { get; init; }
    /// <summary>Which events; at least one.</summary>
    public required IReadOnlyList<string> Events { get; init; }
    /// <summary>In words; at most 200 characters.</summary>
    public string? Description { get; init; }
}

/// <summary>A new webhook, with its secret.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Secret">Checks the signatures, as libraries of standard-webhooks take it. It is shown here and never again.</param>
/// <param name="Url">Where events are sent.</param>
/// <param name="Events">Which.</param>
/// <param name="Description">As it was given.</param>
/// <param name="CreatedAt">When.</param>
public sealed record WebhookCreated(Guid Id, string Secret, string Url, IReadOnlyList<string> Events, string? Description, DateTimeOffset CreatedAt);

/// <summary>Makes a webhook: a partner's key one of the partner, a key of the lab one that gets the events of all.</summary>
public static class CreateWebhook
{
    public sealed record Command(WebhookRequest Webhook, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Create a webhook</summary>
    public static async Task<Answer> PostAsync(HttpContext context, IMediator sender, WebhookTargets targets)
    {
        var (body, hash) = await StrictBody.ReadHashedAsync<WebhookRequest>(context);
        var errors = new List<ProblemError>();
        if (targets.Refusal(body.Url) is { } refusal) errors.Add(new("value-invalid", null, null, "/url", refusal, "Send the URL of a public https endpoint; addresses inside have to be configured by the lab."));
        if (body.Events.Count == 0) errors.Add(new("value-invalid", null, null, "/events", "A webhook waits for at least one event.", $"Known: {string.Join(", ", SampleEvent.Types)}."));
        errors.AddRange(body.Events.Index().Where(e => !SampleEvent.Types.Contains(e.Item) || body.Events.Take(e.Index).Contains(e.Item)).Take(100)
            .Select(e => new ProblemError("value-invalid", null, null, $"/events/{e.Index}", "The event is not known, or named twice.", $"Known: {string.Join(", ", SampleEvent.Types)}.")));
        if (body.Description?.Length > 200) errors.Add(new("value-invalid", null, null, "/description", "A description has at most 200 characters.", "Say it in a sentence."));
        if (errors.Count > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors: errors);
        return await sender.Send(new Command(body, IdempotentRequest.Of(context.Request, hash)), context.RequestAborted);
    }

    public sealed class Handler(LabSession session, WebhookSecrets secrets, TimeProvider clock) : IRequestHandler<Command, Answer>
    {
        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return WithSecret(first);
            var created = new WebhookCreated(Guid.CreateVersion7(), "", command.Webhook.Url, command.Webhook.Events, command.Webhook.Description, Reports.Times.ToMilliseconds(clock.GetUtcNow()));
            await session.ExecuteAsync("""
                INSERT INTO lab.webhook (id, partner_id, url, events, description, secret_version, key_id, created_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $7)
                """, cancellation, created.Id, session.Caller.PartnerId, created.Url, created.Events.ToArray(), created.Description, secrets.KeyId, created.CreatedAt);
            await session.RecordAsync("webhook.created", $"webhook:{created.Id}", null, cancellation);
            var answer = Answer.Of(StatusCodes.Status201Created, $"/v1/webhooks/{created.Id}", created);
            // What is kept for a repeated request has no secret; it is derived again.
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return WithSecret(answer);
        }

        private Answer WithSecret(Answer answer)
        {
            var created = JsonSerializer.Deserialize<WebhookCreated>(answer.Body, Json.Options)!;
            return Answer.Of(answer.Status, answer.Location, created with { Secret = secrets.Show(created.Id, 1) }) with { Replayed = answer.Replayed };
        }
    }
}
