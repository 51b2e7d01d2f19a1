using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A MetaPhlAn profile of one sample, versions 2, 3 and 4, with and without taxids and header lines.</summary>
internal static class MetaPhlAnReader
{
    public static ImmutableArray<ProfileFormat> Formats { get; } =
    [
        new("metaphlan2", "MetaPhlAn 2 profile", "Tab-separated: lineage, percent; every rank has its own rows.", [AbundanceUnit.Percent], "shotgun-metaphlan2",
            "k__Bacteria|p__Bacteroidetes\t92.24896"),
        new("metaphlan3", "MetaPhlAn 3 profile", "Tab-separated: lineage, taxids, percent, additional species; every rank has its own rows.",
            [AbundanceUnit.Percent], "shotgun-metaphlan3",
            "#mpa_v30_CHOCOPhlAn_201901"),
        new("metaphlan4", "MetaPhlAn 4 profile", "As MetaPhlAn 3, with t__SGB rows and the number of reads processed; also rel_ab_w_read_stats.",
            [AbundanceUnit.Percent], "shotgun-metaphlan4",
            "#mpa_vJun23_CHOCOPhlAnSGB_202403"),
    ];

    public static TaxonomicProfile? Read(List<TextLine> lines, string format, MetaPhlAnHeader header, ReaderContext context)
    {
        var problems = context.Problems;
        if (header.ValueColumns > 1)
        {
            problems.Error("multi-sample-table", $"The table has {header.ValueColumns} samples.",
                "Send one sample a file, or the table to POST /v1/profiles.", header.HeaderLine ?? lines[0].Number);
            return null;
        }

        double? unclassified = null;
        var rows = new List<MetaPhlAnRow>();
        var seen = new Dictionary<string, int>();
        foreach (var line in lines.Where(l => l.Text[0] != '#' && l.Number != header.HeaderLine).TakeWhile(_ => !problems.Truncated))
        {
            string[] cells = line.Text.Split('\t');
            if (!MetaPhlAnHeader.IsClade(line.Text))
            {
                problems.Error("wrong-metaphlan-output", $"{ProblemList.Quote(cells[0])} is no clade.",
                    "Send the profile (-t rel_ab), not markers or read maps.", line.Number, 1);
            }
            else if (cells.Length <= header.ValueColumn)
            {
                problems.Error("column-count", $"{cells.Length} columns instead of {header.ValueColumn + 1} or more.", "Columns are separated by tabs.",
                    line.Number, cells.Length);
            }
            else if (Numbers.Decimal(cells[header.ValueColumn], line.Number, header.ValueColumn + 1, problems) is not { } percent)
            {
                continue;
            }
            else if (!seen.TryAdd(cells[0], line.Number))
            {
                problems.Error("duplicate-taxon", $"The clade stands in line {seen[cells[0]]} already.", "Are these two profiles in one file?", line.Number, 1);
            }
            else if (MetaPhlAnHeader.IsUnclassified(cells[0]))
            {
                unclassified = percent / 100;
            }
            else if (Row(line.Number, cells, header.TaxidColumn, percent, context) is { } row)
            {
                rows.Add(row);
            }
        }

        MetaPhlAnRow.CheckSums(rows, unclassified, problems);
        return problems.HasErrors ? null : Profile(rows, unclassified, format, header, context);
    }

    private static MetaPhlAnRow? Row(int line, string[] cells, int? taxidColumn, double percent, ReaderContext context)
    {
        char separator = cells[0].Contains('|', StringComparison.Ordinal) ? '|' : ';';
        string[] levels = cells[0].Trim().TrimEnd(separator).Split(separator);
        if (levels.Length > context.Limits.MaxDepth)
        {
            context.Problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "A lineage has at most eight.", line, 1);
            return null;
        }

        long? taxid = null;
        if (taxidColumn is { } column && column < cells.Length)
        {
            string last = cells[column].Split('|', ';')[levels.Length == cells[column].Split('|', ';').Length ? ^1 : 0];
            bool aligned = levels.Length == cells[column].Split('|', ';').Length;
            if (aligned && last.Length > 0 && long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out long id) && id > 0)
            {
                taxid = id;
            }
        }

        return new MetaPhlAnRow(line, levels, taxid, percent / 100);
    }

    private static TaxonomicProfile Profile(List<MetaPhlAnRow> unordered, double? unclassified, string format, MetaPhlAnHeader header, ReaderContext context)
    {
        var rows = unordered.OrderBy(r => r.Levels.Length).ToList();
        var places = new Dictionary<string, int>();
        var resolver = new ProfileRows(context);
        var taxa = new List<ProfileTaxon>(rows.Count);
        double[] below = new double[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            int parent = -1;
            for (int depth = row.Levels.Length - 1; depth > 0 && parent < 0; depth--)
            {
                parent = places.GetValueOrDefault(row.Key(depth), -1);
            }

            var level = LineageText.Level(row.Levels[^1]);
            var resolution = resolver.Resolve(row.Taxid, row.Levels[^1], level.Rank, row.Line);
            long? taxid = row.Taxid is { } id && !resolver.Contradicts(id) ? id : null;
            places[row.Key(row.Levels.Length)] = i;
            if (parent >= 0)
            {
                below[parent] += row.Share;
            }

            taxa.Add(new ProfileTaxon
            {
                Taxid = resolution.Taxon?.Taxid ?? taxid,
                Name = resolution.Taxon?.Name ?? LineageText.Display(level.Name.Length > 0 ? level.Name : row.Levels[^1]),
                SubmittedName = row.Levels[^1],
                Rank = level.Rank,
                Parent = parent,
                Group = Group(row, taxid, parent < 0 ? null : taxa[parent].Group, resolution, resolver),
                Clade = row.Share,
                Direct = 0,
            });
        }

        bool smaller = false;
        for (int i = 0; i < taxa.Count; i++)
        {
            smaller |= below[i] > taxa[i].Clade + 1e-4;
            taxa[i] = taxa[i] with { Direct = Math.Max(0, taxa[i].Clade - below[i]) };
        }

        if (smaller)
        {
            context.Problems.Warning("parent-below-children", "Some clades hold less than the clades below them.", "Each row's own number was kept.");
        }

        resolver.Warn();
        return new TaxonomicProfile
        {
            Format = format,
            Unit = AbundanceUnit.Percent,
            Database = header.Database,
            TotalReads = header.TotalReads,
            Unclassified = unclassified,
            Everything = taxa.Where(t => t.Parent < 0).Sum(t => t.Clade) + (unclassified ?? 0),
            Taxa = [.. taxa],
            NameTaxidMismatch = resolver.NameTaxidMismatch,
        };
    }

    private static OrganismGroup Group(MetaPhlAnRow row, long? taxid, OrganismGroup? parent, TaxonResolution resolution, ProfileRows resolver)
    {
        // Where the file left out the parent's row the lineage still names it.
        OrganismGroup? named = null;
        for (int depth = row.Levels.Length - 2; depth >= 0 && named is null; depth--)
        {
            named = WellKnownRoots.GroupOf(LineageText.Level(row.Levels[depth]).Name);
        }

        return resolver.Group(taxid, LineageText.Level(row.Levels[^1]).Name, named ?? parent, resolution.Taxon ?? resolution.Ancestor);
    }
}
