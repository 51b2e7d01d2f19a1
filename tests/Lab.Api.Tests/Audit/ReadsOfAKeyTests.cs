using System.Text.Json.Nodes;
using Lab.Api.Audit;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Audit;

/// <summary>After a breach: which subjects did this key read between then and then? By an index, among 100,000 rows.</summary>
public sealed class ReadsOfAKeyTests(TestDatabase databases)
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_question_to_the_trail_is_answered_by_an_index()
    {
        await using var connection = new NpgsqlConnection(await databases.CreateAsync());
        await connection.OpenAsync(Ct);
        await ExecuteAsync(connection, """
            INSERT INTO lab.partner (id, name, created_at) SELECT 'p' || i, 'p', now() FROM generate_series(0, 19) i;
            INSERT INTO lab.sample (id, accession, partner_id, subject, registered_at, revision) SELECT gen_random_uuid(), 'S-' || i, 'p' || i % 20, 'P-' || i % 500, now(), 0 FROM generate_series(1, 2000) i;
            INSERT INTO lab.audit (at, actor, partner_id, sample_id, action, object, proof, seq, hash, genuine)
            SELECT timestamptz '2026-11-01Z' + i * interval '20 seconds', 'key-' || i % 50, s.partner_id, s.id, CASE i % 10 WHEN 0 THEN 'sample.changed' ELSE 'report.read' END, 'report:' || s.id,
                decode(md5(i::text), 'hex'), i, '', true
            FROM generate_series(1, 100000) i JOIN lab.sample s ON s.accession = 'S-' || 1 + i % 2000;
            ANALYZE lab.audit; ANALYZE lab.sample
            """);
        var (from, to) = (Start.AddDays(5), Start.AddDays(8));
        var breach = ListAudit.Statement("key-7", "report.read", null, null, null, from, to, null, 201);
        Assert.Equal(["IX_audit_actor_at_id"], await IndexesAsync(connection, breach));
        // The answer is the one that a scan gives.
        await ExecuteAsync(connection, "RESET ROLE");
        await using var scan = new NpgsqlCommand("SELECT count(*) FROM lab.audit WHERE actor = 'key-7' AND action = 'report.read' AND at BETWEEN $1 AND $2", connection)
        {
            Parameters = { new() { Value = from }, new() { Value = to } },
        };
        var expected = (long)(await scan.ExecuteScalarAsync(Ct))!;
        Assert.True(expected > 100);
        await using var select = Command(connection, ListAudit.Statement("key-7", "report.read", null, null, null, from, to, null, 100_000));
        var (rows, subjects) = (0L, new HashSet<string>());
        await using (var reader = await select.ExecuteReaderAsync(Ct))
        {
            for (; await reader.ReadAsync(Ct); rows++) subjects.Add(reader.GetString(7));
        }
        Assert.Equal(expected, rows);
        Assert.NotEmpty(subjects);

        Assert.Equal(["IX_audit_sample_id"], await IndexesAsync(connection, ListAudit.Statement(null, null, null, "P-7", null, null, null, null, 51)));
        Assert.Equal(["IX_audit_object_id"], await IndexesAsync(connection, ListAudit.Statement(null, null, $"report:{Guid.Empty}", null, null, null, null, null, 51)));
        Assert.Equal(["IX_audit_at_id"], await IndexesAsync(connection, ListAudit.Statement(null, null, null, null, null, from, to, (to, 5), 51)));
        Assert.Equal(["IX_audit_actor_at_id"], await IndexesAsync(connection, ListAudit.Statement("key-7", null, null, null, null, null, null, (to, 5), 51)));
    }

    /// <summary>The indexes of the audit trail that the plan goes by, as the service is seen by the database; none where it scans.</summary>
    private static async Task<string[]> IndexesAsync(NpgsqlConnection connection, (string Sql, object[] Parameters) statement)
    {
        await ExecuteAsync(connection, "SET ROLE lab_app; SET app.partner = '*'");
        await using var explain = Command(connection, ("EXPLAIN (FORMAT JSON) " + statement.Sql, statement.Parameters));
        var plan = JsonNode.Parse((string)(await explain.ExecuteScalarAsync(Ct))!)![0]!["Plan"]!;
        var nodes = new List<JsonNode>();
        Walk(plan);
        Assert.DoesNotContain(nodes, n => (string?)n["Node Type"] == "Seq Scan" && (string?)n["Relation Name"] == "audit");
        return [.. nodes.Select(n => (string?)n["Index Name"]).OfType<string>().Where(name => name.Contains("audit", StringComparison.Ordinal)).Distinct()];

        void Walk(JsonNode node)
        {
            nodes.Add(node);
            foreach (var child in node["Plans"]?.AsArray() ?? []) Walk(child!);
        }
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, (string Sql, object[] Parameters) statement)
    {
        var command = new NpgsqlCommand(statement.Sql, connection);
        foreach (var value in statement.Parameters) command.Parameters.Add(new() { Value = value });
        return command;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
