using System.Text.Json;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Npgsql;

namespace Lab.Api.Reports;

/// <summary>A report version with what it was computed from, to be set beside others.</summary>
public sealed record FollowedReport
{
    /// <summary>Of a person's reports, the newest so many.</summary>
    public const int Most = 100;

    private const string Columns = """
        SELECT r.id, s.accession, s.subject, r.assay, r.version, r.status, r.quality, s.collected_at, s.received_at, r.issued_at, r.panel, r.cohort, r.inputs::text, s.bristol_scale, s.context::text,
            r.document, p.packed, r.sample_id
        FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id JOIN lab.profile p ON p.id = r.profile_id
        """;

    private MeasuredSample? measured;

    public required Guid Id { get; init; }
    public required Guid SampleId { get; init; }
    public required string Accession { get; init; }
    public required string? Subject { get; init; }
    public required string Assay { get; init; }
    public required int Version { get; init; }
    public required string Status { get; init; }
    public required string Quality { get; init; }
    public required DateTimeOffset? CollectedAt { get; init; }
    public required DateTimeOffset? ReceivedAt { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required string Panel { get; init; }
    public required string? Cohort { get; init; }
    public required ReportInputs Inputs { get; init; }
    public required short? BristolScale { get; init; }
    public required SampleContext? Context { get; init; }
    public required byte[] Document { get; init; }
    public required TaxonomicProfile Profile { get; init; }

    /// <summary>Measured again, as the later of a pair is.</summary>
    public MeasuredSample Measured(Panel panel) => measured is { } done && done.Panel.Ref == panel.Ref ? done : measured = new MeasuredSample(Profile, Inputs.Assay, panel);

    /// <summary>The versions of these ids that the caller may read, in their order.</summary>
    /// <exception cref="ProblemException">One is not there, not released, or erased.</exception>
    public static async Task<IReadOnlyList<FollowedReport>> DemandAsync(LabSession session, ReadAudit reads, IReadOnlyList<Guid> ids, CancellationToken cancellation)
    {
        // Statuses first: what is not released or erased is told apart from what is not there.
        foreach (var id in ids) await StoredReport.DemandAsync(session, reads, id, cancellation);
        var found = await ReadAsync(session, $"{Columns} WHERE r.id = ANY($1)", cancellation, ids.ToArray());
        return [.. ids.Select(id => found.Single(r => r.Id == id))];
    }

    /// <summary>A person's current reports as the caller may see them, which is recorded, by the time of collection, else of issue; and whether there are more, which are older.</summary>
    /// <exception cref="ProblemException">The caller sees no sample of such a person.</exception>
    public static async Task<(IReadOnlyList<FollowedReport> Reports, bool Truncated)> OfSubjectAsync(LabSession session, ReadAudit reads, string subject, CancellationToken cancellation)
    {
        var found = await ReadAsync(session, $"""
            {Columns} WHERE s.subject = $1 AND s.erased_at IS NULL AND ($2 OR r.status <> 'preliminary') AND {GetReport.IsCurrent}
            ORDER BY COALESCE(s.collected_at, r.issued_at) DESC, r.issued_at DESC, r.id DESC LIMIT {Most + 1}
            """, cancellation, subject, session.Caller.SeesPreliminary);
        if (found.Count == 0)
        {
            await using var known = await session.CommandAsync("SELECT EXISTS (SELECT FROM lab.sample WHERE subject = $1)", cancellation, subject);
            if (await known.ExecuteScalarAsync(cancellation) is not true) throw new ProblemException(ProblemCodes.NotFound, "There is no such subject, or it is not yours.");
        }
        FollowedReport[] reports = [.. found.Take(Most).Reverse()];
        foreach (var report in reports) reads.Record(session.Caller, ReadAudit.Report, report.Id, report.SampleId);
        return (reports, found.Count > Most);
    }

    /// <summary>Each with the one before it; and where that was measured by another assay, also with the last before it of its own.</summary>
    public static IEnumerable<(FollowedReport From, FollowedReport To)> Neighbours(IReadOnlyList<FollowedReport> reports)
    {
        for (var i = 1; i < reports.Count; i++)
        {
            yield return (reports[i - 1], reports[i]);
            if (reports[i - 1].Assay != reports[i].Assay && reports.Take(i - 1).LastOrDefault(r => r.Assay == reports[i].Assay) is { } alike) yield return (alike, reports[i]);
        }
    }

    private static async Task<List<FollowedReport>> ReadAsync(LabSession session, string sql, CancellationToken cancellation, params object?[] parameters)
    {
        var reports = new List<FollowedReport>();
        await using var command = await session.CommandAsync(sql, cancellation, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) reports.Add(Read(reader));
        return reports;
    }

    private static FollowedReport Read(NpgsqlDataReader row)
    {
        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
        DateTimeOffset? Time(int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
        return new FollowedReport
        {
            Id = row.GetGuid(0),
            SampleId = row.GetGuid(17),
            Accession = row.GetString(1),
            Subject = Text(2),
            Assay = row.GetString(3),
            Version = row.GetInt32(4),
            Status = row.GetString(5),
            Quality = row.GetString(6),
            CollectedAt = Time(7),
            ReceivedAt = Time(8),
            IssuedAt = row.GetFieldValue<DateTimeOffset>(9),
            Panel = row.GetString(10),
            Cohort = Text(11),
            Inputs = ReportInputs.Read<ReportInputs>(row.GetString(12)),
            BristolScale = row.IsDBNull(13) ? null : row.GetInt16(13),
            Context = Text(14) is { } context ? JsonSerializer.Deserialize<SampleContext>(context, Json.Stored) : null,
            Document = Gzip.Expand(Erasure.Demand(row.GetFieldValue<byte[]>(15))),
            Profile = ProfilePacking.Unpack(Erasure.Demand(row.GetFieldValue<byte[]>(16)), TaxonomyRelease.Shipped),
        };
    }
}
