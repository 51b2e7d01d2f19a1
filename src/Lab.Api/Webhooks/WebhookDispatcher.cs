using Hangfire;
using Lab.Api.Hosting;
using Lab.Api.Storage;

namespace Lab.Api.Webhooks;

/// <summary>Sees that a Hangfire job delivers whenever something is due. Not a recurring job: Hangfire's tables may be emptied and nothing is lost.</summary>
public sealed class WebhookDispatcher(LabDatabase database, IBackgroundJobClient jobs, JobStorage storage, ILogger<WebhookDispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause);
        try
        {
            do
            {
                try
                {
                    if (await IsDueAsync(stoppingToken) && storage.GetMonitoringApi().EnqueuedCount(DeliverWebhooks.Queue) == 0) jobs.Enqueue<DeliverWebhooks>(job => job.RunAsync(CancellationToken.None));
                }
                catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
                {
                    // The database or Hangfire's storage is away; the next look finds what this one missed.
                    WebhookLog.Missed(logger, e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
    }

    private async Task<bool> IsDueAsync(CancellationToken cancellation)
    {
        await using var command = database.Worker.CreateCommand("""
            SELECT EXISTS (SELECT FROM lab.delivery d JOIN lab.webhook w ON w.id = d.webhook_id
                WHERE d.status = 'pending' AND d.due_at <= clock_timestamp() AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp()) AND w.disabled_at IS NULL)
            """);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}

internal static partial class WebhookLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for deliveries that are due failed; trying again")]
    public static partial void Missed(ILogger logger, Exception exception);
}
