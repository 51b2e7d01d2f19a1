namespace Lab.Api.Analyses;

/// <summary>Wakes this node: that something was queued, or that something is done. Losing a signal loses time, never work: both sides look again by themselves.</summary>
public sealed class AnalysisSignal
{
    private TaskCompletionSource queued = New(), done = New();

    public void Queued() => Interlocked.Exchange(ref queued, New()).TrySetResult();
    public void Done() => Interlocked.Exchange(ref done, New()).TrySetResult();

    /// <summary>Completes at the next <see cref="Queued"/>; take it before looking.</summary>
    public Task NextQueued => Volatile.Read(ref queued).Task;
    /// <summary>Completes at the next <see cref="Done"/>; take it before looking.</summary>
    public Task NextDone => Volatile.Read(ref done).Task;

    public static async Task WaitAsync(Task signal, TimeSpan atMost, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(signal, Task.Delay(atMost, stop.Token));
        await stop.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
