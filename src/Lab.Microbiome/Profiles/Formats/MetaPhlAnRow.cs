using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A clade of a MetaPhlAn table; the share is 0 to 1.</summary>
internal sealed record MetaPhlAnRow(int Line, string[] Levels, long? Taxid, double Share)
{
    /// <summary>The first levels of the lineage as one key.</summary>
    public string Key(int depth) => string.Join('|', Levels, 0, depth);

    /// <summary>Checks that no rank sums to more than everything, and that the numbers are percent.</summary>
    public static void CheckSums(List<MetaPhlAnRow> rows, double? unclassified, ProblemList problems)
    {
        if (problems.HasErrors)
        {
            return;
        }

        if (rows.Count == 0 && unclassified is null)
        {
            problems.Error("no-data-rows", "There is no clade in the file.", "Was there no read to classify?");
            return;
        }

        var sums = rows.GroupBy(r => LineageText.Level(r.Levels[^1]).Rank).Select(g => (Rank: g.Key, Sum: g.Sum(r => r.Share) + (unclassified ?? 0))).ToList();
        foreach (var (rank, sum) in sums.Where(s => s.Sum > 1.005))
        {
            problems.Error("rank-sum-out-of-range", string.Create(CultureInfo.InvariantCulture, $"Rank {Name(rank)} sums to {100 * sum:0.###} %."),
                "A rank sums to 100 % at most.");
        }

        double largest = sums.Count == 0 ? unclassified ?? 0 : sums.Max(s => s.Sum);
        if (largest is > 0.005 and < 0.015)
        {
            problems.Error("unit-ambiguous", "Every rank sums to about 1: these look like fractions, where MetaPhlAn writes percent.",
                "Send the file as MetaPhlAn wrote it.");
        }
        else if (largest < 0.99)
        {
            problems.Warning("rank-sum-below-100", string.Create(CultureInfo.InvariantCulture, $"No rank sums to more than {100 * largest:0.##} %."),
                "The rest is unassigned.");
        }
    }

    private static string Name(TaxonomicRank rank) => rank.ToString().ToLowerInvariant();
}
