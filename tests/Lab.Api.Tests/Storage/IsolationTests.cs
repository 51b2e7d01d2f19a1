using System.Net;
using System.Text.Json;
using Lab.Api.Partners;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Storage;

/// <summary>Two partners on the same few connections, and the database alone where the service forgets to ask whose it is.</summary>
public sealed class IsolationTests(TestDatabase databases)
{
    private const int Operations = 200;

    private static readonly string[] Scopes = [.. Scope.All.Except(Scope.LabOnly)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_partners_interleaved_on_pooled_connections_see_no_byte_of_each_other()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        // Six connections for eight clients: each is used by both partners all the time.
        await using var process = await HostProcess.StartAsync(database, key, settings: [("Database__MaxPoolSize", "6")]);
        using var http = new HttpClient { BaseAddress = process.BaseAddress, Timeout = TimeSpan.FromMinutes(2) };
        var seed = Random.Shared.Next();
        var (alpha, bravo) = (new Side("ALPHA", http, await LabHost.KeyForAsync(database, "alpha", Scopes)), new Side("BRAVO", http, await LabHost.KeyForAsync(database, "bravo", Scopes)));
        foreach (var side in new[] { alpha, bravo }) await side.UploadAsync(0);
        await Task.WhenAll(new[] { (alpha, bravo), (bravo, alpha) }.SelectMany((pair, side) => Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed + (side * 4) + worker);
            for (var i = 0; i < Operations / 4; i++) await pair.Item1.DoAsync(pair.Item2, random);
        }, Ct))));
        Assert.True(alpha.Read > Operations && bravo.Read > Operations, $"seed {seed}: {alpha.Read} and {bravo.Read} bytes were read.");
    }

    [Fact]
    public async Task Where_the_service_does_not_ask_whose_it_is_the_database_still_does()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key);
        using var http = new HttpClient { BaseAddress = process.BaseAddress };
        var (alpha, bravo) = (new Side("ALPHA", http, await LabHost.KeyForAsync(database, "alpha", Scopes)), new Side("BRAVO", http, await LabHost.KeyForAsync(database, "bravo", Scopes)));
        foreach (var side in new[] { alpha, bravo }) await side.UploadAsync(0);
        var lab = new Side("LAB", http, key);
        foreach (var path in bravo.Paths()) Assert.Equal(HttpStatusCode.OK, (await lab.GetAsync(path)).Status);
        // With the lab's key the service filters nothing; now whose rows it is given is for the policies alone.
        await using (var connection = new Npgsql.NpgsqlConnection(database))
        {
            await connection.OpenAsync(Ct);
            foreach (var table in new[] { "sample", "profile", "analysis", "report", "audit" })
            {
                await using var command = new Npgsql.NpgsqlCommand($"DROP POLICY partner ON lab.{table}; CREATE POLICY partner ON lab.{table} USING (partner_id = 'alpha')", connection);
                await command.ExecuteNonQueryAsync(Ct);
            }
        }
        foreach (var path in alpha.Paths()) Assert.Equal((path, HttpStatusCode.OK), (path, (await lab.GetAsync(path)).Status));
        foreach (var path in bravo.Paths()) Assert.Equal((path, HttpStatusCode.NotFound), (path, (await lab.GetAsync(path)).Status));
        foreach (var list in Side.Lists)
        {
            var (_, text) = await lab.GetAsync(list);
            Assert.Contains("ALPHA", text, StringComparison.Ordinal);
            bravo.AssertNotIn(text);
        }
    }

    /// <summary>One partner: everything of it bears its name.</summary>
    private sealed class Side(string name, HttpClient http, string key)
    {
        private string Name => name;

        public static readonly string[] Lists = ["v1/samples?limit=200", "v1/reports?limit=200", "v1/reports?limit=200&versions=all", "v1/analyses?limit=200"];

        private readonly LabClient client = new(http, key);
        private readonly List<Upload> uploads = [];
        private readonly List<Guid> reports = [];
        private long read;

        public long Read => read;

        public async Task UploadAsync(int number)
        {
            await client.PutSampleAsync($"{name}-{number}", new() { Subject = $"{name}-S-{number}" }, Ct);
            // Both upload the same bytes.
            var upload = await client.UploadProfileAsync($"{name}-{number}", SampleFiles.Kreport(number), cancellation: Ct);
            var report = await client.WaitForReportAsync(upload.AnalysisId, Ct);
            lock (uploads)
            {
                uploads.Add(upload);
                reports.Add(report.Id);
            }
        }

        /// <summary>Whatever may be read of its things.</summary>
        public string[] Paths()
        {
            lock (uploads)
            {
                return
                [
                    .. uploads.SelectMany(u => new[] { $"v1/samples/{u.Accession}", $"v1/samples/{u.Accession}/report", $"v1/profiles/{u.ProfileId}", $"v1/profiles/{u.ProfileId}/source", $"v1/profiles/{u.ProfileId}/diversity", $"v1/analyses/{u.AnalysisId}" }),
                    .. reports.SelectMany(r => new[] { $"v1/reports/{r}", $"v1/reports/{r}/taxa", $"v1/reports/{r}/versions" }),
                ];
            }
        }

        public async Task DoAsync(Side other, Random random)
        {
            switch (random.Next(8))
            {
                case 0:
                    await UploadAsync(random.Next(1, 12));
                    break;
                case 1 or 2:
                    var (_, text) = await GetAsync(Lists[random.Next(Lists.Length)]);
                    Assert.Contains(name, text, StringComparison.Ordinal);
                    other.AssertNotIn(text);
                    break;
                case 3 or 4:
                    var theirs = other.Paths();
                    var (status, refused) = await GetAsync(theirs[random.Next(theirs.Length)]);
                    Assert.Equal(HttpStatusCode.NotFound, status);
                    // Nothing but what was asked for.
                    var problem = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(refused)!;
                    problem.Remove("instance");
                    other.AssertNotIn(JsonSerializer.Serialize(problem));
                    break;
                case 5:
                    Assert.Equal("not-found", (await Assert.ThrowsAsync<LabProblemException>(() => client.PutSampleAsync($"{other.Name}-0", new() { Subject = $"{name}-S" }, Ct))).Code);
                    break;
                default:
                    var own = Paths();
                    var (found, answer) = await GetAsync(own[random.Next(own.Length)]);
                    Assert.Equal(HttpStatusCode.OK, found);
                    other.AssertNotIn(answer);
                    break;
            }
        }

        public async Task<(HttpStatusCode Status, string Text)> GetAsync(string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Api-Key", key } } };
            using var answer = await http.SendAsync(request, Ct);
            var text = await answer.Content.ReadAsStringAsync(Ct);
            Interlocked.Add(ref read, text.Length);
            return (answer.StatusCode, text);
        }

        public void AssertNotIn(string text)
        {
            Assert.DoesNotContain(name, text, StringComparison.Ordinal);
            lock (uploads)
            {
                foreach (var upload in uploads)
                {
                    Assert.DoesNotContain($"{upload.ProfileId}", text, StringComparison.Ordinal);
                    Assert.DoesNotContain($"{upload.AnalysisId}", text, StringComparison.Ordinal);
                }
                foreach (var report in reports) Assert.DoesNotContain($"{report}", text, StringComparison.Ordinal);
            }
        }
    }
}
