using System.Globalization;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What the comment and header lines of a MetaPhlAn table say, and which version wrote it. Nothing else of them is kept: they hold names and
/// paths.</summary>
internal sealed record MetaPhlAnHeader
{
    private static readonly string[] TaxidColumns = ["NCBI_tax_id", "clade_taxid", "taxid", "NCBI_taxid"];
    private static readonly string[] OtherColumns = ["additional_species", "coverage", "average_genome_length_in_the_clade",
        "estimated_number_of_reads_from_the_clade", "estimated_number_of_bases_from_the_clade"];
    private static readonly string[] Nameless = ["relative_abundance", "Metaphlan_Analysis", "Metaphlan2_Analysis"];

    public int Version { get; private init; }

    /// <summary>Whether a header says the version; else it is a guess by the rows.</summary>
    public bool VersionIsCertain { get; private init; }
    public string? Database { get; private init; }
    public long? TotalReads { get; private init; }
    public int? TaxidColumn { get; private init; }

    /// <summary>The columns of the samples, at least one.</summary>
    public required int[] Columns { get; init; }

    /// <summary>The names above them; null where there are none, or the one is no name.</summary>
    public string[]? Names { get; private init; }
    public int? HeaderLine { get; private init; }

    public static MetaPhlAnHeader Read(List<TextLine> lines)
    {
        string? database = null;
        long? reads = null;
        bool second = false;
        (int Line, string[] Cells)? named = null;
        foreach (var line in lines)
        {
            string text = line.Text.TrimEnd();
            if (text.Length == 0)
            {
                continue;
            }

            if (text.StartsWith("#mpa_v", StringComparison.Ordinal))
            {
                database = text[1..].Split('\t')[0];
            }
            else if (text.StartsWith('#') && text.EndsWith(" reads processed", StringComparison.Ordinal)
                && long.TryParse(text[1..^" reads processed".Length], NumberStyles.None, CultureInfo.InvariantCulture, out long n) && n <= Numbers.MaxCount)
            {
                reads = n;
            }
            else if (text.StartsWith("#clade_name\t", StringComparison.Ordinal) || text.StartsWith("clade_name\t", StringComparison.Ordinal))
            {
                named = (line.Number, text.Split('\t', StringSplitOptions.TrimEntries));
            }
            else if (text.Contains("\tMetaphlan2_Analysis", StringComparison.Ordinal))
            {
                second = true;
            }
            else if (text[0] != '#' && !IsTitle(text))
            {
                break;
            }
            else if (text[0] != '#' || text.StartsWith("#SampleID\t", StringComparison.Ordinal) || text.StartsWith("#ID\t", StringComparison.Ordinal))
            {
                named ??= (line.Number, text.Split('\t', StringSplitOptions.TrimEntries));
            }
        }

        return From(lines, database, reads, second, named);
    }

    /// <summary>Whether the first cell of a line is a clade, or the row of what is not classified.</summary>
    public static bool IsClade(string text) =>
        text.StartsWith("k__", StringComparison.Ordinal) || text.StartsWith("d__", StringComparison.Ordinal) || IsUnclassified(text.Split('\t')[0]);

    public static bool IsUnclassified(string clade) => clade is "UNKNOWN" or "UNCLASSIFIED" or "unclassified";

    // Tables are renamed by hand: any line above the clades that does not end in a number.
    private static bool IsTitle(string text) => !IsClade(text) && text.Split('\t') is [var first, .., var last]
        && (first is "ID" or "SampleID" or "Sample" or "clade" or "taxonomy" or "species" || !double.TryParse(last, CultureInfo.InvariantCulture, out _));

    private static MetaPhlAnHeader From(List<TextLine> lines, string? database, long? reads, bool second, (int Line, string[] Cells)? named)
    {
        string[][] rows = [.. lines.Where(l => IsClade(l.Text)).Take(50).Select(l => l.Text.Split('\t'))];
        string[] cells = rows.FirstOrDefault() ?? [""];
        int? taxid = named is { } header ? IndexOf(header.Cells, TaxidColumns) : null;
        taxid ??= HasTaxids(rows, named is { Cells: [_, not "Metaphlan_Analysis", ..] }) ? 1 : null;
        int value = taxid is null ? 1 : 2;
        string[]? titles = named is { Cells: [_, not "Metaphlan_Analysis", ..] and var given } ? given : null;

        // Without titles a column after the taxids is that of additional species.
        int[] columns = titles is not null ? [.. Enumerable.Range(0, titles.Length).Skip(value).Where(c => !OtherColumns.Contains(titles[c]))]
            : [.. Enumerable.Range(0, cells.Length - (taxid is null ? 0 : 1)).Skip(value)];
        columns = columns.Length == 0 || named is { Cells: [_, "Metaphlan_Analysis", ..] } ? [value] : columns;
        int? certain = second ? 2 : database is null ? null : VersionOf(database);
        bool clusters = lines.Any(l => l.Text.Contains("t__SGB", StringComparison.Ordinal));
        return new MetaPhlAnHeader
        {
            Database = database,
            TotalReads = reads,
            TaxidColumn = taxid,
            Columns = columns,
            Names = titles is null || columns[^1] >= titles.Length || (columns.Length == 1 && Nameless.Contains(titles[columns[0]])) ? null
                : [.. columns.Select(c => titles[c])],
            HeaderLine = named?.Line,
            VersionIsCertain = certain is not null,
            Version = certain ?? (clusters || reads is not null ? 4 : taxid is not null || cells[0] == "UNKNOWN" ? 3 : 2),
        };
    }

    // mpa_v20_m200, mpa_v30_CHOCOPhlAn_201901, mpa_v295_…, mpa_vJun23_…
    private static int VersionOf(string database) => database.Length > 6 && char.IsAsciiDigit(database[5])
        ? (database.StartsWith("mpa_v20", StringComparison.Ordinal) ? 2 : 3) : 4;

    // Whole percentages look like taxids: a lineage of several levels has a path of several ids beside it.
    private static bool HasTaxids(string[][] rows, bool titled)
    {
        string[][] deep = [.. rows.Where(r => r.Length > 2 && r[0].AsSpan().ContainsAny('|', ';'))];
        return deep.Length > 0 ? Array.Exists(deep, r => r[1].AsSpan().ContainsAny('|', ';')) : !titled && rows is [{ Length: > 2 } first, ..] && IsTaxidPath(first[1]);
    }

    private static bool IsTaxidPath(string cell) => cell == "-1"
        || (cell.Length > 0 && cell.All(c => char.IsAsciiDigit(c) || c is '|' or ';') && !cell.StartsWith('0'));

    private static int? IndexOf(string[] cells, string[] names)
    {
        int at = Array.FindIndex(cells, names.Contains);
        return at < 0 ? null : at;
    }
}
