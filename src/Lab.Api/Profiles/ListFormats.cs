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

/// <summary>How a sample is measured.</summary>
public sealed record AssayDetails
{
    public required string Id { get; init; }
    /// <summary>shotgun or amplicon.</summary>
    public required string Platform { get; init; }
    public required string? Region { get; init; }
    public required string Profiler { get; init; }
    public required string DatabaseFamily { get; init; }
    public required IReadOnlyList<string> Kingdoms { get; init; }
    public required string Unit { get; init; }
    /// <summary>The rank at which diversity is computed.</summary>
    public required string LowestRank { get; init; }
    public required long MinimumReads { get; init; }
    public required double? UnclassifiedLimit { get; init; }
    /// <summary>The formats whose uploads default to it.</summary>
    public required IReadOnlyList<string> Formats { get; init; }
}

/// <summary>Lists the assays.</summary>
public static class ListAssays
{
    public static Ok<Page<AssayDetails>> Get() => TypedResults.Ok(new Page<AssayDetails>
    {
        Items = [.. Assay.Shipped.Select(assay => new AssayDetails
    {
        Id = assay.Id,
        Platform = Names.Of(assay.Platform),
        Region = assay.Region,
        Profiler = assay.Profiler,
        DatabaseFamily = assay.DatabaseFamily,
        Kingdoms = assay.Kingdoms,
        Unit = Names.Of(assay.Unit),
        LowestRank = Names.Of(assay.LowestRank),
        MinimumReads = assay.MinimumReads,
        UnclassifiedLimit = assay.UnclassifiedLimit,
        Formats = assay.Formats,
    })]
    });
}
