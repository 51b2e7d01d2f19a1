using System.Text.Json.Nodes;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Tests.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>What is known of a person stands beside the result: it brings notices, and it never changes a number or a finding.</summary>
public sealed class ContextTests
{
    private static readonly ContextCodes Codes = ContextCodes.Shipped;

    // Of the referral guidelines that docs/data-sources.md names.
    public static TheoryData<string, string> Flags => new()
    {
        { "rectal-bleeding", "routine" }, { "unintended-weight-loss", "urgent" }, { "nocturnal-symptoms", "routine" }, { "bowel-habit-change", "routine" },
        { "onset-after-50", "routine" }, { "family-history", "routine" }, { "iron-deficiency-anaemia", "urgent" }, { "fever-or-severe-diarrhoea", "same-day" },
        { "abdominal-or-rectal-mass", "urgent" }, { "calprotectin-above-250", "routine" }, { "calprotectin-100-250", "routine" }, { "calprotectin-above-100", "routine" },
        { "calprotectin-50-100", "discuss" }, { "fit-positive", "urgent" }, { "cauda-equina-signs", "emergency" }, { "back-pain-alarm", "urgent" },
        { "vulnerable-patient", "discuss" }, { "pancreatic-alarm", "urgent" }, { "aortic-alarm", "emergency" }, { "enteric-pathogen-detected", "routine" },
    };

