using System.Net.Http.Headers;
using Lab.Api.Hosting;
using Lab.Api.Partners;
using Lab.Api.Storage;
using Lab.Client;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests;

/// <summary>A class's own host on its own database, and clients of it.</summary>
public sealed class LabHost(TestDatabase databases) : IAsyncLifetime
{
    private HostProcess host = null!;
    private HttpClient http = null!;

    /// <summary>A key of the lab with every scope.</summary>
    public string Key { get; } = KeyText.Generate().Text;

    /// <summary>A superuser's login to the class's database.</summary>
    public string Database { get; private set; } = "";

    public Uri BaseAddress => host.BaseAddress;

    /// <summary>What the host printed.</summary>
    public string Output => host.Output;

    /// <summary>The lab's own client.</summary>
    public LabClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Database = await databases.CreateAsync();
        await StartAsync();
    }

    /// <summary>Ends the host at once and starts another on the same data.</summary>
    public async Task RestartAsync()
    {
        await host.DisposeAsync();
        http.Dispose();
        await StartAsync();
    }

    /// <summary>A plain HTTP client with the lab's key, or another, or none; it decompresses nothing.</summary>
    public HttpClient Http(string? key = null, bool anonymous = false)
    {
        var plain = new HttpClient { BaseAddress = BaseAddress, Timeout = TimeSpan.FromMinutes(2) };
        if (!anonymous) plain.DefaultRequestHeaders.Add("X-Api-Key", key ?? Key);
        plain.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return plain;
    }

    /// <summary>A new key of a partner (null: of the lab) with the given scopes; the partner is registered if it is not known.</summary>
    public Task<string> KeyForAsync(string? partner, params string[] scopes) => KeyForAsync(Database, partner, scopes);

    /// <summary>The same, for a time.</summary>
    public Task<string> KeyUntilAsync(DateTimeOffset expires, string? partner, params string[] scopes) => KeyForAsync(Database, partner, scopes, expires);

    /// <summary>The same on any database.</summary>
    public static Task<string> KeyForAsync(string database, string? partner, params string[] scopes) => KeyForAsync(database, partner, scopes, null);

    private static async Task<string> KeyForAsync(string database, string? partner, string[] scopes, DateTimeOffset? expires)
    {
        var key = KeyText.Generate();
        await using var lab = HostProcess.Open(database);
        await using var session = new LabSession(lab, Caller.Service("administrator"));
        await KeyStore.AddWithPartnerAsync(session, Lab.Api.Partners.ApiKey.For(key, HostProcess.Pepper, partner ?? "lab", scopes, partner), expires, CancellationToken.None);
        await session.CommitAsync(CancellationToken.None);
        return key.Text;
    }

    /// <summary>A client with a new key of a partner (null: of the lab).</summary>
    public async Task<LabClient> ClientForAsync(string? partner, params string[] scopes) => new(http, await KeyForAsync(partner, scopes));

    /// <summary>A superuser's connection: row-level security does not bind it.</summary>
    public async Task<NpgsqlConnection> OpenDatabaseAsync()
    {
        var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>The first value of a statement, as superuser.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var connection = await OpenDatabaseAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync() is T value0 ? value0 : default;
    }

    /// <summary>Hangfire forgets everything. Its workers may hold these tables the other way round at that moment: then once more.</summary>
    public async Task EmptyHangfireAsync()
    {
        for (var turn = 1; ; turn++)
        {
            try
            {
                await ScalarAsync<int>("TRUNCATE hangfire.job, hangfire.jobqueue, hangfire.state, hangfire.jobparameter CASCADE");
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DeadlockDetected && turn < 10)
            {
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Seen with -diagnostics: a 500's exception stands only here.
        TestContext.Current.SendDiagnosticMessage("{0}", host.Output);
        await host.DisposeAsync();
        http.Dispose();
    }

    private async Task StartAsync()
    {
        host = await HostProcess.StartAsync(Database, Key);
        http = new HttpClient { BaseAddress = BaseAddress, Timeout = TimeSpan.FromMinutes(2) };
        Client = new LabClient(http, Key);
    }
}
