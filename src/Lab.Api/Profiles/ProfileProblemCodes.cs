using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Microbiome.Profiles;

namespace Lab.Api.Profiles;

/// <summary>What the readers find wrong with an upload, or remarkable. Where an upload has problems of one kind only, that kind is the answer's code.</summary>
public static class ProfileProblemCodes
{
    /// <summary>A kind of problem.</summary>
    /// <param name="Title">What is wrong.</param>
    /// <param name="Advice">What to do about it.</param>
    /// <param name="Example">A small content that has it; null where none is text, or small.</param>
    public sealed record Explained(string Title, string Advice, string? Example);

    /// <summary>Every code, explained.</summary>
    public static IReadOnlyDictionary<string, Explained> All { get; } = Load();

    /// <summary>The code as a problem of an upload; null where there is none of the name.</summary>
    public static ProblemCode? Find(string code) => All.TryGetValue(code, out var known) ? new ProblemCode(code, ProblemCodes.ProfileInvalid.Status, known.Title, known.Advice) : null;

    /// <summary>The problem of a refused upload.</summary>
    public static ProblemCode Of(ProfileReading reading)
    {
        var general = reading.Refusal switch
        {
            ProfileRefusal.Malformed => ProblemCodes.ProfileMalformed,
            ProfileRefusal.OtherContent => ProblemCodes.UnsupportedContent,
            ProfileRefusal.TooLarge => ProblemCodes.TooLarge,
            _ => ProblemCodes.ProfileInvalid,
        };
        return reading.Errors.Select(e => e.Code).Distinct().ToArray() is [var only] && Find(only) is { } specific ? specific with { Status = general.Status, Advice = general.Advice } : general;
    }

    private static Dictionary<string, Explained> Load()
    {
        using var stream = typeof(ProfileProblemCodes).Assembly.GetManifestResourceStream("ProfileProblems.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, Explained>>(stream, Json.Options)!;
    }
}
