namespace Lab.Api.Profiles;

/// <summary>An assay of the lab's own, beside those that ship.</summary>
public sealed class LabAssay
{
    public required string Id { get; init; }
    /// <summary>The assay as JSON.</summary>
    public required string Definition { get; set; }
    /// <summary>Counts the changes; the ETag of the assay.</summary>
    public int Revision { get; set; }
    public DateTimeOffset ChangedAt { get; set; }
}
