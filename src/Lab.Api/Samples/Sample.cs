using Lab.Api.Profiles;
using Lab.Api.Reports;

namespace Lab.Api.Samples;

/// <summary>A specimen by its accession, unique in the lab and compared exactly.</summary>
public sealed class Sample
{
    public required Guid Id { get; init; }
    public required string Accession { get; init; }
    /// <summary>Whose it is; null: only the lab sees it. Once set, only <c>clients:admin</c> changes it.</summary>
    public string? PartnerId { get; init; }
    /// <summary>The lab's pseudonym of a person, never a name.</summary>
    public string? Subject { get; set; }
    public DateTimeOffset? CollectedAt { get; set; }
    public DateTimeOffset? ReceivedAt { get; set; }
    public short? BristolScale { get; set; }
    /// <summary>Symptoms, red flags, diagnoses, medication as codes (JSON).</summary>
    public string? Context { get; set; }
    /// <summary>The sample of the same specimen that it repeats; null where nobody said so.</summary>
    public Guid? ReplicateOf { get; set; }
    /// <summary>Whether the person agreed that the profile may stand in a reference cohort; null: nobody asked.</summary>
    public bool? Consent { get; set; }
    /// <summary>female, male or other; null: not known.</summary>
    public string? Sex { get; set; }
    /// <summary>Of the person when the specimen was taken, in whole years.</summary>
    public short? AgeYears { get; set; }
    public DateTimeOffset RegisteredAt { get; init; }
    public DateTimeOffset? RejectedAt { get; set; }
    /// <summary>Why it was rejected, as a code.</summary>
    public string? Rejection { get; set; }
    public string? RejectionNote { get; set; }
    /// <summary>When all that is known of the person was erased.</summary>
    public DateTimeOffset? ErasedAt { get; set; }
    /// <summary>Counts the changes; the ETag of the sample.</summary>
    public int Revision { get; set; }
    public List<Profile> Profiles { get; } = [];
    public List<Report> Reports { get; } = [];
}
