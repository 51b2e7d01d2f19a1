using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using MediatR;

namespace Lab.Api.Analyses;

/// <summary>What to interpret again: exactly one of <c>accession</c>, <c>profileId</c>, <c>subject</c>, <c>all</c>.</summary>
public sealed record AnalysisRequest
{
    /// <summary>The current profile of each assay of this sample.</summary>
    public string? Accession { get; init; }
    /// <summary>This profile; it becomes the current one of its sample and assay.</summary>
    public Guid? ProfileId { get; init; }
    /// <summary>All samples of this subject.</summary>
    public string? Subject { get; init; }
    /// <summary>True: all samples.</summary>
    public bool? All { get; init; }
    /// <summary>The rules, as <c>id@version</c>; the current default without it.</summary>
    public string? Panel { get; init; }
    /// <summary>The cohort, as <c>id@version</c>; the one that was measured most alike without it, and, of many samples, for those that it does not fit.</summary>
    public string? Cohort { get; init; }
}

/// <summary>What was queued.</summary>
/// <param name="Count">How many analyses, one a profile.</param>
/// <param name="Items">The first 200 of them.</param>
public sealed record AnalysesQueued(int Count, IReadOnlyList<QueuedAnalysis> Items);

/// <summary>One queued analysis.</summary>
public sealed record QueuedAnalysis(Guid AnalysisId, string Accession, Guid ProfileId, string Assay);

/// <summary>Re-interpretation: the same profiles under other rules, or under the same again.</summary>
public static class RequestAnalyses
{
    private const int Listed = 200;

    public sealed record Command(AnalysisRequest Request, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Interpret again</summary>
    public static async Task<Answer> PostAsync(HttpContext context, IMediator sender)
    {
        var (body, hash) = await StrictBody.ReadHashedAsync<AnalysisRequest>(context);
        if (new[] { body.Accession is not null, body.ProfileId is not null, body.Subject is not null, body.All is true }.Count(given => given) != 1 || body.All is false)
        {
            throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was queued.", errors:
                [new("value-invalid", null, null, "", "Exactly one of accession, profileId, subject and all: true says what to interpret.", "Leave the others out.")]);
        }
        return await sender.Send(new Command(body, IdempotentRequest.Of(context.Request, hash)), context.RequestAborted);
    }

    public sealed class Handler(LabSession session, AnalysisSignal signal, LabAssays assays, ReferenceLibrary library) : IRequestHandler<Command, Answer>
    {
        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var answer = await QueueAsync(command.Request, cancellation);
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }

        private async Task<Answer> QueueAsync(AnalysisRequest request, CancellationToken cancellation)
        {
            var panel = request.Panel is null ? Panel.Default : await library.FindPanelAsync(request.Panel, cancellation) ?? throw new ProblemException(ProblemCodes.PanelUnknown, "The panel is not known.");
            var named = request.Cohort is null ? null : await library.FindCohortAsync(request.Cohort, cancellation);
            if (request.Cohort is not null && named is null) throw new ProblemException(ProblemCodes.CohortUnknown, "The cohort is not known.");
            var targets = await TargetsAsync(request, cancellation);
            var cohorts = new Dictionary<string, string?>();
            foreach (var assay in targets.Select(t => t.Assay).Distinct())
            {
                cohorts[assay] = named is not null && CohortMatching.Match((await assays.FindAsync(assay, cancellation))!, named) != CohortMatch.None ? named.Ref : null;
            }
            if (request is { Cohort: not null } && (request.Accession ?? request.ProfileId?.ToString()) is not null && cohorts.Values.Any(c => c is null))
            {
                throw new ProblemException(ProblemCodes.CohortUnknown, "The cohort was measured in a way that this assay cannot be compared with.");
            }
            var wanted = targets.ConvertAll(t => new WantedAnalysis(t.ProfileId, t.SampleId, t.PartnerId, panel.Ref, cohorts[t.Assay]));
            await QueueAnalyses.AddAsync(session, signal, wanted, "re-interpreted", cancellation);
            await session.RecordAllAsync("analysis.requested", [.. wanted.Select(a => $"analysis:{a.Id}")], cancellation);
            var items = targets.Zip(wanted).Take(Listed).Select(t => new QueuedAnalysis(t.Second.Id, t.First.Accession, t.First.ProfileId, t.First.Assay)).ToArray();
            return Answer.Of(StatusCodes.Status202Accepted, wanted is [var only] ? $"/v1/analyses/{only.Id}" : null, new AnalysesQueued(wanted.Count, items));
        }

        private async Task<List<LastAnalysis>> TargetsAsync(AnalysisRequest request, CancellationToken cancellation)
        {
            if (request.ProfileId is { } profile)
            {
                await DemandAsync("id = (SELECT sample_id FROM lab.profile WHERE id = $1)", profile, "There is no such profile, or it is not yours.", cancellation);
                // The profile itself, whichever is current now.
                return [.. (await QueueAnalyses.LastOfSeriesAsync(session, "a.profile_id = $1", profile, cancellation)).Take(1)];
            }
            if (request.Accession is { } accession)
            {
                await DemandAsync("accession = $1", accession, "There is no such sample, or it is not yours.", cancellation);
                var series = await QueueAnalyses.LastOfSeriesAsync(session, "s.accession = $1", accession, cancellation);
                return series.Count > 0 ? series : throw new ProblemException(ProblemCodes.ProfileMissing, "The sample has no profile.");
            }
            // None of them is rejected until these are queued.
            await session.ExecuteAsync("SELECT FROM lab.sample WHERE $1::text IS NULL OR subject = $1 ORDER BY id FOR SHARE", cancellation, request.Subject);
            if (request.Subject is { } subject)
            {
                var series = await QueueAnalyses.LastOfSeriesAsync(session, "s.subject = $1", subject, cancellation);
                return series.Count > 0 ? series : throw new ProblemException(ProblemCodes.NotFound, "The subject has no sample with a profile, or it is not yours.");
            }
            return await QueueAnalyses.LastOfSeriesAsync(session, "true", null, cancellation);
        }

        /// <summary>The sample's row lock puts what is asked of one sample in a row.</summary>
        private async Task DemandAsync(string which, object value, string missing, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync($"SELECT CASE WHEN erased_at IS NOT NULL THEN 'erased' WHEN rejected_at IS NOT NULL THEN 'rejected' ELSE '' END FROM lab.sample WHERE {which} FOR NO KEY UPDATE", cancellation, value);
            switch (await select.ExecuteScalarAsync(cancellation))
            {
                case null: throw new ProblemException(ProblemCodes.NotFound, missing);
                case "erased": throw Erasure.Gone();
                case "rejected": throw new ProblemException(ProblemCodes.SampleRejected, "The sample was rejected.");
                default: break;
            }
        }
    }
}
