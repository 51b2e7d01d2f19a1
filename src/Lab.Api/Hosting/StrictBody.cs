using System.Text.Json;

namespace Lab.Api.Hosting;

/// <summary>JSON bodies, strictly: an unknown member, a duplicate key, a number in quotes or a missing member is a 400 with its place.</summary>
public static class StrictBody
{
    public static async Task<T> ReadAsync<T>(HttpContext context) where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(context.Request.Body, Json.Options, context.RequestAborted) ?? throw new JsonException("The body is null.");
        }
        catch (JsonException e)
        {
            var pointer = "/" + (e.Path ?? "$").TrimStart('$', '.').Replace("[", "/", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace('.', '/');
            throw new ProblemException(ProblemCodes.BodyInvalid, "The body is not what is asked for; nothing was stored.", errors:
                [new("json-invalid", (int?)e.LineNumber + 1, (int?)e.BytePositionInLine + 1, pointer == "/" ? "" : pointer, "The JSON is malformed, or a member is unknown, repeated, missing or of another type.", "Compare it with the API description.")]);
        }
    }
}
