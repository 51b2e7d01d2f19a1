using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>Limits are those of <c>cohorts/western-shotgun@1.tsv</c>, read off its rows; the rest is worked out by hand.</summary>
public sealed class FindingExplanationTests
{
    [Fact]
    public void An_explanation_names_rule_limit_floor_value_and_cohort()
    {
        var explanation = Explain(Samples.Build(), "klebsiella-high");
        Assert.Equal(("klebsiella-high", "gut-core@1#klebsiella-high", "taxon", "klebsiella", "high"),
            (explanation.Finding, explanation.Rule, explanation.Kind, explanation.Subject, explanation.Direction));
        Assert.Equal((97.5, 0.00249208, 0.001, 0.25), (explanation.Threshold!.Percentile, explanation.Threshold.Value, explanation.Floor, explanation.Observed));
        Assert.Equal(("western-shotgun@1", 339, "10.1371/journal.pcbi.1004977", "same-method"),
            (explanation.Cohort.Ref, explanation.Cohort.N, explanation.Cohort.Doi, explanation.CohortMatch));
        Assert.Equal("gezonde westerse volwassenen, gemeten met shotgun-sequencing en MetaPhlAn 2", explanation.Cohort.Population.Nl);
        // Nine of the 339.
        Assert.Equal((100, Math.Round(9 / 339.0, 7), (double?)null), (explanation.Percentile, explanation.BaseRate, explanation.CountingStability));
        Assert.Equal("Klebsiella", Assert.Single(explanation.Contributions).Name);
        Assert.Equal(("moderate", "moderate"), (explanation.Evidence, explanation.Severity));
        Assert.Contains("doi:10.1126/science.aan4526", explanation.Citations);
        Assert.Contains("25 %", explanation.Text.En, StringComparison.Ordinal);
    }

    [Theory]
    // 0.25 / 0.00249208 = 100.3
    [InlineData("klebsiella-high", "distance high", "rule-limits moderate")]
    // (0.25 + 0.05) / 0.188683 = 1.59
    [InlineData("pro-inflammatory-overgrowth", "distance low")]
    // 0.0113147 / 0.0050001 = 2.26
    [InlineData("scfa-producers-depleted", "distance moderate")]
    // Not found, nor in 12.4 % of the cohort.
    [InlineData("bifidobacterium-low", "distance high", "rule-limits low", "common-in-cohort info")]
    [InlineData("lactobacillus-low", "distance high", "rule-limits info")]
    // 0.005 against a floor of 0.001; the cohort's limit is 0.
    [InlineData("candida-high", "distance high", "rule-limits moderate", "evidence-limits low")]
    [InlineData("over-represented-taxa", "information-only info")]
    [InlineData("absent-taxa", "information-only info")]
    public void Each_step_leads_to_the_severity(string code, params string[] steps)
    {
        var explanation = Explain(Samples.Build(), code);
        Assert.Equal(steps, explanation.SeverityBecause.Select(s => $"{s.Code} {s.Severity}"));
        Assert.Equal(explanation.Severity, explanation.SeverityBecause[^1].Severity);
        Assert.All(explanation.SeverityBecause, s => Assert.NotEqual(s.Text.En, s.Text.Nl));
    }

    [Fact]
    public void A_rule_that_nobody_counted_in_the_cohort_is_low_at_most()
    {
        var input = People.Input(People.MadeUp("percent", "820:75", "573:25"), "shotgun-metaphlan2");
        var own = input with { Panel = Panel.Default with { Id = "own" } };
        var finding = ReportBuilder.Build(own).Find("klebsiella-high")!;
        Assert.Equal(("low", (double?)null), (finding.Severity, finding.BaseRate));
        Assert.Equal(["distance high", "rule-limits moderate", "base-rate-unknown low"],
            FindingExplanation.Of(finding, "same-method", own.Panel, own.Cohort!).SeverityBecause.Select(s => $"{s.Code} {s.Severity}"));
    }

