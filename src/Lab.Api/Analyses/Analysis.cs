using Lab.Api.Profiles;

namespace Lab.Api.Analyses;

/// <summary>A piece of work and the truth about it: Hangfire executes, this row decides.</summary>
public sealed class Analysis
{
    public required Guid Id { get; init; }
    public required Guid ProfileId { get; init; }
    public Profile? Profile { get; init; }
    public required Guid SampleId { get; init; }
    public string? PartnerId { get; init; }
    public required string Panel { get; init; }
    /// <summary>The wanted cohort; null: the one that fits the assay best.</summary>
    public string? Cohort { get; init; }
    /// <summary>Why it was asked for: upload, sample-changed, re-interpreted.</summary>
    public required string Cause { get; init; }
    /// <summary>queued, running, succeeded, failed, cancelled.</summary>
    public required string Status { get; set; }
    public int Attempts { get; set; }
    /// <summary>Leases that ran out while the row was claimed alone: three, and it is poison.</summary>
    public int Crashes { get; set; }
    /// <summary>Fencing: only the holder of this token may publish.</summary>
    public Guid? LeaseToken { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }
    /// <summary>Whether the running lease holds this row alone.</summary>
    public bool LeasedAlone { get; set; }
    public DateTimeOffset QueuedAt { get; init; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public Guid? ReportId { get; set; }
    public string? Error { get; set; }
}
