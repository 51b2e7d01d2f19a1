using System.Text.Json;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Tests.Profiles;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>What holds of every report, whatever the file.</summary>
public sealed class ReportInvariantTests
{
    private static readonly string[] Folders =
        ["kraken2_report_6col", "kraken2_report_8col", "bracken_tsv", "bracken_kreport", "centrifuge_kreport", "metaphlan2_profile", "metaphlan3_profile",
            "metaphlan4_profile", "metaphlan4_gtdb", "kraken2_mpa", "motus2_profile", "motus3_profile", "motus3_clade_table", "sylphmpa", "kaiju_table", "cami_profile"];
    private static readonly string[] Statuses = ["within", "low", "high", "absent", "not-detected", "not-assessable"];
    private static readonly string[] Reasons = ["requires-integer-counts", "estimated-counts", "too-few-reads", "too-little-assigned", "no-matching-cohort",
        "kingdom-not-assayed", "denominator-zero", "profiler-mismatch"];
    private static readonly string[] Severities = ["info", "low", "moderate", "high"];
    private static readonly string[] Codes = ["low-diversity", "pro-inflammatory-overgrowth", "escherichia-coli-high", "klebsiella-high",
        "clostridia-pathobionts-high", "scfa-producers-depleted", "bifidobacterium-low", "lactobacillus-low", "candida-high", "firmicutes-bacteroidetes-outside",
        "over-represented-taxa", "under-represented-taxa", "absent-taxa"];

    [Fact]
    public void Every_accepted_file_gives_a_report_that_keeps_the_contract()
    {
        SharedFixtures.Require();
        var files = SharedFixtures.Table("EXPECTED.tsv").Where(r => Folders.Contains(r[0].Split('/')[0]) && r[2] == "accept" && r[3] == "one").Select(r => r[0]).ToArray();
        Assert.True(files.Length > 40, $"{files.Length} files");
        foreach (var file in files)
        {
            var profile = SharedFixtures.Read(file, allowIncomplete: true).Profile!;
            // As the assay of its format, and as any other: a lab may name the wrong one.
            foreach (var assay in Assay.Shipped.OrderByDescending(a => a.Formats.Contains(profile.Format)))
            {
                var input = People.Input(profile, assay.Id);
                Check($"{file} as {assay.Id}", input, ReportBuilder.Build(input));
            }
        }
    }

    [Fact]
    public void Odd_profiles_give_a_report_too()
    {
        string[][] profiles =
        [
            ["9606:1000"], ["9606:1000", "853:1"], ["853:1"], ["853:0", "816:5"], ["10239:5"], ["5476:200000"], ["g__Nonsense:100000"],
            ["p__Firmicutes:400000"], ["d__Bacteria:400000"], ["620:5000", "853:300000"], ["853:9007199254740000"],
        ];
        foreach (var taxa in profiles)
        {
            foreach (var assay in Assay.Shipped)
            {
                foreach (var cohort in ReferenceCohort.Shipped.Select(c => (string?)c.Ref).Append(null))
                {
                    var input = People.Input(People.MadeUp("reads", taxa), assay.Id, cohort);
                    Check($"{string.Join(' ', taxa)} as {assay.Id} with {cohort}", input, ReportBuilder.Build(input));
                }
            }
        }
    }

