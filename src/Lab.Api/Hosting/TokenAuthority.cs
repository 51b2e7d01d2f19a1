using System.Security.Claims;
using Lab.Api.Partners;
using Lab.Api.Samples;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Lab.Api.Hosting;

/// <summary>The authority whose access tokens (RFC 9068) are taken as <c>Authorization: Bearer</c>. What a token must be is pinned here, not chosen by the token.</summary>
public sealed class TokenAuthority
{
    public const string SchemeName = "Bearer", Section = "Auth";

    /// <summary>The value of the partner claim that says: of the lab itself.</summary>
    public const string OfTheLab = "*";

    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384,
        SecurityAlgorithms.RsaSsaPssSha512, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private TokenAuthority(Uri address, string audience, string partnerClaim, string? clientId) => (Address, Audience, PartnerClaim, ClientId) = (address, audience, partnerClaim, clientId);

    public Uri Address { get; }

    public string Audience { get; }

    /// <summary>The claim that says whose the caller is. A token without it opens nothing: an authority that forgets it must not make a partner the lab.</summary>
    public string PartnerClaim { get; }

    /// <summary>Swagger UI as a client of the authority; null: it does not log in there.</summary>
    public string? ClientId { get; }

    public Uri Discovery => new(Address.AbsoluteUri.TrimEnd('/') + "/.well-known/openid-configuration");

    /// <summary>Null where none is configured.</summary>
    /// <exception cref="InvalidOperationException">Half of it is configured, or an authority that cannot be trusted.</exception>
    public static TokenAuthority? Of(IConfiguration configuration, IHostEnvironment environment)
    {
        var auth = configuration.GetSection(Section);
        if (auth["Authority"] is not { Length: > 0 } authority) return null;
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && !(environment.IsDevelopment() && address.IsLoopback)))
        {
            throw new InvalidOperationException("Auth:Authority is the https address of the authority that issues tokens.");
        }
        if (auth["Audience"] is not { Length: > 0 } audience) throw new InvalidOperationException("Auth:Audience is not set: a token must be meant for this service.");
        return new(address, audience, auth["PartnerClaim"] is { Length: > 0 } claim ? claim : "partner", auth["ClientId"]);
    }

    public static bool IsSent(HttpRequest request) => SchemeName.Equals(request.Headers.Authorization.ToString().Split(' ')[0], StringComparison.OrdinalIgnoreCase);

    public void AddTo(AuthenticationBuilder authentication) => authentication.AddJwtBearer(SchemeName, bearer =>
    {
        bearer.Authority = Address.AbsoluteUri.TrimEnd('/');
        bearer.MetadataAddress = Discovery.AbsoluteUri;
        bearer.RequireHttpsMetadata = Address.Scheme == Uri.UriSchemeHttps;
        bearer.MapInboundClaims = false;
        bearer.SaveToken = false;
        bearer.IncludeErrorDetails = false;
        bearer.BackchannelTimeout = TimeSpan.FromSeconds(10);
        bearer.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAlgorithms = Algorithms,
            ValidTypes = ["at+jwt", "application/at+jwt"],
            ValidIssuer = Address.OriginalString,
            ValidAudience = Audience,
            ValidateIssuer = true,
            ValidateAudience = true,
            ValidateLifetime = true,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            // By its kid, among the authority's keys only.
            TryAllIssuerSigningKeys = false,
            ClockSkew = TimeSpan.FromSeconds(30),
        };
        bearer.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                // What a token says must be understood (RFC 7515, 4.1.11), and nothing of it is.
                var demands = context.SecurityToken is not JsonWebToken token || token.TryGetHeaderValue<object>("crit", out _);
                if (!demands && Identify(context.Principal!) is { } identity) context.Principal = new ClaimsPrincipal(identity);
                else context.Fail("The token does not say who it is and whose.");
                return Task.CompletedTask;
            },
            OnAuthenticationFailed = async context =>
            {
                if (context.Exception is ProblemException) return;
                try
                {
                    await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
                }
                catch (InvalidOperationException)
                {
                    throw new ProblemException(ProblemCodes.Unavailable, "The authority that issued the token does not answer, so it cannot be checked.", retryAfter: 5);
                }
            },
            OnChallenge = async context =>
            {
                context.HandleResponse();
                context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
                var failures = context.HttpContext.RequestServices.GetRequiredService<FailedAuthentication>();
                failures.Note(context.HttpContext);
                await ProblemWriting.WriteAsync(context.HttpContext, failures.Refusal(context.HttpContext)
                    ?? new ProblemException(ProblemCodes.Unauthenticated, "The token is not valid here.", "Get a new access token for this service; its partner claim says whose it is."));
            },
            OnForbidden = context => Access.ForbidAsync(context.HttpContext),
        };
    });

    /// <summary>The caller that a token stands for: nothing of it but subject, partner and the scopes that this service knows. Null where it does not say.</summary>
    private ClaimsIdentity? Identify(ClaimsPrincipal token)
    {
        if (token.FindFirst("sub")?.Value is not { Length: > 0 and <= 200 } subject || subject.Any(char.IsControl)) return null;
        if (token.FindAll(PartnerClaim).Select(c => c.Value).ToArray() is not [var partner] || (partner != OfTheLab && !Accession.IsValid(partner))) return null;
        var identity = new ClaimsIdentity(SchemeName);
        identity.AddClaim(new Claim(Caller.ClientClaim, $"token:{subject}"));
        if (partner != OfTheLab) identity.AddClaim(new Claim(Caller.PartnerClaim, partner));
        foreach (var scope in token.FindAll("scope").SelectMany(c => c.Value.Split(' ')).Intersect(Scope.All)) identity.AddClaim(new Claim(Caller.ScopeClaim, scope));
        return identity;
    }
}
