using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What the features of a table are: by a second file, by what stands beside them, or by ids that are themselves lineages or taxids.</summary>
internal static class FeatureLineages
{
    private const string NcbiPrefix = "NCBI:txid";
    private static readonly char[] Separators = [';', '|'];

    /// <summary>The samples of a table of features; none, and a problem, where nothing says what the features are.</summary>
    public static IReadOnlyList<SampleSource> Sources(FeatureTable table, ProfileContent content, ReaderContext context)
    {
        var problems = context.Problems;
        var second = content.Taxonomy is { } bytes ? FeatureTaxonomy.Read(bytes, context) : null;
        if (problems.HasErrors)
        {
            return [];
        }

        if (table.Features.Count == 0)
        {
            problems.Error("no-data-rows", "The table has no features.", "Were all filtered out?");
            return [];
        }

        bool taxids = AreTaxids(table.Features, context.Taxonomy);
        string?[] lineages = [.. table.Features.Select(f => second?.GetValueOrDefault(f.Id) ?? f.Lineage ?? (IsLineage(f.Id) ? f.Id : null))];
        if (!taxids && lineages.All(l => l is null))
        {
            problems.Error("taxonomy-missing", second is null ? "Nothing says what the features are." : "No feature of the table stands in the taxonomy.",
                "Send the taxonomy as the part 'taxonomy' of a multipart upload, or a table with a column of lineages.");
            return [];
        }

        int unknown = taxids ? 0 : lineages.Count(l => l is null);
        if (unknown > 0)
        {
            problems.Warning("feature-without-taxonomy", $"{unknown} feature(s) have no taxonomy, first {ProblemList.Quote(table.Features[Array.IndexOf(lineages, null)].Id)}.",
                "Their reads are unclassified.");
        }

        table.Table.HasEmptySamples = true;
        table.Table.OfFeatures = !taxids && table.Features.Zip(lineages).All(f => f.First.Id != f.Second && f.Second is not null);
        table.Table.Assay = taxids ? "shotgun-generic"
            : lineages.Any(l => l?.StartsWith("k__", StringComparison.Ordinal) == true) ? "amplicon-16s-greengenes" : null;
        return table.Sources([.. table.Features.Select((f, i) => Taxon(f, lineages[i], taxids, context.Taxonomy))], table.Unit() ?? AbundanceUnit.EstimatedReads);
    }

    /// <summary>Whether an id says a place in a taxonomy, or that there is none. Ids of clusters may have semicolons too (OTU_1;size=12;).</summary>
    public static bool IsLineage(string text)
    {
        string[] levels = text.Split(Separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return levels.Any(l => LineageText.Level(l).Rank != TaxonomicRank.None) || levels.Take(2).Any(l => WellKnownRoots.GroupOf(l) is not null) || Normalise(text).Length == 0;
    }

    /// <summary>A lineage as it is the same wherever it stands: levels trimmed, without quotes and a classifier's confidence, without empty ones at the end. Empty for
    /// what is not classified.</summary>
    public static string Normalise(string lineage)
    {
        string[] levels = lineage.Split(lineage.Contains('|', StringComparison.Ordinal) ? '|' : ';', StringSplitOptions.TrimEntries);
        int length = 0;
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = WithoutConfidence(levels[i].Trim('"'));
            string name = LineageText.Level(levels[i]).Name;
            bool known = name.Length > 0 && !(i == 0 && name.Equals("root", StringComparison.OrdinalIgnoreCase)) && LineageText.Key(name) is not "no blast hit";
            length = known ? i + 1 : length;
        }

        return string.Join(';', levels.AsSpan()[..length]);
    }

    private static TableTaxon? Taxon(Feature feature, string? lineage, bool taxids, TaxonomyRelease taxonomy)
    {
        long? taxid = taxids ? Taxid(feature.Id) : null;
        string normal = lineage is null ? "" : Normalise(lineage);
        if (taxid is { } own && taxonomy.Find(own) is not null && feature.Id.StartsWith(NcbiPrefix, StringComparison.Ordinal))
        {
            // taxpasta's lineages leave out ranks without saying which.
            return new TableTaxon(feature.Id, taxid, "", null, feature.Line) { Pointer = feature.Pointer };
        }

        if (normal.Length > 0)
        {
            // The last separator says that even one level is a lineage.
            return new TableTaxon(normal, taxid, $"{normal};", null, feature.Line) { Pointer = feature.Pointer };
        }

        return lineage is null && taxid is > 0 ? new TableTaxon(feature.Id, taxid, "", null, feature.Line) { Pointer = feature.Pointer } : null;
    }

    // Clusters are often numbered, and some numbers are taxids by chance.
    private static bool AreTaxids(IReadOnlyList<Feature> features, TaxonomyRelease taxonomy) =>
        features.All(f => f.Id.StartsWith(NcbiPrefix, StringComparison.Ordinal))
        || features.Count(f => Taxid(f.Id) is { } id && taxonomy.Find(id) is not null) * 2 > features.Count;

    private static long? Taxid(string id) => long.TryParse(id.StartsWith(NcbiPrefix, StringComparison.Ordinal) ? id[NcbiPrefix.Length..] : id, NumberStyles.None,
        CultureInfo.InvariantCulture, out long taxid) ? taxid : null;

    // mothur: Bacteria(100).
    private static string WithoutConfidence(string level)
    {
        int open = level.EndsWith(')') ? level.LastIndexOf('(') : -1;
        return open > 0 && level.AsSpan(open + 1).TrimEnd(')') is { Length: > 0 } inside && inside.IndexOfAnyExceptInRange('.', '9') < 0 ? level[..open] : level;
    }
}
