using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using MediatR;
using Npgsql;
using NpgsqlTypes;

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

/// <summary>One profile of one sample: parse, validate, store in one transaction, queue its analysis.</summary>
public static class UploadProfile
{
    public sealed record Command(string Accession, UploadedContent Content, ProfileReading Reading, Interpretation Interpretation, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Upload what a pipeline wrote</summary>
    public static async Task<Answer> PostAsync(string accession, string? assay, string? format, string? panel, string? cohort, bool? allowIncomplete,
        HttpContext context, IMediator sender, LabAssays assays)
    {
        Accession.Demand(accession);
        var content = await UploadedContent.ReadAsync(context);
        var reading = content.Read(format, allowIncomplete ?? false);
        var interpretation = await assays.InterpretAsync(reading.Profile!, assay, panel, cohort, context.RequestAborted);
        var command = new Command(accession, content, reading, interpretation, IdempotentRequest.Of(context.Request, content.Sha256));
        return await sender.Send(command, context.RequestAborted);
    }

    public sealed class Handler(LabSession session, AnalysisSignal signal, DefaultPartner defaultPartner) : IRequestHandler<Command, Answer>
    {
        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var answer = await StoreAsync(command, cancellation);
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }

        private async Task<Answer> StoreAsync(Command command, CancellationToken cancellation)
        {
            var profile = command.Reading.Profile!;
            var (sample, partner) = await SampleAsync(command.Accession, cancellation);
            var normalised = Convert.FromHexString(profile.NormalisedSha256());
            if (await SameAsync(command, sample, normalised, cancellation) is { } same) return Answer.Of(StatusCodes.Status200OK, $"/v1/analyses/{same.AnalysisId}", same);

            var analysis = new WantedAnalysis(Guid.CreateVersion7(), sample, partner, command.Interpretation.Panel.Ref, command.Interpretation.Cohort);
            var accepted = new UploadAccepted
            {
                ProfileId = analysis.ProfileId,
                AnalysisId = analysis.Id,
                Accession = command.Accession,
                Format = profile.Format,
                Assay = command.Interpretation.Assay.Id,
                Unit = Names.Of(profile.Unit),
                TotalReads = profile.TotalReads,
                UnclassifiedFraction = new Composition(profile).UnclassifiedFraction,
                Taxa = profile.Taxa.Length,
                Sha256 = Convert.ToHexStringLower(command.Content.Sha256),
                Warnings = [.. command.Reading.Warnings.Select(ProblemError.Of)],
            };
            await using (var insert = await session.CommandAsync("""
                INSERT INTO lab.profile (id, sample_id, partner_id, assay, format, unit, sha256, normalised_sha256, total_reads, unclassified_fraction, taxa, packed, source, received_at, warnings)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp(), $14)
                """, cancellation, accepted.ProfileId, sample, partner, accepted.Assay, accepted.Format, accepted.Unit, command.Content.Sha256, normalised,
                accepted.TotalReads, accepted.UnclassifiedFraction, accepted.Taxa, ProfilePacking.Pack(profile), Gzip.Compress(command.Content.Bytes)))
            {
                insert.Parameters.Add(new NpgsqlParameter { Value = JsonSerializer.Serialize(accepted.Warnings, Json.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
                await insert.ExecuteNonQueryAsync(cancellation);
            }
            await QueueAnalyses.AddAsync(session, signal, [analysis], "upload", cancellation);
            await session.RecordAsync("profile.accepted", $"profile:{accepted.ProfileId}", null, cancellation);
            return Answer.Of(StatusCodes.Status202Accepted, $"/v1/analyses/{accepted.AnalysisId}", accepted);
        }

        /// <summary>The sample, registered by this call if it is not known; its row lock puts uploads to one sample in a row.</summary>
        private async Task<(Guid Id, string? Partner)> SampleAsync(string accession, CancellationToken cancellation)
        {
            var owner = session.Caller.PartnerId ?? defaultPartner.Id;
            var id = Guid.CreateVersion7();
            await using (var insert = await session.CommandAsync("""
                INSERT INTO lab.sample (id, accession, partner_id, registered_at, revision) VALUES ($1, $2, $3, clock_timestamp(), 1)
                ON CONFLICT (accession) DO NOTHING
                """, cancellation, id, accession, owner))
            {
                if (await insert.ExecuteNonQueryAsync(cancellation) == 1)
                {
                    await session.RecordAsync("sample.registered", $"sample:{id}", null, cancellation);
                    return (id, owner);
                }
            }
            await using var select = await session.CommandAsync("SELECT id, partner_id, rejected_at IS NOT NULL, erased_at IS NOT NULL FROM lab.sample WHERE accession = $1 FOR NO KEY UPDATE", cancellation, accession);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) throw new ProblemException(ProblemCodes.NotFound, "There is no such sample, or it is not yours.");
            if (reader.GetBoolean(3)) throw Erasure.Gone();
            if (reader.GetBoolean(2)) throw new ProblemException(ProblemCodes.SampleRejected, "The sample was rejected and takes no profile.");
            return (reader.GetGuid(0), await reader.IsDBNullAsync(1, cancellation) ? null : reader.GetString(1));
        }

        /// <summary>The same bytes as any profile of this sample and assay, or the same normalised profile as its latest: the one that was last asked to be analysed.</summary>
        private async Task<UploadAccepted?> SameAsync(Command command, Guid sample, byte[] normalised, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("""
                SELECT p.id, a.id, p.format, p.assay, p.unit, p.total_reads, p.unclassified_fraction, p.taxa, p.sha256, p.warnings::text, p.id <> latest.id
                FROM lab.profile p
                CROSS JOIN LATERAL (SELECT id FROM lab.analysis WHERE profile_id = p.id ORDER BY id DESC LIMIT 1) a
                CROSS JOIN LATERAL (SELECT l.id FROM lab.profile l JOIN lab.analysis la ON la.profile_id = l.id
                    WHERE l.sample_id = p.sample_id AND l.assay = p.assay ORDER BY la.queued_at DESC, la.id DESC LIMIT 1) latest
                WHERE p.sample_id = $1 AND p.assay = $2 AND (p.sha256 = $3 OR (p.normalised_sha256 = $4 AND p.id = latest.id))
                ORDER BY p.sha256 = $3 DESC LIMIT 1
                """, cancellation, sample, command.Interpretation.Assay.Id, command.Content.Sha256, normalised);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) return null;
            return new UploadAccepted
            {
                ProfileId = reader.GetGuid(0),
                AnalysisId = reader.GetGuid(1),
                Accession = command.Accession,
                Format = reader.GetString(2),
                Assay = reader.GetString(3),
                Unit = reader.GetString(4),
                TotalReads = await reader.IsDBNullAsync(5, cancellation) ? null : reader.GetInt64(5),
                UnclassifiedFraction = await reader.IsDBNullAsync(6, cancellation) ? null : reader.GetDouble(6),
                Taxa = reader.GetInt32(7),
                Sha256 = Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(8)),
                Warnings = JsonSerializer.Deserialize<List<ProblemError>>(reader.GetString(9), Json.Stored)!,
                Superseded = reader.GetBoolean(10),
            };
        }
    }
}

/// <summary>Enumerations as the contract spells them.</summary>
public static class Names
{
    public static string Of<T>(T value) where T : struct, Enum => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>Estimated reads are reads to a client; that they are estimates is said where it matters.</summary>
    public static string Of(AbundanceUnit unit) => unit == AbundanceUnit.EstimatedReads ? "reads" : Of<AbundanceUnit>(unit);
}
