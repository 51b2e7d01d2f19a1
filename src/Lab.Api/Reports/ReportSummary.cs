namespace Lab.Api.Reports;

/// <summary>A version of a report without its content.</summary>
public sealed record ReportSummary
{
    public required Guid Id { get; init; }
    public required string Accession { get; init; }
    public required string Assay { get; init; }
    public required int Version { get; init; }
    /// <summary>preliminary, final, amended, corrected or entered-in-error.</summary>
    public required string Status { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    /// <summary>The version released before it.</summary>
    public required Guid? Replaces { get; init; }
    /// <summary>Why it was made; null on the first.</summary>
    public required string? Because { get; init; }
    /// <summary>The reason code of an amendment or withdrawal.</summary>
    public required string? Reason { get; init; }
    public required string Panel { get; init; }
    public required string? Cohort { get; init; }
    /// <summary>pass, warn or fail.</summary>
    public required string Quality { get; init; }
    /// <summary>The codes of its findings.</summary>
    public required IReadOnlyList<string> Findings { get; init; }
    public required string Digest { get; init; }
    /// <summary>For <c>If-Match</c>, in double quotes.</summary>
    public required string Etag { get; init; }
    [System.Text.Json.Serialization.JsonIgnore] public Guid SampleId { get; init; }
}
