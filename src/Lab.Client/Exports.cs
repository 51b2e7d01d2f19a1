using System.Net.Http.Json;

namespace Lab.Client;

public sealed partial class LabClient
{
    /// <summary>Asks for an export; a worker makes it. <see cref="WaitForExportAsync"/> follows it.</summary>
    /// <param name="request">Which reports, and as what.</param>
    /// <param name="idempotencyKey">With it, the same request again gives the same export.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="LabProblemException"><c>value-invalid</c>, <c>assay-unknown</c>.</exception>
    public async Task<Export> RequestExportAsync(ExportRequest request, string? idempotencyKey = null, CancellationToken cancellation = default)
    {
        using var message = Request(HttpMethod.Post, "v1/exports", JsonContent.Create(request, options: Json));
        if (idempotencyKey is not null) message.Headers.Add("Idempotency-Key", idempotencyKey);
        using var response = await SendAsync(message, cancellation);
        return await ReadAsync<Export>(response, cancellation);
    }

    /// <summary>Where an export stands; with <paramref name="wait"/> (at most 60 s) the service holds the answer until it is done.</summary>
    public Task<Export> GetExportAsync(Guid id, TimeSpan wait = default, CancellationToken cancellation = default) =>
        GetAsync<Export>($"v1/exports/{id}{Query(("wait", wait > TimeSpan.Zero ? $"{(int)Math.Ceiling(wait.TotalSeconds)}" : null))}", cancellation);

    /// <summary>Waits until the export has ended, however it did.</summary>
    public async Task<Export> WaitForExportAsync(Guid id, CancellationToken cancellation = default)
    {
        Export export;
        do
        {
            export = await GetExportAsync(id, TimeSpan.FromSeconds(20), cancellation);
        }
        while (export.IsOpen);
        return export;
    }

    /// <summary>The content of an export, as it comes; dispose it when it has been read.</summary>
    /// <exception cref="LabProblemException"><c>task-state</c> while there is none yet, <c>expired</c>, <c>erased</c>.</exception>
    public Task<Stream> DownloadExportAsync(Guid id, CancellationToken cancellation = default) => OpenAsync($"v1/exports/{id}/content", cancellation);

    /// <summary>A page of the exports, the newest first.</summary>
    public Task<Page<Export>> ListExportsAsync(string? status = null, int? limit = null, string? cursor = null, CancellationToken cancellation = default) =>
        GetAsync<Page<Export>>($"v1/exports{Query([("status", status), .. Paged(limit, cursor)])}", cancellation);

    /// <summary>Cancels an open export (<c>cancelled</c>), or removes one that has ended (<c>removed</c>).</summary>
    public async Task<string> DeleteExportAsync(Guid id, CancellationToken cancellation = default) => (await SendAsync<ExportStopped>(HttpMethod.Delete, $"v1/exports/{id}", null, cancellation)).Status;

    /// <summary>All that is known of a person, one JSON document, as it comes; dispose it when it has been read.</summary>
    public Task<Stream> ExportSubjectAsync(string subject, CancellationToken cancellation = default) => OpenAsync($"v1/subjects/{Uri.EscapeDataString(subject)}/export", cancellation);

    private async Task<Stream> OpenAsync(string path, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Get, path);
        // The stream is the caller's, and ends the response.
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await DemandSuccessAsync(response, cancellation);
        return await response.Content.ReadAsStreamAsync(cancellation);
    }

    private sealed record ExportStopped(Guid Id, string Status);
}

/// <summary>What to export, and how.</summary>
public sealed record ExportRequest
{
    /// <summary><c>ndjson</c>, <c>tsv</c> or <c>biom</c>.</summary>
    public required string Format { get; init; }
    /// <summary>Which reports; null: all that the key may see. A table needs <see cref="ExportFilter.Assay"/>.</summary>
    public ExportFilter? Filter { get; init; }
    /// <summary>The rows of a table, such as <c>genus</c>; null: the lowest that the assay resolves.</summary>
    public string? Rank { get; init; }
    /// <summary>The values of a table: <c>fraction</c> (null) or <c>reads</c>.</summary>
    public string? Unit { get; init; }
}

/// <summary>Which reports an export holds; what is null does not narrow.</summary>
public sealed record ExportFilter
{
    /// <summary>The lab's pseudonym of a person.</summary>
    public string? Subject { get; init; }
    /// <summary>The specimen.</summary>
    public string? Accession { get; init; }
    /// <summary>How it was measured.</summary>
    public string? Assay { get; init; }
    /// <summary>Such as <c>final</c>; what is preliminary is never exported.</summary>
    public string? Status { get; init; }
    /// <summary>With a finding of this code.</summary>
    public string? Finding { get; init; }
    /// <summary>Issued at this time or later.</summary>
    public DateTimeOffset? UpdatedFrom { get; init; }
    /// <summary>Issued before this time.</summary>
    public DateTimeOffset? UpdatedBefore { get; init; }
}

/// <summary>Where an export stands.</summary>
public sealed record Export
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }
    /// <summary><c>queued</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public required string Status { get; init; }
    /// <summary><c>ndjson</c>, <c>tsv</c> or <c>biom</c>.</summary>
    public required string Format { get; init; }
    /// <summary>Which reports were asked for.</summary>
    public required ExportFilter Filter { get; init; }
    /// <summary>The rows of a table.</summary>
    public string? Rank { get; init; }
    /// <summary>The values of a table.</summary>
    public string? Unit { get; init; }
    /// <summary>How far it is.</summary>
    public required ExportProgress Progress { get; init; }
    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When a worker began.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
    /// <summary>When the content is deleted.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
    /// <summary>Where the content is, while there is one.</summary>
    public Uri? Download { get; init; }
    /// <summary>What the content is.</summary>
    public ExportContent? Content { get; init; }
    /// <summary>Why it failed, or why the content is gone.</summary>
    public string? Error { get; init; }
    /// <summary>Whether it is still queued or running.</summary>
    public bool IsOpen => Status is "queued" or "running";
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
/// <param name="Sha256">Of the content, lower-case hex.</param>
public sealed record ExportContent(long Reports, long? Taxa, long Bytes, long Compressed, string Sha256);
