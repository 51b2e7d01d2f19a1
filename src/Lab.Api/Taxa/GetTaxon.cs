using System.Globalization;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Microbiome.Taxonomy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Taxa;

/// <summary>A taxon of the shipped taxonomy.</summary>
/// <param name="Taxid">NCBI taxid.</param>
/// <param name="Name">The current name.</param>
/// <param name="FormerNames">Other names that it is or was known by.</param>
/// <param name="Rank">domain … species.</param>
/// <param name="Lineage">Its ancestors and itself.</param>
/// <param name="Warning">What to know when using it; null when nothing.</param>
public sealed record TaxonDetails(long Taxid, string Name, IReadOnlyList<string> FormerNames, string Rank, string Lineage, string? Warning)
{
    public static TaxonDetails Of(Taxon taxon, string? warning) =>
        new(taxon.Taxid, taxon.Name, taxon.FormerNames, Names.Of(taxon.Rank), TaxonomyRelease.Shipped.LineageString(taxon.Taxid), warning);
}

/// <summary>Reads a taxon.</summary>
public static class GetTaxon
{
    /// <summary>Read a taxon</summary>
    public static Ok<TaxonDetails> Get(string taxid)
    {
        var taxon = long.TryParse(taxid, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? TaxonomyRelease.Shipped.Find(id) : null;
        if (taxon is null) throw new ProblemException(ProblemCodes.NotFound, "The taxid is not in the shipped gut taxonomy.");
        return TypedResults.Ok(TaxonDetails.Of(taxon, null));
    }
}
