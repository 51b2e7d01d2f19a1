// Makes the cohort files in Data/cohorts from public sample matrices, which are not part of this repository (docs/data-sources.md names them).
//   dotnet run src/Lab.Microbiome/Data/Generators/cohorts.cs -- <folder with the source tables>
// Every person is read, normalised and measured by the library itself: a cohort and a report follow one rule. Output is deterministic.
#:project ../../Lab.Microbiome.csproj
#:property RestorePackagesWithLockFile=false
#:property PublishAot=false

using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

var source = Path.Combine(args[0], "data");
var target = Path.Combine(Folder(), "..", "cohorts");
// The panel is read from its file: the embedded one and the cohorts are made in one step.
var panel = Panel.Default;
var silva = Silva();
var lineage = Rows("metaphlan2_species_lineage.tsv").ToDictionary(r => r[0], r => r[1]);
var people = Rows("healthy_reference_samples.tsv").ToLookup(r => r[3], r => r[0]);
var abundances = Rows("healthy_reference_species_long.tsv.gz").ToLookup(r => r[0], r => (Species: r[1], Percent: Number(r[2])));
foreach (var (id, population, en, nl) in new[] { ("western-shotgun", "western", "healthy Western adults", "gezonde westerse volwassenen"), ("chinese-shotgun", "east_asian", "healthy Chinese adults", "gezonde Chinese volwassenen") })
{
    Write(new(id, 1, Assay.Find("shotgun-metaphlan2")!, new($"{en} measured by shotgun sequencing and MetaPhlAn 2", $"{nl}, gemeten met shotgun-sequencing en MetaPhlAn 2"),
        "SegataLab/metaml @52fbd54, abundance_stoolsubset; one sample a person, adults, controls, BMI 18.5 to 30 where known", "10.1371/journal.pcbi.1004977",
        "derived quantiles are facts; the sample matrix has no licence and is not shipped", new(
            "Good for adults measured by MetaPhlAn 2, from phylum to species; by another profiler only as a rough comparison. Not for children, and not for counts: it holds fractions. "
            + "Studies differ among each other, and the quantiles are those of the pooled people. Made of species: genera without one (Sutterellaceae unclassified, …; 0.1 % of a sample) are not in it.",
            "Geschikt voor volwassenen die met MetaPhlAn 2 gemeten zijn, van stam tot soort; met een ander programma alleen als grove vergelijking. Niet voor kinderen, en niet voor aantallen: "
            + "het zijn fracties. De studies verschillen onderling; de kwantielen gelden voor alle mensen samen. Gemaakt uit soorten: geslachten zonder soort (Sutterellaceae unclassified, …; 0,1 % van een monster) staan er niet in.")),
        people[population].Order(StringComparer.Ordinal).Select(person => MetaPhlAn2(abundances[person])));
}

var controls = Rows("tito2024_qmp_16s_long.tsv.gz").Where(r => r[1] == "CTL").ToLookup(r => r[0], r => (Taxon: r[3], Cells: Number(r[4])));
Write(new("benelux-16s", 1, Assay.Find("amplicon-16s")!,
    new("Belgian and Dutch colonoscopy patients without findings, measured by 16S sequencing", "Belgische en Nederlandse coloscopiepatiënten zonder afwijkingen, gemeten met 16S-sequencing"),
    "Tito 2024 controls, via microbiome/mia @5d64263 (Tito2024QMP), cell counts rebased to fractions", "10.1038/s41591-024-02963-2", "Artistic-2.0 (source); derived quantiles are facts", new(
        "Good for adults measured by 16S (V4) against SILVA, down to the genus. Not for species, fungi or counts. The controls are colonoscopy patients without findings, not healthy volunteers. "
        + "Genera of SILVA that NCBI does not know keep their names.",
        "Geschikt voor volwassenen die met 16S (V4) tegen SILVA gemeten zijn, tot en met het geslacht. Niet voor soorten, schimmels of aantallen. De controles zijn coloscopiepatiënten zonder "
        + "afwijkingen, geen gezonde vrijwilligers. Geslachten van SILVA die NCBI niet kent, houden hun naam.")),
    controls.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => Amplicon(c)));
Yatsunenko();

void Write(CohortDescription description, IEnumerable<TaxonomicProfile> profiles)
{
    var cohort = new CohortBuilder(description, panel, profiles).Build();
    Save(description.Id, cohort);
    Console.WriteLine($"{description.Id}: {ReferenceCohort.Read(cohort).N} people, {cohort.Length} bytes");
}

