using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Api.Partners;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Samples;

public sealed class ExportSubjectTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_about_a_person_is_in_it_and_nothing_about_another()
    {
        await host.Client.PutSampleAsync("EX-1", new() { Subject = "EX-PERSON", BristolScale = 3, Context = new() { Symptoms = ["back-pain"] } }, Ct);
        await host.Client.PutSampleAsync("EX-2", new() { Subject = "EX-PERSON" }, Ct);
        await host.Client.PutSampleAsync("EX-3", new() { Subject = "EX-OTHER" }, Ct);
        var kreport = SampleFiles.Kreport(1);
        var (first, second) = (await host.Client.UploadProfileAsync("EX-1", kreport, cancellation: Ct), await host.Client.UploadProfileAsync("EX-2", SampleFiles.Gzip(kreport), cancellation: Ct));
        await host.Client.UploadProfileAsync("EX-3", SampleFiles.Kreport(3), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(first.AnalysisId, Ct);
        await host.Client.WaitForReportAsync(second.AnalysisId, Ct);
        await host.Client.AmendReportAsync(report.Id, (await host.Client.GetReportAsync(report.Id, cancellation: Ct)).ETag!, "other", "A note.", Ct);

        var text = await ReadAsync(host.Client, "EX-PERSON");
        var document = JsonNode.Parse(text)!;
        Assert.Equal("EX-PERSON", (string)document["subject"]!);
        var samples = document["samples"]!.AsArray();
        Assert.Equal(["EX-1", "EX-2"], samples.Select(s => (string)s!["accession"]!));
        Assert.Equal((3, "back-pain"), ((int)samples[0]!["bristolScale"]!, (string)samples[0]!["context"]!["symptoms"]![0]!));
        Assert.Equal(2, samples[0]!["reports"]!.AsArray().Count);
        using var http = host.Http();
        foreach (var sample in samples)
        {
            var profile = Assert.Single(sample!["profiles"]!.AsArray())!;
            var source = Encoding.UTF8.GetBytes((string)profile["source"]!["content"]!);
            Assert.Equal(("utf-8", (string)profile["normalised"]!["sha256"]!), ((string)profile["source"]!["encoding"]!, Convert.ToHexStringLower(SHA256.HashData(source))));
            (string, JsonNode?)[] parts = [.. sample["reports"]!.AsArray().Select(r => ($"v1/reports/{r!["id"]}", (JsonNode?)r)), ($"v1/profiles/{profile["normalised"]!["id"]}", profile["normalised"]),
                ($"v1/analyses/{sample["analyses"]![0]!["id"]}", sample["analyses"]![0])];
            foreach (var (path, node) in parts)
            {
                Assert.True(JsonNode.DeepEquals(JsonNode.Parse(await http.GetStringAsync(path, Ct)), node), path);
            }
        }
        Assert.Superset(new HashSet<string> { "sample.registered", "profile.accepted", "report.published", "sample.exported" }, samples[0]!["audit"]!.AsArray().Select(a => (string)a!["action"]!).ToHashSet());
        Assert.DoesNotContain("EX-3", text, StringComparison.Ordinal);
        Assert.DoesNotContain("EX-OTHER", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_a_sample_can_be_registered_with_is_in_the_export()
    {
        await host.ClientForAsync("ex-whole", Scope.SamplesRead);
        await host.Client.PutSampleAsync("EX-WHOLE-FIRST", new() { Subject = "EX-WHOLE" }, Ct);
        await host.Client.PutSampleAsync("EX-WHOLE-AGAIN", new()
        {
            Subject = "EX-WHOLE",
            Partner = "ex-whole",
            CollectedAt = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero),
            ReceivedAt = new(2026, 11, 2, 8, 0, 0, TimeSpan.Zero),
            BristolScale = 4,
            Consent = true,
            Sex = "female",
            AgeYears = 42,
            Context = new() { Symptoms = ["bloating"] },
        }, Ct);
        await host.ScalarAsync<int>("UPDATE lab.sample SET replicate_of = (SELECT id FROM lab.sample WHERE accession = 'EX-WHOLE-FIRST') WHERE accession = 'EX-WHOLE-AGAIN'");
        using var http = host.Http();
        var read = JsonNode.Parse(await http.GetStringAsync("v1/samples/EX-WHOLE-AGAIN", Ct))!;
        var exported = JsonNode.Parse(await ReadAsync(host.Client, "EX-WHOLE"))!["samples"]!.AsArray().Single(s => (string)s!["accession"]! == "EX-WHOLE-AGAIN")!;
        foreach (var member in typeof(SampleRegistration).GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)))
        {
            Assert.NotNull(read[member]);
            Assert.True(JsonNode.DeepEquals(read[member], exported[member]), member);
        }
    }

    [Theory]
    [InlineData("00000000-0000-7000-8000-000000000000", false)]
    [InlineData("ffffffff-ffff-7fff-bfff-ffffffffffff", true)]
    public async Task What_is_erased_while_it_is_exported_is_404_or_cut_off_and_never_a_document(string erased, bool begun)
    {
        var name = $"EX-MEANWHILE-{begun}";
        await host.Client.PutSampleAsync(name, new() { Subject = name }, Ct);
        var upload = await host.Client.UploadProfileAsync(name, SampleFiles.Kreport(6), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        // As the erasure leaves it, before or after what has been sent when the export comes to it.
        await host.ScalarAsync<int>("INSERT INTO lab.profile SELECT (jsonb_populate_record(p, jsonb_build_object('id', $2, 'sha256', '\\x00', 'source', '\\x', 'packed', '\\x'))).* FROM lab.profile p WHERE id = $1",
            upload.ProfileId, erased);
        using var http = host.Http();
        if (begun) await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync($"v1/subjects/{name}/export", Ct));
        else await Problems.AssertAsync(await http.GetAsync($"v1/subjects/{name}/export", Ct), 404, "not-found");
    }

    [Fact]
    public async Task Content_that_is_no_text_is_base64()
    {
        await host.Client.PutSampleAsync("EX-BINARY", new() { Subject = "EX-BINARIES" }, Ct);
        var upload = await host.Client.UploadProfileAsync("EX-BINARY", SampleFiles.Kreport(4), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        byte[] binary = [0xFF, 0xFE, 0x00, 0x89];
        await host.ScalarAsync<int>("INSERT INTO lab.profile SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'sha256', '\\x00', 'source', $2::bytea::text))).* FROM lab.profile p WHERE id = $1",
            upload.ProfileId, SampleFiles.Gzip(binary));
        var profiles = JsonNode.Parse(await ReadAsync(host.Client, "EX-BINARIES"))!["samples"]![0]!["profiles"]!.AsArray();
        var source = Assert.Single(profiles, p => (string)p!["source"]!["encoding"]! == "base64")!["source"]!;
        Assert.Equal(binary, Convert.FromBase64String((string)source["content"]!));
        Assert.Equal(2, profiles.Count);
    }

    [Fact]
    public async Task The_lab_gets_the_samples_of_every_partner_a_partner_none_and_nobody_an_erased_one()
    {
        await host.Client.PutSampleAsync("EX-THEIRS", new() { Subject = "EX-SHARED" }, Ct);
        var partner = await host.ClientForAsync("ex-partner", "samples:write");
        await partner.PutSampleAsync("EX-OURS", new() { Subject = "EX-SHARED" }, Ct);
        Assert.Equal("scope-missing", (await Assert.ThrowsAsync<LabProblemException>(() => partner.ExportSubjectAsync("EX-SHARED", Ct))).Code);
        Assert.Equal(["EX-OURS", "EX-THEIRS"], JsonNode.Parse(await ReadAsync(host.Client, "EX-SHARED"))!["samples"]!.AsArray().Select(s => (string)s!["accession"]!).Order(StringComparer.Ordinal));
        await host.Client.EraseSubjectAsync("EX-SHARED", Ct);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.ExportSubjectAsync("EX-SHARED", Ct))).Code);
    }

    private static async Task<string> ReadAsync(LabClient client, string subject)
    {
        using var reader = new StreamReader(await client.ExportSubjectAsync(subject, Ct));
        return await reader.ReadToEndAsync(Ct);
    }
}
