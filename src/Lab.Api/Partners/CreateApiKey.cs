using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using MediatR;
using Npgsql;

namespace Lab.Api.Partners;

/// <summary>What a new key may do, and whose it is.</summary>
public sealed record ApiKeyRequest
{
    /// <summary>What uses it; 1 to 100 characters.</summary>
    public required string Name { get; init; }
    /// <summary>What it may do.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }
    /// <summary>Null: a key of the lab, which sees all that its scopes allow.</summary>
    public string? Partner { get; init; }
    /// <summary>Null: it does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A new key: the only answer that holds it.</summary>
public sealed record ApiKeyIssued
{
    /// <summary>The second part of the key, by which it is recognised.</summary>
    public required string Id { get; init; }
    /// <summary>To be sent as X-Api-Key. It is shown this once.</summary>
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    /// <summary>Null: a key of the lab.</summary>
    public required string? Partner { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>Null: it does not expire.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }
    /// <summary>The key in whose place it comes.</summary>
    public required string? Replaces { get; init; }

    public static Answer Answer(KeyText text, ApiKey key, DateTimeOffset createdAt, DateTimeOffset? expiresAt) => Storage.Answer.Of(StatusCodes.Status201Created, $"/v1/api-keys/{key.Id}", new ApiKeyIssued
    {
        Id = key.Id,
        Key = text.Text,
        Name = key.Name,
        Scopes = key.Scopes,
        Partner = key.PartnerId,
        CreatedAt = createdAt,
        ExpiresAt = expiresAt,
        Replaces = key.Replaces,
    });
}

/// <summary>Makes a key and answers it, once.</summary>
public static class CreateApiKey
{
    public sealed record Command(ApiKeyRequest Key, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Make a key</summary>
    public static async Task<Answer> PostAsync(HttpContext context, IMediator sender, KeyPepper pepper, TimeProvider clock)
    {
        var (body, hash) = await StrictBody.ReadHashedAsync<ApiKeyRequest>(context);
        Check(body, clock.GetUtcNow());
        return await sender.Send(new Command(body, IdempotentRequest.Of(context.Request, hash, pepper)), context.RequestAborted);
    }

    private static void Check(ApiKeyRequest key, DateTimeOffset now)
    {
        var errors = new List<ProblemError>();
        void Demand(bool right, string pointer, string message, string hint)
        {
            if (!right) errors.Add(new("value-invalid", null, null, pointer, message, hint));
        }
        Demand(PutPartner.IsName(key.Name, 100), "/name", "A name has 1 to 100 characters, none of them a control character.", "Say what uses the key.");
        Demand(key.Scopes.Count is > 0 && key.Scopes.Distinct().Count() == key.Scopes.Count, "/scopes", "There is no scope, or one twice.", $"Known: {string.Join(", ", Scope.All)}.");
        for (var i = 0; i < Math.Min(key.Scopes.Count, 100); i++)
        {
            Demand(Scope.All.Contains(key.Scopes[i]), $"/scopes/{i}", "The scope is not known.", $"Known: {string.Join(", ", Scope.All)}.");
            Demand(key.Partner is null || !Scope.LabOnly.Contains(key.Scopes[i]), $"/scopes/{i}", "What concerns all partners is not given to one.", $"A partner's key has none of {string.Join(", ", Scope.LabOnly)}.");
        }
        Demand(key.Partner is null || Accession.IsValid(key.Partner), "/partner", "A partner's id has 1 to 64 letters, digits and . _ : -", "Use the partner's id.");
        Demand(!(key.ExpiresAt <= now), "/expiresAt", "The key would have expired already.", "Leave it out for a key that does not expire.");
        if (errors.Count > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors: errors);
    }

    public sealed class Handler(LabSession session, KeyPepper pepper) : IRequestHandler<Command, Answer>
    {
        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var (asked, text) = (command.Key, KeyText.Generate());
            var key = ApiKey.For(text, pepper, asked.Name, asked.Scopes, asked.Partner);
            try
            {
                var answer = ApiKeyIssued.Answer(text, key, await KeyStore.AddAsync(session, key, asked.ExpiresAt, cancellation), asked.ExpiresAt);
                if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
                return answer;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
            {
                throw new ProblemException(ProblemCodes.PartnerUnknown, "The partner is not known.", "PUT /v1/partners/{id} registers it.");
            }
        }
    }
}
