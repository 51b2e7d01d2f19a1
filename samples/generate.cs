// Writes the synthetic samples beside this file:
//
//     dotnet run samples/generate.cs
//
// No person gave them. They are quantiles of two cohorts with one thing disturbed in all but one of the files. Quantiles of taxa do not add up to
// 100, so every abundance is rescaled; nothing is random, so the files come out the same each time.
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using System.Globalization;
using System.Text;

// The folder of this file, not the folder that the program was started in.
var folder = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
string[] producers =
[
    "Faecalibacterium", "Roseburia", "Coprococcus", "Anaerostipes", "Subdoligranulum", "Odoribacter", "Oscillibacter", "Eubacterium_rectale",
    "Eubacterium_hallii", "Eubacterium_ventriosum",
];
Save("kraken2-klebsiella.kreport", KrakenReport(640_000));
Save("kraken2-shallow.kreport", KrakenReport(3_200));
Save("metaphlan2-scfa-depleted.txt", MetaphlanProfile((genus, species, upper) => producers.Contains(genus) || producers.Contains(species) ? upper / 200 : upper));
Save("metaphlan2-low-diversity.txt", MetaphlanProfile((_, species, upper) => species == "Bacteroides_vulgatus" ? 60 * upper : upper));
Save("metaphlan2-escherichia-coli.txt", MetaphlanProfile((_, species, upper) => species == "Escherichia_coli" ? 45 : upper));
Save("metaphlan2-candida.txt", MetaphlanProfile((_, _, upper) => upper,
    ("k__Eukaryota|p__Ascomycota|c__Saccharomycetes|o__Saccharomycetales|f__Debaryomycetaceae|g__Candida|s__Candida_albicans", 1)));
Save("amplicon-16s-healthy.json", AmpliconJson(0));
Save("amplicon-16s-candida.json", AmpliconJson(480));

void Save(string name, string content)
{
    File.WriteAllText(Path.Combine(folder, name), content, new UTF8Encoding(false));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {content.Length} bytes"));
}

// A Kraken 2 report, 30 % of its reads unclassified, with too much Escherichia and Klebsiella: of 640,000 reads at the leaves, about a million.
static string KrakenReport(decimal leafReads)
{
    var nodes = Quantiles.Kraken.Split('\n').Select(KrakenNode.Read).ToList();
    var fixedShare = nodes.Sum(node => node.Percent) / 100;
    var medians = nodes.Sum(node => node.Median);
    foreach (var node in nodes)
        node.Direct = node.Reads + (long)Math.Round(leafReads * (node.Percent / 100 + (1 - fixedShare) * node.Median / medians));
    // From the leaves up: some reads of every clade fit no single taxon below it and stay at the clade.
    for (var i = nodes.Count - 1; i >= 0; i--)
    {
        var below = 0L;
        for (var child = i + 1; child < nodes.Count && nodes[child].Depth > nodes[i].Depth; child++)
        {
            if (nodes[child].Depth == nodes[i].Depth + 1) below += nodes[child].Clade;
        }
        nodes[i].Direct += (long)(below * nodes[i].StaysHere);
        nodes[i].Clade = nodes[i].Direct + below;
    }
    var classified = nodes[0].Clade;
    var unclassified = classified * 3 / 7;
    var text = new StringBuilder();
    Line(unclassified, unclassified, "U", 0, "unclassified", 0);
    foreach (var node in nodes) Line(node.Clade, node.Direct, node.Rank, node.Taxid, node.Name, node.Depth);
    return text.ToString();

    void Line(long clade, long direct, string rank, long taxid, string name, int depth)
    {
        var percent = (100m * clade / (classified + unclassified)).ToString("F2", CultureInfo.InvariantCulture);
        text.Append(CultureInfo.InvariantCulture, $"{percent,6}\t{clade}\t{direct}\t{rank}\t{taxid}\t{new string(' ', 2 * depth)}{name}\n");
    }
}

