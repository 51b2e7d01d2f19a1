using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>taxpasta's standard table and its merged tables, wide and long. The program that counted is not named in it.</summary>
internal sealed class TaxpastaReader : FormatReader
{
    private const string Id = "taxpasta";
    private static readonly string[] Metadata = ["taxonomy_id", "name", "rank", "lineage", "id_lineage", "rank_lineage"];

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "taxpasta table",
        "Tab- or comma-separated: taxonomy_id (0: unclassified), name, rank, lineage, …, and count, count and sample, or a column for each sample.",
        [AbundanceUnit.EstimatedReads], "shotgun-generic", "taxonomy_id\tcount")
    {
        Documentation = "https://taxpasta.readthedocs.io/en/latest/",
        Abundance = AbundanceType.Unknown,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.Unknown,
        Taxonomy = "NCBI",
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content) => content.Lines is [var first, ..]
        && Cells.Split(first.Text, Separator(first.Text)) is ["taxonomy_id", _, ..] ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        char separator = Separator(lines[0].Text);
        string[] titles = [.. (Cells.Split(lines[0].Text.TrimEnd(), separator) ?? []).Select(t => t.Trim())];
        int[] values = [.. Enumerable.Range(0, titles.Length).Where(c => !Metadata.Contains(titles[c]))];
        if (values.Length == 0 || lines.Count == 1)
        {
            problems.Error(values.Length == 0 ? "header-unknown" : "no-data-rows", values.Length == 0 ? "There is no column of counts." : "There is a header and nothing else.",
                "Send the table as taxpasta wrote it.", lines[0].Number);
            return [];
        }

        // The counts of Bracken are estimates, and those of MetaPhlAn percent times a million: nothing tells them from reads.
        var table = new AbundanceTable
        {
            Format = Id,
            Unit = AbundanceUnit.EstimatedReads,
            Aggregation = Aggregation.Disjoint,
            Stacked = ("clade-semantics-required", "taxpasta keeps every rank of MetaPhlAn and others: send the profiler's own file, or rows of one rank.", 0.02),
        };
        int sample = Array.IndexOf(titles, "sample");
        int count = Array.IndexOf(titles, "count");
        var rows = lines.Skip(1).Select(l => (l.Number, Cells: Row(l, separator, titles.Length, problems))).Where(r => r.Cells is not null).Select(r => (r.Number, Cells: r.Cells!));
        if (sample > 0 && count > 0)
        {
            ReadLong(rows.ToList(), titles, sample, count, table, context);
            return table.Sources();
        }

        if (values is [var only] && only == count)
        {
            table.Samples.Add(new TableSample(null, problems));
        }
        else
        {
            SampleNames.AddTo(table, [.. values.Select(v => titles[v])], lines[0].Number, values[0] + 1, context);
        }

        if (table.Samples.Count == 0)
        {
            return [];
        }

        var columns = new SampleColumns(table, values, context) { Whole = true };
        foreach (var (number, cells) in rows.TakeWhile(_ => !columns.Full))
        {
            if (Taxon(cells, titles, number, problems) is { } taxon && (taxon.Taxid == 0 ? -1 : table.Add(taxon, problems)) is { } place)
            {
                columns.Add(place < 0 ? null : place, cells, number);
            }
        }

        return table.Sources();
    }

    private static void ReadLong(List<(int Number, string[] Cells)> rows, string[] titles, int sample, int count, AbundanceTable table, ReaderContext context)
    {
        var problems = context.Problems;
        SampleNames.AddTo(table, [.. rows.Select(r => r.Cells[sample].Trim()).Distinct()], rows.Count == 0 ? 1 : rows[0].Number, sample + 1, context);
        var samples = rows.Select(r => r.Cells[sample].Trim()).Distinct().Zip(table.Samples).ToDictionary(p => p.First, p => p.Second);
        var seen = new Dictionary<(long, string), int>();
        foreach (var (number, cells) in rows.TakeWhile(_ => samples.Count > 0 && !problems.Truncated))
        {
            var own = samples[cells[sample].Trim()];
            if (Taxon(cells, titles, number, problems) is not { } taxon || Numbers.Count(cells[count], number, count + 1, own.Problems) is not { } reads)
            {
                continue;
            }

            if (!seen.TryAdd((taxon.Taxid!.Value, cells[sample].Trim()), number))
            {
                own.Problems.Error("duplicate-taxon", $"The taxon stands in line {seen[(taxon.Taxid.Value, cells[sample].Trim())]} already.", "Are these two files in one?", number, 1);
            }
            else if (taxon.Taxid == 0)
            {
                own.Unclassified = reads;
            }
            else
            {
                own.Add(table.Collapse(taxon), reads);
            }
        }
    }

    private static string[]? Row(TextLine line, char separator, int columns, ProblemList problems)
    {
        if (Cells.Split(line.Text, separator) is { } cells && cells.Length == columns)
        {
            return cells;
        }

        if (!problems.Truncated)
        {
            problems.Error("column-count", $"The line has not {columns} columns.", "Columns are those of the header; was the file cut?", line.Number);
        }

        return null;
    }

    private static TableTaxon? Taxon(string[] cells, string[] titles, int line, ProblemList problems)
    {
        if (!long.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out long taxid))
        {
            problems.Error("taxid-invalid", $"{ProblemList.Quote(cells[0])} is no taxid.", "A taxid is a whole number; 0 is what is not classified.", line, 1);
            return null;
        }

        int at = Array.IndexOf(titles, "name");
        string name = at < 0 ? "" : cells[at].Trim();
        int rank = Array.IndexOf(titles, "rank");
        return TaxonNames.Check(name, line, at + 1, problems)
            ? new TableTaxon(name.Length > 0 ? name : $"{taxid}", taxid, name, rank < 0 ? null : RankName.Parse(cells[rank].Trim()), line) { Key = $"{taxid}" } : null;
    }

    private static char Separator(string header) => header.Contains('\t', StringComparison.Ordinal) ? '\t' : ',';
}
