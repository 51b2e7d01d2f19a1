using Lab.Client;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Audit;

/// <summary>What a superuser does to the audit trail behind the service's back is found, row by row.</summary>
public sealed class TamperTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_byte_changed_one_row_removed_or_one_row_added_is_found_and_undone_it_is_intact()
    {
        for (var i = 0; i < 30; i++) await host.Client.PutSampleAsync("TAMPERED", new() { BristolScale = 1 + i % 7 }, Ct);
        var noted = await VerifyAsync();
        Assert.True(noted.Intact);
        var row = await host.ScalarAsync<long>("SELECT id FROM lab.audit WHERE seq = 10");

        // One byte of each column that a reader sees.
        foreach (var (change, back) in new[]
        {
            ("actor = 'X' || substr(actor, 2)", "actor = kept.actor"), ("action = 'X' || substr(action, 2)", "action = kept.action"), ("object = 'X' || substr(object, 2)", "object = kept.object"),
            ("partner_id = 'x'", "partner_id = kept.partner_id"), ("at = at + interval '1 microsecond'", "at = kept.at"), ("details = '{}'", "details = kept.details"),
            ("sample_id = gen_random_uuid()", "sample_id = kept.sample_id"), ("proof = set_byte(proof, 0, 255 - get_byte(proof, 0))", "proof = kept.proof"), ("genuine = NOT genuine", "genuine = kept.genuine"),
        })
        {
            await BehindAsync("DROP TABLE IF EXISTS kept", "CREATE TABLE kept AS SELECT * FROM lab.audit WHERE seq = 10", $"UPDATE lab.audit SET {change} WHERE seq = 10");
            var found = await VerifyAsync();
            Assert.Equal((change, false), (change, found.Intact));
            Assert.Equal([(change, "row-changed", 10, row)], found.Problems.Select(p => (change, p.Code, p.Seq!.Value, p.Id!.Value)));
            await BehindAsync($"UPDATE lab.audit a SET {back} FROM kept WHERE a.id = kept.id");
            Assert.True((await VerifyAsync()).Intact, change);
        }

        // One removed, in the middle.
        await BehindAsync("DELETE FROM lab.audit WHERE seq = 10");
        Assert.Equal([("row-missing", 10L)], (await VerifyAsync()).Problems.Select(p => (p.Code, p.Seq!.Value)));
        await BehindAsync("INSERT INTO lab.audit OVERRIDING SYSTEM VALUE SELECT * FROM kept");
        Assert.True((await VerifyAsync()).Intact);

        // The last removed: only the head tells. Nothing may be sealed in between.
        await using (var holder = await HoldAsync())
        {
            await BehindAsync("DROP TABLE kept", "CREATE TABLE kept AS SELECT * FROM lab.audit WHERE seq = (SELECT max(seq) FROM lab.audit)", "DELETE FROM lab.audit WHERE seq = (SELECT max(seq) FROM lab.audit)");
            Assert.Equal("row-missing", Assert.Single((await host.Client.VerifyAuditAsync(cancellation: Ct)).Problems).Code);
            await BehindAsync("INSERT INTO lab.audit OVERRIDING SYSTEM VALUE SELECT * FROM kept");
            // One added at the end, as if it were sealed.
            await BehindAsync("INSERT INTO lab.audit (actor, action, object, proof, seq, hash, genuine) SELECT 'x', 'report.read', 'report:x', '\\x01', sealed + 1, sha256('x'), true FROM lab.chain_head");
            Assert.Contains("row-added", (await host.Client.VerifyAuditAsync(cancellation: Ct)).Problems.Select(p => p.Code));
            await BehindAsync("DELETE FROM lab.audit WHERE actor = 'x'");
            // One added at the end that waits to be sealed.
            await BehindAsync("INSERT INTO lab.audit (actor, action, object, proof) VALUES ('x', 'report.read', 'report:x', '\\x02')");
            Assert.Equal("row-added", Assert.Single((await host.Client.VerifyAuditAsync(cancellation: Ct)).Problems).Code);
            await BehindAsync("DELETE FROM lab.audit WHERE actor = 'x'");
            // One copied from another, with its proof: a proof stands once.
            var copied = await Assert.ThrowsAsync<PostgresException>(() => BehindAsync("INSERT INTO lab.audit (actor, action, object, proof) SELECT actor, action, object, proof FROM lab.audit WHERE seq = 5"));
            Assert.Equal(PostgresErrorCodes.UniqueViolation, copied.SqlState);
            Assert.True((await host.Client.VerifyAuditAsync(cancellation: Ct)).Intact);
        }

        // The chain still goes through what was noted, and not through what was not.
        Assert.True((await host.Client.VerifyAuditAsync(noted, Ct)).Intact);
        Assert.True((await host.Client.VerifyAuditAsync(noted with { Head = noted.Head.ToUpperInvariant() }, Ct)).Intact);
        Assert.Equal("value-invalid", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.VerifyAuditAsync(noted with { Head = new string('x', 64) }, Ct))).Code);
        Assert.Equal("head-changed", Assert.Single((await host.Client.VerifyAuditAsync(noted with { Head = new string('0', 64) }, Ct)).Problems).Code);
        Assert.Equal("head-changed", Assert.Single((await host.Client.VerifyAuditAsync(noted with { Sealed = noted.Sealed + 100_000 }, Ct)).Problems).Code);

        // One added as the service adds rows: the sealer takes it up, and says that it is none of the service's; what comes after is chained on.
        await BehindAsync("INSERT INTO lab.audit (actor, action, object, proof) VALUES ('x', 'report.read', 'report:x', '\\x03')");
        await host.Client.PutSampleAsync("AFTERWARDS", new(), Ct);
        var added = await VerifyAsync();
        Assert.Equal(("row-added", await host.ScalarAsync<long>("SELECT id FROM lab.audit WHERE actor = 'x'")), (Assert.Single(added.Problems).Code, added.Problems[0].Id!.Value));

        // Each of several is named.
        await BehindAsync("DELETE FROM lab.audit WHERE seq = 1");
        Assert.Equal(["row-missing", "row-added"], (await VerifyAsync()).Problems.Select(p => p.Code));
    }

    private async Task<AuditVerification> VerifyAsync()
    {
        var last = await host.ScalarAsync<long>("SELECT max(id) FROM lab.audit");
        await ReadAuditTests.EventuallyAsync(async () => await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit WHERE seq IS NULL AND id <= $1", last) == 0);
        return await host.Client.VerifyAuditAsync(cancellation: Ct);
    }

    /// <summary>The sealer's turn, so that nothing is sealed while it is held.</summary>
    private async Task<NpgsqlConnection> HoldAsync()
    {
        var holder = await host.OpenDatabaseAsync();
        await using var turn = new NpgsqlCommand("SELECT pg_advisory_lock(x'4C6162'::int, 1)", holder);
        await turn.ExecuteNonQueryAsync(Ct);
        return holder;
    }

    private async Task BehindAsync(params string[] statements)
    {
        await using var connection = await host.OpenDatabaseAsync();
        foreach (var sql in statements.Prepend("SET session_replication_role = replica"))
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Ct);
        }
        await using var reset = new NpgsqlCommand("RESET session_replication_role", connection);
        await reset.ExecuteNonQueryAsync(Ct);
    }
}
