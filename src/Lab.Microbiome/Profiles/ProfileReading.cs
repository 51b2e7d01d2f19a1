using System.Collections.Immutable;

namespace Lab.Microbiome.Profiles;

/// <summary>Limits of one upload; past them a problem is reported, never an out-of-memory.</summary>
public sealed record ProfileLimits
{
    /// <summary>Bytes of the decoded content.</summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;
    /// <summary>Lines.</summary>
    public int MaxLines { get; init; } = 500_000;
    /// <summary>Bytes of a line.</summary>
    public int MaxLineBytes { get; init; } = 1024 * 1024;
    /// <summary>Levels of a lineage or an indentation.</summary>
    public int MaxDepth { get; init; } = 64;
    /// <summary>Problems listed before the list is cut.</summary>
    public int MaxProblems { get; init; } = 100;
    /// <summary>Samples of a table.</summary>
    public int MaxSamples { get; init; } = 10_000;
    /// <summary>Numbers above 0 in a table of many samples.</summary>
    public int MaxValues { get; init; } = 8_000_000;
}

/// <summary>How the sender asked for the content to be read.</summary>
/// <param name="Format">The declared format, or null to detect it by content.</param>
/// <param name="AllowIncomplete">Whether a cut or incomplete report is accepted, with a warning.</param>
public sealed record ProfileReadingOptions(string? Format = null, bool AllowIncomplete = false)
{
    /// <summary>The second file of formats of two files: the taxonomy of the features; null where none was sent.</summary>
    public ReadOnlyMemory<byte>? Taxonomy { get; init; }

    /// <summary>How the instrument writes its tables, where they are of no program's format; null where it was not said.</summary>
    public SourceTable? Source { get; init; }
}

/// <summary>How an instrument writes its tables. Without a value column the table is wide: every other column is a sample.</summary>
/// <param name="Separator">Between cells: a tab, a comma or a semicolon.</param>
/// <param name="DecimalSign">A point or a comma.</param>
/// <param name="Unit">What the numbers are.</param>
/// <param name="TaxonColumn">The title of the column of names or lineages.</param>
public sealed record SourceTable(char Separator, char DecimalSign, AbundanceUnit Unit, string TaxonColumn)
{
    /// <summary>The title of the column of numbers, one a line; null where every sample has a column.</summary>
    public string? ValueColumn { get; init; }

    /// <summary>The title of the column of NCBI taxids; null where there is none.</summary>
    public string? TaxidColumn { get; init; }

    /// <summary>The title of the column of samples, where they stand below each other; null where the table is of one sample, or wide.</summary>
    public string? SampleColumn { get; init; }
}

/// <summary>How bad the problems of a refused upload are; the service maps it to a status.</summary>
public enum ProfileRefusal
{
    /// <summary>Readable, but it means nothing usable (422).</summary>
    Meaning,
    /// <summary>Not well-formed: broken JSON, broken encoding of the JSON (400).</summary>
    Malformed,
    /// <summary>Recognised as something else: HTML, zip, sequence reads (415).</summary>
    OtherContent,
    /// <summary>Past a limit (413).</summary>
    TooLarge,
}

/// <summary>What reading an upload gave: a profile with warnings, or the problems that it was refused for. Exactly one of
/// <see cref="Profile"/> and <see cref="Refusal"/> is not null.</summary>
public sealed record ProfileReading
{
    /// <summary>The detected or declared format; null when it was not recognised.</summary>
    public string? Format { get; init; }
    /// <summary>The profile, when it was accepted.</summary>
    public TaxonomicProfile? Profile { get; init; }
    /// <summary>What to keep as the sample's source, where that is not the content: its part of a table of several samples or of two files. Reading it gives
    /// the same profile. Null where the content itself is it.</summary>
    public byte[]? Slice { get; init; }
    /// <summary>Why it was refused.</summary>
    public ProfileRefusal? Refusal { get; init; }
    /// <summary>The problems, at most <see cref="ProfileLimits.MaxProblems"/>, in the order of the file.</summary>
    public ImmutableArray<ProfileProblem> Errors { get; init; } = [];
    /// <summary>True when there were more problems than listed.</summary>
    public bool Truncated { get; init; }
    /// <summary>What is remarkable but accepted.</summary>
    public ImmutableArray<ProfileProblem> Warnings { get; init; } = [];
}

/// <summary>One sample of a table, built when it is asked for.</summary>
/// <param name="Accession">The sample's name in the table; null where it has none that could be an accession.</param>
/// <param name="Read">Builds it, with its own problems and warnings.</param>
public sealed record SampleReading(string? Accession, Func<ProfileReading> Read);

/// <summary>What reading a table of any number of samples gave.</summary>
public sealed record TableReading
{
    /// <summary>The format, the problems that the whole content was refused for, and warnings about it; never a profile.</summary>
    public required ProfileReading Content { get; init; }
    /// <summary>In the order of the table; none when the content was refused.</summary>
    public required IReadOnlyList<SampleReading> Samples { get; init; }
}
