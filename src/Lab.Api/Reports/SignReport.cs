using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Microbiome.Reports;
using MediatR;
using Npgsql;

namespace Lab.Api.Reports;

/// <summary>A note for a release.</summary>
public sealed record ReleaseNote
{
    /// <summary>What a reader should know; at most 2,000 characters.</summary>
    public string? Note { get; init; }
}

/// <summary>Why a report is amended or withdrawn.</summary>
public sealed record ChangeReason
{
    /// <summary>patient-mismatch, sample-mismatch, invalid-calibration, reagent-issue, duplicate, new-information, interpretation or other.</summary>
    public required string Reason { get; init; }
    /// <summary>In words; 1 to 2,000 characters.</summary>
    public required string Note { get; init; }
}

/// <summary>What a person does with a report: release, amend, withdraw. Each makes a new version; nothing that was written changes.</summary>
public static class SignReport
{
    private const string Release = "release", Amend = "amend", Withdraw = "withdraw";

    public sealed record Command(Guid Id, string Act, string? Reason, string? Note, IfMatch IfMatch, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Release a report</summary>
    public static async Task<Answer> ReleaseAsync(string id, HttpContext context, IMediator sender)
    {
        var (body, hash) = await StrictBody.ReadOptionalAsync<ReleaseNote>(context);
        return await SendAsync(id, Release, null, body?.Note, hash, context, sender);
    }

    /// <summary>Amend a report</summary>
    public static async Task<Answer> AmendAsync(string id, HttpContext context, IMediator sender) => await ChangeAsync(id, Amend, context, sender);

    /// <summary>Withdraw a report</summary>
    public static async Task<Answer> WithdrawAsync(string id, HttpContext context, IMediator sender) => await ChangeAsync(id, Withdraw, context, sender);

    private static async Task<Answer> ChangeAsync(string id, string act, HttpContext context, IMediator sender)
    {
        var (body, hash) = await StrictBody.ReadHashedAsync<ChangeReason>(context);
        return await SendAsync(id, act, body.Reason, body.Note, hash, context, sender);
    }

    private static async Task<Answer> SendAsync(string id, string act, string? reason, string? note, byte[] body, HttpContext context, IMediator sender)
    {
        var errors = new List<ProblemError>();
        if (reason is not null && !ReportSeries.Reasons.ContainsKey(reason))
        {
            errors.Add(new("value-invalid", null, null, "/reason", "The reason is not known.", $"Known: {string.Join(", ", ReportSeries.Reasons.Keys.Order(StringComparer.Ordinal))}."));
        }
        if (note?.Length > 2000 || (reason is not null && string.IsNullOrWhiteSpace(note))) errors.Add(new("value-invalid", null, null, "/note", "A note has 1 to 2,000 characters.", "Say in a sentence what happened."));
        if (errors.Count > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors: errors);
        return await sender.Send(new Command(Ids.Demand(id), act, reason, note, IfMatch.Of(context.Request), IdempotentRequest.Of(context.Request, body)), context.RequestAborted);
    }

    public sealed class Handler(LabSession session, IConfiguration configuration, TimeProvider clock) : IRequestHandler<Command, Answer>
    {
        private readonly bool autoRelease = configuration.GetValue("Reports:AutoRelease", true), twoPersons = configuration.GetValue("Reports:TwoPersons", false);

        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var answer = await SignAsync(command, cancellation);
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }

        private async Task<Answer> SignAsync(Command command, CancellationToken cancellation)
        {
            await LockAsync(command.Id, cancellation);
            var signed = await ReadAsync(command.Id, cancellation);
            if (!command.IfMatch.IsGiven) throw new ProblemException(ProblemCodes.PreconditionRequired, "Which state of the report is meant has to be said.");
            if (!command.IfMatch.Matches(signed.Etag)) throw new ProblemException(ProblemCodes.PreconditionFailed, "This is not the report that was read.");
            if (command.Act != Withdraw && await IsRejectedAsync(signed.SampleId, cancellation)) throw new ProblemException(ProblemCodes.SampleRejected, "The sample was rejected.");
            var series = await SeriesAsync(signed, cancellation);
            switch (command.Act)
            {
                case Release: series.DemandReleasable(command.Id, session.Caller.Client, twoPersons); break;
                case Amend: series.DemandAmendable(command.Id); break;
                default: series.DemandWithdrawable(command.Id); break;
            }
            var envelope = new ReportEnvelope
            {
                Id = Guid.CreateVersion7(),
                Version = series.Next,
                Status = command.Act switch
                {
                    Release => series.StatusOfRelease(),
                    Amend => series.StatusOfNew(autoRelease && !twoPersons, signed.Quality),
                    _ => ReportSeries.EnteredInError,
                },
                IssuedAt = Times.ToMilliseconds(clock.GetUtcNow()),
                Replaces = series.Released?.Id,
                // A release of an amendment says why it was amended.
                Because = new ReportReason(command.Act, command.Reason ?? signed.Because?.Reason, command.Note ?? signed.Because?.Note),
            };
            var (document, digest) = ReportDocument.Reissue(signed.Document, envelope);
            var version = new ReportVersion
            {
                Id = envelope.Id,
                SampleId = signed.SampleId,
                ProfileId = signed.ProfileId,
                Assay = signed.Assay,
                Envelope = envelope,
                SignedBy = session.Caller.Client,
                Panel = signed.Panel,
                Cohort = signed.Cohort,
                Quality = signed.Quality,
                Findings = command.Act == Withdraw ? [] : signed.Findings,
                Inputs = signed.Inputs,
                Digest = digest,
                Document = document,
            };
            await using var batch = new NpgsqlBatch(await session.OpenAsync(cancellation));
            version.Insert(batch, session.Proof, session.Caller.Client, command.Act switch { Release => "report.released", Amend => "report.amended", _ => "report.withdrawn" });
            await batch.ExecuteNonQueryAsync(cancellation);
            return Answer.Of(StatusCodes.Status201Created, $"/v1/reports/{version.Id}", new ReportSummary
            {
                Id = version.Id,
                Accession = signed.Accession,
                Assay = signed.Assay,
                Version = envelope.Version,
                Status = envelope.Status,
                IssuedAt = envelope.IssuedAt,
                Replaces = envelope.Replaces,
                Because = envelope.Because.Code,
                Reason = envelope.Because.Reason,
                Panel = version.Panel,
                Cohort = version.Cohort,
                Quality = version.Quality,
                Findings = version.Findings,
                Digest = version.Digest,
                Etag = version.Etag,
            });
        }

        /// <summary>Before anything is read: what an erasure or another signature changes meanwhile must be seen.</summary>
        private async Task LockAsync(Guid id, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("SELECT sample_id FROM lab.report WHERE id = $1", cancellation, id);
            if (await select.ExecuteScalarAsync(cancellation) is Guid sample) await session.ExecuteAsync(ReportVersion.LockSeries, cancellation, sample);
        }

        private async Task<Signed> ReadAsync(Guid id, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("""
                SELECT r.sample_id, r.profile_id, r.assay, r.status, r.etag, r.panel, r.cohort, r.quality, r.findings, r.inputs::text, r.document, s.accession
                FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id WHERE r.id = $1
                """, cancellation, id);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) throw new ProblemException(ProblemCodes.NotFound, "There is no such report, or it is not yours.");
            session.Caller.DemandReleased(reader.GetString(3));
            var document = Gzip.Expand(Erasure.Demand(reader.GetFieldValue<byte[]>(10)));
            using var parsed = JsonDocument.Parse(document);
            return new(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetString(4), reader.GetString(5), await reader.IsDBNullAsync(6, cancellation) ? null : reader.GetString(6),
                reader.GetString(7), reader.GetFieldValue<string[]>(8), reader.GetString(9), document, reader.GetString(11),
                parsed.RootElement.GetProperty("because").Deserialize<ReportReason>(JsonSerializerOptions.Web) is { Code: Amend } because ? because : null);
        }

        private async Task<bool> IsRejectedAsync(Guid sample, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("SELECT rejected_at IS NOT NULL FROM lab.sample WHERE id = $1", cancellation, sample);
            return await select.ExecuteScalarAsync(cancellation) is true;
        }

        private async Task<ReportSeries> SeriesAsync(Signed signed, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync(
                "SELECT id, profile_id, version, status, because, reason, signed_by FROM lab.report WHERE sample_id = $1 AND assay = $2 ORDER BY version", cancellation, signed.SampleId, signed.Assay);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            var versions = new List<SeriesVersion>();
            while (await reader.ReadAsync(cancellation)) versions.Add(SeriesVersion.Read(reader));
            return new(versions);
        }

        private sealed record Signed(Guid SampleId, Guid ProfileId, string Assay, string Etag, string Panel, string? Cohort, string Quality, string[] Findings, string Inputs, byte[] Document,
            string Accession, ReportReason? Because);
    }
}
