using Xunit;

namespace Lab.Microbiome.Tests.Reports;

public sealed class NamedPeopleTests
{
    [Fact]
    public void A_person_with_Crohn_full_of_Klebsiella_is_told_so()
    {
        var report = People.Report("V1_CD10_0");
        // 27.15 % Klebsiella pneumoniae, 0.24 % butyrate producers.
        Assert.Equal(("high", "moderate"), (report.Find("klebsiella-high")!.Direction, report.Find("klebsiella-high")!.Severity));
        Assert.Equal(("low", "moderate"), (report.Find("scfa-producers-depleted")!.Direction, report.Find("scfa-producers-depleted")!.Severity));
        Assert.NotEqual("info", report.Find("pro-inflammatory-overgrowth")!.Severity);
        Assert.Equal("western-shotgun@1", report.Cohort);
    }

    [Fact]
    public void The_numbers_of_one_person_are_those_of_a_calculation_by_hand()
    {
        var report = People.Report("V1_CD10_0");

        // Independently, in Python from disease_samples_species_long.tsv.gz and the lineages; p is the percentage of a species, all 110 of them
        // are Bacteria, Archaea or Fungi and add up to 99.91214.
        // Firmicutes 53.37793, Bacteroidetes 3.08517: F/B = 53.37793 / 3.08517, log2 of it 4.112821.
        var ratio = report.Ratios.Single(r => r.Id == "firmicutes-bacteroidetes");
        Assert.Equal(53.37793 / 3.08517, ratio.Value!.Value, 9);
        Assert.Equal(4.112821, ratio.Log2!.Value, 6);
        Assert.Equal(53.37793 / 99.91214, ratio.Numerator, 9);

        // E. rectale 0.11214, Subdoligranulum 0.07797, E. hallii 0.02695, F. prausnitzii 0.01979, Roseburia 0.00401, Coprococcus comes 0.0026.
        var guild = report.Guilds.Single(g => g.Id == "butyrate-producers");
        Assert.Equal((0.11214 + 0.07797 + 0.02695 + 0.01979 + 0.00401 + 0.0026) / 99.91214, guild.Fraction!.Value, 9);
        Assert.Equal(["Agathobacter rectalis", "Subdoligranulum", "Anaerobutyricum hallii", "Faecalibacterium", "Roseburia", "Coprococcus"],
            guild.Contributions.Select(c => c.Name));

        // -sum q ln q with q = p / 99.91214.
        Assert.Equal(2.6606668375, report.Diversity.Single(m => m.Metric == "shannon").Value!.Value, 9);
        Assert.Equal(110, report.Diversity.Single(m => m.Metric == "observed").Value);
    }

    [Fact]
    public void A_person_with_a_third_of_E_coli_is_told_so()
    {
        var finding = People.Report("V1_CD41_0").Find("escherichia-coli-high")!;
        // 30.7399 of 99.99669 %.
        Assert.Equal(0.307399 / 0.9999669, finding.Value!.Value, 9);
        Assert.Equal("moderate", finding.Severity);
        Assert.Equal([(562L, "Escherichia coli", 1.0)], finding.Contributions.Select(c => (c.Taxid!.Value, c.Name, c.Share)));
    }

    [Fact]
    public void A_healthy_person_is_not_alarmed() => Assert.DoesNotContain(People.Report("MH0067").Findings, f => f.Severity != "info");

    [Fact]
    public void Candida_is_meant_in_the_wide_sense_and_Candidatus_never()
    {
        // Candida glabrata, today Nakaseomyces, 0.26704 %, and Candida tropicalis 0.01261 % of 99.95934.
        var finding = People.Report("CCIS72607085ST-4-0").Find("candida-high")!;
        Assert.Equal((0.26704 + 0.01261) / 99.95934, finding.Value!.Value, 9);
        Assert.Equal("Nakaseomyces glabratus", finding.Contributions[0].Name);
        // Candidatus Zinderia insecticola, a bacterium.
        var other = People.Report("MH0034");
        Assert.Null(other.Find("candida-high"));
        Assert.Equal(0, other.Guilds.Single(g => g.Id == "fungi").Fraction);
    }

    [Theory]
    [InlineData("kraken2_report_6col", "shotgun-kraken2")]
    [InlineData("bracken_tsv", "shotgun-bracken")]
    public void Noise_of_short_sequences_is_no_finding_of_Clostridia(string folder, string assay)
    {
        Profiles.SharedFixtures.Require();
        var files = Profiles.SharedFixtures.Table("EXPECTED.tsv").Select(r => r[0]).Where(f => f.StartsWith($"{folder}/SRR8146", StringComparison.Ordinal)).ToArray();
        Assert.Equal(4, files.Length);
        foreach (var file in files) Assert.Null(People.Report(Profiles.SharedFixtures.Read(file).Profile!, assay).Find("clostridia-pathobionts-high"));
    }
}
