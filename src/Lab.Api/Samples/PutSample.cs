using System.Globalization;
using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Partners;
using Lab.Api.Storage;
using Lab.Microbiome.Reports;
using MediatR;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Samples;

/// <summary>What the lab registers of a specimen. Absent is null, but a partner once set stays.</summary>
public sealed record SampleRegistration
{
    /// <summary>The lab's pseudonym of the person, never a name.</summary>
    public string? Subject { get; init; }
    /// <summary>The partner whose sample it is.</summary>
    public string? Partner { get; init; }
    /// <summary>When the specimen left the person, RFC 3339; not in the future.</summary>
    public DateTimeOffset? CollectedAt { get; init; }
    /// <summary>When it reached the laboratory, RFC 3339; not before it was collected.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }
    /// <summary>Bristol stool scale, 1 to 7.</summary>
    public short? BristolScale { get; init; }
    /// <summary>Symptoms, red flags, diagnoses and medication as codes; it never changes a number or a finding.</summary>
    public SampleContext? Context { get; init; }
    /// <summary>The accession of a sample of the same specimen that this one repeats, of the same partner. Pairs of replicates are the yardstick of what is more than noise; no report prints it.</summary>
    public string? ReplicateOf { get; init; }
    /// <summary>Whether the person agreed that the profile may be one of a reference cohort's; without it, it is in none. It stands beside the result, as do sex and age: a report neither prints nor uses them.</summary>
    public bool? Consent { get; init; }
    /// <summary>female, male or other.</summary>
    public string? Sex { get; init; }
    /// <summary>Of the person when the specimen was taken, in whole years, 0 to 120.</summary>
    public short? AgeYears { get; init; }
}

/// <summary>What stands beside a result.</summary>
public sealed record SampleContext
{
    public IReadOnlyList<string>? Symptoms { get; init; }
    public IReadOnlyList<string>? RedFlags { get; init; }
    public IReadOnlyList<string>? Diagnoses { get; init; }
    public IReadOnlyList<string>? Medication { get; init; }

    /// <summary>As a report takes it: what is not given is empty.</summary>
    public Lab.Microbiome.Reports.SampleContext ForReport() =>
        new() { Symptoms = [.. Symptoms ?? []], RedFlags = [.. RedFlags ?? []], Diagnoses = [.. Diagnoses ?? []], Medication = [.. Medication ?? []] };
}

/// <summary>Registers a sample or replaces what is registered of it.</summary>
public static class PutSample
{
    public sealed record Command(string Accession, SampleRegistration Registration, IfMatch IfMatch) : ICommand<bool>;

    /// <summary>Register a sample</summary>
    public static async Task<IResult> PutAsync(string accession, HttpContext context, IMediator sender, TimeProvider clock)
    {
        Accession.Demand(accession);
        var registration = await StrictBody.ReadAsync<SampleRegistration>(context);
        Check(registration, clock.GetUtcNow());
        var created = await sender.Send(new Command(accession, registration, IfMatch.Of(context.Request)), context.RequestAborted);
        var sample = await sender.Send(new GetSample.Query(accession), context.RequestAborted);
        context.Response.Headers.ETag = $"\"{sample!.Revision}\"";
        return created ? TypedResults.Created($"/v1/samples/{accession}", sample) : TypedResults.Ok(sample);
    }

    public static readonly string[] Sexes = ["female", "male", "other"];

