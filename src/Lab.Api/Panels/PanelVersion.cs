namespace Lab.Api.Panels;

/// <summary>A version of a panel of the lab's own. A draft is tried and replaced; once published it is frozen: the database refuses to change it.</summary>
public sealed class PanelVersion
{
    public const string Draft = "draft", Published = "published";

    public required string Id { get; init; }
    public required int Version { get; init; }
    /// <summary>draft or published.</summary>
    public required string Status { get; set; }
    /// <summary>SHA-256 of its JSON, completed from its base.</summary>
    public required string Digest { get; set; }
    /// <summary>That JSON, gzip.</summary>
    public required byte[] Content { get; set; }
    /// <summary>How often each rule makes a finding in the people of each cohort (JSON).</summary>
    public required string Rates { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    /// <summary>The key that sent it.</summary>
    public required string CreatedBy { get; set; }
    public DateTimeOffset? PublishedAt { get; set; }
}
