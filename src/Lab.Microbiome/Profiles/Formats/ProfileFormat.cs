using System.Collections.Immutable;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What a client is told about a format.</summary>
/// <param name="Id">e.g. <c>kraken2-report</c>.</param>
/// <param name="Name">The name that people use.</param>
/// <param name="Description">What a file of it looks like.</param>
/// <param name="Units">The units that it can hold.</param>
/// <param name="DefaultAssay">The assay of an upload that names none; null where the sender must say.</param>
/// <param name="Example">A line of such a file.</param>
public sealed record ProfileFormat(string Id, string Name, string Description, ImmutableArray<AbundanceUnit> Units, string? DefaultAssay, string Example);
