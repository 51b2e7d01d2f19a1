namespace Lab.Client;

/// <summary>What the lab registers of a specimen; all of it optional.</summary>
public sealed record SampleRegistration
{
    /// <summary>The lab's pseudonym of the person, never a name.</summary>
    public string? Subject { get; init; }
    /// <summary>The partner whose sample it is. Once set, only a key with <c>clients:admin</c> changes it.</summary>
    public string? Partner { get; init; }
    /// <summary>When the specimen was taken.</summary>
    public DateTimeOffset? CollectedAt { get; init; }
    /// <summary>When the lab received it.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }
    /// <summary>Bristol stool scale, 1 to 7.</summary>
    public int? BristolScale { get; init; }
    /// <summary>What stands beside the result; it never changes a number or a finding.</summary>
    public SampleContext? Context { get; init; }
    /// <summary>The accession of a sample of the same specimen and partner that this one repeats.</summary>
    public string? ReplicateOf { get; init; }
    /// <summary>Whether the person agreed that the profile may be one of a reference cohort's.</summary>
    public bool? Consent { get; init; }
    /// <summary><c>female</c>, <c>male</c> or <c>other</c>.</summary>
    public string? Sex { get; init; }
    /// <summary>Of the person when the specimen was taken, in whole years.</summary>
    public int? AgeYears { get; init; }
}

/// <summary>Codes of what is known of the person.</summary>
public sealed record SampleContext
{
    /// <summary>Such as <c>bloating</c>.</summary>
    public IReadOnlyList<string>? Symptoms { get; init; }
    /// <summary>Such as <c>rectal-bleeding</c>.</summary>
    public IReadOnlyList<string>? RedFlags { get; init; }
    /// <summary>Such as <c>ibd-crohn</c>.</summary>
    public IReadOnlyList<string>? Diagnoses { get; init; }
    /// <summary>Such as <c>antibiotics-3-months</c>.</summary>
    public IReadOnlyList<string>? Medication { get; init; }
}

/// <summary>A sample with its profiles and its current report.</summary>
public sealed record Sample
{
    /// <summary>Its name, unique in the lab.</summary>
    public required string Accession { get; init; }
    /// <summary>The lab's pseudonym of the person.</summary>
    public string? Subject { get; init; }
    /// <summary>The partner whose sample it is; null: only the lab sees it.</summary>
    public string? Partner { get; init; }
    /// <summary>When the specimen was taken.</summary>
    public DateTimeOffset? CollectedAt { get; init; }
    /// <summary>When the lab received it.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }
    /// <summary>Bristol stool scale, 1 to 7.</summary>
    public int? BristolScale { get; init; }
    /// <summary>What stands beside the result.</summary>
    public SampleContext? Context { get; init; }
    /// <summary>The accession of the sample that this one repeats.</summary>
    public string? ReplicateOf { get; init; }
    /// <summary>Whether the person agreed that the profile may be one of a reference cohort's.</summary>
    public bool? Consent { get; init; }
    /// <summary><c>female</c>, <c>male</c> or <c>other</c>.</summary>
    public string? Sex { get; init; }
    /// <summary>Of the person when the specimen was taken, in whole years.</summary>
    public int? AgeYears { get; init; }
    /// <summary><c>registered</c>, <c>analysing</c>, <c>reported</c>, <c>rejected</c> or <c>erased</c>.</summary>
    public required string Status { get; init; }
    /// <summary>When the lab first heard of it.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }
    /// <summary>Why it was rejected; null when it was not.</summary>
    public SampleRejection? Rejection { get; init; }
    /// <summary>What was uploaded for it, oldest first.</summary>
    public required IReadOnlyList<SampleProfile> Profiles { get; init; }
    /// <summary>The current report; null while there is none that the caller may read.</summary>
    public SampleReport? Report { get; init; }
}

/// <summary>Which samples to list; all of it optional.</summary>
public sealed record SampleFilter
{
    /// <summary>Of this person.</summary>
    public string? Subject { get; init; }
    /// <summary><c>registered</c>, <c>analysing</c>, <c>reported</c>, <c>rejected</c> or <c>erased</c>.</summary>
    public string? Status { get; init; }
    /// <summary>Collected at this time or later.</summary>
    public DateTimeOffset? CollectedFrom { get; init; }
    /// <summary>Collected at this time or earlier.</summary>
    public DateTimeOffset? CollectedTo { get; init; }
}

/// <summary>A sample in a list.</summary>
/// <param name="Accession">Its name, unique in the lab.</param>
/// <param name="Subject">The lab's pseudonym of the person.</param>
/// <param name="Partner">The partner whose sample it is; null: only the lab sees it.</param>
/// <param name="CollectedAt">When the specimen was taken.</param>
/// <param name="ReceivedAt">When the lab received it.</param>
/// <param name="Status"><c>registered</c>, <c>analysing</c>, <c>reported</c>, <c>rejected</c> or <c>erased</c>.</param>
/// <param name="RegisteredAt">When the lab first heard of it.</param>
/// <param name="Report">The current report; null while there is none that the caller may read.</param>
public sealed record SampleSummary(string Accession, string? Subject, string? Partner, DateTimeOffset? CollectedAt, DateTimeOffset? ReceivedAt, string Status, DateTimeOffset RegisteredAt,
    SampleReport? Report);

/// <summary>A profile of a sample, without its taxa.</summary>
/// <param name="ProfileId">Its id.</param>
/// <param name="Assay">How it was measured.</param>
/// <param name="Format">What the file was.</param>
/// <param name="TotalReads">Null where the file cannot say.</param>
/// <param name="Taxa">Rows of the normalised profile.</param>
/// <param name="ReceivedAt">When it was uploaded.</param>
public sealed record SampleProfile(Guid ProfileId, string Assay, string Format, long? TotalReads, int Taxa, DateTimeOffset ReceivedAt);

/// <summary>Which report of a sample is current.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version in the series of the sample and assay.</param>
/// <param name="Status"><c>preliminary</c>, <c>final</c>, <c>amended</c>, <c>corrected</c> or <c>entered-in-error</c>.</param>
/// <param name="Assay">The assay of the series.</param>
public sealed record SampleReport(Guid Id, int Version, string Status, string Assay);

/// <summary>Why the lab does not analyse a specimen.</summary>
/// <param name="Reason">A code.</param>
/// <param name="Note">In somebody's words.</param>
/// <param name="RejectedAt">When.</param>
public sealed record SampleRejection(string Reason, string? Note, DateTimeOffset RejectedAt);
