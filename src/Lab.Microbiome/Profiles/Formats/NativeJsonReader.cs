using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Lab's own JSON: disjoint taxa, each by taxid, name or lineage, with a value in the unit of the profile.</summary>
internal sealed class NativeJsonReader : FormatReader
{
    private const double SumTolerance = 0.005;

    private const string Id = "lab-json";

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "Lab JSON",
        "Disjoint taxa by taxid, name or lineage; each read stands once, at the lowest rank known.",
        [AbundanceUnit.Reads, AbundanceUnit.Fraction, AbundanceUnit.Percent], null,
        """{ "assay": "amplicon-16s", "unit": "reads", "totalReads": 48211, "taxa": [ { "taxid": 853, "value": 4120 } ] }""")
    {
        Abundance = AbundanceType.Unknown,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.Unknown,
        TellsItsEnd = true,
        Taxonomy = "NCBI",
    }];

    public override Recognition? Recognise(ProfileContent content) => content.Kind == ContentKind.Json && !Biom1Reader.IsMarked(content) ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context) => One(own => Read(content.Bytes.Span, own));

    private static TaxonomicProfile? Read(ReadOnlySpan<byte> content, ReaderContext context)
    {
        var problems = context.Problems;
        var json = new NativeJsonParser(problems);
        if (!Utf8.IsValid(content))
        {
            problems.Refuse(ProfileRefusal.Malformed, "encoding-invalid-utf8", "The JSON is not UTF-8.", "Send UTF-8.");
            return null;
        }

        try
        {
            json.Read(content);
        }
        catch (JsonException e)
        {
            bool deep = e.Message.Contains("maximum configured depth", StringComparison.Ordinal);
            problems.Refuse(ProfileRefusal.Malformed, deep ? "json-too-deep" : "json-invalid", deep ? "The JSON is nested too deeply."
                : "The JSON is not well-formed here.",
                "Check it with a JSON validator; was it cut?", (int?)e.LineNumber + 1, (int?)e.BytePositionInLine + 1);
        }
        catch (InvalidOperationException)
        {
            problems.Refuse(ProfileRefusal.Malformed, "json-invalid", "A string holds half a surrogate pair.", "Check how the text was escaped.");
        }

        return problems.Refusal == ProfileRefusal.Malformed ? null : Profile(json, context);
    }

    private static TaxonomicProfile? Profile(NativeJsonParser json, ReaderContext context)
    {
        var problems = context.Problems;
        AbundanceUnit? unit = json.Unit switch
        {
            "reads" => AbundanceUnit.Reads,
            "fraction" => AbundanceUnit.Fraction,
            "percent" => AbundanceUnit.Percent,
            _ => null
        };
        if (unit is null)
        {
            problems.Error("unit-unknown", "The unit is not known.", "It is reads, fraction or percent.", pointer: "/unit");
            return null;
        }

        if (json.Taxa.Count > context.Limits.MaxLines)
        {
            problems.Refuse(ProfileRefusal.TooLarge, "too-many-taxa", $"More than {context.Limits.MaxLines} taxa.", "Leave out taxa of zero.", pointer: "/taxa");
            return null;
        }

        if (json.Taxa.Count == 0)
        {
            problems.Error("no-data-rows", "There is no taxon.", "Give the taxa that were found.", pointer: "/taxa");
        }

        CheckTaxa(json, unit.Value, problems);
        CheckNumber(json.TotalReads, AbundanceUnit.Reads, "/totalReads", problems);
        CheckNumber(json.Unclassified, unit.Value, "/unclassified", problems);
        if (problems.HasErrors)
        {
            return null;
        }

        double scale = unit == AbundanceUnit.Percent ? 0.01 : 1;
        double? unclassified = json.Unclassified?.Value * scale;
        double sum = json.Taxa.Sum(t => t.Value!.Value.Value) * scale;
        CheckSum(json, unit.Value, sum, unclassified, problems);
        var rows = new ProfileRows(context);
        var tree = new FlatTree(context.Taxonomy, rows);
        var pointers = new Dictionary<string, string>();
        for (int i = 0; i < json.Taxa.Count; i++)
        {
            Add(json.Taxa[i], $"/taxa/{i}", scale, tree, rows, pointers, context);
        }

        var taxa = tree.Build(submitted => problems.Error("ranks-mixed", "The taxon's value is the sum of the taxa below it that are listed too.",
            "List each read once, at the lowest rank known.", pointer: pointers[submitted]));
        if (problems.HasErrors)
        {
            return null;
        }

        rows.Warn();
        return new TaxonomicProfile
        {
            Format = Id,
            Unit = unit.Value,
            DeclaredAssay = json.Assay,
            DeclaredAccession = json.Accession,
            TotalReads = json.TotalReads?.Whole,
            Unclassified = unclassified,
            Everything = Math.Max(sum + (unclassified ?? 0), unit == AbundanceUnit.Reads ? json.TotalReads?.Value ?? 0 : 0),
            Taxa = taxa,
            NameTaxidMismatch = rows.NameTaxidMismatch,
        };
    }

    private static void Add(NativeTaxon taxon, string pointer, double scale, FlatTree tree, ProfileRows rows, Dictionary<string, string> pointers,
        ReaderContext context)
    {
        string submitted = taxon.Name ?? taxon.Lineage ?? taxon.Taxid!.Value.ToString(CultureInfo.InvariantCulture);
        bool known = taxon.Taxid is { } id && context.Taxonomy.Find(id) is not null;
        string name = taxon.Name ?? (known ? "" : taxon.Lineage ?? "");
        long? taxid = taxon.Lineage is not null && taxon.Name is null && !known ? null : taxon.Taxid;
        var resolution = rows.Resolve(taxid, name, RankOf(taxon.Rank), pointer: taxon.Name is null ? pointer : $"{pointer}/name");
        if (resolution.Taxon is null && taxon is { Name: not null, Lineage: not null })
        {
            var place = context.Taxonomy.Names.Resolve(taxon.Lineage);
            resolution = resolution with { Ancestor = place.Ancestor ?? resolution.Ancestor, Between = place.Between };
        }

        if (resolution.Between.Length > context.Limits.MaxDepth)
        {
            context.Problems.Error("lineage-too-deep", $"The lineage has more than {context.Limits.MaxDepth} levels.", "A lineage has at most eight.",
                pointer: pointer);
            return;
        }

        pointers.TryAdd(submitted, pointer);
        tree.Add(resolution, taxon.Taxid is { } own && rows.Contradicts(own) ? null : taxon.Taxid, submitted, taxon.Value!.Value.Value * scale);
    }

    private static void CheckTaxa(NativeJsonParser json, AbundanceUnit unit, ProblemList problems)
    {
        var seen = new Dictionary<(long?, string?, string?, string?), int>();
        for (int i = 0; i < json.Taxa.Count && !problems.Truncated; i++)
        {
            var taxon = json.Taxa[i];
            string pointer = $"/taxa/{i}";
            if (taxon.Taxid is <= 0)
            {
                problems.Error("taxid-invalid", "The taxid is no whole number above 0.", "Leave it out and give a name or lineage.",
                    pointer: $"{pointer}/taxid");
            }

            if (taxon.Taxid is null && string.IsNullOrWhiteSpace(taxon.Name) && string.IsNullOrWhiteSpace(taxon.Lineage))
            {
                problems.Error("taxon-unnamed", "The taxon has no taxid, name or lineage.", "Give one of them.", pointer: pointer);
            }

            if (taxon.Rank is not null && RankOf(taxon.Rank) is null)
            {
                problems.Error("rank-unknown", $"{ProblemList.Quote(taxon.Rank)} is no rank.",
                    "Ranks: domain kingdom phylum class order family genus species strain.", pointer: $"{pointer}/rank");
            }

            var key = taxon.Taxid is not null && taxon.Name is null ? (taxon.Taxid, null, null, null) : (taxon.Taxid, taxon.Name, taxon.Rank, taxon.Lineage);
            if (!seen.TryAdd(key, i))
            {
                problems.Error("duplicate-taxon", $"The taxon stands at /taxa/{seen[key]} already.", "Add the values up.", pointer: pointer);
            }

            CheckNumber(taxon.Value, unit, $"{pointer}/value", problems);
        }
    }

    private static void CheckNumber(JsonNumber? number, AbundanceUnit unit, string pointer, ProblemList problems)
    {
        if (number is not { } value)
        {
            return;
        }

        if (value.Value < 0)
        {
            problems.Error("value-negative", "The value is negative.", "An abundance is 0 or more.", pointer: pointer);
        }
        else if (unit == AbundanceUnit.Reads && (value.Whole > Numbers.MaxCount || value.Value > Numbers.MaxCount))
        {
            problems.Error("value-out-of-range", "The value is more than 2^53.", "No sample has that many reads.", pointer: pointer);
        }
        else if (unit == AbundanceUnit.Reads && value.Whole is null)
        {
            problems.Error("value-not-an-integer", "Reads are whole numbers.", "Give counts, or the unit fraction.", pointer: pointer);
        }
    }

    private static void CheckSum(NativeJsonParser json, AbundanceUnit unit, double sum, double? unclassified, ProblemList problems)
    {
        double all = sum + (unclassified ?? 0);
        if (unit == AbundanceUnit.Reads)
        {
            if (json.TotalReads is { } total && total.Value < all)
            {
                problems.Error("total-below-sum", string.Create(CultureInfo.InvariantCulture, $"The taxa and the unclassified sum to {all:0} reads."),
                    "totalReads is all reads, classified or not.", pointer: "/totalReads");
            }
        }
        else if (all > 1 + SumTolerance)
        {
            problems.Error("rank-sum-out-of-range", string.Create(CultureInfo.InvariantCulture, $"The values sum to {100 * all:0.###} %."),
                "Fractions sum to 1 at most, percent to 100.", pointer: "/taxa");
        }
        else if (unit == AbundanceUnit.Percent && all is > 0.005 and < 0.015)
        {
            problems.Error("unit-ambiguous", "The percentages sum to about 1.", "Is the unit fraction?", pointer: "/unit");
        }
    }

    private static TaxonomicRank? RankOf(string? rank) => rank is not null && RankName.Parse(rank) is { } known and not TaxonomicRank.None ? known : null;
}
