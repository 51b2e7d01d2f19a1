using Hangfire;
using Lab.Api.Analyses;
using Lab.Api.Storage;

namespace Lab.Api.Tasks;

/// <summary>Sees that Hangfire's workers of this node work whenever rows can be claimed: it enqueues a job when one of them is free and none waits. What Hangfire says that runs does not count: of what a
/// killed process was running it knows for long, and sometimes for ever, that it runs. Not a recurring job: Hangfire's tables may be emptied and nothing is lost.</summary>
public sealed class WorkDispatcher(LabDatabase database, IEnumerable<JobServer> servers, IBackgroundJobClient jobs, JobStorage storage, AnalysisSignal signal, ILogger<WorkDispatcher> logger)
    : BackgroundService
{
    /// <summary>Between two looks: for what other nodes queued, what is due only now, and what is left for more workers.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500), Busy = TimeSpan.FromMilliseconds(250);

    private readonly JobServer[] all = [.. servers];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var server in all) server.Start();
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(all.Select(server => server.StopAsync(cancellationToken)));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var queued = signal.NextQueued;
            var busy = false;
            try
            {
                var claimable = await ClaimableAsync(stoppingToken);
                busy = claimable.Count > 0;
                // What another node queued wakes nobody here but this look.
                if (busy) signal.Queued();
                foreach (var server in claimable)
                {
                    if (server.HasFreeWorker && storage.GetMonitoringApi().EnqueuedCount(server.Work.Queue) == 0) server.Work.Enqueue(jobs);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // The database or Hangfire's storage is away; the next look finds what this one missed.
                DispatchLog.Missed(logger, e);
            }
            try
            {
                await (busy ? Task.Delay(Busy, stoppingToken) : AnalysisSignal.WaitAsync(queued, Pause, stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
        }
    }

    private async Task<List<JobServer>> ClaimableAsync(CancellationToken cancellation)
    {
        await using var command = database.Worker.CreateCommand($"SELECT ARRAY[{string.Join(", ", all.Select(server => $"EXISTS ({server.Work.Claimable})"))}]");
        var claimable = (bool[])(await command.ExecuteScalarAsync(cancellation))!;
        return [.. all.Where((_, i) => claimable[i])];
    }
}

internal static partial class DispatchLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for work failed; trying again")]
    public static partial void Missed(ILogger logger, Exception exception);
}
