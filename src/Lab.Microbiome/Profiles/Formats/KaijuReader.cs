using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>kaiju2table's summary at one rank, of one or several inputs. All viruses are one row; what is classified above the rank is one row too.</summary>
internal sealed class KaijuReader : FormatReader
{
    private const string Id = "kaiju";
    private const string Header = "file\tpercent\treads\ttaxon_id";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Kaiju table",
        "Tab-separated, one rank a file: file, percent, reads, taxon id, taxon name or path; several files may be stacked.", [AbundanceUnit.Reads], "shotgun-kaiju",
        "s1.out\t13.470748\t3607397\t818\tBacteroides thetaiotaomicron")
    {
        Documentation = "https://github.com/bioinformatics-centre/kaiju#creating-classification-summary",
        Abundance = AbundanceType.Sequence,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.All,
        Taxonomy = "NCBI",
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content) =>
        content.Lines is [var first, ..] && first.Text.StartsWith(Header, StringComparison.Ordinal) ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);

        // Tables that were put behind each other keep their headers.
        var rows = lines.Where(l => !l.Text.StartsWith(Header, StringComparison.Ordinal)).ToList();
        if (rows.Count == 0)
        {
            problems.Error("no-data-rows", "There is a header and nothing else.", "Was there no read to classify?", lines[0].Number + 1);
            return [];
        }

        var table = new AbundanceTable { Format = Id, Unit = AbundanceUnit.Reads, Aggregation = Aggregation.Disjoint };
        var samples = SampleNames.AddFiles(table, rows.Select(r => r.Text.Split('\t')[0]), context);
        var shares = samples.ToDictionary(s => s.Key, _ => new Share());
        var rank = RankOf(rows);
        var seen = new Dictionary<(string, string), int>();
        foreach (var line in rows.TakeWhile(_ => samples.Count > 0 && !problems.Truncated))
        {
            string[] cells = line.Text.Split('\t');
            if (cells.Length < 5)
            {
                problems.Error("column-count", $"{cells.Length} columns instead of 5.", "Columns are separated by tabs; was the file cut?", line.Number, cells.Length);
                continue;
            }

            var sample = samples[cells[0]];
            string text = string.Join('\t', cells[4..]).Trim();
            if (!seen.TryAdd((cells[0], $"{cells[3]}\t{text}"), line.Number))
            {
                sample.Problems.Error("duplicate-taxon", $"The taxon stands in line {seen[(cells[0], $"{cells[3]}\t{text}")]} already.", "Was a table appended twice?", line.Number, 5);
                continue;
            }

            if (Numbers.Count(cells[2], line.Number, 3, sample.Problems) is not { } reads)
            {
                continue;
            }

            shares[cells[0]].Add(cells[1], reads, text == "unclassified");
            if (text == "unclassified")
            {
                sample.Unclassified = reads;
            }
            else if (Taxon(cells, text, rank, line.Number, context with { Problems = sample.Problems }) is { } taxon)
            {
                sample.Add(table.Collapse(taxon), reads);
            }
        }

        foreach (var (file, sample) in samples)
        {
            Check(shares[file], sample, table, context);
        }

        return table.Sources();
    }

    // Each input's rows end with the unclassified reads, and their percentages sum to 100; with -u without the last row's.
    private static void Check(Share share, TableSample sample, AbundanceTable table, ReaderContext context)
    {
        if (sample.Unclassified is null)
        {
            CutReport.Note(table, "The last row of an input, of the unclassified reads, is missing.", context);
        }
        else if (share.Percent > 0 && Math.Abs(share.Percent - 100) > 0.5 && Math.Abs(share.Percent + share.Unclassified - 100) > 0.5)
        {
            sample.Problems.Warning("fraction-sum", string.Create(CultureInfo.InvariantCulture, $"The percentages sum to {share.Percent + share.Unclassified:0.###}."),
                "Rows are missing: fractions of everything are of the reads that the percentages tell. Was the table filtered?", column: 2);
            sample.TotalReads = Math.Max(share.Total, (long)(sample.Sum + sample.Unclassified));
        }
    }

    private static TableTaxon? Taxon(string[] cells, string text, TaxonomicRank? rank, int line, ReaderContext context)
    {
        var problems = context.Problems;
        // Reads above the rank, or of taxa below a threshold, are classified: they stay in the denominator, below nothing.
        if (text.StartsWith("cannot be assigned to a ", StringComparison.Ordinal) || text.StartsWith("belong to a ", StringComparison.Ordinal))
        {
            return new TableTaxon(text, null, text, TaxonomicRank.None, line);
        }

        // Paths (-p, -l) have levels of any rank, so that only the last is sure to be of this one. Columns of -l may be NA.
        string[] path = [.. text.Split('\t', ';').Select(t => t.Trim()).Where(t => t.Length > 0 && t != "NA")];
        string name = path.Length == 0 ? "" : path[^1];
        if (!long.TryParse(cells[3], NumberStyles.None, CultureInfo.InvariantCulture, out long taxid) || taxid == 0)
        {
            problems.Error("taxid-invalid", $"{ProblemList.Quote(cells[3])} is no taxid.", "A taxid is a whole number above 0.", line, 4);
            return null;
        }

        if (!TaxonNames.Check(name, line, 5, problems))
        {
            return null;
        }

        if (path.Length > context.Limits.MaxDepth)
        {
            problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "Leave out -p.", line, 5);
            return null;
        }

        // Where the taxonomy lacks the id the path still tells what it is below. -e expands viruses to any rank.
        bool virus = path is ["Viruses", _, ..];
        bool below = path.Length > 1 && context.Taxonomy.Find(taxid) is null && (virus || rank is not null);
        string place = virus ? $"d__Viruses;{name}" : $"{string.Join(';', path.SkipLast(1))};{LineageText.Prefix(rank ?? TaxonomicRank.None)}{name}";

        // Without names.dmp Kaiju has ids alone.
        return new TableTaxon(name, taxid, name == $"taxonid:{taxid}" ? "" : below ? place : name, virus ? null : rank, line) { Key = $"{taxid}" };
    }

    // "cannot be assigned to a (non-viral) species" tells the rank of all rows.
    private static TaxonomicRank? RankOf(List<TextLine> rows)
    {
        foreach (var row in rows)
        {
            int at = row.Text.IndexOf("\tcannot be assigned to a (non-viral) ", StringComparison.Ordinal);
            if (at > 0)
            {
                return RankName.Parse(row.Text[(row.Text.LastIndexOf(' ') + 1)..].Trim());
            }
        }

        return null;
    }

    private sealed class Share
    {
        private long reads;
        private double share;

        public double Percent { get; private set; }

        public double Unclassified { get; private set; }

        /// <summary>All reads, by the row of most reads.</summary>
        public long Total => share > 0 ? (long)Math.Round(reads / share * 100) : 0;

        public void Add(string percent, long count, bool unclassified)
        {
            // Of no reads the percentages are not numbers.
            if (!double.TryParse(percent, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
            {
                return;
            }

            (Percent, Unclassified) = unclassified ? (Percent, value) : (Percent + value, Unclassified);
            (reads, share) = count > reads ? (count, value) : (reads, share);
        }
    }
}
