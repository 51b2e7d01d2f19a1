using System.Collections.Immutable;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Lab's own table, one taxon of one sample a line, with columns in any order; and such tables of an instrument whose columns were told.</summary>
internal sealed class LabCsvReader : FormatReader
{
    private const string Id = "lab-csv";

    // No accession.
    private const string Nameless = "the sample";
    private static readonly string[] Known = ["taxid", "name", "rank", "lineage", "value", "accession", "unit"];

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Lab CSV",
        "A line a taxon: taxid, name or lineage, and value; also rank, accession (several samples below each other), unit. Separated by comma, semicolon or tab.",
        [AbundanceUnit.Reads, AbundanceUnit.EstimatedReads, AbundanceUnit.Fraction, AbundanceUnit.Percent], "shotgun-generic", "accession,taxid,name,rank,lineage,value,unit")
    {
        Abundance = AbundanceType.Unknown,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.Unknown,
        Taxonomy = "NCBI",
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content)
    {
        if (content.Kind != ContentKind.Text || TableLayout.Of(content.Lines, content.Source) is not { } layout)
        {
            return null;
        }

        bool told = content.Source is { ValueColumn: { } value, TaxonColumn: var taxon } && layout.Column(value) is not null && layout.Column(taxon) is not null;
        return told || (layout.Column("value") is not null && layout.Column("taxid", "name", "lineage") is not null) ? new(Id) : null;
    }

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        var source = content.Source is { ValueColumn: not null } told ? told : null;
        var layout = TableLayout.Of(lines, content.Source)!;
        int header = lines[layout.HeaderAt].Number;
        foreach (var (title, at) in layout.Titles.Select((t, i) => (t, i)))
        {
            bool twice = layout.Column(title) != at;
            if (twice || (source is null && !Known.Contains(title, StringComparer.OrdinalIgnoreCase)))
            {
                problems.Error(twice ? "duplicate-column" : "column-unknown", twice ? "Two columns have one name." : $"{ProblemList.Quote(title)} is no column of Lab CSV.",
                    $"Columns: {string.Join(' ', Known)}.", header, at + 1);
            }
        }

        var columns = source is null
            ? (Taxid: layout.Column("taxid"), Name: layout.Column("name"), Lineage: layout.Column("lineage"), Value: layout.Column("value"), Sample: layout.Column("accession"))
            : (Taxid: layout.Column(source.TaxidColumn), Name: layout.Column(source.TaxonColumn), Lineage: null, Value: layout.Column(source.ValueColumn), Sample: layout.Column(source.SampleColumn));
        var table = new FeatureTable(Id, context);
        var taxa = new NamedTaxa(table, context);
        var cells = new CellRow(layout.Separator);
        var samples = new Dictionary<string, int>();
        var rows = new List<(int Line, int Sample, int Taxon, double Value)>();
        string? unit = null;
        foreach (var line in lines.Skip(layout.HeaderAt + 1).TakeWhile(_ => !problems.Truncated))
        {
            int count = cells.Take(line.Text);
            if (count != layout.Titles.Length)
            {
                problems.Error("column-count", $"{count} columns instead of {layout.Titles.Length}.", "Every line has as many cells as the first.", line.Number, count);
                continue;
            }

            string name = cells.Text(columns.Sample) ?? "";
            samples.TryAdd(name, samples.Count);
            string? own = source is null ? cells.Text(layout.Column("unit")) : null;
            if (own is not null && unit is not null && own != unit)
            {
                problems.Error("unit-ambiguous", "The units differ between lines.", "A table has one unit.", line.Number, layout.Column("unit") + 1);
            }

            unit ??= own;
            var place = taxa.Place(cells.Text(columns.Taxid), cells.Text(columns.Name), source is null ? cells.Text(layout.Column("rank")) : null, cells.Text(columns.Lineage), line.Number);
            if (layout.Number(cells[columns.Value!.Value], line.Number, columns.Value.Value + 1, problems) is { } value && place is { } taxon)
            {
                rows.Add((line.Number, samples[name], taxon.Place, value));
            }
        }

        SampleNames.AddTo(table.Table, [.. samples.Keys.Select(k => columns.Sample is null ? Nameless : k)], _ => (header, columns.Sample + 1, null), context);
        return Fill(table, rows, problems) ? taxa.Sources(source?.Unit ?? Unit(unit, header, problems)) : [];
    }

    private static bool Fill(FeatureTable table, List<(int Line, int Sample, int Taxon, double Value)> rows, ProblemList problems)
    {
        var seen = new HashSet<(int, int)>();
        foreach (var (line, sample, taxon, value) in rows.TakeWhile(_ => !problems.Truncated))
        {
            if (!seen.Add((sample, taxon)))
            {
                problems.Error("duplicate-taxon", "The taxon stands in this sample already.", "Add the values up.", line);
            }

            if (problems.Refusal == ProfileRefusal.TooLarge || !table.Add(taxon, sample, value))
            {
                return false;
            }
        }

        return true;
    }

    private static AbundanceUnit? Unit(string? unit, int line, ProblemList problems)
    {
        AbundanceUnit? known = unit switch { "reads" => AbundanceUnit.Reads, "fraction" => AbundanceUnit.Fraction, "percent" => AbundanceUnit.Percent, _ => null };
        if (unit is not null && known is null)
        {
            problems.Error("unit-unknown", "The unit is not known.", "It is reads, fraction or percent.", line);
        }

        return known;
    }
}
