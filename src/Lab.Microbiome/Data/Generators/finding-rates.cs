// Counts how often each rule of the shipped panel makes a finding in healthy and in ill people of known studies, and how far these lie from the centre of the healthy; they are not part of this repository
// (docs/data-sources.md names them), and writes docs/findings-in-known-samples.md.
//   dotnet run src/Lab.Microbiome/Data/Generators/finding-rates.cs -- <folder with the source tables>
// A healthy person is compared with the cohort made without that person; else everybody would be a little like the cohort for being in it. Output is deterministic.
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
var panel = Panel.Default;
var assay = Assay.Find("shotgun-metaphlan2")!;
var lineage = Rows("metaphlan2_species_lineage.tsv").ToDictionary(r => r[0], r => r[1]);

var groups = new List<(string Name, string Cohort, Finding[][] People)>();
var distances = new List<(string Group, string Cohort, string Study, double Distance, double Percentile)>();
var healthy = Rows("healthy_reference_samples.tsv").ToLookup(r => r[3], r => r[0]);
var studies = Rows("healthy_reference_samples.tsv").ToDictionary(r => r[0], r => r[2]);
var abundances = Rows("healthy_reference_species_long.tsv.gz").ToLookup(r => r[0], r => (r[1], r[2]));
foreach (var (population, id) in new[] { ("western", "western-shotgun"), ("east_asian", "chinese-shotgun") })
{
    var shipped = ReferenceCohort.Find(id)!;
    var profiles = healthy[population].Order(StringComparer.Ordinal).Select(person => MetaPhlAn2(abundances[person])).ToArray();
    var builder = new CohortBuilder(new(shipped.Id, shipped.Version, assay, shipped.Population, shipped.Source, shipped.Doi, shipped.Licence, shipped.Note), panel, profiles);
    // The rates belong to the cohort as it is shipped; only the quantiles are those of the others.
    var others = profiles.Select((_, i) => builder.Without(i) with { RuleRates = shipped.RuleRates }).ToArray();
    groups.Add(($"healthy, {population.Replace('_', ' ')}", shipped.Ref, [.. profiles.Zip(others, Findings)]));
    distances.AddRange(healthy[population].Order(StringComparer.Ordinal).Select((person, i) => Distance("healthy", studies[person], profiles[i], others[i])));
}
// The studies of Chinese patients, by the name of the data set; all others are of Europeans.
string[] chinese = ["Quin_gut_liver_cirrhosis", "t2dmeta_long", "t2dmeta_short"];
var ill = Rows("disease_samples_species_long.tsv.gz").GroupBy(r => (Disease: r[1], Chinese: chinese.Contains(r[2]))).OrderBy(g => g.Key.Disease, StringComparer.Ordinal).ThenBy(g => g.Key.Chinese);
foreach (var group in ill)
{
    var cohort = ReferenceCohort.Find(group.Key.Chinese ? "chinese-shotgun" : "western-shotgun")!;
    var people = group.GroupBy(r => (Person: r[0], Study: r[2]), r => (r[3], r[4])).OrderBy(p => p.Key.Person, StringComparer.Ordinal).Select(p => (p.Key.Study, Profile: MetaPhlAn2(p))).ToArray();
    groups.Add((group.Key.Disease.Replace('_', ' '), cohort.Ref, [.. people.Select(p => Findings(p.Profile, cohort))]));
    distances.AddRange(people.Select(p => Distance(group.Key.Disease.Replace('_', ' '), Study(p.Study), p.Profile, cohort)));
}
var (well, sick) = (groups.Where(g => g.Name.StartsWith("healthy", StringComparison.Ordinal)).SelectMany(g => g.People).ToArray(),
    groups.Where(g => !g.Name.StartsWith("healthy", StringComparison.Ordinal)).SelectMany(g => g.People).ToArray());

var text = new StringBuilder($"""
    # Findings in known samples

    How often each rule of `{panel.Ref}` makes a finding in {well.Length} healthy adults and in {sick.Length} samples of people with a known disease (public studies, MetaPhlAn 2; `docs/data-sources.md`), made by
    `src/Lab.Microbiome/Data/Generators/finding-rates.cs`. A healthy person is compared with the cohort made without that person. A finding above `info` is what a report draws attention to.

    **This is no measure of diagnostic accuracy.** The diseases are mixed, studies differ from each other in more than the disease, and the ill of a study are compared with the healthy of several.

    | rule | healthy: any | healthy: above info | ill: any | ill: above info |
    |---|---:|---:|---:|---:|

    """.ReplaceLineEndings("\n"));
