using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Lab.Api.Reports.Fhir;
using Lab.Microbiome.Indices;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class FhirReportTests(ReportCorpus corpus) : IClassFixture<ReportCorpus>
{
    private static readonly FhirJsonDeserializer Strict = FhirJsonDeserializer.STRICT;

    [Fact]
    public void There_are_fifty_different_reports_of_every_kind()
    {
        Assert.Equal(ReportCorpus.Size, corpus.Reports.Select(r => r.Id).Distinct().Count());
        var documents = corpus.Reports.Select(r => JsonNode.Parse(r.Json)!).ToArray();
        Assert.Equal(["amended", "corrected", "entered-in-error", "final", "preliminary"], documents.Select(d => (string)d["status"]!).Distinct().Order());
        Assert.Equal(["none", "same-method", "same-platform"], documents.Select(d => (string)d["method"]!["cohortMatch"]!).Distinct().Order());
        Assert.Equal(["amplicon", "shotgun"], documents.Select(d => (string)d["method"]!["platform"]!).Distinct().Order());
        Assert.Equal(["fail", "pass", "warn"], documents.Select(d => (string)d["quality"]!["status"]!).Distinct().Order());
    }

    [Fact]
    public void Each_is_read_strictly_and_written_back_byte_for_byte()
    {
        foreach (var report in corpus.Reports)
        {
            var resource = Strict.DeserializeResource(Encoding.UTF8.GetString(report.Fhir));
            Assert.Equal(Encoding.UTF8.GetString(report.Fhir), Encoding.UTF8.GetString(FhirReport.Write(resource)));
            Assert.Equal(report.Fhir, FhirReport.Write(report.Json));
        }
    }

    [Fact]
    public void Each_says_whose_it_is_which_version_and_when()
    {
        foreach (var (_, _, json, fhir) in corpus.Reports)
        {
            var (document, report) = (JsonNode.Parse(json)!, Read(fhir));
            var sample = document["sample"]!;
            Assert.Equal((string)document["id"]!, report.Id);
            Assert.Equal([$"urn:uuid:{document["id"]}", (string)sample["accession"]!, document["version"]!.ToString()], report.Identifier.Select(i => i.Value));
            Assert.Equal((string?)sample["subject"], report.Subject?.Identifier!.Value);
            Assert.Equal((string?)sample["collectedAt"], (report.Effective as FhirDateTime)?.Value);
            Assert.Equal((DateTimeOffset)document["issuedAt"]!, report.Issued);
            var status = (string)document["status"]!;
            Assert.Equal(status, (string)JsonNode.Parse(fhir)!["status"]!);
            Assert.All(Observations(fhir), o => Assert.Equal(status, (string)o["status"]!));
            Assert.Equal((string?)document["replaces"] is { } id ? $"urn:uuid:{id}" : null,
                report.GetExtensionValue<ResourceReference>("http://hl7.org/fhir/StructureDefinition/diagnosticReport-replaces")?.Identifier!.Value);
        }
    }

    [Fact]
    public void Every_number_is_the_one_of_the_JSON()
    {
        foreach (var (name, _, json, fhir) in corpus.Reports)
        {
            var (document, observations) = (JsonNode.Parse(json)!, Observations(fhir).ToDictionary(o => (string)o["id"]!));
            var expected = 1;
            foreach (var (prefix, list, key, value) in new[] { ("metric", "diversity", "metric", "value"), ("index", "indices", "id", "value"), ("ratio", "ratios", "id", "value"), ("guild", "guilds", "id", "fraction") })
            {
                foreach (var item in document[list]!.AsArray()) Compare(item!, observations[$"{prefix}-{item![key]}"], value);
            }
            foreach (var rank in new[] { "phylum", "genus" })
            {
                foreach (var (place, taxon) in document["composition"]![rank]!.AsArray().Index()) Compare(taxon!, observations[$"{rank}-{place + 1}"], "fraction");
            }
            foreach (var finding in document["findings"]!.AsArray()) Compare(finding!, observations[$"finding-{finding!["code"]}"], "value", "p2_5", "p97_5");
            foreach (var (member, code) in new[] { ("totalReads", "total-reads"), ("unclassifiedFraction", "unclassified-fraction"), ("hostFraction", "host-fraction"), ("viralFraction", "viral-fraction") })
            {
                Same(document["quality"]![member], Component(observations["quality"], code)?["valueQuantity"]?["value"], name);
            }
            Assert.Equal(expected, observations.Count);

            void Compare(JsonNode item, JsonNode observation, string value, string low = "p5", string high = "p95")
            {
                expected++;
                var about = $"{name}: {observation["id"]}";
                Same(item[value], observation["valueQuantity"]?["value"], about, observation["dataAbsentReason"]);
                // A finding without a value is a list of taxa, and has no reason to give.
                if (item[value] is null && low == "p5") Assert.True(observation["dataAbsentReason"]?["text"] is not null, about);
                var (reference, range) = (item["reference"], observation["referenceRange"]?[0]);
                Same(reference?[low], range?["low"]?["value"], about, range?["text"]);
                Same(reference?[high], range?["high"]?["value"], about, range?["text"]);
                Same(reference?["percentile"], Component(observation, "percentile")?["valueQuantity"]?["value"], about);
                Same(item["ci95"]?[0], Component(observation, "interval-95")?["valueRange"]?["low"]?["value"], about, Component(observation, "interval-95")?["dataAbsentReason"]);
                Same(item["ci95"]?[1], Component(observation, "interval-95")?["valueRange"]?["high"]?["value"], about, Component(observation, "interval-95")?["dataAbsentReason"]);
                foreach (var (member, code) in new[]
                {
                    ("numerator", "numerator"), ("denominator", "denominator"), ("log2", "log2"), ("reads", "reads"), ("assignedFraction", "assigned-fraction"),
                    ("countingStability", "counting-stability"), ("baseRate", "base-rate"),
                })
                {
                    Same(item[member], Component(observation, code)?["valueQuantity"]?["value"], about, Component(observation, code)?["dataAbsentReason"]);
                }
                var shares = observation["component"]?.AsArray().Where(c => c!["code"]!["text"] is not null).ToArray() ?? [];
                Assert.Equal(item["contributions"]?.AsArray().Count ?? 0, shares.Length);
                foreach (var (place, part) in (item["contributions"]?.AsArray() ?? []).Index())
                {
                    Same(part!["share"], shares[place]!["valueQuantity"]?["value"], about, shares[place]!["dataAbsentReason"]);
                    Assert.Equal(part["taxid"]?.ToString(), (string?)shares[place]!["code"]!["coding"]?[0]!["code"]);
                }
            }
        }
    }

    [Fact]
    public void A_taxon_has_its_taxid_and_its_status_and_what_has_no_value_has_the_reason()
    {
        foreach (var (_, _, json, fhir) in corpus.Reports)
        {
            var (document, observations) = (JsonNode.Parse(json)!, Observations(fhir).ToDictionary(o => (string)o["id"]!));
            foreach (var (place, taxon) in document["composition"]!["genus"]!.AsArray().Index())
            {
                var observation = observations[$"genus-{place + 1}"];
                var coded = Component(observation, "taxon")!["valueCodeableConcept"]!;
                Assert.Equal(taxon!["taxid"]?.ToString(), (string?)coded["coding"]?[0]!["code"]);
                Assert.Equal(taxon["taxid"] is null ? null : "http://www.ncbi.nlm.nih.gov/taxonomy", (string?)coded["coding"]?[0]!["system"]);
                string? interpretation = (string)taxon["status"]! switch { "within" => "N", "low" => "L", "high" => "H", "absent" or "not-detected" => "ND", _ => null };
                Assert.Equal(interpretation, (string?)observation["interpretation"]?[0]!["coding"]![0]!["code"]);
            }
            foreach (var metric in document["diversity"]!.AsArray().Where(m => m!["value"] is null))
            {
                var absent = observations[$"metric-{metric!["metric"]}"]["dataAbsentReason"]!["coding"]!.AsArray();
                Assert.Equal("http://terminology.hl7.org/CodeSystem/data-absent-reason", (string)absent[0]!["system"]!);
                Assert.Equal((string)metric["reason"]!, (string)absent[1]!["code"]!);
            }
        }
    }

    [Fact]
    public void References_lead_to_what_is_contained_and_all_of_that_is_referred_to()
    {
        foreach (var (name, _, _, fhir) in corpus.Reports)
        {
            var report = Read(fhir);
            var ids = report.Contained.Select(c => c.Id!).ToArray();
            Assert.Equal(ids.Distinct(), ids);
            var references = report.Specimen.Concat(report.Result).Concat(report.Contained.OfType<Observation>().SelectMany(o => o.DerivedFrom.Append(o.Specimen)))
                .Select(r => r!.Reference!).ToArray();
            Assert.All(references, reference => Assert.Contains(reference[1..], ids));
            Assert.All(ids, id => Assert.Contains($"#{id}", references));
            Assert.True(report.Contained.OfType<Observation>().Count() == report.Result.Count, name);
        }
    }

    [Fact]
    public void Every_code_of_our_own_is_published_in_English_and_Dutch()
    {
        var systems = LabCodes.Published.ToDictionary(s => s.Url!);
        var own = systems.Keys.First()[..^LabCodes.Measurement.Length];
        foreach (var coding in corpus.Reports.SelectMany(r => Codings(JsonNode.Parse(r.Fhir)!)).Where(c => ((string)c["system"]!).StartsWith(own, StringComparison.Ordinal)))
        {
            Assert.Contains(systems[(string)coding["system"]!].Concept, c => c.Code == (string)coding["code"]! && c.Display == (string)coding["display"]!);
        }
        foreach (var concept in systems.Values.SelectMany(s => s.Concept))
        {
            Assert.False(string.IsNullOrWhiteSpace(concept.Display) || string.IsNullOrWhiteSpace(Assert.Single(concept.Designation, d => d.Language == "nl").Value), concept.Code);
        }
    }

    [Fact]
    public void Whatever_the_engine_and_the_shipped_panels_can_report_has_a_code()
    {
        (string System, string Code)[] codes =
        [
            .. Measures.Metrics.Select(m => (LabCodes.Measurement, m)), .. PublishedIndex.Shipped.Select(i => (LabCodes.Measurement, i.Id)),
            .. Panel.Shipped.SelectMany(p => p.Guilds.Select(g => g.Id).Concat(p.Ratios.Select(r => r.Id))).Select(id => (LabCodes.Measurement, id)),
            .. Panel.Shipped.SelectMany(p => p.Rules).Select(r => (LabCodes.Finding, r.Code)),
            .. PublishedIndex.Shipped.SelectMany(i => i.Caveats).Concat(Panel.Shipped.SelectMany(p => p.Ratios).SelectMany(r => r.Caveats)).Select(c => (LabCodes.Caveat, c)),
            .. Lab.Api.Reports.ReportSeries.Reasons.Keys.Select(r => (LabCodes.Change, r)),
        ];
        Assert.All(codes, c => Assert.NotEmpty(LabCodes.Concept(c.System, c.Code).Coding));
    }

    [Fact]
    public void The_conclusion_says_what_the_report_says_in_both_languages_and_a_withdrawn_one_that_it_is_withdrawn()
    {
        foreach (var (name, _, json, fhir) in corpus.Reports)
        {
            var (document, conclusion) = (JsonNode.Parse(json)!, Read(fhir).ConclusionElement!);
            var translation = conclusion.Extension.Single();
            Assert.Equal("http://hl7.org/fhir/StructureDefinition/translation", translation.Url);
            Assert.Equal("nl", ((Code)translation.GetExtension("lang")!.Value!).Value);
            var dutch = ((FhirString)translation.GetExtension("content")!.Value!).Value;
            foreach (var text in document["findings"]!.AsArray().Concat(document["notices"]!.AsArray()).Select(f => f!["text"]!))
            {
                Assert.Contains((string)text["en"]!, conclusion.Value, StringComparison.Ordinal);
                Assert.Contains((string)text["nl"]!, dutch, StringComparison.Ordinal);
            }
            Assert.Equal(name == "WITHDRAWN", conclusion.Value!.StartsWith("This report was withdrawn and must not be used.\nReason of the change: Wrong person.\nNote: Tube of somebody else.", StringComparison.Ordinal));
            if (name == "REGISTERED") Assert.StartsWith((string)document["notices"]![0]!["text"]!["nl"]!, dutch, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("0.00001", "0.00001")]
    [InlineData("1e-7", "0.0000001")]
    [InlineData("1.23456e-20", "0.0000000000000000000123456")]
    [InlineData("123456789012345", "123456789012345")]
    [InlineData("1e+21", "1000000000000000000000")]
    [InlineData("1.23456e-27", null)]
    [InlineData("1e-200", null)]
    [InlineData("1e+30", null)]
    public void A_number_stands_there_in_all_its_digits_or_not_at_all_and_then_in_words(string json, string? written)
    {
        var document = JsonNode.Parse(corpus.Reports[0].Json)!;
        document["ratios"]![0]!["value"] = JsonNode.Parse(json);
        var ratio = Observations(FhirReport.Write(Encoding.UTF8.GetBytes(document.ToJsonString()))).Single(o => (string)o["id"]! == "ratio-firmicutes-bacteroidetes");
        Assert.Equal(written, ratio["valueQuantity"]?["value"]!.ToJsonString());
        Assert.Equal(written is null ? json : null, (string?)ratio["dataAbsentReason"]?["text"]);
    }

    private static DiagnosticReport Read(byte[] fhir) => (DiagnosticReport)Strict.DeserializeResource(Encoding.UTF8.GetString(fhir));

    private static IEnumerable<JsonNode> Observations(byte[] fhir) => JsonNode.Parse(fhir)!["contained"]!.AsArray().Select(r => r!).Where(r => (string)r["resourceType"]! == "Observation");

    private static JsonNode? Component(JsonNode observation, string code) => observation["component"]?.AsArray().SingleOrDefault(c => (string?)c!["code"]!["coding"]?[0]!["code"] == code);

    /// <summary>Equal as decimals, digit by digit; where there is none, the words beside it hold the JSON's.</summary>
    private static void Same(JsonNode? json, JsonNode? fhir, string about, JsonNode? words = null)
    {
        if (json is not null && fhir is null && words is not null) Assert.Contains(json.ToJsonString(), words.ToJsonString(), StringComparison.Ordinal);
        else Assert.True(Digits(json) == Digits(fhir), $"{about}: {json?.ToJsonString()} is {fhir?.ToJsonString()}");
    }

    private static string? Digits(JsonNode? number) => number?.GetValue<JsonElement>().GetDouble().ToString("R", CultureInfo.InvariantCulture);

    private static IEnumerable<JsonNode> Codings(JsonNode node) => node switch
    {
        JsonObject item => (item["coding"]?.AsArray().Select(c => c!) ?? []).Concat(item.Select(m => m.Value).OfType<JsonNode>().SelectMany(Codings)),
        JsonArray items => items.OfType<JsonNode>().SelectMany(Codings),
        _ => [],
    };
}
