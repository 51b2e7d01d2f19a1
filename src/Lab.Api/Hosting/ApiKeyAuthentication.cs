using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Lab.Api.Partners;
using Lab.Api.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Lab.Api.Hosting;

/// <summary><c>X-Api-Key</c>; for browsers, GET and HEAD (and the dashboard) also HTTP Basic with the key as password. Nothing is cached: a revoked key is refused from
/// the commit on, at every node.</summary>
public sealed class ApiKeyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, LabDatabase database, KeyPepper pepper,
    FailedAuthentication failures, IHostEnvironment environment) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey", Header = "X-Api-Key";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Presented() is not { } presented) return AuthenticateResult.NoResult();
        var key = environment.IsDevelopment() ? KeyText.Any(presented) : KeyText.Parse(presented);
        var found = key is null ? null : await FindAsync(key);
        if (found is null)
        {
            failures.Note(Context);
            return AuthenticateResult.Fail("The key is unknown, expired or revoked.");
        }
        if (found.IsUnnoted) await NoteUseAsync(key!.Id);
        var identity = new ClaimsIdentity(SchemeName);
        identity.AddClaim(new Claim(Caller.ClientClaim, key!.Id));
        if (found.Partner is { } partner) identity.AddClaim(new Claim(Caller.PartnerClaim, partner));
        foreach (var scope in found.Scopes) identity.AddClaim(new Claim(Caller.ScopeClaim, scope));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)) Response.Headers.WWWAuthenticate = "Basic realm=\"Lab\", charset=\"UTF-8\"";
        var failed = (await Context.AuthenticateAsync(SchemeName)).Failure is not null;
        await ProblemWriting.WriteAsync(Context, failures.Refusal(Context) ?? new ProblemException(ProblemCodes.Unauthenticated,
            failed ? "The API key is unknown, expired or revoked." : "This needs an API key.", "Send it as X-Api-Key."));
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Access.ForbidAsync(Context);

    private async Task<Found?> FindAsync(KeyText key)
    {
        await using var batch = database.App.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('app.partner', '*', true)"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            SELECT secret_hash, partner_id, scopes, last_used_at IS NULL OR last_used_at < now() - interval '1 minute' FROM lab.api_key
            WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
            """) { Parameters = { new() { Value = key.Id } } });
        await using var reader = await batch.ExecuteReaderAsync(Context.RequestAborted);
        await reader.NextResultAsync(Context.RequestAborted);
        if (!await reader.ReadAsync(Context.RequestAborted) || !pepper.Verifies(key, reader.GetFieldValue<byte[]>(0))) return null;
        return new(await reader.IsDBNullAsync(1) ? null : reader.GetString(1), reader.GetFieldValue<string[]>(2), reader.GetBoolean(3));
    }

    /// <summary>Once a minute, by one of the requests at a time, and never in their way.</summary>
    private async Task NoteUseAsync(string id)
    {
        await using var batch = database.App.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('app.partner', '*', true)"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            UPDATE lab.api_key SET last_used_at = date_trunc('minute', now()) WHERE id = (SELECT id FROM lab.api_key
                WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute') FOR NO KEY UPDATE SKIP LOCKED)
            """) { Parameters = { new() { Value = id } } });
        try
        {
            await batch.ExecuteNonQueryAsync(Context.RequestAborted);
        }
        catch (PostgresException)
        {
            // A database that can only read now (a full disk) still answers reads.
        }
    }

    private string? Presented()
    {
        if (Request.Headers.TryGetValue(Header, out var header)) return header.Count == 1 ? header[0] : "";
        var reads = HttpMethods.IsGet(Request.Method) || HttpMethods.IsHead(Request.Method) || Request.Path.StartsWithSegments("/hangfire", StringComparison.Ordinal);
        if (!reads || !AuthenticationHeaderValue.TryParse(Request.Headers.Authorization, out var basic)
            || !"Basic".Equals(basic.Scheme, StringComparison.OrdinalIgnoreCase) || basic.Parameter is null)
        {
            return null;
        }
        var decoded = new byte[basic.Parameter.Length];
        if (!Convert.TryFromBase64String(basic.Parameter, decoded, out var length)) return null;
        var pair = Encoding.UTF8.GetString(decoded, 0, length);
        return pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }

    /// <param name="Partner">Null: a key of the lab.</param>
    /// <param name="Scopes">What it may do.</param>
    /// <param name="IsUnnoted">Its last use was noted more than a minute ago.</param>
    private sealed record Found(string? Partner, string[] Scopes, bool IsUnnoted);
}
