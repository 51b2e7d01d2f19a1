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
    /// <summary>Null for a version that a person made: release, amend, withdraw.</summary>
    public Guid? AnalysisId { get; init; }
    public required string Assay { get; init; }
    public required int Version { get; init; }
    /// <summary>preliminary, final, amended, corrected, entered-in-error.</summary>
    public required string Status { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    /// <summary>The version released before it.</summary>
    public Guid? Replaces { get; init; }
    /// <summary>new-profile, sample-changed, re-interpreted, release, amend, withdraw; null: the first.</summary>
    public string? Because { get; init; }
    /// <summary>The reason code of an amendment or withdrawal, also on the release of one.</summary>
    public string? Reason { get; init; }
    /// <summary>The key that released, amended or withdrew; null: an analysis.</summary>
    public string? SignedBy { get; init; }
    public required string Panel { get; init; }
    public string? Cohort { get; init; }
    public required string Quality { get; init; }
    /// <summary>The codes of its findings.</summary>
    public required string[] Findings { get; init; }
    /// <summary>What it was computed from and does not print (JSON): assay, context, whether another sample has the same bytes.</summary>
    public required string Inputs { get; init; }
    public required string Digest { get; init; }
    /// <summary>First 16 hex digits of the document's SHA-256.</summary>
    public required string Etag { get; init; }
    /// <summary>The JSON document, gzip.</summary>
    public required byte[] Document { get; init; }
}
