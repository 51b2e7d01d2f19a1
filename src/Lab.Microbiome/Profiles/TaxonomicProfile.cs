using System.Collections.Immutable;

namespace Lab.Microbiome.Profiles;

/// <summary>A normalised profile: taxa resolved, ranks and parents known, each read counted once per rank. Immutable.</summary>
public sealed record TaxonomicProfile
{
    /// <summary>The format it was read from, one of <see cref="ProfileFormats.All"/>.</summary>
    public required string Format { get; init; }
    /// <summary>The unit of the file.</summary>
    public required AbundanceUnit Unit { get; init; }
    /// <summary>The assay that the file itself names (native JSON); null where it names none.</summary>
    public string? DeclaredAssay { get; init; }
    /// <summary>The accession that the file itself names (a line of NDJSON); null where it names none.</summary>
    public string? DeclaredAccession { get; init; }
    /// <summary>The database that the file names, e.g. <c>mpa_vOct22_CHOCOPhlAnSGB_202212</c>; null where it names none.</summary>
    public string? Database { get; init; }
    /// <summary>All reads, classified or not; null where the file cannot say.</summary>
    public required long? TotalReads { get; init; }
    /// <summary>What is not classified: reads for read counts, else a fraction of 0..1 of everything; null where the file cannot say.</summary>
    public required double? Unclassified { get; init; }
    /// <summary>Everything that the fractions outside the denominator are of, in the unit of <see cref="ProfileTaxon.Clade"/>:
    /// classified (all groups) plus unclassified where known. Above 0 unless nothing at all is in the file.</summary>
    public required double Everything { get; init; }
    /// <summary>Parents before children; siblings in the file's order.</summary>
    public required ImmutableArray<ProfileTaxon> Taxa { get; init; }
    /// <summary>True when the file was cut or incomplete and the sender allowed it.</summary>
    public bool Incomplete { get; init; }
    /// <summary>True when a name in the file belongs to another taxid than the one beside it.</summary>
    public bool NameTaxidMismatch { get; init; }

    /// <summary>Whether the unit is integer read counts.</summary>
    public bool HasCounts => Unit == AbundanceUnit.Reads;
}
