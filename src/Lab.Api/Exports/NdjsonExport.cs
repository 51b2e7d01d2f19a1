using Lab.Api.Storage;
using Lab.Api.Tasks;

namespace Lab.Api.Exports;

/// <summary>A report a line, the document as it is stored: canonical JSON has no line end in it.</summary>
public static class NdjsonExport
{
    public static async Task<long> WriteAsync(TaskRun run, TaskContent content, ExportedReports reports, long total, CancellationToken cancellation)
    {
        var done = 0L;
        await foreach (var (sample, document) in reports.ReadAsync("r.sample_id, r.document", row => (row.GetGuid(0), row.GetFieldValue<byte[]>(1)), cancellation))
        {
            content.Holds(sample);
            content.Write(Gzip.Expand(document));
            content.Write("\n"u8);
            await content.KeepAsync(cancellation);
            run.Progress(++done, total);
        }
        return done;
    }
}
