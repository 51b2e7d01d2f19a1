using Lab.Api.Partners;
using Lab.Api.Samples;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;

namespace Lab.Api.Hosting;

/// <summary>Deny by default: a route without a scope of its own still needs a key, and anonymous ones say so.</summary>
public static class Access
{
    /// <summary>What the whole lab stands on is changed by the lab, whatever scopes a partner's key has.</summary>
    public static void DemandLab(HttpContext context)
    {
        if (!Caller.Of(context.User).IsLab) throw new ProblemException(ProblemCodes.ScopeMissing, "Only a key of the lab may do this.");
    }

    public static IServiceCollection AddAccess(this IServiceCollection services, IHostEnvironment environment)
    {
        services.AddAuthentication(ApiKeyAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        // Only the dashboard's forms are protected, by keys of this process: no ring of keys is read or written at start.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.Remove(services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Name == "DataProtectionHostedService"));
        var authorization = services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        authorization.AddPolicy(Scope.AnyKey, policy => policy.RequireAuthenticatedUser());
        foreach (var scope in Scope.All) authorization.AddPolicy(scope, policy => policy.RequireClaim(Caller.ScopeClaim, Scope.Granting(scope)));
        services.AddSingleton(provider => DemoKey.Of(provider.GetRequiredService<IConfiguration>(), environment));
        services.AddSingleton(new DefaultPartner(environment.IsDevelopment() ? Demo.Partner : null));
        return services;
    }
}
