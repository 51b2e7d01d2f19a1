using System.Security.Cryptography;
using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Profiles;

/// <summary>A profile that only has to be stored: all that needs no database is done, and the profile itself is no longer held.</summary>
public sealed record PreparedProfile
{
    public required string Accession { get; init; }
    public required Interpretation Interpretation { get; init; }
    public required IReadOnlyList<ProblemError> Warnings { get; init; }
    public required byte[] Sha256 { get; init; }
    public required byte[] Source { get; init; }
    public required string Format { get; init; }
    public required string Unit { get; init; }
    public required long? TotalReads { get; init; }
    public required double? UnclassifiedFraction { get; init; }
    public required int Taxa { get; init; }
    public required byte[] Normalised { get; init; }
    public required byte[] Packed { get; init; }

    /// <param name="accession">The sample.</param>
    /// <param name="reading">Accepted.</param>
    /// <param name="interpretation">What it is read with.</param>
    /// <param name="content">The content of this sample alone, with its SHA-256; where the reading has a slice, that is taken.</param>
    public static PreparedProfile Of(string accession, ProfileReading reading, Interpretation interpretation, (byte[] Bytes, byte[] Sha256) content)
    {
        var (source, sha256) = reading.Slice is { } slice ? (slice, SHA256.HashData(slice)) : content;
        var profile = reading.Profile!;
        return new()
        {
            Accession = accession,
            Interpretation = interpretation,
            Warnings = [.. reading.Warnings.Select(ProblemError.Of)],
            Sha256 = sha256,
            Source = Gzip.Compress(source),
            Format = profile.Format,
            Unit = Names.Of(profile.Unit),
            TotalReads = profile.TotalReads,
            UnclassifiedFraction = new Composition(profile).UnclassifiedFraction,
            Taxa = profile.Taxa.Length,
            Normalised = Convert.FromHexString(profile.NormalisedSha256()),
            Packed = ProfilePacking.Pack(profile),
        };
    }
}

/// <summary>What became of a profile: its answer, and whether it was there already; or why it was not taken.</summary>
public sealed record StoredProfile(UploadAccepted? Accepted, bool Duplicate, ProblemException? Refused);

/// <summary>Stores profiles of different samples, queues their analyses, and records both; all in the session's transaction.</summary>
public sealed class StoreProfiles(LabSession session, AnalysisSignal signal, DefaultPartner defaultPartner)
{
    private sealed record Sample(Guid Id, string? Partner, ProblemException? Refused);

    /// <param name="profiles">Each of another sample: the rows of the samples are locked, in the order of their accessions, so that uploads to one sample stand in a row.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>In the same order.</returns>
    public async Task<IReadOnlyList<StoredProfile>> StoreAsync(IReadOnlyList<PreparedProfile> profiles, CancellationToken cancellation)
    {
        var samples = await SamplesAsync([.. profiles.Select(p => p.Accession)], cancellation);
        var results = new StoredProfile?[profiles.Count];
        var open = new List<int>();
        for (var i = 0; i < profiles.Count; i++)
        {
            var refused = samples.TryGetValue(profiles[i].Accession, out var sample) ? sample.Refused : new ProblemException(ProblemCodes.NotFound, "There is no such sample, or it is not yours.");
            if (refused is null) open.Add(i);
            else results[i] = new(null, false, refused);
        }
        foreach (var (place, same) in await SameAsync([.. open.Select(i => (profiles[i], samples[profiles[i].Accession].Id))], cancellation)) results[open[place]] = new(same, true, null);

        var wanted = open.Where(i => results[i] is null).Select(i => (Place: i, Profile: profiles[i], Analysis: Wanted(profiles[i], samples[profiles[i].Accession]))).ToList();
        if (wanted.Count == 0) return results!;
        foreach (var (place, profile, analysis) in wanted) results[place] = new(Accepted(profile, analysis), false, null);
        await InsertAsync([.. wanted.Select(w => (w.Profile, w.Analysis))], cancellation);
        await QueueAnalyses.AddAsync(session, signal, [.. wanted.Select(w => w.Analysis)], "upload", cancellation);
        await session.RecordAllAsync("profile.accepted", [.. wanted.Select(w => $"profile:{w.Analysis.ProfileId}")], cancellation);
        return results!;
    }

