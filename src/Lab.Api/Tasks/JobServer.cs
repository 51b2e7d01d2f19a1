using Hangfire;
using Hangfire.Common;
using Hangfire.Server;
using Hangfire.States;

namespace Lab.Api.Tasks;

/// <summary>Work that lies in a table of its own.</summary>
/// <param name="Queue">Hangfire's queue for it.</param>
/// <param name="Workers">How many of Hangfire's workers a node has for it.</param>
/// <param name="Claimable">SQL: a SELECT that has a row when something can be claimed.</param>
/// <param name="Enqueue">Has Hangfire do it.</param>
public sealed record DispatchedWork(string Queue, int Workers, string Claimable, Action<IBackgroundJobClient> Enqueue);

/// <summary>Hangfire's workers for one queue, and whether one of them is free. Its own server waits the square of the failures in seconds, up to five minutes, so that work would lie still long
/// after a database is back. No job is scheduled or repeated by Hangfire, so nothing looks for such.</summary>
public sealed class JobServer(JobStorage storage, JobActivator activator, IJobFilterProvider filters, IHostApplicationLifetime lifetime, DispatchedWork work) : IBackgroundJobPerformer, IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(4);
    private readonly BackgroundJobPerformer performer = new(filters, activator);
    private BackgroundProcessingServer? server;
    private int running;

    public DispatchedWork Work => work;

    public bool HasFreeWorker => Volatile.Read(ref running) < work.Workers;

    public void Start()
    {
        var worker = new Worker([work.Queue], this, new BackgroundJobStateChanger(filters));
        server = new BackgroundProcessingServer(storage, [worker.UseBackgroundPool(work.Workers)], new Dictionary<string, object> { ["Queues"] = new[] { work.Queue }, ["WorkerCount"] = work.Workers },
            new BackgroundProcessingServerOptions
            {
                RetryDelay = failures => TimeSpan.FromSeconds(Math.Min(failures, LongestPause.TotalSeconds)),
                RestartDelay = LongestPause,
                ShutdownTimeout = TimeSpan.FromSeconds(10),
            });
        lifetime.ApplicationStopping.Register(server.SendStop);
    }

    public Task StopAsync(CancellationToken cancellation) => server?.WaitForShutdownAsync(cancellation) ?? Task.CompletedTask;

    public void Dispose() => server?.Dispose();

    object IBackgroundJobPerformer.Perform(PerformContext context)
    {
        Interlocked.Increment(ref running);
        try
        {
            return performer.Perform(context);
        }
        finally
        {
            Interlocked.Decrement(ref running);
        }
    }
}
