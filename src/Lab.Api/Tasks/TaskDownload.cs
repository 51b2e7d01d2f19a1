using Lab.Api.Hosting;
using Lab.Api.Storage;

namespace Lab.Api.Tasks;

/// <summary>Sends the content of a finished task part by part, compressed as it is stored to who takes gzip; a part is in memory, and no transaction is open while the client reads.</summary>
public sealed class TaskDownload(LabDatabase database, Caller caller, Guid id, string mediaType, string fileName, long bytes, long compressed, string sha256) : IResult
{
    private const int Slice = 1 << 16;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response, cancellation) = (httpContext.Request.GetTypedHeaders(), httpContext.Response, httpContext.RequestAborted);
        var gzip = request.AcceptEncoding.Any(e => e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && e.Quality is null or > 0);
        var tag = $"\"{sha256[..16]}{(gzip ? "-gzip" : "")}\"";
        response.Headers.ETag = tag;
        response.Headers.Vary = "Accept-Encoding";
        response.Headers.CacheControl = "private, no-cache";
        if (request.IfNoneMatch.Any(known => known.Tag == "*" || known.Tag == tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        response.ContentType = mediaType;
        response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        response.ContentLength = gzip ? compressed : bytes;
        if (gzip) response.Headers.ContentEncoding = "gzip";
        var decoder = new GzipDecoder();
        var slice = new byte[Slice];
        for (var (n, sent) = (0, 0L); sent < compressed; n++)
        {
            if (await PartAsync(n, cancellation) is not { } part)
            {
                // It was removed, or somebody in it was erased: the client must not take what it has for the whole.
                httpContext.Abort();
                return;
            }
            sent += part.Length;
            if (gzip)
            {
                await response.Body.WriteAsync(part, cancellation);
                continue;
            }
            for (var at = 0; at < part.Length; at += Slice)
            {
                var count = Math.Min(Slice, part.Length - at);
                part.AsSpan(at, count).CopyTo(slice);
                decoder.Push(slice, count, response.BodyWriter);
                await response.BodyWriter.FlushAsync(cancellation);
            }
        }
    }

    private async Task<byte[]?> PartAsync(int n, CancellationToken cancellation)
    {
        await using var session = new LabSession(database, caller);
        await using var command = await session.CommandAsync("SELECT bytes FROM lab.task_part WHERE task_id = $1 AND n = $2", cancellation, id, n);
        return (byte[]?)await command.ExecuteScalarAsync(cancellation);
    }
}
