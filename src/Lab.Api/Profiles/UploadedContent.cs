using System.Security.Cryptography;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Microsoft.AspNetCore.Http.Features;

namespace Lab.Api.Profiles;

/// <summary>The content of an upload after all decoding: what it is decides itself, its Content-Type does not.</summary>
public sealed record UploadedContent(byte[] Bytes, byte[] Sha256)
{
    public static readonly ProfileLimits Limits = new();

    public static async Task<UploadedContent> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = Limits.MaxBytes;
        var encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        if (encoding is not ("" or "identity" or "gzip"))
        {
            throw new ProblemException(ProblemCodes.UnsupportedContent, "The Content-Encoding is not known.", "Send it plain or with Content-Encoding: gzip.");
        }
        using var body = new MemoryStream(request.ContentLength is > 0 and < 1 << 20 ? (int)request.ContentLength : 4096);
        await request.Body.CopyToAsync(body, context.RequestAborted);
        var bytes = body.ToArray();
        if (encoding == "gzip") bytes = Gzip.Expand(bytes, Limits.MaxBytes);
        if (Gzip.Recognises(bytes)) bytes = Gzip.Expand(bytes, Limits.MaxBytes);
        return new(bytes, SHA256.HashData(bytes));
    }

    /// <summary>The profile in it.</summary>
    /// <exception cref="ProblemException">With every problem, when it cannot be used.</exception>
    public ProfileReading Read(string? format, bool allowIncomplete)
    {
        var reading = Examine(format, allowIncomplete);
        return reading.Refusal is null ? reading : throw Refused(reading);
    }

    /// <summary>The profile in it, or why it cannot be used.</summary>
    public ProfileReading Examine(string? format, bool allowIncomplete) =>
        ProfileReader.Read(Bytes, new ProfileReadingOptions(format, allowIncomplete), TaxonomyRelease.Shipped, Limits);

    /// <summary>A refusal as the answer to an upload.</summary>
    public static ProblemException Refused(ProfileReading reading) => new(ProfileProblemCodes.Of(reading),
        $"{reading.Errors.Length} problem{(reading.Errors.Length == 1 ? "" : "s")}{(reading.Truncated ? " and more" : "")}; nothing was stored.",
        errors: [.. reading.Errors.Select(ProblemError.Of)], truncated: reading.Truncated);
}