// A MetaPhlAn 2 profile of the upper quartiles, changed as it is told, with what they do not have.
static string MetaphlanProfile(Func<string, string, decimal, decimal> change, params (string Clade, decimal Value)[] added)
{
    var species = new List<(string Clade, decimal Value)>();
    var family = "";
    foreach (var line in Quantiles.Metaphlan.Split('\n'))
    {
        if (!line.StartsWith(' '))
        {
            family = line;
            continue;
        }
        foreach (var entry in line.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = entry.Split(' ');
            var upper = decimal.Parse(parts[2], CultureInfo.InvariantCulture);
            species.Add(($"{family}|g__{parts[0]}|s__{parts[1]}", change(parts[0], parts[1], upper)));
        }
    }
    species.AddRange(added);
    var total = species.Sum(row => row.Value);
    var rounded = species.Select(row => (row.Clade, Value: Math.Round(100 * row.Value / total, 5))).ToList();
    // What rounding left over goes to the largest, so that every rank adds up to 100.
    var largest = rounded.IndexOf(rounded.MaxBy(row => row.Value));
    rounded[largest] = (rounded[largest].Clade, rounded[largest].Value + 100 - rounded.Sum(row => row.Value));
    var text = new StringBuilder("#SampleID\tMetaphlan2_Analysis\n");
    for (var levels = 1; levels <= 7; levels++)
    {
        var clades = rounded.GroupBy(row => string.Join('|', row.Clade.Split('|').Take(levels)), row => row.Value)
            .Select(clade => (clade.Key, Value: clade.Sum())).OrderByDescending(clade => clade.Value).ThenBy(clade => clade.Key, StringComparer.Ordinal);
        foreach (var (clade, value) in clades) text.Append(CultureInfo.InvariantCulture, $"{clade}\t{value:0.0####}\n");
    }
    return text.ToString();
}

// Amplicon reads as a lab's own system would send them, by taxid, by name and rank, and by the classifier's lineage: 48,211, and those that are said to be of Candida.
static string AmpliconJson(int candida)
{
    const int TotalReads = 48_211;
    const int Unclassified = 1_930;
    var rows = Quantiles.Amplicon.Split(',', StringSplitOptions.TrimEntries).Select(entry => entry.Split(' ', 2))
        .Select(parts => (Median: decimal.Parse(parts[0], CultureInfo.InvariantCulture), Taxon: parts[1])).ToList();
    var total = rows.Sum(row => row.Median);
    var reads = rows.Select(row => (int)Math.Round((TotalReads - Unclassified) * row.Median / total)).ToArray();
    reads[0] += TotalReads - Unclassified - reads.Sum();
    var taxa = rows.Select((row, i) => "    { " + Key(row.Taxon) + string.Create(CultureInfo.InvariantCulture, $", \"value\": {reads[i]} }}"));
    if (candida > 0) taxa = taxa.Append(string.Create(CultureInfo.InvariantCulture, $"    {{ {Key("Candida")}, \"value\": {candida} }}"));
    return string.Create(CultureInfo.InvariantCulture,
        $"{{\n  \"assay\": \"amplicon-16s\",\n  \"unit\": \"reads\",\n  \"totalReads\": {TotalReads + candida},\n  \"unclassified\": {Unclassified},\n  \"taxa\": [\n")
        + string.Join(",\n", taxa) + "\n  ]\n}\n";

    static string Key(string taxon) =>
        char.IsAsciiDigit(taxon[0]) ? $"\"taxid\": {taxon.Split(' ')[0]}"
        : taxon.StartsWith("d__", StringComparison.Ordinal) ? $"\"lineage\": \"{taxon}\""
        : $"\"name\": \"{taxon}\", \"rank\": \"genus\"";
}

/// <summary>A line of the report.</summary>
sealed class KrakenNode
{
    public required string Rank { get; init; }
    public required long Taxid { get; init; }
    public required string Name { get; init; }
    public required int Depth { get; init; }
    /// <summary>Share of a healthy cohort, percent.</summary>
    public decimal Median { get; init; }
    /// <summary>A share that is set, percent: the disturbed guild.</summary>
    public decimal Percent { get; init; }
    /// <summary>Reads that are set: the tail of few reads that every k-mer classifier leaves.</summary>
    public long Reads { get; init; }
    public long Direct { get; set; }
    public long Clade { get; set; }

