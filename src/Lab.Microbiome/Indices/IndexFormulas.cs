using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Indices;

/// <summary>The formulas of the indices, over profiles for which they hold; a value that is not defined is null. They say nothing of whether they hold.</summary>
public static class IndexFormulas
{
    private const double Threshold = 1e-5;

    /// <summary>GMWI2 (doi:10.1038/s41467-024-51651-9): the sum of the coefficients of the clades that are present, which is to make up more than 1e-5 of what is known.
    /// Clades go by the lineage in the file. Unbounded; above 0 resembles healthy people. Null where the file does not say how much is unknown, or everything is.</summary>
    public static double? Gmwi2(PublishedIndex index, TaxonomicProfile profile)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(profile);
        if (profile.Unclassified is not (>= 0 and < 1)) return null;
        var known = 1 - profile.Unclassified.Value;
        var present = profile.Taxa.Where(t => t.Clade / known > Threshold).ToLookup(t => t.SubmittedName);
        var score = new CompensatedSum();
        foreach (var taxon in index.Taxa)
        {
            // The profiler's own tables leave out some rows above viruses: what stands above a clade must all be of the lineage, not all of the lineage above it.
            var levels = taxon.Name.Split('|');
            if (present[levels[^1]].Any(row => Above(row).All(name => levels.Contains(name)))) score.Add(taxon.Coefficient);
        }
        return score.Value;

        IEnumerable<string?> Above(ProfileTaxon row)
        {
            for (var i = row.Parent; i >= 0; i = profile.Taxa[i].Parent) yield return profile.Taxa[i].SubmittedName;
        }
    }

    /// <summary>GMHI (doi:10.1038/s41467-020-18476-8): log10 ((psi of the health-prevalent species + 1e-5) / (psi of the health-scarce + 1e-5)). Names with "unclassified" or
    /// "virus" are left out, the rest renormalised, and what is below 1e-5 is 0. psi = R/R' H', H' = -sum p ln p over the species of the set, R how many of them there are, R' 7
    /// or 31. Unbounded; above 0 resembles healthy people. Null where there is no species.</summary>
    public static double? Gmhi(PublishedIndex index, TaxonomicProfile profile)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(profile);
        var species = profile.Taxa.Where(t => t.Rank == TaxonomicRank.Species && t.SubmittedName is { } name && !name.Contains("unclassified", StringComparison.Ordinal)
            && !name.Contains("virus", StringComparison.Ordinal)).GroupBy(t => t.SubmittedName!).ToDictionary(g => g.Key, g => g.Select(t => t.Clade).Order().Sum());
        var total = new CompensatedSum();
        foreach (var value in species.Values.Order()) total.Add(value);
        if (total.Value == 0) return null;
        return Math.Log10((Psi("health-prevalent", 7) + Threshold) / (Psi("health-scarce", 31) + Threshold));

        double Psi(string set, int of)
        {
            var (entropy, richness) = (new CompensatedSum(), 0);
            foreach (var taxon in index.Taxa.Where(t => t.Set == set))
            {
                var share = species.GetValueOrDefault(taxon.Name) / total.Value;
                if (share < Threshold) continue;
                entropy.Add(-share * Math.Log(share));
                richness++;
            }
            return (double)richness / of * entropy.Value;
        }
    }

    /// <summary>Both sums of an index that is ln (increased / decreased), in the unit of the profile's clades: MD-index (doi:10.1016/j.chom.2014.02.005) and the balance of
    /// MicrobiomeHD's genera.</summary>
    public static (double Increased, double Decreased) Sides(PublishedIndex index, CladeIndex clades)
    {
        ArgumentNullException.ThrowIfNull(index);
        return (CladeSum.Of(clades, index.Side("increased")).Value, CladeSum.Of(clades, index.Side("decreased")).Value);
    }
}
