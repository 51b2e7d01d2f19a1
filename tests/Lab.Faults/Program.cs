using System.Diagnostics;
using System.Globalization;
using Lab.Faults;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var minutes = double.Parse(Option("--minutes") ?? "5", CultureInfo.InvariantCulture);
var seed = int.Parse(Option("--seed") ?? "1", CultureInfo.InvariantCulture);
var only = Option("--only");
var chosen = Experiments.All.Where(experiment => only is null || only.Split(',').Contains(experiment.Name)).ToArray();
if (chosen.Length == 0 || args.Contains("--help"))
{
    Console.Error.WriteLine($"""
        dotnet run -c Release --project tests/Lab.Faults -- [--minutes 5] [--seed 1] [--only a,b]
        Experiments: {string.Join(", ", Experiments.All.Select(experiment => experiment.Name))}, and control: the same without a protection, where the checker has to see the loss.
        """);
    return only == "control" ? await ControlAsync() : 2;
}

var failed = 0;
var seconds = Math.Max(5, 60 * minutes / chosen.Length - 6);
await using (var laboratory = await Laboratory.StartAsync())
{
    Console.WriteLine($"PostgreSQL {laboratory.Version}, {laboratory.Apis.Length} API nodes, {laboratory.Workers.Length} workers, seed {seed}, {seconds:0} s each");
    foreach (var experiment in chosen) failed += await RunAsync(laboratory, experiment) ? 0 : 1;
    Console.WriteLine($"Peak memory of a node: {laboratory.Nodes.Max(node => node.PeakMemoryKiB) / 1024} MiB");
}
if (only is null && await ControlAsync() != 0) failed++;
Console.WriteLine(failed == 0 ? "All hold." : $"{failed} do not hold (seed {seed}).");
return failed == 0 ? 0 : 1;

async Task<bool> RunAsync(Laboratory laboratory, Experiment experiment)
{
    var prefix = $"F-{experiment.Name}-{seed}";
    using var ledger = new Ledger(Path.Combine(laboratory.Folder, $"{experiment.Name}.ledger"));
    using var traffic = new Traffic(laboratory, ledger, prefix, seed);
    using var stop = new CancellationTokenSource();
    var posting = traffic.RunAsync(experiment.Clients, stop.Token);
    var findings = new List<string>();
    var since = Stopwatch.StartNew();
    try
    {
        await experiment.Inject(laboratory, new Random(seed), seconds);
    }
    catch (InvalidOperationException e)
    {
        findings.Add(e.Message);
    }
    var injected = since.Elapsed.TotalSeconds;
    await stop.CancelAsync();
    await posting;
    var checker = new Checker(laboratory, ledger, prefix);
    findings.AddRange(await checker.CheckAsync(TimeSpan.FromSeconds(60)));
    var calls = ledger.Calls.CountBy(call => call.Outcome).ToDictionary();
    Console.WriteLine($"{(findings.Count == 0 ? "holds" : "FAILS"),-6} {experiment.Name,-24} ({experiment.Numbers}) {injected:0} s: {calls.GetValueOrDefault(Outcome.Ok):N0} acknowledged, {calls.GetValueOrDefault(Outcome.Fail):N0} refused, "
        + $"{calls.GetValueOrDefault(Outcome.Unknown):N0} without an answer; lost {checker.Lost}, doubled {checker.Doubled}; all reported {checker.DrainedAfter:0.0} s after the last upload");
    foreach (var finding in findings.Take(10)) Console.WriteLine($"         {finding}");
    return findings.Count == 0;
}

// A checker that cannot see a loss proves nothing: the same kills with commits that do not wait for the disk must lose what was acknowledged.
async Task<int> ControlAsync()
{
    for (var attempt = 1; attempt <= 5; attempt++)
    {
        await using var laboratory = await Laboratory.StartAsync("ALTER DATABASE lab SET synchronous_commit = off");
        var prefix = $"C-{seed}-{attempt}";
        using var ledger = new Ledger(Path.Combine(laboratory.Folder, "control.ledger"));
        using var traffic = new Traffic(laboratory, ledger, prefix, seed);
        using var stop = new CancellationTokenSource();
        var posting = traffic.RunAsync(12, stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(4));
        await laboratory.KillPostgresAsync();
        await stop.CancelAsync();
        await posting;
        var checker = new Checker(laboratory, ledger, prefix);
        await checker.CheckAsync(TimeSpan.FromSeconds(60));
        Console.WriteLine($"{(checker.Lost > 0 ? "sees it" : "misses")} control: kill -9 of PostgreSQL with synchronous_commit = off: {ledger.Acknowledged:N0} acknowledged, lost {checker.Lost}");
        if (checker.Lost > 0) return 0;
    }
    return 1;
}

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
