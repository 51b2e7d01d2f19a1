namespace Lab.Api.Partners;

/// <summary>Who reads reports of its own samples.</summary>
public sealed class Partner
{
    public required string Id { get; init; }
    public required string Name { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>Counts its changes.</summary>
    public int Revision { get; set; }
}
