using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class NativeJsonTests
{
    private static ProfileReading Read(string json) => ProfileReader.Read(Encoding.UTF8.GetBytes(json), new ProfileReadingOptions(), TaxonomyRelease.Shipped,
        new ProfileLimits());

    [Fact]
    public void The_example_of_the_contract_gives_sums_at_every_rank()
    {
        var reading = Read("""
            { "assay": "amplicon-16s", "unit": "reads", "totalReads": 48211, "unclassified": 1930,
              "taxa": [ { "taxid": 853, "value": 4120 }, { "name": "Escherichia coli", "rank": "species", "value": 2977 },
                        { "lineage": "k__Bacteria;p__Firmicutes;c__Clostridia;o__;f__;g__Roseburia;s__", "value": 800 } ] }
            """);
        var profile = reading.Profile!;
        Assert.Equal("lab-json", profile.Format);
        Assert.Equal("amplicon-16s", profile.DeclaredAssay);
        Assert.Equal(48211, profile.TotalReads);
        Assert.Equal(1930, profile.Unclassified);
        Assert.Equal(4920, profile.Taxa.Single(t => t.Taxid == 1239).Clade);
        Assert.Equal(2977, profile.Taxa.Single(t => t.Taxid == 543).Clade);
        Assert.Equal(7897, profile.Taxa.Single(t => t.Taxid == 2).Clade);
        var composition = new Composition(profile);
        Assert.Equal(7897, composition.Denominator);
        Assert.Equal(7097.0 / 7897, composition.AssignedFraction(TaxonomicRank.Species), 12);
        Assert.Equal(1930.0 / 48211, composition.UnclassifiedFraction!.Value, 12);
        // Nobody says that there was no host and no virus; they are not listed.
        Assert.Null(composition.HostFraction);
        Assert.Null(composition.ViralFraction);
        Assert.Empty(reading.Warnings);
    }

    [Fact]
    public void Host_food_viruses_and_protists_stand_outside_the_denominator()
    {
        var profile = Read("""
            { "unit": "fraction", "taxa": [ { "taxid": 9606, "value": 0.2 }, { "taxid": 853, "value": 0.3 },
              { "name": "Lactobacillus phage LfeInf", "value": 0.1 },
              { "lineage": "k__Viridiplantae;p__Streptophyta;g__Avena", "value": 0.05 }, { "name": "Nonsense nonsensus", "rank": "species", "value": 0.15 },
              { "name": "Candida glabrata", "value": 0.1 } ] }
            """).Profile!;
        var composition = new Composition(profile);
        Assert.Equal(0.55, composition.Denominator, 12);
        Assert.Equal(0.25 / 0.9, composition.HostFraction!.Value, 12);
        Assert.Equal(0.1 / 0.9, composition.ViralFraction!.Value, 12);
        Assert.Null(composition.UnclassifiedFraction);
        Assert.Equal(OrganismGroup.Unknown, profile.Taxa.Single(t => t.Name == "Nonsense nonsensus").Group);
        Assert.Equal(OrganismGroup.Fungi, profile.Taxa.Single(t => t.Taxid == 5478).Group);
    }

    [Theory]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853, "value": "4" } ] }""", "type-mismatch", "/taxa/0/value")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853, "value": 1e999 } ] }""", "value-not-finite", "/taxa/0/value")]
    [InlineData("""{ "unit": "reads", "unit": "reads", "taxa": [ { "taxid": 853, "value": 4 } ] }""", "member-duplicate", "/unit")]
    [InlineData("""{ "unit": "reads", "Taxa": [], "taxa": [ { "taxid": 853, "value": 4 } ] }""", "member-unknown", "/Taxa")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853 } ] }""", "member-missing", "/taxa/0/value")]
    [InlineData("""{ "taxa": [ { "taxid": 853, "value": 4 } ] }""", "member-missing", "/unit")]
    public void What_is_not_strict_is_malformed_with_a_pointer(string json, string code, string pointer)
    {
        var reading = Read(json);
        Assert.Equal(ProfileRefusal.Malformed, reading.Refusal);
        Assert.Contains(reading.Errors, e => e.Code == code && e.Pointer == pointer);
    }

    [Theory]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853, "value": NaN } ] }""", "json-invalid")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853, """, "json-invalid")]
    [InlineData("""{ "unit": """, "json-invalid")]
    [InlineData("""{ "unit": "reads", "taxa": [[[[[[[[[[[[[]]]]]]]]]]]]] }""", "json-too-deep")]
    [InlineData("""{ "unit": "\ud800", "taxa": [] }""", "json-invalid")]
    public void Broken_json_is_malformed(string json, string code)
    {
        var reading = Read(json);
        Assert.Equal(ProfileRefusal.Malformed, reading.Refusal);
        Assert.Contains(reading.Errors, e => e.Code == code);
    }

    [Theory]
    [InlineData("""{ "unit": "reads", "taxa": [] }""", "no-data-rows")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "name": "Bacteroides", "rank": "-5", "value": 4 } ] }""", "rank-unknown")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "name": "Bacteroides", "rank": "+7", "value": 4 } ] }""", "rank-unknown")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "name": "Bacteroides", "rank": "kingdom,species", "value": 4 } ] }""", "rank-unknown")]
    [InlineData("""{ "unit": "counts", "taxa": [ { "taxid": 853, "value": 4 } ] }""", "unit-unknown")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853, "value": 4.5 } ] }""", "value-not-an-integer")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853, "value": -4 } ] }""", "value-negative")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "value": 4 } ] }""", "taxon-unnamed")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853, "value": 4 }, { "taxid": 853, "value": 5 } ] }""", "duplicate-taxon")]
    [InlineData("""{ "unit": "reads", "totalReads": 3, "taxa": [ { "taxid": 853, "value": 4 } ] }""", "total-below-sum")]
    [InlineData("""{ "unit": "fraction", "taxa": [ { "taxid": 853, "value": 0.7 }, { "taxid": 562, "value": 0.4 } ] }""", "rank-sum-out-of-range")]
    [InlineData("""{ "unit": "percent", "taxa": [ { "taxid": 853, "value": 0.6 }, { "taxid": 562, "value": 0.4 } ] }""", "unit-ambiguous")]
    [InlineData("""{ "unit": "reads", "taxa": [ {"taxid": 853, "value": 4}, {"taxid": 841, "value": 6}, {"taxid": 1239, "value": 10} ] }""", "ranks-mixed")]
    [InlineData("""{ "unit": "reads", "taxa": [ {"taxid": 820, "value": 10}, {"taxid": 816, "value": 10}, {"taxid": 976, "value": 10} ] }""", "ranks-mixed")]
    [InlineData("""{ "unit": "reads", "taxa": [ { "taxid": 853, "value": 9007199254740993 } ] }""", "value-out-of-range")]
    public void What_means_nothing_usable_is_refused(string json, string code)
    {
        var reading = Read(json);
        Assert.Equal(ProfileRefusal.Meaning, reading.Refusal);
        Assert.Contains(reading.Errors, e => e.Code == code);
    }

    [Fact]
    public void All_problems_are_listed_up_to_the_limit()
    {
        string taxa = string.Join(',', Enumerable.Range(0, 150).Select(i => $$"""{ "name": "X{{i}} y", "value": -1 }"""));
        var reading = Read($$"""{ "unit": "reads", "taxa": [ {{taxa}} ] }""");
        Assert.Equal(100, reading.Errors.Length);
        Assert.True(reading.Truncated);
    }

    [Fact]
    public void A_taxid_of_another_taxon_is_noted_and_the_name_is_followed()
    {
        var reading = Read("""{ "unit": "reads", "taxa": [ { "taxid": 1639, "name": "Lactobacillus acidophilus", "value": 4 } ] }""");
        Assert.True(reading.Profile!.NameTaxidMismatch);
        Assert.Contains(reading.Warnings, w => w.Code == "name-taxid-mismatch" && w.Pointer == "/taxa/0/name");
        Assert.DoesNotContain(reading.Profile.Taxa, t => t.Taxid == 1639);
        Assert.Contains(reading.Profile.Taxa, t => t.Taxid == 1579);
    }

    [Fact]
    public void A_known_taxid_with_the_name_of_no_known_species_is_not_trusted()
    {
        var reading = Read("""{ "unit": "reads", "taxa": [ { "taxid": 853, "name": "Nemo nullius", "value": 4 } ] }""");
        Assert.True(reading.Profile!.NameTaxidMismatch);
        Assert.Equal((null, "Nemo nullius"), (Assert.Single(reading.Profile.Taxa).Taxid, reading.Profile.Taxa[0].Name));
    }

    [Fact]
    public void Unknown_names_give_one_warning_and_keep_their_rows()
    {
        var reading = Read("""
            { "unit": "reads", "taxa": [ { "taxid": 853, "value": 4 }, { "name": "Aa bb", "value": 1 }, { "name": "Cc dd", "value": 2 } ] }
            """);
        var warning = Assert.Single(reading.Warnings);
        Assert.Equal(("name-unresolved", "/taxa/1/name"), (warning.Code, warning.Pointer));
        Assert.Equal(7, new Composition(reading.Profile!).Denominator);
    }

    [Fact]
    public void The_order_of_the_taxa_does_not_change_the_digest()
    {
        string[] taxa = ["""{ "taxid": 853, "value": 0.1 }""", """{ "taxid": 841, "value": 0.2 }""", """{ "taxid": 816, "value": 0.3 }""",
            """{ "name": "Aa bb", "value": 0.15 }"""];
        string One(IEnumerable<string> rows) => Read($$"""{ "unit": "fraction", "taxa": [ {{string.Join(',', rows)}} ] }""").Profile!.NormalisedSha256();
        Assert.Equal(One(taxa), One(taxa.Reverse()));
        Assert.NotEqual(One(taxa), One(taxa.Skip(1)));
    }
}
