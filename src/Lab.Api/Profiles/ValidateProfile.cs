using Lab.Api.Hosting;
using Lab.Api.Samples;
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
    /// <summary>What was understood of each sample that could be read, also where its name is missing or wrong.</summary>
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
        var found = new Findings(reading => assays.InterpretAsync(reading.Profile!, assay, panel, cohort, context.RequestAborted));
        if (UploadProfiles.IsNdjson(context.Request))
        {
            found.Format = "lab-json";
            if (!found.Allows(() => UploadProfiles.DemandOwnJson(format))) return TypedResults.Ok(found.Verdict());
            var lines = 0L;
            await foreach (var line in UploadProfiles.LinesAsync(context))
            {
                lines++;
                var upload = UploadProfiles.Read(line);
                await found.AddAsync(upload.Accession, upload.Reading, named: true, line.Number);
            }
            found.Allows(() => UploadProfiles.DemandAny(lines));
            return TypedResults.Ok(found.Verdict());
        }
        var table = (await UploadedContent.ReadAsync(context)).ExamineTable(format, allowIncomplete ?? false, await assays.SourceAsync(assay, context.RequestAborted));
        // What would be another status as an upload is that status here.
        if (table.Content.Refusal is not (null or ProfileRefusal.Meaning)) throw UploadedContent.Refused(table.Content);
        found.Format = table.Content.Format;
        found.Note(table.Content);
        foreach (var sample in table.Samples)
        {
            var reading = sample.Read();
            if (reading.Refusal is not (null or ProfileRefusal.Meaning) && table.Samples.Count == 1) throw UploadedContent.Refused(reading);
            await found.AddAsync(sample.Accession ?? reading.Profile?.DeclaredAccession, reading, named: table.Samples.Count > 1, null);
        }
        return TypedResults.Ok(found.Verdict());
    }

    private sealed class Findings(Func<ProfileReading, Task<Interpretation>> interpret)
    {
        private readonly List<ValidatedSample> samples = [];
        private readonly List<ProblemError> errors = [];
        private readonly List<ProblemError> warnings = [];
        private bool truncated;
        private string? assay;

        public string? Format { get; set; }

        /// <param name="accession">As the body names it.</param>
        /// <param name="reading">Of the sample.</param>
        /// <param name="named">Whether it has to have a name: nothing else tells whose it is.</param>
        /// <param name="line">Its line, where each sample is one.</param>
        public async Task AddAsync(string? accession, ProfileReading reading, bool named, long? line)
        {
            Note(reading, (int?)line);
            if (reading.Profile is not { } profile) return;
            if (named && accession is null) Refuse(ProblemCodes.AccessionMissing, ProblemCodes.AccessionMissing.Title, ProblemCodes.AccessionMissing.Advice);
            else if (named && !Accession.IsValid(accession!)) Refuse(ProblemCodes.AccessionInvalid, ProblemCodes.AccessionInvalid.Title, ProblemCodes.AccessionInvalid.Advice);
            try
            {
                assay = (await interpret(reading)).Assay.Id;
                samples.Add(new(accession, Names.Of(profile.Unit), profile.TotalReads, new Composition(profile).UnclassifiedFraction, profile.Taxa.Length));
            }
            catch (ProblemException unknown) when (unknown.Code.Status == StatusCodes.Status422UnprocessableEntity)
            {
                Refuse(unknown.Code, unknown.Message, unknown.Hint);
            }

            void Refuse(ProblemCode code, string message, string hint) => this.Refuse(code, message, hint, line);
        }

        /// <summary>What an upload demands of the body as a whole.</summary>
        public bool Allows(Action demand)
        {
            try
            {
                demand();
                return true;
            }
            catch (ProblemException refused) when (refused.Code.Status == StatusCodes.Status422UnprocessableEntity)
            {
                Refuse(refused.Code, refused.Message, refused.Hint, null);
                return false;
            }
        }

        private void Refuse(ProblemCode code, string message, string hint, long? line) => Add(errors, new(code.Code, (int?)line, null, null, message, hint));

        public void Note(ProfileReading reading, int? line = null)
        {
            truncated |= reading.Truncated;
            foreach (var error in reading.Errors) Add(errors, ProblemError.Of(error) with { Line = line ?? error.Line });
            foreach (var warning in reading.Warnings) Add(warnings, ProblemError.Of(warning) with { Line = line ?? warning.Line });
        }

        public ProfileValidation Verdict() => new()
        {
            Valid = errors.Count == 0,
            Format = Format,
            Assay = errors.Count == 0 ? assay : null,
            Samples = samples,
            Errors = errors,
            Truncated = truncated,
            Warnings = warnings,
        };

        private void Add(List<ProblemError> list, ProblemError problem)
        {
            // What is wrong with the body may have been said with its sample already.
            if (list.Contains(problem)) return;
            if (list.Count < UploadedContent.Limits.MaxProblems) list.Add(problem);
            else truncated |= list == errors;
        }
    }
}