    private static void Check(SampleRegistration sample, DateTimeOffset now)
    {
        var errors = new List<ProblemError>();
        void Demand(bool right, string pointer, string message, string hint)
        {
            if (!right) errors.Add(new("value-invalid", null, null, pointer, message, hint));
        }
        Demand(sample.Subject is null || Accession.IsValid(sample.Subject), "/subject", "A subject is a pseudonym of 1 to 64 letters, digits and . _ : -", "Never send a name.");
        Demand(sample.Partner is null || Accession.IsValid(sample.Partner), "/partner", "A partner's id has 1 to 64 letters, digits and . _ : -", "Use the partner's id.");
        Demand(sample.BristolScale is null or (>= 1 and <= 7), "/bristolScale", "The Bristol scale runs from 1 to 7.", "Leave it out when it is not known.");
        Demand(sample.ReplicateOf is null || Accession.IsValid(sample.ReplicateOf), "/replicateOf", "An accession has 1 to 64 letters, digits and . _ : -", "Name the sample that this one repeats.");
        Demand(sample.Sex is null || Sexes.Contains(sample.Sex), "/sex", "The word is not known.", $"Known: {string.Join(", ", Sexes)}.");
        Demand(sample.AgeYears is null or (>= 0 and <= 120), "/ageYears", "An age is 0 to 120 years.", "Leave it out when it is not known.");
        Demand(!(sample.ReceivedAt < sample.CollectedAt), "/receivedAt", "The sample was received before it was collected.", "Check both times and their zones.");
        Demand(!(sample.CollectedAt > now.AddMinutes(5)), "/collectedAt", "The sample was collected in the future.", "Check the time and its zone.");
        Demand(!(sample.ReceivedAt > now.AddMinutes(5)), "/receivedAt", "The sample was received in the future.", "Check the time and its zone.");
        foreach (var (given, known) in (sample.Context?.ForReport().Lists() ?? []).Zip(ContextCodes.Shipped.Lists()))
        {
            for (var i = 0; i < given.Codes.Length; i++)
            {
                Demand(known.Codes.Contains(given.Codes[i]), $"/context/{given.Name}/{i}", "The code is not known.", $"Known: {string.Join(", ", known.Codes)}.");
            }
        }
        if (errors.Count > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors: errors);
    }

    public sealed class Handler(LabSession session, AnalysisSignal signal, DefaultPartner defaultPartner) : IRequestHandler<Command, bool>
    {
        public async Task<bool> Handle(Command command, CancellationToken cancellation)
        {
            var caller = session.Caller;
            var wanted = caller.PartnerId ?? command.Registration.Partner;
            if (caller.PartnerId is { } own && command.Registration.Partner is { } other && other != own) throw new ProblemException(ProblemCodes.NotFound, "There is no such partner, or it is not yours.");
            try
            {
                var known = await FindAsync(command.Accession, cancellation);
                var inserted = known is null && !command.IfMatch.IsGiven ? await InsertAsync(command.Accession, wanted ?? defaultPartner.Id, cancellation) : null;
                // Registered meanwhile by somebody else; where row-level security hides it, by another partner.
                if (inserted is null && !command.IfMatch.IsGiven) known ??= await FindAsync(command.Accession, cancellation) ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such sample, or it is not yours.");
                if (command.IfMatch.IsGiven && (known is null || !command.IfMatch.Matches(known.Revision.ToString(CultureInfo.InvariantCulture)))) throw new ProblemException(ProblemCodes.PreconditionFailed, "The sample has changed since it was read.");
                if (known?.Partner is { } partner && wanted is not null && wanted != partner && !caller.Scopes.Contains(Scope.ClientsAdmin)) throw new ProblemException(ProblemCodes.PartnerFixed, "The sample belongs to another partner.");
                var sample = inserted ?? known!.Id;
                var original = await OriginalAsync(sample, known is null ? wanted ?? defaultPartner.Id : wanted ?? known.Partner, command.Registration.ReplicateOf, cancellation);
                var printed = await UpdateAsync(sample, command.Registration, original, cancellation);
                if (known is not null && wanted is not null && wanted != known.Partner)
                {
                    await session.ExecuteAsync("SELECT lab.give_sample_to_partner($1, $2)", cancellation, sample, wanted);
                }
                if (printed) await RenewReportsAsync(sample, cancellation);
                await session.RecordAsync(known is null ? "sample.registered" : "sample.changed", $"sample:{sample}", null, cancellation);
                return known is null;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
            {
                throw new ProblemException(ProblemCodes.PartnerUnknown, "The partner is not known.");
            }
        }

        private async Task<Known?> FindAsync(string accession, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("SELECT id, partner_id, revision, erased_at IS NOT NULL FROM lab.sample WHERE accession = $1 FOR NO KEY UPDATE", cancellation, accession);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) return null;
            if (reader.GetBoolean(3)) throw Erasure.Gone();
            return new(reader.GetGuid(0), await reader.IsDBNullAsync(1, cancellation) ? null : reader.GetString(1), reader.GetInt32(2));
        }

