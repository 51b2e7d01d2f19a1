using System.Collections.Frozen;
using Hl7.Fhir.Model;
using Lab.Microbiome.Panels;

namespace Lab.Api.Reports.Fhir;

/// <summary>The codes of our own, where no public code system has one. A code that was published never gets another meaning; what is added raises the version.</summary>
public static class LabCodes
{
    public const string Version = "1", Measurement = "measurement", Finding = "finding", Severity = "severity", Quality = "quality", Reason = "reason", Caveat = "caveat", Change = "change";

    /// <summary>A name, not an address: the codes mean the same in every laboratory, and a version of a report is the same bytes wherever it is read.</summary>
    private const string Canonical = "https://lab.example/fhir/CodeSystem/";

    private static readonly (string Id, string Title, string Description, (string Code, string En, string Nl)[] Codes)[] Tables =
    [
        (Measurement, "Measurements of a gut microbiome report", "What an Observation or a component of it states.",
        [
            ("observed", "Observed taxa", "Waargenomen taxa"), ("shannon", "Shannon index", "Shannon-index"), ("simpson", "Simpson index (1 - D)", "Simpson-index (1 - D)"),
            ("inverse-simpson", "Inverse Simpson index", "Inverse Simpson-index"), ("pielou", "Pielou's evenness", "Gelijkmatigheid van Pielou"),
            ("berger-parker", "Berger-Parker dominance", "Berger-Parker-dominantie"), ("chao1", "Chao1 estimate of richness", "Chao1-schatting van de rijkdom"),
            ("goods-coverage", "Good's coverage", "Dekking volgens Good"), ("fisher-alpha", "Fisher's alpha", "Fishers alfa"),
            ("gmwi2", "Gut Microbiome Wellness Index 2 (GMWI2)", "Gut Microbiome Wellness Index 2 (GMWI2)"), ("gmhi", "Gut Microbiome Health Index (GMHI)", "Gut Microbiome Health Index (GMHI)"),
            ("md-index", "Microbial dysbiosis index (MD-index)", "Microbiële dysbiose-index (MD-index)"), ("microbiomehd", "MicrobiomeHD log ratio", "MicrobiomeHD-logratio"),
            ("firmicutes-bacteroidetes", "Firmicutes/Bacteroidetes ratio", "Verhouding Firmicutes/Bacteroidetes"), ("prevotella-bacteroides", "Prevotella/Bacteroides ratio", "Verhouding Prevotella/Bacteroides"),
            ("proteobacteria-share", "Share of Proteobacteria", "Aandeel Proteobacteria"),
            ("butyrate-producers", "Butyrate producers", "Butyraatproducenten"), ("propionate-producers", "Propionate producers", "Propionaatproducenten"),
            ("acetate-producers", "Acetate producers", "Acetaatproducenten"), ("beneficial", "Bacteria seen more often in healthy people", "Bacteriën die vaker bij gezonde mensen worden gezien"),
            ("pro-inflammatory", "Bacteria seen more often in inflammation", "Bacteriën die vaker bij ontsteking worden gezien"), ("opportunists", "Opportunists", "Opportunisten"),
            ("fungi", "Fungi", "Schimmels en gisten"), ("methanogens", "Methanogens", "Methaanvormers"), ("mucin-degraders", "Mucin degraders", "Mucine-afbrekers"),
            ("h2s-producers", "Hydrogen sulphide producers", "Producenten van waterstofsulfide"),
            ("phylum-fraction", "Fraction of a phylum", "Fractie van een stam (fylum)"), ("genus-fraction", "Fraction of a genus", "Fractie van een geslacht"),
            ("quality", "Quality of the measurement", "Kwaliteit van de meting"), ("total-reads", "Reads in all", "Reads in totaal"),
            ("unclassified-fraction", "Fraction not classified", "Niet-geclassificeerde fractie"), ("host-fraction", "Fraction of the host", "Fractie van de gastheer"),
            ("viral-fraction", "Fraction of viruses", "Fractie virussen"),
            ("taxon", "Taxon", "Taxon"), ("percentile", "Percentile in the reference cohort", "Percentiel in de referentiegroep"),
            ("interval-95", "95 % interval of counting error", "95%-interval van de telfout"), ("reads", "Reads of the clade", "Reads van de clade"),
            ("numerator", "Numerator", "Teller"), ("denominator", "Denominator", "Noemer"), ("log2", "Base-2 logarithm of the ratio", "Logaritme (grondtal 2) van de verhouding"),
            ("assigned-fraction", "Fraction assigned at the rank", "Op dit niveau toegewezen fractie"), ("severity", "Severity", "Ernst"),
            ("counting-stability", "Certainty under counting error", "Zekerheid bij telfout"), ("base-rate", "Share of the cohort with the same finding", "Deel van de referentiegroep met dezelfde bevinding"),
        ]),
        (Finding, "Findings of a gut microbiome report", "What stands out from the reference cohort.",
        [
            ("low-diversity", "Low diversity", "Lage diversiteit"), ("pro-inflammatory-overgrowth", "Overgrowth of bacteria seen in inflammation", "Overgroei van bacteriën die bij ontsteking worden gezien"),
            ("escherichia-coli-high", "Escherichia coli high", "Escherichia coli hoog"), ("klebsiella-high", "Klebsiella high", "Klebsiella hoog"),
            ("clostridia-pathobionts-high", "Clostridial pathobionts high", "Pathobionten onder de clostridia hoog"),
            ("scfa-producers-depleted", "Producers of short-chain fatty acids depleted", "Weinig producenten van korteketenvetzuren"),
            ("bifidobacterium-low", "Bifidobacterium low", "Bifidobacterium laag"), ("lactobacillus-low", "Lactobacillaceae low", "Lactobacillaceae laag"), ("candida-high", "Candida high", "Candida hoog"),
            ("firmicutes-bacteroidetes-outside", "Firmicutes/Bacteroidetes ratio outside the range", "Verhouding Firmicutes/Bacteroidetes buiten het bereik"),
            ("over-represented-taxa", "Genera above the range", "Geslachten boven het bereik"), ("under-represented-taxa", "Genera below the range", "Geslachten onder het bereik"),
            ("absent-taxa", "Common genera not found", "Veelvoorkomende geslachten niet gevonden"),
        ]),
        (Severity, "Severities of findings", "Of a difference from the cohort, not of a disease.",
            [("info", "Information", "Informatie"), ("low", "Low", "Laag"), ("moderate", "Moderate", "Matig"), ("high", "High", "Hoog")]),
        (Quality, "Quality of a measurement", "The worst of the checks.", [("pass", "Pass", "Voldoende"), ("warn", "Warning", "Waarschuwing"), ("fail", "Fail", "Onvoldoende")]),
        (Reason, "Reasons why something is not assessable", "Why there is no value, or no comparison with a cohort.",
        [
            ("requires-integer-counts", "Needs read counts, and the file has none", "Vraagt getelde reads, en het bestand heeft die niet"),
            ("estimated-counts", "Needs read counts, and those of the file are estimated", "Vraagt getelde reads, en die van het bestand zijn geschat"),
            ("too-few-reads", "Too few reads", "Te weinig reads"), ("too-little-assigned", "Too little is assigned at this rank", "Te weinig is op dit niveau toegewezen"),
            ("no-matching-cohort", "No reference cohort that can be compared", "Geen vergelijkbare referentiegroep"), ("kingdom-not-assayed", "The assay does not see these organisms", "De test ziet deze organismen niet"),
            ("denominator-zero", "The denominator is zero", "De noemer is nul"), ("profiler-mismatch", "Holds only for another profiler", "Geldt alleen voor een ander programma"),
            ("not-detected", "Not detected", "Niet aangetoond"), ("not-representable", "Too large or too small for a FHIR decimal", "Te groot of te klein voor een FHIR-decimaal"),
        ]),
        (Caveat, "Caveats of a gut microbiome report", "What to know when reading a value.",
        [
            ("not-a-health-marker", "Not a marker of health", "Geen maat voor gezondheid"), ("undefined-for-most", "Extreme or undefined in most people", "Bij de meeste mensen extreem of niet gedefinieerd"),
            ("cohort-other-method", "The cohort was measured by another method; the comparison is rough", "De referentiegroep is met een andere methode gemeten; de vergelijking is grof"),
            ("singletons-are-classifier-noise", "Taxa with one read are mostly noise of the classifier", "Taxa met één read zijn meestal ruis van het programma"),
            ("singletons-removed", "Taxa with one read were removed before", "Taxa met één read zijn vooraf verwijderd"),
            ("reference-is-training-data", "The reference is the data that the index was trained on", "De referentie bestaat uit de gegevens waarmee de index is gemaakt"),
            ("made-on-biopsies-of-children", "Made on biopsies of children", "Gemaakt op biopten van kinderen"), ("unvalidated-formula", "The formula has not been validated", "De formule is niet gevalideerd"),
            ("inconclusive", "Inconclusive: close to zero", "Onbeslist: dicht bij nul"),
        ]),
        (Change, "Reasons why a report was changed", "As the person gave it who signed.",
        [
            ("patient-mismatch", "Wrong person", "Verkeerde persoon"), ("sample-mismatch", "Wrong sample", "Verkeerd monster"), ("invalid-calibration", "Invalid calibration", "Ongeldige kalibratie"),
            ("reagent-issue", "Problem with a reagent", "Probleem met een reagens"), ("duplicate", "Duplicate", "Dubbel"), ("new-information", "New information", "Nieuwe informatie"),
            ("interpretation", "Interpretation", "Interpretatie"), ("other", "Other", "Anders"),
        ]),
    ];

