using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The profiling format of CAMI and bioboxes: percent at every rank with the path of ids and names; samples stand one behind the other.</summary>
internal sealed class CamiReader : FormatReader
{
    private const string Id = "cami";
    private static readonly string[] Columns = ["TAXID", "RANK", "TAXPATH", "PERCENTAGE"];

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "CAMI / bioboxes profile",
        "@SampleID, @Version, @Ranks, then @@TAXID RANK TAXPATH TAXPATHSN PERCENTAGE, tab-separated; every rank has its own rows.", [AbundanceUnit.Percent],
        "shotgun-generic", "1239\tphylum\t2|1239\tBacteria|Bacillota\t60.0")
    {
        Documentation = "https://github.com/bioboxes/rfc/blob/master/data-format/profiling.mkd",
        Abundance = AbundanceType.Unknown,
        Aggregation = Aggregation.Clade,
        Denominator = Denominator.Unknown,
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content) =>
        content.HeadHas("@@TAXID") || content.HeadHas("@SampleID") || content.HeadHas("@Ranks") ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var problems = context.Problems;
        var table = new AbundanceTable { Format = Id, Unit = AbundanceUnit.Percent, Aggregation = Aggregation.Clade };
        var names = new HashSet<string>();
        Section? section = null;
        foreach (var line in content.Lines.Where(l => l.Text[0] != '#').TakeWhile(_ => !problems.Truncated))
        {
            if (line.Text[0] != '@')
            {
                if (section?.Titles is null)
                {
                    problems.Error("header-missing", "No line names the columns of this row.", "It begins with @@TAXID and stands before the rows of each sample.", line.Number);
                    break;
                }

                AddRow(line, section, table, context);
                continue;
            }

            if (section is null || line.Text.StartsWith("@SampleID", StringComparison.Ordinal))
            {
                if (table.Samples.Count == context.Limits.MaxSamples)
                {
                    problems.Refuse(ProfileRefusal.TooLarge, "too-many-samples", $"More than {context.Limits.MaxSamples} samples.", "Send them in several files.", line.Number);
                    break;
                }

                string name = line.Text.StartsWith("@SampleID", StringComparison.Ordinal) ? Value(line.Text) : "";
                if (name.Length > 0 && name != SampleNames.Unnamed && !names.Add(name))
                {
                    problems.Error("duplicate-sample", $"The sample {ProblemList.Quote(name)} stands above already.", "Name each sample once.", line.Number);
                }

                section = new Section(new TableSample(SampleNames.AsAccession(name), new ProblemList(context.Limits.MaxProblems)));
                table.Samples.Add(section.Sample);
            }

            Note(line, section, problems);
        }

        if (content.Lines.TrueForAll(l => l.Text[0] is '@' or '#') && !problems.HasErrors)
        {
            problems.Error("no-data-rows", "There is a header and nothing else.", "Was there no read to classify?");
        }

        return table.Sources();
    }

    private static void Note(TextLine line, Section section, ProblemList problems)
    {
        if (line.Text.StartsWith("@Ranks", StringComparison.Ordinal))
        {
            section.Ranks = [.. Value(line.Text).Split('|', StringSplitOptions.TrimEntries)];
        }
        else if (line.Text.StartsWith("@@", StringComparison.Ordinal))
        {
            section.Titles = line.Text[2..].TrimEnd().Split('\t', StringSplitOptions.TrimEntries);
            if (!Columns.All(section.Titles.Contains))
            {
                problems.Error("header-unknown", "A column is missing.", "Columns: TAXID, RANK, TAXPATH, TAXPATHSN (may be left out), PERCENTAGE.", line.Number);
            }
        }
    }

    private static void AddRow(TextLine line, Section section, AbundanceTable table, ReaderContext context)
    {
        string[] cells = line.Text.Split('\t');
        string? Cell(string title) => Array.IndexOf(section.Titles!, title) is >= 0 and var at && at < cells.Length ? cells[at].Trim() : null;
        int Column(string title) => Array.IndexOf(section.Titles!, title) + 1;
        var problems = section.Sample.Problems;
        if (Columns.Any(c => Cell(c) is null))
        {
            problems.Error("column-count", $"{cells.Length} columns, too few.", "Columns are separated by tabs; was the file cut?", line.Number, cells.Length);
            return;
        }

        string[] ids = Cell("TAXPATH")!.Split('|', StringSplitOptions.TrimEntries);
        string[] names = Cell("TAXPATHSN") is { Length: > 0 } path ? path.Split('|', StringSplitOptions.TrimEntries) : ids;
        string rank = Cell("RANK")!;
        if (section.Ranks is { } ranks && !ranks.Contains(rank))
        {
            problems.Error("rank-unknown", $"{ProblemList.Quote(rank)} is not in @Ranks.", "@Ranks lists every rank of the rows.", line.Number, Column("RANK"));
        }
        else if (names.Length != ids.Length)
        {
            problems.Error("lineage-mismatch", $"TAXPATH has {ids.Length} steps, TAXPATHSN {names.Length}.", "Both are the same path.", line.Number, Column("TAXPATHSN"));
        }
        else if (ids.Length > context.Limits.MaxDepth)
        {
            problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "A lineage has at most eight.", line.Number, Column("TAXPATH"));
        }
        else if (TaxonNames.Check(names[^1], line.Number, Column("TAXPATHSN"), problems)
            && Numbers.Decimal(Cell("PERCENTAGE")!, line.Number, Column("PERCENTAGE"), problems) is { } percent)
        {
            Add(line.Number, section, (ids, names, rank), percent, table, problems);
        }
    }

    private static void Add(int line, Section section, (string[] Ids, string[] Names, string Rank) row, double percent, AbundanceTable table, ProblemList problems)
    {
        string key = string.Join('|', row.Ids);
        if (!section.Seen.TryAdd(key, line))
        {
            problems.Error("duplicate-taxon", $"The path stands in line {section.Seen[key]} already.", "Are these two files in one?", line, 1);
            return;
        }

        // Ids such as (1239/201174), 29580.1 or -1 are of the program that wrote them.
        long? taxid = long.TryParse(row.Ids[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long id) && id > 0 ? id : null;
        string name = row.Names == row.Ids && taxid is not null ? "" : row.Names[^1];
        name = name.Length == 0 && taxid is null ? row.Ids[^1] : name;
        section.Sample.Add(table.Collapse(new TableTaxon(row.Names[^1], taxid, name, RankOf(row.Rank), line) { Levels = [.. row.Names], Key = key }), percent);
    }

    private static TaxonomicRank RankOf(string rank) => rank == "acellular root" ? TaxonomicRank.Domain : RankName.Parse(rank) ?? TaxonomicRank.None;

    private static string Value(string line) => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

    private sealed class Section(TableSample sample)
    {
        public TableSample Sample { get; } = sample;
        public ImmutableArray<string>? Ranks { get; set; }
        public string[]? Titles { get; set; }
        public Dictionary<string, int> Seen { get; } = [];
    }
}
