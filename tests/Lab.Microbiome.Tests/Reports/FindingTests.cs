using System.Globalization;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>Findings of made-up people: a median person of the cohort, with one thing changed.</summary>
public sealed class FindingTests
{
    private const string Shotgun = "shotgun-metaphlan2";

    /// <summary>Every species that at least half of the cohort has, each at its median.</summary>
    private static IEnumerable<(long Taxid, double Fraction)> Median(string cohort = "western-shotgun") =>
        ReferenceCohort.Find(cohort)!.Entries.Where(e => e is { Kind: "taxon", Rank: TaxonomicRank.Species, Id.Length: > 0 } && e.Distribution.At(0.5) > 0)
            .Select(e => (long.Parse(e.Id, CultureInfo.InvariantCulture), e.Distribution.At(0.5)));

    private static string[] Text(IEnumerable<(long Taxid, double Fraction)> taxa) =>
        [.. taxa.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Taxid}:{t.Fraction:0.#########}"))];

    /// <summary>The median person, of whom a fraction of everything is a taxon instead (<c>573:0.05</c>).</summary>
    private static ReportContent With(string? extra = null)
    {
        var share = extra is null ? 0 : double.Parse(extra[(extra.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
        var others = Median().Where(t => extra?.StartsWith($"{t.Taxid}:", StringComparison.Ordinal) != true).ToArray();
        var rest = others.Select(t => (t.Taxid, t.Fraction / others.Sum(o => o.Fraction) * (1 - share)));
        return People.Report(People.MadeUp("fraction", extra is null ? Text(rest) : [.. Text(rest), extra]), Shotgun);
    }

    private static ReportContent Without(Func<long, bool> left, double kept = 0) =>
        People.Report(People.MadeUp("fraction", Text(Median().Select(t => (t.Taxid, left(t.Taxid) ? t.Fraction * kept : t.Fraction)).Where(t => t.Item2 > 0))), Shotgun);

    private static bool IsBelow(long taxid, params long[] ancestors) => TaxonomyRelease.Shipped.Lineage(taxid).Any(t => ancestors.Contains(t.Taxid));

    [Fact]
    public void A_person_like_the_cohort_hears_of_nothing_above_info() => Assert.DoesNotContain(With().Findings, f => f.Severity != "info");

    [Theory]
    [InlineData("klebsiella-high", "573:0.05")]
    [InlineData("escherichia-coli-high", "562:0.2")]
    [InlineData("pro-inflammatory-overgrowth", "562:0.3")]
    [InlineData("clostridia-pathobionts-high", "208479:0.05")]
    [InlineData("candida-high", "5476:0.01")]
    [InlineData("low-diversity", "820:0.8")]
    [InlineData("firmicutes-bacteroidetes-outside", "820:0.99")]
    [InlineData("over-represented-taxa", "573:0.05")]
    public void Too_much_of_one_thing_is_found(string code, string taxon) => Assert.NotNull(With(taxon).Find(code));

    [Fact]
    public void Too_little_is_found()
    {
        // Lachnospiraceae, Oscillospiraceae and Odoribacter hold nearly all butyrate producers.
        Assert.Equal("low", Without(t => IsBelow(t, 186803, 216572, 283168), 0.001).Find("scfa-producers-depleted")!.Direction);
        Assert.Equal("low", Without(t => IsBelow(t, 1678)).Find("bifidobacterium-low")!.Direction);
        Assert.Equal("low", With().Find("lactobacillus-low")!.Direction);
        // Genera of which hardly anybody has none: Bacteroides, Faecalibacterium.
        Assert.Contains(Without(t => IsBelow(t, 816), 0.00001).Find("under-represented-taxa")!.Contributions, c => c.Taxid == 816);
        Assert.Contains(Without(t => IsBelow(t, 816)).Find("absent-taxa")!.Contributions, c => c.Taxid == 816);
    }

    [Fact]
    public void Reads_without_any_of_it_share_that_with_everybody_who_has_none()
    {
        // In benelux-16s seven of ten have no Lactobacillaceae, and 32 of 205 no Bifidobacterium; the cohort's fractions rule out a carrier in few of them.
        var profile = People.MadeUp("reads", "853:9000", "816:9000", "841:5000", "189330:3000", "572511:9000", "1263:5000");
        var report = People.Report(profile, "amplicon-16s");
        Assert.Equal((0.707317, "info"), (Math.Round(report.Find("lactobacillus-low")!.BaseRate!.Value, 6), report.Find("lactobacillus-low")!.Severity));
        Assert.Equal((Math.Round(32 / 205.0, 6), "info"), (Math.Round(report.Find("bifidobacterium-low")!.BaseRate!.Value, 6), report.Find("bifidobacterium-low")!.Severity));
    }

    [Fact]
    public void The_floor_holds_back_what_is_rare_in_everybody()
    {
        // p97.5 of Candida is 0, the floor one in a thousand.
        Assert.Equal(0, ReferenceCohort.Find("western-shotgun")!.Find("sum", "candida")!.Distribution.At(0.975));
        Assert.Null(With("5476:0.0009").Find("candida-high"));
        Assert.NotNull(With("5476:0.0011").Find("candida-high"));
    }

    [Fact]
    public void Pathogens_that_need_culture_are_a_notice_and_never_a_finding()
    {
        // C. difficile, Shigella, Salmonella, Campylobacter: 5 % each.
        foreach (var (name, taxa) in new[] { ("Clostridioides difficile", "1496:0.05"), ("Shigella", "d__Bacteria;p__Proteobacteria;f__Enterobacteriaceae;g__Shigella:0.05"),
            ("Salmonella", "d__Bacteria;p__Proteobacteria;f__Enterobacteriaceae;g__Salmonella:0.05"), ("Campylobacter", "194:0.05") })
        {
            var report = With(taxa);
            Assert.Contains(name, report.Notices.Single(n => n.Code == "confirm-by-culture-or-pcr").Text.En, StringComparison.Ordinal);
            Assert.DoesNotContain(report.Findings.Where(f => f.Code is not "pro-inflammatory-overgrowth").SelectMany(f => f.Contributions),
                c => name.StartsWith(c.Name, StringComparison.Ordinal));
        }
        Assert.DoesNotContain(With("1496:0.0005").Notices, n => n.Code == "confirm-by-culture-or-pcr");
    }

    [Fact]
    public void Fungi_are_not_assessable_where_the_assay_sees_none()
    {
        var profile = People.MadeUp("reads", "853:900000", "5476:100000");
        var kraken = People.Report(profile, "shotgun-kraken2");
        var guild = kraken.Guilds.Single(g => g.Id == "fungi");
        Assert.Equal((null, "not-assessable", "kingdom-not-assayed"), (guild.Fraction, guild.Status, guild.Reason));
        Assert.Null(kraken.Find("candida-high"));
        Assert.Equal("low", People.Report(profile, "shotgun-metaphlan4").Find("candida-high")!.Severity);
    }

    [Fact]
    public void Another_profiler_says_nothing_of_absence()
    {
        // No butyrate producer, no Bifidobacterium, no methanogen in a million reads.
        var report = People.Report(People.MadeUp("reads", "816:700000", "562:300000"), "shotgun-kraken2");
        Assert.Equal("same-platform", report.Method.CohortMatch);
        foreach (var guild in report.Guilds.Where(g => g.Fraction == 0)) Assert.Equal("not-detected", guild.Status);
        Assert.Null(report.Find("absent-taxa"));
        Assert.Null(report.Find("bifidobacterium-low"));
    }

    [Fact]
    public void By_the_same_method_a_deep_zero_is_absent_and_a_shallow_one_not_detected()
    {
        var taxa = new[] { "816:70000", "562:30000" };
        Assert.Equal("absent", People.Report(People.MadeUp("reads", taxa), "amplicon-16s").Guilds.Single(g => g.Id == "butyrate-producers").Status);
        var shallow = new[] { "816:700", "562:300" };
        Assert.Equal("not-detected", People.Report(People.MadeUp("reads", shallow), "amplicon-16s").Guilds.Single(g => g.Id == "methanogens").Status);
    }

    [Fact]
    public void Nothing_is_low_or_absent_only_because_it_is_not_known_down_to_the_genus()
    {
        // Four fifths are known to the phylum only.
        var report = People.Report(People.MadeUp("reads", "d__Bacteria;p__Firmicutes:400000", "d__Bacteria;p__Bacteroidota:400000", "816:200000"), "amplicon-16s");
        Assert.DoesNotContain(report.Findings, f => f.Direction is "low" or "absent" && f.Subject.Kind is "guild" or "taxon" or "genera");
        Assert.Equal("not-detected", report.Guilds.Single(g => g.Id == "butyrate-producers").Status);
        Assert.All(report.Diversity.Where(m => m.Metric == "shannon"), m => Assert.Equal((null, "too-little-assigned"), (m.Value, m.Reason)));
    }

    [Fact]
    public void E_coli_is_read_from_its_genus_on_16S_and_from_the_family_where_there_is_no_genus()
    {
        const string Enterobacteriaceae = "d__Bacteria;p__Proteobacteria;c__Gammaproteobacteria;o__Enterobacterales;f__Enterobacteriaceae";
        string[] rest = ["853:5000", "816:5000", "1678:2000"];
        ReportContent Of(params string[] taxa) => People.Report(People.MadeUp("reads", [.. rest, .. taxa]), "amplicon-16s");
        Assert.Equal(0.4, Of($"{Enterobacteriaceae};g__Escherichia-Shigella:8000").Find("escherichia-coli-high")!.Value!.Value, 9);
        Assert.Equal(0.4, Of($"{Enterobacteriaceae}:8000").Find("escherichia-coli-high")!.Value!.Value, 9);
        // The classifier gives genera, and it is another one.
        var klebsiella = Of($"{Enterobacteriaceae};g__Klebsiella:8000");
        Assert.Null(klebsiella.Find("escherichia-coli-high"));
        Assert.NotNull(klebsiella.Find("klebsiella-high"));
    }

    [Fact]
    public void Certainty_counts_reads_against_the_threshold_that_decides()
    {
        // Candida: p97.5 is 0, so the floor of 0.1 % decides. 102 of 100,000 reads are barely above it: the integral of the
        // density of Beta(102.5, 99898.5) from 0.001 upwards, by Simpson in Python, is 0.58552.
        var finding = People.Report(People.MadeUp("reads", "853:99898", "5476:102"), Shotgun).Find("candida-high")!;
        Assert.Equal(0.58552, finding.CountingStability!.Value, 5);
        Assert.Equal("info", finding.Severity);
        Assert.Equal("low", People.Report(People.MadeUp("reads", "853:99850", "5476:150"), Shotgun).Find("candida-high")!.Severity);
    }

    [Fact]
    public void A_family_that_the_file_splits_under_former_names_is_one()
    {
        // NCBI has Ruminococcaceae in Oscillospiraceae; MetaPhlAn 2 writes both.
        const string Order = "k__Bacteria|p__Firmicutes|c__Clostridia|o__Clostridiales";
        var profile = People.Read($"#SampleID\tMetaphlan2_Analysis\nk__Bacteria\t100\nk__Bacteria|p__Firmicutes\t100\nk__Bacteria|p__Firmicutes|c__Clostridia\t100\n{Order}\t100\n"
            + $"{Order}|f__Oscillospiraceae\t1\n{Order}|f__Oscillospiraceae|g__Oscillibacter\t1\n{Order}|f__Oscillospiraceae|g__Oscillibacter|s__Oscillibacter_unclassified\t1\n"
            + $"{Order}|f__Ruminococcaceae\t99\n{Order}|f__Ruminococcaceae|g__Faecalibacterium\t99\n"
            + $"{Order}|f__Ruminococcaceae|g__Faecalibacterium|s__Faecalibacterium_prausnitzii\t99\n");
        var family = Assert.Single(People.Report(profile, Shotgun).Composition.Family, f => f.Taxid == 216572);
        Assert.Equal((1.0, "high"), (Math.Round(family.Fraction, 9), family.Status));
    }

    [Fact]
    public void A_ratio_with_a_side_below_detection_is_undefined_and_a_share_is_not()
    {
        var report = People.Report(People.MadeUp("reads", "816:100000", "853:100000"), "shotgun-kraken2");
        var prevotella = report.Ratios.Single(r => r.Id == "prevotella-bacteroides");
        Assert.Equal((null, null, "not-detected"), (prevotella.Value, prevotella.Log2, prevotella.Status));
        var none = People.Report(People.MadeUp("reads", "853:100000"), "shotgun-kraken2").Ratios.Single(r => r.Id == "firmicutes-bacteroidetes");
        Assert.Equal((null, null, "not-assessable", "denominator-zero"), (none.Value, none.Log2, none.Status, none.Reason));
        Assert.Equal(0, report.Ratios.Single(r => r.Id == "proteobacteria-share").Value);
        // delta method: sqrt(1/100000 + 1/100000) = 0.004472; exp(+-1.959964 x 0.004472).
        var ci = report.Ratios.Single(r => r.Id == "firmicutes-bacteroidetes").Ci95!.Value;
        Assert.Equal((0.991273, 1.008804), (Math.Round(ci[0], 6), Math.Round(ci[1], 6)));
    }

    [Fact]
    public void Where_nothing_is_classified_nothing_is_measured()
    {
        var report = People.Report(People.MadeUp("reads", "9606:1000000"), "shotgun-kraken2");
        Assert.Equal("fail", report.Quality.Status);
        Assert.Empty(report.Findings);
        Assert.All(report.Guilds.Where(g => g.Id != "fungi"), g => Assert.Equal((null, "denominator-zero"), (g.Fraction, g.Reason)));
        Assert.All(report.Ratios, r => Assert.Equal((null, "denominator-zero"), (r.Value, r.Reason)));
        Assert.All(report.Diversity, m => Assert.Null(m.Value));
    }

    [Fact]
    public void Metrics_that_need_counts_are_refused_on_fractions_and_estimates()
    {
        static string?[] Reasons(ReportContent report) =>
            [.. new[] { "chao1", "goods-coverage", "fisher-alpha" }.Select(m => report.Diversity.Single(d => d.Metric == m)).Select(d => d.Value is null ? d.Reason : "given")];
        Assert.All(Reasons(With()), r => Assert.Equal("requires-integer-counts", r));
        var bracken = People.Read("name\ttaxonomy_id\ttaxonomy_lvl\tkraken_assigned_reads\tadded_reads\tnew_est_reads\tfraction_total_reads\n"
            + "Faecalibacterium prausnitzii\t853\tS\t150000\t10\t150010\t1\n");
        Assert.All(Reasons(People.Report(bracken, "shotgun-bracken")), r => Assert.Equal("estimated-counts", r));
        var kraken = People.Report(People.MadeUp("reads", "853:100000", "820:50000"), "shotgun-kraken2").Diversity.Single(d => d.Metric == "chao1");
        Assert.Equal(2, kraken.Value);
        Assert.Equal(["singletons-are-classifier-noise"], kraken.Caveats!.Value);
    }
}
