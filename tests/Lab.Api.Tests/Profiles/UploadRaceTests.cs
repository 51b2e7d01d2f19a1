using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>The same upload posted by many at once is one upload.</summary>
public sealed class UploadRaceTests(LabHost host) : IClassFixture<LabHost>
{
    private const int Samples = 300, Posts = 32;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("RACED", false)]
    [InlineData("KEYED", true)]
    public async Task Three_hundred_samples_posted_thirty_two_times_at_once_are_three_hundred_of_everything(string series, bool keyed)
    {
        var answers = await PostAsync(async (sample, post) =>
        {
            var key = keyed ? $"{series}-{sample}" : null;
            while (true)
            {
                try
                {
                    var upload = await host.Client.UploadProfileAsync(Accession(series, sample), Profile(sample), new UploadOptions { IdempotencyKey = key }, Ct);
                    return (upload.ProfileId, upload.AnalysisId);
                }
                catch (LabProblemException running) when (running.Code == "request-in-progress")
                {
                    await Task.Delay(50, Ct);
                }
            }
        });
        var stored = new Dictionary<string, long>();
        foreach (var table in new[] { "profile", "analysis" })
        {
            stored[table] = await host.ScalarAsync<long>($"SELECT count(*) FROM lab.{table} t JOIN lab.sample s ON s.id = t.sample_id WHERE s.accession LIKE $1", $"{series}-%");
        }
        stored["sample"] = await host.ScalarAsync<long>("SELECT count(*) FROM lab.sample WHERE accession LIKE $1", $"{series}-%");
        stored["audit"] = await host.ScalarAsync<long>(
            "SELECT count(*) FROM lab.audit a JOIN lab.profile p ON a.object = 'profile:' || p.id JOIN lab.sample s ON s.id = p.sample_id WHERE a.action = 'profile.accepted' AND s.accession LIKE $1", $"{series}-%");
        Assert.Empty(Doubled(answers, stored));
    }

    /// <summary>The negative control: who looks first and writes then stores some uploads twice, and the same check sees it.</summary>
    [Fact]
    public async Task A_naive_store_fails_the_same_check()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(host.Database) { MaxPoolSize = 16, Timeout = 60 });
        await using (var create = source.CreateCommand("CREATE TABLE public.naive (id uuid, accession text)")) await create.ExecuteNonQueryAsync(Ct);
        var answers = await PostAsync(async (sample, post) =>
        {
            await using var search = source.CreateCommand("SELECT id FROM public.naive WHERE accession = $1");
            search.Parameters.Add(new() { Value = Accession("NAIVE", sample) });
            if (await search.ExecuteScalarAsync(Ct) is Guid found) return (found, found);
            var id = Guid.CreateVersion7();
            await using var insert = source.CreateCommand("INSERT INTO public.naive VALUES ($1, $2)");
            insert.Parameters.Add(new() { Value = id });
            insert.Parameters.Add(new() { Value = Accession("NAIVE", sample) });
            await insert.ExecuteNonQueryAsync(Ct);
            return (id, id);
        });
        Assert.NotEmpty(Doubled(answers, new() { ["naive"] = await host.ScalarAsync<long>("SELECT count(*) FROM public.naive") }));
    }

    /// <summary>Every sample's posts at once, a few samples at a time.</summary>
    private static async Task<ConcurrentDictionary<int, ConcurrentBag<(Guid Profile, Guid Analysis)>>> PostAsync(Func<int, int, Task<(Guid, Guid)>> post)
    {
        var answers = new ConcurrentDictionary<int, ConcurrentBag<(Guid, Guid)>>();
        await Parallel.ForAsync(0, Samples, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Ct }, async (sample, _) =>
        {
            var bag = answers.GetOrAdd(sample, _ => []);
            await Task.WhenAll(Enumerable.Range(0, Posts).Select(async i => bag.Add(await post(sample, i))));
        });
        return answers;
    }

    private static List<string> Doubled(ConcurrentDictionary<int, ConcurrentBag<(Guid Profile, Guid Analysis)>> answers, Dictionary<string, long> stored)
    {
        List<string> wrong = [.. stored.Where(s => s.Value != Samples).Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Value} rows in {s.Key}"))];
        wrong.AddRange(answers.Where(a => a.Value.Count != Posts || a.Value.Distinct().Count() != 1).Select(a => string.Create(CultureInfo.InvariantCulture, $"sample {a.Key}: {a.Value.Distinct().Count()} answers")));
        return wrong;
    }

    private static string Accession(string series, int sample) => string.Create(CultureInfo.InvariantCulture, $"{series}-{sample}");

    private static byte[] Profile(int sample) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$"""{"assay":"amplicon-16s","unit":"reads","taxa":[{"taxid":853,"value":{{9000 + sample}}},{"taxid":820,"value":3000}]}"""));
}