    /// <summary>Which part of the reads below stays at a node of this rank; made up, in the order of real reports.</summary>
    public decimal StaysHere => Rank switch { "G" => 0.06m, "F" => 0.02m, "O" or "C" or "P" => 0.004m, "D" => 0.005m, "R" => 0.0002m, _ => 0 };

    /// <summary>Reads <c>indent rank taxid name [= value]</c>.</summary>
    public static KrakenNode Read(string line)
    {
        var parts = line.Trim().Split(" = ");
        var fields = parts[0].Split(' ', 3);
        var value = parts.Length > 1 ? parts[1].Split(' ', '%')[0] : "0";
        var number = decimal.Parse(value, CultureInfo.InvariantCulture);
        var (isPercent, isReads) = (parts.Length > 1 && parts[1].EndsWith('%'), parts.Length > 1 && parts[1].Contains("read", StringComparison.Ordinal));
        return new KrakenNode
        {
            Rank = fields[0],
            Taxid = long.Parse(fields[1], CultureInfo.InvariantCulture),
            Name = fields[2],
            Depth = line.TakeWhile(c => c == ' ').Count() / 2,
            Median = isPercent || isReads ? 0 : number,
            Percent = isPercent ? number : 0,
            Reads = isReads ? (long)number : 0,
        };
    }
}