foreach (var rule in panel.Rules) text.Append(CultureInfo.InvariantCulture, $"| `{rule.Code}` | {Rate(well, rule, false)} | {Rate(well, rule, true)} | {Rate(sick, rule, false)} | {Rate(sick, rule, true)} |\n");
text.Append(CultureInfo.InvariantCulture, $"| at least one of them | {Share(well, _ => true)} | {Share(well, f => f.Severity != "info")} | {Share(sick, _ => true)} | {Share(sick, f => f.Severity != "info")} |\n");
text.Append("\n## Above info, by group\n\n| rule |").AppendJoin('|', groups.Select(g => $" {g.Name} (n = {g.People.Length}) ")).Append("|\n|---|").Append(string.Concat(groups.Select(_ => "---:|"))).Append('\n');
foreach (var rule in panel.Rules.Where(r => r.MaxSeverity != "info"))
    text.Append(CultureInfo.InvariantCulture, $"| `{rule.Code}` |").AppendJoin('|', groups.Select(g => $" {Rate(g.People, rule, true)} ")).Append("|\n");
text.Append("| at least one of them |").AppendJoin('|', groups.Select(g => $" {Share(g.People, f => f.Severity != "info")} ")).Append("|\n");
text.Append("| compared with |").AppendJoin('|', groups.Select(g => $" `{g.Cohort}` ")).Append("|\n");
var common = panel.Rules.Where(rule => well.Count(p => p.Any(f => f.Code == rule.Code && f.Severity != "info")) > well.Length / 10.0).Select(r => r.Code).ToArray();
text.Append(CultureInfo.InvariantCulture, $"\nRules above `info` in more than 10 % of the healthy: {(common.Length == 0 ? "none" : string.Join(", ", common))}.\n");
var blunt = panel.Rules.Where(rule => rule.MaxSeverity != "info" && Count(well, rule) > 0 && Count(sick, rule) / sick.Length <= Count(well, rule) / well.Length).Select(r => $"`{r.Code}`").ToArray();
text.Append(CultureInfo.InvariantCulture, $"Rules above `info` that are no more frequent in these ill people than in the healthy: {(blunt.Length == 0 ? "none" : string.Join(", ", blunt))}.\n");
text.Append("Rules that many healthy people meet only inform: `bifidobacterium-low` by its counted base rate (an eighth of healthy adults has none), `lactobacillus-low`, the ratio and the lists of genera by the panel.\n");
text.Append("""

    ## Distance to healthy

    `distance-to-healthy` of the same people, the healthy again without themselves. AUC: the chance that an ill person lies further from the centre than a healthy one, 0.5 where it says nothing;
    "of the cohort" against all healthy people of the cohort, "of the study" against the healthy people of the same study only, which leaves out how studies differ. Several of the ill gave more than one sample, so that no
    interval is given.

    | group | study | n | healthy of the study | median percentile | above p90 | above p95 | AUC, of the cohort | AUC, of the study |
    |---|---|---:|---:|---:|---:|---:|---:|---:|

    """.ReplaceLineEndings("\n"));
foreach (var group in distances.GroupBy(d => (d.Group, d.Cohort, Study: d.Group == "healthy" ? $"all of `{d.Cohort}`" : d.Study)))
{
    var controls = distances.Where(d => d.Group == "healthy" && d.Cohort == group.Key.Cohort).ToArray();
    var near = controls.Where(d => d.Study == group.Key.Study).ToArray();
    double[] percentiles = [.. group.Select(d => d.Percentile).Order()];
    var isHealthy = group.Key.Group == "healthy";
    double Above(int percentile) => 100.0 * percentiles.Count(p => p > percentile) / percentiles.Length;
    text.Append(CultureInfo.InvariantCulture, $"| {group.Key.Group} | {group.Key.Study} | {percentiles.Length} | {(isHealthy ? "" : near.Length)} | {percentiles[percentiles.Length / 2]:0} | ")
        .Append(CultureInfo.InvariantCulture, $"{Above(90):0} % | {Above(95):0} % | {(isHealthy ? "" : Auc(controls, group))} | {(isHealthy ? "" : Auc(near, group))} |\n");
}
File.WriteAllText(Path.Combine(Folder(), "..", "..", "..", "..", "docs", "findings-in-known-samples.md"), text.ToString());

