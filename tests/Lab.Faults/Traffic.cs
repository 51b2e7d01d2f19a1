using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Lab.Faults;

/// <summary>Instruments that post samples whatever happens: each repeats an upload, to any node, until it is acknowledged. Some send an Idempotency-Key, some send many samples as NDJSON.</summary>
internal sealed class Traffic(Laboratory laboratory, Ledger ledger, string prefix, int seed) : IDisposable
{
    private const int Lines = 40;
    private readonly SocketsHttpHandler handler = new() { ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2) };

    /// <summary>Posts until it is told to stop; then finishes what it began, so that every sample is acknowledged in the end.</summary>
    public Task RunAsync(int clients, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => ClientAsync(client, stop))));

    private async Task ClientAsync(int client, CancellationToken stop)
    {
        var random = new Random(seed + client);
        using var http = new HttpClient(handler, disposeHandler: false) { Timeout = TimeSpan.FromSeconds(20) };
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var accession = string.Create(CultureInfo.InvariantCulture, $"{prefix}-{client}-{n}");
            if (client % 4 == 3) await UntilAcceptedAsync(() => BatchAsync(http, accession, random));
            else await UntilAcceptedAsync(() => SingleAsync(http, accession, client % 2 == 0 ? $"key-{accession}" : null, random));
            // About as fast as two cores analyse: else the check waits longer for what is queued than the experiment took.
            await Task.Delay(client % 4 == 3 ? 200 : 50, CancellationToken.None);
        }
    }

    private static async Task UntilAcceptedAsync(Func<Task<bool>> post)
    {
        for (var attempt = 0; !await post(); attempt++)
        {
            if (attempt > 600) throw new InvalidOperationException("An upload was not accepted in 600 attempts.");
            await Task.Delay(Math.Min(1000, 20 << Math.Min(attempt, 6)));
        }
    }

    public async Task<bool> SingleAsync(HttpClient http, string accession, string? key, Random random)
    {
        var body = Kreport(accession);
        var sha = Convert.ToHexStringLower(SHA256.HashData(body));
        ledger.Invoke(accession, sha, key);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Any(random), $"v1/samples/{accession}/profiles")) { Content = new ByteArrayContent(body) };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        var (answer, status, retry) = await SendAsync(http, request);
        if (status is 200 or 202)
        {
            using var json = JsonDocument.Parse(answer!);
            ledger.Ended(new(accession, sha, key, Outcome.Ok, status, false, json.RootElement.GetProperty("profileId").GetGuid(), json.RootElement.GetProperty("analysisId").GetGuid()));
            return true;
        }
        ledger.Ended(new(accession, sha, key, status is 0 or >= 500 ? Outcome.Unknown : Outcome.Fail, status, retry, null, null));
        return false;
    }

    private async Task<bool> BatchAsync(HttpClient http, string accession, Random random)
    {
        var lines = Enumerable.Range(0, Lines).Select(line => Native(string.Create(CultureInfo.InvariantCulture, $"{accession}-{line}"))).ToArray();
        foreach (var line in lines) ledger.Invoke(line.Accession, line.Sha256, null);
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line.Text + "\n"))));
        content.Headers.ContentType = new("application/x-ndjson");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Any(random), "v1/profiles")) { Content = content };
        var (answer, status, retry) = await SendAsync(http, request);
        var verdicts = status == 202 ? answer!.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
        for (var i = 0; i < lines.Length; i++)
        {
            var (line, outcome, profile, analysis) = (lines[i], status is 0 or >= 500 ? Outcome.Unknown : Outcome.Fail, (Guid?)null, (Guid?)null);
            if (i < verdicts.Length)
            {
                using var json = JsonDocument.Parse(verdicts[i]);
                if (json.RootElement.GetProperty("status").GetString() is "accepted" or "duplicate")
                {
                    (outcome, profile, analysis) = (Outcome.Ok, json.RootElement.GetProperty("profileId").GetGuid(), json.RootElement.GetProperty("analysisId").GetGuid());
                }
            }
            ledger.Ended(new(line.Accession, line.Sha256, null, outcome, status, retry, profile, analysis));
        }
        return verdicts.Length == lines.Length;
    }

    private static async Task<(string? Body, int Status, bool RetryAfter)> SendAsync(HttpClient http, HttpRequestMessage request)
    {
        request.Headers.Add("X-Api-Key", Node.Key);
        try
        {
            using var response = await http.SendAsync(request);
            return (await response.Content.ReadAsStringAsync(), (int)response.StatusCode, response.Headers.RetryAfter is not null);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return (null, 0, false);
        }
    }

    private Uri Any(Random random) => laboratory.Apis[random.Next(laboratory.Apis.Length)].Address;

    /// <summary>A Kraken2 report whose counts are the accession's: equal names give equal bytes.</summary>
    public static byte[] Kreport(string accession)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(accession));
        var (coli, faecalibacterium, bacteroides) = (50_000 + BitConverter.ToUInt16(digest, 0), 400_000 + BitConverter.ToUInt16(digest, 2), 300_000 + BitConverter.ToUInt16(digest, 4));
        var all = coli + faecalibacterium + bacteroides;
        var text = new StringBuilder();
        Row(all, 0, "R", 1, 0, "root");
        Row(all, 0, "D", 2, 1, "Bacteria");
        Row(coli, coli, "G", 561, 2, "Escherichia");
        Row(faecalibacterium, faecalibacterium, "G", 216851, 2, "Faecalibacterium");
        Row(bacteroides, bacteroides, "G", 816, 2, "Bacteroides");
        return Encoding.ASCII.GetBytes(text.ToString());

        void Row(int clade, int direct, string rank, int taxid, int depth, string name) =>
            text.Append(CultureInfo.InvariantCulture, $"{100.0 * clade / all,6:0.00}\t{clade}\t{direct}\t{rank}\t{taxid}\t{new string(' ', 2 * depth)}{name}\n");
    }

    /// <summary>A line of NDJSON whose counts are the accession's.</summary>
    public static (string Accession, string Text, string Sha256) Native(string accession)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(accession));
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{{\"accession\":\"{accession}\",\"assay\":\"amplicon-16s\",\"unit\":\"reads\",\"taxa\":[{{\"taxid\":561,\"value\":{2000 + BitConverter.ToUInt16(digest, 0)}}},{{\"taxid\":216851,\"value\":{9000 + BitConverter.ToUInt16(digest, 2)}}},{{\"taxid\":816,\"value\":{7000 + BitConverter.ToUInt16(digest, 4)}}}]}}");
        return (accession, text, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text))));
    }

    public void Dispose() => handler.Dispose();
}
