#:property RestorePackagesWithLockFile=false
// Makes ../gut-taxonomy.tsv from two tables of published facts (NCBI taxonomy ids, names, ranks and parents; nomenclature changes).
//   dotnet run taxonomy.cs -- <folder with gut_taxonomy.tsv and nomenclature_changes.tsv> [<output file>]
// The output is sorted by rank and taxid, so that the same input gives the same bytes.
using System.Globalization;
using System.Runtime.CompilerServices;

string science = args[0];
string output = args.Length > 1 ? args[1] : Path.Combine(Here(), "..", "gut-taxonomy.tsv");
const string Slice = "NCBI-2022-10/curatedMetagenomicData";
const string Ours = "NCBI/curated";
string[] ranks = ["domain", "kingdom", "phylum", "class", "order", "family", "genus", "species"];

var nodes = new Dictionary<long, Node>();
foreach (var row in Rows("gut_taxonomy.tsv"))
{
    var node = new Node(Id(row["ncbi_taxid"]), row["rank"] == "superkingdom" ? "domain" : row["rank"], row["current_name"],
        row["parent_taxid"].Length == 0 ? 0 : Id(row["parent_taxid"]), row["provenance"] == "manual" ? Ours : Slice);
    node.Other.AddRange(row["synonyms"].Split('|').Append(row["ncbi_name_2022"]));
    nodes.Add(node.Taxid, node);
}

// Nodes that the slice lacks but that the changes, or the denominator (fungi), speak of.
foreach (var node in new Node[]
{
    new(4751, "kingdom", "Fungi", 2759, Ours), new(203682, "phylum", "Planctomycetota", 2, Ours), new(57723, "phylum", "Acidobacteriota", 2, Ours),
    new(95818, "phylum", "Candidatus Saccharimonadota", 2, Ours), new(3031449, "class", "Desulfovibrionia", 2, Ours),
    new(2974251, "genus", "Segatella", 171552, Ours),
    new(36911, "species", "Clavispora lusitaniae", 4892, Ours) { Other = { "Candida lusitaniae" } },
})
{
    nodes.TryAdd(node.Taxid, node);
}

// Fungi stand below their kingdom; the species that the slice gives without a parent stand below their order of 2022 (4892, Saccharomycetales).
foreach (long phylum in new long[] { 4890, 5204 })
{
    nodes[phylum].Parent = 4751;
}
foreach (var orphan in nodes.Values.Where(n => n.Parent == 0 && n.Rank != "domain"))
{
    orphan.Parent = 4892;
}

// Class names that a phylum bore as well; which one is meant is decided by the rank.
foreach (var (taxid, name) in new (long, string)[] { (1760, "Actinobacteria"), (203490, "Fusobacteria"), (203692, "Spirochaetes"), (204429, "Chlamydiae") })
{
    if (nodes.TryGetValue(taxid, out var node) && node.Rank == "class")
    {
        node.Other.Add(name);
    }
}

// The class that NCBI raised to a phylum, keeping its id.
nodes[29547].Other.Add("Campylobacterota");

// GTDB's spelling of a phylum.
nodes[201174].Other.Add("Actinobacteriota");

foreach (var row in Rows("nomenclature_changes.tsv").Where(r => r["ncbi_taxid"].Length > 0).Reverse())
{
    var node = nodes[Id(row["ncbi_taxid"])];
    node.Other.Add(row["current_name"]);
    node.Former.Insert(0, row["old_name"]);
}

using var writer = new StreamWriter(output) { NewLine = "\n" };
writer.WriteLine("# format: tab-separated, UTF-8, '# key: value' lines first, then one header line and one line a taxon; parent is empty for a domain");
writer.WriteLine("# format-version: 1");
writer.WriteLine("# release: gut-2026-11");
writer.WriteLine("# columns: NCBI taxid; rank; current name; parent's taxid; former and other names, '|'-separated, the best known first; source");
writer.WriteLine($"# source {Slice}: NCBI taxonomy of October 2022 (public domain) as tabled by curatedMetagenomicData, R/sysdata.rda");
writer.WriteLine($"# source {Ours}: taxid, name and parent from the NCBI taxonomy, entered by hand");
writer.WriteLine("# names: phyla (doi:10.1099/ijsem.0.005056), Lactobacillaceae (doi:10.1099/ijsem.0.004107, lactotax 2025-04), single papers");
writer.WriteLine("# left-out: names of a part of a taxon or of two taxa together ('Escherichia/Shigella', 'Veillonellaceae (Negativicutes)')");
writer.WriteLine("# licence: facts; this compilation Apache-2.0");
writer.WriteLine("# date: 2026-11-24");
writer.WriteLine("taxid\trank\tname\tparent\tformer-names\tsource");
foreach (var node in nodes.Values.OrderBy(n => Array.IndexOf(ranks, n.Rank)).ThenBy(n => n.Taxid))
{
    var names = node.Former.Concat(node.Other).Select(n => n.Trim()).Where(n => n.Length > 0 && n != node.Name && !Partial(n)).Distinct();
    string parent = node.Parent == 0 ? "" : node.Parent.ToString(CultureInfo.InvariantCulture);
    writer.WriteLine($"{node.Taxid}\t{node.Rank}\t{node.Name}\t{parent}\t{string.Join('|', names)}\t{node.Source}");
}
Console.WriteLine($"{nodes.Count} taxa");

IEnumerable<Dictionary<string, string>> Rows(string file)
{
    string[] lines = File.ReadAllLines(Path.Combine(science, file));
    string[] header = lines[0].Split('\t');
    return lines.Skip(1).Where(l => l.Length > 0).Select(l => header.Zip(l.Split('\t')).ToDictionary(p => p.First, p => p.Second));
}

static bool Partial(string name) => name.Contains('/') || name.Contains('(') || name.EndsWith("subsp.", StringComparison.Ordinal);

static long Id(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

internal sealed class Node(long taxid, string rank, string name, long parent, string source)
{
    public long Taxid { get; } = taxid;
    public string Rank { get; } = rank;
    public string Name { get; } = name;
    public long Parent { get; set; } = parent;
    public string Source { get; } = source;
    public List<string> Former { get; } = [];
    public List<string> Other { get; } = [];
}
