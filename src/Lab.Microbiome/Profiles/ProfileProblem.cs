namespace Lab.Microbiome.Profiles;

/// <summary>One thing wrong (or, as a warning, remarkable) in an upload, with its place and what to do about it.</summary>
/// <param name="Code">kebab-case code, stable; e.g. <c>column-count</c>.</param>
/// <param name="Line">1-based line, for text formats.</param>
/// <param name="Column">1-based column (field), for text formats.</param>
/// <param name="Pointer">JSON Pointer, for JSON.</param>
/// <param name="Message">What is wrong. Never repeats header or comment text of the file, and at most 64 characters of a value, escaped.</param>
/// <param name="Hint">What the sender can do.</param>
public sealed record ProfileProblem(string Code, int? Line, int? Column, string? Pointer, string Message, string Hint);
