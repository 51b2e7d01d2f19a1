using Lab.Microbiome.Profiles;
using Lab.Microbiome.Profiles.Formats;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Profiles;

/// <summary>A page of a list.</summary>
public sealed record Page<T>
{
    public required IReadOnlyList<T> Items { get; init; }
    /// <summary>The cursor of the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>Lists the formats.</summary>
public static class ListFormats
{
    public static Ok<Page<ProfileFormat>> Get() => TypedResults.Ok(new Page<ProfileFormat> { Items = ProfileFormats.All });
}
