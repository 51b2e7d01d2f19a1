using System.Text;
using CsCheck;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>BIOM 1.0, https://biom-format.org/documentation/format_versions/biom-1.0.html.</summary>
public sealed class Biom1Tests
{
    private const string Rows = """{"id":"a","metadata":{"taxonomy":["k__Bacteria","p__Firmicutes","g__Blautia"]}},{"id":"b","metadata":{"taxonomy":"k__Bacteria; p__Bacteroidetes"}}""";

    private static string Biom(string rows = Rows, string columns = """{"id":"S1","metadata":null},{"id":"S2","metadata":null}""", string data = "[[0,0,3],[0,1,4],[1,1,5]]",
        string matrix = "sparse", string element = "int", string shape = "[2,2]", string type = "\"OTU table\"") =>
        $$"""{"id":null,"format":"Biological Observation Matrix 1.0.0","format_url":"http://biom-format.org","type":{{type}},"generated_by":"x","date":"2020-01-01","rows":[{{rows}}],"columns":[{{columns}}],"matrix_type":"{{matrix}}","matrix_element_type":"{{element}}","shape":{{shape}},"data":{{data}}}""";

    private static readonly string[] Same =
    [
        Biom(),
        Biom(type: "null"),
        Biom(data: "[[3,4],[0,5]]", matrix: "dense"),
        Biom(data: "[[0,0,3.0],[1,1,5.0],[0,1,4.0],[1,0,0.0]]", element: "float"),
        Biom(Rows.Replace("taxonomy", "Taxonomy", StringComparison.Ordinal)),
        Biom(Rows.Replace("\"a\"", "11", StringComparison.Ordinal).Replace("\"b\"", "12", StringComparison.Ordinal)),
        Biom(Rows.Replace("\"metadata\":{", "\"metadata\":{\"Confidence\":0.9,\"collapsed_ids\":{\"taxonomy\":[\"x\"]},", StringComparison.Ordinal)),
        Biom("""{"id":"k__Bacteria;p__Firmicutes;g__Blautia","metadata":null},{"id":"k__Bacteria;p__Bacteroidetes"}"""),
        """{"data":[[0,0,3],[0,1,4],[1,1,5]],""" + Biom(data: "0")[1..].Replace(",\"data\":0", "", StringComparison.Ordinal),
    ];

    [Fact]
    public void Every_spelling_of_one_table_is_one_profile()
    {
        string[] tsv = [.. Tables.Profiles("#OTU ID\tS1\tS2\ttaxonomy\na\t3.0\t4.0\tk__Bacteria; p__Firmicutes; g__Blautia\nb\t0.0\t5.0\tk__Bacteria; p__Bacteroidetes\n").Select(p => p.Whatever())];
        Assert.All(Same, text => Assert.Equal(tsv, Tables.Profiles(text).Select(p => p.Whatever())));
    }

    [Fact]
    public void Integer_counts_with_taxids_as_ids_are_no_amplicons()
    {
        var profile = Tables.Profiles(Biom("""{"id":853,"metadata":null},{"id":"562","metadata":null}"""))[1];
        Assert.Equal((4.0, "shotgun-generic"), (profile.Taxa.Single(t => t.Taxid == 853).Clade, profile.DeclaredAssay));
    }

    [Theory]
    [InlineData("""{"matrix_type":"sparse"}""", "biom-structure", ProfileRefusal.Meaning)]
    [InlineData("[]", "biom-structure", ProfileRefusal.Meaning)]
    [InlineData("""{"matrix_type":"sparse","rows":[{"id":"a"}""", "json-invalid", ProfileRefusal.Malformed)]
    public void What_is_no_biom_is_said_so(string text, string code, ProfileRefusal refusal)
    {
        var content = Tables.Read(text, "biom1").Content;
        Assert.Contains(content.Errors, e => e.Code == code);
        Assert.Equal(refusal, content.Refusal);
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { Biom(shape: "[2000000000,2000000000]"), "biom-shape" },
        { Biom(shape: "[2]"), "biom-structure" },
        { Biom(shape: "[2,3]"), "biom-shape" },
        { Biom(data: "[[2,0,3]]"), "biom-index" },
        { Biom(data: "[[0,-1,3]]"), "biom-index" },
        { Biom(data: "[[0,0,3],[0,0,4]]"), "biom-index" },
        { Biom(data: "[[0,0]]"), "biom-structure" },
        { Biom(data: "[7]"), "biom-structure" },
        { Biom(data: "7"), "biom-structure" },
        { Biom(data: "[[3,4]]", matrix: "dense"), "biom-shape" },
        { Biom(data: "[[3,4],[5]]", matrix: "dense"), "biom-shape" },
        { Biom(matrix: "compact"), "biom-structure" },
        { Biom(data: "[[0,0,0.5]]"), "biom-element-type" },
        { Biom(data: "[[0,0,\"3\"]]"), "biom-element-type" },
        { Biom(element: "unicode"), "biom-element-type" },
        { Biom(data: "[[0,0,-3]]"), "value-negative" },
        { Biom(data: "[[0,0,1e999]]", element: "float"), "value-not-finite" },
        { Biom(data: "[[0,0,null]]"), "value-missing" },
        { Biom(Rows.Replace("\"b\"", "\"a\"", StringComparison.Ordinal)), "duplicate-taxon" },
        { Biom(columns: """{"id":"S1"},{"id":"S1"}"""), "duplicate-sample" },
        { Biom(columns: """{"id":"unnamed sample"},{"id":"unnamed sample"}"""), "duplicate-sample" },
        { Biom(columns: """{"id":""},{"id":"S1"}"""), "sample-id-empty" },
        { Biom("""{"id":"a","metadata":null},{"id":"b","metadata":null}"""), "taxonomy-missing" },
        { Biom(data: "[[0,0,NaN]]"), "json-invalid" },
        { Biom()[..^1], "json-invalid" },
        { Biom() + "}", "json-invalid" },
        { Biom(data: new string('[', 200) + new string(']', 200)), "json-too-deep" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_table_gets_its_code(string text, string code) => Assert.Equal(code, Tables.Code(Tables.Read(text)));

    [Fact]
    public void Whatever_is_cut_or_changed_there_is_an_answer() => Gen.Select(Gen.Int[0, Same.Length - 1], Gen.Int[0, 700], Gen.Char["{}[],:\"0-e.\\u"]).Sample((which, place, c) =>
    {
        char[] text = Same[which].ToCharArray();
        text[place % text.Length] = c;
        Answer(new string(text));
        Answer(Same[which][..(place % text.Length)]);
    });

    private static void Answer(string text)
    {
        var table = ProfileReader.ReadTable(Encoding.UTF8.GetBytes(text), new ProfileReadingOptions("biom1"), TaxonomyRelease.Shipped, new ProfileLimits());
        Assert.True(table.Content.Errors.Length > 0 || table.Samples.All(s => s.Read() is { } reading && (reading.Profile is null) == (reading.Errors.Length > 0)));
    }
}
