using System.Globalization;
using System.Text.RegularExpressions;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>Files that real pipelines wrote, through the whole service. The facts were computed from the files by another program.</summary>
public sealed partial class RealFilesTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(SharedFixtures.Accepted), MemberType = typeof(SharedFixtures))]
    public async Task A_real_file_is_accepted_understood_and_reported(string file)
    {
        var content = await SharedFixtures.ReadAsync(file);
        var facts = SharedFixtures.Facts(file);
        var accession = SharedFixtures.Accession(file);
        Upload upload;
        try
        {
            upload = await host.Client.UploadProfileAsync(accession, content, cancellation: Ct);
        }
        catch (LabProblemException cut) when (cut.Problem?.Errors.Any(e => e.Code == "report-incomplete") == true)
        {
            Assert.Equal(422, (int)cut.StatusCode);
            upload = await host.Client.UploadProfileAsync(accession, content, new UploadOptions { AllowIncomplete = true }, Ct);
            Assert.NotEmpty(upload.Warnings);
        }
        var profile = await host.Client.GetProfileAsync(upload.ProfileId, Ct);
        Assert.Equal((upload.Format, upload.Assay, upload.Unit, upload.Taxa, upload.Sha256), (profile.Format, profile.Assay, profile.Unit, profile.Taxa.Count, profile.Sha256));
        switch (file.Split('/')[0])
        {
            case "bracken_tsv": CheckBracken(profile, facts); break;
            case var folder when folder.StartsWith("metaphlan", StringComparison.Ordinal): CheckMetaphlan(profile, facts); break;
            default: CheckKreport(profile, facts); break;
        }
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal(1, report.Version);
        Assert.Equal(profile.NormalisedSha256, report.Method.ProfileSha256);
    }

    private static void CheckKreport(Profile profile, Dictionary<string, string> facts)
    {
        Assert.Equal("reads", profile.Unit.Replace("estimated-", "", StringComparison.Ordinal));
        if (facts.Number("unclassified") is { } unclassified and > 0) Assert.Equal(unclassified, profile.Unclassified);
        if (facts.Number("n_S") is { } species) Assert.Equal(species, profile.Taxa.Count(t => t.Rank == "species" && t.SubmittedName is not null));
        if (facts.TryGetValue("top_S", out var top)) CheckTop(profile, top);
    }

    private static void CheckBracken(Profile profile, Dictionary<string, string> facts)
    {
        Assert.Null(profile.TotalReads);
        CheckTop(profile, facts["top"]);
        Assert.Equal(facts.Number("sum_new_est"), profile.Taxa.Where(t => t.SubmittedName is not null).Sum(t => t.Reads));
    }

    private static void CheckTop(Profile profile, string fact)
    {
        var expected = Top().Match(fact);
        var taxid = long.Parse(expected.Groups["taxid"].Value, CultureInfo.InvariantCulture);
        var highest = profile.Taxa.Where(t => t.Rank == "species").MaxBy(t => t.Reads);
        Assert.Equal((taxid, double.Parse(expected.Groups["reads"].Value, CultureInfo.InvariantCulture)), (highest?.Taxid, highest?.Reads));
    }

    private static void CheckMetaphlan(Profile profile, Dictionary<string, string> facts)
    {
        Assert.Equal("percent", profile.Unit);
        var counts = facts["n"].Split(';').Select(n => n.Split(':')).ToDictionary(n => n[0], n => int.Parse(n[1], CultureInfo.InvariantCulture));
        foreach (var (letter, rank) in new[] { ("p", "phylum"), ("c", "class"), ("o", "order"), ("f", "family"), ("g", "genus"), ("s", "species") })
        {
            Assert.Equal((rank, counts.GetValueOrDefault(letter)), (rank, profile.Taxa.Count(t => t.Rank == rank && t.SubmittedName is not null)));
        }
        var sums = facts["sums"].Split(';').Select(n => n.Split(':')).ToDictionary(n => n[0], n => double.Parse(n[1], CultureInfo.InvariantCulture));
        if (sums.TryGetValue("U", out var unclassified)) Assert.Equal(unclassified, profile.Unclassified!.Value, 5);
        if (!facts.TryGetValue("top_s", out var top)) return;
        var (name, value) = (top[..top.IndexOf('=', StringComparison.Ordinal)], double.Parse(top[(top.IndexOf('=', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture));
        var submitted = profile.Taxa.Single(t => t.Rank == "species" && t.SubmittedName?.Split('|')[^1].Replace("s__", "", StringComparison.Ordinal).Replace(' ', '_') == name[3..]);
        // A fraction is of what is classified as Bacteria, Archaea or Fungi; what stands outside (a phage) has none.
        if (submitted.Fraction is { } fraction) Assert.Equal(value / 100, fraction * profile.Denominator, 6);
    }

    [GeneratedRegex(@"\(taxid (?<taxid>\d+)\)=(?<reads>\d+)$")]
    private static partial Regex Top();
}
