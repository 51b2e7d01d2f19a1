using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>How often the rules fire on the 339 healthy Western adults that the cohort is made of.</summary>
public sealed class HealthyPeopleTests
{
    private static readonly Lazy<ReportContent[]> Reports = new(() => [.. People.HealthyWestern().Select(People.Report)]);

    [Fact]
    public void No_rule_warns_more_than_a_tenth_of_the_healthy()
    {
        Assert.Equal(339, Reports.Value.Length);
        foreach (var rule in Panel.Default.Rules)
        {
            var warned = Reports.Value.Count(r => r.Find(rule.Code) is { } f && f.Severity != "info") / 339.0;
            Assert.True(warned <= 0.10, $"{rule.Code}: {warned:P1}");
        }
    }

    [Fact]
    public void The_stated_base_rate_is_the_counted_one()
    {
        foreach (var rule in Panel.Default.Rules)
        {
            var findings = Reports.Value.Select(r => r.Find(rule.Code)).OfType<Finding>().ToArray();
            Assert.Equal(findings.Length / 339.0, ReferenceCohort.Find("western-shotgun")!.RuleRates[$"gut-core@1#{rule.Code}"], 6);
            Assert.All(findings, f => Assert.Equal(findings.Length / 339.0, f.BaseRate!.Value, 6));
        }
    }

    [Fact]
    public void The_guided_panel_has_the_rates_of_its_base()
    {
        var input = People.Input(People.Person(People.HealthyWestern().First()), "shotgun-metaphlan2");
        var (core, guided) = (ReportBuilder.Build(input), ReportBuilder.Build(input with { Panel = Panel.Find("gut-core-guided")! }));
        Assert.NotEmpty(core.Findings);
        Assert.Equal(core.Findings.Select(f => (f.Code, f.BaseRate)), guided.Findings.Select(f => (f.Code, f.BaseRate)));
        Assert.All(ReportBuilder.Build(input with { Panel = Panel.Default with { Id = "own" } }).Findings, f => Assert.Null(f.BaseRate));
    }

    [Fact]
    public void Absence_of_Bifidobacterium_which_an_eighth_of_the_healthy_share_informs_and_does_not_warn()
    {
        var entry = ReferenceCohort.Find("western-shotgun")!.Find("sum", "bifidobacterium")!;
        Assert.Equal(0, entry.Distribution.At(0.025));
        var findings = Reports.Value.Select(r => r.Find("bifidobacterium-low")).OfType<Finding>().ToArray();
        // In the raw table 43 of the 339 have none of it (12.7 %); one of them reports nothing small enough to say so.
        Assert.InRange(findings.Length, 34, 43);
        Assert.All(findings, f => Assert.Equal("info", f.Severity));
    }

    [Fact]
    public void Everybody_has_species_outside_the_range_and_few_hear_more_than_that()
    {
        // Every one of the 339 has a species above the cohort's own p97.5 or below p5: a status, not a finding.
        Assert.All(Reports.Value, r => Assert.Contains(r.Composition.Species, s => s.Status is "high" or "low" or "absent"));
        Assert.InRange(Reports.Value.Count(r => r.Findings.Any(f => f.Severity != "info")) / 339.0, 0, 0.12);
    }
}
