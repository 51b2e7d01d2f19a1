using System.Collections.Immutable;
using System.Diagnostics;
using Npgsql;

namespace Lab.Faults;

/// <summary>A fault under load.</summary>
/// <param name="Name">As <c>--only</c> takes it.</param>
/// <param name="Numbers">Of the table of faults that it stands for.</param>
/// <param name="Says">What happens.</param>
/// <param name="Inject">Does it for about so many seconds.</param>
/// <param name="Clients">How many post meanwhile.</param>
/// <param name="Start">A laboratory of its own, for what the others would not survive; null where they share one.</param>
internal sealed record Experiment(string Name, string Numbers, string Says, Func<Laboratory, Random, double, Task> Inject, int Clients = 12, Func<Task<Laboratory>>? Start = null);

/// <summary>What this machine does not allow or does not have.</summary>
internal sealed class NotPossibleException(string message) : Exception(message);

internal static class Experiments
{
    public static readonly ImmutableArray<Experiment> All =
    [
        new("api-killed", "1, 2", "kill -9 of an API node in the middle of uploads, again and again", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                var node = lab.Apis[random.Next(lab.Apis.Length)];
                await Task.Delay(random.Next(200, 1500));
                await node.KillAsync();
                await node.StartAsync();
            });
        }),
        new("api-rolled", "3", "SIGTERM of the API nodes, one after the other", async (lab, _, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                foreach (var node in lab.Apis)
                {
                    if (await node.TerminateAsync() > 30) throw new InvalidOperationException("An API node did not end within 30 s of SIGTERM.");
                    await node.StartAsync();
                }
            });
        }),
        new("worker-killed", "4, 5, 6", "kill -9 of a worker every two seconds", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                var node = lab.Workers[random.Next(lab.Workers.Length)];
                await node.KillAsync();
                await Task.WhenAll(node.StartAsync(), Task.Delay(2000));
            });
        }),
        new("worker-stopped", "7", "SIGSTOP of a worker for longer than its lease, then SIGCONT", async (lab, random, _) =>
        {
            var node = lab.Workers[random.Next(lab.Workers.Length)];
            await node.StopAsync();
            await Task.Delay(TimeSpan.FromSeconds(35));
            await node.ContinueAsync();
            await Task.Delay(TimeSpan.FromSeconds(3));
        }, Clients: 4),
        new("lease-outlived", "8", "reports locked for longer than a lease, so that others take what is being published", async (lab, _, _) =>
        {
            await using var admin = await lab.OpenAsync();
            await using var locked = new NpgsqlCommand("SET application_name = 'lab-faults'; BEGIN; LOCK TABLE lab.report IN SHARE MODE", admin);
            await locked.ExecuteNonQueryAsync();
            await Task.Delay(TimeSpan.FromSeconds(40));
            await using var end = new NpgsqlCommand("COMMIT", admin);
            await end.ExecuteNonQueryAsync();
        }, Clients: 4),
        new("cores-taken", "9", "eight processes that take every core", async (lab, _, seconds) =>
        {
            var burners = Enumerable.Range(0, 8).Select(_ => Process.Start("sh", ["-c", "while :; do :; done"])).ToArray();
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds));
            }
            finally
            {
                foreach (var burner in burners)
                {
                    burner.Kill();
                    burner.Dispose();
                }
            }
        }),
        new("threads-few", "10", "two threads for all that an API node and a worker do, where the runtime would give them hundreds", (lab, _, seconds) => Surroundings.FewThreadsAsync(lab, seconds), Clients: 4),
        new("sample-deadly", "12", "a sample that every worker is killed over", DeadlySample.RunAsync, Clients: 2),
        new("job-unreadable", "13", "jobs of a version that is not here in Hangfire's queue", async (lab, _, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await lab.ExecuteAsync("""
                    WITH job AS (INSERT INTO hangfire.job (statename, invocationdata, arguments, createdat)
                        VALUES ('Enqueued', '{"Type":"Lab.Api.Analyses.OfAnotherVersion, Lab.Api","Method":"RunAsync","ParameterTypes":"[]","Arguments":"[]"}', '[]', now()) RETURNING id)
                    INSERT INTO hangfire.jobqueue (jobid, queue) SELECT id, 'analyses' FROM job
                    """);
                await Task.Delay(500);
            });
        }),
        new("hangfire-emptied", "14", "every table of Hangfire emptied, again and again", async (lab, _, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(1500);
                await lab.ExecuteAsync("""
                    DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('hangfire.%I', tablename), ', ') || ' CASCADE' FROM pg_tables WHERE schemaname = 'hangfire' AND tablename <> 'schema'); END $$
                    """);
            });
        }),
        new("database-restarted", "15", "PostgreSQL stopped and started under load", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(random.Next(1000, 4000));
                await lab.RestartPostgresAsync();
            });
        }),
        new("database-killed", "16", "kill -9 of PostgreSQL under load", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(random.Next(1000, 4000));
                await lab.KillPostgresAsync();
            });
        }),
        new("connections-terminated", "19", "twenty connections a second terminated", async (lab, _, seconds) =>
        {
            await using var admin = await lab.OpenAsync();
            await RepeatAsync(seconds, async () =>
            {
                await using var terminate = new NpgsqlCommand(
                    "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) victim", admin);
                await terminate.ExecuteNonQueryAsync();
                await Task.Delay(50);
            });
        }),
        new("connections-used-up", "20, 21", "every connection that PostgreSQL allows taken by somebody else", async (lab, _, seconds) =>
        {
            var taken = new List<NpgsqlConnection>();
            try
            {
                await RepeatAsync(seconds, async () =>
                {
                    try
                    {
                        taken.Add(await lab.OpenAsync());
                    }
                    catch (NpgsqlException)
                    {
                        await Task.Delay(100);
                    }
                });
            }
            finally
            {
                foreach (var connection in taken) await connection.DisposeAsync();
            }
        }),
        new("transaction-held-open", "22", "a transaction that holds back the vacuum", async (lab, _, seconds) =>
        {
            await using var admin = await lab.OpenAsync();
            await using var open = new NpgsqlCommand("SET application_name = 'lab-faults'; BEGIN; SELECT txid_current()", admin);
            await open.ExecuteNonQueryAsync();
            await Task.Delay(TimeSpan.FromSeconds(seconds));
        }),
        new("one-sample", "23, 36", "64 uploads for one sample at once, some of them the same", Contention.OneSampleAsync, Clients: 4),
        new("opposite-orders", "24", "two batches that name the same samples in opposite orders", Contention.OppositeOrdersAsync, Clients: 4),
        new("schema-changed", "25", "a column, an index and a constraint as an expanding migration makes them", async (lab, _, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                foreach (var sql in new[]
                {
                    "SET lock_timeout = '2s'; ALTER TABLE lab.analysis ADD COLUMN expanded text", "CREATE INDEX CONCURRENTLY expanded ON lab.analysis (expanded)",
                    "SET lock_timeout = '2s'; ALTER TABLE lab.analysis ADD CONSTRAINT expanded CHECK (expanded IS NULL) NOT VALID", "ALTER TABLE lab.analysis VALIDATE CONSTRAINT expanded",
                    "SET lock_timeout = '2s'; ALTER TABLE lab.analysis DROP COLUMN expanded",
                })
                {
                    for (var again = true; again;)
                    {
                        try
                        {
                            await lab.ExecuteAsync(sql);
                            again = false;
                        }
                        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
                        {
                            await Task.Delay(100);
                        }
                    }
                }
            });
        }),
        new("migration-killed", "26", "the migration of an empty database killed again and again, then left to end", async (lab, random, _) =>
        {
            await lab.ExecuteAsync("CREATE DATABASE migrated");
            var (kills, ended) = (0, false);
            for (var n = 0; n < 20 && !ended; n++)
            {
                using var migration = lab.Migrate("migrated");
                var exit = migration.WaitForExitAsync();
                if (n < 10 && await Task.WhenAny(exit, Task.Delay(random.Next(300, 2500))) != exit)
                {
                    migration.Kill();
                    kills++;
                }
                await exit;
                ended = migration.ExitCode == 0;
            }
            if (!ended) throw new InvalidOperationException("The migration does not end after it was killed.");
            if (kills == 0) throw new InvalidOperationException("The migration was over before it could be killed.");
            await using (var migrated = await lab.OpenAsync("migrated"))
            {
                await using var invalid = new NpgsqlCommand("SELECT count(*) FROM pg_index WHERE NOT indisvalid", migrated);
                if ((long)(await invalid.ExecuteScalarAsync())! != 0) throw new InvalidOperationException("The migration left an index that is not valid.");
            }
            await lab.ExecuteAsync("DROP DATABASE migrated WITH (FORCE)");
        }, Clients: 4),
        new("answer-lost", "37", "the connection of an upload is reset when its answer comes, so that it is repeated", (lab, random, seconds) => Resets.RunAsync(lab, random, seconds)),
        new("everything", "49", "any of these at random, of every node and the database", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(random.Next(300, 2000));
                switch (random.Next(5))
                {
                    case 0:
                        await lab.KillPostgresAsync();
                        break;
                    case 1:
                        await lab.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
                        break;
                    default:
                        var node = lab.Nodes.ElementAt(random.Next(lab.Nodes.Count()));
                        await node.KillAsync();
                        await node.StartAsync();
                        break;
                }
            });
        }),
        new("database-unreachable", "20", "nothing goes through to PostgreSQL, then all of it at once", async (lab, random, seconds) =>
        {
            await RepeatAsync(seconds, async () =>
            {
                await Task.Delay(random.Next(500, 2000));
                lab.Relay!.Hold();
                await Task.Delay(random.Next(1000, 6000));
                lab.Relay.Release();
            });
        }, Start: () => Laboratory.StartAsync(relayed: true)),
        new("failed-over", "17", "kill -9 of PostgreSQL and promotion of its synchronous standby", async (lab, _, seconds) =>
        {
            await lab.AddStandbyAsync(synchronous: true);
            await Task.Delay(TimeSpan.FromSeconds(seconds / 2));
            await lab.FailOverAsync();
            await Task.Delay(TimeSpan.FromSeconds(seconds / 2));
        }, Start: () => Laboratory.StartAsync(relayed: true)),
        new("clocks-jump", "32", "the clocks of an API node and of two workers jump by an hour, forth and back", Surroundings.JumpingClocksAsync, Clients: 4, Start: Surroundings.StartWithClocksAsync),
        new("versions-mixed", "25", "migrated under load while every node is of the version in LAB_PREVIOUS, then one node after the other is of this one", Surroundings.NewVersionAsync, Clients: 4, Start: Surroundings.StartPreviousAsync),
        new("disk-full", "27, 28", "no room for data and log, then room again", Disk.FillAsync, Start: Disk.StartAsync),
        new("page-rotten", "30", "one byte of every page of the stored reports changed", Disk.RotAsync, Clients: 0, Start: () => Laboratory.StartAsync()),
        new("restored", "31", "samples deleted by mistake; backup and log restored to the moment before", Restoration.RunAsync, Clients: 2, Start: () => Laboratory.StartAsync()),
    ];

    public static async Task RepeatAsync(double seconds, Func<Task> once)
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed.TotalSeconds < seconds;) await once();
    }
}
