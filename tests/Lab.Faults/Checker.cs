using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Lab.Faults;

/// <summary>The rules that hold after every fault, once it is over and the queue is empty. Each finding is a sentence; none is the wanted result.</summary>
internal sealed class Checker(Laboratory laboratory, Ledger ledger, string prefix)
{
    private const int Verified = 20;
    private readonly List<string> findings = [];

    /// <summary>Seconds from the end of the fault until nothing was queued or running.</summary>
    public double DrainedAfter { get; private set; }

    /// <summary>Acknowledged samples that are not there, or not whole.</summary>
    public int Lost { get; private set; }

    /// <summary>What stands more often than once.</summary>
    public int Doubled { get; private set; }

    /// <param name="stall">How long nothing may happen while analyses are open.</param>
    public async Task<IReadOnlyList<string>> CheckAsync(TimeSpan stall)
    {
        await DrainAsync(stall);
        await NothingLostAsync();
        await NothingDoubledAsync();
        await NothingTornAsync();
        await AuditedAsync();
        await BoundedAsync();
        return findings;
    }

    /// <summary>L8: as long as analyses are open, some end: a lease of a dead worker runs out after 30 s, and what it held is done by others.</summary>
    private async Task DrainAsync(TimeSpan stall)
    {
        var (waited, progress, least) = (Stopwatch.StartNew(), Stopwatch.StartNew(), long.MaxValue);
        while (await laboratory.ScalarAsync<long>("SELECT count(*) FROM lab.analysis WHERE status IN ('queued', 'running')") is > 0 and var open)
        {
            if (open < least)
            {
                least = open;
                progress.Restart();
            }
            if (progress.Elapsed > stall)
            {
                findings.Add($"L8: {open} analyses are open, and none of them ended in {stall.TotalSeconds:0} s");
                break;
            }
            await Task.Delay(100);
        }
        DrainedAfter = waited.Elapsed.TotalSeconds;
    }

    /// <summary>L1 and L4: what was acknowledged is there with the same bytes and is reported or failed with a reason; of the rest all or nothing is there.</summary>
    private async Task NothingLostAsync()
    {
        var stored = (await laboratory.ListAsync<string>("""
            SELECT concat_ws('|', s.accession, p.id, a.id, encode(p.sha256, 'hex'), a.status, COALESCE(a.error, ''), COALESCE(r.id::text, ''))
            FROM lab.sample s JOIN lab.profile p ON p.sample_id = s.id JOIN lab.analysis a ON a.profile_id = p.id LEFT JOIN lab.report r ON r.analysis_id = a.id
            WHERE s.accession LIKE $1
            """, prefix + "-%")).Select(row => row.Split('|')).ToLookup(row => row[0]);
        foreach (var call in ledger.Calls.Where(call => call.Outcome == Outcome.Ok))
        {
            if (stored[call.Accession].FirstOrDefault(row => row[1] == call.ProfileId.ToString()) is not { } row) Lose($"L1: {call.Accession} was acknowledged ({call.Status}) and is not there");
            else if (row[3] != call.Sha256) Lose($"L1: {call.Accession} was stored with other bytes than were sent");
            else if (row[4] is not ("succeeded" or "failed")) Lose($"L1: {call.Accession} is {row[4]}");
            else if (row[4] == "failed" && row[5].Length == 0) Lose($"L1: {call.Accession} failed without a reason");
            else if (row[4] == "succeeded" && row[6].Length == 0) Lose($"L1: {call.Accession} was analysed and has no report");
            else if (row[2] != call.AnalysisId.ToString()) findings.Add($"L2: {call.Accession} was acknowledged with an analysis that is not its own");
        }
        var sent = ledger.Calls.Select(call => call.Accession).ToHashSet();
        findings.AddRange(stored.Where(sample => !sent.Contains(sample.Key)).Select(sample => $"L4: {sample.Key} is there and nobody's call ended"));
        findings.AddRange((await laboratory.ListAsync<string>("""
            SELECT s.accession FROM lab.sample s WHERE s.accession LIKE $1 AND NOT EXISTS (SELECT FROM lab.profile p JOIN lab.analysis a ON a.profile_id = p.id WHERE p.sample_id = s.id)
            """, prefix + "-%")).Select(accession => $"L4: {accession} is half there"));

        void Lose(string finding)
        {
            Lost++;
            findings.Add(finding);
        }
    }

