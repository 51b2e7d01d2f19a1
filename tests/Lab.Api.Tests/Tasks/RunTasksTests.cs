using System.Diagnostics;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Tasks;

/// <summary>What every long task may rely on, whatever its kind.</summary>
public sealed class RunTasksTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_task_that_throws_is_tried_three_times_and_fails_with_a_code()
    {
        var id = await AddAsync("queued", 0);
        await EventuallyAsync(async () => await StatusAsync(id) == "failed");
        Assert.Equal("internal 3", await host.ScalarAsync<string>("SELECT error || ' ' || attempts FROM lab.task WHERE id = $1", id));
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit WHERE action = 'no-such-kind.failed' AND object = 'no-such-kind:' || $1", id));
    }

    [Fact]
    public async Task A_task_that_took_its_worker_along_three_times_is_not_begun_again()
    {
        var id = await AddAsync("running", 3);
        await EventuallyAsync(async () => await StatusAsync(id) == "failed");
        Assert.Equal("crashed-the-worker", await host.ScalarAsync<string>("SELECT error FROM lab.task WHERE id = $1", id));
    }

    [Fact]
    public async Task What_expired_is_emptied_and_the_task_stays()
    {
        await using var fixture = await host.OpenDatabaseAsync();
        var id = Guid.CreateVersion7();
        await using (var insert = new NpgsqlCommand("""
            INSERT INTO lab.task (id, kind, client, request, status, done, attempts, created_at, finished_at, expires_at) VALUES ($1, 'no-such-kind', 'test', '{}', 'succeeded', 1, 1, now(), now(), now() - interval '1 second')
            """, fixture) { Parameters = { new() { Value = id } } }) await insert.ExecuteNonQueryAsync(Ct);
        await using (var part = new NpgsqlCommand("INSERT INTO lab.task_part (task_id, n, samples, bytes) VALUES ($1, 0, '{}', 'x')", fixture) { Parameters = { new() { Value = id } } }) await part.ExecuteNonQueryAsync(Ct);
        // The dispatcher cleans when it starts and then every minute.
        await host.RestartAsync();
        await EventuallyAsync(async () => await host.ScalarAsync<long>("SELECT count(*) FROM lab.task_part WHERE task_id = $1", id) == 0);
        Assert.Equal("succeeded expired", await host.ScalarAsync<string>("SELECT status || ' ' || error FROM lab.task WHERE id = $1 AND emptied_at IS NOT NULL", id));
    }

    private Task<string?> StatusAsync(Guid id) => host.ScalarAsync<string>("SELECT status FROM lab.task WHERE id = $1", id);

    /// <summary>Of a kind that nobody does; a running one has lost its worker.</summary>
    private async Task<Guid> AddAsync(string status, int attempts)
    {
        var id = Guid.CreateVersion7();
        await host.ScalarAsync<int>("""
            INSERT INTO lab.task (id, kind, client, request, status, done, attempts, created_at, lease_token, lease_until)
            VALUES ($1, 'no-such-kind', 'test', '{}', $2, 0, $3, now(), gen_random_uuid(), now() - interval '1 second')
            """, id, status, attempts);
        return id;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "Not within 30 s.");
            await Task.Delay(50, Ct);
        }
    }
}
