using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles;

/// <summary>One row of a normalised profile.</summary>
public sealed record ProfileTaxon
{
    /// <summary>NCBI taxid; null where neither the file nor the taxonomy gives one. May repeat (MetaPhlAn 4's <i>copri</i> clades).</summary>
    public required long? Taxid { get; init; }
    /// <summary>The current name where the taxonomy knows the taxon, else the submitted one, cleaned of prefixes.</summary>
    public required string Name { get; init; }
    /// <summary>The name as the file gave it (indentation removed); null on a row that the reader added as an ancestor.</summary>
    public required string? SubmittedName { get; init; }
    /// <summary>The rank.</summary>
    public required TaxonomicRank Rank { get; init; }
    /// <summary>Index in <see cref="TaxonomicProfile.Taxa"/> of the lowest known ancestor, always smaller than the row's own; -1 for none.</summary>
    public required int Parent { get; init; }
    /// <summary>The group that decides on the denominator.</summary>
    public required OrganismGroup Group { get; init; }
    /// <summary>The whole clade, in the unit of the profile but percent as fraction: reads (integers), estimated reads, or a fraction of 0..1.
    /// For kreports the clade column, for MetaPhlAn the row's own number, for flat formats the sum of the rows below.</summary>
    public required double Clade { get; init; }
    /// <summary>What stands at this node itself and at none below it; at least 0.</summary>
    public required double Direct { get; init; }
}
