using Lab.Api.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Audit;

/// <summary>Writes what happened, in the transaction of what it records.</summary>
public static class AuditTrail
{
    /// <summary>A row about something of a sample; it is that sample's partner's.</summary>
    public static NpgsqlBatchCommand Of(RowProof proof, string actor, Guid sample, string action, string subject, string? details) => new("""
        INSERT INTO lab.audit (actor, partner_id, sample_id, action, object, details, proof) SELECT $1, s.partner_id, s.id, $3, $4, $5, $6 FROM lab.sample s WHERE s.id = $2
        """)
    {
        Parameters =
        {
            new() { Value = actor }, new() { Value = sample }, new() { Value = action }, new() { Value = subject },
            new() { Value = (object?)details ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb }, new() { Value = proof.Of(actor, action, subject) },
        },
    };

    public static async Task RecordAsync(this LabSession session, string action, string subject, string? details, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync(
            "INSERT INTO lab.audit (actor, partner_id, sample_id, action, object, proof, details) VALUES ($1, $2, lab.sample_of($4), $3, $4, $5, $6)", cancellation,
            session.Caller.Client, session.Caller.PartnerId, action, subject, session.Proof.Of(session.Caller.Client, action, subject));
        insert.Parameters.Add(new NpgsqlParameter { Value = (object?)details ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb });
        await insert.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The same of many.</summary>
    public static async Task RecordAllAsync(this LabSession session, string action, string[] subjects, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync("""
            INSERT INTO lab.audit (actor, partner_id, sample_id, action, object, proof)
            SELECT $1, $2, lab.sample_of(o.object), $3, o.object, o.proof FROM unnest($4, $5) WITH ORDINALITY o(object, proof, place) ORDER BY place
            """, cancellation, session.Caller.Client, session.Caller.PartnerId, action, subjects, subjects.Select(s => session.Proof.Of(session.Caller.Client, action, s)).ToArray());
        await insert.ExecuteNonQueryAsync(cancellation);
    }
}
