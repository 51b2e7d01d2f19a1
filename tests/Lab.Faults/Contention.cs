using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Lab.Faults;

/// <summary>Uploads that want the same rows at the same moment.</summary>
internal static class Contention
{
    private const int AtOnce = 64, Different = 8, Samples = 100;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Of 64 uploads at once for one sample, eight contents: each content is there once, whoever was first, and nobody waits long.</summary>
    public static async Task OneSampleAsync(Laboratory laboratory, Random random, double seconds)
    {
        HttpClient[] nodes = [laboratory.Apis[0].Client(), laboratory.Apis[1].Client()];
        var round = 0;
        await Experiments.RepeatAsync(seconds, async () =>
        {
            var accession = string.Create(CultureInfo.InvariantCulture, $"ONE-{random.Next():X8}-{round++}");
            var since = System.Diagnostics.Stopwatch.StartNew();
            var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async n =>
            {
                using var answer = await nodes[n % 3 % 2].PostAsync(new Uri($"v1/samples/{accession}/profiles", UriKind.Relative), new ByteArrayContent(Traffic.Kreport($"{accession}-{n % Different}")));
                return (answer.StatusCode, Content: n % Different, Body: await answer.Content.ReadAsStringAsync());
            }));
            if (since.Elapsed > Longest) throw new InvalidOperationException($"{AtOnce} uploads for {accession} took {since.Elapsed.TotalSeconds:0.0} s.");
            var refused = answers.Where(answer => answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Accepted)).Select(answer => $"{(int)answer.StatusCode} {answer.Body}").FirstOrDefault();
            if (refused is not null) throw new InvalidOperationException($"An upload for {accession} was answered {refused}.");
            var ids = answers.GroupBy(answer => answer.Content).Select(group => group.Select(answer => Profile(answer.Body)).Distinct().Count());
            if (ids.Any(count => count != 1)) throw new InvalidOperationException($"One content of {accession} was acknowledged with several ids.");
            foreach (var table in new[] { "profile", "analysis" })
            {
                if (await laboratory.ScalarAsync<long>($"SELECT count(*) FROM lab.{table} t JOIN lab.sample s ON s.id = t.sample_id WHERE s.accession = $1", accession) is var stored && stored != Different)
                {
                    throw new InvalidOperationException($"{accession} has {stored} rows in {table} of {Different} contents.");
                }
            }
        });
    }

    /// <summary>Two batches with the same samples, one from the first to the last, one from the last to the first: both are accepted whole.</summary>
    public static async Task OppositeOrdersAsync(Laboratory laboratory, Random random, double seconds)
    {
        HttpClient[] nodes = [laboratory.Apis[0].Client(), laboratory.Apis[1].Client()];
        var round = 0;
        await Experiments.RepeatAsync(seconds, async () =>
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"TWO-{random.Next():X8}-{round++}");
            var lines = Enumerable.Range(0, Samples).Select(n => Traffic.Native(string.Create(CultureInfo.InvariantCulture, $"{prefix}-{n}")).Text).ToArray();
            var verdicts = (await Task.WhenAll(PostAsync(nodes[0], lines), PostAsync(nodes[1], lines.Reverse()))).SelectMany(answer => answer.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToArray();
            var accepted = verdicts.Count(verdict => verdict.Contains("\"accepted\"", StringComparison.Ordinal) || verdict.Contains("\"duplicate\"", StringComparison.Ordinal));
            if (accepted != 2 * Samples) throw new InvalidOperationException($"Of {2 * Samples} lines {accepted} were accepted; the last verdict is {verdicts.LastOrDefault()}");
            if (await laboratory.ScalarAsync<long>("SELECT count(*) FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE $1", prefix + "-%") is var stored && stored != Samples)
            {
                throw new InvalidOperationException($"Of {Samples} samples {stored} profiles are there.");
            }
        });

        static async Task<string> PostAsync(HttpClient http, IEnumerable<string> lines)
        {
            using var content = new StringContent(string.Concat(lines.Select(line => line + "\n")), Encoding.ASCII, "application/x-ndjson");
            using var answer = await http.PostAsync(new Uri("v1/profiles", UriKind.Relative), content);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    private static Guid Profile(string body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("profileId").GetGuid();
    }
}
