using System.Security.Cryptography;
using System.Text.Json;

namespace Lab.Api.Hosting;

/// <summary>JSON bodies, strictly: an unknown member, a duplicate key, a number in quotes or a missing member is a 400 with its place.</summary>
public static class StrictBody
{
    /// <summary>Far more than any of them needs, and little enough to hold many.</summary>
    private const int MostBytes = 4_000_000;

    public static async Task<T> ReadAsync<T>(HttpContext context) where T : class => (await ReadHashedAsync<T>(context)).Body;

    /// <summary>With the SHA-256 of the body, by which a repeated request is known.</summary>
    public static async Task<(T Body, byte[] Sha256)> ReadHashedAsync<T>(HttpContext context) where T : class
    {
        var (body, hash) = await ReadOptionalAsync<T>(context);
        return (body ?? throw Malformed(null), hash);
    }

    /// <summary>Null when there is no body.</summary>
    public static async Task<(T? Body, byte[] Sha256)> ReadOptionalAsync<T>(HttpContext context) where T : class
    {
        var bytes = await ReadBytesAsync(context);
        var hash = SHA256.HashData(bytes);
        return bytes.Length == 0 ? (null, hash) : (Read<T>(bytes), hash);
    }

    private static async Task<byte[]> ReadBytesAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        var block = new byte[16 * 1024];
        while (await context.Request.Body.ReadAsync(block, context.RequestAborted) is > 0 and var read)
        {
            if (buffer.Length + read > MostBytes) throw new ProblemException(ProblemCodes.TooLarge, $"The body has more than {MostBytes} bytes.");
            buffer.Write(block, 0, read);
        }
        return buffer.ToArray();
    }

    /// <summary>What was read already.</summary>
    public static T Read<T>(byte[] bytes) where T : class
    {
        // No text of the database can hold it.
        if (bytes.AsSpan().IndexOf("\\u0000"u8) >= 0) throw Malformed(null);
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, Json.Options) ?? throw new JsonException("The body is null.");
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
    }

    private static ProblemException Malformed(JsonException? e)
    {
        var pointer = "/" + (e?.Path ?? "$").TrimStart('$', '.').Replace("[", "/", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace('.', '/');
        return new ProblemException(ProblemCodes.BodyInvalid, "The body is not what is asked for; nothing was stored.", errors:
            [new("json-invalid", (int?)e?.LineNumber + 1, (int?)e?.BytePositionInLine + 1, pointer == "/" ? "" : pointer, "The JSON is malformed, or a member is unknown, repeated, missing or of another type.", "Compare it with the API description.")]);
    }
}
