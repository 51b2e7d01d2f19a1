using System.Security.Claims;
using Lab.Api.Partners;
using Lab.Api.Samples;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;

namespace Lab.Api.Hosting;

/// <summary>Deny by default: a route without a scope of its own still needs a key, and anonymous ones say so.</summary>
public static class Access
{
    /// <summary>The policy of what is for people of the lab, whatever their scopes.</summary>
    public const string Staff = "staff";

    /// <summary>A token where one is sent and an authority is configured, else a key.</summary>
    private const string Either = "Either";

    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        var authority = TokenAuthority.Of(configuration, environment);
        var authentication = services.AddAuthentication(Either)
            .AddPolicyScheme(Either, null, either => either.ForwardDefaultSelector = context =>
                authority is not null && TokenAuthority.IsSent(context.Request) ? TokenAuthority.SchemeName : ApiKeyAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        authority?.AddTo(authentication);
        services.AddSingleton<KeyPepper>();
        services.AddSingleton<KnownKeys>();
        services.AddSingleton(new FailedAuthentication(limited: !environment.IsDevelopment()));
        services.AddAntiforgery();
        // Only the dashboard's forms are protected, by keys of this process: no ring of keys is read or written at start.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.Remove(services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Name == "DataProtectionHostedService"));
        var authorization = services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        authorization.AddPolicy(Scope.AnyKey, policy => policy.RequireAuthenticatedUser());
        authorization.AddPolicy(Staff, policy => policy.RequireAuthenticatedUser().RequireAssertion(context => IsLab(context.User)));
        foreach (var scope in Scope.All)
        {
            authorization.AddPolicy(scope, policy =>
            {
                policy.RequireClaim(Caller.ScopeClaim, Scope.Granting(scope));
                // The database refuses such keys; a token's scopes are what another server says.
                if (Scope.LabOnly.Contains(scope)) policy.RequireAssertion(context => IsLab(context.User));
            });
        }
        services.AddSingleton(provider => DemoKey.Of(provider.GetRequiredService<IConfiguration>(), environment));
        services.AddSingleton(new DefaultPartner(environment.IsDevelopment() ? Demo.Partner : null));
        return services;
    }

    /// <summary>The answer to who may not, whatever the credential.</summary>
    public static Task ForbidAsync(HttpContext context)
    {
        var scopes = context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).Where(p => p is not null and not Scope.AnyKey).ToArray() ?? [];
        var isPartners = !IsLab(context.User) && scopes.All(scope => scope == Staff || Scope.LabOnly.Contains(scope!));
        return ProblemWriting.WriteAsync(context, isPartners
            ? new ProblemException(ProblemCodes.ScopeMissing, "This is for the lab; the credential is a partner's.", "Ask the lab.")
            : new ProblemException(ProblemCodes.ScopeMissing, $"The credential lacks the scope {string.Join(", ", scopes)}.", "Use one that has it."));
    }

    private static bool IsLab(ClaimsPrincipal user) => user.Identity?.IsAuthenticated == true && !user.HasClaim(c => c.Type == Caller.PartnerClaim);
}
