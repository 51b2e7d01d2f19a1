using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Lab.EmbeddedPostgres;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Taxonomy;
using Npgsql;

namespace Lab.Benchmarks;

/// <summary>A database of many samples, and what it costs to have them: space, vacuum, every list by every filter, a panel tried over it.
/// Some thousands are uploaded and analysed; the others are copies of their rows under ids, names, people and times of their own.</summary>
internal sealed class StoredSamples : IAsyncDisposable
{
    private const int Drawn = 2000, Chunk = 20_000, Partners = 8, Asked = 120;
    private const string Assay = "shotgun-metaphlan2";
    private readonly PostgresServer postgres;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromMinutes(10) };

    private StoredSamples(PostgresServer postgres) => this.postgres = postgres;

    /// <param name="samples">How many there shall be.</param>
    /// <param name="folder">Where the database stays; what is there already is measured as it is.</param>
    public static async Task RunAsync(int samples, string folder)
    {
        await using var stored = new StoredSamples(await PostgresServer.StartAsync(new() { DataDirectory = Path.GetFullPath(folder) }, CancellationToken.None));
        Console.WriteLine($"PostgreSQL {stored.postgres.Version}, {Environment.ProcessorCount} cores");
        await stored.FillAsync(samples);
        await stored.SpaceAsync();
        await stored.ListsAsync();
        await stored.CohortAsync();
        await stored.ImpactAsync();
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await postgres.DisposeAsync();
    }

    private async Task FillAsync(int samples)
    {
        await using (var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "all"))
        {
            if (await CountAsync("SELECT count(*) FROM (SELECT FROM lab.sample LIMIT 1) s") == 0)
            {
                for (var partner = 0; partner < Partners; partner++) await SendAsync(HttpMethod.Put, new Uri(lab.Address, $"v1/partners/clinic-{partner}"), """{"name":"A clinic"}""");
                await UploadAsync(lab);
                while (await CountAsync("SELECT count(*) FROM lab.analysis WHERE status IN ('queued', 'running')") > 0) await Task.Delay(200);
                // All events are numbered and all rows of the trail sealed before they are copied.
                while (await CountAsync("SELECT (SELECT count(*) FROM lab.event WHERE number IS NULL) + (SELECT count(*) FROM lab.audit WHERE seq IS NULL)") > 0) await Task.Delay(200);
            }
        }
        var there = (int)await CountAsync("SELECT count(*) FROM lab.sample");
        var since = Stopwatch.StartNew();
        if (there < samples)
        {
            await ExecuteAsync("""
                DROP SCHEMA IF EXISTS bench CASCADE;
                CREATE SCHEMA bench;
                CREATE FUNCTION bench.id(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
                    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid $$;
                CREATE TABLE bench.drawn AS SELECT s.id AS sample, row_number() OVER () - 1 AS n FROM lab.sample s JOIN lab.report r ON r.sample_id = s.id;
                """);
        }
        for (var from = there; from < samples; from += Chunk)
        {
            await CopyAsync(from, Math.Min(Chunk, samples - from), samples);
            Console.Error.Write($"\r{from + Chunk:N0} samples, {since.Elapsed.TotalSeconds:0} s ");
        }
        if (there < samples)
        {
            Console.Error.WriteLine();
            await ExecuteAsync("SELECT setval(pg_get_serial_sequence('lab.audit', 'id'), (SELECT max(id) FROM lab.audit)); SELECT setval(pg_get_serial_sequence('lab.event', 'ordinal'), (SELECT max(ordinal) FROM lab.event)); DROP SCHEMA bench CASCADE");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{samples - there:N0} samples copied in {since.Elapsed.TotalSeconds:0} s"));
        }
        var (first, second) = (await SecondsAsync("VACUUM (ANALYZE)"), await SecondsAsync("VACUUM (ANALYZE)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"VACUUM (ANALYZE) of all that: {first:0.0} s; a second one: {second:0.0} s"));
    }

    /// <summary>Rows as the service wrote them, over three years; of a hundred reports two are amended, one preliminary, of a thousand one is withdrawn.</summary>
    private Task CopyAsync(int from, int count, int samples) => ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
        SET session_replication_role = replica;
        CREATE TEMP TABLE made AS SELECT i, bench.id(at) AS sample, bench.id(at) AS profile, bench.id(at + interval '1 ms') AS analysis, bench.id(at + interval '1 s') AS report, at, d.sample AS drawn,
            CASE WHEN i % 10 < {Partners} THEN 'clinic-' || i % 10 END AS partner,
            CASE WHEN i % 1000 = 7 THEN 'entered-in-error' WHEN i % 100 = 1 THEN 'preliminary' WHEN i % 100 IN (2, 3) THEN 'amended' ELSE 'final' END AS status
            FROM (SELECT i, timestamptz '2023-11-01' + interval '3 years' * (i::float8 / {samples}) AS at FROM generate_series({from}, {from + count - 1}) i) s JOIN bench.drawn d ON d.n = s.i % (SELECT count(*) FROM bench.drawn);
        INSERT INTO lab.sample (id, accession, partner_id, subject, collected_at, received_at, bristol_scale, context, registered_at, revision, age_years, consent, sex)
            SELECT m.sample, 'M-' || i, m.partner, 'P-' || (i / 4 * 4 + CASE i % 4 WHEN 3 THEN 0 ELSE i % 4 END), m.at - interval '2 days', m.at, s.bristol_scale, s.context, m.at, 1, s.age_years, i % 50 = 0, s.sex
            FROM made m JOIN lab.sample s ON s.id = m.drawn;
        INSERT INTO lab.profile SELECT m.profile, m.sample, m.partner, p.assay, p.format, p.unit, sha256(uuid_send(m.profile)), sha256(uuid_send(m.sample)), p.total_reads, p.unclassified_fraction, p.taxa, p.warnings, p.packed, p.source, m.at
            FROM made m JOIN lab.profile p ON p.sample_id = m.drawn;
        INSERT INTO lab.analysis (id, profile_id, sample_id, partner_id, panel, cohort, status, attempts, crashes, leased_alone, queued_at, started_at, finished_at, report_id, cause)
            SELECT m.analysis, m.profile, m.sample, m.partner, a.panel, a.cohort, 'succeeded', 1, 0, false, m.at, m.at, m.at + interval '1 s', m.report, a.cause FROM made m JOIN lab.analysis a ON a.sample_id = m.drawn;
        INSERT INTO lab.report (id, sample_id, partner_id, profile_id, analysis_id, assay, version, status, issued_at, panel, cohort, quality, digest, etag, document, because, findings, inputs)
            SELECT m.report, m.sample, m.partner, m.profile, m.analysis, r.assay, 1, CASE WHEN m.status = 'amended' THEN 'final' ELSE m.status END, m.at + interval '1 s', r.panel, r.cohort, r.quality, r.digest, substr(md5(m.report::text), 1, 16), r.document, r.because, r.findings, r.inputs
            FROM made m JOIN lab.report r ON r.sample_id = m.drawn AND r.version = 1;
        INSERT INTO lab.report (id, sample_id, partner_id, profile_id, assay, version, status, issued_at, panel, cohort, quality, digest, etag, document, because, findings, inputs, reason, replaces, signed_by)
            SELECT bench.id(m.at + interval '30 days'), m.sample, m.partner, m.profile, r.assay, 2, 'amended', m.at + interval '30 days', r.panel, r.cohort, r.quality, r.digest, substr(md5(m.sample::text), 1, 16), r.document, 'amended', r.findings, r.inputs, 'interpretation', m.report, 'benchmark'
            FROM made m JOIN lab.report r ON r.sample_id = m.drawn AND r.version = 1 WHERE m.status = 'amended';
        INSERT INTO lab.event (id, number, ordinal, type, at, sample_id, partner_id, report_id, version, repeated) OVERRIDING SYSTEM VALUE
            SELECT bench.id(m.at), 100000 + i, 100000 + i, 'report.released', m.at, m.sample, m.partner, m.report, 1, false FROM made m WHERE m.status <> 'preliminary';
        INSERT INTO lab.audit (id, at, actor, partner_id, action, object, details, hash, proof, sample_id, seq, genuine) OVERRIDING SYSTEM VALUE
            SELECT 1000000 + 4 * i + k, m.at, 'key-' || i % 10, m.partner, CASE k WHEN 0 THEN 'sample.registered' WHEN 1 THEN 'profile.accepted' WHEN 2 THEN 'report.published' ELSE 'report.read' END,
                CASE k WHEN 0 THEN 'sample:' || m.sample WHEN 1 THEN 'profile:' || m.profile ELSE 'report:' || m.report END, NULL, sha256(uuid_send(m.sample)), sha256(uuid_send(m.report) || int4send(k)), m.sample, 1000000 + 4 * i + k, true
            FROM made m CROSS JOIN generate_series(0, 3) k;
        DROP TABLE made;
        """));

    private async Task SpaceAsync()
    {
        var samples = await CountAsync("SELECT count(*) FROM lab.sample");
        Console.WriteLine($"bytes a sample ({samples:N0} samples, {await CountAsync("SELECT count(*) FROM lab.report"):N0} reports, {await CountAsync("SELECT avg(taxa)::bigint FROM (SELECT taxa FROM lab.profile LIMIT 10000) p")} rows a profile on average):");
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand("""
            SELECT relname, pg_relation_size(oid) + pg_relation_size(oid, 'fsm') + pg_relation_size(oid, 'vm'), COALESCE(pg_total_relation_size(NULLIF(reltoastrelid, 0)), 0), pg_indexes_size(oid)
            FROM pg_class WHERE relnamespace = 'lab'::regnamespace AND relkind = 'r' AND pg_total_relation_size(oid) > 10000000 ORDER BY pg_total_relation_size(oid) DESC
            """, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var all = 0L;
        while (await reader.ReadAsync())
        {
            var (heap, toast, indexes) = (reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
            all += heap + toast + indexes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {reader.GetString(0),-10} {(heap + toast + indexes) / samples,7:N0}: rows {heap / samples:N0}, beside them {toast / samples:N0}, indexes {indexes / samples:N0}"));
        }
        Console.WriteLine($"  all        {all / samples,7:N0}; {all / (1 << 30):N0} GiB");
    }

    private async Task ListsAsync()
    {
        await using var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "api");
        var partner = await SendAsync(HttpMethod.Post, new Uri(lab.Address, "v1/api-keys"), """{"name":"benchmark","scopes":["reports:read"],"partner":"clinic-3"}""");
        var key = partner.RootElement.GetProperty("key").GetString()!;
        string[] findings = [.. (await TextsAsync("SELECT DISTINCT unnest(findings) FROM (SELECT findings FROM lab.report LIMIT 20000) r")).Select(f => $"v1/reports?finding={f}")];
        string[] lists =
        [
            "v1/reports", "v1/reports?versions=all", "v1/reports?subject=P-400", "v1/reports?accession=M-777",
            .. new[] { "preliminary", "final", "amended", "corrected", "entered-in-error" }.Select(s => $"v1/reports?status={s}"), .. findings,
            .. new[] { "2023-12-01", "2025-01-01", "2026-10-01", "2026-10-31", "2026-12-31" }.Select(at => $"v1/reports?updatedFrom={at}"),
            "v1/reports?status=amended&updatedFrom=2026-10-31", "v1/reports?status=preliminary&versions=all",
            "v1/samples", .. new[] { "registered", "analysing", "reported", "rejected", "erased" }.Select(s => $"v1/samples?status={s}"), "v1/samples?subject=P-400",
            "v1/samples?collectedFrom=2026-10-30", "v1/samples?collectedTo=2023-11-02", "v1/samples?collectedFrom=2024-01-01&collectedTo=2024-01-02", "v1/samples?collectedFrom=2026-12-31",
            "v1/analyses", .. new[] { "queued", "running", "succeeded", "failed", "cancelled" }.Select(s => $"v1/analyses?status={s}"), "v1/events", "v1/events?after=500000",
            "v1/audit", "v1/audit?actor=key-3", "v1/audit?action=report.read&from=2025-01-01&to=2025-01-02", "v1/audit?subject=P-400", "v1/audit?partner=clinic-1", "v1/audit?action=nothing.such",
        ];
        var slowest = new List<(string List, string Who, double P50, double P99)>();
        foreach (var list in lists)
        {
            foreach (var (who, credential) in new[] { ("lab", ServiceHost.Key), ("partner", key) })
            {
                if (who == "partner" && !list.StartsWith("v1/reports", StringComparison.Ordinal)) continue;
                var times = new List<double>();
                var page = new Uri(lab.Address, list);
                for (var i = 0; i < Asked + 5; i++)
                {
                    var since = Stopwatch.GetTimestamp();
                    using var answer = await SendAsync(HttpMethod.Get, page, null, credential);
                    // The first are the plan's and the compiler's.
                    if (i >= 5) times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
                    if (times.Sum() > 30_000) break;
                    var next = answer.RootElement.TryGetProperty("next", out var cursor) && cursor.ValueKind == JsonValueKind.String ? cursor.GetString() : null;
                    // A page after another; where there is only one, the same again.
                    page = next is null ? new Uri(lab.Address, list) : new Uri(lab.Address, $"{list}{(list.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={Uri.EscapeDataString(next)}");
                }
                var ordered = times.Order().ToArray();
                slowest.Add((list, who, ordered[ordered.Length / 2], ordered[ordered.Length * 99 / 100]));
            }
        }
        foreach (var (list, who, p50, p99) in slowest.OrderByDescending(l => l.P99)) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {p50,8:0.0} ms p50 {p99,8:0.0} ms p99  {list} ({who})"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{slowest.Count} lists, {Asked} pages each: {slowest.Count(l => l.P99 <= 20)} have a p99 of at most 20 ms, the slowest {slowest.Max(l => l.P99):0.0} ms; the host's peak {lab.PeakMemoryMiB} MiB"));
    }

    /// <summary>A cohort of everybody who agreed, one sample of fifty; left after ten minutes.</summary>
    private async Task CohortAsync()
    {
        await using var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "all");
        var since = Stopwatch.StartNew();
        using var asked = await SendAsync(HttpMethod.Post, new Uri(lab.Address, "v1/cohorts/benchmark/versions"), $$$"""{"assay":"{{{Assay}}}","population":{"en":"people of the benchmark","nl":"mensen van de meting"}}""");
        var chosen = since.Elapsed.TotalSeconds;
        var version = new Uri(lab.Address, $"v1/cohorts/benchmark/versions/{asked.RootElement.GetProperty("version").GetInt32()}");
        var status = "building";
        while (since.Elapsed < TimeSpan.FromMinutes(10) && status == "building")
        {
            await Task.Delay(500);
            using var state = await SendAsync(HttpMethod.Get, version, null);
            status = state.RootElement.GetProperty("cohort").GetProperty("status").GetString()!;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a cohort of {asked.RootElement.GetProperty("n").GetInt32():N0} people: chosen in {chosen:0.0} s, {status} after {since.Elapsed.TotalSeconds:0} s; the host's peak {lab.PeakMemoryMiB} MiB"));
    }

    /// <summary>How fast a panel is tried over all; the trial is left after a minute.</summary>
    private async Task ImpactAsync()
    {
        await using var lab = await ServiceHost.LabAsync(postgres.ConnectionString, "all");
        var since = Stopwatch.StartNew();
        using var queued = await SendAsync(HttpMethod.Post, new Uri(lab.Address, "v1/panels/gut-core/versions/1/impact"), "{}");
        var impact = new Uri(lab.Address, $"v1/panels/gut-core/versions/1/impact/{queued.RootElement.GetProperty("id").GetString()}");
        var (done, status) = (0L, "queued");
        while (since.Elapsed < TimeSpan.FromMinutes(1) && status is "queued" or "running")
        {
            await Task.Delay(1000);
            using var state = await SendAsync(HttpMethod.Get, impact, null);
            (done, status) = (state.RootElement.GetProperty("done").GetInt64(), state.RootElement.GetProperty("status").GetString()!);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a panel tried over what is stored: {done:N0} samples in {since.Elapsed.TotalSeconds:0} s = {done / since.Elapsed.TotalSeconds:0}/s ({status}); the host's peak {lab.PeakMemoryMiB} MiB"));
    }

    /// <summary>Samples of people: every species of the cohort with its prevalence and its abundances.</summary>
    private async Task UploadAsync(ServiceHost lab)
    {
        var species = ReferenceCohort.Find("western-shotgun")!.Entries.Where(e => e is { Kind: "taxon", Rank: TaxonomicRank.Species, Taxid: not null }).ToArray();
        var random = new Random(20261129);
        for (var from = 0; from < Drawn; from += 100)
        {
            var lines = new StringBuilder();
            for (var i = from; i < from + 100; i++)
            {
                await SendAsync(HttpMethod.Put, new Uri(lab.Address, $"v1/samples/M-{i}"), string.Create(CultureInfo.InvariantCulture,
                    $"{{\"subject\":\"P-{i}\",\"collectedAt\":\"2023-10-30T07:00:00Z\",\"bristolScale\":{1 + (i % 7)},\"ageYears\":{20 + (i % 60)},\"sex\":\"{(i % 2 == 0 ? "female" : "male")}\"}}"));
                var found = species.Select(s => (s.Taxid, Share: Drawing(s, random.NextDouble()))).Where(s => s.Share > 1e-6).ToArray();
                var all = found.Sum(s => s.Share);
                lines.Append(CultureInfo.InvariantCulture, $"{{\"accession\":\"M-{i}\",\"assay\":\"{Assay}\",\"unit\":\"percent\",\"taxa\":[{string.Join(',', found.Select(s => string.Create(CultureInfo.InvariantCulture, $"{{\"taxid\":{s.Taxid},\"value\":{100 * s.Share / all:0.00000}}}")))}]}}\n");
            }
            using var answer = await SendAsync(HttpMethod.Post, new Uri(lab.Address, "v1/profiles"), lines.ToString(), type: "application/x-ndjson", json: false);
        }
    }

    private static double Drawing(CohortEntry entry, double level)
    {
        var (levels, values) = (entry.Distribution.Levels, entry.Distribution.Values);
        if (level <= levels[0]) return values[0];
        for (var i = 1; i < levels.Length; i++)
        {
            if (level <= levels[i]) return values[i - 1] + ((values[i] - values[i - 1]) * (level - levels[i - 1]) / (levels[i] - levels[i - 1]));
        }
        return values[^1];
    }

    private async Task<JsonDocument> SendAsync(HttpMethod method, Uri address, string? body, string key = ServiceHost.Key, string type = "application/json", bool json = true)
    {
        using var request = new HttpRequestMessage(method, address) { Headers = { { "X-Api-Key", key } } };
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new System.Net.Http.Headers.MediaTypeHeaderValue(type));
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode >= HttpStatusCode.BadRequest) throw new InvalidOperationException($"{address}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(json ? text : "{}");
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<List<string>> TextsAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync()) texts.Add(reader.GetString(0));
        return texts;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<double> SecondsAsync(string sql)
    {
        var since = Stopwatch.GetTimestamp();
        await ExecuteAsync(sql);
        return Stopwatch.GetElapsedTime(since).TotalSeconds;
    }
}