// Only quantiles are public of these 129: phyla, families and the ratio.
void Yatsunenko()
{
    var rows = Rows("yatsunenko2012_us_adults_16s_percentiles.tsv").ToArray();
    var text = new StringBuilder("""
        # lab-cohort: 1
        # id: us-16s
        # version: 1
        # n: 129
        # population-en: US adults measured by 16S sequencing against Greengenes
        # population-nl: Amerikaanse volwassenen, gemeten met 16S-sequencing tegen Greengenes
        # platform: Amplicon
        # region: V4
        # profiler: QIIME 1
        # database-family: Greengenes
        # source: Yatsunenko 2012, via knights-lab/MLRepo @4bbfee9 (datasets/yatsunenko); 129 US adults
        # doi: 10.1038/nature11053
        # licence: MIT (source); quantiles are facts
        # note-en: Good for phyla, families and the F/B ratio of adults measured by closed-reference 16S against Greengenes. Not for genera, guilds or diversity: its genera mislead other classifiers. Only published quantiles are known, so no rates of findings and no intervals.
        # note-nl: Geschikt voor stammen, families en de F/B-verhouding van volwassenen, gemeten met 16S tegen Greengenes (gesloten referentie). Niet voor geslachten, gildes of diversiteit: zijn geslachten misleiden andere classificaties. Alleen gepubliceerde kwantielen zijn bekend, dus geen frequenties van bevindingen en geen intervallen.
        kind	id	rank	name	prevalence	0.025	0.05	0.1	0.25	0.5	0.75	0.9	0.95	0.975

        """.ReplaceLineEndings("\n"));
    foreach (var row in rows.Where(r => r[0] is "phylum" or "family"))
    {
        var rank = Enum.Parse<TaxonomicRank>(row[0], ignoreCase: true);
        var resolution = TaxonomyRelease.Shipped.Names.Resolve(row[1].Replace("; ", ";", StringComparison.Ordinal), rank);
        var name = row[1][(row[1].LastIndexOf("__", StringComparison.Ordinal) + 2)..].Trim('[', ']');
        if (name.Length == 0) continue;
        var known = resolution.Taxon is { } taxon && taxon.Rank == rank ? taxon : null;
        text.Append(CultureInfo.InvariantCulture, $"taxon\t{known?.Taxid}\t{rank}\t{known?.Name ?? name}\t{row[3]}\t").AppendJoin('\t', row[5..14].Select(v => Text(Number(v) / 100))).Append('\n');
    }
    var ratio = rows.Single(r => r[1] == "FB_RATIO");
    text.Append(CultureInfo.InvariantCulture, $"ratio\tfirmicutes-bacteroidetes\tNone\tfirmicutes-bacteroidetes\t1\t").AppendJoin('\t', ratio[5..14].Select(v => Text(Number(v)))).Append('\n');
    Save("us-16s", Encoding.UTF8.GetBytes(text.ToString()));
}

TaxonomicProfile MetaPhlAn2(IEnumerable<(string Species, double Percent)> person)
{
    var clades = new SortedDictionary<string, double>(StringComparer.Ordinal);
    foreach (var (species, percent) in person)
    {
        var levels = lineage[species].Split('|');
        for (var i = 1; i <= levels.Length; i++) clades[string.Join('|', levels[..i])] = clades.GetValueOrDefault(string.Join('|', levels[..i])) + percent;
    }
    return Read("#SampleID\tMetaphlan2_Analysis\n" + string.Concat(clades.Select(c => $"{c.Key}\t{Text(c.Value)}\n")), "metaphlan2");
}

TaxonomicProfile Amplicon(IEnumerable<(string Taxon, double Cells)> person)
{
    var genera = person.GroupBy(p => Lineage(p.Taxon)).Select(g => (Lineage: g.Key, Cells: g.Sum(p => p.Cells))).OrderBy(g => g.Lineage, StringComparer.Ordinal).ToArray();
    var total = genera.Sum(g => g.Cells);
    var taxa = genera.Select(g => $"{{\"lineage\":\"{g.Lineage}\",\"value\":{Text(g.Cells / total)}}}");
    return Read($"{{\"assay\":\"amplicon-16s\",\"unit\":\"fraction\",\"taxa\":[{string.Join(',', taxa)}]}}", "lab-json");
}

