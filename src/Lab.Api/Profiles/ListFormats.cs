using Lab.Microbiome.Profiles;
using Lab.Microbiome.Profiles.Formats;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Profiles;

/// <summary>All that is understood; no cursor, because the list is short.</summary>
public sealed record Page<T>
{
    public required IReadOnlyList<T> Items { get; init; }
    /// <summary>Always null: there is one page.</summary>
    public string? Next => null;
}

/// <summary>Lists the formats.</summary>
public static class ListFormats
{
    public static Ok<Page<ProfileFormat>> Get() => TypedResults.Ok(new Page<ProfileFormat> { Items = ProfileFormats.All });
}
