using Lab.Api.Samples;

namespace Lab.Api.Reports;

/// <summary>One version of a series (sample and assay). Written once; the database refuses to change it.</summary>
public sealed class Report
{
    public required Guid Id { get; init; }
    public required Guid SampleId { get; init; }
    public Sample? Sample { get; init; }
    public string? PartnerId { get; init; }
    public required Guid ProfileId { get; init; }
    public required Guid AnalysisId { get; init; }
    public required string Assay { get; init; }
    public required int Version { get; init; }
    /// <summary>preliminary, final, amended, corrected, entered-in-error.</summary>
    public required string Status { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required string Panel { get; init; }
    public string? Cohort { get; init; }
    public required string Quality { get; init; }
    public required string Digest { get; init; }
    /// <summary>First 16 hex digits of the document's SHA-256.</summary>
    public required string Etag { get; init; }
    /// <summary>The JSON document, gzip.</summary>
    public required byte[] Document { get; init; }
}
