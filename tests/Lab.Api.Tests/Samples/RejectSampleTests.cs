using System.Net.Http.Json;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Samples;

public sealed class RejectSampleTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rejected_sample_says_so_and_takes_no_profile()
    {
        await host.Client.PutSampleAsync("REJECTED", new() { Subject = "S" }, Ct);
        var rejected = await host.Client.RejectSampleAsync("REJECTED", "insufficient-material", "Tube arrived empty.", Ct);
        Assert.Equal(("rejected", "insufficient-material", "Tube arrived empty."), (rejected.Status, rejected.Rejection!.Reason, rejected.Rejection.Note));
        Assert.Equal("rejected", (await host.Client.GetSampleAsync("REJECTED", Ct)).Status);
        Assert.Equal("sample-rejected", await CodeAsync(() => host.Client.UploadProfileAsync("REJECTED", SampleFiles.Kreport(1), cancellation: Ct)));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE accession = 'REJECTED'"));
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit WHERE action = 'sample.rejected' AND object = (SELECT 'sample:' || id FROM lab.sample WHERE accession = 'REJECTED')"));
    }

    [Fact]
    public async Task After_a_release_it_has_to_be_withdrawn_first()
    {
        var upload = await host.Client.UploadProfileAsync("RELEASED", SampleFiles.Kreport(2), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal("withdraw-first", await CodeAsync(() => host.Client.RejectSampleAsync("RELEASED", "mislabelled", cancellation: Ct)));
        await host.Client.WithdrawReportAsync(report.Id, (await host.Client.GetReportAsync(report.Id, cancellation: Ct)).ETag!, "sample-mismatch", "Mislabelled.", Ct);
        Assert.Equal("rejected", (await host.Client.RejectSampleAsync("RELEASED", "mislabelled", cancellation: Ct)).Status);
    }

    [Fact]
    public async Task Another_partners_sample_is_not_there()
    {
        await host.Client.PutSampleAsync("THEIRS", new(), Ct);
        var other = await host.ClientForAsync("reject-other", "samples:write");
        Assert.Equal("not-found", await CodeAsync(() => other.RejectSampleAsync("THEIRS", "mislabelled", cancellation: Ct)));
        Assert.Equal("not-found", await CodeAsync(() => host.Client.RejectSampleAsync("NOBODYS", "mislabelled", cancellation: Ct)));
    }

    [Theory]
    [InlineData("""{ "reason": "Wrong Tube" }""", 422, "value-invalid")]
    [InlineData("""{ "note": "x" }""", 400, "body-invalid")]
    [InlineData("""{ "reason": "x", "by": "me" }""", 400, "body-invalid")]
    [InlineData("", 400, "body-invalid")]
    public async Task A_reason_is_a_code(string body, int status, string code)
    {
        await host.Client.PutSampleAsync("CODED", new(), Ct);
        using var http = host.Http();
        using var content = new StringContent(body);
        await Problems.AssertAsync(await http.PostAsync("v1/samples/CODED/reject", content, Ct), status, code);
    }

    [Fact]
    public async Task If_Match_is_honoured()
    {
        await host.Client.PutSampleAsync("MATCHED", new(), Ct);
        using var http = host.Http();
        using var read = await http.GetAsync("v1/samples/MATCHED", Ct);
        await host.Client.PutSampleAsync("MATCHED", new() { Subject = "LATER" }, Ct);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/samples/MATCHED/reject") { Content = JsonContent.Create(new { reason = "mislabelled" }) };
        request.Headers.IfMatch.Add(read.Headers.ETag!);
        await Problems.AssertAsync(await http.SendAsync(request, Ct), 412, "precondition-failed");
    }

    [Fact]
    public async Task A_retry_that_waits_finds_the_sample_rejected_meanwhile()
    {
        var upload = await host.Client.UploadProfileAsync("RETRIED", SampleFiles.ShallowKreport(9), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        await host.ScalarAsync<int>("UPDATE lab.analysis SET status = 'cancelled', lease_token = NULL, report_id = NULL WHERE id = $1", upload.AnalysisId);
        await using var holder = await host.OpenDatabaseAsync();
        await using var transaction = await holder.BeginTransactionAsync(Ct);
        await using (var hold = new Npgsql.NpgsqlCommand("SELECT FROM lab.analysis WHERE id = $1 FOR UPDATE", holder) { Parameters = { new() { Value = upload.AnalysisId } } }) await hold.ExecuteNonQueryAsync(Ct);
        var retry = Record.ExceptionAsync(() => host.Client.RetryAnalysisAsync(upload.AnalysisId, Ct)).AsTask();
        await Task.Delay(300, Ct);
        var reject = Record.ExceptionAsync(() => host.Client.RejectSampleAsync("RETRIED", "mislabelled", cancellation: Ct)).AsTask();
        await Task.Delay(300, Ct);
        await transaction.RollbackAsync(Ct);
        // Whichever came first, the other saw it: what is rejected has nothing open.
        await Task.WhenAll(retry, reject);
        Assert.True(await retry is LabProblemException || await reject is null);
        if (await reject is null) Assert.DoesNotContain((await host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(10), Ct)).Status, new[] { "queued", "running" });
    }

    [Fact]
    public async Task Registered_and_uploaded_at_once_a_sample_is_one_and_nobody_is_refused()
    {
        for (var i = 0; i < 20; i++)
        {
            var accession = $"AT-ONCE-{i}";
            var calls = Enumerable.Range(0, 4).Select(_ => (Task)host.Client.PutSampleAsync(accession, new() { Subject = "S" }, Ct))
                .Append(host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(i), cancellation: Ct));
            await Task.WhenAll(calls);
            Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM lab.sample WHERE accession = $1", accession));
        }
    }

    private static async Task<string?> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<LabProblemException>(call)).Code;
}
