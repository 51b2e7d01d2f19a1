using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Tasks;

namespace Lab.Api.Exports;

/// <summary>Where an export stands.</summary>
public sealed record ExportState
{
    public required Guid Id { get; init; }
    /// <summary>queued, running, succeeded, failed or cancelled.</summary>
    public required string Status { get; init; }
    public required string Format { get; init; }
    /// <summary>Which reports were asked for.</summary>
    public required ExportFilter Filter { get; init; }
    /// <summary>Of a table, its rows.</summary>
    public required string? Rank { get; init; }
    /// <summary>Of a table, its values.</summary>
    public required string? Unit { get; init; }
    public required ExportProgress Progress { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset? FinishedAt { get; init; }
    /// <summary>When the content is deleted.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }
    /// <summary>Where the content is, while there is one.</summary>
    public required string? Download { get; init; }
    /// <summary>What the content is, once it has succeeded.</summary>
    public required ExportResult? Content { get; init; }
    /// <summary>Why it failed, or why the content is gone: a code, such as `expired` or `erased`.</summary>
    public required string? Error { get; init; }

    public static ExportState Of(LongTask task)
    {
        var request = JsonSerializer.Deserialize<ExportRequest>(task.Request, Json.Stored)!;
        return new ExportState
        {
            Id = task.Id,
            Status = task.Status,
            Format = request.Format,
            Filter = request.Filter!,
            Rank = request.Rank,
            Unit = request.Unit,
            Progress = new(task.Done, task.Total),
            CreatedAt = task.CreatedAt,
            StartedAt = task.StartedAt,
            FinishedAt = task.FinishedAt,
            ExpiresAt = task.ExpiresAt,
            Download = task is { Status: LongTask.Succeeded, EmptiedAt: null } ? $"/v1/exports/{task.Id}/content" : null,
            Content = task.Result is null ? null : JsonSerializer.Deserialize<ExportResult>(task.Result, Json.Stored),
            Error = task.Error,
        };
    }
}

/// <summary>How far an export is.</summary>
/// <param name="Done">Reports that are in it.</param>
/// <param name="Total">Reports that will be; null while they are not counted.</param>
public sealed record ExportProgress(long Done, long? Total);

/// <summary>What an export holds.</summary>
/// <param name="Reports">How many reports; in a table, its columns.</param>
/// <param name="Taxa">Of a table, its rows.</param>
/// <param name="Bytes">The length of the content.</param>
/// <param name="Compressed">Its length as gzip.</param>
/// <param name="Sha256">Of the content.</param>
public sealed record ExportResult(long Reports, long? Taxa, long Bytes, long Compressed, string Sha256);
