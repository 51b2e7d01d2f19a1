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

/// <summary><c>X-Api-Key</c>; for browsers, GET and HEAD (and the dashboard) also HTTP Basic with the key as password. A revoked key is
/// refused within a second, at every node.</summary>
public sealed class ApiKeyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, LabDatabase database, KeyPepper pepper,
    KnownKeys known, FailedAuthentication failures, IHostEnvironment environment) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
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
        var identity = new ClaimsIdentity(SchemeName);
        identity.AddClaim(new Claim(Caller.ClientClaim, key!.Id));
        if (found.Partner is { } partner) identity.AddClaim(new Claim(Caller.PartnerClaim, partner));
        foreach (var scope in found.Scopes) identity.AddClaim(new Claim(Caller.ScopeClaim, scope));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // For what a page of the dashboard loads, too: a browser gives its password there only where it is asked.
        if (Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal) || Request.Path.StartsWithSegments("/hangfire")) Response.Headers.WWWAuthenticate = "Basic realm=\"Lab\", charset=\"UTF-8\"";
        var failed = (await Context.AuthenticateAsync(SchemeName)).Failure is not null;
        await ProblemWriting.WriteAsync(Context, failures.Refusal(Context) ?? new ProblemException(ProblemCodes.Unauthenticated,
            failed ? "The API key is unknown, expired or revoked." : "This needs an API key.", "Send it as X-Api-Key."));
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Access.ForbidAsync(Context);

    private async Task<KnownKey?> FindAsync(KeyText key)
    {
        var page = known.Now;
        if (page.Find(key.Id) is { } recent) return pepper.Verifies(key, recent.SecretHash) ? recent : null;
        await using var batch = database.App.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('app.partner', '*', true)"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            SELECT secret_hash, partner_id, scopes, expires_at, last_used_at IS NULL OR last_used_at < now() - interval '1 minute' FROM lab.api_key
            WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
            """) { Parameters = { new() { Value = key.Id } } });
        KnownKey found;
        bool unnoted;
        await using (var reader = await batch.ExecuteReaderAsync(Context.RequestAborted))
        {
            await reader.NextResultAsync(Context.RequestAborted);
            if (!await reader.ReadAsync(Context.RequestAborted)) return null;
            found = new(reader.GetFieldValue<byte[]>(0), await reader.IsDBNullAsync(1) ? null : reader.GetString(1), reader.GetFieldValue<string[]>(2),
                await reader.IsDBNullAsync(3) ? null : reader.GetFieldValue<DateTimeOffset>(3));
            unnoted = reader.GetBoolean(4);
        }
        if (!pepper.Verifies(key, found.SecretHash)) return null;
        if (unnoted) await NoteUseAsync(key.Id);
        page.Keep(key.Id, found);
        return found;
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
}