    [Theory]
    [InlineData("klebsiella-high", "The value is 100 times the limit of the cohort", "De waarde is 100 keer de grens van de referentiegroep")]
    [InlineData("pro-inflammatory-overgrowth", "The value is 1.59 times the limit of the cohort", "De waarde is 1,59 keer de grens van de referentiegroep")]
    [InlineData("scfa-producers-depleted", "The limit of the cohort is 2.26 times the value", "De grens van de referentiegroep is 2,26 keer de waarde")]
    [InlineData("candida-high", "The value is 5 times the floor of the rule", "De waarde is 5 keer de ondergrens van de regel")]
    [InlineData("lactobacillus-low", "Nothing of it was found.", "Er is niets van gevonden.")]
    public void The_distance_is_told_in_words(string code, string en, string nl)
    {
        var said = Explain(Samples.Build(), code).SeverityBecause[0].Text;
        Assert.StartsWith(en, said.En, StringComparison.Ordinal);
        Assert.StartsWith(nl, said.Nl, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_profiler_and_uncertain_counting_lower_the_severity()
    {
        var report = Samples.Build("""{ "unit": "reads", "taxa": [ { "taxid": 573, "value": 50000 }, { "taxid": 820, "value": 60000 } ] }""", assay: "shotgun-kraken2");
        var explanation = Explain(report, "klebsiella-high");
        Assert.Equal(["distance high", "rule-limits moderate", "cohort-other-method low"], explanation.SeverityBecause.Select(s => $"{s.Code} {s.Severity}"));
        Assert.Equal(("same-platform", 1, (double?)null), (explanation.CohortMatch, explanation.CountingStability, explanation.BaseRate));
        Assert.Equal(["cohort-other-method"], explanation.Caveats);
        var uncertain = Samples.Build().Findings.Single(f => f.Code == "klebsiella-high") with { CountingStability = 0.94, Severity = "low" };
        Assert.Equal(["distance high", "rule-limits moderate", "counting-uncertain low"],
            FindingExplanation.Of(uncertain, "same-method", Panel.Default, Samples.Western).SeverityBecause.Select(s => $"{s.Code} {s.Severity}"));
    }

    [Fact]
    public void A_list_of_genera_has_a_limit_for_each_and_absent_ones_have_none()
    {
        var report = Samples.Build();
        var (over, absent, depleted) = (Explain(report, "over-represented-taxa"), Explain(report, "absent-taxa"), Explain(report, "scfa-producers-depleted"));
        Assert.Equal((new FindingThreshold(97.5, null), 0.001, (double?)null), (over.Threshold!, over.Floor, over.Observed));
        Assert.Equal("Klebsiella", over.Contributions[0].Name);
        Assert.Null(absent.Threshold);
        Assert.Equal((new FindingThreshold(2.5, 0.0113147), (double?)null), (depleted.Threshold!, depleted.Floor));
    }

    [Fact]
    public void A_severity_that_these_rules_do_not_give_is_not_explained_away()
    {
        var finding = Samples.Build().Findings.Single(f => f.Code == "klebsiella-high") with { Severity = "high" };
        Assert.Empty(FindingExplanation.Of(finding, "same-method", Panel.Default, Samples.Western).SeverityBecause);
    }

    [Fact]
    public void Another_panel_than_the_reports_is_refused()
    {
        var finding = Samples.Build().Findings.Single(f => f.Code == "klebsiella-high");
        Assert.Throws<ArgumentException>(() => FindingExplanation.Of(finding, "same-method", Panel.Default with { Rules = [] }, Samples.Western));
    }

    [Fact]
    public void A_stored_document_reads_back_as_the_content_that_its_digest_is_of()
    {
        foreach (var panel in Panel.Shipped)
        {
            var content = Samples.Build(context: new() { Symptoms = ["back-pain"] }, panel: panel.Ref);
            var read = ReportDocument.Read(Samples.Document(content));
            Assert.Equal(content.Digest, read.Digest);
            Assert.Equal(Samples.Document(content), Samples.Document(read));
        }
    }

    /// <summary>From the stored document, as the service does.</summary>
    private static FindingExplanation Explain(ReportContent content, string code)
    {
        var stored = ReportDocument.Read(Samples.Document(content));
        return FindingExplanation.Of(stored.Findings.Single(f => f.Code == code), stored.Method.CohortMatch, Panel.Find(stored.Method.Panel)!, Samples.Western);
    }
}
