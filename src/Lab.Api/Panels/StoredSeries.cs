using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Hosting;
using Lab.Api.Reports;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using SampleContext = Lab.Api.Samples.SampleContext;

namespace Lab.Api.Panels;

/// <summary>A series as an analysis would find it now: what its report is computed from, and its last version.</summary>
/// <param name="SampleId">Whose.</param>
/// <param name="Accession">Of the sample.</param>
/// <param name="Assay">How it was measured.</param>
/// <param name="Report">The last version's id and number; null where there is none.</param>
/// <param name="Document">The last version, as it was written.</param>
/// <param name="Input">Everything but the panel and the cohort.</param>
public sealed record StoredSeries(Guid SampleId, string Accession, Assay Assay, (Guid Id, int Version)? Report, byte[]? Document, ReportInput Input)
{
    private const int Batch = 100;

    /// <summary>The series of the next samples, by the rules of re-interpretation.</summary>
    /// <param name="session">Whose rows may be seen.</param>
    /// <param name="after">The last sample before them.</param>
    /// <param name="panel">What the inputs are completed with.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <returns>The last of these samples, null where there is none any more; and their series.</returns>
    public static async Task<(Guid? Last, int Samples, List<StoredSeries> Series)> NextAsync(LabSession session, Guid after, Lab.Microbiome.Panels.Panel panel, CancellationToken cancellation)
    {
        var samples = new List<Guid>(Batch);
        await using (var select = await session.CommandAsync("SELECT id FROM lab.sample WHERE id > $1 ORDER BY id LIMIT $2", cancellation, after, Batch))
        {
            await using var ids = await select.ExecuteReaderAsync(cancellation);
            while (await ids.ReadAsync(cancellation)) samples.Add(ids.GetGuid(0));
        }
        if (samples.Count == 0) return (null, 0, []);
        var profiles = (await QueueAnalyses.LastOfSeriesAsync(session, "s.id = ANY($1)", samples.ToArray(), cancellation)).Select(l => l.ProfileId).ToArray();
        await using var read = await session.CommandAsync("""
            SELECT p.sample_id, s.accession, p.assay, own.definition::text, p.packed, p.normalised_sha256, s.collected_at, s.received_at, s.context::text,
                EXISTS (SELECT FROM lab.profile o WHERE o.sha256 = p.sha256 AND o.sample_id <> p.sample_id AND o.partner_id IS NOT DISTINCT FROM p.partner_id AND o.source <> ''), r.id, r.version, r.document
            FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id LEFT JOIN lab.assay own ON own.id = p.assay
            LEFT JOIN LATERAL (SELECT id, version, document FROM lab.report WHERE sample_id = p.sample_id AND assay = p.assay ORDER BY version DESC LIMIT 1) r ON true
            WHERE p.id = ANY($1) ORDER BY p.sample_id, p.assay
            """, cancellation, (object)profiles);
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var series = new List<StoredSeries>(profiles.Length);
        while (await reader.ReadAsync(cancellation))
        {
            var assay = Text(3) is { } own ? ReportInputs.Read<Assay>(own) : Assay.Find(reader.GetString(2))!;
            series.Add(new(reader.GetGuid(0), reader.GetString(1), assay, reader.IsDBNull(10) ? null : (reader.GetGuid(10), reader.GetInt32(11)), reader.IsDBNull(12) ? null : reader.GetFieldValue<byte[]>(12), new ReportInput
            {
                Profile = ProfilePacking.Unpack(reader.GetFieldValue<byte[]>(4), TaxonomyRelease.Shipped),
                ProfileSha256 = Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(5)),
                Assay = assay,
                Panel = panel,
                Cohort = null,
                CollectedAt = Time(6),
                ReceivedAt = Time(7),
                Context = Text(8) is { } context ? JsonSerializer.Deserialize<SampleContext>(context, Json.Stored)!.ForReport() : null,
                SameBytesAsAnotherSample = reader.GetBoolean(9),
            }));
        }
        return (samples[^1], samples.Count, series);

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        DateTimeOffset? Time(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
    }
}
