using System.Diagnostics;

namespace Lab.Faults;

/// <summary>Nodes that have other clocks, fewer threads, or another version beside them.</summary>
internal static class Surroundings
{
    /// <summary>The library that the Debian package <c>faketime</c> brings.</summary>
    private static string? FakeTime => Directory.Exists("/usr/lib") ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Select(folder => Path.Combine(folder, "faketime/libfaketimeMT.so.1")).FirstOrDefault(File.Exists) : null;

    public static Task<Laboratory> StartWithClocksAsync() =>
        FakeTime is null ? throw new NotPossibleException("libfaketimeMT.so.1 is not here (Debian: faketime)") : Laboratory.StartAsync();

    /// <summary>Leases, keys of repeated requests and the order of versions must not go by the clock of a node.</summary>
    public static async Task JumpingClocksAsync(Laboratory laboratory, Random random, double seconds)
    {
        var clock = Path.Combine(laboratory.Folder, "clock");
        await File.WriteAllTextAsync(clock, "+0");
        Node[] nodes = [laboratory.Apis[0], .. laboratory.Workers[..2]];
        Dictionary<string, string> fake = new() { ["LD_PRELOAD"] = FakeTime!, ["FAKETIME_TIMESTAMP_FILE"] = clock, ["FAKETIME_CACHE_DURATION"] = "1", ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1", ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0" };
        await DuringAsync(nodes, fake, async () =>
        {
            await Experiments.RepeatAsync(seconds, async () =>
            {
                await Task.Delay(random.Next(2000, 5000));
                await File.WriteAllTextAsync(clock, random.Next(2) == 0 ? "+1h" : "-1h");
            });
            // That they did jump: the answer of a node carries its clock.
            await File.WriteAllTextAsync(clock, "+1h");
            await Task.Delay(2500);
            using var http = nodes[0].Client();
            using var answer = await http.GetAsync(new Uri("v1/about", UriKind.Relative));
            var ahead = answer.Headers.Date!.Value - TimeProvider.System.GetUtcNow();
            if (ahead < TimeSpan.FromMinutes(59)) throw new InvalidOperationException($"The clock of the node did not jump: {ahead}.");
        });
    }

    /// <summary>A job that blocks a thread, or a request that does, must not starve what renews leases and answers others.</summary>
    public static async Task FewThreadsAsync(Laboratory laboratory, double seconds)
    {
        var api = laboratory.Apis[0];
        await DuringAsync([api, laboratory.Workers[0]], new Dictionary<string, string> { ["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "2" }, async () =>
        {
            var answers = new List<TimeSpan>();
            await Experiments.RepeatAsync(seconds, async () =>
            {
                using var http = api.Client();
                var asked = Stopwatch.GetTimestamp();
                using var answer = await http.GetAsync(new Uri("v1/about", UriKind.Relative));
                answers.Add(Stopwatch.GetElapsedTime(asked));
                await Task.Delay(20);
            });
            if (api.PoolThreads is not (1 or 2)) throw new InvalidOperationException($"The node has {api.PoolThreads} threads in its pool.");
            var slow = answers.Order().ElementAt(answers.Count * 99 / 100);
            if (slow > TimeSpan.FromSeconds(2)) throw new InvalidOperationException($"One answer in a hundred took {slow.TotalSeconds:0.0} s or longer.");
        });
    }

    public static Task<Laboratory> StartPreviousAsync() =>
        Environment.GetEnvironmentVariable("LAB_PREVIOUS") is { } folder
            ? Laboratory.StartAsync(program: folder)
            : throw new NotPossibleException("LAB_PREVIOUS names no folder with the Lab.Api.dll of an earlier version");

    public static async Task NewVersionAsync(Laboratory laboratory, Random random, double seconds)
    {
        var quarter = TimeSpan.FromSeconds(seconds / 4);
        await Task.Delay(quarter);
        using var migration = laboratory.Migrate("lab");
        await migration.WaitForExitAsync();
        if (migration.ExitCode != 0) throw new InvalidOperationException("The migration failed.");
        await Task.Delay(quarter);
        foreach (var node in laboratory.Nodes.OrderBy(_ => random.Next()).ToArray())
        {
            await node.TerminateAsync();
            node.Program = Node.Current;
            await node.StartAsync();
            await Task.Delay(quarter / 2);
        }
    }

    private static async Task DuringAsync(IEnumerable<Node> nodes, IReadOnlyDictionary<string, string> surroundings, Func<Task> meanwhile)
    {
        await RestartAsync(nodes, surroundings);
        try
        {
            await meanwhile();
        }
        finally
        {
            await RestartAsync(nodes, new Dictionary<string, string>());
        }
    }

    private static Task RestartAsync(IEnumerable<Node> nodes, IReadOnlyDictionary<string, string> surroundings) => Task.WhenAll(nodes.Select(async node =>
    {
        node.Surroundings = surroundings;
        await node.KillAsync();
        await node.StartAsync();
    }));
}
