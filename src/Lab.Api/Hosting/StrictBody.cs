using System.Security.Cryptography;
using System.Text.Json;

namespace Lab.Api.Hosting;

/// <summary>JSON bodies, strictly: an unknown member, a duplicate key, a number in quotes or a missing member is a 400 with its place.</summary>
public static class StrictBody
{
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
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var bytes = buffer.ToArray();
        var hash = SHA256.HashData(bytes);
        return bytes.Length == 0 ? (null, hash) : (Read<T>(bytes), hash);
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
