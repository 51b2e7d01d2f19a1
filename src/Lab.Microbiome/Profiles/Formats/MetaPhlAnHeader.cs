using System.Globalization;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What the comment and header lines of a MetaPhlAn table say, and which version wrote it. Nothing else of them is kept: they hold names and
/// paths.</summary>
internal sealed record MetaPhlAnHeader
{
    private static readonly string[] TaxidColumns = ["NCBI_tax_id", "clade_taxid", "taxid", "NCBI_taxid"];
    private static readonly string[] OtherColumns = ["additional_species", "coverage", "estimated_number_of_reads_from_the_clade",
        "estimated_number_of_bases_from_the_clade"];

    public int Version { get; private init; }

    /// <summary>Whether a header says the version; else it is a guess by the rows.</summary>
    public bool VersionIsCertain { get; private init; }
    public string? Database { get; private init; }
    public long? TotalReads { get; private init; }
    public int? TaxidColumn { get; private init; }
    public int ValueColumn { get; private init; }
    public int ValueColumns { get; private init; }
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
            if (text.StartsWith("#mpa_v", StringComparison.Ordinal))
            {
                database = text[1..].Split('\t')[0];
            }
            else if (text.EndsWith(" reads processed", StringComparison.Ordinal)
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

    private static bool IsTitle(string text) => text.Split('\t')[0] is "ID" or "SampleID" or "clade" or "taxonomy" or "species";

    private static MetaPhlAnHeader From(List<TextLine> lines, string? database, long? reads, bool second, (int Line, string[] Cells)? named)
    {
        string first = lines.FirstOrDefault(l => IsClade(l.Text)).Text ?? "";
        string[] cells = first.Split('\t');
        int? taxid = named is { } header ? IndexOf(header.Cells, TaxidColumns) : null;
        taxid ??= cells.Length > 2 && IsTaxidPath(cells[1]) ? 1 : null;
        int value = taxid is null ? 1 : 2;
        int values = named is { Cells: var columns } ? Math.Max(1, columns.Skip(value).Count(c => c.Length > 0 && !OtherColumns.Contains(c)))
            : Math.Max(1, cells.Length - value - (taxid is null ? 0 : 1));
        int? certain = second ? 2 : database is null ? null : VersionOf(database);
        bool clusters = lines.Any(l => l.Text.Contains("t__SGB", StringComparison.Ordinal));
        bool analysis = named is { Cells: [_, "Metaphlan_Analysis", ..] };
        return new MetaPhlAnHeader
        {
            Database = database,
            TotalReads = reads,
            TaxidColumn = taxid,
            ValueColumn = value,
            ValueColumns = analysis || second ? 1 : values,
            HeaderLine = named?.Line,
            VersionIsCertain = certain is not null,
            Version = certain ?? (clusters || reads is not null ? 4 : taxid is not null || cells[0] == "UNKNOWN" ? 3 : 2),
        };
    }

    // mpa_v20_m200, mpa_v30_CHOCOPhlAn_201901, mpa_v295_…, mpa_vJun23_…
    private static int VersionOf(string database) => database.Length > 6 && char.IsAsciiDigit(database[5])
        ? (database.StartsWith("mpa_v20", StringComparison.Ordinal) ? 2 : 3) : 4;

    private static bool IsTaxidPath(string cell) => cell == "-1"
        || (cell.Length > 0 && cell.All(c => char.IsAsciiDigit(c) || c is '|' or ';') && !cell.StartsWith('0'));

    private static int? IndexOf(string[] cells, string[] names)
    {
        int at = Array.FindIndex(cells, names.Contains);
        return at < 0 ? null : at;
    }
}