/// <summary>What the samples are drawn from.</summary>
static class Quantiles
{
    /// <summary>Medians (percent) of 339 healthy Western adults, species above 0, of Pasolli 2016 (doi:10.1371/journal.pcbi.1004977, MetaPhlAn 2), hung
    /// into the tree of NCBI's taxonomy as of October 2022. "%" and "reads" are set by us. The host's reads are made up.</summary>
    public const string Kraken = """
    R 1 root
      R1 131567 cellular organisms
        D 2 Bacteria
          P 201174 Actinobacteria
            C 1760 Actinomycetia
              O 85004 Bifidobacteriales
                F 31953 Bifidobacteriaceae
                  G 1678 Bifidobacterium
                    S 1680 Bifidobacterium adolescentis = 0.05684
                    S 216816 Bifidobacterium longum = 0.05962
            C 84998 Coriobacteriia
              O 84999 Coriobacteriales
                F 84107 Coriobacteriaceae
                  G 102106 Collinsella
                    S 74426 Collinsella aerofaciens = 0.08319
          P 976 Bacteroidota
            C 200643 Bacteroidia
              O 171549 Bacteroidales
                F 815 Bacteroidaceae
                  G 816 Bacteroides
                    S 47678 Bacteroides caccae = 0.46025
                    S 246787 Bacteroides cellulosilyticus = 0.03137
                    S 28116 Bacteroides ovatus = 0.36928
                    S 46506 Bacteroides stercoris = 0.0054
                    S 818 Bacteroides thetaiotaomicron = 0.18502
                    S 820 Bacteroides uniformis = 2.34557
                    S 371601 Bacteroides xylanisolvens = 0.03748
                  G 909656 Phocaeicola
                    S 357276 Phocaeicola dorei = 0.46874
                    S 821 Phocaeicola vulgatus = 1.76818
                F 2005519 Barnesiellaceae
                  G 397864 Barnesiella
                    S 487174 Barnesiella intestinihominis = 0.46959
                F 1853231 Odoribacteraceae
                  G 283168 Odoribacter
                    S 28118 Odoribacter splanchnicus = 0.5092
                F 2005525 Tannerellaceae
                  G 375288 Parabacteroides
                    S 823 Parabacteroides distasonis = 0.14358
                    S 46503 Parabacteroides merdae = 0.6814
                F 171550 Rikenellaceae
                  G 239759 Alistipes
                    S 214856 Alistipes finegoldii = 0.05902
                    S 626932 Alistipes indistinctus = 0.01104
                    S 328813 Alistipes onderdonkii = 0.13367
                    S 28117 Alistipes putredinis = 1.70415
                    S 328814 Alistipes shahii = 0.26944
          P 1239 Firmicutes
            C 91061 Bacilli
              O 186826 Lactobacillales
                F 1300 Streptococcaceae
                  G 1301 Streptococcus
                    S 1318 Streptococcus parasanguinis = 0.00809
                    S 1304 Streptococcus salivarius = 0.02335
                F 81852 Enterococcaceae
                  G 1350 Enterococcus
                    S 1351 Enterococcus faecalis = 3 reads
            C 186801 Clostridia
              O 186802 Eubacteriales
                F 216572 Oscillospiraceae
                  S 1535 [Clostridium] leptum = 0.02125
                  G 946234 Flavonifractor
                    S 292800 Flavonifractor plautii = 0.00023
                  S 39492 [Eubacterium] siraeum = 0.13234
                  G 459786 Oscillibacter = 0.12721
                  G 244127 Anaerotruncus = 0.00275
                  G 216851 Faecalibacterium
                    S 853 Faecalibacterium prausnitzii = 3.00697
                  G 1263 Ruminococcus
                    S 40518 Ruminococcus bromii = 0.72319
                  G 292632 Subdoligranulum = 5.97631
                F 186803 Lachnospiraceae
                  G 28050 Lachnospira
                    S 39485 Lachnospira eligens = 0.61282
                  G 2569097 Anaerobutyricum
                    S 39488 Anaerobutyricum hallii = 0.29014
                  S 39491 [Eubacterium] rectale = 2.40468
                  G 207244 Anaerostipes
                    S 649756 Anaerostipes hadrus = 0.01837
                  G 2316020 Mediterraneibacter
                    S 33038 [Ruminococcus] gnavus = 0.0002
                    S 33039 [Ruminococcus] torques = 0.76728
                    S 46228 [Ruminococcus] lactaris = 0.09318
                  G 572511 Blautia
                    S 40520 Blautia obeum = 0.23948
                  G 33042 Coprococcus
                    S 116085 Coprococcus catus = 0.08625
                    S 410072 Coprococcus comes = 0.3435
                  G 189330 Dorea
                    S 39486 Dorea formicigenerans = 0.21481
                    S 88431 Dorea longicatena = 0.32087
                  G 841 Roseburia
                    S 301301 Roseburia hominis = 0.10857
                    S 166486 Roseburia intestinalis = 0.23532
                    S 360807 Roseburia inulinivorans = 0.37226
                F 186806 Eubacteriaceae
                  G 1730 Eubacterium
                    S 39490 Eubacterium ramulus = 0.05292
                    S 39496 Eubacterium ventriosum = 0.09922
            C 526524 Erysipelotrichia
              O 526525 Erysipelotrichales
                F 128827 Erysipelotrichaceae
                  G 61170 Holdemania
                    S 61171 Holdemania filiformis = 0.00467
            C 909932 Negativicutes
              O 1843489 Veillonellales
                F 31977 Veillonellaceae
                  G 29465 Veillonella = 0.0086
                    S 29466 Veillonella parvula = 0.00316
            C 1737404 Tissierellia
              O 1737405 Tissierellales
                F 1570339 Peptoniphilaceae
                  G 543311 Parvimonas
                    S 33033 Parvimonas micra = 1 read
          P 1224 Proteobacteria
            C 28216 Betaproteobacteria
              O 80840 Burkholderiales
                F 995019 Sutterellaceae
                  G 577310 Parasutterella
                    S 487175 Parasutterella excrementihominis = 0.00455
            C 28221 Deltaproteobacteria
              O 213115 Desulfovibrionales
                F 194924 Desulfovibrionaceae
                  G 35832 Bilophila = 0.02971
                    S 35833 Bilophila wadsworthia = 0.00089
            C 1236 Gammaproteobacteria
              O 91347 Enterobacterales
                F 543 Enterobacteriaceae
                  G 561 Escherichia
                    S 562 Escherichia coli = 20%
                  G 570 Klebsiella
                    S 573 Klebsiella pneumoniae = 2.3%
                    S 571 Klebsiella oxytoca = 0.5%
                    S 244366 Klebsiella variicola = 0.2%
                  G 544 Citrobacter
                    S 546 Citrobacter freundii = 40 reads
              O 135625 Pasteurellales
                F 712 Pasteurellaceae
                  G 724 Haemophilus
                    S 729 Haemophilus parainfluenzae = 0.00752
          P 74201 Verrucomicrobia
            C 203494 Verrucomicrobiae
              O 48461 Verrucomicrobiales
                F 1647988 Akkermansiaceae
                  G 239934 Akkermansia
                    S 239935 Akkermansia muciniphila = 0.11034
          P 32066 Fusobacteria
            C 203490 Fusobacteriia
              O 203491 Fusobacteriales
                F 203492 Fusobacteriaceae
                  G 848 Fusobacterium
                    S 851 Fusobacterium nucleatum = 2 reads
        D 2759 Eukaryota
          K 33208 Metazoa
            P 7711 Chordata
              C 40674 Mammalia
                O 9443 Primates
                  F 9604 Hominidae
                    G 9605 Homo
                      S 9606 Homo sapiens = 812 reads
    """;

