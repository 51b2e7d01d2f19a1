using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Lab.Microbiome.Taxonomy;

namespace Lab.Benchmarks;

/// <summary>Many samples in one request to a running host, written as they are sent: neither side ever holds them all.</summary>
internal static class NdjsonUpload
{
    private const int Taxa = 200;

    /// <summary>Sends the samples through .NET's HttpClient and counts the verdicts as they come.</summary>
    public static async Task RunAsync(Uri host, string key, int samples, string prefix)
    {
        var start = Stopwatch.GetTimestamp();
        var verdicts = await SendAsync(host, key, samples, prefix, Taxa);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{samples:N0} samples of {Taxa} taxa in {seconds:N1} s = {samples / seconds:N0}/s; {string.Join(", ", verdicts.Select(v => $"{v.Status} {v.Samples:N0}"))}"));
    }

    /// <returns>How many samples were given which verdict; of a request that was refused whole, the answer.</returns>
    public static async Task<(string Status, int Samples)[]> SendAsync(Uri host, string key, int samples, string prefix, int taxa)
    {
        using var client = new HttpClient { BaseAddress = host, Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/profiles") { Content = new Lines(samples, prefix, taxa) };
        request.Headers.Add("X-Api-Key", key);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var verdicts = new Dictionary<string, int>();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            var status = response.IsSuccessStatusCode ? line.Split("\"status\":\"")[1].Split('"')[0] : line;
            verdicts[status] = verdicts.GetValueOrDefault(status) + 1;
        }
        return [.. verdicts.Select(v => (v.Key, v.Value))];
    }

    /// <summary>The same lines to a file or pipe, for other clients.</summary>
    public static Task WriteAsync(Stream output, int samples, string prefix) => new Lines(samples, prefix, Taxa).CopyToAsync(output);

    private sealed class Lines : HttpContent
    {
        private readonly int samples, taxa;
        private readonly string prefix;

        public Lines(int samples, string prefix, int taxa)
        {
            (this.samples, this.prefix, this.taxa) = (samples, prefix, taxa);
            Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var species = TaxonomyRelease.Shipped.Taxa.Where(taxon => taxon.Rank == TaxonomicRank.Species).Select(taxon => taxon.Taxid).ToArray();
            var random = new Random(20261128);
            var line = new StringBuilder();
            for (var i = 0; i < samples; i++)
            {
                random.Shuffle(species);
                line.Clear().Append(CultureInfo.InvariantCulture, $"{{\"accession\":\"{prefix}-{i:D7}\",\"assay\":\"shotgun-generic\",\"unit\":\"reads\",\"taxa\":[");
                // Shares over four powers of ten, as in a real gut.
                for (var taxon = 0; taxon < taxa; taxon++)
                {
                    line.Append(CultureInfo.InvariantCulture, $"{(taxon == 0 ? "" : ",")}{{\"taxid\":{species[taxon]},\"value\":{1 + (long)Math.Pow(10, 1 + (4 * random.NextDouble()))}}}");
                }
                line.Append("]}\n");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(line.ToString()));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = -1;
            return false;
        }
    }
}
