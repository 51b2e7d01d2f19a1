using System.Globalization;
using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Panels;

/// <summary>How a panel is to be tried.</summary>
public sealed record ImpactRequest
{
    /// <summary>The cohort to compare with, as <c>id@version</c>, where it fits; without it, the one that a new analysis would take.</summary>
    public string? Cohort { get; init; }
}

/// <summary>The trial of a panel.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Panel">As <c>id@version</c>.</param>
/// <param name="Status">queued, running, succeeded, failed or cancelled.</param>
/// <param name="Done">Samples so far.</param>
/// <param name="Total">Samples in all; null until it is known.</param>
/// <param name="Error">Why it failed, or why its list is gone: a code.</param>
/// <param name="ExpiresAt">When the list goes.</param>
/// <param name="Result">What the reports would say; null until it has succeeded.</param>
public sealed record ImpactState(Guid Id, string Panel, string Status, long Done, long? Total, string? Error, DateTimeOffset? ExpiresAt, ImpactSummary? Result);

/// <summary>Tries a panel, a draft or a published one, over what is stored: nothing is changed.</summary>
public static class RequestImpact
{
    public const string Ndjson = "application/x-ndjson";

    public sealed record Command(string Id, int Version, string? Cohort, IdempotentRequest? Idempotent) : ICommand<Answer>;

    public sealed record Query(string Id, int Version, Guid Impact) : IRequest<ImpactState>;

    /// <summary>Try a panel over what is stored</summary>
    public static async Task<Answer> PostAsync(string id, int version, HttpContext context, IMediator sender)
    {
        var (body, hash) = await StrictBody.ReadOptionalAsync<ImpactRequest>(context);
        return await sender.Send(new Command(id, version, body?.Cohort, IdempotentRequest.Of(context.Request, hash)), context.RequestAborted);
    }

    /// <summary>Follow the trial of a panel</summary>
    public static async Task<Ok<ImpactState>> GetAsync(string id, int version, string impact, HttpContext context, IMediator sender)
    {
        return TypedResults.Ok(await sender.Send(new Query(id, version, Ids.Demand(impact)), context.RequestAborted));
    }

    /// <summary>Read which reports would change</summary>
    public static async Task<IResult> ReportsAsync(string id, int version, string impact, HttpContext context, IMediator sender, LabSession session)
    {
        var state = await sender.Send(new Query(id, version, Ids.Demand(impact)), context.RequestAborted);
        if (state.Error == LongTask.Erased) throw Erasure.Gone();
        if (state.Status != LongTask.Succeeded || state.Error is not null) throw new ProblemException(ProblemCodes.NotFound, "There is no list: the trial is not done, or the list has expired.");
        await using var parts = await session.CommandAsync("SELECT bytes FROM lab.task_part WHERE task_id = $1 ORDER BY n", context.RequestAborted, state.Id);
        using var packed = new MemoryStream();
        await using (var reader = await parts.ExecuteReaderAsync(context.RequestAborted))
        {
            while (await reader.ReadAsync(context.RequestAborted)) packed.Write(reader.GetFieldValue<byte[]>(0));
        }
        if (packed.Length == 0) throw new ProblemException(ProblemCodes.NotFound, "There is no list any more: somebody in it was erased, or it has expired.");
        return TypedResults.Bytes(Gzip.Expand(packed.ToArray()), Ndjson);
    }

    public sealed class Handler(LabSession session, AnalysisSignal signal, ReferenceLibrary library) : IRequestHandler<Command, Answer>
    {
        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var reference = string.Create(CultureInfo.InvariantCulture, $"{command.Id}@{command.Version}");
            if (await library.FindPanelAsync(reference, cancellation) is null && await ListPanels.DraftAsync(session, command.Id, command.Version, cancellation) is null)
                throw new ProblemException(ProblemCodes.NotFound, "There is no such panel version.");
            if (command.Cohort is { } cohort && await library.FindCohortAsync(cohort, cancellation) is null) throw new ProblemException(ProblemCodes.CohortUnknown, "The cohort is not known.");
            var task = await QueueTasks.AddAsync(session, signal, PanelImpact.TaskKind, new ImpactTask(command.Id, command.Version, command.Cohort), cancellation);
            await session.RecordAsync("panel-impact.requested", $"panel:{reference}", null, cancellation);
            var answer = Answer.Of(StatusCodes.Status202Accepted, $"/v1/panels/{command.Id}/versions/{command.Version}/impact/{task}", new ImpactState(task, reference, LongTask.Queued, 0, null, null, null, null));
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }
    }

    public sealed class QueryHandler(LabSession session) : IRequestHandler<Query, ImpactState>
    {
        public async Task<ImpactState> Handle(Query query, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("""
                SELECT status, done, total, error, expires_at, result::text FROM lab.task WHERE id = $1 AND kind = $2 AND request->>'id' = $3 AND (request->>'version')::int = $4
                """, cancellation, query.Impact, PanelImpact.TaskKind, query.Id, query.Version);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) throw new ProblemException(ProblemCodes.NotFound, "There is no such trial of this panel.");
            return new(query.Impact, $"{query.Id}@{query.Version}", reader.GetString(0), reader.GetInt64(1), await reader.IsDBNullAsync(2, cancellation) ? null : reader.GetInt64(2),
                await reader.IsDBNullAsync(3, cancellation) ? null : reader.GetString(3), await reader.IsDBNullAsync(4, cancellation) ? null : reader.GetFieldValue<DateTimeOffset>(4),
                await reader.IsDBNullAsync(5, cancellation) ? null : JsonSerializer.Deserialize<ImpactSummary>(reader.GetString(5), Json.Stored));
        }
    }
}
