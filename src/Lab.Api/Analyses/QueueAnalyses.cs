using Lab.Api.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Analyses;

/// <summary>What the last analysis of a series was asked for: the series goes on from there.</summary>
public sealed record LastAnalysis(Guid ProfileId, Guid SampleId, string? PartnerId, string Accession, string Assay, string Panel, string? Cohort, string Status, bool Reported);

/// <summary>An analysis to be queued.</summary>
public sealed record WantedAnalysis(Guid ProfileId, Guid SampleId, string? PartnerId, string Panel, string? Cohort)
{
    public Guid Id { get; } = Guid.CreateVersion7();
}

/// <summary>Rows for the workers, in the transaction of what asks for them.</summary>
public static class QueueAnalyses
{
    /// <summary>The last analysis of each series (sample and assay) of samples that are not rejected; one that was stopped only where there is no other.</summary>
    /// <param name="session">Whose rows may be seen.</param>
    /// <param name="filter">SQL over <c>s</c> (sample) and <c>$1</c>.</param>
    /// <param name="value">Of <c>$1</c>.</param>
    /// <param name="cancellation">Stops reading.</param>
    public static async Task<List<LastAnalysis>> LastOfSeriesAsync(LabSession session, string filter, object? value, CancellationToken cancellation)
    {
        await using var select = await session.CommandAsync($"""
            SELECT DISTINCT ON (a.sample_id, p.assay) a.profile_id, a.sample_id, s.partner_id, s.accession, p.assay, a.panel, COALESCE((SELECT r.cohort FROM lab.report r WHERE r.id = a.report_id), a.cohort),
                a.status, EXISTS (SELECT FROM lab.report r WHERE r.sample_id = a.sample_id AND r.assay = p.assay)
            FROM lab.analysis a JOIN lab.profile p ON p.id = a.profile_id JOIN lab.sample s ON s.id = a.sample_id
            WHERE {filter} AND s.rejected_at IS NULL AND s.erased_at IS NULL
            ORDER BY a.sample_id, p.assay, a.status IN ('cancelled', 'failed'), a.queued_at DESC, a.id DESC
            """, cancellation);
        if (value is not null) select.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        var last = new List<LastAnalysis>();
        while (await reader.ReadAsync(cancellation))
        {
            last.Add(new(reader.GetGuid(0), reader.GetGuid(1), Text(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), Text(6), reader.GetString(7), reader.GetBoolean(8)));
        }
        return last;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    /// <summary>Queues them in this order and wakes a worker after the commit.</summary>
    public static async Task AddAsync(LabSession session, AnalysisSignal signal, IReadOnlyList<WantedAnalysis> wanted, string cause, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync("""
            INSERT INTO lab.analysis (id, profile_id, sample_id, partner_id, panel, cohort, cause, status, attempts, crashes, leased_alone, queued_at)
            SELECT id, profile_id, sample_id, partner_id, panel, cohort, $7, 'queued', 0, 0, false, clock_timestamp()
            FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY w(id, profile_id, sample_id, partner_id, panel, cohort, place) ORDER BY place
            """, cancellation, wanted.Select(w => w.Id).ToArray(), wanted.Select(w => w.ProfileId).ToArray(), wanted.Select(w => w.SampleId).ToArray());
        insert.Parameters.Add(Texts(wanted.Select(w => w.PartnerId)));
        insert.Parameters.Add(Texts(wanted.Select(w => w.Panel)));
        insert.Parameters.Add(Texts(wanted.Select(w => w.Cohort)));
        insert.Parameters.Add(new NpgsqlParameter { Value = cause });
        await insert.ExecuteNonQueryAsync(cancellation);
        session.Committed = signal.Queued;
    }

    private static NpgsqlParameter Texts(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