    /// <summary>The upper quartiles (percent) of the same adults by the clades of MetaPhlAn 2: a family, then its species as
    /// "genus species quartile". Quartiles, because without the producers the medians would have to be stretched eightfold, past what a healthy
    /// person has of the others.</summary>
    public const string Metaphlan = """
    k__Bacteria|p__Actinobacteria|c__Actinobacteria|o__Bifidobacteriales|f__Bifidobacteriaceae
      Bifidobacterium Bifidobacterium_adolescentis 0.834905; Bifidobacterium Bifidobacterium_longum 0.4718
    k__Bacteria|p__Actinobacteria|c__Actinobacteria|o__Coriobacteriales|f__Coriobacteriaceae
      Collinsella Collinsella_aerofaciens 0.538025
    k__Bacteria|p__Bacteroidetes|c__Bacteroidia|o__Bacteroidales|f__Bacteroidaceae
      Bacteroides Bacteroides_caccae 1.52073; Bacteroides Bacteroides_cellulosilyticus 0.91365; Bacteroides Bacteroides_dorei 1.86718;
      Bacteroides Bacteroides_ovatus 1.81068; Bacteroides Bacteroides_stercoris 1.6098; Bacteroides Bacteroides_thetaiotaomicron 0.761945;
      Bacteroides Bacteroides_uniformis 6.24504; Bacteroides Bacteroides_vulgatus 4.604; Bacteroides Bacteroides_xylanisolvens 0.206415
    k__Bacteria|p__Bacteroidetes|c__Bacteroidia|o__Bacteroidales|f__Porphyromonadaceae
      Barnesiella Barnesiella_intestinihominis 2.75351; Odoribacter Odoribacter_splanchnicus 1.06892;
      Parabacteroides Parabacteroides_distasonis 0.840225; Parabacteroides Parabacteroides_merdae 1.91768
    k__Bacteria|p__Bacteroidetes|c__Bacteroidia|o__Bacteroidales|f__Rikenellaceae
      Alistipes Alistipes_finegoldii 0.24498; Alistipes Alistipes_indistinctus 0.072355; Alistipes Alistipes_onderdonkii 0.64569;
      Alistipes Alistipes_putredinis 3.86716; Alistipes Alistipes_shahii 0.81878
    k__Bacteria|p__Firmicutes|c__Bacilli|o__Lactobacillales|f__Streptococcaceae
      Streptococcus Streptococcus_salivarius 0.125665
    k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Eubacteriaceae
      Eubacterium Eubacterium_eligens 2.05383; Eubacterium Eubacterium_hallii 0.900245; Eubacterium Eubacterium_ramulus 0.207555;
      Eubacterium Eubacterium_rectale 6.69789; Eubacterium Eubacterium_siraeum 1.29299; Eubacterium Eubacterium_ventriosum 0.342265
    k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Lachnospiraceae
      Anaerostipes Anaerostipes_hadrus 0.083125; Blautia Ruminococcus_obeum 0.649675; Blautia Ruminococcus_torques 1.62024;
      Coprococcus Coprococcus_catus 0.23765; Coprococcus Coprococcus_comes 0.949315; Dorea Dorea_formicigenerans 0.435905;
      Dorea Dorea_longicatena 0.84858; Roseburia Roseburia_hominis 0.37951; Roseburia Roseburia_intestinalis 1.18123;
      Roseburia Roseburia_inulinivorans 1.24042
    k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Oscillospiraceae
      Oscillibacter Oscillibacter_unclassified 0.302705
    k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Ruminococcaceae
      Faecalibacterium Faecalibacterium_prausnitzii 6.90386; Ruminococcus Ruminococcus_bromii 4.35799; Ruminococcus Ruminococcus_lactaris 0.63434;
      Subdoligranulum Subdoligranulum_unclassified 11.9906
    k__Bacteria|p__Proteobacteria|c__Betaproteobacteria|o__Burkholderiales|f__Sutterellaceae
      Parasutterella Parasutterella_excrementihominis 0.042985
    k__Bacteria|p__Proteobacteria|c__Deltaproteobacteria|o__Desulfovibrionales|f__Desulfovibrionaceae
      Bilophila Bilophila_unclassified 0.133315
    k__Bacteria|p__Proteobacteria|c__Gammaproteobacteria|o__Enterobacteriales|f__Enterobacteriaceae
      Escherichia Escherichia_coli 0.120715
    k__Bacteria|p__Proteobacteria|c__Gammaproteobacteria|o__Pasteurellales|f__Pasteurellaceae
      Haemophilus Haemophilus_parainfluenzae 0.055935
    k__Bacteria|p__Verrucomicrobia|c__Verrucomicrobiae|o__Verrucomicrobiales|f__Verrucomicrobiaceae
      Akkermansia Akkermansia_muciniphila 1.07656
    """;

