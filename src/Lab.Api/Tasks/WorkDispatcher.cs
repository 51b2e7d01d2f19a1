using Hangfire;
using Lab.Api.Analyses;
using Lab.Api.Storage;

namespace Lab.Api.Tasks;

/// <summary>Work that lies in a table of its own.</summary>
/// <param name="Queue">Hangfire's queue for it.</param>
/// <param name="Claimable">SQL: a SELECT that has a row when something can be claimed.</param>
/// <param name="Enqueue">Has Hangfire do it.</param>
public sealed record DispatchedWork(string Queue, string Claimable, Action<IBackgroundJobClient> Enqueue);

/// <summary>Sees that a Hangfire job runs whenever rows can be claimed. One job that waits is enough: as long as there is work, each worker that is free takes one, of however many nodes. Those
/// that run do not count: of what a killed process was running Hangfire knows for long, and sometimes for ever, that it runs. Not a recurring job: Hangfire's tables may be emptied and nothing is lost.</summary>
public sealed class WorkDispatcher(LabDatabase database, IEnumerable<DispatchedWork> works, IBackgroundJobClient jobs, JobStorage storage, AnalysisSignal signal, ILogger<WorkDispatcher> logger)
    : BackgroundService
{
    private readonly DispatchedWork[] all = [.. works];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var queued = signal.NextQueued;
            var busy = false;
            try
            {
                foreach (var work in await ClaimableAsync(stoppingToken))
                {
                    busy = true;
                    if (storage.GetMonitoringApi().EnqueuedCount(work.Queue) == 0) work.Enqueue(jobs);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // The database or Hangfire's storage is away; the next look finds what this one missed.
                DispatchLog.Missed(logger, e);
            }
            try
            {
                await AnalysisSignal.WaitAsync(busy ? Task.Delay(250, stoppingToken) : queued, TimeSpan.FromSeconds(busy ? 0.25 : 5), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
        }
    }

    private async Task<List<DispatchedWork>> ClaimableAsync(CancellationToken cancellation)
    {
        await using var command = database.Worker.CreateCommand($"SELECT ARRAY[{string.Join(", ", all.Select(w => $"EXISTS ({w.Claimable})"))}]");
        var claimable = (bool[])(await command.ExecuteScalarAsync(cancellation))!;
        return [.. all.Where((_, i) => claimable[i])];
    }
}

internal static partial class DispatchLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for work failed; trying again")]
    public static partial void Missed(ILogger logger, Exception exception);
}
