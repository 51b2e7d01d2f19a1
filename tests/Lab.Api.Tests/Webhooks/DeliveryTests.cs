using System.Diagnostics;
using System.Text.Json;
using Lab.Api.Tests.Audit;
using Lab.Client;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Lab.Api.Tests.Webhooks;

/// <summary>What happens to a delivery when its receiver fails, hangs, redirects, or is gone; and when the service itself dies.</summary>
public sealed class DeliveryTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_fails_is_tried_by_the_schedule_always_under_the_same_id_then_given_up_and_can_be_replayed()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer("fails", 500);
        var webhook = await WebhookAsync(receiver.At("fails"));
        await RejectAsync("FAILS");
        // The schedule of the specification, after each failure.
        string[] waits = ["00:00:05", "00:05:00", "00:30:00", "02:00:00", "05:00:00", "10:00:00", "14:00:00", "20:00:00", "1.00:00:00"];
        Assert.InRange(waits.Sum(w => TimeSpan.Parse(w, System.Globalization.CultureInfo.InvariantCulture).TotalDays), 3, 3.5);
        for (var tries = 1; tries <= waits.Length; tries++)
        {
            var pending = await DeliveryAsync(webhook.Id, d => d.Attempts.Count == tries);
            Assert.Equal("pending", pending.Status);
            var last = pending.Attempts[^1];
            Assert.Equal(("failed", 500, "response-status"), (last.Status, last.ResponseCode!.Value, last.Error));
            var wait = pending.NextAttemptAt!.Value - last.At;
            var planned = TimeSpan.Parse(waits[tries - 1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(wait, planned * 0.9, planned * 1.1 + TimeSpan.FromSeconds(5));
            // Time passes.
            await host.ScalarAsync<int>("UPDATE lab.delivery SET due_at = now() WHERE id = $1", pending.Id);
        }
        var dead = await DeliveryAsync(webhook.Id, d => d.Attempts.Count == 10);
        Assert.Equal(("dead", null), (dead.Status, dead.NextAttemptAt));
        var requests = receiver.Of("fails");
        Assert.Equal(10, requests.Count);
        Assert.Equal([dead.MessageId], requests.Select(r => r.Id).Distinct());
        Assert.Single(requests.Select(r => r.Body).Distinct());
        Assert.All(requests, r => Assert.True(r.IsSignedWith(webhook.Secret)));

        receiver.Answer("fails", 200);
        await host.Client.ReplayDeliveryAsync(webhook.Id, dead.Id, Ct);
        var delivered = await DeliveryAsync(webhook.Id, d => d.Status == "delivered");
        Assert.Equal(11, delivered.Attempts.Count);
        Assert.Equal(dead.MessageId, receiver.Of("fails")[^1].Id);
    }

    [Fact]
    public async Task A_receiver_that_hangs_is_left_after_fifteen_seconds_and_keeps_no_other_waiting()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers["/hangs"] = context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        var (hanging, other) = (await WebhookAsync(receiver.At("hangs")), await WebhookAsync(receiver.At("other")));
        for (var i = 0; i < 6; i++) await RejectAsync($"HANGS-{i}");
        var clock = Stopwatch.StartNew();
        await receiver.WaitAsync("other", 6);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        // Four at once to one receiver, not more.
        await receiver.WaitAsync("hangs", 4);
        await Task.Delay(1000, Ct);
        Assert.Equal(4, receiver.Of("hangs").Count);
        var late = await DeliveryAsync(hanging.Id, d => d.Attempts.Count == 1);
        Assert.Equal(("timeout", null), (late.Attempts[0].Error, late.Attempts[0].ResponseCode));
        Assert.InRange(late.Attempts[0].DurationMs, 14_500, 20_000);
        await host.Client.DeleteWebhookAsync(hanging.Id, Ct);
        await host.Client.DeleteWebhookAsync(other.Id, Ct);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers["/redirects"] = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = receiver.At("elsewhere").ToString();
            return Task.CompletedTask;
        };
        var webhook = await WebhookAsync(receiver.At("redirects"));
        await RejectAsync($"REDIRECTS-{status}");
        var delivery = await DeliveryAsync(webhook.Id, d => d.Attempts.Count == 1);
        Assert.Equal(("pending", "redirect", status), (delivery.Status, delivery.Attempts[0].Error, delivery.Attempts[0].ResponseCode!.Value));
        Assert.Empty(receiver.Of("elsewhere"));
        await host.Client.DeleteWebhookAsync(webhook.Id, Ct);
    }

    [Fact]
    public async Task Gone_disables_the_webhook()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer("gone", 410);
        var webhook = await WebhookAsync(receiver.At("gone"));
        await RejectAsync("GONE-1");
        var delivery = await DeliveryAsync(webhook.Id, d => d.Attempts.Count == 1);
        Assert.Equal("dead", delivery.Status);
        Assert.NotNull((await host.Client.GetWebhookAsync(webhook.Id, Ct)).DisabledAt);
        await RejectAsync("GONE-2");
        await Task.Delay(2000, Ct);
        Assert.Single(receiver.Of("gone"));
        Assert.Single((await host.Client.ListDeliveriesAsync(webhook.Id, cancellation: Ct)).Items);
        foreach (var call in new Func<Task>[] { () => host.Client.TestWebhookAsync(webhook.Id, Ct), () => host.Client.ReplayDeliveryAsync(webhook.Id, delivery.Id, Ct) })
        {
            Assert.Equal("webhook-disabled", (await Assert.ThrowsAsync<LabProblemException>(call)).Code);
        }
        Assert.Equal("dead", (await host.Client.ListDeliveriesAsync(webhook.Id, cancellation: Ct)).Items[0].Status);
    }

    [Fact]
    public async Task A_long_answer_is_not_read_to_its_end()
    {
        await using var receiver = await Receiver.StartAsync();
        var sent = 0L;
        receiver.Answers["/talks"] = async context =>
        {
            var chunk = new byte[64 * 1024];
            try
            {
                // It never ends.
                while (true)
                {
                    await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
                    Interlocked.Add(ref sent, chunk.Length);
                    // A connection that is gone takes whatever is written to it, until this is noticed.
                    await Task.Delay(5, context.RequestAborted);
                }
            }
            catch (OperationCanceledException)
            {
                // The sender has heard enough.
            }
        };
        var webhook = await WebhookAsync(receiver.At("talks"));
        await RejectAsync("TALKS");
        var delivery = await DeliveryAsync(webhook.Id, d => d.Attempts.Count == 1);
        Assert.Equal(("delivered", 200), (delivery.Status, delivery.Attempts[0].ResponseCode!.Value));
        Assert.True(delivery.Attempts[0].DurationMs < 10_000, $"{delivery.Attempts[0].DurationMs} ms");
        Assert.True(Interlocked.Read(ref sent) < 32L * 1024 * 1024, $"{sent}");
        await host.Client.DeleteWebhookAsync(webhook.Id, Ct);
    }

    [Fact]
    public async Task Nothing_listens_is_a_failure_with_its_reason()
    {
        Uri nowhere;
        await using (var receiver = await Receiver.StartAsync()) nowhere = receiver.At("nobody");
        var webhook = await WebhookAsync(nowhere);
        await RejectAsync("NOBODY");
        Assert.Equal("connection-failed", (await DeliveryAsync(webhook.Id, d => d.Attempts.Count == 1)).Attempts[0].Error);
        await host.Client.DeleteWebhookAsync(webhook.Id, Ct);
    }

    [Fact]
    public async Task When_the_host_dies_while_it_sends_or_Hangfire_forgets_everything_the_delivery_arrives_under_the_same_id()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers["/dies"] = context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        var webhook = await WebhookAsync(receiver.At("dies"));
        await RejectAsync("DIES");
        var first = (await receiver.WaitAsync("dies", 1))[0];
        await host.RestartAsync();
        receiver.Answer("dies", 200);
        await host.EmptyHangfireAsync();
        await host.ScalarAsync<int>("UPDATE lab.delivery SET lease_until = now()");
        var delivery = await DeliveryAsync(webhook.Id, d => d.Status == "delivered");
        Assert.Equal(first.Id, delivery.MessageId);
        Assert.Equal([first.Id], receiver.Of("dies").Select(r => r.Id).Distinct());
        await host.Client.DeleteWebhookAsync(webhook.Id, Ct);
    }

    [Fact]
    public async Task The_npm_package_standardwebhooks_accepts_the_signatures_of_both_secrets_and_no_other()
    {
        var package = Environment.GetEnvironmentVariable("STANDARDWEBHOOKS_PATH");
        Assert.SkipUnless(package is not null && Directory.Exists(package), "standardwebhooks is not here: STANDARDWEBHOOKS_PATH names its folder, which .ci/run fetches with npm.");
        await using var receiver = await Receiver.StartAsync();
        var webhook = await WebhookAsync(receiver.At("npm"));
        var rotated = await host.Client.RotateWebhookSecretAsync(webhook.Id, Ct);
        await RejectAsync("NPM");
        var request = (await receiver.WaitAsync("npm", 1))[0];
        await host.Client.DeleteWebhookAsync(webhook.Id, Ct);
        Assert.Equal("sample.rejected", await VerifyAsync(rotated.Secret, request));
        Assert.Equal("sample.rejected", await VerifyAsync(webhook.Secret, request));
        Assert.Equal("No matching signature found", await VerifyAsync("whsec_" + Convert.ToBase64String(new byte[32]), request));
        Assert.Equal("No matching signature found", await VerifyAsync(rotated.Secret, request with { Body = request.Body.Replace("NPM", "NPX", StringComparison.Ordinal) }));
        Assert.Equal("No matching signature found", await VerifyAsync(rotated.Secret, request with { Id = "evt_other" }));

        async Task<string> VerifyAsync(string secret, Received received)
        {
            const string script = """
                const { Webhook } = require(process.argv[1]);
                const r = JSON.parse(process.argv[3]);
                try { console.log(new Webhook(process.argv[2]).verify(r.body, { 'webhook-id': r.id, 'webhook-timestamp': r.timestamp, 'webhook-signature': r.signature }).type); }
                catch (e) { console.log(e.message); }
                """;
            using var node = Process.Start(new ProcessStartInfo("node", ["-e", script, package!, secret, JsonSerializer.Serialize(received, JsonSerializerOptions.Web)]) { RedirectStandardOutput = true })!;
            var output = await node.StandardOutput.ReadToEndAsync(Ct);
            await node.WaitForExitAsync(Ct);
            return output.Trim();
        }
    }

    private Task<WebhookCreated> WebhookAsync(Uri url) => host.Client.CreateWebhookAsync(new() { Url = url, Events = ["sample.rejected"] }, cancellation: Ct);

    private async Task RejectAsync(string accession)
    {
        await host.Client.PutSampleAsync(accession, new(), Ct);
        await host.Client.RejectSampleAsync(accession, "mislabelled", cancellation: Ct);
    }

    /// <summary>The oldest delivery of a webhook of which this is true.</summary>
    private async Task<WebhookDelivery> DeliveryAsync(Guid webhook, Func<WebhookDelivery, bool> condition)
    {
        WebhookDelivery? found = null;
        await ReadAuditTests.EventuallyAsync(async () => (found = (await host.Client.ListDeliveriesAsync(webhook, cancellation: Ct)).Items.LastOrDefault(condition)) is not null);
        return found!;
    }
}
