using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Storage;

/// <summary>What the database itself refuses, whatever the service above it does.</summary>
public sealed class RowLevelSecurityTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_lab_app_who_names_nobody_sees_no_row_and_who_names_a_partner_its_own()
    {
        var partner = await host.ClientForAsync("rls-a", "samples:write", "profiles:write", "reports:read");
        var upload = await partner.UploadProfileAsync("RLS-A", SampleFiles.Kreport(1), cancellation: Ct);
        await partner.WaitForReportAsync(upload.AnalysisId, Ct);
        await using var connection = await host.OpenDatabaseAsync();
        await ExecuteAsync(connection, """
            WITH task AS (INSERT INTO lab.task (id, kind, partner_id, client, request, status, done, attempts, created_at)
                VALUES (gen_random_uuid(), 'export', 'rls-a', 'test', '{}', 'succeeded', 1, 1, now()) RETURNING id)
            INSERT INTO lab.task_part (task_id, partner_id, n, samples, bytes) SELECT id, 'rls-a', 0, '{}', '' FROM task
            """);
        await ExecuteAsync(connection, "SET ROLE lab_app");
        foreach (var table in await PartnerTablesAsync())
        {
            foreach (var (scope, sees) in new[] { (null as string, false), ("", false), ("rls-b", false), ("rls-a", true), ("*", true) })
            {
                await ExecuteAsync(connection, scope is null ? "RESET app.partner" : $"SET app.partner = '{scope}'");
                await using var count = new NpgsqlCommand($"SELECT count(*) FROM lab.{table}", connection);
                var rows = (long)(await count.ExecuteScalarAsync(Ct))!;
                Assert.Equal((table, scope, sees), (table, scope, rows > 0));
            }
        }
    }

    [Fact]
    public async Task As_lab_app_a_partner_cannot_write_a_row_of_another()
    {
        await host.KeyForAsync("rls-c", "samples:write");
        await using var connection = await host.OpenDatabaseAsync();
        await ExecuteAsync(connection, "SET ROLE lab_app");
        await ExecuteAsync(connection, "SET app.partner = 'rls-d'");
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection,
            "INSERT INTO lab.sample (id, accession, partner_id, registered_at, revision) VALUES (gen_random_uuid(), 'RLS-C', 'rls-c', now(), 1)"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task Every_table_with_a_partner_has_forced_row_security_a_policy_and_an_index_that_leads_with_it()
    {
        var tables = await PartnerTablesAsync();
        Assert.Superset(new HashSet<string> { "api_key", "sample", "profile", "analysis", "report", "audit", "task", "task_part" }, tables.ToHashSet());
        foreach (var table in tables)
        {
            Assert.True(await host.ScalarAsync<bool>($"SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'lab.{table}'::regclass"), table);
            Assert.True(await host.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_policy WHERE polrelid = 'lab.{table}'::regclass AND polroles = '{{0}}')"), table);
            Assert.True(await host.ScalarAsync<bool>($"""
                SELECT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE i.indrelid = 'lab.{table}'::regclass AND a.attname = 'partner_id')
                """), table);
        }
    }

    [Theory]
    [InlineData("UPDATE lab.report SET status = 'final'")]
    [InlineData("DELETE FROM lab.report")]
    [InlineData("TRUNCATE lab.report")]
    [InlineData("UPDATE lab.audit SET actor = 'nobody'")]
    [InlineData("DELETE FROM lab.audit")]
    [InlineData("TRUNCATE lab.audit")]
    [InlineData("UPDATE lab.profile SET assay = 'other'")]
    [InlineData("DELETE FROM lab.profile")]
    [InlineData("SET lab.giving = 'yes'; UPDATE lab.report SET status = 'amended', partner_id = 'x'")]
    public async Task What_was_reported_or_recorded_is_never_changed_even_by_the_owner_or_a_superuser(string sql)
    {
        var upload = await host.Client.UploadProfileAsync("KEPT", SampleFiles.Kreport(2), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        foreach (var role in new[] { "SET ROLE lab_owner; SET app.partner = '*'", "RESET ROLE" })
        {
            await using var connection = await host.OpenDatabaseAsync();
            await ExecuteAsync(connection, role);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, sql));
            Assert.Equal(PostgresErrorCodes.IntegrityConstraintViolation, refused.SqlState);
        }
        foreach (var role in new[] { "lab_app", "lab_worker" })
        {
            await using var connection = await host.OpenDatabaseAsync();
            await ExecuteAsync(connection, $"SET ROLE {role}; SET app.partner = '*'");
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, sql))).SqlState);
        }
    }

    [Fact]
    public async Task Every_write_leaves_an_audit_row_with_its_actor()
    {
        var partner = await host.ClientForAsync("audited", "samples:write", "profiles:write");
        await partner.PutSampleAsync("AUDITED", new SampleRegistration(), Ct);
        await partner.PutSampleAsync("AUDITED", new SampleRegistration { BristolScale = 4 }, Ct);
        var upload = await partner.UploadProfileAsync("AUDITED", SampleFiles.Kreport(3), cancellation: Ct);
        await partner.UploadProfileAsync("AUDITED", SampleFiles.Kreport(3), cancellation: Ct);
        var analysis = await partner.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct);
        var key = await host.ScalarAsync<string>("SELECT id FROM lab.api_key WHERE partner_id = 'audited'");
        var sample = await host.ScalarAsync<Guid>("SELECT id FROM lab.sample WHERE accession = 'AUDITED'");
        await using var connection = await host.OpenDatabaseAsync();
        await using var command = new NpgsqlCommand("SELECT actor || ' ' || action || ' ' || object FROM lab.audit WHERE partner_id = 'audited' ORDER BY id", connection);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var entries = new List<string>();
        while (await reader.ReadAsync(Ct)) entries.Add(reader.GetString(0));
        Assert.Equal(
            [
                $"{key} sample.registered sample:{sample}", $"{key} sample.changed sample:{sample}", $"{key} profile.accepted profile:{upload.ProfileId}",
                $"analysis report.published report:{analysis.ReportId}",
            ], entries);
    }

    [Fact]
    public async Task The_service_works_as_roles_that_policies_bind()
    {
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM pg_roles WHERE rolname IN ('lab_app', 'lab_worker', 'lab_owner') AND (rolsuper OR rolbypassrls)"));
        Assert.True(await host.ScalarAsync<bool>("SELECT rolbypassrls FROM pg_roles WHERE rolname = 'lab_backup'"));
        Assert.Equal(0, await host.ScalarAsync<long>("""
            SELECT count(*) FROM pg_class WHERE relnamespace = 'lab'::regnamespace AND relkind = 'r' AND relowner <> (SELECT oid FROM pg_roles WHERE rolname = 'lab_owner')
            """));
    }

    private async Task<List<string>> PartnerTablesAsync()
    {
        await using var connection = await host.OpenDatabaseAsync();
        await using var command = new NpgsqlCommand(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'lab' AND column_name = 'partner_id' ORDER BY 1", connection);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var tables = new List<string>();
        while (await reader.ReadAsync(Ct)) tables.Add(reader.GetString(0));
        return tables;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
