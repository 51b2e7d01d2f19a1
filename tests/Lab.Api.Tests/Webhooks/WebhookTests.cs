using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Lab.Api.Tests.Audit;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Webhooks;

/// <summary>Webhooks: whose they are, what they are told, and with which signature.</summary>
public sealed class WebhookTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly string[] Every = ["report.released", "report.amended", "report.corrected", "report.withdrawn", "analysis.failed", "sample.rejected"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_is_sent_at_once_signed_and_with_nothing_but_ids()
    {
        await using var receiver = await Receiver.StartAsync();
        var created = await host.Client.CreateWebhookAsync(new() { Url = receiver.At("told"), Events = Every, Description = "All" }, cancellation: Ct);
        Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", created.Secret);
        await host.Client.PutSampleAsync("SENT", new() { Subject = "SENT-SUBJECT" }, Ct);
        var report = await host.Client.WaitForReportAsync((await host.Client.UploadProfileAsync("SENT", SampleFiles.Kreport(1), cancellation: Ct)).AnalysisId, Ct);
        var request = Assert.Single(await receiver.WaitAsync("told", 1));
        var body = JsonNode.Parse(request.Body)!;
        Assert.Equal(["type", "timestamp", "data"], body.AsObject().Select(m => m.Key));
        Assert.Equal(["accession", "reportId", "version"], body["data"]!.AsObject().Select(m => m.Key));
        Assert.Equal(("report.released", "SENT", report.Id.ToString(), 1), ((string?)body["type"], (string?)body["data"]!["accession"], (string?)body["data"]!["reportId"], (int)body["data"]!["version"]!));
        Assert.True(request.IsSignedWith(created.Secret));
        Assert.StartsWith("application/json", request.ContentType, StringComparison.Ordinal);
        Assert.InRange(long.Parse(request.Timestamp, System.Globalization.CultureInfo.InvariantCulture), report.IssuedAt.ToUnixTimeSeconds() - 1, report.IssuedAt.ToUnixTimeSeconds() + 60);
        var told = Assert.Single((await host.Client.ListEventsAsync(cancellation: Ct)).Items, e => e.Data.Accession == "SENT");
        Assert.Equal(told.Id, request.Id);
        var delivery = await DeliveredAsync(created.Id);
        Assert.Equal((told.Id, "report.released", "delivered"), (delivery.MessageId, delivery.Type, delivery.Status));
        Assert.Equal(("delivered", 204, null), (Assert.Single(delivery.Attempts).Status, delivery.Attempts[0].ResponseCode!.Value, delivery.Attempts[0].Error));
        Assert.Null(delivery.NextAttemptAt);
        await host.Client.DeleteWebhookAsync(created.Id, Ct);
    }

    [Fact]
    public async Task A_partners_webhook_gets_the_partners_events_and_the_labs_gets_all_that_it_asked_for()
    {
        await using var receiver = await Receiver.StartAsync();
        string[] scopes = ["webhooks:manage", "samples:write", "profiles:write", "reports:read"];
        var (a, b) = (await host.ClientForAsync("hook-a", scopes), await host.ClientForAsync("hook-b", scopes));
        var ofA = await a.CreateWebhookAsync(new() { Url = receiver.At("a"), Events = Every }, cancellation: Ct);
        await b.CreateWebhookAsync(new() { Url = receiver.At("b"), Events = Every }, cancellation: Ct);
        var ofLab = await host.Client.CreateWebhookAsync(new() { Url = receiver.At("lab"), Events = ["sample.rejected"] }, cancellation: Ct);
        await a.PutSampleAsync("HOOK-A", new(), Ct);
        await a.WaitForReportAsync((await a.UploadProfileAsync("HOOK-A", SampleFiles.Kreport(2), cancellation: Ct)).AnalysisId, Ct);
        await b.PutSampleAsync("HOOK-B", new(), Ct);
        await b.RejectSampleAsync("HOOK-B", "mislabelled", cancellation: Ct);
        await receiver.WaitAsync("a", 1);
        await receiver.WaitAsync("b", 1);
        await receiver.WaitAsync("lab", 1);
        await Task.Delay(1500, Ct);
        Assert.Equal(["HOOK-A"], receiver.Of("a").Select(Accession));
        Assert.Equal(["HOOK-B"], receiver.Of("b").Select(Accession));
        Assert.Equal(["HOOK-B"], receiver.Of("lab").Select(Accession));

        Assert.Equal([ofA.Id], (await a.ListWebhooksAsync(cancellation: Ct)).Items.Select(w => w.Id));
        foreach (var call in new Func<Task>[]
        {
            () => b.GetWebhookAsync(ofA.Id, Ct), () => b.DeleteWebhookAsync(ofA.Id, Ct), () => b.TestWebhookAsync(ofA.Id, Ct), () => b.RotateWebhookSecretAsync(ofA.Id, Ct), () => b.ListDeliveriesAsync(ofA.Id, cancellation: Ct),
            () => b.GetWebhookAsync(ofLab.Id, Ct), () => b.ReplayDeliveryAsync(ofA.Id, Guid.CreateVersion7(), Ct),
        })
        {
            Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(call)).Code);
        }
        await host.Client.DeleteWebhookAsync(ofLab.Id, Ct);
    }

    [Fact]
    public async Task What_is_deleted_gets_nothing_any_more()
    {
        await using var receiver = await Receiver.StartAsync();
        var partner = await host.ClientForAsync("hook-deleted", "webhooks:manage", "samples:write");
        var webhook = await partner.CreateWebhookAsync(new() { Url = receiver.At("deleted"), Events = Every }, cancellation: Ct);
        await partner.TestWebhookAsync(webhook.Id, Ct);
        await receiver.WaitAsync("deleted", 1);
        Assert.Equal(webhook.Id, (await partner.DeleteWebhookAsync(webhook.Id, Ct)).Id);
        await partner.PutSampleAsync("DELETED", new(), Ct);
        await partner.RejectSampleAsync("DELETED", "mislabelled", cancellation: Ct);
        await Task.Delay(2000, Ct);
        Assert.Single(receiver.Of("deleted"));
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => partner.GetWebhookAsync(webhook.Id, Ct))).Code);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.delivery WHERE webhook_id = $1", webhook.Id));
    }

    [Fact]
    public async Task A_test_says_that_it_is_one_and_is_tried_once()
    {
        await using var receiver = await Receiver.StartAsync();
        var webhook = await host.Client.CreateWebhookAsync(new() { Url = receiver.At("test"), Events = ["analysis.failed"] }, cancellation: Ct);
        receiver.Answer("test", 500);
        var id = await host.Client.TestWebhookAsync(webhook.Id, Ct);
        var request = Assert.Single(await receiver.WaitAsync("test", 1));
        Assert.True(request.IsSignedWith(webhook.Secret));
        Assert.Equal("webhook.test", (string?)JsonNode.Parse(request.Body)!["type"]);
        await ReadAuditTests.EventuallyAsync(async () => (await host.Client.ListDeliveriesAsync(webhook.Id, "dead", cancellation: Ct)).Items.Any(d => d.Id == id));
    }

    [Fact]
    public async Task A_test_of_a_webhook_that_is_deleted_in_the_same_moment_is_404()
    {
        var webhook = await host.Client.CreateWebhookAsync(new() { Url = new("https://partner.example/lab"), Events = ["analysis.failed"] }, cancellation: Ct);
        await using var connection = await host.OpenDatabaseAsync();
        await using var deletion = await connection.BeginTransactionAsync(Ct);
        await using (var delete = new NpgsqlCommand("DELETE FROM lab.webhook WHERE id = $1", connection) { Parameters = { new() { Value = webhook.Id } } }) await delete.ExecuteNonQueryAsync(Ct);
        var tested = host.Client.TestWebhookAsync(webhook.Id, Ct);
        await ReadAuditTests.EventuallyAsync(() => host.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"));
        await deletion.CommitAsync(Ct);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => tested)).Code);
    }

    [Fact]
    public async Task For_a_day_after_a_rotation_requests_carry_a_signature_of_each_secret()
    {
        await using var receiver = await Receiver.StartAsync();
        var webhook = await host.Client.CreateWebhookAsync(new() { Url = receiver.At("rotated"), Events = ["analysis.failed"] }, cancellation: Ct);
        var rotated = await host.Client.RotateWebhookSecretAsync(webhook.Id, Ct);
        Assert.NotEqual(webhook.Secret, rotated.Secret);
        Assert.Equal(rotated.PreviousSecretUntil, (await host.Client.GetWebhookAsync(webhook.Id, Ct)).PreviousSecretUntil);
        Assert.InRange(rotated.PreviousSecretUntil - webhook.CreatedAt, TimeSpan.FromHours(23.9), TimeSpan.FromHours(24.1));
        await host.Client.TestWebhookAsync(webhook.Id, Ct);
        var both = (await receiver.WaitAsync("rotated", 1))[0];
        Assert.Equal(2, both.Signature.Split(' ').Length);
        Assert.True(both.IsSignedWith(webhook.Secret) && both.IsSignedWith(rotated.Secret));
        await host.ScalarAsync<int>("UPDATE lab.webhook SET previous_until = now() WHERE id = $1", webhook.Id);
        await host.Client.TestWebhookAsync(webhook.Id, Ct);
        var after = (await receiver.WaitAsync("rotated", 2))[1];
        Assert.True(after.IsSignedWith(rotated.Secret) && !after.IsSignedWith(webhook.Secret));
        Assert.Null((await host.Client.GetWebhookAsync(webhook.Id, Ct)).PreviousSecretUntil);
    }

    [Fact]
    public async Task A_repeated_creation_is_one_webhook_with_the_same_secret_and_no_secret_is_stored()
    {
        var request = new WebhookRequest { Url = new("https://partner.example/hook"), Events = ["report.released"] };
        var (first, second) = (await host.Client.CreateWebhookAsync(request, "hook-once", Ct), await host.Client.CreateWebhookAsync(request, "hook-once", Ct));
        Assert.Equal((first.Id, first.Secret, first.CreatedAt), (second.Id, second.Secret, second.CreatedAt));
        Assert.Equal("idempotency-mismatch", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.CreateWebhookAsync(request with { Description = "x" }, "hook-once", Ct))).Code);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.idempotency WHERE position('whsec_'::bytea IN body) > 0"));
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.webhook w WHERE position($1 IN w::text) > 0", first.Secret["whsec_".Length..]));
        Assert.NotEqual(first.Secret, (await host.Client.CreateWebhookAsync(request, cancellation: Ct)).Secret);
    }

    [Theory]
    [InlineData("http://partner.example/hook")]
    [InlineData("https://10.1.2.3/hook")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://[::1]/hook")]
    [InlineData("https://0x0a010203/hook")]
    [InlineData("https://partner.example:22/hook")]
    [InlineData("https://user:password@partner.example/hook")]
    [InlineData("https://partner.example/hook#part")]
    [InlineData("ftp://partner.example/hook")]
    [InlineData("partner.example")]
    [InlineData("")]
    public async Task A_target_that_is_no_public_https_endpoint_is_422(string url)
    {
        using var http = host.Http();
        using var answer = await http.PostAsync("v1/webhooks", JsonContent.Create(new { url, events = new[] { "report.released" } }), Ct);
        var problem = await Problems.AssertAsync(answer, 422, "value-invalid");
        Assert.Equal("/url", problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    [Theory]
    [InlineData("""{ "url": "https://partner.example", "events": [] }""", 422)]
    [InlineData("""{ "url": "https://partner.example", "events": ["report.read"] }""", 422)]
    [InlineData("""{ "url": "https://partner.example", "events": ["report.released", "report.released"] }""", 422)]
    [InlineData("""{ "url": "https://partner.example", "events": [null] }""", 422)]
    [InlineData("""{ "url": "https://partner.example" }""", 400)]
    [InlineData("""{ "url": null, "events": ["report.released"] }""", 400)]
    [InlineData("""{ "url": "https://partner.example", "events": ["report.released"], "secret": "mine" }""", 400)]
    public async Task What_is_no_webhook_is_refused(string body, int status)
    {
        using var http = host.Http();
        using var content = new StringContent(body);
        await Problems.AssertAsync(await http.PostAsync("v1/webhooks", content, Ct), status);
    }

    [Fact]
    public async Task What_was_to_be_sent_to_a_partner_about_a_sample_that_is_anothers_now_is_not_sent()
    {
        await using var receiver = await Receiver.StartAsync();
        string[] scopes = ["webhooks:manage", "samples:write", "profiles:write", "reports:read"];
        var (first, second) = (await host.ClientForAsync("hook-first", scopes), await host.ClientForAsync("hook-second", scopes));
        receiver.Answer("first", 500);
        var hook = await first.CreateWebhookAsync(new() { Url = receiver.At("first"), Events = Every }, cancellation: Ct);
        await second.CreateWebhookAsync(new() { Url = receiver.At("second"), Events = Every }, cancellation: Ct);
        await first.PutSampleAsync("MOVED", new(), Ct);
        await first.RejectSampleAsync("MOVED", "mislabelled", cancellation: Ct);
        await receiver.WaitAsync("first", 1);
        await host.Client.PutSampleAsync("MOVED", new() { Partner = "hook-second" }, Ct);
        Assert.Equal(["MOVED"], (await receiver.WaitAsync("second", 1)).Select(Accession));
        var delivery = Assert.Single((await first.ListDeliveriesAsync(hook.Id, cancellation: Ct)).Items);
        Assert.Equal(("cancelled", null), (delivery.Status, delivery.NextAttemptAt));
        Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => first.ReplayDeliveryAsync(hook.Id, delivery.Id, Ct))).Code);
    }

    private static string? Accession(Received request) => (string?)JsonNode.Parse(request.Body)!["data"]!["accession"];

    private async Task<WebhookDelivery> DeliveredAsync(Guid webhook)
    {
        await ReadAuditTests.EventuallyAsync(async () => (await host.Client.ListDeliveriesAsync(webhook, "delivered", cancellation: Ct)).Items.Count > 0);
        return (await host.Client.ListDeliveriesAsync(webhook, cancellation: Ct)).Items[0];
    }
}
