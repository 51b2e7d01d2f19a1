using Hangfire;
using Lab.Api.Analyses;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Npgsql;

namespace Lab.Api.Tasks;

/// <summary>The Hangfire job: claims one task after the other under a lease and has its handler do it. It may be killed or wake up late: only the holder of the lease token
/// keeps anything, and a run that was killed is begun anew elsewhere when its lease has run out.</summary>
public sealed class RunTasks(LabDatabase database, IServiceScopeFactory scopes, AnalysisSignal signal, IConfiguration configuration, ILogger<RunTasks> logger)
{
    public const string Queue = "tasks";
    private const int Attempts = 3;
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(3);

    /// <summary>How the dispatcher finds it.</summary>
    public static readonly DispatchedWork Work = new(Queue, 2, "SELECT FROM lab.task WHERE status = 'queued' OR (status = 'running' AND lease_until < clock_timestamp())",
        jobs => jobs.Enqueue<RunTasks>(job => job.RunAsync(CancellationToken.None)));

    private readonly TimeSpan keep = TimeSpan.FromDays(configuration.GetValue("Tasks:KeepDays", 7.0));

    [Queue(Queue), AutomaticRetry(Attempts = 0), System.ComponentModel.DisplayName("Do a long task")]
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && await ClaimAsync(cancellation) is { } run)
        {
            if (run.Attempt > Attempts) await run.FailAsync(LongTask.CrashedTheWorker, cancellation);
            else await ExecuteAsync(run, cancellation);
            signal.Done();
        }
    }

    private async Task ExecuteAsync(TaskRun run, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var renewing = RenewAsync(run, stop);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var handler = scope.ServiceProvider.GetServices<ITaskHandler>().Single(h => h.Kind == run.Kind);
            await handler.RunAsync(run, stop.Token);
            if (!run.HasSucceeded) await run.SucceedAsync(stop.Token);
        }
        catch (TaskLostException) { }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A node that is told to stop gives back what it holds; the lease would end by itself, later.
            if (cancellation.IsCancellationRequested) await run.GiveBackAsync(CancellationToken.None);
        }
        catch (ProblemException e)
        {
            await run.FailAsync(e.Code.Code, cancellation);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            TaskLog.Failed(logger, e, run.Kind, run.Id, run.Attempt);
            await run.FailAsync(run.Attempt >= Attempts ? LongTask.Internal : null, cancellation);
        }
        finally
        {
            await stop.CancelAsync();
            await renewing;
        }
    }

    /// <summary>Keeps the lease while the handler works, whatever it does; stops the handler when it is lost.</summary>
    private async Task RenewAsync(TaskRun run, CancellationTokenSource stop)
    {
        while (true)
        {
            try
            {
                await Task.Delay(Renewal, stop.Token);
                if (await run.RenewAsync(stop.Token) || run.HasSucceeded) continue;
                await stop.CancelAsync();
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException e)
            {
                // The database is away; what is written under a lease that ran out is not kept.
                TaskLog.NotRenewed(logger, e, run.Id);
            }
        }
    }

    /// <summary>The oldest of whoever has least running, so that one partner's many do not hold up another's one. Parts of a run before are gone with the claim.</summary>
    private async Task<TaskRun?> ClaimAsync(CancellationToken cancellation)
    {
        var token = Guid.CreateVersion7();
        await using var command = database.Worker.CreateCommand("""
            WITH c AS MATERIALIZED (
                SELECT id FROM lab.task q WHERE status = 'queued' OR (status = 'running' AND lease_until < clock_timestamp())
                ORDER BY (SELECT count(*) FROM lab.task o WHERE o.status = 'running' AND o.partner_id IS NOT DISTINCT FROM q.partner_id), created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED),
            emptied AS (DELETE FROM lab.task_part p USING c WHERE p.task_id = c.id)
            UPDATE lab.task t SET status = 'running', attempts = t.attempts + 1, done = 0, total = NULL, started_at = COALESCE(t.started_at, clock_timestamp()),
                lease_token = $1, lease_until = clock_timestamp() + $2
            FROM c WHERE t.id = c.id RETURNING t.id, t.kind, t.request::text, t.client, t.partner_id, t.attempts, t.created_at
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = token }, new() { Value = TaskRun.Lease } });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return null;
        var caller = new Caller(reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4), new HashSet<string>());
        return new TaskRun(database, reader.GetGuid(0), token, reader.GetString(1), reader.GetString(2), caller, reader.GetFieldValue<DateTimeOffset>(6), reader.GetInt32(5), keep);
    }
}

internal static partial class TaskLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The {Kind} {Task} failed at attempt {Attempt}")]
    public static partial void Failed(ILogger logger, Exception exception, string kind, Guid task, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of the task {Task} was not renewed; trying again")]
    public static partial void NotRenewed(ILogger logger, Exception exception, Guid task);
}
