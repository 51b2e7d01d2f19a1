using System.Data;
using Lab.Api.Storage;
using Lab.Api.Tasks;

namespace Lab.Api.Exports;

/// <summary>Makes an export, from one state of the database whatever is published meanwhile. In memory are a part, a report, and of a table its samples' and taxa's names.</summary>
public sealed class WriteExport(LabDatabase database) : ITaskHandler
{
    public const string TaskKind = "export";

    public string Kind => TaskKind;

    public async Task RunAsync(TaskRun run, CancellationToken cancellation)
    {
        var request = run.Request<ExportRequest>();
        await using var session = run.Open(IsolationLevel.RepeatableRead);
        await using var content = new TaskContent(run);
        var reports = new ExportedReports(session, request);
        var total = await reports.CountAsync(cancellation);
        run.Progress(0, total);
        long? taxa = null;
        switch (request.Format)
        {
            case ExportRules.Ndjson:
                total = await NdjsonExport.WriteAsync(run, content, reports, total, cancellation);
                break;
            case ExportRules.Tsv:
                await using (var cells = new MatrixCells(database))
                {
                    (total, taxa) = await TsvExport.WriteAsync(run, content, new TaxonTables(reports, request), cells, total, cancellation);
                }
                break;
            default:
                (total, taxa) = await BiomExport.WriteAsync(run, content, new TaxonTables(reports, request), total, cancellation);
                break;
        }
        var size = await content.CompleteAsync(cancellation);
        run.Progress(total, total);
        run.Report(new ExportResult(total, taxa, size.Bytes, size.Compressed, size.Sha256));
    }
}
