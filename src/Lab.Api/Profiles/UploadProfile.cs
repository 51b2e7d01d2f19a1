using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using MediatR;

namespace Lab.Api.Profiles;

/// <summary>What the lab understood of an upload, and where to follow its analysis.</summary>
public sealed record UploadAccepted
{
    public required Guid ProfileId { get; init; }
    public required Guid AnalysisId { get; init; }
    public required string Accession { get; init; }
    public required string Format { get; init; }
    public required string Assay { get; init; }
    /// <summary>reads, fraction or percent: what the numbers of the file are.</summary>
    public required string Unit { get; init; }
    /// <summary>Null where the file cannot say.</summary>
    public required long? TotalReads { get; init; }
    /// <summary>Null where the file cannot say.</summary>
    public required double? UnclassifiedFraction { get; init; }
    /// <summary>Rows of the normalised profile.</summary>
    public required int Taxa { get; init; }
    /// <summary>SHA-256 of the content after all decoding.</summary>
    public required string Sha256 { get; init; }
    /// <summary>True when a later profile of this sample and assay has taken its place.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public bool Superseded { get; init; }
    public required IReadOnlyList<ProblemError> Warnings { get; init; }
}

/// <summary>One profile of one sample: parse, validate, store, queue its analysis.</summary>
public static class UploadProfile
{
    public sealed record Command(PreparedProfile Profile, IdempotentRequest? Idempotent) : IRequest<Answer>;

    /// <summary>Upload what a pipeline wrote</summary>
    public static async Task<Answer> PostAsync(string accession, string? assay, string? format, string? panel, string? cohort, bool? allowIncomplete,
        HttpContext context, IMediator sender, LabAssays assays)
    {
        try
        {
            Accession.Demand(accession);
            var content = await UploadedContent.ReadAsync(context);
            var reading = content.Read(format, allowIncomplete ?? false, await assays.SourceAsync(assay, context.RequestAborted));
            var interpretation = await assays.InterpretAsync(reading.Profile!, assay, panel, cohort, context.RequestAborted);
            var prepared = PreparedProfile.Of(accession, reading, interpretation, (content.Bytes, content.Sha256));
            var answer = await sender.Send(new Command(prepared, IdempotentRequest.Of(context.Request, content.Sha256)), context.RequestAborted);
            Telemetry.Uploads.Add(1, "outcome", answer.Status == StatusCodes.Status202Accepted && !answer.Replayed ? "accepted" : "duplicate");
            return answer;
        }
        catch (ProblemException e) when (e.Code.Status < StatusCodes.Status500InternalServerError)
        {
            Telemetry.Uploads.Add(1, "outcome", "rejected");
            throw;
        }
    }

    /// <summary>No transaction of its own: it is stored together with what else comes at once.</summary>
    public sealed class Handler(Caller caller, UploadGroups groups) : IRequestHandler<Command, Answer>
    {
        public Task<Answer> Handle(Command command, CancellationToken cancellation) => groups.StoreAsync(caller, command).WaitAsync(cancellation);
    }
}

/// <summary>Enumerations as the contract spells them.</summary>
public static class Names
{
    public static string Of<T>(T value) where T : struct, Enum => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>Estimated reads are reads to a client; that they are estimates is said where it matters.</summary>
    public static string Of(AbundanceUnit unit) => unit == AbundanceUnit.EstimatedReads ? "reads" : Of<AbundanceUnit>(unit);
}
