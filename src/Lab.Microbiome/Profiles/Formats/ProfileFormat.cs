using System.Collections.Immutable;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What a relative abundance is a share of. The two cannot be converted into each other (Sun et al. 2021, doi:10.1038/s41592-021-01141-3).</summary>
public enum AbundanceType
{
    /// <summary>Not stated by the format.</summary>
    Unknown,
    /// <summary>Of the sequenced reads or bases.</summary>
    Sequence,
    /// <summary>Of the organisms: corrected for the size of their genomes.</summary>
    Taxonomic,
}

/// <summary>How the rows of a format relate.</summary>
public enum Aggregation
{
    /// <summary>Each read stands in one row.</summary>
    Disjoint,
    /// <summary>A row holds all that stands below it too: every rank has rows of its own.</summary>
    Clade,
}

/// <summary>What a format's fractions are of.</summary>
public enum Denominator
{
    /// <summary>Not stated by the format, or it depends on how the program was called.</summary>
    Unknown,
    /// <summary>All reads, classified or not.</summary>
    All,
    /// <summary>What was classified.</summary>
    Classified,
}

/// <summary>What a client is told about a format.</summary>
/// <param name="Id">e.g. <c>kraken2-report</c>.</param>
/// <param name="Name">The name that people use.</param>
/// <param name="Description">What a file of it looks like.</param>
/// <param name="Units">The units that it can hold.</param>
/// <param name="DefaultAssay">The assay of an upload that names none; null where the sender must say.</param>
/// <param name="Example">A line of such a file.</param>
public sealed record ProfileFormat(string Id, string Name, string Description, ImmutableArray<AbundanceUnit> Units, string? DefaultAssay, string Example)
{
    /// <summary>Where the program that writes it documents it; null for Lab's own.</summary>
    public string? Documentation { get; init; }

    /// <summary>Whether the numbers are shares of reads or of organisms.</summary>
    public required AbundanceType Abundance { get; init; }

    /// <summary>Whether a row holds what stands below it.</summary>
    public required Aggregation Aggregation { get; init; }

    /// <summary>What fractions are of, or what the counts sum to.</summary>
    public required Denominator Denominator { get; init; }

    /// <summary>Whose names and ids it uses, e.g. <c>NCBI</c>, <c>GTDB</c>; null where that depends on the database.</summary>
    public string? Taxonomy { get; init; }

    /// <summary>Whether a file that was cut off is noticed wherever it was cut; where not, each upload has the warning <c>end-not-told</c>.</summary>
    public bool TellsItsEnd { get; init; }

    /// <summary>Whether a file may hold several samples.</summary>
    public bool ManySamples { get; init; }

    /// <summary>The groups outside the denominator that the program looks for however it is called: a file without a row of them says 0, and one of any
    /// other group says nothing.</summary>
    internal ImmutableArray<OrganismGroup> Sought { get; init; } = [];
}
