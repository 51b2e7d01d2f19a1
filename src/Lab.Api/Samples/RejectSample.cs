using System.Text.RegularExpressions;
using Lab.Api.Audit;
using Lab.Api.Events;
using Lab.Api.Hosting;
using Lab.Api.Reports;
using Lab.Api.Storage;
using MediatR;
using Npgsql;

namespace Lab.Api.Samples;

/// <summary>Why a specimen is not analysed.</summary>
public sealed record RejectionRequest
{
    /// <summary>A code of the lab's own, kebab-case, such as <c>insufficient-material</c>.</summary>
    public required string Reason { get; init; }
    /// <summary>In words; at most 2,000 characters.</summary>
    public string? Note { get; init; }
}

/// <summary>Rejects a specimen: it takes no profile any more, and what is open is cancelled.</summary>
public static partial class RejectSample
{
    public sealed record Command(string Accession, RejectionRequest Rejection, IfMatch IfMatch) : ICommand<bool>;

    /// <summary>Reject a sample</summary>
    public static async Task<IResult> PostAsync(string accession, HttpContext context, IMediator sender)
    {
        Accession.Demand(accession);
        var body = await StrictBody.ReadAsync<RejectionRequest>(context);
        var errors = new List<ProblemError>();
        if (!Code().IsMatch(body.Reason)) errors.Add(new("value-invalid", null, null, "/reason", "A reason is a code of 1 to 64 lower-case letters, digits and hyphens.", "Put words into the note."));
        if (body.Note?.Length > 2000) errors.Add(new("value-invalid", null, null, "/note", "A note has at most 2,000 characters.", "Say it in a sentence."));
        if (errors.Count > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors: errors);
        await sender.Send(new Command(accession, body, IfMatch.Of(context.Request)), context.RequestAborted);
        var sample = await sender.Send(new GetSample.Query(accession), context.RequestAborted);
        context.Response.Headers.ETag = $"\"{sample!.Revision}\"";
        return TypedResults.Ok(sample);
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,63}\z")]
    private static partial Regex Code();

    public sealed class Handler(LabSession session) : IRequestHandler<Command, bool>
    {
        public async Task<bool> Handle(Command command, CancellationToken cancellation)
        {
            Guid sample;
            await using (var select = await session.CommandAsync("SELECT id, revision, rejected_at IS NOT NULL, erased_at IS NOT NULL FROM lab.sample WHERE accession = $1 FOR NO KEY UPDATE", cancellation, command.Accession))
            await using (var reader = await select.ExecuteReaderAsync(cancellation))
            {
                if (!await reader.ReadAsync(cancellation)) throw new ProblemException(ProblemCodes.NotFound, "There is no such sample, or it is not yours.");
                sample = reader.GetGuid(0);
                if (command.IfMatch.IsGiven && !command.IfMatch.Matches(reader.GetInt32(1).ToString(System.Globalization.CultureInfo.InvariantCulture)))
                {
                    throw new ProblemException(ProblemCodes.PreconditionFailed, "The sample has changed since it was read.");
                }
                if (reader.GetBoolean(3)) throw Erasure.Gone();
                if (reader.GetBoolean(2)) throw new ProblemException(ProblemCodes.SampleRejected, "The sample was rejected already.");
            }
            // A publication that is under way ends before, or finds its analysis cancelled.
            await session.ExecuteAsync(ReportVersion.LockSeries, cancellation, sample);
            await using (var released = await session.CommandAsync($"""
                SELECT EXISTS (SELECT FROM lab.report r WHERE r.sample_id = $1 AND r.status NOT IN ('preliminary', 'entered-in-error') AND {GetReport.IsCurrent})
                """, cancellation, sample))
            {
                if (await released.ExecuteScalarAsync(cancellation) is true) throw new ProblemException(ProblemCodes.WithdrawFirst, "A report of the sample is released.");
            }
            await session.ExecuteAsync("UPDATE lab.sample SET rejected_at = clock_timestamp(), rejection = $2, rejection_note = $3, revision = revision + 1 WHERE id = $1",
                cancellation, sample, command.Rejection.Reason, command.Rejection.Note);
            await session.ExecuteAsync("""
                UPDATE lab.analysis SET status = 'cancelled', finished_at = clock_timestamp(), lease_token = NULL, lease_until = NULL WHERE sample_id = $1 AND status IN ('queued', 'running')
                """, cancellation, sample);
            await session.RecordAsync("sample.rejected", $"sample:{sample}", null, cancellation);
            await using var told = new NpgsqlBatch(await session.OpenAsync(cancellation)) { BatchCommands = { EventLog.Of(SampleEvent.SampleRejected, sample) } };
            await told.ExecuteNonQueryAsync(cancellation);
            return true;
        }
    }
}