    private static WantedAnalysis Wanted(PreparedProfile profile, Sample sample) =>
        new(Guid.CreateVersion7(), sample.Id, sample.Partner, profile.Interpretation.Panel.Ref, profile.Interpretation.Cohort);

    private static UploadAccepted Accepted(PreparedProfile prepared, WantedAnalysis analysis) => new()
    {
        ProfileId = analysis.ProfileId,
        AnalysisId = analysis.Id,
        Accession = prepared.Accession,
        Format = prepared.Format,
        Assay = prepared.Interpretation.Assay.Id,
        Unit = prepared.Unit,
        TotalReads = prepared.TotalReads,
        UnclassifiedFraction = prepared.UnclassifiedFraction,
        Taxa = prepared.Taxa,
        Sha256 = Convert.ToHexStringLower(prepared.Sha256),
        Warnings = prepared.Warnings,
    };

    /// <summary>The samples, registered if they are not known; locked.</summary>
    private async Task<Dictionary<string, Sample>> SamplesAsync(string[] accessions, CancellationToken cancellation)
    {
        var owner = session.Caller.PartnerId ?? defaultPartner.Id;
        var samples = new Dictionary<string, Sample>(accessions.Length);
        await using (var insert = await session.CommandAsync("""
            INSERT INTO lab.sample (id, accession, partner_id, registered_at, revision)
            SELECT id, accession, $3, clock_timestamp(), 1 FROM unnest($1, $2) n(id, accession) ORDER BY accession COLLATE "C"
            ON CONFLICT (accession) DO NOTHING RETURNING id, accession
            """, cancellation, accessions.Select(_ => Guid.CreateVersion7()).ToArray(), accessions))
        {
            insert.Parameters.Add(new NpgsqlParameter { Value = (object?)owner ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            await using var reader = await insert.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation)) samples.Add(reader.GetString(1), new(reader.GetGuid(0), owner, null));
        }
        if (samples.Count > 0) await session.RecordAllAsync("sample.registered", [.. samples.Values.Select(s => $"sample:{s.Id}")], cancellation);
        if (samples.Count == accessions.Length) return samples;

        await using var select = await session.CommandAsync("""
            SELECT id, accession, partner_id, rejected_at IS NOT NULL, erased_at IS NOT NULL FROM lab.sample WHERE accession = ANY($1) ORDER BY accession COLLATE "C" FOR NO KEY UPDATE
            """, cancellation, (object)accessions.Where(a => !samples.ContainsKey(a)).ToArray());
        await using var known = await select.ExecuteReaderAsync(cancellation);
        while (await known.ReadAsync(cancellation))
        {
            var refused = known.GetBoolean(4) ? Erasure.Gone() : known.GetBoolean(3) ? new ProblemException(ProblemCodes.SampleRejected, "The sample was rejected and takes no profile.") : null;
            samples.Add(known.GetString(1), new(known.GetGuid(0), await known.IsDBNullAsync(2, cancellation) ? null : known.GetString(2), refused));
        }
        return samples;
    }

