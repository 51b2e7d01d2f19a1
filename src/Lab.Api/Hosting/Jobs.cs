using Hangfire;
using Hangfire.Dashboard;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Hangfire.Storage;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Events;
using Lab.Api.Partners;
using Lab.Api.Reports;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using Lab.Api.Webhooks;
using Npgsql;

namespace Lab.Api.Hosting;

/// <summary>Hangfire executes; the analysis table is the truth. Its defaults are wrong for that: a dead worker must be noticed in seconds, not in half an hour.</summary>
public static class Jobs
{
    public const string Schema = "hangfire";

    public static IServiceCollection AddJobs(this IServiceCollection services, bool works)
    {
        services.AddHangfire((provider, hangfire) =>
        {
            var database = provider.GetRequiredService<LabDatabase>();
            hangfire.SetDataCompatibilityLevel(CompatibilityLevel.Version_180).UseSimpleAssemblyNameTypeSerializer().UseRecommendedSerializerSettings()
                .UsePostgreSqlStorage(storage => storage.UseConnectionFactory(new WorkerConnections(database)), new PostgreSqlStorageOptions
                {
                    SchemaName = Schema,
                    PrepareSchemaIfNecessary = false,
                    QueuePollInterval = TimeSpan.FromMilliseconds(100),
                    UseSlidingInvisibilityTimeout = true,
                    InvisibilityTimeout = TimeSpan.FromSeconds(30),
                    StartupConnectionMaxRetries = 0,
                    AllowDegradedModeWithoutStorage = false,
                });
        });
        services.AddSingleton<AnalysisSignal>();
        services.AddScoped<Lab.Api.Profiles.StoreProfiles>();
        services.AddSingleton<ReportPublication>();
        services.AddScoped<AnalyzeQueued>();
        services.AddSingleton(AnalyzeQueued.Work);
        services.AddScoped<RunTasks>();
        services.AddSingleton(RunTasks.Work);
        foreach (var handler in typeof(ITaskHandler).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(ITaskHandler))))
        {
            services.AddScoped(typeof(ITaskHandler), handler);
        }
        // On every node: the one that took the upload asks for a drain at once, whoever then works.
        services.AddHostedService<WorkDispatcher>();
        services.AddSingleton<ReadAudit>();
        services.AddHostedService(provider => provider.GetRequiredService<ReadAudit>());
        services.AddSingleton<EventNumbers>();
        services.AddHostedService<Sealer>();
        services.AddHostedService<Retention>();
        services.AddSingleton(provider => new WebhookTargets(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookSender>();
        services.AddScoped<DeliverWebhooks>();
        services.AddHostedService<WebhookDispatcher>();
        if (!works) return services;
        services.AddHangfireServer(server =>
        {
            server.Queues = [AnalyzeQueued.Queue];
            server.WorkerCount = Math.Max(2, Environment.ProcessorCount);
            server.SchedulePollingInterval = TimeSpan.FromSeconds(5);
            server.ShutdownTimeout = TimeSpan.FromSeconds(10);
        });
        // Workers of their own: however long tasks take, analyses do not wait for them.
        services.AddHangfireServer(server =>
        {
            server.Queues = [RunTasks.Queue];
            server.WorkerCount = 2;
            server.ShutdownTimeout = TimeSpan.FromSeconds(10);
        });
        // Workers of their own: analyses under load would leave none, and a delivery waits for others more than it works.
        services.AddHangfireServer(server =>
        {
            server.Queues = [DeliverWebhooks.Queue];
            server.WorkerCount = 2;
            server.ShutdownTimeout = TimeSpan.FromSeconds(10);
        });
        return services;
    }

    /// <summary>How many jobs of a kind wait or run.</summary>
    public static long Open<TJob>(this IMonitoringApi monitor, string queue) =>
        monitor.EnqueuedCount(queue) + monitor.ProcessingJobs(0, int.MaxValue).Count(job => job.Value?.Job?.Type == typeof(TJob));

    public static void MapDashboard(this IEndpointRouteBuilder routes) =>
        routes.MapHangfireDashboard("/hangfire", new DashboardOptions
        {
            Authorization = [],
            DashboardTitle = "Lab: jobs",
            IsReadOnlyFunc = context => !Caller.Of(context.GetHttpContext().User).Scopes.Contains(Scope.ReportsSign),
        }).RequireAuthorization(Scope.AuditRead);

    /// <summary>Hangfire's connections are the worker's: it may not touch a partner's row by its own rights.</summary>
    private sealed class WorkerConnections(LabDatabase database) : IConnectionFactory
    {
        public NpgsqlConnection GetOrCreateConnection() => database.Worker.CreateConnection();
    }
}
