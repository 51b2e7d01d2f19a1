using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>BIOM 1.0: a table of features and samples as JSON.</summary>
internal sealed class Biom1Reader : FormatReader
{
    private const string Id = "biom1";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "BIOM 1.0 (JSON)",
        "Features with a taxonomy in their metadata (or ids that are lineages), samples, and a sparse or dense matrix.",
        [AbundanceUnit.Reads, AbundanceUnit.EstimatedReads, AbundanceUnit.Fraction, AbundanceUnit.Percent], "amplicon-16s",
        """{ "format": "Biological Observation Matrix 1.0.0", "matrix_type": "sparse", "shape": [2, 1], … }""")
    {
        Documentation = "https://biom-format.org/documentation/format_versions/biom-1.0.html",
        Abundance = AbundanceType.Unknown,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.All,
        TellsItsEnd = true,
        ManySamples = true,
    }];

    /// <summary>Whether JSON says that it is BIOM.</summary>
    public static bool IsMarked(ProfileContent content) =>
        content.Bytes.Span.IndexOf("\"matrix_type\""u8) >= 0 || content.Bytes.Span.IndexOf("Biological Observation Matrix"u8) >= 0;

    // What is no object is no other JSON of ours either: who declares it BIOM is told what BIOM it lacks.
    public override Recognition? Recognise(ProfileContent content) =>
        content.Kind == ContentKind.Json && (IsArray(content) || IsMarked(content)) ? new(Id, IsMarked(content)) : null;

    private static bool IsArray(ProfileContent content) => content.Bytes.Span.TrimStart(" \t\r\n"u8)[0] == '[';

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var problems = context.Problems;
        if (!Utf8.IsValid(content.Bytes.Span))
        {
            problems.Refuse(ProfileRefusal.Malformed, "encoding-invalid-utf8", "The JSON is not UTF-8.", "Send UTF-8.");
            return [];
        }

        var json = new Biom1Parser(problems, context.Limits);
        try
        {
            json.Read(content.Bytes.Span);
            if (!problems.HasErrors)
            {
                return Sources(json, content, context);
            }
        }
        catch (JsonException e)
        {
            bool deep = e.Message.Contains("maximum configured depth", StringComparison.Ordinal);
            problems.Refuse(ProfileRefusal.Malformed, deep ? "json-too-deep" : "json-invalid", deep ? "The JSON is nested too deeply." : "The JSON is not well-formed here.",
                "Check it with a JSON validator; was it cut?", (int?)e.LineNumber + 1, (int?)e.BytePositionInLine + 1);
        }
        catch (InvalidOperationException)
        {
            problems.Refuse(ProfileRefusal.Malformed, "json-invalid", "A string holds half a surrogate pair.", "Check how the text was escaped.");
        }

        return [];
    }

    private static IReadOnlyList<SampleSource> Sources(Biom1Parser json, ProfileContent content, ReaderContext context)
    {
        var table = new FeatureTable(Id, context);
        SampleNames.AddTo(table.Table, json.Columns, i => (null, null, $"/columns/{i}/id"), context);
        for (int i = 0; i < json.Rows.Count; i++)
        {
            table.Add(new Feature(json.Rows[i].Id, json.Rows[i].Lineage, 0, $"/rows/{i}/id"));
        }

        if (!context.Problems.HasErrors)
        {
            json.ReadData(content.Bytes.Span, table);
            if (table.HasCellsTwice())
            {
                context.Problems.Error("biom-index", "A cell has two values.", "Give each cell once.", pointer: "/data");
            }
        }

        return context.Problems.HasErrors ? [] : FeatureLineages.Sources(table, content, context);
    }
}
