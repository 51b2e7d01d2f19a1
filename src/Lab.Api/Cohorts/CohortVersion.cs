namespace Lab.Api.Cohorts;

/// <summary>A version of a cohort of the lab's own. Once published it is frozen: the database refuses to change it.</summary>
public sealed class CohortVersion
{
    /// <summary>A version that is built is failed where its task is.</summary>
    public const string Building = "building", Published = "published", Failed = "failed";

    public required string Id { get; init; }
    public required int Version { get; init; }
    /// <summary>building or published.</summary>
    public required string Status { get; set; }
    /// <summary>What it says of itself (JSON), without its distributions.</summary>
    public required string Summary { get; set; }
    /// <summary>What it is to be built of (JSON); null for an uploaded table.</summary>
    public string? Request { get; init; }
    /// <summary>How many people.</summary>
    public int N { get; set; }
    /// <summary>SHA-256 of the file.</summary>
    public string? Digest { get; set; }
    /// <summary>The file, gzip.</summary>
    public byte[]? Content { get; set; }
    /// <summary>Builds it; null for an uploaded table.</summary>
    public Guid? TaskId { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>The key that asked for it.</summary>
    public required string CreatedBy { get; init; }
    public DateTimeOffset? PublishedAt { get; set; }
}

/// <summary>Whose profile a cohort was made of: one of each person. It never leaves the lab; who is erased leaves it.</summary>
public sealed class CohortMember
{
    public required string CohortId { get; init; }
    public required int Version { get; init; }
    public required Guid ProfileId { get; init; }
    public required Guid SampleId { get; init; }
}
