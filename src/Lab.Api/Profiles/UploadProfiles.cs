using System.Security.Cryptography;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Lab.Api.Profiles;

/// <summary>What became of one sample of many.</summary>
public sealed record UploadVerdict
{
    /// <summary>The line of NDJSON, or the place of the sample in the table; from 1.</summary>
    public required long Line { get; init; }
    /// <summary>Null where the line or column names none.</summary>
    public required string? Accession { get; init; }
    /// <summary>accepted, duplicate or rejected.</summary>
    public required string Status { get; init; }
    public required Guid? ProfileId { get; init; }
    public required Guid? AnalysisId { get; init; }
    /// <summary>Why it was rejected; else null.</summary>
    public required VerdictProblem? Problem { get; init; }
}

/// <summary>Why one sample of many was rejected.</summary>
public sealed record VerdictProblem
{
    public required string Code { get; init; }
    public required string Title { get; init; }
    public required int Status { get; init; }
    public required string Detail { get; init; }
    public required string Hint { get; init; }
    /// <summary>All problems of the sample at once, at most 100.</summary>
    public required IReadOnlyList<ProblemError> Errors { get; init; }

    public static VerdictProblem Of(ProblemException problem) => new()
    {
        Code = problem.Code.Code,
        Title = problem.Code.Title,
        Status = problem.Code.Status,
        Detail = problem.Message,
        Hint = problem.Hint,
        Errors = problem.Errors ?? [],
    };
}

/// <summary>Many samples in one request, stored in chunks: a line that cannot be used spoils no other, and what was stored when the client stops is a duplicate when it comes again.</summary>
public static class UploadProfiles
{
    public const string Ndjson = "application/x-ndjson";

    private const int MaxLineBytes = 8 * 1024 * 1024;

    /// <summary>Upload many samples</summary>
    public static async Task<IResult> PostAsync(string? assay, string? format, string? panel, string? cohort, bool? allowIncomplete, HttpContext context, LabSession session, StoreProfiles store, LabAssays assays)
    {
        // Many clients cannot read before they have sent everything, so the verdicts wait, in a file when they are many.
        var verdicts = new FileBufferingWriteStream(memoryThreshold: 256 * 1024);
        context.Response.RegisterForDisposeAsync(verdicts);
        await using var chunks = new UploadChunks(session, store, verdicts, (reading, cancellation) =>
            assays.InterpretAsync(reading.Profile!, assay, panel, cohort, cancellation));
        if (IsNdjson(context.Request))
        {
            DemandOwnJson(format);
            await foreach (var line in LinesAsync(context)) await chunks.AddAsync(new(line.Number, () => Read(line)), line.Bytes?.Length ?? 0, context.RequestAborted);
        }
        else
        {
            var content = await UploadedContent.ReadAsync(context);
            var table = content.ExamineTable(format, allowIncomplete ?? false, await assays.SourceAsync(assay, context.RequestAborted));
            if (table.Content.Refusal is not null) throw UploadedContent.Refused(table.Content);
            var place = 0L;
            foreach (var sample in table.Samples) await chunks.AddAsync(new(++place, () => Sample(sample, content, table.Samples.Count)), 0, context.RequestAborted);
        }
        await chunks.FlushAsync(context.RequestAborted);
        DemandAny(chunks.Count);
        return new Verdicts(verdicts);
    }

    /// <exception cref="ProblemException">NDJSON was said to be of another format.</exception>
    public static void DemandOwnJson(string? format)
    {
        if (format is not (null or "lab-json")) throw new ProblemException(ProblemCodes.ProfileInvalid, "A line of NDJSON is Lab's own JSON.", "Leave the format out.");
    }

    /// <exception cref="ProblemException">There was none.</exception>
    public static void DemandAny(long samples)
    {
        if (samples == 0) throw new ProblemException(ProfileProblemCodes.Find("empty-file")!, "There is no sample in the body.");
    }

    public static bool IsNdjson(HttpRequest request) => Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Value is { } media && (media.Equals(Ndjson, StringComparison.OrdinalIgnoreCase) || media.Equals("application/ndjson", StringComparison.OrdinalIgnoreCase));

    /// <summary>The lines of the body, as many as there are.</summary>
    public static async IAsyncEnumerable<NdjsonLine> LinesAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        var lines = new NdjsonLines(MaxLineBytes);
        await foreach (var piece in DecodedBody.ReadAsync(context.Request.Body, context.Request.Headers.ContentEncoding.ToString(), context.RequestAborted))
        {
            foreach (var line in lines.Push(piece)) yield return line;
        }
        if (lines.Last() is { } last) yield return last;
    }

    public static SampleUpload Read(NdjsonLine line)
    {
        if (line.Bytes is not { } bytes) return SampleUpload.Rejected("line-too-long", $"The line has more than {MaxLineBytes} bytes.", "Is every sample a line?");
        if (bytes.AsSpan().TrimStart(" \t"u8)[0] != (byte)'{') return SampleUpload.Rejected("json-invalid", "The line is no JSON object.", "Send one sample a line.");
        var reading = ProfileReader.Read(bytes, new ProfileReadingOptions("lab-json"), TaxonomyRelease.Shipped, UploadedContent.Limits);
        return new(reading.Profile?.DeclaredAccession, reading, (bytes, SHA256.HashData(bytes)));
    }

    private static SampleUpload Sample(SampleReading sample, UploadedContent content, int samples)
    {
        var reading = sample.Read();
        // A table of one sample that is named by nothing else would belong to nobody.
        return new(sample.Accession ?? (samples == 1 ? reading.Profile?.DeclaredAccession : null), reading, (content.Bytes, content.Sha256));
    }

    private sealed class Verdicts(FileBufferingWriteStream verdicts) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status202Accepted;
            httpContext.Response.ContentType = Ndjson;
            return verdicts.DrainBufferAsync(httpContext.Response.Body, httpContext.RequestAborted);
        }
    }
}

/// <summary>One sample of many as it was read.</summary>
/// <param name="Accession">Null where none is named.</param>
/// <param name="Reading">Accepted or refused.</param>
/// <param name="Content">The bytes of this sample alone (the reading's slice takes their place where it has one), with their SHA-256.</param>
public sealed record SampleUpload(string? Accession, ProfileReading Reading, (byte[] Bytes, byte[] Sha256) Content)
{
    public static SampleUpload Rejected(string code, string message, string hint) =>
        new(null, new ProfileReading { Refusal = ProfileRefusal.Meaning, Errors = [new ProfileProblem(code, null, null, null, message, hint)] }, ([], []));
}
