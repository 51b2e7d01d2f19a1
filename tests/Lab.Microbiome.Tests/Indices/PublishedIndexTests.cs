using System.Globalization;
using System.Text.Json;
using Lab.Microbiome.Indices;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Tests.Diversity;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Indices;

/// <summary>The published indices: their authors' own examples, hand-made ones, other people's figures, and where they are refused.</summary>
public sealed class PublishedIndexTests(ITestOutputHelper output)
{
    private const string Header3 = "#mpa_v30_CHOCOPhlAn_201901\n#SampleID\tMetaphlan_Analysis\n#clade_name\tNCBI_tax_id\trelative_abundance\tadditional_species\nUNKNOWN\t-1\t50\n";

    // From the top to Romboutsia ilealis, whose published coefficient is 0.3834966475883293; no clade above it has one.
    private const string Ilealis = """
        k__Bacteria	2	50
        k__Bacteria|p__Firmicutes	2|1239	50
        k__Bacteria|p__Firmicutes|c__Clostridia	2|1239|186801	50
        k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales	2|1239|186801|186802	50
        k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Peptostreptococcaceae	2|1239|186801|186802|186804	50
        k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Peptostreptococcaceae|g__Romboutsia	2|1239|186801|186802|186804|1501226	50
        k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales|f__Peptostreptococcaceae|g__Romboutsia|s__Romboutsia_ilealis	2|1239|186801|186802|186804|1501226|1115758	
        """;

    private static PublishedIndex Index(string id) => PublishedIndex.Shipped.Single(i => i.Id == id);

