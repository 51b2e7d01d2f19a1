using System.Globalization;
using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Lab.Api.Partners;
using Lab.Api.Tests.Contract.Fuzzing;
using Xunit;

namespace Lab.Api.Tests.Contract;

/// <summary>The API description held against the service by requests that nobody wrote: for two minutes, or as many as LAB_FUZZ_REQUESTS says.</summary>
public sealed class FuzzTests(TestDatabase databases)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_sent_every_answer_is_one_that_the_description_has()
    {
        var (database, key) = (await databases.CreateAsync(), KeyText.Generate().Text);
        await using var process = await HostProcess.StartAsync(database, key, settings: [("RateLimits__Enabled", "false")]);
        var partner = await LabHost.KeyForAsync(database, "partner-0", [.. Scope.All.Except(Scope.LabOnly)]);
        var fuzzer = new ApiFuzzer(JsonNode.Parse(await Administration.DescribeAsync())!,
            [[("X-Api-Key", key)], [("X-Api-Key", partner)], [], [("X-Api-Key", "lab_none")], [("Authorization", "Bearer x.y.z")]],
            [KeyText.Parse(key)!.Id, KeyText.Parse(partner)!.Id]);
        var wanted = Environment.GetEnvironmentVariable("LAB_FUZZ_REQUESTS") is { Length: > 0 } count ? long.Parse(count, CultureInfo.InvariantCulture) : 0;
        var seed = Random.Shared.Next();
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 }) { BaseAddress = process.BaseAddress, Timeout = TimeSpan.FromMinutes(2) };
        await fuzzer.RunAsync(http, seed, workers: wanted > 0 ? 8 : 2, wanted > 0 ? TimeSpan.FromHours(12) : TimeSpan.FromMinutes(2), wanted > 0 ? wanted : long.MaxValue, Ct);
        TestContext.Current.TestOutputHelper!.WriteLine("{0} requests; never done {1}; {2}", fuzzer.Sent, string.Join(' ', fuzzer.NeverDone), string.Join(' ', fuzzer.Seen.GroupBy(s => s.Key.Status).OrderBy(g => g.Key).Select(g => $"{g.Key}:{g.Sum(s => s.Value)}")));
        Assert.True(fuzzer.Faults.Count == 0, $"seed {seed}\n{string.Join("\n", fuzzer.Faults)}\n{process.Output[^Math.Min(process.Output.Length, 3000)..]}");
        // It got past the door of every operation, and did most of them: the more requests, the more of them had an id to name.
        if (fuzzer.Sent < 5000) return;
        Assert.Empty(fuzzer.Operations.Except(fuzzer.Seen.Keys.Where(s => s.Status is not (401 or 403)).Select(s => s.Operation)));
        string[] refused = [.. fuzzer.NeverDone];
        Assert.True(refused.Length < fuzzer.Operations.Count() / (fuzzer.Sent > 50_000 ? 10 : fuzzer.Sent > 15_000 ? 3 : 2), $"seed {seed}: never done were {string.Join(' ', refused)}");
    }
}
