using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Profiles.Formats;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>The format of an imaginary program, Counter 1: a title, then a line of taxid and reads for each taxon, and the number of lines at the end.</summary>
internal sealed class CounterReader : FormatReader
{
    private const string Id = "counter", Title = "#counter 1";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Counter table", "A title, lines of taxid and reads, and how many they are.",
        [AbundanceUnit.Reads], "shotgun-generic", "853\t4120")
    {
        Documentation = "https://example.org/counter",
        Abundance = AbundanceType.Sequence,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.Classified,
        Taxonomy = "NCBI",
        TellsItsEnd = true,
    }];

    public override Recognition? Recognise(ProfileContent content) => content.HeadHas(Title) ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (problems, last) = (context.Problems, content.Lines[^1]);
        var table = new AbundanceTable { Format = Id, Unit = AbundanceUnit.Reads, Aggregation = Aggregation.Disjoint };
        var sample = new TableSample(null, problems);
        table.Samples.Add(sample);
        foreach (var line in content.Lines.Skip(1).SkipLast(1).TakeWhile(_ => !problems.Truncated))
        {
            if (line.Text.Split('\t') is not [var id, var reads])
            {
                problems.Error("column-count", "The line has not two columns.", "Send the table as Counter wrote it.", line.Number);
            }
            else if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long taxid))
            {
                problems.Error("taxid-invalid", $"{ProblemList.Quote(id)} is no taxid.", "A taxid is a whole number.", line.Number, 1);
            }
            else if (Numbers.Count(reads, line.Number, 2, problems) is { } count && table.Add(new TableTaxon(id, taxid, "", null, line.Number), problems) is { } place)
            {
                sample.Add(place, count);
            }
        }

        if (last.Text != string.Create(CultureInfo.InvariantCulture, $"#end {content.Lines.Count - 2}"))
        {
            problems.Error("report-incomplete", "The last line does not say how many lines there are.", "Was the file written completely?", last.Number);
        }

        return table.Sources();
    }
}
