using System.Globalization;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The profile of a sample in a table in which each read stands once.</summary>
internal static class DisjointRows
{
    public static TaxonomicProfile? Profile(AbundanceTable table, TableSample sample, ReaderContext context)
    {
        var problems = context.Problems;
        double scale = table.Unit == AbundanceUnit.Percent ? 0.01 : 1;
        double? unclassified = sample.Unclassified * scale;
        Shares.Check(table.Unit, (sample.Sum * scale) + (unclassified ?? 0), null, problems);
        if (sample.Count == 0 && unclassified is null or 0 && !table.HasEmptySamples)
        {
            problems.Error("no-data-rows", "Nothing was found in the sample.", "Was there no read to classify?");
        }

        Shares.CheckLargest(table.Unit, (sample.Sum * scale) + (unclassified ?? 0), problems);
        if (problems.HasErrors)
        {
            return null;
        }

        var rows = new ProfileRows(context);
        var tree = new FlatTree(context.Taxonomy, rows);
        var places = new Dictionary<string, TableTaxon>(sample.Count);
        for (int i = 0; i < sample.Count; i++)
        {
            var (place, value) = sample[i];
            Add(table.Taxa[place], value * scale, tree, rows, context);
            places[table.Taxa[place].Submitted] = table.Taxa[place];
        }

        var taxa = tree.Build(table.OfFeatures ? null : submitted => problems.Error(table.Stacked.Code, "The taxon's value is the sum of the taxa below it that are listed too.",
            table.Stacked.Hint, Line(places[submitted]), pointer: places[submitted].Pointer), table.Stacked.AtDomain);
        if (problems.HasErrors)
        {
            return null;
        }

        rows.Warn();
        double all = (sample.Sum * scale) + (unclassified ?? 0);
        return new TaxonomicProfile
        {
            Format = table.Format,
            Unit = table.Unit,
            DeclaredAssay = table.Assay,
            Database = table.Database,
            Incomplete = table.Incomplete,
            TotalReads = sample.TotalReads ?? (table.Unit == AbundanceUnit.Reads && unclassified is not null ? (long)all : null),
            Unclassified = unclassified,
            Everything = table.Unit == AbundanceUnit.Reads ? Math.Max(all, sample.TotalReads ?? 0) : all,
            Taxa = taxa,
            NameTaxidMismatch = rows.NameTaxidMismatch,
        };
    }

    private static void Add(TableTaxon taxon, double value, FlatTree tree, ProfileRows rows, ReaderContext context)
    {
        var resolution = rows.Resolve(taxon.Taxid, taxon.Name, taxon.Rank, Line(taxon), taxon.Pointer);
        if (resolution.Taxon is null && resolution.Ancestor is null)
        {
            // A name that belongs to no taxon still tells its genus.
            resolution = resolution with { Ancestor = context.Taxonomy.Names.Resolve(taxon.Name, taxon.Rank).Ancestor };
        }

        if (resolution.Between.Length > context.Limits.MaxDepth)
        {
            context.Problems.Error("lineage-too-deep", string.Create(CultureInfo.InvariantCulture, $"The lineage has more than {context.Limits.MaxDepth} levels."),
                "A lineage has at most eight.", Line(taxon), pointer: taxon.Pointer);
            return;
        }

        tree.Add(resolution, taxon.Taxid is { } own && rows.Contradicts(own) ? null : taxon.Taxid, taxon.Submitted, value);
    }

    private static int? Line(TableTaxon taxon) => taxon.Line > 0 ? taxon.Line : null;
}
