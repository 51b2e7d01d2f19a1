using Lab.Api.Partners;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>A host that takes keys and tokens, with a sample of a partner that is analysed, a webhook and an export of the partner, and credentials of every kind that opens nothing.</summary>
public sealed class MatrixHost(TestDatabase databases) : IAsyncLifetime
{
    public const string Accession = "OWNED", Subject = "OWNER-7", Owner = "owner", Stranger = "stranger";

    private readonly Dictionary<string, string> keys = [];
    private HostProcess process = null!;

    public FakeAuthority Authority { get; private set; } = null!;

    public string Database { get; private set; } = "";

    public Upload Owned { get; private set; } = null!;

    public Report Report { get; private set; } = null!;

    public Guid Webhook { get; private set; }

    public Guid Delivery { get; private set; }

    public Guid Export { get; private set; }

    /// <summary>Each opened once, and does not any more; or never did.</summary>
    public IReadOnlyList<(string Name, string Header, string Value)> Closed { get; private set; } = [];

    public Uri BaseAddress => process.BaseAddress;

    public async ValueTask InitializeAsync()
    {
        (Authority, Database) = (await FakeAuthority.StartAsync(), await databases.CreateAsync());
        process = await HostProcess.StartAsync(Database, KeyText.Generate().Text, settings: [("Auth__Authority", Authority.Address), ("Auth__Audience", FakeAuthority.Audience)]);
        using var http = new HttpClient { BaseAddress = process.BaseAddress };
        var owner = new LabClient(http, await KeyAsync(Owner));
        await owner.PutSampleAsync(Accession, new() { Subject = Subject });
        Owned = await owner.UploadProfileAsync(Accession, SampleFiles.Kreport(1));
        Report = await owner.WaitForReportAsync(Owned.AnalysisId);
        Webhook = (await owner.CreateWebhookAsync(new() { Url = new("http://127.0.0.1:9/"), Events = ["report.withdrawn"] })).Id;
        Delivery = await owner.TestWebhookAsync(Webhook);
        Export = (await owner.WaitForExportAsync((await owner.RequestExportAsync(new() { Format = "ndjson" })).Id)).Id;

        var (revoked, expired) = (await LabHost.KeyForAsync(Database, null, Scope.All), await LabHost.KeyForAsync(Database, null, Scope.All));
        await ExecuteAsync($"UPDATE lab.api_key SET revoked_at = now() WHERE id = '{KeyText.Parse(revoked)!.Id}'; UPDATE lab.api_key SET expires_at = now() - interval '1 second' WHERE id = '{KeyText.Parse(expired)!.Id}'");
        var scopes = string.Join(' ', Scope.All);
        var (header, payload) = Authority.Right("*", scopes);
        payload["exp"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 61;
        var none = Authority.Right("*", scopes);
        none.Header["alg"] = "none";
        var confused = Authority.Right("*", scopes);
        confused.Header["alg"] = "HS256";
        Closed =
        [
            ("no key that there is", "X-Api-Key", KeyText.Generate().Text), ("a revoked key", "X-Api-Key", revoked), ("an expired key", "X-Api-Key", expired),
            ("an expired token", "Authorization", $"Bearer {Authority.Sign(header, payload)}"),
            ("a token with alg none", "Authorization", $"Bearer {FakeAuthority.Sign(none.Header, none.Payload, _ => [])}"),
            ("a token signed with the public key", "Authorization",
                $"Bearer {FakeAuthority.Sign(confused.Header, confused.Payload, data => System.Security.Cryptography.HMACSHA256.HashData(Authority.PublicPem, data))}"),
        ];
    }

    /// <summary>A key of a partner with all that a partner may have, or (without a partner) of the lab with the given scopes.</summary>
    public async Task<string> KeyAsync(string? partner, params string[] scopes)
    {
        var name = $"{partner} {string.Join(' ', scopes)}";
        if (!keys.TryGetValue(name, out var key)) keys[name] = key = await LabHost.KeyForAsync(Database, partner, partner is null ? scopes : [.. Scope.All.Except(Scope.LabOnly)]);
        return key;
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        await Authority.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
