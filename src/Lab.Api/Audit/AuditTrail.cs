using Lab.Api.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Audit;

/// <summary>Writes what happened, in the transaction of what it records.</summary>
public static class AuditTrail
{
    public const string Insert = "INSERT INTO lab.audit (actor, partner_id, action, object, details) VALUES ($1, $2, $3, $4, $5)";

    public static async Task RecordAsync(this LabSession session, string action, string subject, string? details, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync(Insert, cancellation, session.Caller.Client, session.Caller.PartnerId, action, subject);
        insert.Parameters.Add(new NpgsqlParameter { Value = (object?)details ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb });
        await insert.ExecuteNonQueryAsync(cancellation);
    }
}
