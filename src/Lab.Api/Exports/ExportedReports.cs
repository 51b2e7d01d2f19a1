using System.Data.Common;
using System.Runtime.CompilerServices;
using Lab.Api.Reports;
using Lab.Api.Storage;
using Npgsql;

namespace Lab.Api.Exports;

/// <summary>The reports that an export holds, as its asker sees them: of every series its current version, if it was released, in the order of registration.</summary>
public sealed class ExportedReports(LabSession session, ExportRequest request)
{
    private readonly ExportFilter filter = request.Filter!;

    public async Task<long> CountAsync(CancellationToken cancellation)
    {
        await using var count = await CommandAsync("count(*)", "", "", cancellation);
        return (long)(await count.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Row by row, as the database sends them.</summary>
    /// <param name="columns">SQL over <c>r</c> (report), <c>s</c> (sample) and <c>p</c> (profile).</param>
    /// <param name="read">Makes an item of a row.</param>
    /// <param name="cancellation">Stops reading.</param>
    public async IAsyncEnumerable<T> ReadAsync<T>(string columns, Func<DbDataReader, T> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var select = await CommandAsync(columns, "JOIN lab.profile p ON p.id = r.profile_id", "ORDER BY r.sample_id, r.assay", cancellation);
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) yield return read(reader);
    }

    private async Task<NpgsqlCommand> CommandAsync(string columns, string join, string order, CancellationToken cancellation)
    {
        var conditions = new List<string> { "r.status <> 'preliminary'", "r.document <> ''", "s.erased_at IS NULL" };
        var values = new List<object>();
        // Row-level security says the same, but not in words that an index can follow.
        Where("r.partner_id =", session.Caller.PartnerId);
        Where("s.subject =", filter.Subject);
        Where("s.accession =", filter.Accession);
        Where("r.assay =", filter.Assay);
        Where("r.status =", filter.Status);
        Where("r.findings @>", filter.Finding is { } finding ? new[] { finding } : null);
        Where("r.issued_at >=", filter.UpdatedFrom);
        Where("r.issued_at <", filter.UpdatedBefore);
        // Whoever reads a table cannot see that a column was withdrawn.
        if (request.Format != ExportRules.Ndjson) Where("r.status <>", ReportSeries.EnteredInError);
        return await session.CommandAsync($"SELECT {columns} FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id {join} WHERE {string.Join(" AND ", conditions)} AND {GetReport.IsCurrent} {order}",
            cancellation, [.. values]);

        void Where(string condition, object? value)
        {
            if (value is null) return;
            values.Add(value);
            conditions.Add($"{condition} ${values.Count}");
        }
    }
}
