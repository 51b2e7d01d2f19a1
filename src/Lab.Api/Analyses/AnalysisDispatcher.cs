using Hangfire;
using Lab.Api.Hosting;
using Lab.Api.Storage;

namespace Lab.Api.Analyses;

/// <summary>Sees that a Hangfire job drains whenever rows can be claimed. Not a recurring job: Hangfire's tables may be emptied and nothing is lost.</summary>
public sealed class AnalysisDispatcher(LabDatabase database, IBackgroundJobClient jobs, JobStorage storage, AnalysisSignal signal, ILogger<AnalysisDispatcher> logger)
    : BackgroundService
{
    /// <summary>Drains that may wait or run at once: more would only compete for the same cores.</summary>
    private const int Enough = 2;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var queued = signal.NextQueued;
            var busy = false;
            try
            {
                busy = await ClaimableAsync(stoppingToken);
                if (busy) EnqueueUnlessEnough();
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

    private async Task<bool> ClaimableAsync(CancellationToken cancellation)
    {
        await using var command = database.Worker.CreateCommand(
            "SELECT EXISTS (SELECT FROM lab.analysis WHERE status = 'queued' OR (status = 'running' AND lease_until < clock_timestamp()))");
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private void EnqueueUnlessEnough()
    {
        if (storage.Open<AnalyzeQueued>(AnalyzeQueued.Queue) < Enough) jobs.Enqueue<AnalyzeQueued>(job => job.RunAsync(CancellationToken.None));
    }
}

internal static partial class DispatchLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for queued analyses failed; trying again")]
    public static partial void Missed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Analysis {Analysis} failed")]
    public static partial void Failed(ILogger logger, Exception exception, Guid analysis);
}
