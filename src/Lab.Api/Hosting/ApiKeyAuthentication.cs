using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Lab.Api.Partners;
using Lab.Api.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Lab.Api.Hosting;

/// <summary><c>X-Api-Key</c>; for browsers, GET and HEAD (and the dashboard) also HTTP Basic with the key as password.</summary>
public sealed class ApiKeyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, LabDatabase database)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey", Header = "X-Api-Key";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Key() is not { } key) return AuthenticateResult.NoResult();
        await using var batch = database.App.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('app.partner', '*', true)"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            SELECT id, partner_id, scopes FROM lab.api_key
            WHERE secret_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
            """) { Parameters = { new() { Value = ApiKey.Hash(key) } } });
        await using var reader = await batch.ExecuteReaderAsync(Context.RequestAborted);
        await reader.NextResultAsync(Context.RequestAborted);
        if (!await reader.ReadAsync(Context.RequestAborted)) return AuthenticateResult.Fail("The key is unknown, expired or revoked.");

        var identity = new ClaimsIdentity(SchemeName);
        identity.AddClaim(new Claim(Caller.ClientClaim, reader.GetString(0)));
        if (!await reader.IsDBNullAsync(1)) identity.AddClaim(new Claim(Caller.PartnerClaim, reader.GetString(1)));
        foreach (var scope in reader.GetFieldValue<string[]>(2)) identity.AddClaim(new Claim(Caller.ScopeClaim, scope));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)) Response.Headers.WWWAuthenticate = "Basic realm=\"Lab\", charset=\"UTF-8\"";
        var failed = (await Context.AuthenticateAsync(SchemeName)).Failure is not null;
        await ProblemWriting.WriteAsync(Context, new ProblemException(ProblemCodes.Unauthenticated,
            failed ? "The API key is unknown, expired or revoked." : "This needs an API key.", "Send it as X-Api-Key."));
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var scopes = Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).Where(p => p is not null and not Scope.AnyKey);
        return ProblemWriting.WriteAsync(Context, new ProblemException(ProblemCodes.ScopeMissing,
            $"The key lacks the scope {string.Join(", ", scopes ?? [])}.", "Use a key that has it."));
    }

    private string? Key()
    {
        if (Request.Headers.TryGetValue(Header, out var header) && header.Count == 1) return header[0];
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
