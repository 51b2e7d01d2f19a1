using System.Globalization;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Taxonomy;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Cohorts;

/// <summary>The shipped cohorts against tables that were derived from the same people by other programs.</summary>
public sealed class ShippedCohortTests
{
    private static readonly double[] Published = [0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975];

    [Theory]
    [InlineData("western-shotgun", "western", 339)]
    [InlineData("chinese-shotgun", "east_asian", 267)]
    public void Clades_agree_with_the_table_of_percentiles(string id, string population, int n)
    {
        var cohort = ReferenceCohort.Find(id)!;
        Assert.Equal(n, cohort.N);
        var joined = new[] { TaxonomicRank.Phylum, TaxonomicRank.Family, TaxonomicRank.Genus, TaxonomicRank.Species }.ToDictionary(r => r, r => Joined(population, r));
        // The cohort is made of species; above a genus without species (Sutterellaceae_unclassified) the table has more.
        var without = People.Rows("data/healthy_reference_taxa.tsv").Where(r => r[1] == "genus" && r[3].EndsWith("_unclassified", StringComparison.Ordinal)).Select(r => r[3]).ToHashSet();
        var compared = 0;
        foreach (var row in People.Rows("data/healthy_reference_taxa.tsv").Where(r => r[0] == population && (r[1] is "phylum" or "family" or "genus" or "species")))
        {
            var rank = Enum.Parse<TaxonomicRank>(row[1], ignoreCase: true);
            if (without.Any(w => w.StartsWith(row[3], StringComparison.Ordinal))) continue;
            // Names that NCBI joins, moves or does not know are compared nowhere: what stays are taxa of one row of the table.
            if (TaxonomyRelease.Shipped.Names.Resolve(row[2].Replace('_', ' '), rank).Taxon is not { } taxon || taxon.Rank != rank) continue;
            if (joined[rank].Contains(taxon.Taxid) || cohort.Find(rank, taxon.Taxid) is not { } entry) continue;
            compared++;
            Near(Number(row[5]), entry.Prevalence, 1e-5, row[3]);
            // The table is of all that MetaPhlAn reports, viruses and genera without species included; ours of Bacteria, Archaea and Fungi by species.
            foreach (var (level, cell) in Published.Zip(row[8..17])) Near(Number(cell) / 100, entry.Distribution.At(level), 0.02, $"{row[3]} p{level * 100}", 0.0005);
        }
        Assert.True(compared > 250, $"{compared} clades");
    }

    [Theory]
    [InlineData("western-shotgun", "western")]
    [InlineData("chinese-shotgun", "east_asian")]
    public void Indices_agree_where_they_mean_the_same(string id, string population)
    {
        var cohort = ReferenceCohort.Find(id)!;
        var table = People.Rows("data/healthy_reference_indices.tsv").Where(r => r[0] == population).ToDictionary(r => r[1], r => r[6..15].Select(Number).ToArray());
        void Same(string name, CohortEntry entry, Func<double, double> unit)
        {
            foreach (var (level, expected) in Published.Zip(table[name])) Near(unit(expected), entry.Distribution.At(level), 0.01, $"{name} p{level * 100}", 0.0003);
        }

        Same("fb_ratio", cohort.Find("ratio", "firmicutes-bacteroidetes")!, v => v);
        Same("bifidobacterium", cohort.Find("sum", "bifidobacterium")!, v => v / 100);
        Same("enterobacteriaceae", cohort.Find(TaxonomicRank.Family, 543)!, v => v / 100);
        Same("faecalibacterium", cohort.Find(TaxonomicRank.Genus, 216851)!, v => v / 100);
        Same("akkermansia", cohort.Find(TaxonomicRank.Genus, 239934)!, v => v / 100);
    }

    [Fact]
    public void Diversity_counts_what_the_profiler_calls_unclassified_within_a_genus()
    {
        // The table of indices drops MetaPhlAn's "Genus_unclassified"; a report counts them, for they are a species' worth of reads. Independently, in
        // Python over all species of the 339: medians of -sum p ln p and of the number of species.
        var cohort = ReferenceCohort.Find("western-shotgun")!;
        Near(2.8660382, cohort.Find("metric", "shannon")!.Distribution.At(0.5), 1e-5, "shannon");
        Assert.Equal(87, cohort.Find("metric", "observed")!.Distribution.At(0.5));
    }

    [Fact]
    public void The_US_cohort_is_the_published_one_and_its_ratio_too()
    {
        var cohort = ReferenceCohort.Find("us-16s")!;
        var rows = People.Rows("data/yatsunenko2012_us_adults_16s_percentiles.tsv").ToArray();
        Assert.All(rows, r => Assert.Equal("129", r[2]));
        var ratio = cohort.Find("ratio", "firmicutes-bacteroidetes")!;
        foreach (var (level, cell) in Published.Zip(rows.Single(r => r[1] == "FB_RATIO")[5..14])) Near(Number(cell), ratio.Distribution.At(level), 1e-5, "F/B");
        foreach (var (taxid, name) in new[] { (1239L, "p__Firmicutes"), (976L, "p__Bacteroidetes"), (1224L, "p__Proteobacteria") })
        {
            var row = rows.Single(r => r[0] == "phylum" && r[1].EndsWith(name, StringComparison.Ordinal));
            foreach (var (level, cell) in Published.Zip(row[5..14])) Near(Number(cell) / 100, cohort.Find(TaxonomicRank.Phylum, taxid)!.Distribution.At(level), 1e-5, name);
        }
        Assert.DoesNotContain(cohort.Entries, e => e.Rank is TaxonomicRank.Genus or TaxonomicRank.Species);
        Assert.Equal("10.1038/nature11053", cohort.Doi);
    }

