using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Lab.Api.Tests.Audit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Lab.Api.Tests.Webhooks;

/// <summary>A request as a receiver got it.</summary>
public sealed record Received(string Path, string Id, string Timestamp, string Signature, string ContentType, string Body)
{
    /// <summary>Whether one of the signatures is the secret's, by the text of standard-webhooks.</summary>
    public bool IsSignedWith(string secret)
    {
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var expected = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Id}.{Timestamp}.{Body}")));
        return Signature.Split(' ').Any(s => s == $"v1,{expected}");
    }
}

/// <summary>A partner's endpoint on a loopback port, which answers as it is told.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Received> requests = new();

    private Receiver(WebApplication app) => this.app = app;

    /// <summary>What is answered, by path; 204 where nothing is said.</summary>
    public ConcurrentDictionary<string, Func<HttpContext, Task>> Answers { get; } = new();

    public IReadOnlyList<Received> Requests => [.. requests];

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public Uri At(string path) => new($"{app.Urls.Single()}/{path}");

    public void Answer(string path, int status) => Answers[$"/{path}"] = context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>The requests to a path, as soon as there are so many.</summary>
    public async Task<IReadOnlyList<Received>> WaitAsync(string path, int count)
    {
        await ReadAuditTests.EventuallyAsync(() => Task.FromResult(Of(path).Count >= count));
        return Of(path);
    }

    public IReadOnlyList<Received> Of(string path) => [.. requests.Where(r => r.Path == $"/{path}")];

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = context.Request.Headers;
        requests.Enqueue(new(context.Request.Path, headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), context.Request.ContentType ?? "", await reader.ReadToEndAsync()));
        if (Answers.TryGetValue(context.Request.Path, out var answer)) await answer(context);
        else context.Response.StatusCode = 204;
    }
}
