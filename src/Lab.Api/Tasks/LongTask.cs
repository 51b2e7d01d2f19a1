namespace Lab.Api.Tasks;

/// <summary>A piece of long work that somebody asked for, and the truth about it: Hangfire executes, this row decides.</summary>
public sealed class LongTask
{
    public required Guid Id { get; init; }
    /// <summary>Which <see cref="ITaskHandler"/> does it, such as <c>export</c>.</summary>
    public required string Kind { get; init; }
    /// <summary>Whose it is, and with whose rights it reads; null: the lab's.</summary>
    public string? PartnerId { get; init; }
    /// <summary>The key that asked.</summary>
    public required string Client { get; init; }
    /// <summary>What was asked: ids and codes, no personal data.</summary>
    public required string Request { get; init; }
    /// <summary>queued, running, succeeded, failed, cancelled.</summary>
    public required string Status { get; set; }
    public long Done { get; set; }
    public long? Total { get; set; }
    /// <summary>Runs that were begun and not ended in order: three, and the next one is not begun.</summary>
    public int Attempts { get; set; }
    /// <summary>What came of it, beside the parts.</summary>
    public string? Result { get; set; }
    /// <summary>A code: why it failed, or why its parts are gone (<see cref="Erased"/>, <see cref="Expired"/>).</summary>
    public string? Error { get; set; }
    /// <summary>Fencing: only the holder of this token writes parts or ends it.</summary>
    public Guid? LeaseToken { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>When its parts go.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }
    /// <summary>When its parts went.</summary>
    public DateTimeOffset? EmptiedAt { get; set; }

    public const string Queued = "queued", Running = "running", Succeeded = "succeeded", Failed = "failed", Cancelled = "cancelled";
    public const string Erased = "erased", Expired = "expired", CrashedTheWorker = "crashed-the-worker", Internal = "internal";
    public static readonly string[] Statuses = [Queued, Running, Succeeded, Failed, Cancelled];
}

/// <summary>A part of what a task made. One after the other they are one gzip member.</summary>
public sealed class TaskPart
{
    public required Guid TaskId { get; init; }
    public string? PartnerId { get; init; }
    public required int N { get; init; }
    /// <summary>The samples whose data first stand in this part: an erasure finds the task by them.</summary>
    public required Guid[] Samples { get; init; }
    public required byte[] Bytes { get; init; }
}
