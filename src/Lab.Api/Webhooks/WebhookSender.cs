using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;

namespace Lab.Api.Webhooks;

/// <summary>How a try went.</summary>
/// <param name="At">When it began.</param>
/// <param name="Status">delivered or failed.</param>
/// <param name="ResponseCode">The HTTP status that was answered; null where none was.</param>
/// <param name="DurationMs">How long it took.</param>
/// <param name="Error">Why it failed: timeout, connection-failed, tls-failed, target-refused, redirect, response-status, key-changed.</param>
public sealed record DeliveryAttempt(DateTimeOffset At, string Status, int? ResponseCode, int DurationMs, string? Error);

/// <summary>Sends one request, and tells how it went. What a receiver says beyond its status is ignored.</summary>
public sealed class WebhookSender(WebhookTargets targets, TimeProvider clock) : IDisposable
{
    public const string Failed = "failed";

    /// <summary>Why a try failed.</summary>
    public const string Refused = "target-refused", Redirect = "redirect", Answered = "response-status", Late = "timeout", NoTls = "tls-failed", NoConnection = "connection-failed", KeyChanged = "key-changed";

    /// <summary>Of a whole try.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private const int MostRead = 64 * 1024;

    private static readonly ProductInfoHeaderValue Agent = new("Lab-Webhooks", typeof(WebhookSender).Assembly.GetName().Version!.ToString(3));

    private readonly HttpMessageInvoker http = targets.Client();

    public async Task<DeliveryAttempt> SendAsync(string url, string message, string body, IReadOnlyList<byte[]> secrets, CancellationToken cancellation)
    {
        var (at, watch) = (clock.GetUtcNow(), Stopwatch.GetTimestamp());
        var (code, error) = await TryAsync(url, message, body, secrets, at, cancellation);
        return new(at, error is null ? Delivery.Delivered : Failed, code, (int)Stopwatch.GetElapsedTime(watch).TotalMilliseconds, error);
    }

    public void Dispose() => http.Dispose();

    private async Task<(int? Code, string? Error)> TryAsync(string url, string message, string body, IReadOnlyList<byte[]> secrets, DateTimeOffset at, CancellationToken cancellation)
    {
        // What was allowed when the webhook was made may not be now.
        if (targets.Refusal(url) is not null) return (null, Refused);
        var timestamp = at.ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.UserAgent.Add(Agent);
        request.Headers.Add("webhook-id", message);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSecrets.Sign(secrets, message, timestamp, body));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            using var response = await http.SendAsync(request, limit.Token);
            await DrainAsync(response, limit.Token);
            return ((int)response.StatusCode, response.IsSuccessStatusCode ? null : response.StatusCode is >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest ? Redirect : Answered);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, Late);
        }
        catch (HttpRequestException e)
        {
            return (null, e.InnerException is RefusedTargetException ? Refused : e.InnerException is AuthenticationException ? NoTls : NoConnection);
        }
    }

    /// <summary>A little, so that the connection can serve again; the status has been said.</summary>
    private static async Task DrainAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await using var content = await response.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[8 * 1024];
            for (var read = 0; read < MostRead;)
            {
                var count = await content.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, MostRead - read)), cancellation);
                if (count == 0) return;
                read += count;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // A body that breaks off changes nothing.
        }
    }
}
