using System.Collections.Immutable;

namespace Lab.Microbiome.Taxonomy;

/// <summary>What a submitted name was understood as.</summary>
/// <param name="Taxon">The taxon; null when the taxonomy does not know it or the name stands for several.</param>
/// <param name="Rank">The rank: the taxon's, else that of the lineage's prefix, else the one asked for, else a guess by the form of the name.</param>
/// <param name="Name">The current name of the taxon, else the submitted one, cleaned of prefixes and underscores.</param>
/// <param name="Ancestor">The lowest known ancestor, never the taxon itself; null when none is known.</param>
/// <param name="Between">Levels that the lineage names between the ancestor and the row and that the taxonomy does not know; root first.</param>
/// <param name="Warning"><c>name-unresolved</c>, <c>name-ambiguous</c>, <c>name-approximate</c> (a GTDB suffix or a number was left out), or null.</param>
public sealed record TaxonResolution(Taxon? Taxon, TaxonomicRank Rank, string Name, Taxon? Ancestor, ImmutableArray<LineageLevel> Between, string? Warning);
