namespace Lab.Api.Events;

/// <summary>Something happened to a sample that its partner or the lab waits for. Written in the transaction that makes it; ids only.</summary>
public sealed class SampleEvent
{
    public const string Released = "report.released", Amended = "report.amended", Corrected = "report.corrected", Withdrawn = "report.withdrawn", AnalysisFailed = "analysis.failed",
        SampleRejected = "sample.rejected";

    /// <summary>The types, as webhooks name them.</summary>
    public static readonly string[] Types = [Released, Amended, Corrected, Withdrawn, AnalysisFailed, SampleRejected];

    /// <summary>The <c>webhook-id</c> of its deliveries is made of it.</summary>
    public required Guid Id { get; init; }
    /// <summary>In the order of writing.</summary>
    public long Ordinal { get; init; }
    /// <summary>In the order of commits; null until the sealer gave it one.</summary>
    public long? Number { get; set; }
    public required string Type { get; init; }
    public DateTimeOffset At { get; init; }
    public required Guid SampleId { get; init; }
    public string? PartnerId { get; init; }
    public Guid? ReportId { get; init; }
    public int? Version { get; init; }
    /// <summary>Written again for a partner that got the sample later: the lab has seen it.</summary>
    public bool Repeated { get; init; }
}
