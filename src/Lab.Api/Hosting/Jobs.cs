using Hangfire;
using Hangfire.Common;
using Hangfire.Dashboard;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Hangfire.Server;
using Hangfire.States;
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
                    // A job of this process is seen at once. For those of others every worker asks this often, also when nobody has anything to do.
                    QueuePollInterval = TimeSpan.FromSeconds(1),
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
        // Workers for each queue: however long tasks take, analyses do not wait for them; analyses under load would leave none for a delivery, which waits for others more than it works.
        foreach (var (queue, workers) in new[] { (AnalyzeQueued.Queue, Math.Max(2, Environment.ProcessorCount)), (RunTasks.Queue, 2), (DeliverWebhooks.Queue, 2) })
        {
            services.AddSingleton<IHostedService>(provider => new JobServer(provider.GetRequiredService<JobStorage>(), provider.GetRequiredService<JobActivator>(),
                provider.GetRequiredService<IJobFilterProvider>(), provider.GetRequiredService<IHostApplicationLifetime>(), queue, workers));
        }
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

/// <summary>Hangfire's workers for one queue. Its own server waits the square of the failures in seconds, up to five minutes, so that work would lie still long after a database is back. No job is scheduled or repeated by Hangfire, so nothing looks for such.</summary>
internal sealed class JobServer(JobStorage storage, JobActivator activator, IJobFilterProvider filters, IHostApplicationLifetime lifetime, string queue, int workers) : IHostedService, IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(4);
    private BackgroundProcessingServer? server;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var worker = new Worker([queue], new BackgroundJobPerformer(filters, activator), new BackgroundJobStateChanger(filters));
        server = new BackgroundProcessingServer(storage, [worker.UseBackgroundPool(workers)], new Dictionary<string, object> { ["Queues"] = new[] { queue }, ["WorkerCount"] = workers },
            new BackgroundProcessingServerOptions
            {
                RetryDelay = failures => TimeSpan.FromSeconds(Math.Min(failures, LongestPause.TotalSeconds)),
                RestartDelay = LongestPause,
                ShutdownTimeout = TimeSpan.FromSeconds(10),
            });
        lifetime.ApplicationStopping.Register(server.SendStop);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => server?.WaitForShutdownAsync(cancellationToken) ?? Task.CompletedTask;

    public void Dispose() => server?.Dispose();
}