    private static void Check(string what, ReportInput input, ReportContent report)
    {
        void That(bool holds, string rule) => Assert.True(holds, $"{what}: {rule}");
        // NaN and infinity cannot be written, so the document itself proves that there are none.
        using var document = JsonDocument.Parse(ReportDocument.Write(new() { Id = Guid.Empty, Version = 1, Status = "final", IssuedAt = default }, report));
        Walk(document.RootElement, "", (name, value) =>
        {
            if (name == "status" && value.GetString() is { } status) That(Statuses.Concat(["pass", "warn", "fail", "final"]).Contains(status), $"status {status}");
            if (name == "reason" && value.ValueKind == JsonValueKind.String) That(Reasons.Contains(value.GetString()), $"reason {value}");
            if (name is "fraction" or "share" or "assignedFraction" or "unclassifiedFraction" or "hostFraction" or "viralFraction" or "countingStability" or "baseRate"
                && value.ValueKind == JsonValueKind.Number) That(value.GetDouble() is >= 0 and <= 1, $"{name} {value}");
            if (name == "percentile" && value.ValueKind == JsonValueKind.Number) That(value.GetDouble() is >= 0 and <= 100, $"percentile {value}");
        });

        foreach (var metric in report.Diversity) That((metric.Status == "not-assessable") == (metric.Reason is not null), $"{metric.Metric}: a reason exactly where nothing is said");
        That(report.Diversity.Select(m => m.Metric).SequenceEqual(Measures.Metrics), "nine metrics");
        foreach (var rank in new[] { report.Composition.Phylum, report.Composition.Family, report.Composition.Genus, report.Composition.Species })
        {
            That(rank.Zip(rank.Skip(1)).All(p => p.First.Fraction >= p.Second.Fraction), "most abundant first");
            foreach (var taxon in rank)
            {
                That((taxon.Status == "not-assessable") == (taxon.Reason is not null), $"{taxon.Name}: a reason exactly where nothing is said");
                That(taxon.Ci95 is not { } ci || (ci[0] <= taxon.Fraction && taxon.Fraction <= ci[1]), $"{taxon.Name} outside its interval");
            }
        }
        foreach (var rank in new[] { report.Composition.Phylum, report.Composition.Family, report.Composition.Genus })
        {
            That(rank.Where(t => t.Taxid is not null).GroupBy(t => t.Taxid).All(g => g.Count() == 1), "a taxid stands once");
            That(rank.Sum(t => t.Fraction) <= 1.006, "a rank is no more than everything");
        }
        That(report.Composition.Genus.Length <= 50 && report.Composition.Species.Length <= 50, "at most fifty");

        foreach (var guild in report.Guilds)
        {
            var parts = guild.Contributions.Sum(c => c.Share);
            That(guild.Contributions.IsEmpty ? guild.Fraction is null or 0 : guild.Contributions.Length == 10 ? parts <= 1 + 1e-9 : Math.Abs(parts - 1) < 1e-9, $"{guild.Id}: parts {parts}");
        }

        That(report.Findings.GroupBy(f => f.Code).All(g => g.Count() == 1), "one finding of a code");
        foreach (var finding in report.Findings)
        {
            var rule = input.Panel.Rules.Single(r => r.Code == finding.Code);
            That(Codes.Contains(finding.Code) && Severities.Contains(finding.Severity), $"{finding.Code} {finding.Severity}");
            That(Array.IndexOf(Severities, finding.Severity) <= Array.IndexOf(Severities, rule.MaxSeverity), $"{finding.Code} above its highest severity");
            That(!finding.Text.En.Contains('{') && !finding.Text.Nl.Contains('{'), $"{finding.Code}: {finding.Text.En}");
            That(finding.Severity == "info" || finding.BaseRate is not > 0.10, $"{finding.Code} warns more than a tenth of the healthy");
        }

        if (report.Method.CohortMatch == "none")
            That(report.Cohort is null && report.Findings.IsEmpty && report.Guilds.All(g => g.Reference is null), "nothing is compared");
        if (report.Method.CohortMatch == "same-platform")
        {
            That(report.Diversity.All(m => m.Reference is null) && report.Composition.Species.All(t => t.Reference is null), "neither diversity nor species");
            That(report.Composition.Genus.Concat(report.Composition.Family).Concat(report.Composition.Phylum).All(t => t.Status != "absent")
                && report.Guilds.All(g => g.Status != "absent") && report.Findings.All(f => f.Direction != "absent"), "no absence");
            That(report.Findings.All(f => f.Severity is "info" or "low" && f.BaseRate is null && f.Caveats.Contains("cohort-other-method")), "rough findings");
        }
    }

    private static void Walk(JsonElement element, string name, Action<string, JsonElement> visit)
    {
        visit(name, element);
        if (element.ValueKind == JsonValueKind.Object) foreach (var member in element.EnumerateObject()) Walk(member.Value, member.Name, visit);
        if (element.ValueKind == JsonValueKind.Array) foreach (var item in element.EnumerateArray()) Walk(item, "", visit);
    }
}
