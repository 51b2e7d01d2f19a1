using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Microbiome.Taxonomy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Taxa;

/// <summary>Names as files have them.</summary>
public sealed record TaxonNames
{
    /// <summary>At most 1,000, each a name, a former name, a taxid, or a lineage in the spelling of NCBI, MetaPhlAn, GTDB, SILVA or Greengenes.</summary>
    public required IReadOnlyList<string> Names { get; init; }
    /// <summary>The rank of the names that do not tell it themselves: domain … species, strain. It decides between taxa of one name.</summary>
    public string? Rank { get; init; }
}

/// <summary>What a name was understood as.</summary>
/// <param name="Submitted">The name as it was sent.</param>
/// <param name="Taxid">NCBI taxid; null where the taxonomy does not know the name, or the name means several taxa.</param>
/// <param name="Name">The current name, else the submitted one without prefixes and underscores.</param>
/// <param name="FormerNames">Other names that it is or was known by.</param>
/// <param name="Rank">Its rank; of an unknown name the one that its prefix or form tells, else none.</param>
/// <param name="Lineage">Its ancestors and itself; of an unknown name the known ancestors, empty where there are none.</param>
/// <param name="Warning">name-unresolved, name-ambiguous, name-approximate (a suffix or number was left out), or null.</param>
public sealed record ResolvedTaxon(string Submitted, long? Taxid, string Name, IReadOnlyList<string> FormerNames, string Rank, string Lineage, string? Warning);

/// <summary>Finds the taxa that names mean, by the same rules as uploads.</summary>
public static class ResolveTaxa
{
    private const int Most = 1_000, Longest = 1_000;

    /// <summary>Resolve names</summary>
    public static async Task<Ok<Page<ResolvedTaxon>>> PostAsync(HttpContext context)
    {
        var request = await StrictBody.ReadAsync<TaxonNames>(context);
        var rank = Check(request);
        return TypedResults.Ok(new Page<ResolvedTaxon> { Items = [.. request.Names.Select(name => Resolve(name, rank))] });
    }

    private static TaxonomicRank? Check(TaxonNames request)
    {
        var errors = new List<ProblemError>();
        void Refuse(string pointer, string message, string hint) => errors.Add(new("value-invalid", null, null, pointer, message, hint));
        var ranks = Enum.GetValues<TaxonomicRank>().Where(r => r != TaxonomicRank.None).ToArray();
        var rank = ranks.Where(r => Names.Of(r) == request.Rank).Cast<TaxonomicRank?>().FirstOrDefault();
        if (request.Rank is not null && rank is null) Refuse("/rank", "The rank is not known.", $"Known: {string.Join(", ", ranks.Select(Names.Of))}.");
        if (request.Names.Count > Most) Refuse("/names", $"There are {request.Names.Count} names; at most {Most} are taken.", "Send them in several requests.");
        else
        {
            for (var i = 0; i < request.Names.Count && errors.Count < 100; i++)
            {
                if (request.Names[i] is not { Length: <= Longest }) Refuse($"/names/{i}", $"A name is a text of at most {Longest} characters.", "Send the name or the lineage alone.");
            }
        }
        return errors.Count == 0 ? rank : throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was resolved.", errors: errors);
    }

    private static ResolvedTaxon Resolve(string submitted, TaxonomicRank? rank)
    {
        var resolution = TaxonomyRelease.Shipped.Names.Resolve(submitted, rank);
        if (resolution.Taxon is not { } taxon)
        {
            return new(submitted, null, resolution.Name, [], Names.Of(resolution.Rank),
                resolution.Ancestor is { } above ? TaxonomyRelease.Shipped.LineageString(above.Taxid) : "", resolution.Warning);
        }
        var known = TaxonDetails.Of(taxon, resolution.Warning);
        return new(submitted, known.Taxid, known.Name, known.FormerNames, known.Rank, known.Lineage, known.Warning);
    }
}