Finding[] Findings(TaxonomicProfile profile, ReferenceCohort cohort) =>
    [.. ReportBuilder.Build(new() { Profile = profile, ProfileSha256 = "", Assay = assay, Panel = panel, Cohort = cohort }).Findings];

(string, string, string, double, double) Distance(string group, string study, TaxonomicProfile profile, ReferenceCohort cohort)
{
    var metric = ReportBuilder.Diversity(new() { Profile = profile, Assay = assay, Panel = panel, Cohort = cohort }, [HealthyCentre.Metric])[0];
    return (group, cohort.Ref, study, metric.Value!.Value, metric.Reference!.Percentile!.Value);
}

// The name that the table of the healthy gives the study of a data set.
static string Study(string dataSet) => dataSet switch
{
    "Zeller_fecal_colorectal_cancer" => "Zeller 2014",
    "Neilsen_genome_assembly" => "Nielsen 2014",
    "metahit" => "Qin 2010 (MetaHIT)",
    "Chatelier_gut_obesity" => "Le Chatelier 2013",
    "WT2D" => "Karlsson 2013",
    "Quin_gut_liver_cirrhosis" => "Qin 2014",
    "t2dmeta_long" or "t2dmeta_short" => "Qin 2012",
    _ => throw new InvalidDataException(dataSet),
};

// Mann-Whitney: pairs in which the ill lies further, ties half.
static string Auc(IReadOnlyCollection<(string, string, string, double Distance, double)> well, IEnumerable<(string, string, string, double Distance, double)> ill)
{
    var pairs = ill.SelectMany(i => well.Select(w => i.Distance > w.Distance ? 1 : i.Distance == w.Distance ? 0.5 : 0)).ToArray();
    return pairs.Average().ToString("0.00", CultureInfo.InvariantCulture);
}

static double Count(Finding[][] people, Rule rule) => people.Count(p => p.Any(f => f.Code == rule.Code && f.Severity != "info"));

static string Rate(Finding[][] people, Rule rule, bool aboveInfo) => Share(people, f => f.Code == rule.Code && (!aboveInfo || f.Severity != "info"));

static string Share(Finding[][] people, Func<Finding, bool> which) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * people.Count(p => p.Any(which)) / people.Length:0.0} %");

TaxonomicProfile MetaPhlAn2(IEnumerable<(string Species, string Percent)> person)
{
    var clades = new SortedDictionary<string, double>(StringComparer.Ordinal);
    foreach (var (species, percent) in person)
    {
        var levels = lineage[species].Split('|');
        for (var i = 1; i <= levels.Length; i++)
            clades[string.Join('|', levels[..i])] = clades.GetValueOrDefault(string.Join('|', levels[..i])) + double.Parse(percent, NumberStyles.Float, CultureInfo.InvariantCulture);
    }
    var file = "#SampleID\tMetaphlan2_Analysis\n" + string.Concat(clades.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}\t{c.Value:R}\n")));
    var reading = ProfileReader.Read(Encoding.UTF8.GetBytes(file), new ProfileReadingOptions("metaphlan2"), TaxonomyRelease.Shipped, new ProfileLimits());
    return reading.Profile ?? throw new InvalidDataException(string.Join('\n', reading.Errors));
}

IEnumerable<string[]> Rows(string name)
{
    using var file = File.OpenRead(Path.Combine(source, name));
#pragma warning disable RS0030 // Our own local files, read whole.
    using Stream plain = name.EndsWith(".gz", StringComparison.Ordinal) ? new BufferedStream(new GZipStream(file, CompressionMode.Decompress)) : file;
#pragma warning restore RS0030
    using var reader = new StreamReader(plain);
    reader.ReadLine();
    while (reader.ReadLine() is { } line) yield return line.Split('\t');
}

static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
