namespace Lab.Client;

/// <summary>A version of a report without its content.</summary>
public sealed record ReportSummary
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The sample's name in the lab.</summary>
    public required string Accession { get; init; }
    /// <summary>The assay of the series.</summary>
    public required string Assay { get; init; }
    /// <summary>From 1 in the series of a sample and assay.</summary>
    public required int Version { get; init; }
    /// <summary><c>preliminary</c>, <c>final</c>, <c>amended</c>, <c>corrected</c> or <c>entered-in-error</c>.</summary>
    public required string Status { get; init; }
    /// <summary>When it was written.</summary>
    public required DateTimeOffset IssuedAt { get; init; }
    /// <summary>The version released before it.</summary>
    public Guid? Replaces { get; init; }
    /// <summary>Why it was made, such as <c>new-profile</c> or <c>release</c>; null on the first.</summary>
    public string? Because { get; init; }
    /// <summary>The reason code of an amendment or withdrawal.</summary>
    public string? Reason { get; init; }
    /// <summary>The rules that it was made with.</summary>
    public required string Panel { get; init; }
    /// <summary>The cohort that it was compared with.</summary>
    public string? Cohort { get; init; }
    /// <summary><c>pass</c>, <c>warn</c> or <c>fail</c>.</summary>
    public required string Quality { get; init; }
    /// <summary>The codes of its findings.</summary>
    public required IReadOnlyList<string> Findings { get; init; }
    /// <summary>SHA-256 of its content.</summary>
    public required string Digest { get; init; }
    /// <summary>What <c>If-Match</c> asks for, without quotes.</summary>
    public required string Etag { get; init; }
}

/// <summary>Whether a stored report is what was written.</summary>
/// <param name="Intact">The stored bytes are those that the audit trail recorded.</param>
/// <param name="Reproduced">Computed again from its source with what was pinned, it has the same digest.</param>
/// <param name="Digest">The recorded digest.</param>
public sealed record ReportVerification(bool Intact, bool Reproduced, string Digest);

/// <summary>What to interpret again: exactly one of <see cref="Accession"/>, <see cref="ProfileId"/>, <see cref="Subject"/>, <see cref="All"/>.</summary>
public sealed record AnalysisRequest
{
    /// <summary>The current profile of each assay of this sample.</summary>
    public string? Accession { get; init; }
    /// <summary>This profile; it becomes the current one.</summary>
    public Guid? ProfileId { get; init; }
    /// <summary>All samples of this subject.</summary>
    public string? Subject { get; init; }
    /// <summary>True: all samples.</summary>
    public bool? All { get; init; }
    /// <summary>The rules, as <c>id@version</c>.</summary>
    public string? Panel { get; init; }
    /// <summary>The cohort, as <c>id@version</c>.</summary>
    public string? Cohort { get; init; }
}

/// <summary>What was queued.</summary>
/// <param name="Count">How many analyses.</param>
/// <param name="Items">The first 200 of them.</param>
public sealed record AnalysesQueued(int Count, IReadOnlyList<QueuedAnalysis> Items);

/// <summary>One queued analysis.</summary>
/// <param name="AnalysisId">To follow it.</param>
/// <param name="Accession">The sample's name in the lab.</param>
/// <param name="ProfileId">What is interpreted.</param>
/// <param name="Assay">The assay of the series.</param>
public sealed record QueuedAnalysis(Guid AnalysisId, string Accession, Guid ProfileId, string Assay);
