using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Exports;

/// <summary>What became of an export.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Status">cancelled: it was open, and is still listed; removed: it had ended, and nothing of it is left.</param>
public sealed record ExportStopped(Guid Id, string Status);

/// <summary>Cancels an open export, or removes one that has ended.</summary>
public static class DeleteExport
{
    public sealed record Command(Guid Id) : ICommand<ExportStopped>;

    /// <summary>Cancel or remove an export</summary>
    public static async Task<Ok<ExportStopped>> DeleteAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Command(Ids.Demand(id)), context.RequestAborted));

    public sealed class Handler(LabSession session, AnalysisSignal signal) : IRequestHandler<Command, ExportStopped>
    {
        public async Task<ExportStopped> Handle(Command command, CancellationToken cancellation)
        {
            // The lease goes with it: what a worker writes from then on is not kept.
            var status = await OneAsync("""
                WITH stopped AS (UPDATE lab.task SET status = 'cancelled', finished_at = clock_timestamp(), lease_token = NULL, lease_until = NULL
                    WHERE id = $1 AND kind = $2 AND status IN ('queued', 'running') RETURNING id),
                emptied AS (DELETE FROM lab.task_part p USING stopped WHERE p.task_id = stopped.id)
                SELECT 'cancelled' FROM stopped
                """, command.Id, cancellation) ?? await OneAsync("DELETE FROM lab.task WHERE id = $1 AND kind = $2 RETURNING 'removed'", command.Id, cancellation)
                ?? throw GetExport.Missing();
            await session.RecordAsync($"export.{status}", $"export:{command.Id}", null, cancellation);
            session.Committed = signal.Done;
            return new ExportStopped(command.Id, status);
        }

        private async Task<string?> OneAsync(string sql, Guid id, CancellationToken cancellation)
        {
            await using var command = await session.CommandAsync(sql, cancellation, id, WriteExport.TaskKind);
            return (string?)await command.ExecuteScalarAsync(cancellation);
        }
    }
}
