using System.Reflection;
using System.Security.Cryptography;
using Lab.Api.Partners;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using MediatR;

namespace Lab.Api.Hosting;

/// <summary>What a newcomer finds in Development, and only there: a partner, a key with all scopes, samples with reports.</summary>
public static class Demo
{
    public const string Partner = "demo";

    /// <summary>The files in <c>samples/</c>, by name.</summary>
    public static byte[] File(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"samples/{name}") ?? throw new InvalidOperationException($"samples/{name} is missing.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    public static async Task StartAsync(WebApplication app, CommandLine command)
    {
        if (!app.Environment.IsDevelopment()) return;
        var key = app.Services.GetRequiredService<DemoKey>().Value!;
        await RegisterAsync(app.Services, key);
        if (command.Serves && app.Configuration.GetValue("Demo:Seed", true)) await SeedAsync(app.Services);
        app.Lifetime.ApplicationStarted.Register(() => Announce(app, key));
    }

    private static async Task RegisterAsync(IServiceProvider services, string text)
    {
        var key = ApiKey.For(KeyText.Any(text), services.GetRequiredService<KeyPepper>(), "Demo", Scope.All, null);
        await using var session = new LabSession(services.GetRequiredService<LabDatabase>(), Caller.Service("demo"));
        await KeyStore.AddPartnerAsync(session, Partner, CancellationToken.None);
        // A generated key is another at each start: the ones before are of no use to anybody.
        await session.ExecuteAsync("UPDATE lab.api_key SET revoked_at = now() WHERE name = 'Demo' AND id <> $1 AND revoked_at IS NULL", CancellationToken.None, key.Id);
        await KeyStore.AddAsync(session, key, null, CancellationToken.None);
        await session.CommitAsync(CancellationToken.None);
    }

    private static async Task SeedAsync(IServiceProvider services)
    {
        foreach (var (accession, file) in new[]
        {
            ("DEMO-SHOTGUN-1", "metaphlan2-scfa-depleted.txt"), ("DEMO-SHOTGUN-2", "kraken2-klebsiella.kreport"), ("DEMO-16S-1", "amplicon-16s-healthy.json"),
        })
        {
            var content = File(file);
            var upload = UploadedContent.Of(content, null);
            var reading = upload.Read(null, false);
            await using var scope = services.CreateAsyncScope();
            var interpretation = await scope.ServiceProvider.GetRequiredService<LabAssays>().InterpretAsync(reading.Profile!, null, null, null, CancellationToken.None);
            await scope.ServiceProvider.GetRequiredService<IMediator>().Send(
                new UploadProfile.Command(PreparedProfile.Of(accession, reading, interpretation, (upload.Bytes, upload.Sha256)), null));
        }
    }

    private static void Announce(WebApplication app, string key)
    {
        var address = app.Urls.FirstOrDefault() ?? "http://localhost:5080";
        Console.WriteLine($"""

            Lab is ready.
              Swagger UI   {address}/swagger
              A report     {address}/v1/samples/DEMO-SHOTGUN-1/report   (user: any, password: the key)
              Jobs         {address}/hangfire
              API key      {key}   (Development only)
            Upload a sample:
              curl -H "X-Api-Key: {key}" --data-binary @samples/kraken2-klebsiella.kreport {address}/v1/samples/MY-FIRST/profiles

            """);
    }
}

/// <summary>The key of Development: configured, or made at start.</summary>
public sealed record DemoKey(string? Value)
{
    public static DemoKey Of(IConfiguration configuration, IHostEnvironment environment)
    {
        if (!environment.IsDevelopment()) return new DemoKey(null as string);
        var configured = configuration["Demo:ApiKey"];
        if (configured is { Length: < 16 }) throw new InvalidOperationException("Demo:ApiKey needs 16 characters or more.");
        return new DemoKey(configured ?? KeyText.Generate().Text);
    }
}