    [Theory]
    [MemberData(nameof(Flags))]
    public void A_red_flag_says_first_of_all_where_to_seek_care_and_how_soon(string code, string urgency)
    {
        var flag = Codes.RedFlags.Single(f => f.Code == code);
        foreach (var panel in Panel.Shipped)
        {
            var notices = Samples.Build(context: new() { RedFlags = [code] }, panel: panel.Ref).Notices;
            Assert.Equal($"seek-care-{urgency}", notices[0].Code);
            Assert.Contains(flag.Notice.En, notices[0].Text.En, StringComparison.Ordinal);
            Assert.Contains(flag.Notice.Nl, notices[0].Text.Nl, StringComparison.Ordinal);
            Assert.Single(notices, n => n.Code.StartsWith("seek-care", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_test_above_has_every_red_flag() => Assert.Equal(Codes.RedFlags.Select(f => f.Code), Flags.Select(row => row.Data.Item1));

    [Fact]
    public void The_most_urgent_comes_first_and_equally_urgent_flags_share_one_notice()
    {
        var notices = Samples.Build(context: new() { RedFlags = ["onset-after-50", "vulnerable-patient", "family-history", "fit-positive", "cauda-equina-signs", "fever-or-severe-diarrhoea"] }).Notices;
        Assert.Equal(["seek-care-emergency", "seek-care-same-day", "seek-care-urgent", "seek-care-routine", "seek-care-discuss", "not-a-diagnosis", "counting-error-only"], notices.Select(n => n.Code));
        foreach (var flag in Codes.RedFlags.Where(f => f.Code is "onset-after-50" or "family-history")) Assert.Contains(flag.Notice.Nl, notices[3].Text.Nl, StringComparison.Ordinal);
        Assert.StartsWith("Schakel nu medische hulp in: bel 112", notices[0].Text.Nl, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ibs", "no-ibd-or-ibs-diagnosis")]
    [InlineData("ibd-crohn", "no-ibd-or-ibs-diagnosis")]
    [InlineData("ibd-uc", "no-ibd-or-ibs-diagnosis")]
    [InlineData("sibo", "sibo-not-assessable-from-stool")]
    [InlineData("coeliac", null)]
    public void A_diagnosis_brings_what_stool_cannot_say_of_it(string diagnosis, string? notice) => AssertAdded(new() { Diagnoses = [diagnosis] }, notice);

    [Theory]
    [InlineData("back-pain", "back-pain-evidence")]
    [InlineData("bloating", "no-ibd-or-ibs-diagnosis")]
    [InlineData("cramps", "no-ibd-or-ibs-diagnosis")]
    [InlineData("gas", "no-ibd-or-ibs-diagnosis")]
    [InlineData("diarrhoea", "no-ibd-or-ibs-diagnosis")]
    [InlineData("constipation", "no-ibd-or-ibs-diagnosis")]
    [InlineData("irregular-stool", "no-ibd-or-ibs-diagnosis")]
    [InlineData("worse-after-meals", null)]
    [InlineData("food-intolerance", null)]
    [InlineData("nausea", null)]
    [InlineData("fatigue", null)]
    public void A_symptom_brings_what_is_known_of_it(string symptom, string? notice) => AssertAdded(new() { Symptoms = [symptom] }, notice);

    [Theory]
    [InlineData("antibiotics-3-months", null)]
    [InlineData("ppi", null)]
    [InlineData("metformin", null)]
    [InlineData("laxative", null)]
    [InlineData("immunosuppressant", "seek-care-discuss")]
    [InlineData("probiotic", null)]
    public void A_medicine_that_weakens_the_immune_system_is_a_red_flag(string medicine, string? notice) => AssertAdded(new() { Medication = [medicine] }, notice);

    [Fact]
    public void A_notice_comes_once_however_many_codes_bring_it()
    {
        var notices = Samples.Build(context: new() { Symptoms = ["bloating", "cramps", "diarrhoea"], Diagnoses = ["ibs", "sibo"] }).Notices;
        Assert.Single(notices, n => n.Code == "no-ibd-or-ibs-diagnosis");
        Assert.Single(notices, n => n.Code == "sibo-not-assessable-from-stool");
    }

    [Fact]
    public void The_context_changes_notices_and_recommendations_and_nothing_else()
    {
        var everything = new SampleContext
        {
            Symptoms = [.. Codes.Symptoms.Select(c => c.Code)],
            RedFlags = [.. Codes.RedFlags.Select(c => c.Code)],
            Diagnoses = [.. Codes.Diagnoses.Select(c => c.Code)],
            Medication = [.. Codes.Medication.Select(c => c.Code)],
        };
        foreach (var panel in Panel.Shipped)
        {
            var (without, with) = (Samples.Build(panel: panel.Ref), Samples.Build(context: everything, panel: panel.Ref));
            Assert.NotEqual(without.Digest, with.Digest);
            var (a, b) = (JsonNode.Parse(Samples.Document(without))!.AsObject(), JsonNode.Parse(Samples.Document(with))!.AsObject());
            foreach (var member in new[] { "notices", "recommendations", "digest" }) Assert.True(a.Remove(member) && b.Remove(member));
            Assert.Equal(a.ToJsonString(), b.ToJsonString());
        }
    }

    [Fact]
    public void The_order_of_codes_does_not_matter_and_an_empty_context_is_none()
    {
        string Digest(params string[] flags) => Samples.Build(context: new() { RedFlags = [.. flags] }).Digest;
        Assert.Equal(Digest("fit-positive", "cauda-equina-signs"), Digest("cauda-equina-signs", "fit-positive", "fit-positive"));
        Assert.NotEqual(Digest("fit-positive"), Digest("cauda-equina-signs", "fit-positive"));
        Assert.Equal(Samples.Build().Digest, Samples.Build(context: new()).Digest);
    }

    [Fact]
    public void A_code_that_is_not_known_is_refused_rather_than_passed_over()
    {
        Assert.Throws<ArgumentException>(() => Samples.Build(context: new() { RedFlags = ["ibs"] }));
        Assert.Throws<ArgumentException>(() => Samples.Build(context: new() { Symptoms = ["Bloating"] }));
    }

    [Fact]
    public void Every_code_is_unique_and_every_reference_of_the_data_leads_somewhere()
    {
        Assert.All(Codes.Lists(), list => Assert.Equal(list.Codes.Distinct(), list.Codes));
        Assert.All(Codes.RedFlags, flag => Assert.Contains(Codes.Urgencies, u => u.Code == flag.Urgency));
        foreach (var code in new[] { Codes.Symptoms, Codes.Diagnoses, Codes.Medication }.SelectMany(list => list))
        {
            if (!code.Notices.IsDefault) Assert.All(code.Notices, notice => Assert.Contains(Codes.Notices, n => n.Code == notice));
            if (code.RedFlag is { } flag) Assert.Contains(Codes.RedFlags, f => f.Code == flag);
        }
    }

    [Fact]
    public void Every_text_is_there_in_both_languages_with_its_source()
    {
        (BilingualText Text, string Source)[] all =
        [
            .. new[] { Codes.Symptoms, Codes.Diagnoses, Codes.Medication }.SelectMany(list => list).Where(c => c.Code != "metformin").Select(c => (c.Label, c.Source)),
            .. Codes.RedFlags.SelectMany(f => new[] { (f.Label, f.Source), (f.Notice, f.Source) }), .. Codes.Notices.Select(n => (n.Text, n.Source)), .. Codes.Urgencies.Select(u => (u.Text, u.Source)),
        ];
        Assert.All(all, t => Assert.True(t.Text.En.Length > 2 && t.Text.Nl.Length > 2 && t.Text.En != t.Text.Nl && t.Source.Length > 0, t.Text.En));
        Assert.All(Codes.Urgencies, u => Assert.True(u.Text.En.Contains("{flags}", StringComparison.Ordinal) && u.Text.Nl.Contains("{flags}", StringComparison.Ordinal)));
        Assert.All(Codes.RedFlags, f => Assert.DoesNotContain('{', f.Notice.En + f.Notice.Nl));
    }

    [Fact]
    public void The_urgencies_are_those_of_the_guidelines()
    {
        var table = SharedScience.Find("red_flags.tsv");
        Assert.SkipWhen(table is null, "shared/data/science is not beside the repository");
        // The flags stand in the order of the table: RF01, RF02, ….
        var rows = File.ReadLines(table!).Skip(1).Select(line => line.Split('\t')).ToArray();
        Assert.Equal(rows.Length, Codes.RedFlags.Length);
        foreach (var (row, flag) in rows.Zip(Codes.RedFlags))
        {
            string[] allowed = row[2].Contains("EMERGENCY", StringComparison.Ordinal) ? ["emergency"] : row[2].StartsWith("same-day", StringComparison.Ordinal) ? ["same-day"]
                : row[2].StartsWith("refer GP urgent", StringComparison.Ordinal) || row[2].Contains("cancer", StringComparison.Ordinal) || row[2].StartsWith("urgent", StringComparison.Ordinal) ? ["urgent"]
                : ["routine", "discuss"];
            Assert.True(allowed.Contains(flag.Urgency), $"{row[0]} {row[1]}: {row[2]}, not {flag.Code} {flag.Urgency}");
        }
    }

    private static void AssertAdded(SampleContext context, string? notice)
    {
        var before = Samples.Build().Notices.Select(n => n.Code).ToHashSet();
        Assert.Equal(notice is null ? [] : [notice], Samples.Build(context: context).Notices.Select(n => n.Code).Where(code => !before.Contains(code)));
    }
}
