namespace Lab.Api.Partners;

/// <summary>What a key may do; the operations that name it in the API description are what it covers.</summary>
public static class Scope
{
    public const string SamplesWrite = "samples:write";
    public const string SamplesRead = "samples:read";
    public const string ProfilesWrite = "profiles:write";
    public const string ReportsRead = "reports:read";
    public const string ReportsSign = "reports:sign";
    public const string PanelsAdmin = "panels:admin";
    public const string WebhooksManage = "webhooks:manage";
    public const string ClientsAdmin = "clients:admin";
    public const string AuditRead = "audit:read";

    /// <summary>The policy of a route that any key may call.</summary>
    public const string AnyKey = "any-key";

    public static readonly string[] All =
        [SamplesWrite, SamplesRead, ProfilesWrite, ReportsRead, ReportsSign, PanelsAdmin, WebhooksManage, ClientsAdmin, AuditRead];

    /// <summary>What concerns all partners at once is the lab's: a partner's key or token never has it.</summary>
    public static readonly string[] LabOnly = [ReportsSign, PanelsAdmin, ClientsAdmin, AuditRead];

    /// <summary>The scopes that allow what <paramref name="scope"/> allows.</summary>
    public static string[] Granting(string scope) =>
        scope == SamplesRead ? [SamplesRead, SamplesWrite, ProfilesWrite, ReportsRead] : [scope];
}
