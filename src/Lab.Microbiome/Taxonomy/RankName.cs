namespace Lab.Microbiome.Taxonomy;

/// <summary>Ranks as files name them.</summary>
internal static class RankName
{
    /// <summary>A rank by its name of any case, also <c>superkingdom</c>; null where there is none of that name. Letters only: the parser of enumerations also takes numbers and lists.</summary>
    public static TaxonomicRank? Parse(string name) => name.Equals("superkingdom", StringComparison.OrdinalIgnoreCase) ? TaxonomicRank.Domain
        : name.All(char.IsAsciiLetter) && Enum.TryParse(name, ignoreCase: true, out TaxonomicRank rank) ? rank : null;
}
