using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Lab.Faults;

/// <summary>A fault under load.</summary>
/// <param name="Name">As <c>--only</c> takes it.</param>
/// <param name="Numbers">Of the table of faults that it stands for.</param>
/// <param name="Says">What happens.</param>
/// <param name="Inject">Does it for about so many seconds.</param>
/// <param name="Clients">How many post meanwhile.</param>
internal sealed record Experiment(string Name, string Numbers, string Says, Func<Laboratory, Random, double, Task> Inject, int Clients = 12);

internal static class Experiments
{
    public static readonly ImmutableArray<Experiment> All =
    [
        new("api-killed", "1, 2", "kill -9 of an API node in the middle of uploads, again and again", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                var node = lab.Apis[random.Next(lab.Apis.Length)];
                await Task.Delay(random.Next(200, 1500));
                await node.KillAsync();
                await node.StartAsync();
            });
        }),
        new("api-rolled", "3", "SIGTERM of the API nodes, one after the other", async (lab, _, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                foreach (var node in lab.Apis)
                {
                    if (await node.TerminateAsync() > 30) throw new InvalidOperationException("An API node did not end within 30 s of SIGTERM.");
                    await node.StartAsync();
                }
            });
        }),
        new("worker-killed", "4, 5, 6", "kill -9 of a worker every two seconds", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                var node = lab.Workers[random.Next(lab.Workers.Length)];
                await node.KillAsync();
                await Task.WhenAll(node.StartAsync(), Task.Delay(2000));
            });
        }),
        new("worker-stopped", "7", "SIGSTOP of a worker for longer than its lease, then SIGCONT", async (lab, random, _) =>
        {
            var node = lab.Workers[random.Next(lab.Workers.Length)];
            await node.StopAsync();
            await Task.Delay(TimeSpan.FromSeconds(35));
            await node.ContinueAsync();
            await Task.Delay(TimeSpan.FromSeconds(3));
        }, Clients: 4),
        new("hangfire-emptied", "14", "every table of Hangfire emptied, again and again", async (lab, _, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(1500);
                await lab.ExecuteAsync("""
                    DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('hangfire.%I', tablename), ', ') || ' CASCADE' FROM pg_tables WHERE schemaname = 'hangfire' AND tablename <> 'schema'); END $$
                    """);
            });
        }),
        new("database-restarted", "15", "PostgreSQL stopped and started under load", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(random.Next(1000, 4000));
                await lab.RestartPostgresAsync();
            });
        }),
        new("database-killed", "16", "kill -9 of PostgreSQL under load", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(random.Next(1000, 4000));
                await lab.KillPostgresAsync();
            });
        }),
        new("connections-terminated", "19", "twenty connections a second terminated", async (lab, _, seconds) =>
        {
            await using var admin = await lab.OpenAsync();
            await RepeatAsync(seconds, async () =>
            {
                await using var terminate = new NpgsqlCommand(
                    "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) victim", admin);
                await terminate.ExecuteNonQueryAsync();
                await Task.Delay(50);
            });
        }),
        new("connections-used-up", "20, 21", "every connection that PostgreSQL allows taken by somebody else", async (lab, _, seconds) =>
        {
            var taken = new List<NpgsqlConnection>();
            try
            {
                await RepeatAsync(seconds, async () =>
                {
                    try
                    {
                        taken.Add(await lab.OpenAsync());
                    }
                    catch (NpgsqlException)
                    {
                        await Task.Delay(100);
                    }
                });
            }
            finally
            {
                foreach (var connection in taken) await connection.DisposeAsync();
            }
        }),
        new("transaction-held-open", "22", "a transaction that holds back the vacuum", async (lab, _, seconds) =>
        {
            await using var admin = await lab.OpenAsync();
            await using var open = new NpgsqlCommand("SET application_name = 'lab-faults'; BEGIN; SELECT txid_current()", admin);
            await open.ExecuteNonQueryAsync();
            await Task.Delay(TimeSpan.FromSeconds(seconds));
        }),
        new("answer-lost", "37", "the connection of an upload is reset when its answer comes, so that it is repeated", (lab, random, seconds) => Resets.RunAsync(lab, random, seconds)),
        new("everything", "49", "any of these at random, of every node and the database", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(random.Next(300, 2000));
                switch (random.Next(5))
                {
                    case 0:
                        await lab.KillPostgresAsync();
                        break;
                    case 1:
                        await lab.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
                        break;
                    default:
                        var node = lab.Nodes.ElementAt(random.Next(lab.Nodes.Count()));
                        await node.KillAsync();
                        await node.StartAsync();
                        break;
                }
            });
        }),
    ];

    private static async Task RepeatAsync(double seconds, Func<Task> once)
    {
        for (var since = System.Diagnostics.Stopwatch.StartNew(); since.Elapsed.TotalSeconds < seconds;) await once();
    }
}

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
            using (var lossy = new HttpClient { BaseAddress = address })
            {
                try
                {
                    using var lost = await lossy.SendAsync(Upload(accession));
                    throw new InvalidOperationException("An answer came through the way that loses every answer.");
                }
                catch (HttpRequestException)
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
