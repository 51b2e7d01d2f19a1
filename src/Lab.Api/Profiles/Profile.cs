using Lab.Api.Analyses;
using Lab.Api.Samples;

namespace Lab.Api.Profiles;

/// <summary>One accepted upload: the bytes as they came and the normalised profile. Written once.</summary>
public sealed class Profile
{
    public required Guid Id { get; init; }
    public required Guid SampleId { get; init; }
    public Sample? Sample { get; init; }
    public string? PartnerId { get; init; }
    public required string Assay { get; init; }
    public required string Format { get; init; }
    public required string Unit { get; init; }
    /// <summary>SHA-256 of the content after all decoding.</summary>
    public required byte[] Sha256 { get; init; }
    /// <summary>SHA-256 of the normalised profile.</summary>
    public required byte[] NormalisedSha256 { get; init; }
    public long? TotalReads { get; init; }
    public double? UnclassifiedFraction { get; init; }
    /// <summary>Rows of the normalised profile.</summary>
    public int Taxa { get; init; }
    public required string Warnings { get; init; }
    /// <summary>The normalised profile, packed.</summary>
    public required byte[] Packed { get; init; }
    /// <summary>The content as it came, compressed.</summary>
    public required byte[] Source { get; init; }
    public DateTimeOffset ReceivedAt { get; init; }
    public List<Analysis> Analyses { get; } = [];
}