    [Fact]
    public void Genera_of_the_Benelux_controls_agree_with_the_table_of_their_species()
    {
        var cohort = ReferenceCohort.Find("benelux-16s")!;
        Assert.Equal(205, cohort.N);
        // Genera of which the classifier names one species only: the genus is that row.
        var rows = People.Rows("data/tito2024_ctl_16s_percentiles.tsv").ToArray();
        var alone = rows.Where(r => !r[0].StartsWith("uc_", StringComparison.Ordinal)).GroupBy(r => r[0].Split('_')[0]).Where(g => g.Count() == 1).ToDictionary(g => g.Key, g => g.Single());
        var compared = 0;
        foreach (var entry in cohort.Entries.Where(e => e is { Kind: "taxon", Rank: TaxonomicRank.Genus }))
        {
            if (!alone.TryGetValue(entry.Name, out var row)) continue;
            compared++;
            Near(Number(row[2]), entry.Prevalence, 1e-3, entry.Name, 1e-4);
            foreach (var (level, cell) in Published.Zip(row[4..13])) Near(Number(cell) / 100, entry.Distribution.At(level), 1e-3, $"{entry.Name} p{level * 100}", 1e-6);
        }
        Assert.True(compared > 60, $"{compared} genera");
    }

    [Fact]
    public void Nearly_every_read_of_the_Benelux_controls_reaches_a_phylum()
    {
        var cohort = ReferenceCohort.Find("benelux-16s")!;
        // Independently, in Python: each person's cells by phylum, where each name stands in SILVA 138 by the DADA2 tables of the fixtures or else at
        // NCBI; medians of Bacillota, Bacteroidota, and of their ratio.
        Near(0.697118, cohort.Find(TaxonomicRank.Phylum, 1239)!.Distribution.At(0.5), 1e-5, "Bacillota");
        Near(0.192719, cohort.Find(TaxonomicRank.Phylum, 976)!.Distribution.At(0.5), 1e-5, "Bacteroidota");
        Near(3.762822, cohort.Find("ratio", "firmicutes-bacteroidetes")!.Distribution.At(0.5), 1e-5, "F/B");
        // Agathobacter, which NCBI's gut does not know, is a Lachnospiraceae.
        Assert.Contains(cohort.Entries, e => e is { Kind: "taxon", Rank: TaxonomicRank.Genus, Name: "Agathobacter", Prevalence: > 0.9 });
        Assert.InRange(cohort.Find(TaxonomicRank.Family, 186803)!.Distribution.At(0.5), 0.2, 0.6);
    }

    [Fact]
    public void Every_cohort_is_whole()
    {
        foreach (var cohort in ReferenceCohort.Shipped)
        {
            Assert.True(cohort.N >= 120, cohort.Ref);
            Assert.All(new[] { cohort.Source, cohort.Doi, cohort.Licence, cohort.Note.En, cohort.Note.Nl, cohort.Population.En, cohort.Population.Nl }, t => Assert.NotEqual("", t));
            Assert.Matches("^[0-9a-f]{64}$", cohort.Digest);
            foreach (var entry in cohort.Entries)
            {
                var values = entry.Distribution.Values;
                Assert.True(values.Zip(values.Skip(1)).All(p => p.First <= p.Second), $"{cohort.Ref} {entry.Name} falls");
                Assert.InRange(entry.Prevalence, 0, 1);
                if (entry.Kind is "taxon" or "guild" or "sum") Assert.InRange(values[^1], 0, 1);
            }
        }
        foreach (var cohort in ReferenceCohort.Shipped.Where(c => c.Id != "us-16s"))
        {
            Assert.All(Panel.Default.Guilds, g => Assert.NotNull(cohort.Find("guild", g.Id)));
            Assert.All(Panel.Default.Ratios, r => Assert.NotNull(cohort.Find("ratio", r.Id)));
            Assert.All(Panel.Default.Rules.Where(r => r.Kind == "taxon"), r => Assert.NotNull(cohort.Find("sum", r.Subject)));
        }
    }

    // Taxids that several names of the table resolve to: ours is their sum.
    private static HashSet<long> Joined(string population, TaxonomicRank rank) =>
        [.. People.Rows("data/healthy_reference_taxa.tsv").Where(r => r[0] == population && string.Equals(r[1], rank.ToString(), StringComparison.OrdinalIgnoreCase))
            .Select(r => TaxonomyRelease.Shipped.Names.Resolve(r[2].Replace('_', ' '), rank).Taxon?.Taxid).OfType<long>().GroupBy(t => t).Where(g => g.Count() > 1).Select(g => g.Key)];

    private static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);

    private static void Near(double expected, double actual, double relative, string what, double absolute = 0) =>
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Abs(expected) + absolute, $"{what}: {actual} instead of {expected}");
}
