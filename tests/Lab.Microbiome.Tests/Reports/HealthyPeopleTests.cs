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
        foreach (var rule in Panel.Default.Rules.Where(r => r.Kind != "genera"))
        {
            var findings = Reports.Value.Select(r => r.Find(rule.Code)).OfType<Finding>().ToArray();
            if (findings.Length == 0) continue;
            Assert.Single(findings.Select(f => f.BaseRate).Distinct());
            // Below p2.5 of 339 are nine people, 2.65 %. Of those who lack a taxon, a few profiles are too shallow to say so: stated, but not counted.
            Assert.InRange(findings[0].BaseRate!.Value, findings.Length / 339.0 - 0.004, findings.Length / 339.0 + 0.015);
        }
    }

    [Fact]
    public void Absence_of_Bifidobacterium_which_an_eighth_of_the_healthy_share_informs_and_does_not_warn()
    {
        var entry = ReferenceCohort.Find("western-shotgun")!.Find("sum", "bifidobacterium")!;
        Assert.Equal(0, entry.Distribution.At(0.025));
        var findings = Reports.Value.Select(r => r.Find("bifidobacterium-low")).OfType<Finding>().ToArray();
        // In the raw table 43 of the 339 have none of it (12.7 %).
        Assert.Equal(43 / 339.0, findings[0].BaseRate!.Value, 5);
        Assert.All(findings, f => Assert.Equal("info", f.Severity));
        Assert.NotEmpty(findings);
    }

    [Fact]
    public void Everybody_has_species_outside_the_range_and_few_hear_more_than_that()
    {
        // Every one of the 339 has a species above the cohort's own p97.5 or below p5: a status, not a finding.
        Assert.All(Reports.Value, r => Assert.Contains(r.Composition.Species, s => s.Status is "high" or "low" or "absent"));
        Assert.InRange(Reports.Value.Count(r => r.Findings.Any(f => f.Severity != "info")) / 339.0, 0, 0.12);
    }
}
