using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Exports;

/// <summary>Sends what an export holds.</summary>
public static class GetExportContent
{
    public sealed record Command(Guid Id) : ICommand<LongTask>;

    /// <summary>Download an export</summary>
    public static async Task<IResult> GetAsync(string id, HttpContext context, IMediator sender, LabDatabase database, Caller caller)
    {
        var task = await sender.Send(new Command(Ids.Demand(id)), context.RequestAborted);
        var request = JsonSerializer.Deserialize<ExportRequest>(task.Request, Json.Stored)!;
        var result = JsonSerializer.Deserialize<ExportResult>(task.Result!, Json.Stored)!;
        var name = request.Format == ExportRules.Ndjson ? "reports" : $"{request.Filter!.Assay}-{request.Rank}-{request.Unit}".Replace(':', '_');
        return new TaskDownload(database, caller, task.Id, MediaType(request.Format), FormattableString.Invariant($"{name}-{task.CreatedAt:yyyy-MM-dd}.{request.Format}"), result.Bytes, result.Compressed, result.Sha256);
    }

    public static string MediaType(string format) => format switch
    {
        ExportRules.Ndjson => "application/x-ndjson",
        ExportRules.Tsv => "text/tab-separated-values; charset=utf-8",
        _ => "application/json",
    };

    public sealed class Handler(LabSession session) : IRequestHandler<Command, LongTask>
    {
        public async Task<LongTask> Handle(Command command, CancellationToken cancellation)
        {
            var task = await (await session.ModelAsync(cancellation)).Tasks.SingleOrDefaultAsync(t => t.Id == command.Id && t.Kind == WriteExport.TaskKind, cancellation) ?? throw GetExport.Missing();
            if (task.EmptiedAt is not null)
            {
                throw task.Error == LongTask.Erased ? new ProblemException(ProblemCodes.Erased, "A sample that the export held was erased, or is another partner's now.", "Ask for the export again.")
                    : new ProblemException(ProblemCodes.Expired, "The export has expired.");
            }
            if (task.Status != LongTask.Succeeded)
            {
                throw new ProblemException(ProblemCodes.TaskState, $"The export has no content: it is {task.Status}.", retryAfter: task.Status is LongTask.Queued or LongTask.Running ? 2 : null);
            }
            await session.RecordAsync("export.read", $"export:{task.Id}", null, cancellation);
            return task;
        }
    }
}
