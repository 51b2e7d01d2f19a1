using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Partners;

/// <summary>Ends a key: no request that begins after the answer gets in with it at this node, and none a second later at any other (<see cref="KnownKeys"/>).</summary>
public static class RevokeApiKey
{
    public sealed record Command(string Id) : ICommand<ApiKeyDetails>;

    /// <summary>Revoke a key</summary>
    public static async Task<Ok<ApiKeyDetails>> DeleteAsync(string id, HttpContext context, IMediator sender, KnownKeys known)
    {
        var revoked = await sender.Send(new Command(id), context.RequestAborted);
        known.Forget();
        return TypedResults.Ok(revoked);
    }

    public sealed class Handler(LabSession session, IMediator sender) : IRequestHandler<Command, ApiKeyDetails>
    {
        public async Task<ApiKeyDetails> Handle(Command command, CancellationToken cancellation)
        {
            var key = await sender.Send(new GetApiKey.Query(command.Id), cancellation) ?? throw GetApiKey.Missing();
            await using (var update = await session.CommandAsync("UPDATE lab.api_key SET revoked_at = date_trunc('milliseconds', clock_timestamp()) WHERE id = $1 AND revoked_at IS NULL", cancellation, key.Id))
            {
                if (await update.ExecuteNonQueryAsync(cancellation) == 0) return key;
            }
            await session.RecordAsync("key.revoked", $"key:{key.Id}", null, cancellation);
            return (await sender.Send(new GetApiKey.Query(key.Id), cancellation))!;
        }
    }
}
