using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Microbiome.Profiles;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace Lab.Api.Hosting;

/// <summary>An RFC 9457 problem document, as every failure answers.</summary>
public sealed record ProblemDocument
{
    /// <summary>The page that explains the problem.</summary>
    public required string Type { get; init; }
    public required string Title { get; init; }
    public required int Status { get; init; }
    public required string Detail { get; init; }
    public required string Instance { get; init; }
    /// <summary>The stable code to program against.</summary>
    public required string Code { get; init; }
    public required string Hint { get; init; }
    public required string TraceId { get; init; }
    /// <summary>All problems of the input at once, at most 100.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyList<ProblemError>? Errors { get; init; }
    /// <summary>True when there were more than listed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public bool? Truncated { get; init; }
}

/// <summary>One problem of the input and its place: a line and column, or a JSON Pointer.</summary>
public sealed record ProblemError(
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Line,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Column,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Pointer,
    string Message, string Hint)
{
    public static ProblemError Of(ProfileProblem problem) => new(problem.Code, problem.Line, problem.Column, problem.Pointer, problem.Message, problem.Hint);
}

/// <summary>A failure that the client is told of.</summary>
public sealed class ProblemException(ProblemCode code, string detail, string? hint = null, IReadOnlyList<ProblemError>? errors = null, bool truncated = false, int? retryAfter = null)
    : Exception(detail)
{
    public ProblemCode Code => code;
    public string Hint => hint ?? code.Advice;
    public IReadOnlyList<ProblemError>? Errors => errors;
    public bool Truncated => truncated;
    public int? RetryAfter => retryAfter;
}

/// <summary>The one table that turns failures into problems.</summary>
public sealed class ProblemWriting(ILogger<ProblemWriting> logger) : IExceptionHandler
{
    private const string MediaType = "application/problem+json";

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var problem = exception switch
        {
            ProblemException known => known,
            BadHttpRequestException { StatusCode: 413 } => new ProblemException(ProblemCodes.TooLarge, "The body is larger than the limit."),
            BadHttpRequestException bad => new ProblemException(new("bad-request", bad.StatusCode, ProblemCodes.BadRequest.Title, ProblemCodes.BadRequest.Advice), bad.Message),
            // Kestrel's word for the size of a chunk that no number can hold.
            IOException { InnerException: OverflowException } => new ProblemException(ProblemCodes.BadRequest, "The size of a chunk is no size."),
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } => new ProblemException(ProblemCodes.NotFound, "There is no such thing, or it is not yours."),
            PostgresException { SqlState: "22021" or "22P05" } => new ProblemException(ProblemCodes.BadRequest, "A text holds a character that no text can hold."),
            // The database says what it cannot do now: it is full, cannot write a file, is stopping, crashing, starting, out of connections, or chose this one to break a deadlock.
            PostgresException { SqlState: "57P01" or "57P02" or "57P03" or "58030" or "XX000" or "53100" or "53200" or "53300" or "40001" or "40P01" or "55P03" } => Unavailable(),
            NpgsqlException { InnerException: System.Net.Sockets.SocketException or System.IO.IOException or TimeoutException } => Unavailable(),
            OperationCanceledException when context.RequestAborted.IsCancellationRequested => new ProblemException(ProblemCodes.BadRequest, "The client went away."),
            _ => new ProblemException(ProblemCodes.Internal, "The service failed."),
        };
        if (problem.Code == ProblemCodes.Internal || exception is PostgresException { SqlState: "58030" or "XX000" }) Log.Failed(logger, exception, context.Request.Method, context.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.DisplayName ?? "no endpoint");
        await WriteAsync(context, problem);
        return true;
    }

    public static Task WriteAsync(HttpContext context, ProblemException problem)
    {
        context.Response.StatusCode = problem.Code.Status;
        if (problem.RetryAfter is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var document = new ProblemDocument
        {
            Type = $"/problems/{problem.Code.Code}",
            Title = problem.Code.Title,
            Status = problem.Code.Status,
            Detail = problem.Message,
            Instance = context.Request.Path,
            Code = problem.Code.Code,
            Hint = problem.Hint,
            TraceId = Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier,
            Errors = problem.Errors,
            Truncated = problem.Truncated ? true : null,
        };
        return context.Response.WriteAsJsonAsync(document, Json.Options, MediaType, context.RequestAborted);
    }

    /// <summary>Answers that no endpoint wrote a body for: routing's 404 and 405, binding's 400, 415.</summary>
    public static Task WriteBareStatusAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var code = status switch
        {
            404 => ProblemCodes.NotFound,
            405 => ProblemCodes.MethodNotAllowed,
            406 => ProblemCodes.NotAcceptable,
            413 => ProblemCodes.TooLarge,
            415 => ProblemCodes.UnsupportedContent,
            >= 500 => ProblemCodes.Internal with { Status = status },
            _ => ProblemCodes.BadRequest with { Status = status },
        };
        return WriteAsync(context, new ProblemException(code, code.Title + "."));
    }

    private static ProblemException Unavailable() => new(ProblemCodes.Unavailable, "The database cannot answer now.", retryAfter: 2);
}

/// <summary>JSON as the contract has it: camelCase out, strict in.</summary>
public static class Json
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNameCaseInsensitive = false,
        Converters = { new UtcTime() },
    };

    /// <summary>What the service itself stored: members that are null are left out.</summary>
    public static readonly JsonSerializerOptions Stored = new(Options) { RespectRequiredConstructorParameters = false };

    /// <summary>Times are UTC, RFC 3339, whole milliseconds.</summary>
    public sealed class UtcTime : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var time = reader.GetDateTimeOffset().ToUniversalTime();
            // A time without a zone would be the host's, which is nobody's.
            return reader.GetString() is { Length: > 10 } text && (text[^1] is 'Z' or 'z' || text.AsSpan(10).IndexOfAny('+', '-') >= 0) ? time : throw new JsonException();
        }

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", System.Globalization.CultureInfo.InvariantCulture));
    }
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Endpoint} failed")]
    public static partial void Failed(ILogger logger, Exception exception, string method, string endpoint);
}
