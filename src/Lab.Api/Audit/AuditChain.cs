using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Lab.Api.Audit;

/// <summary>An audit row as the chain sees it.</summary>
public sealed record ChainRow(long Id, DateTimeOffset At, string Actor, string? Partner, Guid? Sample, string Action, string Object, string? Details, byte[] Proof)
{
    /// <summary>The columns of <see cref="Read"/>.</summary>
    public const string Columns = "id, at, actor, partner_id, sample_id, action, object, details::text, proof";

    public static ChainRow Read(NpgsqlDataReader row)
    {
        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
        return new(row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1), row.GetString(2), Text(3), row.IsDBNull(4) ? null : row.GetGuid(4), row.GetString(5), row.GetString(6), Text(7),
            row.GetFieldValue<byte[]>(8));
    }
}

/// <summary>The hash chain over the audit trail: h(n) = SHA-256(h(n-1) ‖ row n), h(0) is 32 zero bytes. What another program needs to compute it stands in
/// decision 11.</summary>
public static class AuditChain
{
    public static readonly byte[] Start = new byte[SHA256.HashSizeInBytes];

    /// <summary>The hash of a row at its place, after the one before it.</summary>
    public static byte[] Next(byte[] before, long seq, ChainRow row, bool genuine)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        Number(hash, seq);
        Number(hash, row.Id);
        // Microseconds since 1970, as PostgreSQL keeps them.
        Number(hash, (row.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        foreach (var text in new[] { row.Actor, row.Partner, row.Sample?.ToString(), row.Action, row.Object, row.Details }) Field(hash, text is null ? null : Encoding.UTF8.GetBytes(text));
        Field(hash, row.Proof);
        Field(hash, [genuine ? (byte)1 : (byte)0]);
        return hash.GetHashAndReset();
    }

    private static void Number(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        hash.AppendData(bytes);
    }

    /// <summary>With its length before it, so that no two rows have the same bytes; null has the length -1.</summary>
    private static void Field(IncrementalHash hash, byte[]? value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value?.Length ?? -1);
        hash.AppendData(length);
        if (value is not null) hash.AppendData(value);
    }
}
