using System.Collections.Immutable;
using System.Globalization;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A table of taxa and samples of no program's format, either of them as rows. It is asked last: much looks like it.</summary>
internal sealed class MatrixReader : FormatReader
{
    private const string Id = "matrix";
    private static readonly string[] Taxids = ["taxid", "taxonomy_id", "tax_id", "ncbi_taxid", "ncbi_tax_id"];
    private static readonly string[] Ranks = ["rank", "taxonomy_lvl", "level"];
    private static readonly string[] Lineages = ["lineage", "taxonomy"];

    // Columns of one sample: numbers of other meanings beside each other are no samples.
    private static readonly string[] Statistics = ["count", "counts", "count_norm", "reads", "percent", "percentage", "abundance", "relative_abundance", "fraction", "coverage", "parent",
        "score", "avg", "value", "total", "mean", "length", "size", "p_value", "pvalue", "padj"];

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Matrix of taxa and samples",
        "Separated by tab, comma or semicolon: taxa (names, lineages or taxids) as rows and samples as columns, or the other way round; the sums tell the unit.",
        [AbundanceUnit.Reads, AbundanceUnit.EstimatedReads, AbundanceUnit.Fraction, AbundanceUnit.Percent], "shotgun-generic", "species\tS1\tS2")
    {
        Abundance = AbundanceType.Unknown,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.Unknown,
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content)
    {
        if (content.Kind != ContentKind.Text || TableLayout.Of(content.Lines, content.Source) is not { } layout)
        {
            return null;
        }

        if (content.Source is { ValueColumn: null, TaxonColumn: var taxon })
        {
            return layout.Column(taxon) is not null ? new(Id) : null;
        }

        var texts = Texts(layout);
        var cells = new CellRow(layout.Separator);
        bool numbers = false;
        foreach (var line in content.Lines.Skip(layout.HeaderAt + 1).Take(10))
        {
            if (cells.Take(line.Text) != layout.Titles.Length)
            {
                return null;
            }

            for (int column = 1; column < layout.Titles.Length; column++)
            {
                bool number = IsNumber(cells[column]);
                numbers |= number && !texts.Contains(column);
                if (!number && !texts.Contains(column) && cells[column].Trim().Length > 0)
                {
                    return null;
                }
            }
        }

        // A number among the titles: these are no titles, and the first line would be lost.
        return numbers && !layout.Titles.Any(t => IsNumber(t)) && !layout.Titles.Any(t => Statistics.Contains(t, StringComparer.OrdinalIgnoreCase)) ? new(Id) : null;
    }

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var layout = TableLayout.Of(content.Lines, content.Source)!;
        var table = new FeatureTable(Id, context);
        var taxa = new NamedTaxa(table, context);
        bool read = SamplesAreRows(content, layout, context) ? ReadSamples(content.Lines, layout, table, taxa, context) : ReadTaxa(content, layout, table, taxa, context);
        return read ? taxa.Sources(content.Source?.Unit) : [];
    }

    // The side that has more names of taxa.
    private static bool SamplesAreRows(ProfileContent content, TableLayout layout, ReaderContext context)
    {
        if (content.Source is not null || Texts(layout).Count > 0)
        {
            return false;
        }

        var cells = new CellRow(layout.Separator);
        int Known(IEnumerable<string> names) => names.Count(n => NamedTaxa.IsKnown(n, context.Taxonomy));
        string[] rows = [.. content.Lines.Skip(layout.HeaderAt + 1).Take(200).Select(l => cells.Take(l.Text) > 0 ? cells[0].ToString() : "")];
        string[] titles = [.. layout.Titles.Skip(1).Take(200)];
        return (double)Known(titles) / titles.Length > (double)Known(rows) / Math.Max(1, rows.Length);
    }

    private static bool ReadTaxa(ProfileContent content, TableLayout layout, FeatureTable table, NamedTaxa taxa, ReaderContext context)
    {
        var (lines, problems, source) = (content.Lines, context.Problems, content.Source);
        int? name = layout.Column(source?.TaxonColumn, "name") ?? 0;
        int? taxid = source is null ? layout.Column(Taxids) : layout.Column(source.TaxidColumn);
        int? rank = source is null ? layout.Column(Ranks) : null;
        int? lineage = source is null ? layout.Column(Lineages) : null;
        name = name == taxid || name == lineage ? null : name;
        int[] columns = [.. Enumerable.Range(0, layout.Titles.Length).Where(c => c != name && c != taxid && c != rank && c != lineage)];
        SampleNames.AddTo(table.Table, [.. columns.Select(c => layout.Titles[c])], i => (lines[layout.HeaderAt].Number, columns[i] + 1, null), context);
        var cells = new CellRow(layout.Separator);
        foreach (var line in lines.Skip(layout.HeaderAt + 1).TakeWhile(_ => !problems.Truncated && problems.Refusal != ProfileRefusal.TooLarge))
        {
            int count = cells.Take(line.Text);
            if (count != layout.Titles.Length)
            {
                problems.Error("column-count", $"{count} columns instead of {layout.Titles.Length}.", "Every line has as many cells as the first.", line.Number, count);
                continue;
            }

            string? text = cells.Text(name);
            bool digits = text is not null && taxid is null && text.All(char.IsAsciiDigit);
            string? levels = cells.Text(lineage) ?? (text is not null && Taxonomy.LineageText.IsLineage(text) ? text : null);
            if (taxa.Place(digits ? text : cells.Text(taxid), digits || text == levels ? null : text, cells.Text(rank), levels, line.Number) is not { } taxon)
            {
                continue;
            }

            if (!taxon.New)
            {
                problems.Error("duplicate-taxon", "The taxon stands in the table already.", "Are these two tables in one?", line.Number, 1);
            }

            for (int sample = 0; sample < columns.Length; sample++)
            {
                if (layout.Number(cells[columns[sample]], line.Number, columns[sample] + 1, problems) is { } value && !problems.HasErrors && !table.Add(taxon.Place, sample, value))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool ReadSamples(List<TextLine> lines, TableLayout layout, FeatureTable table, NamedTaxa taxa, ReaderContext context)
    {
        var problems = context.Problems;
        int header = lines[layout.HeaderAt].Number;
        for (int column = 1; column < layout.Titles.Length; column++)
        {
            string title = layout.Titles[column];
            bool taxon = NamedTaxa.IsKnown(title, context.Taxonomy) || FeatureLineages.IsLineage(title) || title.EndsWith("unclassified", StringComparison.OrdinalIgnoreCase)
                || Taxonomy.WellKnownRoots.IsVirusName(title);
            if (!taxon)
            {
                problems.Error("column-unknown", $"{ProblemList.Quote(title)} is no taxon that is known.", "Leave out what is no abundance.", header, column + 1);
            }
            else if (taxa.Place(null, title, null, null, header, column + 1) is { New: false })
            {
                problems.Error("duplicate-taxon", "The taxon stands in the table already.", "Name each taxon once.", header, column + 1);
            }
        }

        var cells = new CellRow(layout.Separator);
        var rows = lines.Skip(layout.HeaderAt + 1).ToList();
        SampleNames.AddTo(table.Table, [.. rows.Select(l => cells.Take(l.Text) > 0 ? cells[0].ToString() : "")], i => (rows[i].Number, 1, null), context);
        for (int sample = 0; sample < rows.Count && !problems.Truncated && problems.Refusal != ProfileRefusal.TooLarge; sample++)
        {
            int count = cells.Take(rows[sample].Text);
            if (count != layout.Titles.Length)
            {
                problems.Error("column-count", $"{count} columns instead of {layout.Titles.Length}.", "Every line has as many cells as the first.", rows[sample].Number, count);
                continue;
            }

            for (int column = 1; column < count; column++)
            {
                if (layout.Number(cells[column], rows[sample].Number, column + 1, problems) is { } value && !problems.HasErrors && !table.Add(column - 1, sample, value))
                {
                    return false;
                }
            }
        }

        return true;
    }

    // The columns beside the first that say what a row is.
    private static HashSet<int> Texts(TableLayout layout) =>
        [.. Enumerable.Range(1, layout.Titles.Length - 1).Where(c => Taxids.Concat(Ranks).Concat(Lineages).Append("name").Contains(layout.Titles[c], StringComparer.OrdinalIgnoreCase))];

    private static bool IsNumber(ReadOnlySpan<char> cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