// "Genus_species", "Genus_unclassified", or "uc_f_Family_unclassified": up to the genus, which is what 16S resolves, below what SILVA says of it.
string Lineage(string taxon)
{
    if (taxon.StartsWith("uc_", StringComparison.Ordinal))
    {
        var name = taxon[5..].Replace("_unclassified", "", StringComparison.Ordinal);
        return taxon[3] is 'p' or 'k' ? $"d__Bacteria;{taxon[3]}__{name}" : silva.GetValueOrDefault(name) + $"{taxon[3]}__{name}";
    }
    var genus = taxon[..taxon.IndexOf('_', StringComparison.Ordinal)];
    return silva.GetValueOrDefault(genus) + $"g__{genus}";
}

// Where SILVA 138 places the names that the taxonomy does not know. Each stands so in a public classification against it (DADA2 tables of
// GeiselBiofilm/Development-of-the-Intestinal-Microbiome-in-Cystic-Fibrosis-in-Early-Life and of MicrobiomeDB's Bangladesh study, QIIME 2 table of
// B292475-2025/MSc-Dissertation); what stands in none of them stays unplaced, and "Incertae Sedis" below what its several families share.
static Dictionary<string, string> Silva()
{
    var placed = new Dictionary<string, string>();
    void Add(string above, params ReadOnlySpan<string> names)
    {
        foreach (var name in names) placed.Add(name, "d__Bacteria;" + above);
    }

    const string Clostridia = "p__Firmicutes;c__Clostridia;", Bacilli = "p__Firmicutes;c__Bacilli;", Coriobacteriales = "p__Actinobacteriota;c__Coriobacteriia;o__Coriobacteriales;";
    const string Oscillospirales = Clostridia + "o__Oscillospirales;", Tissierellales = Clostridia + "o__Peptostreptococcales-Tissierellales;";
    Add(Clostridia, "Clostridia UCG-014", "Clostridia vadinBB60 group", "Oscillospirales", "Lachnospirales", "Incertae Sedis");
    Add(Clostridia + "o__Lachnospirales;f__Lachnospiraceae;", "Agathobacter", "CAG-56", "Catenibacillus", "Epulopiscium", "GCA-900066575", "GCA-900066755", "Howardella",
        "Lachnospiraceae AC2044 group", "Lachnospiraceae FCS020 group", "Lachnospiraceae NC2004 group", "Lachnospiraceae ND3007 group", "Lachnospiraceae NK3A20 group",
        "Lachnospiraceae NK4A136 group", "Lachnospiraceae UCG-001", "Lachnospiraceae UCG-003", "Lachnospiraceae UCG-004", "Lachnospiraceae UCG-007", "Lachnospiraceae UCG-010",
        "Lachnotalea", "Syntrophococcus", "Tuzzerella", "[Bacteroides] pectinophilus group", "[Eubacterium] eligens group", "[Eubacterium] fissicatena group",
        "[Eubacterium] hallii group", "[Eubacterium] ruminantium group", "[Eubacterium] ventriosum group", "[Eubacterium] xylanophilum group", "[Ruminococcus] gauvreauii group",
        "[Ruminococcus] gnavus group", "[Ruminococcus] torques group");
    Add(Clostridia + "o__Lachnospirales;f__Defluviitaleaceae;", "Defluviitaleaceae UCG-011");
    Add(Clostridia + "o__Christensenellales;f__Christensenellaceae;", "Catabacter", "Christensenellaceae R-7 group");
    Add(Clostridia + "o__Clostridiales;f__Clostridiaceae;", "Clostridium sensu stricto 1");
    // Hydrogenoanaerobacterium is a family in one source and a genus in another: the order is certain.
    Add(Oscillospirales, "Butyricicoccaceae", "Ethanoligenenaceae", "Hydrogenoanaerobacterium", "UCG-010", "[Clostridium] methylpentosum group", "[Eubacterium] coprostanoligenes group");
    Add(Oscillospirales + "f__Oscillospiraceae;", "Colidextribacter", "NK4A214 group", "Oscillospira", "Papillibacter", "UCG-002", "UCG-003", "UCG-005");
    Add(Oscillospirales + "f__Ruminococcaceae;", "Angelakisella", "CAG-352", "Candidatus Soleaferrea", "Caproiciproducens", "DTU089", "Fournierella", "Negativibacillus", "Paludicola",
        "Phocea", "Pygmaiobacter", "UBA1819", "[Eubacterium] siraeum group");
    Add(Oscillospirales + "f__Butyricicoccaceae;", "UCG-008", "UCG-009");
    Add(Oscillospirales + "f__Ethanoligenenaceae;", "Acetanaerobacterium");
    Add(Tissierellales, "Anaerovoracaceae", "Fenollaria");
    Add(Tissierellales + "f__Anaerovoracaceae;", "Family XIII AD3011 group", "Family XIII UCG-001", "[Eubacterium] brachy group", "[Eubacterium] nodatum group");
    Add(Tissierellales + "f__Peptostreptococcaceae;", "Peptoclostridium");
    Add("p__Firmicutes;c__Negativicutes;o__Veillonellales-Selenomonadales;f__Selenomonadaceae;", "Anaerovibrio");
    Add(Bacilli, "Izemoplasmatales", "RF39");
    Add(Bacilli + "o__Acholeplasmatales;f__Acholeplasmataceae;", "Anaeroplasma");
    Add(Bacilli + "o__Erysipelotrichales;", "Erysipelatoclostridiaceae");
    Add(Bacilli + "o__Erysipelotrichales;f__Erysipelatoclostridiaceae;", "Asteroleplasma", "Erysipelotrichaceae UCG-003", "UCG-004");
    Add(Bacilli + "o__Erysipelotrichales;f__Erysipelotrichaceae;", "Allobaculum", "Catenisphaera", "Merdibacter", "[Clostridium] innocuum group");
    Add(Coriobacteriales, "Coriobacteriales Incertae Sedis");
    Add(Coriobacteriales + "f__Coriobacteriales Incertae Sedis;", "Raoultibacter");
    Add(Coriobacteriales + "f__Atopobiaceae;", "Coriobacteriaceae UCG-002", "Coriobacteriaceae UCG-003", "Libanicoccus");
    Add(Coriobacteriales + "f__Eggerthellaceae;", "CHKCI002", "Enterorhabdus", "Paraeggerthella", "Senegalimassilia");
    Add("p__Actinobacteriota;c__Actinobacteria;o__Actinomycetales;f__Actinomycetaceae;", "F0332");
    Add("p__Bacteroidota;c__Bacteroidia;o__Bacteroidales;f__Muribaculaceae;", "CAG-873");
    Add("p__Bacteroidota;c__Bacteroidia;o__Bacteroidales;f__Prevotellaceae;", "Prevotellaceae NK3B31 group", "Prevotellaceae UCG-001", "Prevotellaceae UCG-003");
    Add("p__Bacteroidota;c__Bacteroidia;o__Bacteroidales;f__Rikenellaceae;", "Rikenellaceae RC9 gut group", "dgA-11 gut group");
    Add("p__Desulfobacterota;c__Desulfovibrionia;o__Desulfovibrionales;f__Desulfovibrionaceae;", "Mailhella");
    // The sources give Succinivibrionaceae two orders.
    Add("p__Proteobacteria;c__Gammaproteobacteria;f__Succinivibrionaceae;", "Succinivibrio");
    Add("p__Proteobacteria;c__Gammaproteobacteria;o__Burkholderiales;f__Alcaligenaceae;", "Bordetella");
    Add("p__Proteobacteria;c__Gammaproteobacteria;o__Enterobacterales;f__Hafniaceae;", "Hafnia-Obesumbacterium");
    Add("p__Verrucomicrobiota;c__Kiritimatiellae;", "WCHB1-41");
    Add("p__Verrucomicrobiota;c__Lentisphaeria;o__Victivallales;", "vadinBE97");
    Add("p__Verrucomicrobiota;c__Verrucomicrobiia;o__Opitutales;", "Puniceicoccaceae");
    return placed;
}

TaxonomicProfile Read(string text, string format)
{
    var reading = ProfileReader.Read(Encoding.UTF8.GetBytes(text), new ProfileReadingOptions(format), TaxonomyRelease.Shipped, new ProfileLimits());
    return reading.Profile ?? throw new InvalidDataException(string.Join('\n', reading.Errors));
}

IEnumerable<string[]> Rows(string name)
{
    using var file = File.OpenRead(Path.Combine(source, name));
    using Stream plain = name.EndsWith(".gz", StringComparison.Ordinal) ? new BufferedStream(Inflate(file)) : file;
    using var reader = new StreamReader(plain);
    reader.ReadLine();
    while (reader.ReadLine() is { } line) yield return line.Split('\t');
}

static Stream Inflate(Stream file)
{
#pragma warning disable RS0030 // Our own local files, read whole.
    return new GZipStream(file, CompressionMode.Decompress);
#pragma warning restore RS0030
}

void Save(string id, byte[] file)
{
    Directory.CreateDirectory(target);
    File.WriteAllBytes(Path.Combine(target, $"{id}@1.tsv"), file);
}

static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
static string Text(double value) => CanonicalJson.Number(Significant.Round(value));
static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
