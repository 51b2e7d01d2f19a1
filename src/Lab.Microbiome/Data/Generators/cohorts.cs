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
var levels = Enumerable.Range(0, 41).Select(i => i / 40.0).ToArray();

var lineage = Rows("metaphlan2_species_lineage.tsv").ToDictionary(r => r[0], r => r[1]);
var people = Rows("healthy_reference_samples.tsv").ToLookup(r => r[3], r => r[0]);
var abundances = Rows("healthy_reference_species_long.tsv.gz").ToLookup(r => r[0], r => (Species: r[1], Percent: Number(r[2])));
foreach (var (id, population, en, nl) in new[] { ("western-shotgun", "western", "healthy Western adults", "gezonde westerse volwassenen"), ("chinese-shotgun", "east_asian", "healthy Chinese adults", "gezonde Chinese volwassenen") })
{
    var profiles = people[population].Order(StringComparer.Ordinal).Select(person => MetaPhlAn2(abundances[person])).ToArray();
    Write(id, profiles, TaxonomicRank.Species, [TaxonomicRank.Phylum, TaxonomicRank.Class, TaxonomicRank.Order, TaxonomicRank.Family, TaxonomicRank.Genus, TaxonomicRank.Species], $"""
        # population-en: {en} measured by shotgun sequencing and MetaPhlAn 2
        # population-nl: {nl}, gemeten met shotgun-sequencing en MetaPhlAn 2
        # platform: Shotgun
        # region: -
        # profiler: MetaPhlAn 2
        # database-family: ChocoPhlAn mpa_v20
        # source: SegataLab/metaml @52fbd54, abundance_stoolsubset; one sample a person, adults, controls, BMI 18.5 to 30 where known
        # doi: 10.1371/journal.pcbi.1004977
        # licence: derived quantiles are facts; the sample matrix has no licence and is not shipped
        # note: Studies differ among each other; the quantiles are those of the pooled people.
        """);
}

var controls = Rows("tito2024_qmp_16s_long.tsv.gz").Where(r => r[1] == "CTL").ToLookup(r => r[0], r => (Taxon: r[3], Cells: Number(r[4])));
Write("benelux-16s", [.. controls.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => Amplicon(c))], TaxonomicRank.Genus, [TaxonomicRank.Phylum, TaxonomicRank.Family, TaxonomicRank.Genus], """
    # population-en: Belgian and Dutch colonoscopy patients without findings, measured by 16S sequencing
    # population-nl: Belgische en Nederlandse coloscopiepatiënten zonder afwijkingen, gemeten met 16S-sequencing
    # platform: Amplicon
    # region: V4
    # profiler: DADA2
    # database-family: SILVA
    # source: Tito 2024 controls, via microbiome/mia @5d64263 (Tito2024QMP), cell counts rebased to fractions
    # doi: 10.1038/s41591-024-02963-2
    # licence: Artistic-2.0 (source); derived quantiles are facts
    # note: The controls are colonoscopy patients without findings, not healthy volunteers. Genera of SILVA that NCBI does not know keep their names.
    """);
Yatsunenko();

