using System.Diagnostics;
using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Npgsql;

namespace Lab.Benchmarks;

/// <summary>What one Hangfire job a sample would cost: jobs that do nothing, enqueued by eight threads and done by as many workers as the service has.</summary>
internal static class HangfireSpeed
{
    private static int done;

    public static void Nothing() => Interlocked.Increment(ref done);

    /// <returns>Jobs a second, from the first that is enqueued to the last that is done.</returns>
    public static async Task<double> RunAsync(string database, int jobs)
    {
        var storage = new PostgreSqlStorage(new NpgsqlConnectionFactory(new NpgsqlConnectionStringBuilder(database) { MaxPoolSize = 20 }.ConnectionString, new PostgreSqlStorageOptions()),
            new PostgreSqlStorageOptions { SchemaName = "bench_hangfire", PrepareSchemaIfNecessary = true, QueuePollInterval = TimeSpan.FromMilliseconds(100), UseSlidingInvisibilityTimeout = true });
        var client = new BackgroundJobClient(storage);
        using var server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = Math.Max(2, Environment.ProcessorCount) }, storage);
        client.Enqueue(() => Nothing());
        while (Volatile.Read(ref done) == 0) await Task.Delay(20);
        var since = Stopwatch.StartNew();
        await Parallel.ForAsync(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = 8 }, (_, _) =>
        {
            client.Enqueue(() => Nothing());
            return ValueTask.CompletedTask;
        });
        while (Volatile.Read(ref done) <= jobs) await Task.Delay(20);
        return jobs / since.Elapsed.TotalSeconds;
    }
}
