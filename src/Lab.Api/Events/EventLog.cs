using Lab.Api.Reports;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Events;

/// <summary>Writes events, in the transaction that makes them. The writer holds the lock of the sample's series, so an event is its sample's partner's, or written
/// before the sample is given to one.</summary>
public static class EventLog
{
    /// <summary>An event of a sample that is not about a report.</summary>
    public static NpgsqlBatchCommand Of(string type, Guid sample) => Of(type, sample, null, null);

    /// <summary>What a new version of a report is to who waits for it; null: nothing, it was not released.</summary>
    public static NpgsqlBatchCommand? Of(ReportVersion version) => version.Envelope.Status switch
    {
        ReportSeries.Final => Of(SampleEvent.Released, version.SampleId, version.Id, version.Envelope.Version),
        ReportSeries.Amended => Of(SampleEvent.Amended, version.SampleId, version.Id, version.Envelope.Version),
        ReportSeries.Corrected => Of(SampleEvent.Corrected, version.SampleId, version.Id, version.Envelope.Version),
        ReportSeries.EnteredInError => Of(SampleEvent.Withdrawn, version.SampleId, version.Id, version.Envelope.Version),
        _ => null,
    };

    private static NpgsqlBatchCommand Of(string type, Guid sample, Guid? report, int? version) => new("""
        INSERT INTO lab.event (id, type, sample_id, partner_id, report_id, version) SELECT $1, $2, s.id, s.partner_id, $4, $5 FROM lab.sample s WHERE s.id = $3
        """)
    {
        Parameters =
        {
            new() { Value = Guid.CreateVersion7() }, new() { Value = type }, new() { Value = sample },
            new() { Value = (object?)report ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, new() { Value = (object?)version ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
        },
    };
}
