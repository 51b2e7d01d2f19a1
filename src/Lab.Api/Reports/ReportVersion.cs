using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Api.Audit;
using Lab.Api.Events;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Reports;

/// <summary>What a report was computed from and does not print, pinned with it: a verification years later reads it here and not what the lab has since changed.</summary>
public sealed record ReportInputs(Assay Assay, Samples.SampleContext? Context, DateTimeOffset? CollectedAt, DateTimeOffset? ReceivedAt, bool SameBytesAsAnotherSample)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { IgnoreReadOnlyProperties = true, Converters = { new JsonStringEnumConverter() } };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Options)!;
}

/// <summary>A version about to be written. Its audit row holds the hash of its bytes, by which a change behind the service's back is found.</summary>
public sealed record ReportVersion
{
    public required Guid Id { get; init; }
    public required Guid SampleId { get; init; }
    public required Guid ProfileId { get; init; }
    public Guid? AnalysisId { get; init; }
    public required string Assay { get; init; }
    public required ReportEnvelope Envelope { get; init; }
    public string? SignedBy { get; init; }
    public required string Panel { get; init; }
    public required string? Cohort { get; init; }
    public required string Quality { get; init; }
    public required string[] Findings { get; init; }
    public required string Inputs { get; init; }
    public required string Digest { get; init; }
    public required byte[] Document { get; init; }

    public string Etag => ReportDocument.Etag(Document);

    /// <summary>Versions of one sample are written one after the other.</summary>
    public const string LockSeries = "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))";

    /// <summary>The row, and in the same transaction what is recorded of it and who is told.</summary>
    public void Insert(NpgsqlBatch batch, RowProof proof, string actor, string action)
    {
        var row = new NpgsqlBatchCommand("""
            INSERT INTO lab.report (id, sample_id, partner_id, profile_id, analysis_id, assay, version, status, issued_at, replaces, because, reason, signed_by,
                panel, cohort, quality, findings, inputs, digest, etag, document)
            SELECT $1, s.id, s.partner_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20 FROM lab.sample s WHERE s.id = $2
            """);
        foreach (var value in new object?[]
        {
            Id, SampleId, ProfileId, AnalysisId, Assay, Envelope.Version, Envelope.Status, Envelope.IssuedAt, Envelope.Replaces, Envelope.Because?.Code, Envelope.Because?.Reason, SignedBy,
            Panel, Cohort, Quality, Findings,
        })
        {
            row.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }
        row.Parameters.Add(new NpgsqlParameter { Value = Inputs, NpgsqlDbType = NpgsqlDbType.Jsonb });
        foreach (var value in new object[] { Digest, Etag, Gzip.Compress(Document) }) row.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(row);

        var recorded = JsonSerializer.Serialize(new Recorded(Hash(Document), Digest, Envelope.Version, Envelope.Status), JsonSerializerOptions.Web);
        batch.BatchCommands.Add(AuditTrail.Of(proof, actor, SampleId, action, $"report:{Id}", recorded));
        if (EventLog.Of(this) is { } told) batch.BatchCommands.Add(told);
    }

    public static string Hash(byte[] document) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(document));

    /// <summary>What the audit trail keeps of a version.</summary>
    public sealed record Recorded(string Sha256, string Digest, int Version, string Status);
}