    /// <summary>By place: the same bytes as any profile of this sample and assay, or the same normalised profile as its latest, the one that was last asked to be analysed.</summary>
    private async Task<Dictionary<int, UploadAccepted>> SameAsync(IReadOnlyList<(PreparedProfile Profile, Guid Sample)> profiles, CancellationToken cancellation)
    {
        await using var select = await session.CommandAsync("""
            SELECT w.place, p.id, a.id, p.format, p.assay, p.unit, p.total_reads, p.unclassified_fraction, p.taxa, p.sha256, p.warnings::text, p.id <> latest.id
            FROM unnest($1, $2, $3, $4) WITH ORDINALITY w(sample, assay, sha256, normalised, place)
            CROSS JOIN LATERAL (SELECT l.id FROM lab.profile l JOIN lab.analysis la ON la.profile_id = l.id
                WHERE l.sample_id = w.sample AND l.assay = w.assay ORDER BY la.queued_at DESC, la.id DESC LIMIT 1) latest
            CROSS JOIN LATERAL (SELECT s.* FROM lab.profile s WHERE s.sample_id = w.sample AND s.assay = w.assay
                AND (s.sha256 = w.sha256 OR (s.normalised_sha256 = w.normalised AND s.id = latest.id)) ORDER BY s.sha256 = w.sha256 DESC LIMIT 1) p
            CROSS JOIN LATERAL (SELECT id FROM lab.analysis WHERE profile_id = p.id ORDER BY id DESC LIMIT 1) a
            """, cancellation, profiles.Select(p => p.Sample).ToArray(), profiles.Select(p => p.Profile.Interpretation.Assay.Id).ToArray(),
            profiles.Select(p => p.Profile.Sha256).ToArray(), profiles.Select(p => p.Profile.Normalised).ToArray());
        var same = new Dictionary<int, UploadAccepted>();
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var place = (int)reader.GetInt64(0) - 1;
            same.Add(place, new UploadAccepted
            {
                ProfileId = reader.GetGuid(1),
                AnalysisId = reader.GetGuid(2),
                Accession = profiles[place].Profile.Accession,
                Format = reader.GetString(3),
                Assay = reader.GetString(4),
                Unit = reader.GetString(5),
                TotalReads = await reader.IsDBNullAsync(6, cancellation) ? null : reader.GetInt64(6),
                UnclassifiedFraction = await reader.IsDBNullAsync(7, cancellation) ? null : reader.GetDouble(7),
                Taxa = reader.GetInt32(8),
                Sha256 = Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(9)),
                Warnings = JsonSerializer.Deserialize<List<ProblemError>>(reader.GetString(10), Json.Stored)!,
                Superseded = reader.GetBoolean(11),
            });
        }
        return same;
    }

    private async Task InsertAsync(IReadOnlyList<(PreparedProfile Profile, WantedAnalysis Analysis)> rows, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync("""
            INSERT INTO lab.profile (id, sample_id, partner_id, assay, format, unit, sha256, normalised_sha256, total_reads, unclassified_fraction, taxa, packed, source, received_at, warnings)
            SELECT id, sample, partner, assay, format, unit, sha256, normalised, total, unclassified, taxa, packed, source, clock_timestamp(), warnings::jsonb
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                r(id, sample, partner, assay, format, unit, sha256, normalised, total, unclassified, taxa, packed, source, warnings)
            """, cancellation);
        Add(NpgsqlDbType.Uuid, rows.Select(r => r.Analysis.ProfileId).ToArray());
        Add(NpgsqlDbType.Uuid, rows.Select(r => r.Analysis.SampleId).ToArray());
        Add(NpgsqlDbType.Text, rows.Select(r => r.Analysis.PartnerId).ToArray());
        Add(NpgsqlDbType.Text, rows.Select(r => r.Profile.Interpretation.Assay.Id).ToArray());
        Add(NpgsqlDbType.Text, rows.Select(r => r.Profile.Format).ToArray());
        Add(NpgsqlDbType.Text, rows.Select(r => r.Profile.Unit).ToArray());
        Add(NpgsqlDbType.Bytea, rows.Select(r => r.Profile.Sha256).ToArray());
        Add(NpgsqlDbType.Bytea, rows.Select(r => r.Profile.Normalised).ToArray());
        Add(NpgsqlDbType.Bigint, rows.Select(r => r.Profile.TotalReads).ToArray());
        Add(NpgsqlDbType.Double, rows.Select(r => r.Profile.UnclassifiedFraction).ToArray());
        Add(NpgsqlDbType.Integer, rows.Select(r => r.Profile.Taxa).ToArray());
        Add(NpgsqlDbType.Bytea, rows.Select(r => r.Profile.Packed).ToArray());
        Add(NpgsqlDbType.Bytea, rows.Select(r => r.Profile.Source).ToArray());
        Add(NpgsqlDbType.Text, rows.Select(r => JsonSerializer.Serialize(r.Profile.Warnings, Json.Options)).ToArray());
        await insert.ExecuteNonQueryAsync(cancellation);

        void Add(NpgsqlDbType type, Array values) => insert.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
