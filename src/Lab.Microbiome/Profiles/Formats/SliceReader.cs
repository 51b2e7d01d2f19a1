using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>One sample of a table, as it is kept: the table's other samples are other people's, and the file of its taxonomy may be another file. Reading
/// it gives the profile that the table gave.</summary>
internal sealed class SliceReader : FormatReader
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        RespectRequiredConstructorParameters = false,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>None of its own: a slice is of the format that its table was.</summary>
    public override ImmutableArray<ProfileFormat> Formats => [];

    public override Recognition? Recognise(ProfileContent content) =>
        content.Kind == ContentKind.Json && content.Bytes.Span.StartsWith("{\"sampleOf\":\""u8) && content.Bytes.Span[13..] is var rest && rest.IndexOf((byte)'"') is > 0 and var end
            && ProfileFormats.Find(System.Text.Encoding.UTF8.GetString(rest[..end])) is { ManySamples: true } format ? new(format.Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context) => One(own =>
    {
        try
        {
            var slice = JsonSerializer.Deserialize<Slice>(content.Bytes.Span, Json)!;
            if (slice.Taxa is null || slice.Taxa.Any(t => t?.Submitted is null))
            {
                throw new JsonException();
            }

            var table = new AbundanceTable
            {
                Format = format,
                Unit = slice.Unit,
                Aggregation = slice.Aggregation,
                Database = slice.Database,
                Assay = slice.Assay,
                OfFeatures = slice.OfFeatures,
                HasEmptySamples = slice.HasEmptySamples,
                Incomplete = slice.Incomplete,
            };
            var sample = new TableSample(null, own.Problems) { TotalReads = slice.TotalReads, Unclassified = slice.Unclassified };
            foreach (var row in slice.Taxa)
            {
                table.Taxa.Add(new TableTaxon(row.Submitted, row.Taxid, row.Name ?? "", row.Rank, 0) { Levels = row.Levels is { } levels ? [.. levels] : [], Key = row.Key });
                sample.Add(table.Taxa.Count - 1, row.Value);
            }

            bool usable = slice.Taxa.All(t => t.Value > 0 && (slice.Aggregation == Aggregation.Disjoint || t.Levels is { Length: > 0 and < 64 })) && !(slice.Unclassified < 0)
                && !(slice.TotalReads < 0);
            return usable ? table.Build(sample, own) : throw new JsonException();
        }
        catch (JsonException)
        {
            own.Problems.Refuse(ProfileRefusal.Malformed, "json-invalid", "The sample of a table is not as Lab writes it.", "Send it unchanged.");
            return null;
        }
    });

    /// <summary>The sample as it is kept.</summary>
    public static byte[] Write(AbundanceTable table, TableSample sample) => JsonSerializer.SerializeToUtf8Bytes(new Slice
    {
        SampleOf = table.Format,
        Unit = table.Unit,
        Aggregation = table.Aggregation,
        Database = table.Database,
        Assay = table.Assay,
        OfFeatures = table.OfFeatures,
        HasEmptySamples = table.HasEmptySamples,
        Incomplete = table.Incomplete,
        TotalReads = sample.TotalReads,
        Unclassified = sample.Unclassified,
        Taxa = [.. Enumerable.Range(0, sample.Count).Select(i => sample[i]).Select(v => Row.Of(table.Taxa[v.Taxon], v.Value))],
    }, Json);

    private sealed record Slice
    {
        [JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required string SampleOf { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required AbundanceUnit Unit { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public required Aggregation Aggregation { get; init; }
        public string? Database { get; init; }
        public string? Assay { get; init; }
        public bool OfFeatures { get; init; }
        public bool HasEmptySamples { get; init; }
        public bool Incomplete { get; init; }
        public long? TotalReads { get; init; }
        public double? Unclassified { get; init; }
        public required Row[] Taxa { get; init; }
    }

    private sealed record Row
    {
        public required string Submitted { get; init; }
        public long? Taxid { get; init; }
        public string? Name { get; init; }
        public TaxonomicRank? Rank { get; init; }
        public string[]? Levels { get; init; }
        public string? Key { get; init; }
        public required double Value { get; init; }

        public static Row Of(TableTaxon taxon, double value) => new()
        {
            Submitted = taxon.Submitted,
            Taxid = taxon.Taxid,
            Name = taxon.Name.Length > 0 ? taxon.Name : null,
            Rank = taxon.Rank,
            Levels = taxon.Levels.IsDefaultOrEmpty ? null : [.. taxon.Levels],
            Key = taxon.Key,
            Value = value,
        };
    }
}
