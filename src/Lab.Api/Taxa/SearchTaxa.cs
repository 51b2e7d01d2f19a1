using System.Globalization;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Microbiome.Taxonomy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Taxa;

/// <summary>Searches the shipped taxonomy.</summary>
public static class SearchTaxa
{
    private const int Longest = 200;

    /// <summary>Search taxa</summary>
    public static Ok<Page<TaxonDetails>> Get(string q, int? limit, string? cursor, HttpContext context)
    {
        if (string.IsNullOrWhiteSpace(q) || q.Length > Longest) throw new ProblemException(ProblemCodes.BadRequest, $"q is a name, a part of one, or a taxid: 1 to {Longest} characters.");
        var paging = Paging.Of(context, limit, cursor);
        // The release never changes, so a place is a number.
        var start = paging.After is { } after ? Paging.Number<int>(after) : 0;
        var found = TaxonomyRelease.Shipped.Search(q).Select((taxon, index) => (Taxon: TaxonDetails.Of(taxon, null), Place: index + 1)).Skip(start).Take(paging.Limit + 1).ToArray();
        var page = paging.Page(found, f => f.Place.ToString(CultureInfo.InvariantCulture));
        return TypedResults.Ok(new Page<TaxonDetails> { Items = [.. page.Items.Select(f => f.Taxon)], Next = page.Next });
    }
}
