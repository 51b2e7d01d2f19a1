using Hangfire;
using Hangfire.Common;
using Hangfire.Dashboard;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
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
                    // A worker's node enqueues for itself, which its workers see at once; asking finds what a node enqueued and then died. Every worker asks this often, also when nobody has anything to do.
                    QueuePollInterval = TimeSpan.FromSeconds(5),
                    UseSlidingInvisibilityTimeout = true,
                    InvisibilityTimeout = TimeSpan.FromSeconds(30),
                    StartupConnectionMaxRetries = 0,
                    AllowDegradedModeWithoutStorage = false,
                });
        });
        services.AddSingleton<AnalysisSignal>();
        services.AddScoped<Lab.Api.Profiles.StoreProfiles>();
        services.AddSingleton<Lab.Api.Profiles.UploadGroups>();
        services.AddSingleton<ReportPublication>();
        services.AddScoped<AnalyzeQueued>();
        services.AddScoped<RunTasks>();
        foreach (var handler in typeof(ITaskHandler).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(ITaskHandler))))
        {
            services.AddScoped(typeof(ITaskHandler), handler);
        }
        services.AddSingleton<ReadAudit>();
        services.AddHostedService(provider => provider.GetRequiredService<ReadAudit>());
        services.AddSingleton<EventNumbers>();
        services.AddHostedService<Sealer>();
        services.AddHostedService<Retention>();
        services.AddSingleton(provider => new WebhookTargets(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookSender>();
        services.AddScoped<DeliverWebhooks>();
        if (!works) return services;
        // Workers for each queue: however long tasks take, analyses do not wait for them; analyses under load would leave none for a delivery.
        foreach (var work in new[] { AnalyzeQueued.Work, RunTasks.Work, DeliverWebhooks.Work })
        {
            services.AddSingleton(provider => new JobServer(provider.GetRequiredService<JobStorage>(), provider.GetRequiredService<JobActivator>(),
                provider.GetRequiredService<IJobFilterProvider>(), provider.GetRequiredService<IHostApplicationLifetime>(), work));
        }
        services.AddHostedService<WorkDispatcher>();
        return services;
    }

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
