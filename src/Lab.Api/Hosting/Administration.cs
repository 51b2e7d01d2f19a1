using System.Globalization;
using Lab.Api.Partners;
using Lab.Api.Samples;
using Lab.Api.Storage;

namespace Lab.Api.Hosting;

/// <summary>The commands of the binary.</summary>
public static class Administration
{
    public static async Task<int> RunAsync(CommandLine command)
    {
        switch (command.Command)
        {
            case "openapi":
                await Console.Out.WriteAsync(await DescribeAsync());
                return 0;
            case "migrate":
                await using (var database = LabDatabase.Open(Configuration()))
                {
                    await DatabaseMigration.RunAsync(database, CancellationToken.None);
                }
                await Console.Out.WriteLineAsync("The database is at this version.");
                return 0;
            case "health":
                return await IsReadyAsync() ? 0 : 1;
            case "keys" when command.HostArguments is ["create", .. var options]:
                return await CreateKeyAsync(options);
            default:
                await Console.Out.WriteLineAsync(CommandLine.Help);
                return command.Command is "help" or "--help" or "-h" ? 0 : 2;
        }
    }

    /// <summary>For an image that has no other client: asks the port that the configuration names.</summary>
    private static async Task<bool> IsReadyAsync()
    {
        var port = Configuration()["ASPNETCORE_HTTP_PORTS"]?.Split(';')[0] ?? "8080";
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(4) };
        try
        {
            return (await http.GetAsync(new Uri($"http://127.0.0.1:{port}/health/ready"))).IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>The contract as the code generates it.</summary>
    public static async Task<string> DescribeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        // Nothing is started and no database is opened: the registrations tell services from parameters.
        builder.Services.AddDatabase();
        builder.Services.AddJobs(works: false);
        builder.Services.AddAccess(builder.Configuration, builder.Environment);
        builder.Services.AddMediation(builder.Configuration);
        builder.Services.AddProblems();
        builder.Services.AddOpenApiDocument(new ConfigurationBuilder().Build(), builder.Environment);
        await using var app = builder.Build();
        app.MapContract();
        app.MapHealth();
        // The document is made of endpoints, and endpoints exist once routing has seen them.
        ((IApplicationBuilder)app).UseRouting().UseEndpoints(_ => { });
        return await OpenApi.WriteAsync(app.Services);
    }

    private static async Task<int> CreateKeyAsync(string[] options)
    {
        var given = new Dictionary<string, string>();
        // Strict: a misspelt or empty --partner would make a key of the whole lab.
        var understood = options.Length % 2 == 0 && options.Chunk(2).All(pair => pair[0] is "--name" or "--scopes" or "--partner" or "--expires" && given.TryAdd(pair[0], pair[1]));
        var scopes = given.GetValueOrDefault("--scopes", "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var partner = given.GetValueOrDefault("--partner");
        DateTimeOffset? expires = null;
        if (given.TryGetValue("--expires", out var date))
        {
            understood &= DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end);
            expires = end;
        }
        if (!understood || !given.TryGetValue("--name", out var name) || scopes.Length == 0 || scopes.Except(Scope.All).Any() || (partner is not null && (!Accession.IsValid(partner) || scopes.Intersect(Scope.LabOnly).Any())))
        {
            await Console.Error.WriteLineAsync(
                $"keys create --name N --scopes a,b [--partner P] [--expires 2027-01-01]; a partner's id has 1 to 64 letters, digits and . _ : -; scopes: {string.Join(", ", Scope.All)}, of which a partner's key has none of {string.Join(", ", Scope.LabOnly)}.");
            return 2;
        }
        if (LabKey.Missing(Configuration(), WebApplication.CreateBuilder().Environment) is { } sentence)
        {
            await Console.Error.WriteLineAsync(sentence);
            return 1;
        }
        var key = KeyText.Generate();
        await using var database = LabDatabase.Open(Configuration());
        await using var session = new LabSession(database, Caller.Service("administrator"));
        await KeyStore.AddWithPartnerAsync(session, ApiKey.For(key, new KeyPepper(LabKey.Of(Configuration())), name, scopes, partner), expires, CancellationToken.None);
        await session.CommitAsync(CancellationToken.None);
        await Console.Out.WriteLineAsync(key.Text);
        return 0;
    }

    private static IConfiguration Configuration() => new ConfigurationBuilder().AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().Build();
}
