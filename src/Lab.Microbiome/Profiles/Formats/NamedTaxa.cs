using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The taxa of a table of no program's format: by a name, a lineage or a taxid, and a unit that is stated or that the sums tell.</summary>
internal sealed class NamedTaxa(FeatureTable table, ReaderContext context)
{
    private readonly Dictionary<(long?, string?, TaxonomicRank?, string?), int> places = [];
    private readonly HashSet<string> submitted = [];
    private readonly List<TableTaxon?> taxa = [];

    /// <summary>The place of a taxon, and whether it is new; null, with the reason noted, where it is none.</summary>
    public (int Place, bool New)? Place(string? taxidText, string? name, string? rankText, string? lineage, int line, int column = 1)
    {
        var problems = context.Problems;
        long? taxid = null;
        if (taxidText is not null)
        {
            if (!long.TryParse(taxidText, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long id) || id < -1)
            {
                problems.Error("taxid-invalid", $"{ProblemList.Quote(taxidText)} is no taxid.", "A taxid is a whole number.", line, column);
                return null;
            }

            // Programs write 0 and -1 for what is not classified.
            taxid = id > 0 ? id : null;
            name ??= id > 0 ? null : "unclassified";
        }

        if ((name ?? lineage)?.Length > MaxText)
        {
            problems.Error("value-too-long", $"The name has more than {MaxText} characters.", "Names of taxa are shorter.", line, column);
            return null;
        }

        if (taxid is null && name is null && lineage is null)
        {
            problems.Error("taxon-unnamed", "The taxon has no taxid, name or lineage.", "Give one of them.", line, column);
            return null;
        }

        TaxonomicRank? rank = rankText is null ? null : RankOf(rankText);
        if (rankText is not null && rank is null)
        {
            problems.Error("rank-unknown", $"{ProblemList.Quote(rankText)} is no rank.", "Ranks: domain kingdom phylum class order family genus species strain.", line, column);
            return null;
        }

        if (places.TryGetValue((taxid, name, rank, lineage), out int known))
        {
            return (known, false);
        }

        places.Add((taxid, name, rank, lineage), taxa.Count);
        taxa.Add(Taxon(taxid, name, rank, lineage, line));
        table.Add(new Feature($"{taxid}\t{name}\t{rank}\t{lineage}", lineage, line) { Column = column });
        return (taxa.Count - 1, true);
    }

    /// <summary>The samples; none, with the reason noted, where no taxon is known or the unit is not clear.</summary>
    public IReadOnlyList<SampleSource> Sources(AbundanceUnit? stated)
    {
        var problems = context.Problems;
        if (problems.HasErrors)
        {
            return [];
        }

        if (taxa.Count == 0 || table.Table.Samples.Count == 0)
        {
            problems.Error("no-data-rows", "There are no numbers.", "Give the taxa that were found.");
        }
        else if (!taxa.Any(t => t is not null && IsKnown(t, context.Taxonomy)))
        {
            problems.Error("taxonomy-missing", "None of the names is a taxon's.", "Name the taxa by NCBI taxid, by name or by lineage.");
        }
        else if ((stated ?? table.Unit()) is not { } unit || (unit == AbundanceUnit.Percent && table.Table.Samples.All(s => s.Sum < 1.5)))
        {
            problems.Error("unit-ambiguous", "The numbers are neither whole, nor do they sum to 1 or to 100.", "State the unit, in a column 'unit' of Lab CSV or in the assay of the instrument.");
        }
        else if (unit == AbundanceUnit.Reads && !table.AreCounts)
        {
            problems.Error("value-not-an-integer", "Reads are whole numbers.", "Give counts, or another unit.");
        }
        else
        {
            return table.Sources(taxa, unit);
        }

        return [];
    }

    /// <summary>Whether the taxonomy knows a name or lineage, or something above it.</summary>
    public static bool IsKnown(string name, TaxonomyRelease taxonomy) => taxonomy.Names.Resolve(name) is var found && (found.Taxon ?? found.Ancestor) is not null;

    private const int MaxText = 512;

    private static bool IsKnown(TableTaxon taxon, TaxonomyRelease taxonomy) =>
        (taxon.Taxid is { } id && taxonomy.Find(id) is not null) || (taxon.Name.Length > 0 && IsKnown(taxon.Name, taxonomy));

    private TableTaxon? Taxon(long? taxid, string? name, TaxonomicRank? rank, string? lineage, int line)
    {
        string text = name ?? lineage ?? $"{taxid}";
        bool nothing = taxid is null && FeatureLineages.Normalise(lineage ?? name ?? "").Length == 0;

        // A phylum and its class may share a name; a taxid in digits is a name to no one.
        string unique = submitted.Add(text) ? text : $"{text} ({(taxid is { } id ? id : rank)})";
        string asName = lineage is not null ? $"{FeatureLineages.Normalise(lineage)};" : name is null || name.All(char.IsAsciiDigit) ? "" : name;
        return nothing ? null : new TableTaxon(unique, taxid, asName, lineage is null ? rank : null, line);
    }

    private static TaxonomicRank? RankOf(string rank) => rank is "no rank" or "clade" ? TaxonomicRank.None : RankName.Parse(rank);
}
