using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The profile of a sample in a table in which every rank has rows of its own: each row keeps its own number.</summary>
internal static class CladeRows
{
    // Real profiles have children that add up to a little more than their parent.
    private const double Slack = 1e-4;

    public static TaxonomicProfile? Profile(AbundanceTable table, TableSample sample, ReaderContext context)
    {
        double scale = table.Unit == AbundanceUnit.Percent ? 0.01 : 1;
        double? unclassified = sample.Unclassified * scale;
        var rows = Enumerable.Range(0, sample.Count).Select(i => sample[i]).OrderBy(r => table.Taxa[r.Taxon].Levels.Length).ToList();
        Check(table, rows, scale, unclassified, context.Problems);
        if (context.Problems.HasErrors)
        {
            return null;
        }

        int[] parents = table.Parents();
        var places = new Dictionary<int, int>(rows.Count);
        var resolver = new ProfileRows(context);
        var taxa = new List<ProfileTaxon>(rows.Count);
        double[] below = new double[rows.Count];
        foreach (var (place, value) in rows)
        {
            int parent = Place(place, parents, places);
            places[place] = taxa.Count;
            taxa.Add(Row(table.Taxa[place], value * scale, parent, taxa, resolver));
            if (parent >= 0)
            {
                below[parent] += value * scale;
            }
        }

        double everything = taxa.Where(t => t.Parent < 0).Sum(t => t.Clade);
        Shares.Check(table.Unit, everything + (unclassified ?? 0), null, context.Problems);
        double slack = table.Unit is AbundanceUnit.Percent or AbundanceUnit.Fraction ? Slack : 0;
        for (int i = 0; i < taxa.Count; i++)
        {
            if (below[i] > taxa[i].Clade + slack)
            {
                slack = double.PositiveInfinity;
                context.Problems.Warning("parent-below-children", "Some clades hold less than the clades below them.", "Each row's own number was kept.");
            }

            taxa[i] = taxa[i] with { Direct = Math.Max(0, taxa[i].Clade - below[i]) };
        }

        resolver.Warn();
        return new TaxonomicProfile
        {
            Format = table.Format,
            Unit = table.Unit,
            DeclaredAssay = table.Assay,
            Database = table.Database,
            Incomplete = table.Incomplete,
            TotalReads = sample.TotalReads ?? (table.Unit == AbundanceUnit.Reads && unclassified is not null ? (long)(everything + unclassified) : null),
            Unclassified = unclassified,
            Everything = everything + (unclassified ?? 0),
            Taxa = [.. taxa],
            NameTaxidMismatch = resolver.NameTaxidMismatch,
        };
    }

    private static void Check(AbundanceTable table, List<(int Taxon, double Value)> rows, double scale, double? unclassified, ProblemList problems)
    {
        if (rows.Count == 0 && unclassified is null)
        {
            problems.Error("no-data-rows", "There is no clade in the sample.", "Was there no read to classify?");
            return;
        }

        // Rows between the ranks may stand below each other.
        var sums = rows.Where(r => Rank(table.Taxa[r.Taxon]) != TaxonomicRank.None).GroupBy(r => Rank(table.Taxa[r.Taxon])).Select(g => (Rank: g.Key, Sum: (g.Sum(r => r.Value) * scale) + (unclassified ?? 0))).ToList();
        foreach (var (rank, sum) in sums)
        {
            Shares.Check(table.Unit, sum, rank.ToString().ToLowerInvariant(), problems);
        }

        if (!problems.HasErrors)
        {
            Shares.CheckLargest(table.Unit, sums.Count == 0 ? unclassified ?? 0 : sums.Max(s => s.Sum), problems);
        }
    }

    // The nearest row above that this sample has.
    private static int Place(int taxon, int[] parents, Dictionary<int, int> places)
    {
        for (int above = parents[taxon]; above >= 0; above = parents[above])
        {
            if (places.TryGetValue(above, out int place))
            {
                return place;
            }
        }

        return -1;
    }

    private static ProfileTaxon Row(TableTaxon taxon, double value, int parent, List<ProfileTaxon> taxa, ProfileRows resolver)
    {
        string submitted = taxon.Levels[^1];
        var level = LineageText.Level(taxon.Name);
        var resolution = resolver.Resolve(taxon.Taxid, taxon.Name, Rank(taxon), taxon.Line);
        long? taxid = taxon.Taxid is { } id && !resolver.Contradicts(id) ? id : null;
        return new ProfileTaxon
        {
            Taxid = resolution.Taxon?.Taxid ?? taxid,
            Name = resolution.Taxon?.Name ?? LineageText.Display(level.Name.Length > 0 ? level.Name : submitted),
            SubmittedName = submitted,
            Rank = Rank(taxon),
            Parent = parent,
            Group = Group(taxon, taxid, parent < 0 ? null : taxa[parent].Group, resolution, resolver),
            Clade = value,
            Direct = 0,
        };
    }

    private static TaxonomicRank Rank(TableTaxon taxon) => taxon.Rank ?? LineageText.Level(taxon.Levels[^1]).Rank;

    private static OrganismGroup Group(TableTaxon taxon, long? taxid, OrganismGroup? parent, TaxonResolution resolution, ProfileRows resolver)
    {
        // Where the file left out the parent's row the lineage still names it.
        OrganismGroup? named = null;
        for (int depth = taxon.Levels.Length - 2; depth >= 0 && named is null; depth--)
        {
            named = WellKnownRoots.GroupOf(LineageText.Level(taxon.Levels[depth]).Name);
        }

        return resolver.Group(taxid, LineageText.Level(taxon.Name).Name, named ?? parent, resolution.Taxon ?? resolution.Ancestor);
    }
}
