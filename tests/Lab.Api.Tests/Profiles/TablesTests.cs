using System.Net.Http.Headers;
using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>Tables of several samples, of two files, and of an instrument of the lab's own.</summary>
public sealed class TablesTests(LabHost host) : IClassFixture<LabHost>
{
    private const string Features = "#OTU ID\tTAB-1\tTAB-2\tTAB 3\na1\t9000\t100\t5\nb2\t4000\t7000\t5\nc3\t100\t0\t5\n";
    private const string Taxonomy = "Feature ID\tTaxon\tConfidence\na1\td__Bacteria; p__Bacillota; c__Clostridia; o__Eubacteriales; f__Oscillospiraceae; g__Faecalibacterium\t0.99\n"
        + "b2\td__Bacteria; p__Bacteroidota; c__Bacteroidia; o__Bacteroidales; f__Bacteroidaceae; g__Bacteroides\t0.98\nc3\tUnassigned\t0.5\n";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_feature_table_and_its_taxonomy_are_two_parts_and_each_sample_keeps_only_its_own()
    {
        var verdicts = await UploadAsync(Parts(Features, Taxonomy));
        Assert.Equal([("TAB-1", "accepted", null), ("TAB-2", "accepted", null), (null, "rejected", "accession-missing")], verdicts.Select(v => (v.Accession, v.Status, v.Problem?.Code)));
        var profile = await host.Client.GetProfileAsync(verdicts[0].ProfileId!.Value, Ct);
        Assert.Equal(("feature-table-tsv", "amplicon-16s", "reads", 13_100, 100), (profile.Format, profile.Assay, profile.Unit, profile.TotalReads, profile.Unclassified));
        Assert.Equal(new Measurement("sequence", "disjoint", "all", null), profile.Measurement);
        Assert.Equal(9000, profile.Taxa.Single(t => t.Taxid == 216851).Reads);
        var source = Encoding.UTF8.GetString(await host.Client.GetProfileSourceAsync(profile.Id, Ct));
        Assert.Contains("Faecalibacterium", source, StringComparison.Ordinal);
        Assert.DoesNotContain("7000", source, StringComparison.Ordinal);
        var report = await host.Client.WaitForReportAsync(verdicts[0].AnalysisId!.Value, Ct);
        Assert.Equal(new ReportVerification(true, true, report.Digest), await host.Client.VerifyReportAsync(report.Id, Ct));
        Assert.All(await UploadAsync(Parts(Features, Taxonomy)), v => Assert.NotEqual("accepted", v.Status));
    }

    [Fact]
    public async Task The_source_of_one_sample_of_two_files_is_read_again_to_the_same_profile()
    {
        var one = Features.Replace("\tTAB-2\tTAB 3", "", StringComparison.Ordinal).Replace("\t100\t5", "", StringComparison.Ordinal).Replace("\t7000\t5", "", StringComparison.Ordinal).Replace("\t0\t5", "", StringComparison.Ordinal);
        var upload = await host.Client.UploadProfileAsync("TAB-ONE", Parts(one, Taxonomy), cancellation: Ct);
        var again = await host.Client.UploadProfileAsync("TAB-AGAIN", await host.Client.GetProfileSourceAsync(upload.ProfileId, Ct), cancellation: Ct);
        Assert.Equal((await host.Client.GetProfileAsync(upload.ProfileId, Ct)).NormalisedSha256, (await host.Client.GetProfileAsync(again.ProfileId, Ct)).NormalisedSha256);
    }

    [Fact]
    public async Task A_table_without_its_taxonomy_is_refused_and_a_taxonomy_alone_too()
    {
        Assert.Equal((422, "taxonomy-missing"), await RefusedAsync(Parts(Features, null)));
        Assert.Equal((422, "companion-file-required"), await RefusedAsync(Parts(Taxonomy, null)));
        Assert.Equal((400, "bad-request"), await RefusedAsync(Parts(null, Taxonomy)));
    }

