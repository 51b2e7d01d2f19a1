using System.Collections.Immutable;
using System.Text;

namespace Lab.Microbiome.Taxonomy;

/// <summary>One level of a lineage as a file gives it.</summary>
/// <param name="Rank">The rank of its prefix or position; <see cref="TaxonomicRank.None"/> when neither tells.</param>
/// <param name="Name">The name without the prefix; empty when the file knows nothing at this level.</param>
public readonly record struct LineageLevel(TaxonomicRank Rank, string Name);

/// <summary>Lineage strings (<c>k__Bacteria;p__Firmicutes;…</c>, also with <c>|</c>) and the spelling of names in them.</summary>
public static class LineageText
{
    private static readonly string[] EmptyNames =
        ["", "na", "n a", "nan", "none", "unclassified", "uncultured", "unassigned", "unidentified", "unknown", "metagenome", "gut metagenome",
            "human gut metagenome",
         "ambiguous taxa", "uncultured bacterium", "uncultured organism", "incertae sedis", "environmental samples"];

    /// <summary>The prefix of a rank, e.g. <c>p__</c>; empty for <see cref="TaxonomicRank.None"/>.</summary>
    public static string Prefix(TaxonomicRank rank) => rank switch
    {
        TaxonomicRank.Domain => "d__",
        TaxonomicRank.Kingdom => "k__",
        TaxonomicRank.Phylum => "p__",
        TaxonomicRank.Class => "c__",
        TaxonomicRank.Order => "o__",
        TaxonomicRank.Family => "f__",
        TaxonomicRank.Genus => "g__",
        TaxonomicRank.Species => "s__",
        TaxonomicRank.Strain => "t__",
        _ => "",
    };

    /// <summary>Whether the text is a lineage rather than a name: it has a separator and a prefix, or several separators.</summary>
    public static bool IsLineage(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int separators = text.Count(c => c is ';' or '|');
        return separators > 1 || (separators == 1 && text.Contains("__", StringComparison.Ordinal));
    }

    /// <summary>Splits a lineage into levels, root first. A level without a prefix takes the rank of its position when the lineage has no prefix at all
    /// (domain, phylum, class, order, family, genus, species).</summary>
    public static ImmutableArray<LineageLevel> Split(string lineage)
    {
        ArgumentNullException.ThrowIfNull(lineage);
        string[] cells = lineage.Trim().TrimEnd(';').Split(lineage.Contains('|', StringComparison.Ordinal) ? '|' : ';', StringSplitOptions.TrimEntries);
        bool prefixed = cells.Any(c => Level(c).Rank != TaxonomicRank.None);
        if (!prefixed && cells.Length > 0 && cells[0].Equals("root", StringComparison.OrdinalIgnoreCase))
        {
            cells = cells[1..];
        }

        return [.. cells.Select((cell, index) => prefixed ? Level(cell) : new LineageLevel(Positional(index), IsEmpty(cell) ? "" : cell))];
    }

    /// <summary>One level with its prefix (<c>k__ d__ sk__ D_0__ p__ …</c>) taken off; the kingdom names of Greengenes and MetaPhlAn are domains.</summary>
    public static LineageLevel Level(string cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        int at = cell.IndexOf("__", StringComparison.Ordinal);
        var rank = at is > 0 and <= 3 ? RankOf(cell[..at]) : TaxonomicRank.None;
        string name = rank == TaxonomicRank.None ? cell : cell[(at + 2)..];
        if (rank == TaxonomicRank.Kingdom && name is "Bacteria" or "Archaea" or "Eukaryota" or "Viruses")
        {
            rank = TaxonomicRank.Domain;
        }

        return new LineageLevel(rank, IsEmpty(name) ? "" : name);
    }

    /// <summary>The name as it is compared: lower case, brackets, quotes and <i>Candidatus</i> left out, everything but letters and digits a single
    /// blank.</summary>
    public static string Key(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var key = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            if (c is '[' or ']' or '\'' or '"')
            {
                continue;
            }

            if (char.IsLetterOrDigit(c))
            {
                key.Append(char.ToLowerInvariant(c));
            }
            else if (key.Length > 0 && key[^1] != ' ')
            {
                key.Append(' ');
            }
        }

        string text = key.ToString().TrimEnd();
        return text.StartsWith("candidatus ", StringComparison.Ordinal) ? text["candidatus ".Length..] : text;
    }

    /// <summary>A name as people write it: underscores are blanks, outer blanks are gone. Brackets and <i>Candidatus</i> stay, for they mean something to a
    /// reader.</summary>
    public static string Display(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return string.Join(' ', name.Replace('_', ' ').Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static bool IsEmpty(string name) => EmptyNames.Contains(Key(name)) || name.Trim('_', ' ').Length == 0;

    private static TaxonomicRank Positional(int index) => index switch
    {
        0 => TaxonomicRank.Domain,
        <= 6 => TaxonomicRank.Phylum + (index - 1),
        7 => TaxonomicRank.Strain,
        _ => TaxonomicRank.None,
    };

    private static TaxonomicRank RankOf(string prefix) => prefix.ToLowerInvariant() switch
    {
        "d" or "sk" or "d_0" => TaxonomicRank.Domain,
        "k" => TaxonomicRank.Kingdom,
        "p" or "d_1" => TaxonomicRank.Phylum,
        "c" or "d_2" => TaxonomicRank.Class,
        "o" or "d_3" => TaxonomicRank.Order,
        "f" or "d_4" => TaxonomicRank.Family,
        "g" or "d_5" => TaxonomicRank.Genus,
        "s" or "d_6" => TaxonomicRank.Species,
        "t" or "d_7" => TaxonomicRank.Strain,
        _ => TaxonomicRank.None,
    };
}
