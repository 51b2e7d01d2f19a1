using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The Kraken 2 report of 6 or 8 columns, also as Kraken 1, Centrifuge, Bracken and MEGAN's converter write it.</summary>
internal sealed class KreportReader : FormatReader
{
    private const long Root = 1;
    private const long CellularOrganisms = 131567;

    private const string Id = "kraken2-report";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Kraken 2 report",
        "Tab-separated, without a header: percent, clade reads, direct reads, (minimizers, distinct minimizers,) rank code, taxid, indented name.",
        [AbundanceUnit.Reads, AbundanceUnit.EstimatedReads], "shotgun-kraken2", " 12.03\t2033986\t530\tS\t853\t      Faecalibacterium prausnitzii")
    {
        Documentation = "https://github.com/DerrickWood/kraken2/blob/master/docs/MANUAL.markdown#sample-report-output-format",
        Abundance = AbundanceType.Sequence,
        Aggregation = Aggregation.Clade,
        Denominator = Denominator.All,
        TellsItsEnd = true,
        Sought = [OrganismGroup.Host, OrganismGroup.Virus],
    }];

    public override Recognition? Recognise(ProfileContent content) =>
        content.Lines is [var first, ..] && first.Text.Split('\t') is { Length: >= 4 } cells && IsPercent(cells[0].Trim(' '))
            && cells[1].Trim() is [>= '0' and <= '9', ..] ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context) => One(own => Read(content.Lines, own));

    private static bool IsPercent(string cell) => cell is "nan" or "-nan" || (cell.Length > 0 && cell.All(c => char.IsAsciiDigit(c) || c == '.'));

    private static TaxonomicProfile? Read(List<TextLine> lines, ReaderContext context)
    {
        var rows = Parse(lines, context);
        if (context.Problems.HasErrors)
        {
            return null;
        }

        var tree = new KreportTree(rows);
        if (tree.RootClade > 0 && !rows.Any(r => IsTaxon(r)))
        {
            context.Problems.Error("no-data-rows", "The root has reads, but no taxon is listed.", "Send the whole report.", rows[^1].Line);
            return null;
        }

        bool estimated = WrittenByBracken(rows, tree);
        bool incomplete = KreportChecks.Incomplete(rows, tree, estimated, context);
        if (context.Problems.HasErrors)
        {
            return null;
        }

        long? unclassified = rows.FirstOrDefault(r => r.IsUnclassified)?.Clade ?? (tree.RootClade is not null && !estimated ? 0 : null);
        long classified = tree.RootClade ?? tree.TopClades;
        var resolver = new ProfileRows(context);
        var taxa = Taxa(rows, tree, resolver);
        resolver.Warn();
        return new TaxonomicProfile
        {
            Format = Id,
            Unit = estimated ? AbundanceUnit.EstimatedReads : AbundanceUnit.Reads,
            TotalReads = unclassified + classified,
            Unclassified = unclassified,
            Everything = classified + (unclassified ?? 0),
            Taxa = taxa,
            Incomplete = incomplete,
            NameTaxidMismatch = resolver.NameTaxidMismatch,
        };
    }

    private static List<KreportRow> Parse(List<TextLine> lines, ReaderContext context)
    {
        var rows = new List<KreportRow>(lines.Count);
        var seen = new Dictionary<long, int>();
        int columns = lines[0].Text.Split('\t').Length is 8 ? 8 : 6;
        foreach (var line in lines)
        {
            if (context.Problems.Truncated || ParseRow(line, columns, context) is not { } row)
            {
                continue;
            }

            if (row.Taxid != 0 && !seen.TryAdd(row.Taxid, line.Number))
            {
                context.Problems.Error("duplicate-taxon", $"Taxid {row.Taxid} stands in line {seen[row.Taxid]} already.",
                    "Are these two reports in one file?", line.Number, columns - 1);
            }

            // The digits of a rank code count levels too; both are bounded, so that no tree is deep whatever its indentation says.
            if (row.Level > context.Limits.MaxDepth || (row.Code.Length > 1
                && int.Parse(row.Code.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture) > context.Limits.MaxDepth))
            {
                context.Problems.Error("lineage-too-deep", $"The row stands more than {context.Limits.MaxDepth} levels deep.", "A level is two blanks.",
                    line.Number, columns);
                break;
            }

            rows.Add(row);
        }

        return rows;
    }

    private static KreportRow? ParseRow(TextLine line, int columns, ReaderContext context)
    {
        string[] cells = line.Text.Split('\t');
        var problems = context.Problems;
        if (cells.Length != columns)
        {
            problems.Error("column-count", $"{cells.Length} columns instead of {columns}.", "A Kraken 2 report has 6 or 8 tab-separated columns.",
                line.Number, cells.Length);
            return null;
        }

        double? percent = Numbers.Decimal(cells[0], line.Number, 1, problems);
        long? clade = Numbers.Count(cells[1], line.Number, 2, problems);
        long? direct = Numbers.Count(cells[2], line.Number, 3, problems);
        string code = cells[columns - 3].Trim(' ');
        if (!IsRankCode(code))
        {
            problems.Error("rank-unknown", $"{ProblemList.Quote(code)} is no rank code.", "Rank codes are U R D K P C O F G S, a digit may follow; or -.",
                line.Number, columns - 2);
        }

        string id = cells[columns - 2].Trim(' ');
        if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long taxid))
        {
            problems.Error("taxid-invalid", $"{ProblemList.Quote(id)} is no taxid.", "A taxid is a whole number, 0 or more.", line.Number, columns - 1);
        }

        string name = cells[columns - 1].Trim(' ');
        if (name.Length == 0)
        {
            problems.Error("value-missing", "The name is empty.", "Give the name of the taxon.", line.Number, columns);
        }

        int level = (cells[columns - 1].Length - cells[columns - 1].TrimStart(' ').Length) / 2;
        return IsRankCode(code) && percent is { } share && clade is { } all && direct is { } own
            ? new KreportRow(line.Number, share, cells[0], all, own, code, taxid, name, level) : null;
    }

    private static ImmutableArray<ProfileTaxon> Taxa(List<KreportRow> rows, KreportTree tree, ProfileRows resolver)
    {
        var taxa = ImmutableArray.CreateBuilder<ProfileTaxon>(rows.Count);
        int[] places = new int[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            int above = tree.Parents[i];
            places[i] = above < 0 ? -1 : places[above];
            if (!IsTaxon(row))
            {
                continue;
            }

            var rank = RankOf(row);
            var resolution = resolver.Resolve(row.Taxid == 0 ? null : row.Taxid, row.Name, rank, row.Line);
            long? taxid = resolver.Contradicts(row.Taxid) ? null : row.Taxid;
            int parent = places[i];
            places[i] = taxa.Count;
            taxa.Add(new ProfileTaxon
            {
                Taxid = resolution.Taxon?.Taxid ?? taxid,
                Name = resolution.Taxon?.Name ?? LineageText.Display(LineageText.Level(row.Name).Name),
                SubmittedName = row.Name,
                Rank = FinalRank(rank, row, resolution.Taxon, parent, taxa),
                Parent = parent,
                Group = resolver.Group(taxid, row.Name, parent < 0 ? null : taxa[parent].Group, resolution.Taxon ?? resolution.Ancestor),
                Clade = row.Clade,
                Direct = row.Direct,
            });
        }

        return taxa.ToImmutable();
    }

    // Kraken 1 and Centrifuge write - for what they do not know; MEGAN writes K for domains. A rank stands only once in a lineage.
    private static TaxonomicRank FinalRank(TaxonomicRank rank, KreportRow row, Taxon? known, int parent, ImmutableArray<ProfileTaxon>.Builder taxa)
    {
        if (known is not null && (row.Code == "-" || known.Rank == TaxonomicRank.Domain))
        {
            rank = known.Rank;
        }

        for (int i = parent; i >= 0 && rank != TaxonomicRank.None; i = taxa[i].Parent)
        {
            if (taxa[i].Rank == rank)
            {
                return TaxonomicRank.None;
            }
        }

        return rank;
    }

    private static TaxonomicRank RankOf(KreportRow row) => row.Code switch
    {
        "D" => TaxonomicRank.Domain,
        "K" => TaxonomicRank.Kingdom,
        "P" => TaxonomicRank.Phylum,
        "C" => TaxonomicRank.Class,
        "O" => TaxonomicRank.Order,
        "F" => TaxonomicRank.Family,
        "G" => TaxonomicRank.Genus,
        "S" => TaxonomicRank.Species,
        _ => LineageText.Level(row.Name).Rank,
    };

    private static bool IsTaxon(KreportRow row) => !row.IsUnclassified && row.Taxid is not (Root or CellularOrganisms);

    private static bool IsRankCode(string code) =>
        code == "-" || (code.Length is >= 1 and <= 8 && "URDKPCOFGS".Contains(code[0], StringComparison.Ordinal)
            && code.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0);

    // Bracken moves the reads to the species, and rounds down: hardly a read stands above, and the sum is not quite exact, or the unclassified row is gone.
    private static bool WrittenByBracken(List<KreportRow> rows, KreportTree tree)
    {
        long above = rows.Where(r => !r.IsUnclassified && r.Code[0] != 'S').Sum(r => r.Direct);
        bool unpadded = rows.Count >= 20 && rows.Any(r => r.Percent < 10) && !rows.Any(r => r.PercentText.StartsWith(' ')) && !rows.Any(r => r.IsUnclassified);
        bool rounded = tree.Direct != tree.RootClade && (tree.Direct == 0 || KreportChecks.AddsUp(tree.Direct, tree.RootClade ?? 0));
        return above <= tree.RootClade / 10_000 && tree.RootClade > 0 && rows.Count > 2 && (unpadded || rounded);
    }
}