    [Fact]
    public async Task A_table_of_several_samples_is_named_as_such_where_one_is_wanted()
    {
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.UploadProfileAsync("TAB-MANY", Parts(Features, Taxonomy), cancellation: Ct));
        Assert.Equal((422, "multi-sample-table"), ((int)refused.StatusCode, refused.Code));
    }

    [Fact]
    public async Task Validate_takes_a_table_of_many_and_names_what_is_wrong()
    {
        var verdict = await host.Client.ValidateProfileAsync(Parts(Features, Taxonomy), cancellation: Ct);
        Assert.Equal("accession-missing", Assert.Single(verdict.Errors).Code);
        Assert.Equal(["TAB-1", "TAB-2", null], verdict.Samples.Select(s => s.Accession));
    }

    [Fact]
    public async Task An_instruments_own_table_is_read_as_its_assay_says()
    {
        const string table = "Probe;Taxon;Anzahl\nOWN-1;Faecalibacterium prausnitzii;4120,5\nOWN-1;Bacteroides uniformis;2977,25\nOWN-2;Escherichia coli;12,5\n";
        await host.Client.PutAssayAsync(new Assay
        {
            Id = "own-instrument",
            Platform = "shotgun",
            Profiler = "Own 1",
            DatabaseFamily = "Own",
            Kingdoms = ["Bacteria"],
            Unit = "fraction",
            LowestRank = "species",
            MinimumReads = 0,
            Source = new AssaySource("semicolon", "comma", "Taxon", "Anzahl", SampleColumn: "Probe"),
        }, Ct);
        var asFractions = table.Replace("4120,5", "0,58", StringComparison.Ordinal).Replace("2977,25", "0,42", StringComparison.Ordinal).Replace("12,5", "1,0", StringComparison.Ordinal);
        var verdicts = await UploadAsync(new StringContent(asFractions, Encoding.UTF8, "text/csv"), new UploadOptions { Assay = "own-instrument" });
        Assert.Equal([("OWN-1", "accepted"), ("OWN-2", "accepted")], verdicts.Select(v => (v.Accession, v.Status)));
        var profile = await host.Client.GetProfileAsync(verdicts[0].ProfileId!.Value, Ct);
        Assert.Equal(0.58, profile.Taxa.Single(t => t.Taxid == 853).Fraction!.Value, 12);
        var report = await host.Client.WaitForReportAsync(verdicts[0].AnalysisId!.Value, Ct);
        Assert.Equal(("own-instrument", true), (report.Method.Assay, (await host.Client.VerifyReportAsync(report.Id, Ct)).Reproduced));
        // Without the assay nothing says that the comma is a decimal sign.
        Assert.Equal(422, (await RefusedAsync(new StringContent(asFractions, Encoding.UTF8, "text/csv"))).Status);
    }

    [Fact]
    public async Task An_instrument_whose_columns_cannot_be_told_apart_is_refused()
    {
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PutAssayAsync(new Assay
        {
            Id = "no-instrument",
            Platform = "shotgun",
            Profiler = "Own 1",
            DatabaseFamily = "Own",
            Kingdoms = ["Bacteria"],
            Unit = "reads",
            LowestRank = "species",
            MinimumReads = 0,
            Source = new AssaySource("comma", "comma", "", SampleColumn: "Sample"),
        }, Ct));
        Assert.Equal(["/source/decimalSign", "/source/taxonColumn", "/source/sampleColumn"], refused.Problem!.Errors.Select(e => e.Pointer));
    }

    [Fact]
    public async Task The_formats_are_those_that_the_readers_declare()
    {
        var formats = await host.Client.ListFormatsAsync(Ct);
        Assert.Equal(Lab.Microbiome.Profiles.ProfileFormats.All.Select(f => f.Id), formats.Select(f => f.Id));
        var assays = (await host.Client.ListAssaysAsync(Ct)).Select(a => a.Id).ToHashSet();
        Assert.All(formats, f => Assert.True(f.DefaultAssay is null || assays.Contains(f.DefaultAssay), f.Id));
    }

    private static MultipartFormDataContent Parts(string? profile, string? taxonomy)
    {
        var parts = new MultipartFormDataContent();
        if (profile is not null) parts.Add(new StringContent(profile, Encoding.UTF8, MediaTypeHeaderValue.Parse("text/tab-separated-values")), "profile", "table.tsv");
        if (taxonomy is not null) parts.Add(new ByteArrayContent(SampleFiles.Gzip(Encoding.UTF8.GetBytes(taxonomy))), "taxonomy", "taxonomy.tsv.gz");
        return parts;
    }

    private async Task<List<UploadVerdict>> UploadAsync(HttpContent content, UploadOptions? options = null)
    {
        var verdicts = new List<UploadVerdict>();
        await foreach (var verdict in host.Client.UploadProfilesAsync(content, options, Ct)) verdicts.Add(verdict);
        return verdicts;
    }

    private async Task<(int Status, string? Code)> RefusedAsync(HttpContent content)
    {
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => UploadAsync(content));
        return ((int)refused.StatusCode, refused.Code);
    }
}
