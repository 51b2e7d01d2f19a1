using System.Reflection;
using Lab.Api.Storage;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Lab.Api.Hosting;

/// <summary>Whether this node can serve. How long work waits does not count: it waits at no node of its own, so a balancer that asked would take out all of them, and a backlog would be an outage. The metric <c>lab.queue.age</c> tells that.</summary>
public static class Readiness
{
    public static IServiceCollection AddReadiness(this IServiceCollection services)
    {
        services.AddSingleton<DatabaseCheck>();
        // Shorter than those who ask wait for an answer.
        services.AddHealthChecks().AddCheck<DatabaseCheck>("database", null, [], TimeSpan.FromSeconds(3)).AddCheck<RoomCheck>("disk");
        return services;
    }

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Ok(new Health("live"))).AllowAnonymous().WithTags("Health").WithName("getHealthLive")
            .WithSummary("Is the process alive?").WithDescription("Answers as long as the process does.");
        routes.MapGet("/health/ready", async Task<IResult> (HealthCheckService checks, CancellationToken cancellation) =>
            {
                var report = await checks.CheckHealthAsync(cancellation);
                return report.Status == HealthStatus.Healthy ? TypedResults.Ok(new Health("ready")) : throw new ProblemException(ProblemCodes.Unavailable, Why(report), retryAfter: 2);
            })
            .AllowAnonymous().WithTags("Health").WithName("getHealthReady").Produces<Health>().Fails(503)
            .WithSummary("Can it serve?").WithDescription("""
                200 when the database answers, every migration that this version knows is applied (more may be: a newer version's), and there is room where the node keeps files of its own; else 503, and `detail` says which of them is not so.
                How much work waits changes nothing: it waits for every node alike.
                """);
    }

    /// <summary>The sentences of the checks; what an exception says is for the log.</summary>
    private static string Why(HealthReport report) => string.Join(' ', report.Entries.Where(entry => entry.Value.Status != HealthStatus.Healthy)
        .Select(entry => entry.Value.Exception is null ? entry.Value.Description : $"The {entry.Key} does not answer."));

    private sealed class DatabaseCheck(LabDatabase database) : IHealthCheck
    {
        private static readonly string[] Migrations = [.. typeof(LabDbContext).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>()];

        // Remembered: a migration locks its history while it runs, and the nodes that serve meanwhile go on.
        private volatile bool migrated;

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            await using var command = database.App.CreateCommand("SELECT");
            await command.ExecuteNonQueryAsync(cancellationToken);
            migrated = migrated || await IsMigratedAsync(cancellationToken);
            return migrated ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The schema of the database is older than this version: run `migrate`, or wait until it has ended.");
        }

        private async Task<bool> IsMigratedAsync(CancellationToken cancellation)
        {
            await using var command = database.App.CreateCommand("""SELECT count(*) FROM lab.migration WHERE "MigrationId" = ANY ($1)""");
            command.Parameters.Add(new NpgsqlParameter { Value = Migrations });
            try
            {
                return (long)(await command.ExecuteScalarAsync(cancellation))! == Migrations.Length;
            }
            catch (Exception e) when (e is OperationCanceledException or PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InsufficientPrivilege })
            {
                // A migration locks it, or has yet to make it, or has yet to show it.
                return false;
            }
        }
    }

    /// <summary>Room where this process writes files itself: long answers and cohorts that are built in the temporary folder, and a private PostgreSQL. The disk of any other PostgreSQL is not seen from here.</summary>
    private sealed class RoomCheck(IConfiguration configuration) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var least = configuration.GetValue("Health:FreeMiB", 512L);
            var full = new[] { (Folder: Path.GetTempPath(), Name: "the temporary folder"), (Folder: configuration["Database:Private"], Name: "the data folder of the private PostgreSQL") }
                .Where(place => place.Folder is not null && new DriveInfo(place.Folder).AvailableFreeSpace >> 20 < least).Select(place => place.Name).ToArray();
            return Task.FromResult(full is [] ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"Less than {least} MiB are free in {string.Join(" and in ", full)}: make room."));
        }
    }
}

/// <summary>The state of the service.</summary>
public sealed record Health(string Status);
