using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>Uploads that come at once share a transaction, and nobody sees that.</summary>
public sealed class UploadGroupsTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Uploads_that_come_at_once_share_transactions()
    {
        var uploads = await AtOnceAsync(Enumerable.Range(0, 40).Select(i => Upload($"SHARED-{i}", i, i % 2 == 0 ? $"shared-{i}" : null)));
        Assert.All(uploads, u => Assert.True(u.Upload!.IsNew));
        Assert.Equal(40, uploads.Select(u => u.Upload!.AnalysisId).Distinct().Count());
        Assert.Equal(40, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE 'SHARED-%'"));
        Assert.InRange(await host.ScalarAsync<long>("SELECT count(DISTINCT p.xmin::text) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE 'SHARED-%'"), 1, 10);
        foreach (var (_, upload, _) in uploads) await host.Client.WaitForReportAsync(upload!.AnalysisId, Ct);

        var again = await Upload("SHARED-0", 0, "shared-0")();
        Assert.True(again.Upload!.IsReplayed);
        Assert.Equal(uploads[0].Upload!.AnalysisId, again.Upload.AnalysisId);
    }

    [Fact]
    public async Task Who_would_be_refused_alone_is_refused_and_spoils_nobody()
    {
        await host.Client.PutSampleAsync("MIXED-REJECTED", new(), Ct);
        await host.Client.RejectSampleAsync("MIXED-REJECTED", "contaminated", cancellation: Ct);
        var known = await host.Client.UploadProfileAsync("MIXED-KNOWN", SampleFiles.Kreport(100), new UploadOptions { IdempotencyKey = "mixed-known" }, Ct);
        var good = Enumerable.Range(0, 12).Select(i => Upload($"MIXED-{i}", i, $"mixed-{i}"));
        var answers = await AtOnceAsync([
            .. good,
            Upload("MIXED-REJECTED", 101, "mixed-rejected"),
            Upload("MIXED-KNOWN", 100, null),
            Upload("MIXED-KNOWN", 100, "mixed-known"),
            Upload("MIXED-KNOWN", 102, "mixed-known"),
            Upload("MIXED-TWICE", 103, "mixed-twice"),
            Upload("MIXED-TWICE", 103, "mixed-twice"),
        ]);
        Assert.All(answers.Take(12), a => Assert.True(a.Upload!.IsNew));
        Assert.Equal("sample-rejected", answers[12].Refused!.Code);
        Assert.Equal((false, known.AnalysisId), (answers[13].Upload!.IsNew, answers[13].Upload!.AnalysisId));
        Assert.Equal((true, known.AnalysisId), (answers[14].Upload!.IsReplayed, answers[14].Upload!.AnalysisId));
        Assert.Equal("idempotency-mismatch", answers[15].Refused!.Code);
        Assert.Equal([false, true], answers[16..].Select(a => a.Upload!.IsReplayed).Order());
        Assert.Equal(answers[16].Upload!.AnalysisId, answers[17].Upload!.AnalysisId);
        Assert.Null(await host.ScalarAsync<string>("SELECT key FROM lab.idempotency WHERE key = 'mixed-rejected'"));
        Assert.Equal(14, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE 'MIXED-%'"));
    }

    [Fact]
    public async Task What_a_partner_sends_meanwhile_is_its_own()
    {
        var partner = await host.ClientForAsync("acme", "profiles:write");
        var mine = await host.Client.UploadProfileAsync("MEANWHILE-MINE", SampleFiles.Kreport(200), cancellation: Ct);
        var answers = await AtOnceAsync(Enumerable.Range(0, 20).Select(i => Upload($"MEANWHILE-{i}", i, null, i % 2 == 0 ? partner : host.Client)).Append(Upload("MEANWHILE-MINE", 201, null, partner)));
        Assert.All(answers.Take(20), a => Assert.True(a.Upload!.IsNew));
        Assert.Equal("not-found", answers[20].Refused!.Code);
        Assert.Equal(10, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE p.partner_id = 'acme' AND s.partner_id = 'acme' AND s.accession LIKE 'MEANWHILE-%'"));
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile WHERE sample_id = (SELECT sample_id FROM lab.profile WHERE id = $1)", mine.ProfileId));
    }

    private Func<Task<(string Accession, Upload? Upload, LabProblemException? Refused)>> Upload(string accession, int seed, string? key, LabClient? client = null) => async () =>
    {
        try
        {
            return (accession, await (client ?? host.Client).UploadProfileAsync(accession, SampleFiles.Kreport(seed), new UploadOptions { IdempotencyKey = key }, Ct), null);
        }
        catch (LabProblemException refused)
        {
            return (accession, null, refused);
        }
    };

    /// <summary>While nothing can be stored all of them come.</summary>
    private async Task<(string Accession, Upload? Upload, LabProblemException? Refused)[]> AtOnceAsync(IEnumerable<Func<Task<(string, Upload?, LabProblemException?)>>> uploads)
    {
        await using var connection = await host.OpenDatabaseAsync();
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using (var held = new NpgsqlCommand("LOCK TABLE lab.profile IN EXCLUSIVE MODE", connection)) await held.ExecuteNonQueryAsync(Ct);
        var sent = uploads.Select(upload => upload()).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        await transaction.RollbackAsync(Ct);
        return await Task.WhenAll(sent);
    }
}
