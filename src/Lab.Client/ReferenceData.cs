namespace Lab.Client;

/// <summary>A taxon of the shipped taxonomy.</summary>
/// <param name="Taxid">NCBI taxid.</param>
/// <param name="Name">The current name.</param>
/// <param name="FormerNames">Other names that it is or was known by.</param>
/// <param name="Rank"><c>domain</c> … <c>species</c>.</param>
/// <param name="Lineage">Its ancestors and itself.</param>
/// <param name="Warning">What to know when using it.</param>
public sealed record Taxon(long Taxid, string Name, IReadOnlyList<string> FormerNames, string Rank, string Lineage, string? Warning);

/// <summary>What a name means.</summary>
/// <param name="Submitted">The name as it was sent.</param>
/// <param name="Taxid">NCBI taxid; null where the name is not known or means several taxa.</param>
/// <param name="Name">The current name, else the submitted one without prefixes.</param>
/// <param name="FormerNames">Other names that it is or was known by.</param>
/// <param name="Rank"><c>domain</c> … <c>strain</c>, or <c>none</c>.</param>
/// <param name="Lineage">Its ancestors and itself; of an unknown name the known ancestors.</param>
/// <param name="Warning"><c>name-unresolved</c>, <c>name-ambiguous</c>, <c>name-approximate</c>, or null.</param>
public sealed record ResolvedTaxon(string Submitted, long? Taxid, string Name, IReadOnlyList<string> FormerNames, string Rank, string Lineage, string? Warning);

/// <summary>A format that uploads may have.</summary>
/// <param name="Id">e.g. <c>kraken2-report</c>.</param>
/// <param name="Name">The name that people use.</param>
/// <param name="Description">What a file of it looks like.</param>
/// <param name="DefaultAssay">The assay of an upload that names none; null where the sender must say.</param>
public sealed record ProfileFormat(string Id, string Name, string Description, string? DefaultAssay);

/// <summary>How samples are measured.</summary>
public sealed record Assay
{
    /// <summary>e.g. <c>shotgun-kraken2</c>.</summary>
    public required string Id { get; init; }
    /// <summary><c>shotgun</c> or <c>amplicon</c>.</summary>
    public required string Platform { get; init; }
    /// <summary>The amplified region; null for shotgun.</summary>
    public string? Region { get; init; }
    /// <summary>What made the profile, with its major version.</summary>
    public required string Profiler { get; init; }
    /// <summary>The family of its reference database.</summary>
    public required string DatabaseFamily { get; init; }
    /// <summary>What can be seen: Bacteria, Archaea, Fungi, Viruses.</summary>
    public required IReadOnlyList<string> Kingdoms { get; init; }
    /// <summary><c>reads</c>, <c>fraction</c> or <c>percent</c>.</summary>
    public required string Unit { get; init; }
    /// <summary>The rank at which diversity is computed.</summary>
    public required string LowestRank { get; init; }
    /// <summary>Classified reads below which the quality fails.</summary>
    public required long MinimumReads { get; init; }
    /// <summary>Unclassified fraction above which the quality warns.</summary>
    public double? UnclassifiedLimit { get; init; }
    /// <summary>How the instrument writes its tables; null where they are of a program's format.</summary>
    public AssaySource? Source { get; init; }
}

/// <summary>How an instrument writes its tables. Without a value column every other column is a sample.</summary>
/// <param name="Separator"><c>tab</c>, <c>comma</c> or <c>semicolon</c>.</param>
/// <param name="DecimalSign"><c>point</c> or <c>comma</c>.</param>
/// <param name="TaxonColumn">The title of the column of names or lineages.</param>
/// <param name="ValueColumn">The title of the column of numbers; null where every sample has a column.</param>
/// <param name="TaxidColumn">The title of the column of NCBI taxids.</param>
/// <param name="SampleColumn">The title of the column of samples, where they stand below each other.</param>
public sealed record AssaySource(string Separator, string DecimalSign, string TaxonColumn, string? ValueColumn = null, string? TaxidColumn = null, string? SampleColumn = null);

/// <summary>A code that a sample's context may hold.</summary>
/// <param name="Kind">The list of the context that it belongs in: <c>symptoms</c>, <c>redFlags</c>, <c>diagnoses</c> or <c>medication</c>.</param>
/// <param name="Code">As it is sent.</param>
/// <param name="Label">What it is called.</param>
/// <param name="Urgency">How soon to seek care: <c>emergency</c>, <c>same-day</c>, <c>urgent</c>, <c>routine</c> or <c>discuss</c>; null for what is no red flag.</param>
/// <param name="Notice">What a report says of a red flag; null for what is none.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record ContextCode(string Kind, string Code, ReportText Label, string? Urgency, ReportText? Notice, string Source);

/// <summary>What runs at the service.</summary>
/// <param name="Name">Lab.</param>
/// <param name="Version">Of the service.</param>
/// <param name="Engine">Of the science; it stands in every report.</param>
/// <param name="Taxonomy">Of the taxonomy; it stands in every report.</param>
public sealed record About(string Name, string Version, string Engine, string Taxonomy);
