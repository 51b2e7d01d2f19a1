using Lab.Api.Storage;
using Lab.EmbeddedPostgres;

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
        services.AddReadiness();
        return services;
    }

    /// <summary>In Development, and on a private database, the host migrates; elsewhere <c>migrate</c> does. It serves only under roles that policies bind.</summary>
    public static async Task PrepareAsync(WebApplication app)
    {
        var database = app.Services.GetRequiredService<LabDatabase>();
        if (app.Environment.IsDevelopment() || app.Configuration["Database:Private"] is not null) await DatabaseMigration.RunAsync(database, CancellationToken.None);
        await database.RefuseUnsafeRolesAsync(CancellationToken.None);
    }
}
