using System.Diagnostics;
using System.Globalization;
using Lab.Faults;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var minutes = double.Parse(Option("--minutes") ?? "5", CultureInfo.InvariantCulture);
var seed = int.Parse(Option("--seed") ?? "1", CultureInfo.InvariantCulture);
var only = Option("--only");
var chosen = Experiments.All.Where(experiment => only is null || only.Split(',').Contains(experiment.Name)).ToArray();
(string Name, Func<int, Task<bool>> Run)[] controls =
[
    ("wounds", Controls.WoundsAsync), ("commits-that-do-not-wait", Controls.CommitsThatDoNotWaitAsync), ("standby-that-lags", Controls.StandbyThatLagsAsync), ("nobody-looks", Controls.NobodyLooksAsync),
];
var checkedBy = controls.Where(control => only is null || only.Split(',').Contains(control.Name)).ToArray();
if (chosen.Length + checkedBy.Length == 0 || args.Contains("--help"))
{
    Console.Error.WriteLine($"""
        dotnet run -c Release --project tests/Lab.Faults -- [--minutes 5] [--seed 1] [--only a,b]
        Experiments, which the minutes are shared among:
        {string.Join('\n', Experiments.All.Select(experiment => $"  {experiment.Name,-24} {experiment.Says} ({experiment.Numbers})"))}
        Controls, in which the checker has to see the loss: {string.Join(", ", controls.Select(control => control.Name))}
        """);
    return 2;
}

var failed = 0;
var seconds = Math.Max(5, 60 * minutes / Math.Max(1, chosen.Length) - 6);
if (chosen.Where(experiment => experiment.Start is null).ToArray() is { Length: > 0 } shared)
{
    await using var laboratory = await Laboratory.StartAsync();
    Console.WriteLine($"PostgreSQL {laboratory.Version}, {laboratory.Apis.Length} API nodes, {laboratory.Workers.Length} workers, seed {seed}, {seconds:0} s each");
    foreach (var experiment in shared) failed += await RunAsync(laboratory, experiment) ? 0 : 1;
    Console.WriteLine($"Peak memory of a node: {laboratory.Nodes.Max(node => node.PeakMemoryKiB) / 1024} MiB");
}
foreach (var experiment in chosen.Where(experiment => experiment.Start is not null))
{
    try
    {
        await using var laboratory = await experiment.Start!();
        failed += await RunAsync(laboratory, experiment) ? 0 : 1;
    }
    catch (NotPossibleException e)
    {
        Console.WriteLine($"skips  {experiment.Name,-24} ({experiment.Numbers}): {e.Message}");
    }
    finally
    {
        await Disk.UnmountAsync();
    }
}
foreach (var control in checkedBy)
{
    try
    {
        failed += await control.Run(seed) ? 0 : 1;
    }
    catch (NotPossibleException e)
    {
        Console.WriteLine($"skips   control {control.Name}: {e.Message}");
    }
}
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
    foreach (var part in new[] { () => experiment.Inject(laboratory, new Random(seed), seconds), async () => { await stop.CancelAsync(); await posting; } })
    {
        try
        {
            await part();
        }
        catch (Exception e) when (e is not NotPossibleException)
        {
            findings.Add($"{e.GetType().Name}: {e.Message}");
        }
    }
    var injected = since.Elapsed.TotalSeconds;
    var checker = new Checker(laboratory, ledger, prefix);
    findings.AddRange(await checker.CheckAsync(TimeSpan.FromSeconds(45)));
    var calls = ledger.Calls.CountBy(call => call.Outcome).ToDictionary();
    Console.WriteLine($"{(findings.Count == 0 ? "holds" : "FAILS"),-6} {experiment.Name,-24} ({experiment.Numbers}) {injected:0} s: {calls.GetValueOrDefault(Outcome.Ok):N0} acknowledged, {calls.GetValueOrDefault(Outcome.Fail):N0} refused, "
        + $"{calls.GetValueOrDefault(Outcome.Unknown):N0} without an answer; lost {checker.Lost}, doubled {checker.Doubled}; all reported {checker.DrainedAfter:0.0} s after the last upload");
    foreach (var finding in findings.Take(10)) Console.WriteLine($"         {finding}");
    if (findings.Count > 0)
    {
        // What the nodes said of it, the most frequent first.
        var said = laboratory.Nodes.SelectMany(node => node.Output).Where(line => line.Contains("Exception", StringComparison.Ordinal)).CountBy(line => line.Trim());
        foreach (var (line, times) in said.OrderByDescending(group => group.Value).Take(8)) Console.WriteLine($"         {times} × {line}");
    }
    return findings.Count == 0;
}

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
