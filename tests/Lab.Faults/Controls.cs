namespace Lab.Faults;

/// <summary>Experiments without a protection, and wounds made by hand: a checker that does not see them proves nothing.</summary>
internal static class Controls
{
    // Each is the breach of a rule, made past all triggers and keys by a superuser. {0} is what the accessions of the ledger begin with.
    private static readonly (string Rule, string What, string Sql)[] Wounds =
    [
        ("L1", "an acknowledged sample is gone", "DELETE FROM lab.sample WHERE id = (SELECT id FROM lab.sample WHERE accession LIKE '{0}-%' ORDER BY accession LIMIT 1)"),
        ("L1", "other bytes than were sent", "UPDATE lab.profile SET sha256 = sha256('x') WHERE id = (SELECT p.id FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE '{0}-%' ORDER BY accession OFFSET 1 LIMIT 1)"),
        ("L1", "analysed without a report", "DELETE FROM lab.report WHERE id = (SELECT r.id FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE s.accession LIKE '{0}-%' ORDER BY accession OFFSET 2 LIMIT 1)"),
        ("L2", "a profile twice", "CREATE TEMP TABLE twice AS SELECT p.* FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE '{0}-%' ORDER BY accession OFFSET 3 LIMIT 1; UPDATE twice SET id = gen_random_uuid(), sha256 = sha256('y'); INSERT INTO lab.profile SELECT * FROM twice"),
        ("L2", "a gap in the versions of a report", "UPDATE lab.report SET version = 7 WHERE id = (SELECT r.id FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE s.accession LIKE '{0}-%' ORDER BY accession OFFSET 4 LIMIT 1)"),
        ("L3", "a report and an analysis that do not agree", "UPDATE lab.analysis SET status = 'failed', error = 'x' WHERE id = (SELECT a.id FROM lab.analysis a JOIN lab.sample s ON s.id = a.sample_id WHERE s.accession LIKE '{0}-%' ORDER BY accession OFFSET 5 LIMIT 1)"),
        ("L4", "a sample that nobody sent", "INSERT INTO lab.sample SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'accession', '{0}-NOBODY'))).* FROM lab.sample s WHERE accession LIKE '{0}-%' ORDER BY accession LIMIT 1"),
        ("L5", "no row in the trail", "DELETE FROM lab.audit WHERE action = 'profile.accepted' AND object = (SELECT 'profile:' || p.id FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE s.accession LIKE '{0}-%' ORDER BY accession OFFSET 6 LIMIT 1)"),
    ];

    /// <summary>Whether the checker sees every wound, one after the other in one database.</summary>
    public static async Task<bool> WoundsAsync(int seed)
    {
        await using var laboratory = await Laboratory.StartAsync();
        var prefix = $"W-{seed}";
        using var ledger = await PostAsync(laboratory, prefix, seed, TimeSpan.FromSeconds(2));
        var before = await new Checker(laboratory, ledger, prefix).CheckAsync(TimeSpan.FromSeconds(45));
        var seen = before.Count == 0;
        if (!seen) Console.WriteLine($"misses  wounds: before any there was {before[0]}");
        foreach (var (rule, what, sql) in Wounds)
        {
            await laboratory.ExecuteAsync("SET session_replication_role = replica; " + sql.Replace("{0}", prefix, StringComparison.Ordinal));
            var findings = await new Checker(laboratory, ledger, prefix).CheckAsync(TimeSpan.FromSeconds(45));
            var found = findings.Except(before).FirstOrDefault(finding => finding.StartsWith(rule, StringComparison.Ordinal));
            Console.WriteLine($"{(found is null ? "misses" : "sees it"),-7} wound: {what}: {found}");
            seen &= found is not null;
            before = findings;
        }
        return seen;
    }

    /// <summary>Whether the checker sees what kills cost where commits do not wait for the disk. It takes a moment's luck, so it is tried again.</summary>
    public static async Task<bool> CommitsThatDoNotWaitAsync(int seed)
    {
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            await using var laboratory = await Laboratory.StartAsync("ALTER DATABASE lab SET synchronous_commit = off");
            if (await LosesAsync(laboratory, "kill -9 of PostgreSQL with synchronous_commit = off", $"C-{seed}-{attempt}", seed, laboratory.KillPostgresAsync)) return true;
        }
        return false;
    }

    /// <summary>Whether the checker sees what a failover costs where commits do not wait for the standby.</summary>
    public static async Task<bool> StandbyThatLagsAsync(int seed)
    {
        await using var laboratory = await Laboratory.StartAsync(relayed: true);
        await laboratory.AddStandbyAsync(synchronous: false);
        return await LosesAsync(laboratory, "failover to a standby that no commit waits for, a second behind", $"S-{seed}", seed, async () =>
        {
            var receiver = $"{await laboratory.ReceiverAsync()}";
            await Laboratory.RunAsync("kill", ["-STOP", receiver]);
            await Task.Delay(TimeSpan.FromSeconds(1));
            laboratory.Kill();
            await Laboratory.RunAsync("kill", ["-CONT", receiver]);
            await laboratory.FailOverAsync();
        });
    }

    /// <summary>Whether the checker sees that nothing is done where the dispatcher's jobs do not come to be.</summary>
    public static async Task<bool> NobodyLooksAsync(int seed)
    {
        await using var laboratory = await Laboratory.StartAsync();
        await laboratory.ExecuteAsync("""
            CREATE FUNCTION hangfire.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER nothing BEFORE INSERT ON hangfire.jobqueue FOR EACH ROW EXECUTE FUNCTION hangfire.nothing();
            DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('hangfire.%I', tablename), ', ') || ' CASCADE' FROM pg_tables WHERE schemaname = 'hangfire' AND tablename <> 'schema'); END $$
            """);
        using var ledger = await PostAsync(laboratory, $"N-{seed}", seed, TimeSpan.FromSeconds(2));
        var findings = await new Checker(laboratory, ledger, $"N-{seed}").CheckAsync(TimeSpan.FromSeconds(5));
        var seen = findings.FirstOrDefault(finding => finding.StartsWith("L8", StringComparison.Ordinal));
        Console.WriteLine($"{(seen is null ? "misses" : "sees it"),-7} control: Hangfire emptied and no job taken: {seen}");
        return seen is not null;
    }

    private static async Task<bool> LosesAsync(Laboratory laboratory, string what, string prefix, int seed, Func<Task> inject)
    {
        using var ledger = await PostAsync(laboratory, prefix, seed, TimeSpan.FromSeconds(4), inject);
        var checker = new Checker(laboratory, ledger, prefix);
        await checker.CheckAsync(TimeSpan.FromSeconds(45));
        Console.WriteLine($"{(checker.Lost > 0 ? "sees it" : "misses"),-7} control: {what}: {ledger.Acknowledged:N0} acknowledged, lost {checker.Lost}");
        return checker.Lost > 0;
    }

    private static async Task<Ledger> PostAsync(Laboratory laboratory, string prefix, int seed, TimeSpan time, Func<Task>? inject = null)
    {
        var ledger = new Ledger(Path.Combine(laboratory.Folder, $"{prefix}.ledger"));
        using var traffic = new Traffic(laboratory, ledger, prefix, seed);
        using var stop = new CancellationTokenSource();
        var posting = traffic.RunAsync(12, stop.Token);
        await Task.Delay(time);
        if (inject is not null) await inject();
        await stop.CancelAsync();
        await posting;
        return ledger;
    }
}
