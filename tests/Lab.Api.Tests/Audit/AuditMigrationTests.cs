using Lab.Api.Partners;
using Lab.Api.Storage;
using Lab.Client;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Audit;

/// <summary>A database from before the chain: what was recorded then stands at its beginning.</summary>
public sealed class AuditMigrationTests(TestDatabase databases)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_from_before_are_kept_know_their_sample_and_begin_the_chain()
    {
        var database = await databases.CreateAsync();
        await ExecuteAsync(database, "DROP SCHEMA lab CASCADE; DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO lab_owner', current_database()); END $$");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:Lab", database)]).Build();
        await using (var lab = LabDatabase.Open(configuration))
        {
            await using (var context = new LabDbContext(new DbContextOptionsBuilder<LabDbContext>().UseNpgsql(lab.Owner, npgsql => npgsql.MigrationsHistoryTable("migration", LabDbContext.Schema)).Options))
            {
                await context.GetService<IMigrator>().MigrateAsync("20261125005804_Erasure", Ct);
            }
            await ExecuteAsync(database, """
                INSERT INTO lab.partner (id, name, created_at) VALUES ('p', 'p', now());
                INSERT INTO lab.sample (id, accession, partner_id, subject, registered_at, revision) SELECT gen_random_uuid(), 'OLD-' || i, 'p', 'OLD-SUBJECT', now(), 0 FROM generate_series(1, 5) i;
                INSERT INTO lab.audit (actor, partner_id, action, object) SELECT 'key', 'p', 'sample.registered', 'sample:' || id FROM lab.sample;
                INSERT INTO lab.audit (actor, action, object) VALUES ('administrator', 'key.created', 'key:0123456789ab')
                """);
            await DatabaseMigration.RunAsync(lab, Ct);
        }
        var key = KeyText.Generate().Text;
        await using var host = await HostProcess.StartAsync(database, key);
        using var http = new HttpClient { BaseAddress = host.BaseAddress };
        var client = new LabClient(http, key);
        await client.PutSampleAsync("NEW", new(), Ct);
        AuditVerification verified = null!;
        await ReadAuditTests.EventuallyAsync(async () => (verified = await client.VerifyAuditAsync(cancellation: Ct)).Sealed > 6);
        Assert.Empty(verified.Problems);
        Assert.Equal(5, (await client.ListAuditAsync(new() { Subject = "OLD-SUBJECT" }, cancellation: Ct)).Items.Count);
        // Who writes a row without a proof now is refused.
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(database, "INSERT INTO lab.audit (actor, action, object) VALUES ('x', 'x.y', 'x:y')"));
        Assert.Equal(PostgresErrorCodes.NotNullViolation, refused.SqlState);
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
