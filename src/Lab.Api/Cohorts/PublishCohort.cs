using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using MediatR;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Cohorts;

/// <summary>A new version of a cohort of the lab's own: a table, frozen at once; or a request, of which it is built.</summary>
public static class PublishCohort
{
    public sealed record UploadCommand(ReferenceCohort Cohort, byte[] File, IdempotentRequest? Idempotent) : ICommand<Answer>;

    public sealed record BuildCommand(string Id, CohortRequest Request, Assay Assay, Panel Panel, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Publish a cohort</summary>
    public static async Task<Answer> PostAsync(string id, HttpContext context, IMediator sender, LabAssays assays, ReferenceLibrary library)
    {
        Accession.Demand(id);
        if (ReferenceCohort.Shipped.Any(c => c.Id == id)) throw new ProblemException(ProblemCodes.ReferenceFixed, "The cohort ships with Lab.");
        var content = await UploadedContent.ReadAsync(context);
        var idempotent = IdempotentRequest.Of(context.Request, content.Sha256);
        if (content.Bytes.AsSpan().TrimStart(" \t\r\n"u8) is not [(byte)'{', ..])
        {
            return await sender.Send(new UploadCommand(await TableAsync(id, content.Bytes, library, context.RequestAborted), content.Bytes, idempotent), context.RequestAborted);
        }
        var request = StrictBody.Read<CohortRequest>(content.Bytes);
        request.Check();
        var assay = await assays.FindAsync(request.Assay, context.RequestAborted) ?? throw new ProblemException(ProblemCodes.AssayUnknown, "The assay is not known.");
        var panel = request.Panel is null ? Panel.Default : await library.FindPanelAsync(request.Panel, context.RequestAborted) ?? throw new ProblemException(ProblemCodes.PanelUnknown, "The panel is not known.");
        if (assay.Profiler == Assay.NotStated) throw new ProblemException(ProblemCodes.AssayUnknown, "The assay does not state its profiler: nothing could be compared with such a cohort.");
        return await sender.Send(new BuildCommand(id, request, assay, panel, idempotent), context.RequestAborted);
    }

    private static async Task<ReferenceCohort> TableAsync(string id, byte[] file, ReferenceLibrary library, CancellationToken cancellation)
    {
        var (cohort, problems) = CohortReader.Read(file);
        if (cohort is not null && cohort.Id != id) problems = [new(1, null, $"The table is of '{cohort.Id}', and was sent to '{id}'.")];
        else if (cohort is not null && await library.FindPanelAsync(cohort.Panel, cancellation) is null) problems = [new(1, null, $"The panel '{cohort.Panel}' is not known.")];
        return problems.Length == 0 ? cohort! : throw new ProblemException(ProblemCodes.ValueInvalid, $"{problems.Length} problem{(problems.Length == 1 ? "" : "s")}; nothing was stored.",
            errors: [.. problems.Select(p => new ProblemError("value-invalid", p.Line, p.Column, null, p.Message, "Compare it with docs/cohort-format.md."))], truncated: problems.Length == CohortReader.MostProblems);
    }

    public sealed class UploadHandler(LabSession session) : IRequestHandler<UploadCommand, Answer>
    {
        public async Task<Answer> Handle(UploadCommand command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var cohort = command.Cohort;
            var summary = CohortSummary.Of(cohort);
            var next = await NextVersionAsync(session, cohort.Id, cancellation);
            var status = StatusCodes.Status201Created;
            if (cohort.Version != next)
            {
                await using var same = await session.CommandAsync("SELECT status = 'published' AND digest = $3 FROM lab.cohort_version WHERE id = $1 AND version = $2", cancellation, cohort.Id, cohort.Version, cohort.Digest);
                if (await same.ExecuteScalarAsync(cancellation) is not true) throw new ProblemException(ProblemCodes.VersionTaken, $"The next version of {cohort.Id} is {next}.");
                status = StatusCodes.Status200OK;
            }
            else
            {
                await InsertAsync(session, cohort.Id, next, summary, null, Gzip.Compress(command.File), cancellation);
                await session.RecordAsync("cohort.published", $"cohort:{cohort.Ref}", JsonSerializer.Serialize(new { cohort.Digest, cohort.N, Uploaded = true }, Json.Options), cancellation);
            }
            var answer = Answer.Of(status, $"/v1/cohorts/{cohort.Id}/versions/{cohort.Version}", summary);
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }
    }

    public sealed class BuildHandler(LabSession session, AnalysisSignal signal) : IRequestHandler<BuildCommand, Answer>
    {
        public async Task<Answer> Handle(BuildCommand command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var version = await NextVersionAsync(session, command.Id, cancellation);
            // The panel is named now: what is published while it waits changes nothing.
            var asked = command.Request with { Panel = command.Panel.Ref };
            var summary = asked.Announce(command.Id, version, command.Assay, command.Panel.Ref);
            var task = await QueueTasks.AddAsync(session, signal, BuildCohort.TaskKind, new CohortName(command.Id, version), cancellation);
            await InsertAsync(session, command.Id, version, summary, (JsonSerializer.Serialize(asked, Json.Options), task), null, cancellation);
            var people = await CohortPeople.GatherAsync(session, command.Id, version, asked, command.Assay, cancellation);
            if (people < asked.Minimum()) throw new ProblemException(ProblemCodes.CohortTooSmall, $"{people} people fit, and {asked.Minimum()} are needed.");
            await session.ExecuteAsync("UPDATE lab.cohort_version SET n = $3 WHERE id = $1 AND version = $2", cancellation, command.Id, version, people);
            await session.RecordAsync("cohort.requested", $"cohort:{command.Id}@{version}", JsonSerializer.Serialize(asked, Json.Options), cancellation);
            var answer = Answer.Of(StatusCodes.Status202Accepted, $"/v1/cohorts/{command.Id}/versions/{version}", summary with { N = people });
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }
    }

    /// <summary>Versions of one cohort are numbered one after the other.</summary>
    private static async Task<int> NextVersionAsync(LabSession session, string id, CancellationToken cancellation)
    {
        await session.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('cohort:' || $1, 0))", cancellation, id);
        await using var select = await session.CommandAsync("SELECT COALESCE(max(version), 0) + 1 FROM lab.cohort_version WHERE id = $1", cancellation, id);
        return (int)(await select.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task InsertAsync(LabSession session, string id, int version, CohortSummary summary, (string Request, Guid Task)? build, byte[]? content, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync("""
            INSERT INTO lab.cohort_version (id, version, status, n, created_by, created_at, published_at, summary, digest, content, request, task_id)
            VALUES ($1, $2, $3, $4, $5, clock_timestamp(), CASE $3 WHEN 'published' THEN clock_timestamp() END, $6, $7, $8, $9, $10)
            """, cancellation, id, version, build is null ? CohortVersion.Published : CohortVersion.Building, summary.N, session.Caller.Client);
        void Add(NpgsqlDbType type, object? value) => insert.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        Add(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(summary, Json.Options));
        Add(NpgsqlDbType.Text, summary.Digest);
        Add(NpgsqlDbType.Bytea, content);
        Add(NpgsqlDbType.Jsonb, build?.Request);
        Add(NpgsqlDbType.Uuid, build?.Task);
        await insert.ExecuteNonQueryAsync(cancellation);
    }
}
