using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Lab.Api.Partners;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

/// <summary>The series of reports of a sample: every state and every command.</summary>
public sealed class SeriesTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static int accessions;

    // state: what a series has. answer: status and problem code. new version: status and why. partner, lab: the current report. audit: what is recorded of the new version.
    private const string Table = """
        state       | command     | answer                   | new version                  | partner             | lab
        none        | upload      | 202                      | final                        | final               | final
        none        | put         | 200                      |                              | not-found           | not-found
        none        | reinterpret | 409 profile-missing      |                              | not-found           | not-found
        none        | release     | 404 not-found            |                              | not-found           | not-found
        none        | amend       | 404 not-found            |                              | not-found           | not-found
        none        | withdraw    | 404 not-found            |                              | not-found           | not-found
        none        | reject      | 200                      |                              | not-found           | not-found
        preliminary | upload      | 202                      | final new-profile            | final               | final
        preliminary | same        | 200                      |                              | report-not-released | preliminary
        preliminary | put         | 200                      | preliminary sample-changed   | report-not-released | preliminary
        preliminary | put-same    | 200                      |                              | report-not-released | preliminary
        preliminary | reinterpret | 202                      | preliminary re-interpreted   | report-not-released | preliminary
        preliminary | release     | 201                      | final release                | final               | final
        preliminary | amend       | 201                      | preliminary amend            | report-not-released | preliminary
        preliminary | withdraw    | 409 report-preliminary   |                              | report-not-released | preliminary
        preliminary | reject      | 200                      |                              | report-not-released | preliminary
        final       | upload      | 202                      | preliminary new-profile      | final               | final
        final       | same        | 200                      |                              | final               | final
        final       | put         | 200                      | preliminary sample-changed   | final               | final
        final       | put-same    | 200                      |                              | final               | final
        final       | reinterpret | 202                      | preliminary re-interpreted   | final               | final
        final       | release     | 409 report-released      |                              | final               | final
        final       | amend       | 201                      | preliminary amend            | final               | final
        final       | withdraw    | 201                      | entered-in-error withdraw    | entered-in-error    | entered-in-error
        final       | reject      | 409 withdraw-first       |                              | final               | final
        waiting     | upload      | 202                      | preliminary new-profile      | final               | final
        waiting     | same        | 200                      |                              | final               | final
        waiting     | put         | 200                      | preliminary sample-changed   | final               | final
        waiting     | put-same    | 200                      |                              | final               | final
        waiting     | reinterpret | 202                      | preliminary re-interpreted   | final               | final
        waiting     | release     | 201                      | corrected release            | corrected           | corrected
        waiting     | amend       | 201                      | preliminary amend            | final               | final
        waiting     | withdraw    | 201                      | entered-in-error withdraw    | entered-in-error    | entered-in-error
        waiting     | reject      | 409 withdraw-first       |                              | final               | final
        reread      | release     | 201                      | amended release              | amended             | amended
        changed     | release     | 201                      | corrected release            | corrected           | corrected
        noted       | upload      | 202                      | preliminary new-profile      | final               | final
        noted       | put         | 200                      | preliminary sample-changed   | final               | final
        noted       | reinterpret | 202                      | preliminary re-interpreted   | final               | final
        noted       | release     | 201                      | amended release              | amended             | amended
        noted       | amend       | 201                      | preliminary amend            | final               | final
        noted       | withdraw    | 201                      | entered-in-error withdraw    | entered-in-error    | entered-in-error
        noted       | reject      | 409 withdraw-first       |                              | final               | final
        mended      | release     | 201                      | corrected release            | corrected           | corrected
        corrected   | upload      | 202                      | preliminary new-profile      | corrected           | corrected
        corrected   | same        | 200                      |                              | corrected           | corrected
        corrected   | put         | 200                      | preliminary sample-changed   | corrected           | corrected
        corrected   | reinterpret | 202                      | preliminary re-interpreted   | corrected           | corrected
        corrected   | release     | 409 report-released      |                              | corrected           | corrected
        corrected   | amend       | 201                      | preliminary amend            | corrected           | corrected
        corrected   | withdraw    | 201                      | entered-in-error withdraw    | entered-in-error    | entered-in-error
        corrected   | reject      | 409 withdraw-first       |                              | corrected           | corrected
        amended     | upload      | 202                      | preliminary new-profile      | amended             | amended
        amended     | put         | 200                      | preliminary sample-changed   | amended             | amended
        amended     | reinterpret | 202                      | preliminary re-interpreted   | amended             | amended
        amended     | release     | 409 report-released      |                              | amended             | amended
        amended     | amend       | 201                      | preliminary amend            | amended             | amended
        amended     | withdraw    | 201                      | entered-in-error withdraw    | entered-in-error    | entered-in-error
        amended     | reject      | 409 withdraw-first       |                              | amended             | amended
        withdrawn   | upload      | 202                      | preliminary new-profile      | entered-in-error    | entered-in-error
        withdrawn   | same        | 200                      |                              | entered-in-error    | entered-in-error
        withdrawn   | put         | 200                      | preliminary sample-changed   | entered-in-error    | entered-in-error
        withdrawn   | put-same    | 200                      |                              | entered-in-error    | entered-in-error
        withdrawn   | reinterpret | 202                      | preliminary re-interpreted   | entered-in-error    | entered-in-error
        withdrawn   | release     | 409 report-released      |                              | entered-in-error    | entered-in-error
        withdrawn   | amend       | 409 report-withdrawn     |                              | entered-in-error    | entered-in-error
        withdrawn   | withdraw    | 409 report-withdrawn     |                              | entered-in-error    | entered-in-error
        withdrawn   | reject      | 200                      |                              | entered-in-error    | entered-in-error
        reissued    | release     | 201                      | corrected release            | corrected           | corrected
        rejected    | upload      | 409 sample-rejected      |                              | report-not-released | preliminary
        rejected    | same        | 409 sample-rejected      |                              | report-not-released | preliminary
        rejected    | put         | 200                      |                              | report-not-released | preliminary
        rejected    | reinterpret | 409 sample-rejected      |                              | report-not-released | preliminary
        rejected    | release     | 409 sample-rejected      |                              | report-not-released | preliminary
        rejected    | amend       | 409 sample-rejected      |                              | report-not-released | preliminary
        rejected    | withdraw    | 409 report-preliminary   |                              | report-not-released | preliminary
        rejected    | reject      | 409 sample-rejected      |                              | report-not-released | preliminary
        """;

    /// <summary>How each state comes about, from nothing.</summary>
    private static readonly Dictionary<string, string[]> Ways = new()
    {
        ["none"] = ["put"],
        ["preliminary"] = ["upload-shallow"],
        ["final"] = ["upload"],
        ["waiting"] = ["upload", "upload"],
        ["reread"] = ["upload", "reinterpret"],
        ["changed"] = ["upload", "put"],
        ["noted"] = ["upload", "amend"],
        ["mended"] = ["upload", "amend-error"],
        ["corrected"] = ["upload", "upload", "release"],
        ["amended"] = ["upload", "reinterpret", "release"],
        ["withdrawn"] = ["upload", "withdraw"],
        ["reissued"] = ["upload", "withdraw", "reinterpret"],
        ["rejected"] = ["upload-shallow", "reject"],
    };

    private static readonly Dictionary<string, string> Recorded = new()
    {
        ["upload"] = "report.published",
        ["put"] = "report.published",
        ["reinterpret"] = "report.published",
        ["release"] = "report.released",
        ["amend"] = "report.amended",
        ["withdraw"] = "report.withdrawn",
    };

    public static TheoryData<string, string, string, string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string, string, string, string>();
            foreach (var line in Table.Split('\n').Skip(1))
            {
                var cell = line.Split('|').Select(c => c.Trim()).ToArray();
                cells.Add(cell[0], cell[1], cell[2], cell[3], cell[4], cell[5]);
            }
            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task A_command_on_a_state_answers_makes_and_shows(string state, string command, string answer, string made, string partner, string lab)
    {
        var series = new Series(host, $"S-{Interlocked.Increment(ref accessions)}");
        foreach (var step in Ways[state]) await series.DoAsync(step);
        var before = await series.VersionsAsync();
        var bytes = await series.DocumentsAsync(before);

        Assert.Equal(answer, await series.DoAsync(command));
        var after = await series.VersionsAsync();
        Assert.Equal(made.Length == 0 ? before.Count : before.Count + 1, after.Count);
        Assert.Equal(Enumerable.Range(1, after.Count), after.Select(v => v.Version));
        Assert.Equal(bytes, await series.DocumentsAsync(before));
        if (made.Length > 0)
        {
            var version = after[^1];
            Assert.Equal(made, $"{version.Status} {version.Because}".Trim());
            Assert.Equal(before.LastOrDefault(v => v.Status != "preliminary")?.Id, version.Replaces);
            var reading = await host.Client.GetReportAsync(version.Id, cancellation: Ct);
            Assert.Equal($"\"{version.Etag}\"", reading.ETag);
            Assert.Equal((version.Status, version.Because, version.Digest), (reading.Report!.Status, reading.Report.Because?.Code, reading.Report.Digest));
            Assert.Equal(Recorded[command], await host.ScalarAsync<string>("SELECT action FROM lab.audit WHERE object = 'report:' || $1::text AND action <> 'report.read'", version.Id.ToString()));
            foreach (var older in before) Assert.NotNull((await host.Client.GetReportAsync(older.Id, cancellation: Ct)).Successor);
        }
        Assert.Equal(partner, await Series.CurrentAsync(await PartnerAsync(), series.Accession));
        Assert.Equal(lab, await Series.CurrentAsync(host.Client, series.Accession));
    }

    [Fact]
    public async Task A_partner_is_shown_released_versions_only_also_in_the_history_and_as_successor()
    {
        var series = new Series(host, "PARTNER");
        foreach (var step in new[] { "upload", "upload", "amend" }) await series.DoAsync(step);
        var partner = await PartnerAsync();
        var versions = await series.VersionsAsync();
        Assert.Equal(3, versions.Count);
        Assert.Equal([versions[0].Id], (await partner.ListReportVersionsAsync(versions[0].Id, Ct)).Select(v => v.Id));
        Assert.Null((await partner.GetReportAsync(versions[0].Id, cancellation: Ct)).Successor);
        foreach (var waiting in versions.Skip(1))
        {
            Assert.Equal("report-not-released", (await Assert.ThrowsAsync<LabProblemException>(() => partner.GetReportAsync(waiting.Id, cancellation: Ct))).Code);
            Assert.Equal("report-not-released", (await Assert.ThrowsAsync<LabProblemException>(() => partner.ListReportVersionsAsync(waiting.Id, Ct))).Code);
        }
    }

    [Fact]
    public async Task A_key_of_the_lab_that_may_not_sign_sees_released_versions_only()
    {
        var series = new Series(host, "LIMS");
        await series.DoAsync("upload-shallow");
        var lims = await host.ClientForAsync(null, "reports:read");
        Assert.Equal("report-not-released", (await Assert.ThrowsAsync<LabProblemException>(() => lims.GetCurrentReportAsync("LIMS", cancellation: Ct))).Code);
        await series.DoAsync("release");
        Assert.Equal("final", (await lims.GetCurrentReportAsync("LIMS", cancellation: Ct)).Report!.Status);
    }

    [Fact]
    public async Task A_withdrawn_report_says_why_and_finds_nothing()
    {
        var series = new Series(host, "WITHDRAWN");
        await series.UploadAsync(SampleFiles.Read("metaphlan2-scfa-depleted.txt"));
        var released = Assert.Single(await series.VersionsAsync());
        Assert.Contains("scfa-producers-depleted", released.Findings);
        var withdrawn = await host.Client.WithdrawReportAsync(released.Id, released.Etag, "patient-mismatch", "Tube of somebody else.", Ct);
        var report = (await host.Client.GetReportAsync(withdrawn.Id, cancellation: Ct)).Report!;
        Assert.Equal(("withdraw", "patient-mismatch", "Tube of somebody else."), (report.Because!.Code, report.Because.Reason, report.Because.Note));
        Assert.Empty(report.Findings);
        Assert.Empty(withdrawn.Findings);
        Assert.Empty(report.Recommendations);
        Assert.NotEqual(released.Digest, report.Digest);
        Assert.Equal(released.Id, report.Replaces);
    }

    [Fact]
    public async Task The_release_of_an_amendment_says_why_it_was_amended()
    {
        var series = new Series(host, "AMENDED");
        await series.DoAsync("upload");
        var first = (await series.VersionsAsync())[^1];
        var amended = await host.Client.AmendReportAsync(first.Id, first.Etag, "new-information", "Antibiotics until a week before.", Ct);
        var released = await host.Client.ReleaseReportAsync(amended.Id, amended.Etag, cancellation: Ct);
        var report = (await host.Client.GetReportAsync(released.Id, cancellation: Ct)).Report!;
        Assert.Equal(("release", "new-information", "Antibiotics until a week before."), (report.Because!.Code, report.Because.Reason, report.Because.Note));
        Assert.Equal(first.Digest, released.Digest);
        Assert.Equal(first.Id, released.Replaces);
    }

    [Fact]
    public async Task Profiles_A_B_A_again_is_superseded_until_A_is_asked_for()
    {
        var (a, b) = (SampleFiles.Kreport(901), SampleFiles.Kreport(902));
        var first = await host.Client.UploadProfileAsync("ABA", a, cancellation: Ct);
        await host.Client.WaitForReportAsync(first.AnalysisId, Ct);
        Assert.False(first.Superseded);
        var second = await host.Client.UploadProfileAsync("ABA", b, cancellation: Ct);
        await host.Client.WaitForReportAsync(second.AnalysisId, Ct);
        var again = await host.Client.UploadProfileAsync("ABA", a, cancellation: Ct);
        Assert.Equal((first.ProfileId, true, false), (again.ProfileId, again.Superseded, again.IsNew));

        var queued = Assert.Single((await host.Client.RequestAnalysesAsync(new() { ProfileId = first.ProfileId }, Ct)).Items);
        Assert.Equal("new-profile", (await host.Client.WaitForReportAsync(queued.AnalysisId, Ct)).Because!.Code);
        Assert.False((await host.Client.UploadProfileAsync("ABA", a, cancellation: Ct)).Superseded);
        Assert.True((await host.Client.UploadProfileAsync("ABA", b, cancellation: Ct)).Superseded);
    }

    [Theory]
    [InlineData("release")]
    [InlineData("amend")]
    [InlineData("withdraw")]
    public async Task Signing_asks_for_the_ETag_that_was_read(string act)
    {
        var series = new Series(host, $"MATCH-{act}");
        await series.DoAsync(act == "release" ? "upload-shallow" : "upload");
        var version = (await series.VersionsAsync())[^1];
        using var http = host.Http();
        await Problems.AssertAsync(await PostAsync(http, version.Id, act, null), 428, "precondition-required");
        await Problems.AssertAsync(await PostAsync(http, version.Id, act, "\"0000000000000000\""), 412, "precondition-failed");
        await Problems.AssertAsync(await PostAsync(http, version.Id, act, $"W/\"{version.Etag}\""), 412, "precondition-failed");
        await Problems.AssertAsync(await PostAsync(http, version.Id, act, version.Etag), 400, "bad-request");
        Assert.Single(await series.VersionsAsync());
        using var signed = await PostAsync(http, version.Id, act, $"\"0000000000000000\", \"{version.Etag}-gzip\"");
        Assert.Equal(HttpStatusCode.Created, signed.StatusCode);
        Assert.Equal($"/v1/reports/{(await series.VersionsAsync())[^1].Id}", signed.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("""{ "reason": "boredom", "note": "x" }""", 422, "value-invalid", "/reason")]
    [InlineData("""{ "reason": "other", "note": " " }""", 422, "value-invalid", "/note")]
    [InlineData("""{ "reason": "other" }""", 400, "body-invalid", "")]
    [InlineData("""{ "reason": "other", "note": "x", "extra": 1 }""", 400, "body-invalid", "/extra")]
    [InlineData("""{ "reason": "other", "reason": "other", "note": "x" }""", 400, "body-invalid", "/reason")]
    [InlineData("""{ "reason": 7, "note": "x" }""", 400, "body-invalid", "/reason")]
    [InlineData("""{ "reason": "other", "note": "a\u0000b" }""", 400, "body-invalid", "")]
    [InlineData("", 400, "body-invalid", "")]
    public async Task A_reason_is_one_of_the_list_and_a_note_is_needed(string body, int status, string code, string pointer)
    {
        var series = new Series(host, $"REASON-{Interlocked.Increment(ref accessions)}");
        await series.DoAsync("upload");
        var version = (await series.VersionsAsync())[^1];
        using var http = host.Http();
        foreach (var act in new[] { "amend", "withdraw" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"v1/reports/{version.Id}/{act}") { Content = new StringContent(body) };
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{version.Etag}\"");
            var problem = await Problems.AssertAsync(await http.SendAsync(request, Ct), status, code);
            Assert.Equal(pointer, problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
        }
        Assert.Single(await series.VersionsAsync());
    }

    [Fact]
    public async Task A_release_is_replayed_for_its_idempotency_key_and_another_request_is_refused()
    {
        var series = new Series(host, "IDEMPOTENT");
        await series.DoAsync("upload-shallow");
        var version = (await series.VersionsAsync())[^1];
        using var http = host.Http();
        using var first = await PostAsync(http, version.Id, "release", $"\"{version.Etag}\"", "release-1");
        using var second = await PostAsync(http, version.Id, "release", $"\"{version.Etag}\"", "release-1");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, second.StatusCode));
        Assert.Equal(await first.Content.ReadAsStringAsync(Ct), await second.Content.ReadAsStringAsync(Ct));
        Assert.Equal(["true"], second.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal(2, (await series.VersionsAsync()).Count);
        await Problems.AssertAsync(await PostAsync(http, version.Id, "withdraw", $"\"{version.Etag}\"", "release-1"), 422, "idempotency-mismatch");
    }

    [Fact]
    public async Task Only_the_last_version_is_released_or_amended_and_only_the_current_one_withdrawn()
    {
        var series = new Series(host, "LAST");
        foreach (var step in new[] { "upload", "upload", "release", "upload" }) await series.DoAsync(step);
        var versions = await series.VersionsAsync();
        Assert.Equal(["final", "preliminary", "corrected", "preliminary"], versions.Select(v => v.Status));
        foreach (var act in new[] { "release", "amend" })
        {
            foreach (var old in versions.Take(3)) Assert.Equal("report-superseded", await series.SignAsync(old, act));
        }
        Assert.Equal("report-superseded", await series.SignAsync(versions[0], "withdraw"));
        Assert.Equal("report-preliminary", await series.SignAsync(versions[3], "withdraw"));
        Assert.Equal("201", await series.SignAsync(versions[2], "withdraw"));
    }

    [Fact]
    public async Task The_database_refuses_to_change_or_delete_what_was_written()
    {
        var series = new Series(host, "WRITTEN");
        await series.DoAsync("upload");
        foreach (var table in new[] { "report", "profile", "audit" })
        {
            foreach (var sql in new[] { $"DELETE FROM lab.{table}", $"UPDATE lab.{table} SET partner_id = 'other'" })
            {
                Assert.Equal("42501", await StateAsync($"SET ROLE lab_app; SELECT set_config('app.partner', '*', false); {sql}"));
                Assert.Equal("42501", await StateAsync($"SET ROLE lab_worker; {sql}"));
                Assert.Equal("23000", await StateAsync(sql));
            }
        }

        async Task<string?> StateAsync(string sql)
        {
            await using var connection = await host.OpenDatabaseAsync();
            await using var command = new Npgsql.NpgsqlCommand(sql, connection);
            return (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => command.ExecuteNonQueryAsync(Ct))).SqlState;
        }
    }

    [Fact]
    public async Task Where_two_persons_are_asked_for_who_amended_does_not_release_and_without_auto_release_nothing_is_final()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key, settings: [("Reports__TwoPersons", "true"), ("Reports__AutoRelease", "false")]);
        using var http = new HttpClient { BaseAddress = process.BaseAddress };
        var one = new LabClient(http, key);
        var upload = await one.UploadProfileAsync("TWO", SampleFiles.Kreport(1), cancellation: Ct);
        var report = await one.WaitForReportAsync(upload.AnalysisId, Ct);
        Assert.Equal(("preliminary", "pass"), (report.Status, report.Quality.Status));
        var amended = await one.AmendReportAsync(report.Id, (await one.GetReportAsync(report.Id, cancellation: Ct)).ETag!, "other", "A note.", Ct);
        Assert.Equal("preliminary", amended.Status);
        Assert.Equal("second-person-needed", (await Assert.ThrowsAsync<LabProblemException>(() => one.ReleaseReportAsync(amended.Id, amended.Etag, cancellation: Ct))).Code);
        var two = new LabClient(http, await LabHost.KeyForAsync(database, null, "reports:sign"));
        Assert.Equal("final", (await two.ReleaseReportAsync(amended.Id, amended.Etag, cancellation: Ct)).Status);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, Guid report, string act, string? ifMatch, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"v1/reports/{report}/{act}");
        if (act != "release") request.Content = JsonContent.Create(new { reason = "other", note = "A note." });
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        return await http.SendAsync(request, Ct);
    }

    private Task<LabClient> PartnerAsync() => host.ClientForAsync("demo", "reports:read");

    /// <summary>One sample and what is done with it.</summary>
    private sealed class Series(LabHost host, string accession)
    {
        private static int seeds = 1000;
        private byte[]? uploaded;
        private int subjects;
        private string? subject;

        public string Accession => accession;

        /// <summary>Does a command to its end; the status, and the code of a problem.</summary>
        public async Task<string> DoAsync(string command)
        {
            try
            {
                switch (command)
                {
                    case "upload": return await UploadAsync(SampleFiles.Kreport(Interlocked.Increment(ref seeds)));
                    case "upload-shallow": return await UploadAsync(SampleFiles.ShallowKreport(Interlocked.Increment(ref seeds) % 400));
                    case "same": return await UploadAsync(uploaded!);
                    case "put": return await PutAsync($"SUBJECT-{++subjects}");
                    case "put-same": return await PutAsync(subject);
                    case "reinterpret":
                        foreach (var queued in (await host.Client.RequestAnalysesAsync(new() { Accession = accession }, Ct)).Items) await host.Client.WaitForReportAsync(queued.AnalysisId, Ct);
                        return "202";
                    case "reject":
                        await host.Client.RejectSampleAsync(accession, "insufficient-material", "Empty tube.", Ct);
                        return "200";
                    default:
                        var versions = await VersionsAsync();
                        var last = versions.Count == 0 ? null : versions[^1];
                        var target = command == "withdraw" ? versions.LastOrDefault(v => v.Status != "preliminary") ?? last : last;
                        return await SignAsync(target, command) is { } code && code != "201" ? $"{(code == "not-found" ? 404 : 409)} {code}" : "201";
                }
            }
            catch (LabProblemException problem)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{(int)problem.StatusCode} {problem.Code}");
            }
        }

        /// <summary>201, or the code of the problem.</summary>
        public async Task<string> SignAsync(ReportSummary? version, string act)
        {
            var (id, etag) = (version?.Id ?? Guid.CreateVersion7(), version?.Etag ?? "none");
            try
            {
                _ = act switch
                {
                    "release" => await host.Client.ReleaseReportAsync(id, etag, cancellation: Ct),
                    "amend" => await host.Client.AmendReportAsync(id, etag, "interpretation", "A note.", Ct),
                    "amend-error" => await host.Client.AmendReportAsync(id, etag, "reagent-issue", "A bad lot.", Ct),
                    _ => await host.Client.WithdrawReportAsync(id, etag, "sample-mismatch", "Swapped tubes.", Ct),
                };
                return "201";
            }
            catch (LabProblemException problem)
            {
                return problem.Code!;
            }
        }

        public async Task<string> UploadAsync(byte[] file)
        {
            uploaded = file;
            var upload = await host.Client.UploadProfileAsync(accession, file, cancellation: Ct);
            await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
            return upload.IsNew ? "202" : "200";
        }

        public async Task<IReadOnlyList<ReportSummary>> VersionsAsync()
        {
            var id = await host.ScalarAsync<Guid>("SELECT r.id FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE s.accession = $1 LIMIT 1", accession);
            return id == Guid.Empty ? [] : await host.Client.ListReportVersionsAsync(id, Ct);
        }

        public async Task<IReadOnlyList<string>> DocumentsAsync(IReadOnlyList<ReportSummary> versions)
        {
            using var http = host.Http();
            var documents = new List<string>();
            foreach (var version in versions) documents.Add(await http.GetStringAsync($"v1/reports/{version.Id}", Ct));
            return documents;
        }

        /// <summary>The status of the current report, or the code of the problem.</summary>
        public static async Task<string> CurrentAsync(LabClient client, string accession)
        {
            try
            {
                return (await client.GetCurrentReportAsync(accession, cancellation: Ct)).Report!.Status;
            }
            catch (LabProblemException problem)
            {
                return problem.Code!;
            }
        }

        private async Task<string> PutAsync(string? to)
        {
            subject = to;
            await host.Client.PutSampleAsync(accession, new() { Subject = to }, Ct);
            // What it queues is followed by nobody: wait until nothing of the sample is open.
            while ((await host.Client.GetSampleAsync(accession, Ct)).Status == "analysing") await Task.Delay(20, Ct);
            return "200";
        }
    }
}
