using System.Globalization;
using System.Text.RegularExpressions;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Tests.Profiles;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

public sealed partial class ReportDigestTests
{
    private static readonly string[] Taxa = ["853:40000", "562:30000", "816:12345", "1678:7001", "239934:5003", "570:9007", "40520:11", "40518:11"];

    [Fact]
    public void The_same_profile_gives_the_same_digest_in_any_order_of_its_taxa()
    {
        var digest = Report(Taxa).Digest;
        Assert.Matches("^sha256:[0-9a-f]{64}$", digest);
        Assert.Equal(digest, Report(Taxa).Digest);
        Assert.Equal(digest, Report([.. Taxa.Reverse()]).Digest);
        Assert.Equal(digest, Report([.. Taxa.Order(StringComparer.Ordinal)]).Digest);
    }

    [Theory]
    [InlineData("nl-NL")]
    [InlineData("tr-TR")]
    public void The_language_of_the_machine_changes_nothing(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        var (digest, document) = (Report(Taxa).Digest, ReportDocument.Write(Envelope, Report(Taxa)));
        try
        {
            CultureInfo.CurrentCulture = Culture(culture);
            Assert.Equal("1,5", 1.5.ToString(CultureInfo.CurrentCulture));
            Assert.Equal(digest, Report(Taxa).Digest);
            Assert.Equal(document, ReportDocument.Write(Envelope, Report(Taxa)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void One_read_more_is_another_digest() => Assert.NotEqual(Report(Taxa).Digest, Report(["853:40001", .. Taxa[1..]]).Digest);

    [Fact]
    public void Identity_status_and_times_are_not_in_the_digest_but_what_they_lead_to_is()
    {
        var input = People.Input(People.MadeUp("reads", Taxa), "shotgun-kraken2");
        var taken = new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
        // Both within two weeks: the message says how many days.
        var two = ReportBuilder.Build(input with { CollectedAt = taken, ReceivedAt = taken.AddDays(2) });
        Assert.Equal(two.Digest, ReportBuilder.Build(input with { CollectedAt = taken.AddDays(9), ReceivedAt = taken.AddDays(11) }).Digest);
        Assert.NotEqual(two.Digest, ReportBuilder.Build(input with { CollectedAt = taken, ReceivedAt = taken.AddDays(20) }).Digest);
    }

    [Fact]
    public void The_digest_in_the_document_is_that_of_its_members_in_their_canonical_form()
    {
        // With names that JSON writers escape, each in its own way.
        var report = Report([.. Taxa, "k__Bacteria;g__N\\u00fcd\\u2028\\ud83d\\ude00<&'\\\"\\\\:20000"]);
        Assert.Contains(report.Composition.Genus, g => g.Name.Contains('\u2028') && g.Name.Contains('"') && g.Name.Contains('\\'));
        using var document = System.Text.Json.JsonDocument.Parse(ReportDocument.Write(Envelope, report));
        string[] outside = ["id", "version", "status", "issuedAt", "replaces", "because", "sample", "digest"];
        var members = document.RootElement.EnumerateObject().Where(m => !outside.Contains(m.Name)).ToArray();
        Assert.Equal(["method", "quality", "diversity", "composition", "ratios", "guilds", "indices", "findings", "notices", "recommendations"], members.Select(m => m.Name));
        // Built here from the document alone: members sorted, each in the canonical form of its value.
        var text = $"{{{string.Join(',', members.OrderBy(m => m.Name, StringComparer.Ordinal)
            .Select(m => $"\"{m.Name}\":{System.Text.Encoding.UTF8.GetString(CanonicalJson.Write(m.Value))}"))}}}";
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
        Assert.Equal($"sha256:{hash}", document.RootElement.GetProperty("digest").GetString());
    }

    [Fact]
    public void A_real_report_does_not_depend_on_the_order_of_the_file_either()
    {
        SharedFixtures.Require();
        // The lines of a MetaPhlAn table may come in any order.
        var profile = SharedFixtures.Read("metaphlan3_profile/" + SharedFixtures.Table("EXPECTED.tsv")
            .First(r => r[0].StartsWith("metaphlan3_profile/", StringComparison.Ordinal) && r[2] == "accept")[0].Split('/')[1]).Profile!;
        var lines = profile.Taxa.Length;
        var shuffled = profile with { Taxa = Reversed(profile) };
        Assert.Equal(lines, shuffled.Taxa.Length);
        Assert.Equal(People.Report(profile, "shotgun-metaphlan3").Digest, People.Report(shuffled, "shotgun-metaphlan3").Digest);
    }

    // Read by System.Text.Json and written by what is faster: a member that one of them names otherwise, or leaves out, would be lost.
    [Fact]
    public void A_document_that_is_read_and_written_again_is_the_same_bytes()
    {
        foreach (var report in new[] { Report(Taxa), Report(["853:1"]), Report([.. Taxa, "k__Bacteria;g__N\\u00fcd\\u2028\\ud83d\\ude00<&'\\\"\\\\:20000"]) })
        {
            var document = ReportDocument.Write(Envelope, report);
            Assert.Equal(document, ReportDocument.Write(Envelope, ReportDocument.Read(document)));
        }
    }

    [Fact]
    public void Numbers_have_six_digits_and_counts_are_exact()
    {
        var text = System.Text.Encoding.UTF8.GetString(ReportDocument.Write(Envelope, Report(["853:123456789", "816:1"])));
        Assert.Contains("\"reads\":123456789", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(TooManyDigits(), text);
    }

    private static readonly ReportEnvelope Envelope = new() { Id = Guid.Empty, Version = 1, Status = "final", IssuedAt = DateTimeOffset.UnixEpoch };

    // Where the runtime has no data of cultures, one that prints numbers as most of Europe does.
    private static CultureInfo Culture(string name)
    {
        try
        {
            return new CultureInfo(name);
        }
        catch (CultureNotFoundException)
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.NumberGroupSeparator, culture.NumberFormat.NegativeSign) = (",", ".", "\u2212");
            return culture;
        }
    }

    private static ReportContent Report(string[] taxa) => People.Report(People.MadeUp("reads", taxa), "shotgun-kraken2");

    // Siblings from last to first; parents still before their children.
    private static System.Collections.Immutable.ImmutableArray<Microbiome.Profiles.ProfileTaxon> Reversed(Microbiome.Profiles.TaxonomicProfile profile)
    {
        var order = new List<int>();
        void Visit(int parent)
        {
            for (var i = profile.Taxa.Length - 1; i >= 0; i--)
            {
                if (profile.Taxa[i].Parent != parent) continue;
                order.Add(i);
                Visit(i);
            }
        }
        Visit(-1);
        return [.. order.Select(i => profile.Taxa[i] with { Parent = profile.Taxa[i].Parent < 0 ? -1 : order.IndexOf(profile.Taxa[i].Parent) })];
    }

    [GeneratedRegex(@":0?\.?0*[1-9]\d*\.\d{6,}|:0\.0*[1-9]\d{6,}")]
    private static partial Regex TooManyDigits();
}
