using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lab.EmbeddedPostgres;
using Lab.Microbiome.Cohorts;
using Npgsql;

namespace Lab.Benchmarks;

/// <summary>The service under load on this machine, each figure beside what it is measured against, in one run. Load, service and database share the cores.</summary>
internal sealed class ServiceSpeed : IAsyncDisposable
{
    private const int Clients = 64, Rounds = 3, Stored = 500;

    private static readonly CohortEntry[] Species =
        [.. ReferenceCohort.Find("western-shotgun")!.Entries.Where(e => e is { Kind: "taxon", Rank: Microbiome.Taxonomy.TaxonomicRank.Species, Taxid: not null }).Take(100)];

    /// <summary>Only the ratios that have a floor, in shorter rounds: for a machine that has other things to do.</summary>
    private readonly bool brief;
    /// <summary>Rounds before the first that counts: on two cores the compiler makes the code of a new host fast for so long.</summary>
    private readonly int warmUp;
    private readonly TimeSpan round;
    private readonly string folder;
    private readonly PostgresServer postgres;
    private readonly HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = Clients, UseCookies = false, AllowAutoRedirect = false });
    private long uploads;
    private int below;

    private ServiceSpeed(string folder, PostgresServer postgres, bool brief)
    {
        (this.folder, this.postgres, this.brief) = (folder, postgres, brief);
        (warmUp, round) = brief ? (3, TimeSpan.FromSeconds(1.5)) : (5, TimeSpan.FromSeconds(4));
    }

    /// <returns>How many ratios are below their floors.</returns>
    public static async Task<int> RunAsync(bool brief)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"lab-benchmark-{Guid.CreateVersion7():N}");
        await using var benchmark = new ServiceSpeed(folder, await PostgresServer.StartAsync(new() { DataDirectory = folder }, CancellationToken.None), brief);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"PostgreSQL {benchmark.postgres.Version}, {Environment.ProcessorCount} cores; medians of {Rounds} rounds of {benchmark.round.TotalSeconds:0.#} s with {Clients} clients"));
        var reports = await benchmark.FillAsync();
        await benchmark.ReadingAsync(reports);
        await benchmark.UploadingAsync();
        if (brief) return benchmark.below;
        await benchmark.SustainedAsync();
        await benchmark.LatencyAsync();
        await benchmark.ScaleOutAsync();
        await benchmark.IdleConnectionsAsync();
        return benchmark.below;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Reports of 300 species, to be read.</summary>
    private async Task<(Guid Id, string Etag)[]> FillAsync()
    {
        await using var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "all");
        await UploadManyAsync(lab, Stored, "READ", 300);
        await DrainAsync();
        return [.. (await RowsAsync("SELECT id, etag || '-gzip' FROM lab.report")).Select(row => ((Guid)row[0], (string)row[1]))];
    }

    private async Task ReadingAsync((Guid Id, string Etag)[] reports)
    {
        HttpRequestMessage Report(ServiceHost lab, int i, bool known = false)
        {
            var request = Authorized(HttpMethod.Get, new Uri(lab.Address, $"v1/reports/{reports[i % reports.Length].Id}"));
            request.Headers.AcceptEncoding.Add(new("gzip"));
            if (known) request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{reports[i % reports.Length].Etag}\""));
            return request;
        }
        HttpRequestMessage Bare(ServiceHost bare, string what, int i) => new(HttpMethod.Get, new Uri(bare.Address, $"{what}/{reports[i % reports.Length].Id}"));

        await using var bare = await ServiceHost.BareAsync(postgres.ConnectionString);
        await using (var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "api"))
        {
            var (full, plain) = await BesideAsync(i => Report(lab, i), HttpStatusCode.OK, i => Bare(bare, "report", i), HttpStatusCode.OK, warmUp);
            Print("GET report", full, "Kestrel + Npgsql, the same bytes", plain, floor: 0.15);
            var (unchanged, etag) = await BesideAsync(i => Report(lab, i, known: true), HttpStatusCode.NotModified, i => Bare(bare, "etag", i), HttpStatusCode.NotModified);
            Print("304", unchanged, "Kestrel + Npgsql, the ETag", etag, floor: 0.2);
            if (brief) return;

            var (about, live) = await BesideAsync(_ => Authorized(HttpMethod.Get, new Uri(lab.Address, "v1/about")), HttpStatusCode.OK, _ => new(HttpMethod.Get, new Uri(lab.Address, "health/live")), HttpStatusCode.OK);
            Print("GET about, by key and limited", about, "the same host's health, neither", live);

            // One protection less at a time, in the database of this benchmark.
            await using (var free = await ServiceHost.LabAsync(postgres.ConnectionString, "api", ("RateLimits__Enabled", "false")))
            {
                var (limited, unlimited) = await BesideAsync(i => Report(lab, i), HttpStatusCode.OK, i => Report(free, i), HttpStatusCode.OK);
                Print("GET report", limited, "without the limiter", unlimited);
            }
            foreach (var (what, off, on) in new[]
            {
                ("without row-level security", "ALTER TABLE lab.report DISABLE ROW LEVEL SECURITY", "ALTER TABLE lab.report ENABLE ROW LEVEL SECURITY"),
                ("without the audit of reads", "CREATE FUNCTION public.dropped() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER a_dropped BEFORE INSERT ON lab.audit FOR EACH ROW EXECUTE FUNCTION public.dropped()",
                    "DROP TRIGGER a_dropped ON lab.audit; DROP FUNCTION public.dropped()"),
            })
            {
                var (with, without) = (new List<double>(), new List<double>());
                for (var done = 0; done < Rounds; done++)
                {
                    with.Add(await LoadAsync(i => Report(lab, i), HttpStatusCode.OK));
                    await ExecuteAsync(off);
                    without.Add(await LoadAsync(i => Report(lab, i), HttpStatusCode.OK));
                    await ExecuteAsync(on);
                }
                Print("GET report", Median(with), what, Median(without));
            }
            Console.WriteLine($"the host's memory after that: peak {lab.PeakMemoryMiB} MiB");
        }
    }

    /// <summary>Acceptance alone: nobody analyses meanwhile. Beside it pgbench commits rows of the same sizes with as many clients.</summary>
    private async Task UploadingAsync()
    {
        await using var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "api");
        HttpRequestMessage Upload(int i)
        {
            var n = Interlocked.Increment(ref uploads);
            var request = Authorized(HttpMethod.Post, new Uri(lab.Address, string.Create(CultureInfo.InvariantCulture, $"v1/samples/ONE-{n}/profiles")));
            request.Content = new ByteArrayContent(Kreport(n));
            return request;
        }
        for (var done = 0; done < warmUp; done++) await LoadAsync(Upload, HttpStatusCode.Accepted);
        var sizes = (await RowsAsync("SELECT avg(length(packed))::int, avg(length(source))::int FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE 'ONE-%'"))[0];
        var pgbench = Directory.GetFiles("/usr/lib/postgresql", "pgbench", SearchOption.AllDirectories).Order(StringComparer.Ordinal).LastOrDefault();
        var (accepted, committed) = (new List<double>(), new List<double>());
        for (var done = 0; done < Rounds; done++)
        {
            accepted.Add(await LoadAsync(Upload, HttpStatusCode.Accepted));
            if (pgbench is not null) committed.Add(await PgbenchAsync(pgbench, (int)sizes[0], (int)sizes[1]));
        }
        if (pgbench is null) Console.WriteLine($"upload accepted: {Median(accepted):N0}/s (there is no pgbench)");
        else Print("upload accepted", Median(accepted), "pgbench, the same rows", Median(committed), floor: 0.06);
        if (brief) return;
        await using var worker = await ServiceHost.LabAsync(postgres.ConnectionString, "worker");
        await DrainAsync();
    }

    private async Task SustainedAsync()
    {
        const int samples = 20_000;
        await using var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "all");
        await UploadManyAsync(lab, samples / 2, "WARM", 200);
        await DrainAsync();
        var since = Stopwatch.StartNew();
        await UploadManyAsync(lab, samples, "MANY", 200);
        var sent = since.Elapsed.TotalSeconds;
        await DrainAsync();
        var reported = samples / since.Elapsed.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"NDJSON of {samples:N0} samples of 200 taxa: accepted {samples / sent:N0}/s, reported {reported:N0}/s; the host's peak {lab.PeakMemoryMiB} MiB"));
        Print("reported from NDJSON", reported, "Hangfire, one empty job a sample", await HangfireSpeed.RunAsync(postgres.ConnectionString, 2000), floor: 3);
    }

    private async Task LatencyAsync()
    {
        const int early = 1000, samples = early + 1000;
        await using var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "all");
        var waits = new double[samples];
        var start = Stopwatch.StartNew();
        var all = new List<Task>();
        for (var i = 0; i < samples; i++)
        {
            if (TimeSpan.FromMilliseconds(20 * i) - start.Elapsed is { Ticks: > 0 } ahead) await Task.Delay(ahead);
            var place = i;
            all.Add(Task.Run(async () =>
            {
                var since = Stopwatch.StartNew();
                using var request = Authorized(HttpMethod.Post, new Uri(lab.Address, $"v1/samples/LATE-{place}/profiles"));
                request.Content = new ByteArrayContent(Kreport(1_000_000 + place));
                using var upload = await http.SendAsync(request);
                using var accepted = JsonDocument.Parse(await upload.Content.ReadAsStreamAsync());
                using var follow = Authorized(HttpMethod.Get, new Uri(lab.Address, $"v1/analyses/{accepted.RootElement.GetProperty("analysisId").GetGuid()}?wait=20"));
                using var state = await http.SendAsync(follow);
                using var done = JsonDocument.Parse(await state.Content.ReadAsStreamAsync());
                if (done.RootElement.GetProperty("status").GetString() != "succeeded") throw new InvalidOperationException("An analysis did not succeed.");
                waits[place] = since.Elapsed.TotalMilliseconds;
            }));
        }
        await Task.WhenAll(all);
        string Quantiles(IEnumerable<double> some)
        {
            var ordered = some.Order().ToArray();
            return string.Create(CultureInfo.InvariantCulture, $"p50 {ordered[ordered.Length / 2]:0} ms, p99 {ordered[ordered.Length * 99 / 100]:0} ms");
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"upload to report at 50 samples/s: {Quantiles(waits.Skip(early))}; in the first {early / 50} s after the start {Quantiles(waits.Take(early))}; ready {lab.ReadyAfter:0.0} s after the start"));
        // What the compiler still does in the background, and what the load left to be tidied up.
        await Task.Delay(TimeSpan.FromSeconds(30));
        var (before, waited) = (lab.Cpu, Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(20));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"idle: {(lab.Cpu - before) / waited.Elapsed:0.0 %} of a core, {lab.MemoryMiB} MiB"));
    }

    /// <summary>What was reported is analysed again by one, two and four workers. On two cores four are no faster than two; that the machine works no more for a sample shows that none waits for another.</summary>
    private async Task ScaleOutAsync()
    {
        const int samples = 10_000;
        foreach (var processes in new[] { 1, 2, 4 })
        {
            var workers = new List<ServiceHost>();
            try
            {
                for (var i = 0; i < processes; i++) workers.Add(await ServiceHost.LabAsync(postgres.ConnectionString, "worker"));
                await AgainAsync(processes * samples / 2);
                await DrainAsync();
                await AgainAsync(samples);
                // Workers look by themselves every few seconds; an upload would have told them.
                while ((long)(await RowsAsync("SELECT count(*) FROM lab.analysis WHERE status = 'queued'"))[0][0] == samples) await Task.Delay(20);
                var (before, since) = (Busy(), Stopwatch.StartNew());
                await DrainAsync();
                var seconds = since.Elapsed.TotalSeconds;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{processes} worker{(processes == 1 ? "" : "s")}: {samples / seconds:N0} analyses/s, the machine's cores {1000 * (Busy() - before) / samples:0.00} ms an analysis"));
            }
            finally
            {
                foreach (var worker in workers) await worker.DisposeAsync();
            }
        }

        Task AgainAsync(int count) => ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO lab.analysis (id, profile_id, sample_id, partner_id, panel, cohort, cause, status, attempts, crashes, leased_alone, queued_at)
            SELECT gen_random_uuid(), a.profile_id, a.sample_id, a.partner_id, a.panel, a.cohort, 're-interpreted', 'queued', 0, 0, false, clock_timestamp()
            FROM (SELECT DISTINCT ON (sample_id) * FROM lab.analysis WHERE sample_id IN (SELECT id FROM lab.sample WHERE accession LIKE 'MANY-%' ORDER BY accession LIMIT {count})) a
            """));

        // Seconds that all cores have worked, since the machine started.
        static double Busy()
        {
            var times = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(long.Parse).ToArray();
            return (times[0] + times[1] + times[2] + times[5] + times[6]) / 100.0;
        }
    }

    private async Task IdleConnectionsAsync()
    {
        const int connections = 10_000;
        await using var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "api");
        var (before, open, answer) = (lab.MemoryMiB, new List<TcpClient>(), new byte[4096]);
        try
        {
            for (var i = 0; i < connections; i++)
            {
                open.Add(new TcpClient());
                await open[i].ConnectAsync(IPAddress.Loopback, lab.Address.Port);
                await open[i].GetStream().WriteAsync("GET /health/live HTTP/1.1\r\nHost: lab\r\n\r\n"u8.ToArray());
                if (await open[i].GetStream().ReadAsync(answer) == 0) throw new InvalidOperationException("A connection was refused.");
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{connections:N0} idle connections: {lab.MemoryMiB} MiB, without them {before} MiB"));
        }
        finally
        {
            open.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Rounds in turn, so that what else the machine does falls on both.</summary>
    private async Task<(double Ours, double Theirs)> BesideAsync(Func<int, HttpRequestMessage> ours, HttpStatusCode our, Func<int, HttpRequestMessage> theirs, HttpStatusCode their, int before = 1)
    {
        var (mine, other) = (new List<double>(), new List<double>());
        for (var done = 0; done < before + Rounds; done++)
        {
            var (a, b) = (await LoadAsync(ours, our), await LoadAsync(theirs, their));
            if (done < before) continue;
            mine.Add(a);
            other.Add(b);
        }
        return (Median(mine), Median(other));
    }

    private async Task<double> LoadAsync(Func<int, HttpRequestMessage> make, HttpStatusCode wanted)
    {
        var (done, next) = (0, 0);
        var since = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (since.Elapsed < round)
            {
                using var request = make(Interlocked.Increment(ref next));
                using var answer = await http.SendAsync(request);
                if (answer.StatusCode != wanted) throw new InvalidOperationException($"{request.RequestUri}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                await answer.Content.CopyToAsync(Stream.Null);
                Interlocked.Increment(ref done);
            }
        })));
        return done / since.Elapsed.TotalSeconds;
    }

    private static async Task UploadManyAsync(ServiceHost lab, int samples, string prefix, int taxa)
    {
        var verdicts = await NdjsonUpload.SendAsync(lab.Address, ServiceHost.Key, samples, prefix, taxa);
        if (verdicts is not [("accepted", var accepted)] || accepted != samples) throw new InvalidOperationException(string.Join(", ", verdicts));
    }

    private async Task DrainAsync()
    {
        while ((long)(await RowsAsync("SELECT count(*) FROM (SELECT FROM lab.analysis WHERE status IN ('queued', 'running') LIMIT 1) open"))[0][0] > 0) await Task.Delay(50);
    }

    private async Task<double> PgbenchAsync(string pgbench, int packed, int source)
    {
        await ExecuteAsync("""
            CREATE SCHEMA IF NOT EXISTS bench;
            CREATE TABLE IF NOT EXISTS bench.sample (id uuid PRIMARY KEY, accession text UNIQUE, at timestamptz);
            CREATE TABLE IF NOT EXISTS bench.profile (id uuid PRIMARY KEY, sample_id uuid REFERENCES bench.sample, sha256 bytea, packed bytea, source bytea, UNIQUE (sample_id, sha256));
            CREATE TABLE IF NOT EXISTS bench.analysis (id uuid PRIMARY KEY, profile_id uuid REFERENCES bench.profile, status text, queued_at timestamptz);
            CREATE TABLE IF NOT EXISTS bench.audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, actor text, action text, object text, proof bytea);
            ALTER TABLE bench.profile ALTER COLUMN source SET STORAGE EXTERNAL;
            """);
        var script = Path.Combine(folder, "pgbench.sql");
        await File.WriteAllTextAsync(script, string.Create(CultureInfo.InvariantCulture, $"""
            WITH s AS (INSERT INTO bench.sample VALUES (gen_random_uuid(), gen_random_uuid(), now()) RETURNING id),
            p AS (INSERT INTO bench.profile SELECT gen_random_uuid(), id, sha256(uuid_send(id)), '\x{new string('5', 2 * packed)}', '\x{new string('7', 2 * source)}' FROM s RETURNING id),
            a AS (INSERT INTO bench.analysis SELECT gen_random_uuid(), id, 'queued', now() FROM p)
            INSERT INTO bench.audit (at, actor, action, object, proof) SELECT now(), 'benchmark', 'profile.accepted', 'profile:' || id, sha256(uuid_send(id)) FROM p;

            """));
        var login = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        var start = new ProcessStartInfo(pgbench, ["-n", "-c", $"{Clients}", "-j", "2", "-T", $"{Math.Ceiling(round.TotalSeconds):0}", "-f", script, "-h", login.Host!, "-p", $"{login.Port}", "-U", login.Username!, login.Database!])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PGPASSWORD"] = login.Password },
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var line = output.Split('\n').FirstOrDefault(l => l.StartsWith("tps = ", StringComparison.Ordinal)) ?? throw new InvalidOperationException(await error);
        return double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    private async Task<List<object[]>> RowsAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<object[]>();
        while (await reader.ReadAsync())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }
        return rows;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static HttpRequestMessage Authorized(HttpMethod method, Uri address) => new(method, address) { Headers = { { "X-Api-Key", ServiceHost.Key } } };

    /// <summary>A Kraken report of a hundred species, other counts for each number.</summary>
    private static byte[] Kreport(long n)
    {
        var random = new Random((int)n);
        var species = Species.Select(e => (e.Taxid, e.Name, Reads: 100 + (long)Math.Pow(10, 5 * random.NextDouble()))).ToArray();
        var all = species.Sum(s => s.Reads);
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"100.00\t{all}\t0\tR\t1\troot\n100.00\t{all}\t0\tD\t2\t  Bacteria\n"));
        foreach (var (taxid, name, reads) in species) text.Append(CultureInfo.InvariantCulture, $"{100.0 * reads / all:0.00}\t{reads}\t{reads}\tS\t{taxid}\t    {name}\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <param name="floor">Of the ratio: so far below what it is on a quiet machine that noise does not reach it; 0 where it is only told.</param>
    private void Print(string what, double ours, string beside, double theirs, double floor = 0)
    {
        var ratio = ours / theirs;
        if (ratio < floor) below++;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {ours:N0}/s; {beside}: {theirs:N0}/s; ratio {ratio:0.00}{(ratio < floor ? $", BELOW ITS FLOOR OF {floor:0.00}" : "")}"));
    }
}
