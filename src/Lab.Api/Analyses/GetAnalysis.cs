using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Analyses;

/// <summary>Where an analysis stands.</summary>
public sealed record AnalysisState
{
    public required Guid Id { get; init; }
    public required string Accession { get; init; }
    public required Guid ProfileId { get; init; }
    public required string Panel { get; init; }
    /// <summary>The wanted cohort; null: the one that fits the assay best.</summary>
    public required string? Cohort { get; init; }
    /// <summary>queued, running, succeeded, failed or cancelled.</summary>
    public required string Status { get; init; }
    public required int Attempts { get; init; }
    public required DateTimeOffset QueuedAt { get; init; }
    public required DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset? FinishedAt { get; init; }
    /// <summary>The report, once it has succeeded.</summary>
    public required Guid? ReportId { get; init; }
    /// <summary>Why it failed.</summary>
    public required string? Error { get; init; }
}

/// <summary>Follows one analysis; <c>wait</c> holds the answer until it is done.</summary>
public static class GetAnalysis
{
    public sealed record Query(Guid Id) : IRequest<AnalysisState?>;

    /// <summary>Follow an analysis</summary>
    public static Task<Ok<AnalysisState>> GetAsync(string id, int? wait, HttpContext context) => LongPoll.UntilDoneAsync(wait, context, () => new Query(Ids.Demand(id)), state => state.Status is "queued" or "running",
        () => new ProblemException(ProblemCodes.NotFound, "There is no such analysis, or it is not yours."));

    public sealed class Handler(LabSession session) : IRequestHandler<Query, AnalysisState?>
    {
        public async Task<AnalysisState?> Handle(Query query, CancellationToken cancellation)
        {
            await using var command = await session.CommandAsync("""
                SELECT a.id, s.accession, a.profile_id, a.panel, a.cohort, a.status, a.attempts, a.queued_at, a.started_at, a.finished_at, a.report_id, a.error
                FROM lab.analysis a JOIN lab.sample s ON s.id = a.sample_id WHERE a.id = $1
                """, cancellation, query.Id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) return null;
            return new AnalysisState
            {
                Id = reader.GetGuid(0),
                Accession = reader.GetString(1),
                ProfileId = reader.GetGuid(2),
                Panel = reader.GetString(3),
                Cohort = reader.IsDBNull(4) ? null : reader.GetString(4),
                Status = reader.GetString(5),
                Attempts = reader.GetInt32(6),
                QueuedAt = reader.GetFieldValue<DateTimeOffset>(7),
                StartedAt = reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8),
                FinishedAt = reader.IsDBNull(9) ? null : reader.GetFieldValue<DateTimeOffset>(9),
                ReportId = reader.IsDBNull(10) ? null : reader.GetGuid(10),
                Error = reader.IsDBNull(11) ? null : reader.GetString(11),
            };
        }
    }
}

/// <summary>Ids in paths: what is no id is not there.</summary>
public static class Ids
{
    public static Guid Demand(string id) => Guid.TryParseExact(id, "D", out var parsed) ? parsed : throw new ProblemException(ProblemCodes.NotFound, "There is no such thing, or it is not yours.");
}
