using System.Net;
using System.Net.Sockets;

namespace Lab.Faults;

/// <summary>A way to an API node on which answers get lost: the request goes through whole, and the connection is reset at the first byte that comes back.</summary>
internal static class Resets
{
    public static async Task RunAsync(Laboratory laboratory, Random random, double seconds)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var accepting = AcceptAsync(listener, laboratory.Apis[0].Address, stop.Token);
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        using var direct = new HttpClient { BaseAddress = laboratory.Apis[0].Address };
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var accession = $"RESET-{random.Next():X8}-{n}";
            using (var lossy = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) })
            {
                try
                {
                    using var lost = await lossy.SendAsync(Upload(accession));
                    throw new InvalidOperationException("An answer came through the way that loses every answer.");
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
                {
                }
            }
            using var first = await direct.SendAsync(Upload(accession));
            using var second = await direct.SendAsync(Upload(accession));
            var (a, b) = (await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
            if (!first.IsSuccessStatusCode || a != b || !second.Headers.Contains("Idempotency-Replayed")) throw new InvalidOperationException($"The answer to {accession} changed: {(int)first.StatusCode} {a} / {(int)second.StatusCode} {b}");
            if (await laboratory.ScalarAsync<long>("SELECT count(*) FROM lab.analysis a JOIN lab.sample s ON s.id = a.sample_id WHERE s.accession = $1", accession) != 1) throw new InvalidOperationException($"{accession} was doubled.");
        }
        listener.Stop();
        await accepting;

        HttpRequestMessage Upload(string accession)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"v1/samples/{accession}/profiles", UriKind.Relative)) { Content = new ByteArrayContent(Traffic.Kreport(accession)) };
            request.Headers.Add("X-Api-Key", Node.Key);
            request.Headers.Add("Idempotency-Key", accession);
            return request;
        }
    }

    private static async Task AcceptAsync(TcpListener listener, Uri target, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptSocketAsync(stop);
                using var service = new TcpClient();
                await service.ConnectAsync(target.Host, target.Port, stop);
                await using var there = service.GetStream();
                var buffer = new byte[64 * 1024];
                var answered = there.ReadAsync(buffer.AsMemory(0, 1), stop).AsTask();
                var request = new byte[64 * 1024];
                while (!answered.IsCompleted)
                {
                    var received = client.ReceiveAsync(request, stop).AsTask();
                    if (await Task.WhenAny(received, answered) == answered) break;
                    var length = await received;
                    if (length == 0) break;
                    await there.WriteAsync(request.AsMemory(0, length), stop);
                }
                client.LingerState = new LingerOption(true, 0);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
            }
        }
    }
}