    private static readonly FrozenDictionary<(string System, string Code), BilingualText> Texts =
        Tables.SelectMany(t => t.Codes.Select(c => (Key: (t.Id, c.Code), Text: new BilingualText(c.En, c.Nl)))).ToFrozenDictionary(c => c.Key, c => c.Text);

    /// <summary>The published code systems: what a client needs to read and translate the codes.</summary>
    public static IReadOnlyList<CodeSystem> Published { get; } = [.. Tables.Select(table => new CodeSystem
    {
        Id = table.Id,
        Url = Canonical + table.Id,
        Version = Version,
        Name = $"Lab{char.ToUpperInvariant(table.Id[0])}{table.Id[1..]}",
        Title = table.Title,
        Status = PublicationStatus.Active,
        Experimental = false,
        Description = table.Description,
        CaseSensitive = true,
        Content = CodeSystemContentMode.Complete,
        Language = "en",
        Count = table.Codes.Length,
        Concept = [.. table.Codes.Select(c => new CodeSystem.ConceptDefinitionComponent { Code = c.Code, Display = c.En, Designation = [new() { Language = "nl", Value = c.Nl }] })],
    })];

    /// <summary>What a code says; the code itself where a panel of the lab's own brings one that is not published.</summary>
    public static BilingualText Text(string system, string code) => Texts.GetValueOrDefault((system, code)) ?? new(code, code);

    /// <summary>A code as a concept; words only where it is not published.</summary>
    public static CodeableConcept Concept(string system, string code, string? text = null) => Texts.TryGetValue((system, code), out var said)
        ? new() { Coding = [new Coding(Canonical + system, code, said.En)], Text = text }
        : new() { Text = text ?? code };
}