    /// <summary>L2: one profile and one analysis of each sample's one content, one report of each analysis, versions without gap, one answer for ever.</summary>
    private async Task NothingDoubledAsync()
    {
        foreach (var (rule, sql) in new[]
        {
            ("profiles", "SELECT s.accession FROM lab.sample s JOIN lab.profile p ON p.sample_id = s.id WHERE s.accession LIKE $1 GROUP BY s.accession HAVING count(*) > 1"),
            ("analyses", "SELECT s.accession FROM lab.sample s JOIN lab.analysis a ON a.sample_id = s.id WHERE s.accession LIKE $1 GROUP BY s.accession HAVING count(*) > 1"),
            ("reports", "SELECT s.accession FROM lab.sample s JOIN lab.report r ON r.sample_id = s.id WHERE s.accession LIKE $1 GROUP BY s.accession HAVING count(*) > 1"),
            ("gaps in its versions", """
                SELECT s.accession FROM lab.sample s JOIN lab.report r ON r.sample_id = s.id WHERE s.accession LIKE $1
                GROUP BY s.accession, r.assay HAVING max(r.version) <> count(*) OR min(r.version) <> 1
                """),
        })
        {
            foreach (var accession in await laboratory.ListAsync<string>(sql, prefix + "-%"))
            {
                Doubled++;
                findings.Add($"L2: {accession} has several {rule}");
            }
        }
        foreach (var sample in ledger.Calls.Where(call => call.Outcome == Outcome.Ok).GroupBy(call => (call.Accession, call.Sha256)).Where(answers => answers.DistinctBy(call => call.ProfileId).Count() > 1))
        {
            Doubled++;
            findings.Add($"L2: {sample.Key.Accession} was acknowledged with several ids");
        }
    }

    /// <summary>L3: a report is of the profile that was stored, and is what its pinned inputs make.</summary>
    private async Task NothingTornAsync()
    {
        findings.AddRange((await laboratory.ListAsync<string>("""
            SELECT s.accession FROM lab.report r JOIN lab.analysis a ON a.id = r.analysis_id JOIN lab.sample s ON s.id = r.sample_id
            WHERE s.accession LIKE $1 AND (r.profile_id <> a.profile_id OR a.report_id IS DISTINCT FROM r.id OR a.status <> 'succeeded')
            """, prefix + "-%")).Select(accession => $"L3: the report of {accession} and its analysis do not agree"));
        using var http = laboratory.Apis[0].Client();
        foreach (var report in await laboratory.ListAsync<Guid>("""
            SELECT r.id FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE s.accession LIKE $1 ORDER BY md5(r.id::text) LIMIT $2
            """, prefix + "-%", Verified))
        {
            using var answer = await http.PostAsync(new Uri($"v1/reports/{report}/verify", UriKind.Relative), null);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            if (!answer.IsSuccessStatusCode || !json.RootElement.GetProperty("intact").GetBoolean() || !json.RootElement.GetProperty("reproduced").GetBoolean())
            {
                findings.Add($"L3: report {report} does not verify: {(int)answer.StatusCode} {json.RootElement}");
            }
        }
    }

    /// <summary>L5: one row of the trail for each profile and for each report.</summary>
    private async Task AuditedAsync()
    {
        foreach (var (what, action, sql) in new[]
        {
            ("profile", "profile.accepted", "SELECT p.id FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE $1"),
            ("report", "report.published", "SELECT r.id FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE s.accession LIKE $1"),
        })
        {
            findings.AddRange((await laboratory.ListAsync<Guid>($"""
                SELECT t.id FROM ({sql}) t LEFT JOIN lab.audit a ON a.object = '{what}:' || t.id AND a.action = '{action}' GROUP BY t.id HAVING count(a.id) <> 1
                """, prefix + "-%")).Select(id => $"L5: {what} {id} has not exactly one row {action} in the trail"));
        }
    }

    /// <summary>L8: no transaction hangs, no failure but the announced 503.</summary>
    private async Task BoundedAsync()
    {
        if (await laboratory.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND state_change < now() - interval '5 seconds' AND application_name <> 'lab-faults'") is > 0 and var idle)
        {
            findings.Add($"L8: {idle} connections are idle in a transaction");
        }
        findings.AddRange(ledger.Calls.Where(call => call.Status >= 500 && !(call.Status == 503 && call.RetryAfter)).CountBy(call => (call.Status, call.RetryAfter))
            .Select(group => string.Create(CultureInfo.InvariantCulture, $"L8: {group.Value} answers {group.Key.Status}{(group.Key.RetryAfter ? "" : " without Retry-After")}")));
    }
}