    [Fact]
    public void Gmwi2_of_the_authors_ten_profiles_is_theirs()
    {
        var expected = JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllBytes(Fixture("gmwi2_expected.json")))!;
        Assert.Equal(10, expected.Count);
        var worst = expected.Max(e =>
        {
            var profile = People.Read(File.ReadAllText(Fixture(e.Key)));
            var formula = IndexFormulas.Gmwi2(Index("gmwi2"), profile)!.Value;
            var reported = Reported(profile, "shotgun-metaphlan3", "gmwi2");
            Assert.Equal((e.Key, formula, "not-assessable", "no-matching-cohort"), (e.Key, reported.Value, reported.Status, reported.Reason));
            Assert.Equal(Math.Abs(e.Value) < 0.5, reported.Caveats.Contains("inconclusive"));
            return Math.Abs(formula - e.Value);
        });
        output.WriteLine($"GMWI2: largest error {worst:0.0e+0}");
        Assert.InRange(worst, 0, 1e-12);
    }

    [Fact]
    public void Gmhi_of_the_authors_twenty_five_samples_is_theirs()
    {
        var table = File.ReadAllLines(Fixture("gmhi_species_relative_abundances.csv")).Select(l => l.Split(',')).ToArray();
        var expected = File.ReadAllLines(Fixture("gmhi_expected_output.csv")).Skip(1).Select(l => l.Split(',')).ToArray();
        Assert.Equal(25, expected.Length);
        var worst = expected.Index().Max(e =>
        {
            Assert.Equal($"\"{table[0][e.Index + 1]}\"", e.Item[0]);
            var profile = People.Read("#SampleID\tMetaphlan2_Analysis\n" + string.Concat(table.Skip(1).Select(r => $"k__Bacteria|{r[0]}\t{r[e.Index + 1]}\n")));
            return Math.Abs(IndexFormulas.Gmhi(Index("gmhi"), profile)!.Value - double.Parse(e.Item[1], CultureInfo.InvariantCulture));
        });
        output.WriteLine($"GMHI: largest error {worst:0.0e+0}");
        Assert.InRange(worst, 0, 1e-12);
    }

    [Fact]
    public void Gmhi_and_md_index_of_healthy_people_are_those_of_the_table_of_them()
    {
        // Computed by another program, six digits; the index from the file's rows of genera, which are rounded by themselves.
        var (people, defined) = (0, 0);
        foreach (var row in People.Rows("data/healthy_reference_samples.tsv").Where((_, i) => i % 5 == 0))
        {
            var report = People.Report(row[0]).Indices;
            Close(row[33], report.Single(i => i.Id == "gmhi").Value, 1e-5);
            var index = report.Single(i => i.Id == "md-index");
            people++;
            if (row[32].Length == 0 || row[32].Contains("inf", StringComparison.Ordinal)) Assert.Null(index.Value);
            else
            {
                defined++;
                Close(row[32], index.Value, 1e-3);
            }
        }
        output.WriteLine($"{people} people, MD-index of {defined}");
        Assert.InRange(defined, 100, people);

        static void Close(string expected, double? ours, double tolerance)
        {
            var theirs = double.Parse(expected, CultureInfo.InvariantCulture);
            Assert.Equal(theirs, ours!.Value, Math.Max(1, Math.Abs(theirs)) * tolerance);
        }
    }

    // No library: the lists and the table as they came, sums over the genera of MetaPhlAn 2's lineages.
    private const string Balances = """
        import csv, gzip, json, math, sys, collections
        folder = sys.argv[1]
        def rows(file): return csv.DictReader(open(folder + "/" + file), delimiter="\t")
        sides = {"md-index": {r["taxon"]: r["direction"] == "increased" for r in rows("indices_lists.tsv") if r["index"].startswith("MD-index")},
            "microbiomehd": {part: r["association"] == "disease" for r in rows("microbiomehd_nonspecific_genera.tsv") if r["association"] != "mixed" for part in r["genus"].split("/")}}
        lineage = dict(l.rstrip("\n").split("\t")[:2] for l in open(folder + "/data/metaphlan2_species_lineage.tsv"))
        sums = collections.defaultdict(lambda: [0.0, 0.0])
        table = gzip.open(folder + "/data/healthy_reference_species_long.tsv.gz", "rt"); next(table)
        for line in table:
            cells = line.rstrip("\n").split("\t")
            genus = next((x[3:] for x in lineage[cells[-2]].split("|") if x.startswith("g__")), "")
            for index, side in sides.items():
                if genus in side: sums[index + " " + cells[0]][side[genus]] += float(cells[-1])
        print(json.dumps({key: math.log(up / down) for key, (down, up) in sums.items() if up > 0 and down > 0}))
        """;

    [Theory]
    [InlineData("md-index")]
    [InlineData("microbiomehd")]
    public async Task Logarithms_of_sums_agree_with_a_script_over_the_same_people(string id)
    {
        var lists = SharedScience.Find("microbiomehd_nonspecific_genera.tsv");
        Assert.SkipWhen(lists is null, "shared/data/science/microbiomehd_nonspecific_genera.tsv is not beside this checkout");
        var lines = await PeerProgramTests.Run("/usr/bin/python3", ["-c", Balances, Path.GetDirectoryName(lists)!], []);
        var theirs = JsonSerializer.Deserialize<Dictionary<string, double>>(lines[0])!.Where(t => t.Key.StartsWith(id, StringComparison.Ordinal)).OrderBy(t => t.Key, StringComparer.Ordinal).ToArray();
        Assert.InRange(theirs.Length, 500, 606);
        var worst = theirs.Where((_, i) => i % 5 == 0).Max(t =>
        {
            var (increased, decreased) = IndexFormulas.Sides(Index(id), new CladeIndex(People.Person(t.Key[(id.Length + 1)..])));
            return Math.Abs(Math.Log(increased / decreased) - t.Value);
        });
        output.WriteLine($"{id}: largest difference {worst:0.0e+0} over a fifth of {theirs.Length} people");
        Assert.InRange(worst, 0, 1e-12);
    }

    [Fact]
    public void Logarithms_of_sums_by_hand()
    {
        // 2000 of Fusobacterium and Escherichia by two names, 4000 of Bacteroides with its former part and Akkermansia; Veillonella and Faecalibacterium are on the same sides of both.
        string[] taxa = ["848:500", "g__Escherichia-Shigella:1500", "816:1000", "909656:2000", "239934:1000", "g__Unheard:4000"];
        var indices = People.Report(People.MadeUp("reads", taxa), "amplicon-16s").Indices;
        Assert.Equal(Math.Log(0.5), indices[2].Value!.Value, 1e-15);
        Assert.Equal(("md-index", "not-assessable", "no-matching-cohort"), (indices[2].Id, indices[2].Status, indices[2].Reason));
        Assert.Equal(Math.Log(0.5), indices[3].Value!.Value, 1e-15);
        // 1000 of Streptococcus, and 500 of a genus that was Lactobacillus, are on the side of disease in one of them only.
        indices = People.Report(People.MadeUp("reads", [.. taxa, "1301:1500", "2759736:500"]), "amplicon-16s").Indices;
        Assert.Equal((Math.Log(0.5), 0), (indices[2].Value!.Value, indices[3].Value!.Value), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-15 && Math.Abs(a.Item2 - b.Item2) < 1e-15);
    }

    [Fact]
    public void Where_a_side_is_not_there_no_logarithm_is_given()
    {
        var none = People.Report(People.MadeUp("reads", "848:5000", "g__Unheard:1000"), "amplicon-16s").Indices[2];
        Assert.Equal((null, "not-assessable", "denominator-zero"), (none.Value, none.Status, none.Reason));
        none = People.Report(People.MadeUp("reads", "816:5000", "g__Unheard:1000"), "amplicon-16s").Indices[2];
        Assert.Equal((null, "not-detected", null), (none.Value, none.Status, none.Reason));
    }

    [Theory]
    [InlineData("amplicon-16s", "gmwi2 gmhi")]
    [InlineData("amplicon-16s-greengenes", "gmwi2 gmhi")]
    [InlineData("shotgun-kraken2", "gmwi2 gmhi md-index microbiomehd")]
    [InlineData("shotgun-bracken", "gmwi2 gmhi md-index microbiomehd")]
    [InlineData("shotgun-metaphlan2", "gmwi2 gmhi microbiomehd")]
    [InlineData("shotgun-metaphlan3", "gmwi2 gmhi md-index microbiomehd")]
    [InlineData("shotgun-metaphlan4", "gmwi2 gmhi md-index microbiomehd")]
    public void An_index_is_refused_on_any_other_profiler(string assay, string refused)
    {
        // A table that names the assay but is not of the profiler is refused as well.
        var indices = People.Report(People.MadeUp("reads", "853:600000", "848:1000"), assay).Indices;
        Assert.Equal(["gmwi2", "gmhi", "md-index", "microbiomehd"], indices.Select(i => i.Id));
        Assert.Equal(refused, string.Join(' ', indices.Where(i => i is { Value: null, Status: "not-assessable", Reason: "profiler-mismatch" }).Select(i => i.Id)));
        Assert.All(indices, i => Assert.True(i.Text.En.Contains("not a diagnosis", StringComparison.Ordinal) && i.Text.Nl.Contains("geen diagnose", StringComparison.Ordinal) && i.Citations.Length == 1));
    }

    [Theory]
    [InlineData("as it is", true)]
    [InlineData("another database", false)]
    [InlineData("no unknown estimation", false)]
    [InlineData("species only", false)]
    [InlineData("another assay", false)]
    public void Gmwi2_stands_on_one_database_with_unknown_estimation_and_all_ranks(string what, bool given)
    {
        var text = Header3 + string.Join('\n', Ilealis.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.EndsWith('\t') ? l + "50" : l)) + "\n";
        text = what switch
        {
            "another database" => text.Replace("mpa_v30_CHOCOPhlAn_201901", "mpa_v31_CHOCOPhlAn_201901", StringComparison.Ordinal),
            "no unknown estimation" => text.Replace("UNKNOWN\t-1\t50\n", "", StringComparison.Ordinal).Replace("\t50", "\t100", StringComparison.Ordinal),
            "species only" => string.Join('\n', text.Split('\n').Where(l => l.StartsWith('#') || l.StartsWith("UNKNOWN", StringComparison.Ordinal) || l.Contains("s__", StringComparison.Ordinal))),
            _ => text,
        };
        var index = Reported(People.Read(text), what == "another assay" ? "shotgun-metaphlan4" : "shotgun-metaphlan3", "gmwi2");
        if (given) Assert.Equal((0.3834966475883293, "no-matching-cohort"), (index.Value!.Value, index.Reason));
        else Assert.Equal((null, "profiler-mismatch"), (index.Value, index.Reason));
    }

    [Theory]
    [InlineData(1e-5, false)]
    [InlineData(1.0001e-5, true)]
    public void Gmwi2_counts_what_is_more_than_a_hundred_thousandth_of_what_is_known(double share, bool present)
    {
        var profile = People.Read(Header3 + string.Join('\n', Ilealis.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.EndsWith('\t') ? l + (share * 50).ToString("R", CultureInfo.InvariantCulture) : l)) + "\n");
        Assert.Equal(present ? 0.3834966475883293 : 0, IndexFormulas.Gmwi2(Index("gmwi2"), profile));
    }

    [Theory]
    [InlineData("as it is", 0.3834966475883293)]
    [InlineData("a row is missing above it", 0.3834966475883293)]
    [InlineData("it stands below another genus", 0)]
    public void Gmwi2_goes_by_the_lineage_with_or_without_gaps(string what, double expected)
    {
        var lines = Ilealis.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.EndsWith('\t') ? l + "50" : l);
        if (what == "a row is missing above it") lines = lines.Where(l => !l.Contains("g__Romboutsia\t", StringComparison.Ordinal));
        if (what == "it stands below another genus") lines = lines.Select(l => l.Replace("g__Romboutsia", "g__Other", StringComparison.Ordinal));
        Assert.Equal(expected, IndexFormulas.Gmwi2(Index("gmwi2"), People.Read(Header3 + string.Join('\n', lines) + "\n")));
    }

    [Fact]
    public void Gmhi_by_hand_is_of_names_of_metaphlan_2()
    {
        const string Table = "#SampleID\tMetaphlan2_Analysis\nk__Bacteria\t90\nk__Viruses\t10\nk__Viruses|s__Some_virus\t10\nk__Bacteria|s__Bifidobacterium_adolescentis\t40\n"
            + "k__Bacteria|s__Klebsiella_pneumoniae\t20\nk__Bacteria|s__Streptococcus_mitis_oralis_pneumoniae\t0.0007\nk__Bacteria|s__Other_species\t19.9993\nk__Bacteria|s__Other_unclassified\t10\n";
        // A fifth is left out: shares of a half, a quarter, and one below the threshold.
        var expected = Math.Log10((-0.5 * Math.Log(0.5) / 7 + 1e-5) / (-0.25 * Math.Log(0.25) / 31 + 1e-5));
        var index = Reported(People.Read(Table), "shotgun-metaphlan2", "gmhi");
        Assert.Equal(expected, index.Value!.Value, 1e-14);
        Assert.Equal(("within", -2.7407, 1.4556, 3.9714), (index.Status, index.Reference!.P5!.Value, index.Reference.P50!.Value, index.Reference.P95!.Value));
        // Between the published 25th percentile and the median.
        Assert.Equal(Math.Round(25 + 25 * (expected - 0.032838) / (1.4556 - 0.032838), 1), index.Reference.Percentile);
        // A table of a later version that says nothing of its version shows by its names.
        Assert.Equal("profiler-mismatch", Reported(People.Read(Table.Replace("Other_species", "Roseburia_sp_CAG_182", StringComparison.Ordinal)), "shotgun-metaphlan2", "gmhi").Reason);
    }

    [Theory]
    [InlineData("Klebsiella_pneumoniae", "Other_species", "low", 4.1)]
    [InlineData("Bifidobacterium_adolescentis", "Other_species", "within", 91.1)]
    [InlineData("Bifidobacterium_adolescentis", "Bifidobacterium_angulatum", "high", 97.5)]
    public void A_value_stands_among_the_published_quantiles_or_at_the_outermost(string species, string other, string status, double percentile)
    {
        var index = Reported(People.Read($"#SampleID\tMetaphlan2_Analysis\nk__Bacteria\t100\nk__Bacteria|s__{species}\t40\nk__Bacteria|s__{other}\t60\n"), "shotgun-metaphlan2", "gmhi");
        // By hand: -log10 (0.4 ln 2.5 / 31 / 1e-5) = -3.07, between p2.5 and p5; log10 (0.4 ln 2.5 / 7 / 1e-5) = 3.72, between p90 and p95; log10 (2/7 0.673 / 1e-5) = 4.28, above p97.5.
        Assert.Equal((status, percentile), (index.Status, index.Reference!.Percentile!.Value), (x, y) => x.Item1 == y.Item1 && Math.Abs(x.Item2 - y.Item2) < 0.051);
    }

    [Fact]
    public void Too_few_reads_or_too_little_assigned_give_none()
    {
        Assert.Equal("too-few-reads", People.Report(People.MadeUp("reads", "848:500", "816:1000"), "amplicon-16s").Indices[2].Reason);
        Assert.Equal("too-little-assigned", People.Report(People.MadeUp("reads", "848:1000", "816:2000", "k__Bacteria;p__Firmicutes;c__Clostridia:4000"), "amplicon-16s").Indices[3].Reason);
        var shallow = People.Read("#SampleID\tMetaphlan2_Analysis\nk__Bacteria\t100\nk__Bacteria|s__Klebsiella_pneumoniae\t100\n") with { TotalReads = 99_999 };
        Assert.Equal("too-few-reads", Reported(shallow, "shotgun-metaphlan2", "gmhi").Reason);
    }

    private static ReportIndex Reported(TaxonomicProfile profile, string assay, string id) => People.Report(profile, assay).Indices.Single(i => i.Id == id);

    private static string Fixture(string file)
    {
        var path = SharedScience.Find("data/fixtures/" + file);
        Assert.SkipWhen(path is null, $"shared/data/science/data/fixtures/{file} is not beside this checkout");
        return path;
    }
}
