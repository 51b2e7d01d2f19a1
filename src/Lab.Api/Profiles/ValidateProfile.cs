using Lab.Api.Hosting;
using Lab.Microbiome.Profiles;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Profiles;

/// <summary>What an upload of the body would give.</summary>
public sealed record ProfileValidation
{
    /// <summary>Whether it would be accepted.</summary>
    public required bool Valid { get; init; }
    /// <summary>Null when it was not recognised.</summary>
    public required string? Format { get; init; }
    /// <summary>Null when the profile is not valid.</summary>
    public required string? Assay { get; init; }
    /// <summary>What was understood of each sample; none when the profile is not valid.</summary>
    public required IReadOnlyList<ValidatedSample> Samples { get; init; }
    /// <summary>All problems at once, at most 100.</summary>
    public required IReadOnlyList<ProblemError> Errors { get; init; }
    /// <summary>True when there were more errors than listed.</summary>
    public required bool Truncated { get; init; }
    /// <summary>What is remarkable but accepted.</summary>
    public required IReadOnlyList<ProblemError> Warnings { get; init; }
}

/// <summary>One sample of a body that is valid.</summary>
/// <param name="Accession">As the body names it; null where it names none.</param>
/// <param name="Unit">reads, fraction or percent: what the numbers of the file are.</param>
/// <param name="TotalReads">Null where the file cannot say.</param>
/// <param name="UnclassifiedFraction">Null where the file cannot say.</param>
/// <param name="Taxa">Rows of the normalised profile.</param>
public sealed record ValidatedSample(string? Accession, string Unit, long? TotalReads, double? UnclassifiedFraction, int Taxa);

/// <summary>A dry run of an upload: nothing is stored.</summary>
public static class ValidateProfile
{
    /// <summary>Check a profile without storing it</summary>
    public static async Task<Ok<ProfileValidation>> PostAsync(string? assay, string? format, string? panel, string? cohort, bool? allowIncomplete, HttpContext context, LabAssays assays)
    {
        var content = await UploadedContent.ReadAsync(context);
        var reading = content.Examine(format, allowIncomplete ?? false);
        if (reading.Profile is not { } profile)
        {
            // What would be another status as an upload is that status here.
            if (reading.Refusal != ProfileRefusal.Meaning) throw UploadedContent.Refused(reading);
            return TypedResults.Ok(Invalid(reading, [.. reading.Errors.Select(ProblemError.Of)]));
        }
        Interpretation interpretation;
        try
        {
            interpretation = await assays.InterpretAsync(profile, assay, panel, cohort, context.RequestAborted);
        }
        catch (ProblemException unknown) when (unknown.Code.Status == StatusCodes.Status422UnprocessableEntity)
        {
            return TypedResults.Ok(Invalid(reading, [new(unknown.Code.Code, null, null, null, unknown.Message, unknown.Hint)]));
        }
        return TypedResults.Ok(new ProfileValidation
        {
            Valid = true,
            Format = profile.Format,
            Assay = interpretation.Assay.Id,
            Samples = [new(profile.DeclaredAccession, Names.Of(profile.Unit), profile.TotalReads, new Composition(profile).UnclassifiedFraction, profile.Taxa.Length)],
            Errors = [],
            Truncated = false,
            Warnings = [.. reading.Warnings.Select(ProblemError.Of)],
        });
    }

    private static ProfileValidation Invalid(ProfileReading reading, IReadOnlyList<ProblemError> errors) => new()
    {
        Valid = false,
        Format = reading.Format,
        Assay = null,
        Samples = [],
        Errors = errors,
        Truncated = reading.Truncated,
        Warnings = [.. reading.Warnings.Select(ProblemError.Of)],
    };
}
