using System.Net;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Storage;

public sealed class IdempotencyTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_request_gets_the_first_answer_byte_for_byte()
    {
        using var http = host.Http();
        using var first = await PostAsync(http, "REPLAY", "replay-1", SampleFiles.Kreport(1));
        using var second = await PostAsync(http, "REPLAY", "replay-1", SampleFiles.Kreport(1));
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, second.StatusCode);
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(["true"], second.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(Ct), await second.Content.ReadAsByteArrayAsync(Ct));
    }

    [Fact]
    public async Task The_body_counts_decoded_so_gzip_replays_plain()
    {
        var options = new UploadOptions { IdempotencyKey = "decoded" };
        var plain = await host.Client.UploadProfileAsync("DECODED", SampleFiles.Kreport(2), options, Ct);
        var gzip = await host.Client.UploadProfileAsync("DECODED", SampleFiles.Gzip(SampleFiles.Kreport(2)), options, Ct);
        Assert.True(gzip.IsReplayed);
        Assert.Equal(plain.ProfileId, gzip.ProfileId);
    }

    [Fact]
    public async Task The_key_with_another_body_path_or_query_is_422()
    {
        var options = new UploadOptions { IdempotencyKey = "mismatch" };
        await host.Client.UploadProfileAsync("MISMATCH", SampleFiles.Kreport(3), options, Ct);
        foreach (var (accession, seed, other) in new[] { ("MISMATCH", 4, options), ("MISMATCH-2", 3, options), ("MISMATCH", 3, options with { Format = "kraken2-report" }) })
        {
            var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(seed), other, Ct));
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency-mismatch"), (refused.StatusCode, refused.Code));
        }
        Assert.Null(await host.ScalarAsync<string>("SELECT accession FROM lab.sample WHERE accession = 'MISMATCH-2'"));
    }

    [Fact]
    public async Task Only_successes_are_kept_and_a_key_is_its_clients_own()
    {
        var options = new UploadOptions { IdempotencyKey = "own" };
        await Assert.ThrowsAsync<LabProblemException>(() => host.Client.UploadProfileAsync("OWN", [], options, Ct));
        var mended = await host.Client.UploadProfileAsync("OWN", SampleFiles.Kreport(5), options, Ct);
        Assert.Equal((true, false), (mended.IsNew, mended.IsReplayed));
        var other = await host.ClientForAsync(null, "profiles:write");
        Assert.True((await other.UploadProfileAsync("OWN-2", SampleFiles.Kreport(6), options, Ct)).IsNew);
    }

    [Fact]
    public async Task Many_at_once_have_one_effect_and_one_answer()
    {
        var options = new UploadOptions { IdempotencyKey = "at-once" };
        var uploads = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => host.Client.UploadProfileAsync("KEYED", SampleFiles.Kreport(7), options, Ct)));
        Assert.All(uploads, u => Assert.True(u.IsNew));
        Assert.Single(uploads, u => !u.IsReplayed);
        Assert.Single(uploads.Select(u => u.AnalysisId).Distinct());
    }

    [Fact]
    public async Task While_the_first_request_runs_the_next_is_409_with_Retry_After()
    {
        await using var connection = await host.OpenDatabaseAsync();
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        // The first request's row, not yet committed: its client is the lab's key.
        await using (var insert = new NpgsqlCommand("""
            INSERT INTO lab.idempotency (client, key, fingerprint, created_at) SELECT id, 'running', '\x00', now() FROM lab.api_key WHERE name = 'Demo'
            """, connection, transaction))
        {
            await insert.ExecuteNonQueryAsync(Ct);
        }
        using var http = host.Http();
        using var waiting = await PostAsync(http, "RUNNING", "running", SampleFiles.Kreport(8));
        await Problems.AssertAsync(waiting, 409, "request-in-progress");
        Assert.NotNull(waiting.Headers.RetryAfter);
        await transaction.RollbackAsync(Ct);
        using var after = await PostAsync(http, "RUNNING", "running", SampleFiles.Kreport(8));
        Assert.Equal(HttpStatusCode.Accepted, after.StatusCode);
    }

    [Fact]
    public async Task A_key_too_long_is_400()
    {
        using var http = host.Http();
        using var answer = await PostAsync(http, "LONG", new string('k', 256), SampleFiles.Kreport(9));
        await Problems.AssertAsync(answer, 400);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string accession, string key, byte[] content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"v1/samples/{accession}/profiles") { Content = new ByteArrayContent(content) };
        request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request, Ct);
    }
}