void Write(string id, TaxonomicProfile[] profiles, TaxonomicRank lowest, TaxonomicRank[] ranks, string head)
{
    var measured = profiles.Select(p => new Measures(p, lowest)).ToArray();
    var text = new StringBuilder($"# lab-cohort: 1\n# id: {id}\n# version: 1\n# n: {profiles.Length}\n").Append(head.ReplaceLineEndings("\n")).Append('\n');
    text.Append("kind\tid\trank\tname\tprevalence\t").AppendJoin('\t', levels.Select(Text)).Append('\n');

    void Row(string kind, string key, TaxonomicRank rank, string name, IReadOnlyList<double> values, double prevalence)
    {
        var quantiles = Quantiles.Of(values, [.. levels]);
        text.Append(CultureInfo.InvariantCulture, $"{kind}\t{key}\t{rank}\t{name}\t{Text(prevalence)}\t").AppendJoin('\t', quantiles.Values.Select(Text)).Append('\n');
    }

    foreach (var metric in Measures.Metrics)
    {
        var values = measured.Select(m => m.Metric(metric)).OfType<double>().ToArray();
        if (values.Length == profiles.Length) Row("metric", metric, lowest, metric, values, 1);
    }
    foreach (var ratio in panel.Ratios)
    {
        var values = measured.Select(m => m.Sides(ratio)).Where(s => s is { Numerator: > 0, Denominator: > 0 }).Select(s => s.Numerator / s.Denominator).ToArray();
        if (values.Length > 0) Row("ratio", ratio.Id, TaxonomicRank.None, ratio.Id, values, (double)values.Length / profiles.Length);
    }
    void Sum(string kind, string key, Func<Measures, CladeSum> sum)
    {
        var values = measured.Select(m => m.Fraction(sum(m))).ToArray();
        Row(kind, key, TaxonomicRank.None, key, values, values.Count(v => v > 0) / (double)values.Length);
    }
    foreach (var guild in panel.Guilds) Sum("guild", guild.Id, m => m.Sum(guild.Members, guild.Excluded));
    foreach (var rule in panel.Rules.Where(r => r.Kind == "taxon"))
    {
        Sum("sum", rule.Subject, m => m.Sum(rule.Members));
        if (!rule.OtherMethodMembers.IsDefault) Sum("sum", rule.Subject + "-other-method", m => m.Sum(rule.OtherMethodMembers));
    }
    foreach (var rank in ranks)
    {
        // A taxid may stand in several rows of a person; the cohort's taxon is their sum.
        var taxa = measured.SelectMany((m, person) => m.Composition.RowsAt(rank).Where(r => r.Clade > 0)
                .Select(r => (Key: r.Taxid?.ToString(CultureInfo.InvariantCulture) ?? "", r.Name, Person: person, Fraction: m.Composition.Fraction(r))))
            .GroupBy(t => t.Key.Length > 0 ? t.Key : t.Name)
            .Select(g => (g.First().Key, g.First().Name, Values: Dense(g.GroupBy(t => t.Person).Select(p => (p.Key, p.Sum(t => t.Fraction))), profiles.Length)))
            .Select(t => (t.Key, t.Name, t.Values, Prevalence: t.Values.Count(v => v > 0) / (double)t.Values.Length))
            .Where(t => t.Prevalence >= 0.02 || rank is TaxonomicRank.Phylum or TaxonomicRank.Family)
            .OrderByDescending(t => t.Prevalence).ThenBy(t => t.Name, StringComparer.Ordinal);
        foreach (var taxon in taxa) Row("taxon", taxon.Key, rank, taxon.Name, taxon.Values, taxon.Prevalence);
    }
    Save(id, text);
    Console.WriteLine($"{id}: {profiles.Length} people; phylum assigned {measured.Average(m => m.Composition.AssignedFraction(TaxonomicRank.Phylum)):P2}, family {measured.Average(m => m.Composition.AssignedFraction(TaxonomicRank.Family)):P2}, lowest {measured.Average(m => m.Composition.AssignedFraction(lowest)):P2}");
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
        # note: Closed-reference Greengenes: phyla, families and the ratio only; its genera mislead other classifiers.
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
    Save("us-16s", text);
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
        return taxon[3] is 'p' or 'k' ? $"d__Bacteria;{taxon[3]}__{name}" : Above(name, taxon[3]) + $"{taxon[3]}__{name}";
    }
    var genus = taxon[..taxon.IndexOf('_', StringComparison.Ordinal)];
    return Above(genus, 'g') + $"g__{genus}";
}

// What NCBI does not know but SILVA 138 places: the family (or order) that a placeholder genus belongs to.
string Above(string name, char rank)
{
    string family = name switch
    {
        _ when name.StartsWith("Lachnospiraceae", StringComparison.Ordinal) || name.StartsWith("Lachno", StringComparison.Ordinal) || name is "CAG-56" or "GCA-900066575" or "Tuzzerella" or "Marvinbryantia" or "Tyzzerella" or "[Eubacterium] hallii group" or "[Eubacterium] eligens group"
            or "[Eubacterium] ventriosum group" or "[Eubacterium] ruminantium group" or "[Eubacterium] xylanophilum group" or "[Eubacterium] fissicatena group" or "[Ruminococcus] gnavus group" or "[Ruminococcus] torques group" or "[Ruminococcus] gauvreauii group" or "UC5-1-2E3" => "Lachnospiraceae",
        "UCG-002" or "UCG-003" or "UCG-005" or "NK4A214 group" or "UCG-007" => "Oscillospiraceae",
        "CAG-352" or "UBA1819" or "DTU089" or "Incertae Sedis" or "[Eubacterium] siraeum group" or "Phocea" or "Candidatus Soleaferrea" or "Angelakisella" or "Harryflintia" => "Ruminococcaceae",
        "Erysipelotrichaceae UCG-003" or "Holdemanella" or "[Clostridium] innocuum group" or "[Eubacterium] brachy group" => "",
        _ => "",
    };
    return family.Length > 0 && rank == 'g' ? $"d__Bacteria;p__Firmicutes;c__Clostridia;o__Eubacteriales;f__{family};" : rank == 'g' && name.Contains("aceae ", StringComparison.Ordinal) ? $"f__{name[..name.IndexOf(' ', StringComparison.Ordinal)]};" : Firmicutes(name) ? "d__Bacteria;p__Firmicutes;" : "";
}

bool Firmicutes(string name) => name is "[Eubacterium] coprostanoligenes group" or "Clostridia UCG-014" or "Clostridia vadinBB60 group" or "Family XIII AD3011 group" or "Family XIII UCG-001" or "RF39" or "UCG-010" or "Monoglobus"
    or "Oscillospirales" or "Peptostreptococcales-Tissierellales" or "UCG-004" or "UCG-009" or "UCG-008" or "Colidextribacter" or "Anaerovoracaceae" or "Hungateiclostridiaceae" or "Butyricicoccaceae" or "Ethanoligenenaceae" or "[Eubacterium] brachy group" or "[Clostridium] innocuum group";

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

void Save(string id, StringBuilder text)
{
    Directory.CreateDirectory(target);
    File.WriteAllText(Path.Combine(target, $"{id}@1.tsv"), text.ToString());
}

static double[] Dense(IEnumerable<(int Person, double Value)> sparse, int n)
{
    var values = new double[n];
    foreach (var (person, value) in sparse) values[person] = value;
    return values;
}

static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
static string Text(double value) => CanonicalJson.Number(Significant.Round(value));
static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
