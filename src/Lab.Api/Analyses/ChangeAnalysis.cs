using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Analyses;

/// <summary>Tries a stopped analysis again, or stops an open one.</summary>
public static class ChangeAnalysis
{
    private const string Retry = "retry", Cancel = "cancel";

    public sealed record Command(Guid Id, string Act) : ICommand<Guid>;

    /// <summary>Try an analysis again</summary>
    public static Task<Ok<AnalysisState>> RetryAsync(string id, HttpContext context, IMediator sender) => SendAsync(id, Retry, context, sender);

    /// <summary>Cancel an analysis</summary>
    public static Task<Ok<AnalysisState>> CancelAsync(string id, HttpContext context, IMediator sender) => SendAsync(id, Cancel, context, sender);

    private static async Task<Ok<AnalysisState>> SendAsync(string id, string act, HttpContext context, IMediator sender)
    {
        var analysis = await sender.Send(new Command(Ids.Demand(id), act), context.RequestAborted);
        return TypedResults.Ok(await sender.Send(new GetAnalysis.Query(analysis), context.RequestAborted));
    }

    public sealed class Handler(LabSession session, AnalysisSignal signal) : IRequestHandler<Command, Guid>
    {
        public async Task<Guid> Handle(Command command, CancellationToken cancellation)
        {
            // The sample's row first, as everything does that rejects, erases or uploads: what is read then stays so.
            await session.ExecuteAsync("SELECT FROM lab.sample WHERE id = (SELECT sample_id FROM lab.analysis WHERE id = $1) FOR NO KEY UPDATE", cancellation, command.Id);
            await using (var select = await session.CommandAsync("""
                SELECT a.status, s.rejected_at IS NOT NULL, EXISTS (SELECT FROM lab.analysis l JOIN lab.profile lp ON lp.id = l.profile_id
                    WHERE l.sample_id = a.sample_id AND lp.assay = p.assay AND (l.queued_at, l.id) > (a.queued_at, a.id)), s.erased_at IS NOT NULL
                FROM lab.analysis a JOIN lab.profile p ON p.id = a.profile_id JOIN lab.sample s ON s.id = a.sample_id WHERE a.id = $1 FOR NO KEY UPDATE OF a
                """, cancellation, command.Id))
            await using (var reader = await select.ExecuteReaderAsync(cancellation))
            {
                if (!await reader.ReadAsync(cancellation)) throw new ProblemException(ProblemCodes.NotFound, "There is no such analysis, or it is not yours.");
                if (reader.GetBoolean(3)) throw Erasure.Gone();
                var status = reader.GetString(0);
                if (command.Act == Cancel ? status is not ("queued" or "running") : status is not ("failed" or "cancelled"))
                {
                    throw new ProblemException(ProblemCodes.AnalysisState, $"The analysis is {status}.");
                }
                if (command.Act == Retry && reader.GetBoolean(1)) throw new ProblemException(ProblemCodes.SampleRejected, "The sample was rejected.");
                // Tried again now, an older profile would make the newest version.
                if (command.Act == Retry && reader.GetBoolean(2)) throw new ProblemException(ProblemCodes.AnalysisSuperseded, "A later analysis has taken its place.");
            }
            await session.ExecuteAsync(command.Act == Cancel
                ? "UPDATE lab.analysis SET status = 'cancelled', finished_at = clock_timestamp(), lease_token = NULL, lease_until = NULL WHERE id = $1"
                : "UPDATE lab.analysis SET status = 'queued', attempts = 0, crashes = 0, error = NULL, started_at = NULL, finished_at = NULL WHERE id = $1", cancellation, command.Id);
            await session.RecordAsync(command.Act == Cancel ? "analysis.cancelled" : "analysis.retried", $"analysis:{command.Id}", null, cancellation);
            if (command.Act == Retry) session.Committed = signal.Queued;
            else session.Committed = signal.Done;
            return command.Id;
        }
    }
}
