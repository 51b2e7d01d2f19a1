// Makes the index files in Data/indices from tables of published facts, which are not part of this repository (docs/data-sources.md names them).
//   dotnet run src/Lab.Microbiome/Data/Generators/indices.cs -- <folder with the source tables>
// Names are resolved by the library itself. Output is deterministic.
#:project ../../Lab.Microbiome.csproj
#:property RestorePackagesWithLockFile=false
#:property PublishAot=false

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Lab.Microbiome.Taxonomy;

var target = Path.Combine(Folder(), "..", "indices");
string[] levels = ["0.025", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.975"];

Write("gmwi2", """
    # profiler: MetaPhlAn 3
    # database: mpa_v30_CHOCOPhlAn_201901
    # platform: -
    # doi: 10.1038/s41467-024-51651-9
    # source: danielchang2002/GMWI2 @9850ec7, GMWI2_model.joblib: the 95 of 3,200 coefficients that are not 0; the intercept is 0
    # licence: MIT (source); coefficients are facts
    # caveats: -
    # text-en: GMWI2 adds up the published coefficients of those of 95 taxa that are present. Above 0 a sample resembles the healthy people that it was trained on, below 0 people with a disease; between -0.5 and 0.5 we call it inconclusive. Published balanced accuracy: 80 % in cross-validation, about 75 % in other studies, so one sample in four or five stands on the wrong side. It is not a diagnosis and names no disease.
    # text-nl: GMWI2 telt de gepubliceerde coëfficiënten op van de aanwezige taxa uit een lijst van 95. Boven 0 lijkt een monster op dat van de gezonde mensen waarmee de index is gemaakt, onder 0 op dat van mensen met een ziekte; tussen -0,5 en 0,5 noemen wij de uitkomst onbeslist. Gepubliceerde gebalanceerde nauwkeurigheid: 80 % bij kruisvalidatie, ongeveer 75 % in andere studies, dus een op de vier à vijf monsters staat aan de verkeerde kant. Het is geen diagnose en wijst geen ziekte aan.
    """, Rows("gmwi2_coefficients.tsv").Select(r => $"score\t\t{r[2]}\t{r[3]}"));

var gmhi = Rows("data/gmhi_reference_distribution.tsv").Single(r => r is ["group", "Healthy", "GMHI", ..]);
Write("gmhi", """
    # profiler: MetaPhlAn 2
    # database: -
    # platform: -
    # doi: 10.1038/s41467-020-18476-8
    # source: jaeyunsung/GMHI_2020 @87fe9f6 (species); HUST-NingKang-Lab/GAN-GMHI @89736e2, tables/GMHI.csv (quantiles of 2,636 healthy people of the training studies, corrected by -log10(43/31))
    # licence: no licence file (species), GPL-3 (table); names and derived quantiles are facts
    # caveats: reference-is-training-data
    # text-en: GMHI weighs 7 species that healthy people have more often against 43 that they have less often. Above 0 a sample resembles healthy people, below 0 people with a disease. Published balanced accuracy: 69.7 % in training and 73.7 % in validation; 24 % of the healthy people of the training studies lie below 0. The reference range is of those same people. It is not a diagnosis and names no disease.
    # text-nl: GMHI weegt 7 soorten die bij gezonde mensen vaker voorkomen tegen 43 die bij hen minder vaak voorkomen. Boven 0 lijkt een monster op dat van gezonde mensen, onder 0 op dat van mensen met een ziekte. Gepubliceerde gebalanceerde nauwkeurigheid: 69,7 % bij het maken en 73,7 % bij validatie; 24 % van de gezonde mensen uit de studies waarmee de index is gemaakt ligt onder 0. Het referentiegebied is van diezelfde mensen. Het is geen diagnose en wijst geen ziekte aan.
    """, [.. Rows("gmhi_species.tsv").Select(r => $"{(r[0].StartsWith("MH", StringComparison.Ordinal) ? "health-prevalent" : "health-scarce")}\t{r[2]}\t{r[1]}\t"), .. Healthy(gmhi[5..14])]);

// A sum over what the classifier called one genus then and several do now: the parts are named beside it, and each read still counts once.
var parts = new Dictionary<string, string[]>
{
    ["Escherichia"] = ["Escherichia-Shigella", "Escherichia/Shigella"],
    ["Escherichia/Shigella"] = ["Escherichia", "Shigella", "Escherichia-Shigella"],
    ["Bacteroides"] = ["Phocaeicola"],
    ["Lactobacillus"] = ["Acetilactobacillus", "Agrilactobacillus", "Amylolactobacillus", "Apilactobacillus", "Bombilactobacillus", "Companilactobacillus", "Dellaglioa", "Fructilactobacillus",
        "Furfurilactobacillus", "Holzapfeliella", "Lacticaseibacillus", "Lactiplantibacillus", "Lapidilactobacillus", "Latilactobacillus", "Lentilactobacillus", "Levilactobacillus",
        "Ligilactobacillus", "Limosilactobacillus", "Liquorilactobacillus", "Loigolactobacillus", "Paralactobacillus", "Paucilactobacillus", "Schleiferilactobacillus", "Secundilactobacillus"],
};
// Quantiles of ln(increased/decreased) over those of 339 Western people for whom it is defined.
var western = Rows("data/healthy_reference_indices.tsv").Single(r => r is ["western", "md_index_ln", ..]);
Write("md-index", """
    # profiler: MetaPhlAn 2
    # database: -
    # platform: Amplicon
    # doi: 10.1016/j.chom.2014.02.005
    # source: biocore/qiime 1.9, scripts/compute_taxonomy_ratios.py (genera); quantiles of 327 of 339 healthy Western adults by MetaPhlAn 2 (SegataLab/metaml @52fbd54, doi:10.1371/journal.pcbi.1004977)
    # licence: names and derived quantiles are facts
    # caveats: made-on-biopsies-of-children
    # text-en: The microbial dysbiosis index is the natural logarithm of six genera over five others. It was made on biopsies of the bowel of children with newly found Crohn's disease; no performance as a test of stool is published. The genera are those that QIIME 1.9 codes. It is not a diagnosis, and a high value does not mean Crohn's disease.
    # text-nl: De microbiële-dysbiose-index is de natuurlijke logaritme van zes geslachten gedeeld door vijf andere. De index is gemaakt met darmbiopten van kinderen met nieuw ontdekte ziekte van Crohn; over de prestatie als test op ontlasting is niets gepubliceerd. De geslachten zijn die van QIIME 1.9. Het is geen diagnose, en een hoge waarde betekent niet dat er sprake is van de ziekte van Crohn.
    """, [.. Rows("indices_lists.tsv").Where(r => r[0].StartsWith("MD-index", StringComparison.Ordinal)).SelectMany(r => Genus(r[1], r[2])), .. Healthy(western[6..15])]);

Write("microbiomehd", """
    # profiler: -
    # database: -
    # platform: Amplicon
    # doi: 10.1038/s41467-017-01973-8
    # source: Duvallet 2017, shared response: 20 genera associated with disease and 24 with health in 28 studies by 16S sequencing and RDP; its 7 mixed ones are left out
    # licence: names are facts
    # caveats: unvalidated-formula
    # text-en: The natural logarithm of 20 genera that go with disease over 24 that go with health in a meta-analysis of 28 studies. The lists are published; weighing them against each other is ours, and no performance of it is published. These genera respond to many diseases alike and tell none from another; Lactobacillus, where it stands among them, is harmless to most people. It is not a diagnosis.
    # text-nl: De natuurlijke logaritme van 20 geslachten die met ziekte samengaan gedeeld door 24 die met gezondheid samengaan, in een meta-analyse van 28 studies. De lijsten zijn gepubliceerd; ze tegen elkaar afwegen is van ons, en over de prestatie daarvan is niets gepubliceerd. Deze geslachten reageren op veel ziekten hetzelfde en onderscheiden er geen; Lactobacillus, dat ertussen staat, is voor de meeste mensen onschuldig. Het is geen diagnose.
    """, Rows("microbiomehd_nonspecific_genera.tsv").Where(r => r[1] is "disease" or "health").SelectMany(r => Genus(r[1] == "disease" ? "increased" : "decreased", r[0])));

IEnumerable<string> Genus(string set, string name) => [Taxon(set, name), .. parts.GetValueOrDefault(name, []).Select(part => Taxon(set, part))];

// The current name where the taxonomy knows the genus, else the name as a reader of profiles writes it.
string Taxon(string set, string name) => TaxonomyRelease.Shipped.Names.Resolve(name, TaxonomicRank.Genus) is { Taxon: { Rank: TaxonomicRank.Genus } known, Warning: null }
    ? string.Create(CultureInfo.InvariantCulture, $"{set}\t{known.Taxid}\t{known.Name}\t") : $"{set}\t\t{LineageText.Display(name)}\t";

IEnumerable<string> Healthy(string[] values) => levels.Zip(values, (level, value) => $"healthy-quantile\t\t{level}\t{value}");

void Write(string id, string head, IEnumerable<string> rows)
{
    var text = new StringBuilder($"# lab-index: 1\n# id: {id}\n").Append(head.ReplaceLineEndings("\n")).Append("\nset\ttaxid\tname\tvalue\n");
    foreach (var row in rows) text.Append(row).Append('\n');
    File.WriteAllText(Path.Combine(target, id + ".tsv"), text.ToString());
}

IEnumerable<string[]> Rows(string file) => File.ReadLines(Path.Combine(args[0], file)).Skip(1).Select(line => line.Split('\t'));

static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
