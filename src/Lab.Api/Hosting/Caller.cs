using System.Security.Claims;

namespace Lab.Api.Hosting;

/// <summary>Who is asking: the lab (sees all that its scopes allow) or one partner.</summary>
/// <param name="Client">The key's id; the owner of idempotency keys and the actor in the audit trail.</param>
/// <param name="PartnerId">Null for the lab.</param>
/// <param name="Scopes">What the key may do.</param>
public sealed record Caller(string Client, string? PartnerId, IReadOnlySet<string> Scopes)
{
    public const string ClientClaim = "client", PartnerClaim = "partner", ScopeClaim = "scope";

    /// <summary>A part of the service itself.</summary>
    public static Caller Service(string name) => new(name, null, new HashSet<string>());

    public static Caller Of(ClaimsPrincipal user) => new(
        user.FindFirstValue(ClientClaim) ?? "anonymous",
        user.FindFirstValue(PartnerClaim),
        user.FindAll(ScopeClaim).Select(c => c.Value).ToHashSet());

    public bool IsLab => PartnerId is null;

    /// <summary>What was not released is for those in the lab who may release it.</summary>
    public bool SeesPreliminary => IsLab && Scopes.Contains(Partners.Scope.ReportsSign);

    /// <exception cref="ProblemException">Nobody has released it yet, and the caller may not either.</exception>
    public void DemandReleased(string status)
    {
        if (status == Reports.ReportSeries.Preliminary && !SeesPreliminary) throw new ProblemException(ProblemCodes.ReportNotReleased, "The report has not been released yet.");
    }

    /// <summary>The value of <c>app.partner</c>: nobody who is not authenticated sees a row.</summary>
    public string PartnerScope => PartnerId ?? (Client == "anonymous" ? "" : "*");
}
