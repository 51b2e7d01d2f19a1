using System.Collections.Immutable;

namespace Lab.Microbiome.Taxonomy;

/// <summary>One node of a taxonomy release.</summary>
/// <param name="Taxid">NCBI taxonomy id, the key of a taxon.</param>
/// <param name="Name">The current name, e.g. <c>Bacillota</c>.</param>
/// <param name="Rank">The rank.</param>
/// <param name="ParentTaxid">The parent in this release; null for a domain.</param>
/// <param name="FormerNames">Every other name it is or was known by, e.g. <c>Firmicutes</c>; the best known first.</param>
public sealed record Taxon(long Taxid, string Name, TaxonomicRank Rank, long? ParentTaxid, ImmutableArray<string> FormerNames);
