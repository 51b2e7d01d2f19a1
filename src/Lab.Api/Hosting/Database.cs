using Lab.Api.Storage;
using Lab.EmbeddedPostgres;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lab.Api.Hosting;

/// <summary>The database of the host: the one that is configured, or a private one.</summary>
public static class Database
{
    /// <summary>Starts a private PostgreSQL where none is configured. Null: one is.</summary>
    public static async Task<PostgresServer?> EnsureServerAsync(WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetConnectionString("Lab") is not null) return null;
        PostgresServer server;
        try
        {
            server = await PostgresServer.StartAsync(new EmbeddedPostgresOptions(), CancellationToken.None);
        }
        catch (EmbeddedPostgresException e)
        {
            // Its sentence says what to do; a stack trace would hide it.
            await Console.Error.WriteLineAsync(e.Message);
            Environment.Exit(1);
            throw;
        }
        builder.Configuration["ConnectionStrings:Lab"] = server.ConnectionString;
        builder.Configuration["Database:Private"] = server.DataDirectory;
        return server;
    }

    public static IServiceCollection AddDatabase(this IServiceCollection services)
    {
        services.AddSingleton(provider => LabKey.Of(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton(provider => LabDatabase.Open(provider.GetRequiredService<IConfiguration>()));
        services.AddHttpContextAccessor();
        services.AddScoped(provider => provider.GetRequiredService<IHttpContextAccessor>().HttpContext is { } context ? Caller.Of(context.User) : Caller.Service("service"));
        services.AddScoped<LabSession>();
        services.AddScoped<Profiles.LabAssays>();
        services.AddSingleton<Reports.ReplicateYardsticks>();
        services.AddSingleton<Library.ReferenceLibrary>();
        services.AddScoped<Panels.PanelJudgement>();
        services.AddSingleton(TimeProvider.System);
        services.AddHealthChecks().AddCheck<DatabaseCheck>("database");
        return services;
    }

    /// <summary>In Development, and on a private database, the host migrates; elsewhere <c>migrate</c> does. It serves only under roles that policies bind.</summary>
    public static async Task PrepareAsync(WebApplication app)
    {
        var database = app.Services.GetRequiredService<LabDatabase>();
        if (app.Environment.IsDevelopment() || app.Configuration["Database:Private"] is not null) await DatabaseMigration.RunAsync(database, CancellationToken.None);
        await database.RefuseUnsafeRolesAsync(CancellationToken.None);
    }

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Ok(new Health("live"))).AllowAnonymous().WithTags("Health").WithName("getHealthLive")
            .WithSummary("Is the process alive?").WithDescription("Answers as long as the process does.");
        routes.MapGet("/health/ready", async Task<IResult> (HealthCheckService checks, CancellationToken cancellation) =>
                (await checks.CheckHealthAsync(cancellation)).Status == HealthStatus.Healthy
                    ? TypedResults.Ok(new Health("ready"))
                    : throw new ProblemException(ProblemCodes.Unavailable, "The database does not answer.", retryAfter: 2))
            .AllowAnonymous().WithTags("Health").WithName("getHealthReady").Produces<Health>().Fails(503)
            .WithSummary("Can it serve?").WithDescription("200 when the database answers and its schema is there; else 503.");
    }

    private sealed class DatabaseCheck(LabDatabase database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = database.App.CreateCommand("SELECT EXISTS (SELECT FROM lab.analysis)");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Npgsql.NpgsqlException e)
            {
                return HealthCheckResult.Unhealthy(exception: e);
            }
        }
    }
}

/// <summary>The state of the service.</summary>
public sealed record Health(string Status);
