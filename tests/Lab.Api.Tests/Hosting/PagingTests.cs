using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Pages of a list: complete, without repetition, whatever is written meanwhile; and cursors that are only good for where they came from.</summary>
public sealed class PagingTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Pages_are_complete_and_repeat_nothing_while_ten_writers_insert(int seed)
    {
        var upload = await host.Client.UploadProfileAsync("TEMPLATE", SampleFiles.Kreport(1), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        // The default partner of Development.
        var partner = await host.ClientForAsync("demo", "reports:read");
        (string Name, LabClient Client, Func<LabClient, int, string?, Task<(IEnumerable<string> Items, string? Next)>> Page)[] lists =
        [
            .. new[] { ("the lab", host.Client), ("a partner", partner) }.SelectMany(c => new (string, LabClient, Func<LabClient, int, string?, Task<(IEnumerable<string>, string?)>>)[]
            {
                ($"samples of {c.Item1}", c.Item2, async (client, limit, cursor) => Of(await client.ListSamplesAsync(null, limit, cursor, Ct), s => s.Accession)),
                ($"reported samples of {c.Item1}", c.Item2, async (client, limit, cursor) => Of(await client.ListSamplesAsync(new() { Status = "reported" }, limit, cursor, Ct), s => s.Accession)),
                ($"analyses of {c.Item1}", c.Item2, async (client, limit, cursor) => Of(await client.ListAnalysesAsync(null, limit, cursor, Ct), a => $"{a.Id}")),
                ($"analyses by status of {c.Item1}", c.Item2, async (client, limit, cursor) => Of(await client.ListAnalysesAsync("succeeded", limit, cursor, Ct), a => $"{a.Id}")),
                ($"series of {c.Item1}", c.Item2, async (client, limit, cursor) => Of(await client.ListReportsAsync(null, limit, cursor, Ct), r => $"{r.Accession} {r.Assay}")),
                ($"versions of {c.Item1}", c.Item2, async (client, limit, cursor) => Of(await client.ListReportsAsync(new() { EveryVersion = true }, limit, cursor, Ct), r => $"{r.Id}")),
            }),
        ];
        var random = new Random(seed);
        var series = new ConcurrentBag<Guid>();
        await Parallel.ForAsync(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Ct }, async (_, _) => series.Add(await InsertAsync(upload)));
        foreach (var (name, client, page) in lists)
        {
            var (start, next) = (new List<string>(), (string?)null);
            do
            {
                var (items, following) = await page(client, 200, next);
                start.AddRange(items);
                next = following;
            }
            while (next is not null);
            // Each page is asked for while some of the ten are let go.
            using var gate = new SemaphoreSlim(0);
            var writers = Enumerable.Range(0, 10).Select(writer => Task.Run(async () =>
            {
                for (var i = 0; i < 6; i++)
                {
                    await gate.WaitAsync(Ct);
                    // New samples, and new versions of series that are there.
                    if (writer % 2 == 0) await InsertAsync(upload);
                    else await InsertVersionAsync(upload, series.ElementAt((writer * 6) + i));
                }
            }, Ct)).ToArray();
            var (seen, pages) = (new List<string>(), 0);
            do
            {
                gate.Release(10);
                var (items, following) = await page(client, random.Next(1, 30), next);
                seen.AddRange(items);
                next = following;
                Assert.True(++pages < 1_000, $"{name}: there is no end");
            }
            while (next is not null);
            gate.Release(60);
            await Task.WhenAll(writers);
            Assert.True(pages > 2, $"{name}: {pages} pages");
            Assert.True(seen.Distinct().Count() == seen.Count, $"{name}: {seen.Count - seen.Distinct().Count()} repeated");
            Assert.True(!start.Except(seen).Any(), $"{name}: {start.Except(seen).Count()} of {start.Count} missing");
        }
    }

    [Fact]
    public async Task A_cursor_is_good_only_for_where_it_came_from()
    {
        for (var i = 0; i < 4; i++) await host.Client.PutSampleAsync($"CURSOR-{i}", new SampleRegistration { Subject = "CURSOR" }, Ct);
        var page = await host.Client.ListSamplesAsync(new SampleFilter { Subject = "CURSOR" }, 2, cancellation: Ct);
        var cursor = page.Next!;
        Assert.Matches("^[A-Za-z0-9_-]+$", cursor);
        Assert.Equal(["CURSOR-1", "CURSOR-0"], (await host.Client.ListSamplesAsync(new SampleFilter { Subject = "CURSOR" }, 200, cursor, Ct)).Items.Select(s => s.Accession));
        using var lab = host.Http();
        using var partner = host.Http(await host.KeyForAsync("demo", "samples:read"));
        var tampered = Enumerable.Range(0, cursor.Length).Select(i => cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..]);
        string[] others = [.. tampered, cursor[..^1], cursor + "A", cursor + "=", cursor + "%20", "%0A" + cursor, "AAAA", new string('A', 2000)];
        foreach (var other in others) await RefusedAsync(lab, $"v1/samples?subject=CURSOR&cursor={other}");
        await RefusedAsync(lab, $"v1/samples?cursor={cursor}");
        await RefusedAsync(lab, $"v1/samples?subject=CURSOR&status=registered&cursor={cursor}");
        await RefusedAsync(lab, $"v1/reports?subject=CURSOR&cursor={cursor}");
        await RefusedAsync(partner, $"v1/samples?subject=CURSOR&cursor={cursor}");
        using var empty = await lab.GetAsync("v1/samples?subject=CURSOR&cursor=", Ct);
        Assert.Equal(HttpStatusCode.OK, empty.StatusCode);

        static async Task RefusedAsync(HttpClient http, string path) => await Problems.AssertAsync(await http.GetAsync(path, Ct), 400, "bad-request");
    }

    /// <summary>The check over a cursor is no secret: who makes up a place with the right check still names no place.</summary>
    [Theory]
    [InlineData("/v1/taxa", "q=Bact")]
    [InlineData("/v1/audit", "")]
    [InlineData("/v1/api-keys", "")]
    [InlineData("/v1/samples", "")]
    public async Task A_place_that_is_none_is_refused(string path, string filter)
    {
        using var http = host.Http();
        foreach (var place in new[] { "nowhere", "-1", "-1 5", "99999999999999999999 1", "1 2 3" })
        {
            byte[] bytes = Encoding.UTF8.GetBytes(place), list = Encoding.UTF8.GetBytes(string.Join('\n', new[] { path, "*", filter }.Where(part => part.Length > 0)));
            var check = SHA256.HashData([.. BitConverter.GetBytes(bytes.Length), .. bytes, .. list])[..8];
            await Problems.AssertAsync(await http.GetAsync($"{path}?{filter}&cursor={Base64Url.EncodeToString([.. check, .. bytes])}", Ct), 400, "bad-request");
        }
    }

    [Fact]
    public async Task A_page_has_50_items_unless_another_limit_from_1_to_200_is_asked_for()
    {
        await using (var connection = await host.OpenDatabaseAsync())
        {
            await using var insert = new NpgsqlBatch(connection);
            for (var i = 0; i < 201; i++)
            {
                insert.BatchCommands.Add(new NpgsqlBatchCommand("INSERT INTO lab.sample (id, accession, subject, registered_at, revision) VALUES ($1, $2, 'FIFTY', now(), 1)")
                {
                    Parameters = { new() { Value = Guid.CreateVersion7() }, new() { Value = $"FIFTY-{i}" } },
                });
            }
            await insert.ExecuteNonQueryAsync(Ct);
        }
        foreach (var (limit, count) in new (int?, int)[] { (null, 50), (1, 1), (200, 200) })
        {
            var page = await host.Client.ListSamplesAsync(new SampleFilter { Subject = "FIFTY" }, limit, cancellation: Ct);
            Assert.Equal(count, page.Items.Count);
            Assert.NotNull(page.Next);
        }
    }

    private static (IEnumerable<string> Items, string? Next) Of<T>(Page<T> page, Func<T, string> key) => (page.Items.Select(key), page.Next);

    /// <summary>A sample with a profile, an analysis and a report: copies of an uploaded one, under their own ids.</summary>
    private async Task<Guid> InsertAsync(Upload template)
    {
        var (sample, profile, analysis, report) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        await host.ScalarAsync<int>("""
            WITH template AS (SELECT * FROM lab.analysis WHERE id = $1),
            s AS (INSERT INTO lab.sample SELECT (jsonb_populate_record(t, jsonb_build_object('id', $2, 'accession', $2))).* FROM lab.sample t WHERE id = (SELECT sample_id FROM template)),
            p AS (INSERT INTO lab.profile SELECT (jsonb_populate_record(t, jsonb_build_object('id', $3, 'sample_id', $2))).* FROM lab.profile t WHERE id = (SELECT profile_id FROM template)),
            a AS (INSERT INTO lab.analysis SELECT (jsonb_populate_record(t, jsonb_build_object('id', $4, 'sample_id', $2, 'profile_id', $3, 'report_id', $5))).* FROM lab.analysis t WHERE id = $1)
            INSERT INTO lab.report SELECT (jsonb_populate_record(t, jsonb_build_object('id', $5, 'sample_id', $2, 'profile_id', $3, 'analysis_id', $4))).* FROM lab.report t
            WHERE id = (SELECT report_id FROM template)
            """, template.AnalysisId, sample, profile, analysis, report);
        return sample;
    }

    private Task<int> InsertVersionAsync(Upload template, Guid sample) => host.ScalarAsync<int>("""
        INSERT INTO lab.report SELECT (jsonb_populate_record(t, jsonb_build_object('id', $3, 'sample_id', $2, 'analysis_id', NULL, 'version', (random() * 1e9)::int))).* FROM lab.report t
        WHERE id = (SELECT report_id FROM lab.analysis WHERE id = $1)
        """, template.AnalysisId, sample, Guid.CreateVersion7());
}
