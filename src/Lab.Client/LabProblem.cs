using System.Net;

namespace Lab.Client;

/// <summary>A problem document (RFC 9457), as every failure of the service answers.</summary>
public sealed record LabProblem
{
    /// <summary>The page that explains the problem, relative to the service.</summary>
    public required string Type { get; init; }
    /// <summary>What went wrong, for people.</summary>
    public required string Title { get; init; }
    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }
    /// <summary>What went wrong this time.</summary>
    public required string Detail { get; init; }
    /// <summary>The path that was asked for.</summary>
    public required string Instance { get; init; }
    /// <summary>The stable kebab-case code to program against.</summary>
    public required string Code { get; init; }
    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }
    /// <summary>What to quote when reporting the problem.</summary>
    public required string TraceId { get; init; }
    /// <summary>All problems of the input at once, at most 100.</summary>
    public IReadOnlyList<InputProblem> Errors { get; init; } = [];
    /// <summary>True when there were more than listed.</summary>
    public bool Truncated { get; init; }
}

/// <summary>One problem of the input (or, in a list of warnings, something remarkable) and its place.</summary>
/// <param name="Code">kebab-case and stable, e.g. <c>column-count</c>.</param>
/// <param name="Line">Line, from 1, of a text.</param>
/// <param name="Column">Column, from 1, of a text.</param>
/// <param name="Pointer">JSON Pointer, of JSON.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record InputProblem(string Code, int? Line, int? Column, string? Pointer, string Message, string Hint);

/// <summary>The service refused, or failed.</summary>
public sealed class LabProblemException : Exception
{
    /// <summary>An answer that is no success.</summary>
    public LabProblemException(HttpStatusCode statusCode, LabProblem? problem, TimeSpan? retryAfter)
        : base(problem is null ? $"The service answered {(int)statusCode}." : $"{(int)statusCode} {problem.Code}: {problem.Detail}")
    {
        StatusCode = statusCode;
        Problem = problem;
        RetryAfter = retryAfter;
    }

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode StatusCode { get; }
    /// <summary>The problem document; null when something between the client and the service answered.</summary>
    public LabProblem? Problem { get; }
    /// <summary>The problem's code; null when something between the client and the service answered.</summary>
    public string? Code => Problem?.Code;
    /// <summary>How long to wait before repeating the request, where the service says so.</summary>
    public TimeSpan? RetryAfter { get; }
}

/// <summary>An analysis ended without a report.</summary>
public sealed class LabAnalysisException(Analysis analysis) : Exception($"The analysis is {analysis.Status}: {analysis.Error}")
{
    /// <summary>Its last state.</summary>
    public Analysis Analysis { get; } = analysis;
}
