using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;

namespace Lab.Api.Partners;

/// <summary>How a key is replaced.</summary>
public sealed record ApiKeyRotation
{
    /// <summary>How long the old key still works: 0 to 720 hours; 24 where it is not said.</summary>
    public int? OverlapHours { get; init; }
}

/// <summary>A new key in the place of another, which works for a while yet: whoever uses it is given time to change.</summary>
public static class RotateApiKey
{
    private const int DefaultHours = 24, MostHours = 720;

    public sealed record Command(string Id, TimeSpan Overlap, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Replace a key</summary>
    public static async Task<Answer> PostAsync(string id, HttpContext context, IMediator sender, KeyPepper pepper, KnownKeys known)
    {
        var (body, hash) = await StrictBody.ReadOptionalAsync<ApiKeyRotation>(context);
        var hours = body?.OverlapHours ?? DefaultHours;
        if (hours is < 0 or > MostHours)
        {
            throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.",
                errors: [new("value-invalid", null, null, "/overlapHours", $"The overlap is 0 to {MostHours} hours.", "0 ends the old key at once.")]);
        }
        var issued = await sender.Send(new Command(id, TimeSpan.FromHours(hours), IdempotentRequest.Of(context.Request, hash, pepper)), context.RequestAborted);
        known.Forget();
        return issued;
    }

    public sealed class Handler(LabSession session, IMediator sender, KeyPepper pepper) : IRequestHandler<Command, Answer>
    {
        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            // Before anything is read: another rotation of it must be seen.
            await session.ExecuteAsync("SELECT FROM lab.api_key WHERE id = $1 FOR NO KEY UPDATE", cancellation, command.Id);
            var old = await sender.Send(new GetApiKey.Query(command.Id), cancellation) ?? throw GetApiKey.Missing();
            if (old.Status != "active") throw new ProblemException(ProblemCodes.KeyState, $"The key is {old.Status}.", "Make a new one.");
            await using (var select = await session.CommandAsync("SELECT id FROM lab.api_key WHERE replaces = $1", cancellation, old.Id))
            {
                if (await select.ExecuteScalarAsync(cancellation) is string successor) throw new ProblemException(ProblemCodes.KeyState, $"The key was replaced by {successor} already.", "Rotate that one.");
            }
            // Of one line at most two keys work.
            await using (var revoke = await session.CommandAsync("UPDATE lab.api_key SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL", cancellation, old.Replaces))
            {
                if (await revoke.ExecuteNonQueryAsync(cancellation) > 0) await session.RecordAsync("key.revoked", $"key:{old.Replaces}", null, cancellation);
            }
            await session.ExecuteAsync("UPDATE lab.api_key SET expires_at = least(expires_at, now() + $2) WHERE id = $1", cancellation, old.Id, command.Overlap);
            var text = KeyText.Generate();
            var key = ApiKey.For(text, pepper, old.Name, old.Scopes, old.Partner, old.Id);
            // It lives as long as the old one was given.
            var (expires, now) = (old.ExpiresAt, await NowAsync(cancellation));
            // As long again may be past the last day that there is.
            if (expires is { } end && end - old.CreatedAt < DateTimeOffset.MaxValue - now) expires = now + (end - old.CreatedAt);
            var answer = ApiKeyIssued.Answer(text, key, await KeyStore.AddAsync(session, key, expires, cancellation), expires);
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }

        private async Task<DateTimeOffset> NowAsync(CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("SELECT date_trunc('milliseconds', now())", cancellation);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            return reader.GetFieldValue<DateTimeOffset>(0);
        }
    }
}