    /// <summary>Medians (percent) at genus of 205 colonoscopy-negative controls of Tito 2024 (doi:10.1038/s41591-024-02963-2, 16S, SILVA), counts per
    /// gram rebased to fractions: "median taxid name", "median name" or "median lineage".</summary>
    public const string Amplicon = """
    10.13 216851 Faecalibacterium, 7.84 816 Bacteroides, 6.722 572511 Blautia,
    5.251 d__Bacteria;p__Firmicutes;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__Agathobacter;s__, 2.422 1263 Ruminococcus,
    1.812 239759 Alistipes, 1.538 292632 Subdoligranulum, 1.436 189330 Dorea, 1.423 841 Roseburia, 1.315 Bifidobacterium,
    1.241 d__Bacteria;p__Firmicutes;c__Clostridia;o__Oscillospirales;f__Oscillospiraceae;g__UCG-002;s__, 1.111 1407607 Fusicatenibacter,
    1.069 33042 Coprococcus, 1.008 d__Bacteria;p__Firmicutes;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__[Ruminococcus] torques group;s__,
    0.8531 580596 Butyricicoccus, 0.7757 1506553 Lachnoclostridium,
    0.6563 d__Bacteria;p__Firmicutes;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__[Eubacterium] hallii group;s__,
    0.5742 d__Bacteria;p__Firmicutes;c__Clostridia;o__Christensenellales;f__Christensenellaceae;g__Christensenellaceae R-7 group;s__,
    0.5464 207244 Anaerostipes,
    0.495 d__Bacteria;p__Firmicutes;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__Lachnospiraceae NK4A136 group;s__, 0.4831 Collinsella,
    0.4543 Parabacteroides, 0.4255 28050 Lachnospira, 0.3132 1392389 Intestinimonas,
    0.2475 d__Bacteria;p__Firmicutes;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__[Eubacterium] eligens group;s__, 0.201 1301 Streptococcus,
    0.1862 d__Bacteria;p__Firmicutes;c__Clostridia;o__Lachnospirales;f__Lachnospiraceae;g__[Eubacterium] ventriosum group;s__,
    0.1566 2039302 Monoglobus, 0.1373 Barnesiella, 0.07283 459786 Oscillibacter, 0.05914 Akkermansia, 0.05811 35832 Bilophila,
    0.05711 248744 Marvinbryantia, 0.04577 40544 Sutterella, 0.04338 Odoribacter, 0.03754 447020 Adlercreutzia, 0.03712 33024 Phascolarctobacterium,
    0.02796 Parasutterella
    """;
}
