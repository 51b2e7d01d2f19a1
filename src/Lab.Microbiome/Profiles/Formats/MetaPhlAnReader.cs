using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A MetaPhlAn profile of one sample, versions 2, 3 and 4, with and without taxids and header lines.</summary>
internal sealed class MetaPhlAnReader : FormatReader
{
    public override ImmutableArray<ProfileFormat> Formats { get; } =
    [
        Version(2, "Tab-separated: lineage, percent; every rank has its own rows.", "k__Bacteria|p__Bacteroidetes\t92.24896"),
        Version(3, "Tab-separated: lineage, taxids, percent, additional species; every rank has its own rows.", "#mpa_v30_CHOCOPhlAn_201901"),
        Version(4, "As MetaPhlAn 3, with t__SGB rows and the number of reads processed; also rel_ab_w_read_stats.", "#mpa_vJun23_CHOCOPhlAnSGB_202403"),
    ];

    public override Recognition? Recognise(ProfileContent content)
    {
        bool mine = content.Lines.Take(8).Any(l => l.Text.StartsWith("#mpa_v", StringComparison.Ordinal)
            || l.Text.Contains("\tMetaphlan", StringComparison.Ordinal) || l.Text.StartsWith("#clade_name\t", StringComparison.Ordinal)
                || l.Text.StartsWith("clade_name\t", StringComparison.Ordinal))
            || content.Lines.Take(2).Any(l => l.Text.Contains('\t', StringComparison.Ordinal) && MetaPhlAnHeader.IsClade(l.Text)
                && !l.Text.StartsWith("d__", StringComparison.Ordinal));
        if (!mine)
        {
            return null;
        }

        var header = MetaPhlAnHeader.Read(content.Lines);
        return new($"metaphlan{header.Version}", header.VersionIsCertain);
    }

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems, header) = (content.Lines, context.Problems, MetaPhlAnHeader.Read(content.Lines));
        if (header.ValueColumns > 1)
        {
            problems.Error("multi-sample-table", $"The table has {header.ValueColumns} samples.",
                "Send one sample a file, or the table to POST /v1/profiles.", header.HeaderLine ?? lines[0].Number);
            return [];
        }

        var table = new AbundanceTable { Format = format, Unit = AbundanceUnit.Percent, Aggregation = Aggregation.Clade, Database = header.Database };
        var sample = new TableSample(null, problems) { TotalReads = header.TotalReads };
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
            else if (MetaPhlAnHeader.IsUnclassified(cells[0]))
            {
                sample.Unclassified = percent;
            }
            else if (Taxon(line.Number, cells, header.TaxidColumn, context) is { } taxon && table.Add(taxon, problems) is { } place)
            {
                sample.Add(place, percent);
            }
        }

        table.Samples.Add(sample);
        return table.Sources();
    }

    private static TableTaxon? Taxon(int line, string[] cells, int? taxidColumn, ReaderContext context)
    {
        char separator = cells[0].Contains('|', StringComparison.Ordinal) ? '|' : ';';
        string[] levels = cells[0].Trim().TrimEnd(separator).Split(separator);
        if (levels.Length > context.Limits.MaxDepth)
        {
            context.Problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "A lineage has at most eight.", line, 1);
            return null;
        }

        long? taxid = null;
        if (taxidColumn is { } column && column < cells.Length && cells[column].Split('|', ';') is var path && path.Length == levels.Length
            && long.TryParse(path[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long id) && id > 0)
        {
            taxid = id;
        }

        return new TableTaxon(cells[0], taxid, levels[^1], LineageText.Level(levels[^1]).Rank, line) { Levels = [.. levels] };
    }

    private static ProfileFormat Version(int version, string description, string example) =>
        new($"metaphlan{version}", $"MetaPhlAn {version} profile", description, [AbundanceUnit.Percent], $"shotgun-metaphlan{version}", example)
        {
            Documentation = $"https://github.com/biobakery/biobakery/wiki/metaphlan{version}",
            Abundance = AbundanceType.Taxonomic,
            Aggregation = Aggregation.Clade,
            Denominator = Denominator.Unknown,
            Taxonomy = version == 4 ? "SGB" : "NCBI",
        };
}