        /// <summary>Null when the accession is there already.</summary>
        private async Task<Guid?> InsertAsync(string accession, string? partner, CancellationToken cancellation)
        {
            var id = Guid.CreateVersion7();
            await using var insert = await session.CommandAsync("""
                INSERT INTO lab.sample (id, accession, partner_id, registered_at, revision) VALUES ($1, $2, $3, clock_timestamp(), 0) ON CONFLICT (accession) DO NOTHING
                """, cancellation, id, accession, partner);
            return await insert.ExecuteNonQueryAsync(cancellation) == 1 ? id : null;
        }

        /// <summary>The sample that this one repeats. One of another partner would tell the one of the other.</summary>
        private async Task<Guid?> OriginalAsync(Guid sample, string? partner, string? accession, CancellationToken cancellation)
        {
            if (accession is null) return null;
            await using var select = await session.CommandAsync(
                "SELECT id FROM lab.sample WHERE accession = $1 AND id <> $2 AND erased_at IS NULL AND partner_id IS NOT DISTINCT FROM $3", cancellation, accession, sample);
            select.Parameters.Add(new NpgsqlParameter { Value = (object?)partner ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            return await select.ExecuteScalarAsync(cancellation) as Guid? ?? throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors:
                [new("value-invalid", null, null, "/replicateOf", "There is no such other sample of the same partner, or it is not yours.", "Register first what is repeated.")]);
        }

        private sealed record Known(Guid Id, string? Partner, int Revision);

        /// <summary>Whether what reports print, or the context, has changed.</summary>
        private async Task<bool> UpdateAsync(Guid id, SampleRegistration sample, Guid? original, CancellationToken cancellation)
        {
            await using var update = await session.CommandAsync("""
                WITH old AS (SELECT subject, collected_at, received_at, context FROM lab.sample WHERE id = $1)
                UPDATE lab.sample s SET subject = $2, collected_at = $3, received_at = $4, bristol_scale = $5, context = $6, consent = $7, sex = $8, age_years = $9, replicate_of = $10, revision = revision + 1 FROM old WHERE s.id = $1
                RETURNING (old.subject, old.collected_at, old.received_at, old.context) IS DISTINCT FROM (s.subject, s.collected_at, s.received_at, s.context)
                """, cancellation, id, sample.Subject, sample.CollectedAt?.ToUniversalTime(), sample.ReceivedAt?.ToUniversalTime(), sample.BristolScale);
            update.Parameters.Add(new NpgsqlParameter { Value = sample.Context is null ? DBNull.Value : JsonSerializer.Serialize(sample.Context, Json.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
            update.Parameters.Add(new NpgsqlParameter { Value = (object?)sample.Consent ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean });
            update.Parameters.Add(new NpgsqlParameter { Value = (object?)sample.Sex ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            update.Parameters.Add(new NpgsqlParameter { Value = (object?)sample.AgeYears ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Smallint });
            update.Parameters.Add(new NpgsqlParameter { Value = (object?)original ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
            return await update.ExecuteScalarAsync(cancellation) is true;
        }

        /// <summary>A report that would print something else now gets a new version under the same rules.</summary>
        private async Task RenewReportsAsync(Guid sample, CancellationToken cancellation)
        {
            // A worker that claims one of them after this commit reads the new values; one that runs has read the old.
            await session.ExecuteAsync("SELECT FROM lab.analysis WHERE sample_id = $1 AND status IN ('queued', 'running') FOR NO KEY UPDATE", cancellation, sample);
            await session.ExecuteAsync("UPDATE lab.analysis SET cause = 'sample-changed' WHERE sample_id = $1 AND status = 'queued' AND cause = 're-interpreted'", cancellation, sample);
            var stale = (await QueueAnalyses.LastOfSeriesAsync(session, "s.id = $1", sample, cancellation)).Where(a => a.Status == "running" || (a.Reported && a.Status != "queued"));
            await QueueAnalyses.AddAsync(session, signal, [.. stale.Select(a => new WantedAnalysis(a.ProfileId, a.SampleId, a.PartnerId, a.Panel, a.Cohort))], "sample-changed", cancellation);
        }
    }
}
