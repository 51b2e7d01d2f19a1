using System.Security.Cryptography;
using Lab.Api.Hosting;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Lab.Api.Profiles;

/// <summary>The content of an upload after all decoding: what it is decides itself, its Content-Type does not.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="Taxonomy">The second file of formats of two files; null where none was sent.</param>
/// <param name="Sha256">Of both.</param>
public sealed record UploadedContent(byte[] Bytes, byte[]? Taxonomy, byte[] Sha256)
{
    public static readonly ProfileLimits Limits = new();

    public static async Task<UploadedContent> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = Limits.MaxBytes;
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            return await ReadPartsAsync(request, HeaderUtilities.RemoveQuotes(type.Boundary).Value, context.RequestAborted);
        }
        return Of(await ReadAllAsync(request.Body, request.Headers.ContentEncoding.ToString(), (int?)Math.Min(request.ContentLength ?? 0, 1 << 20), context.RequestAborted), null);
    }

    public static UploadedContent Of(byte[] bytes, byte[]? taxonomy)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes);
        hash.AppendData(taxonomy ?? []);
        return new(bytes, taxonomy, hash.GetHashAndReset());
    }

    private static async Task<UploadedContent> ReadPartsAsync(HttpRequest request, string? boundary, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(boundary) || boundary.Length > 70) throw new ProblemException(ProblemCodes.BadRequest, "The multipart body names no boundary.");
        byte[]? profile = null, taxonomy = null;
        try
        {
            var reader = new MultipartReader(boundary, request.Body);
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                var name = section.GetContentDispositionHeader()?.Name.Value?.Trim('"');
                var content = await ReadAllAsync(section.Body, section.Headers?.GetValueOrDefault("Content-Encoding").ToString() ?? "", null, cancellation);
                (profile, taxonomy) = (name, profile, taxonomy) switch
                {
                    ("profile", null, _) => (content, taxonomy),
                    ("taxonomy", _, null) => (profile, content),
                    _ => throw new ProblemException(ProblemCodes.BadRequest, "The parts of a multipart upload are profile and taxonomy, each once."),
                };
            }
        }
        catch (Exception damaged) when (damaged is IOException or InvalidDataException)
        {
            throw new ProblemException(ProblemCodes.BadRequest, "The multipart body is damaged or cut off.");
        }
        return Of(profile ?? throw new ProblemException(ProblemCodes.BadRequest, "The multipart body has no part named profile."), taxonomy);
    }

    private static async Task<byte[]> ReadAllAsync(Stream body, string contentEncoding, int? expected, CancellationToken cancellation)
    {
        using var all = new MemoryStream(expected ?? 4096);
        await foreach (var piece in DecodedBody.ReadAsync(body, contentEncoding, cancellation))
        {
            if (all.Length + piece.Length > Limits.MaxBytes) throw DecodedBody.TooLarge(Limits.MaxBytes);
            all.Write(piece.Span);
        }
        return all.ToArray();
    }

    /// <summary>The profile in it.</summary>
    /// <exception cref="ProblemException">With every problem, when it cannot be used.</exception>
    public ProfileReading Read(string? format, bool allowIncomplete, SourceTable? source = null)
    {
        var reading = Examine(format, allowIncomplete, source);
        return reading.Refusal is null ? reading : throw Refused(reading);
    }

    /// <summary>The profile in it, or why it cannot be used.</summary>
    public ProfileReading Examine(string? format, bool allowIncomplete, SourceTable? source) => ProfileReader.Read(Bytes, Options(format, allowIncomplete, source), TaxonomyRelease.Shipped, Limits);

    /// <summary>The samples of a table in it, or why it cannot be used.</summary>
    public TableReading ExamineTable(string? format, bool allowIncomplete, SourceTable? source) => ProfileReader.ReadTable(Bytes, Options(format, allowIncomplete, source), TaxonomyRelease.Shipped, Limits);

    /// <summary>A refusal as the answer to an upload.</summary>
    public static ProblemException Refused(ProfileReading reading) => new(ProfileProblemCodes.Of(reading),
        $"{reading.Errors.Length} problem{(reading.Errors.Length == 1 ? "" : "s")}{(reading.Truncated ? " and more" : "")}; nothing was stored.",
        errors: [.. reading.Errors.Select(ProblemError.Of)], truncated: reading.Truncated);

    private ProfileReadingOptions Options(string? format, bool allowIncomplete, SourceTable? source) => new(format, allowIncomplete) { Source = source, Taxonomy = Taxonomy is { } taxonomy ? new ReadOnlyMemory<byte>(taxonomy) : default(ReadOnlyMemory<byte>?) };
}
