using System.Runtime.CompilerServices;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Cohorts;

/// <summary>Whose profiles a cohort is made of.</summary>
public static class CohortPeople
{
    private const int Batch = 200;

    /// <summary>Chooses one released report of each person who agreed and fits: that of the sample collected last. Who has no pseudonym might be anybody, also somebody who is in already.</summary>
    /// <returns>How many they are.</returns>
    public static async Task<int> GatherAsync(LabSession session, string id, int version, CohortRequest request, Assay assay, CancellationToken cancellation)
    {
        await using var insert = await session.CommandAsync("""
            INSERT INTO lab.cohort_member (cohort_id, version, profile_id, sample_id)
            SELECT $1, $2, profile_id, sample_id FROM (
                SELECT DISTINCT ON (s.subject) r.profile_id, r.sample_id FROM lab.sample s
                CROSS JOIN LATERAL (SELECT profile_id, sample_id, status, quality, inputs FROM lab.report WHERE sample_id = s.id AND assay = $3 AND status <> 'preliminary' ORDER BY version DESC LIMIT 1) r
                WHERE s.consent AND s.subject IS NOT NULL AND s.rejected_at IS NULL AND s.erased_at IS NULL AND r.status <> 'entered-in-error' AND r.quality <> 'fail'
                    -- An assay of the lab's own may have meant another method then.
                    AND r.inputs->'assay'->>'profiler' = $4 AND r.inputs->'assay'->>'databaseFamily' = $5 AND r.inputs->'assay'->>'region' IS NOT DISTINCT FROM $6
                    AND ($7 IS NULL OR s.sex = $7) AND ($8 IS NULL OR s.age_years >= $8) AND ($9 IS NULL OR s.age_years <= $9)
                    AND ($10 IS NULL OR s.collected_at >= $10) AND ($11 IS NULL OR s.collected_at <= $11)
                    AND NOT EXISTS (SELECT FROM jsonb_path_query(s.context, '$.*[*]') code WHERE code #>> '{}' = ANY($12))
                ORDER BY s.subject, COALESCE(s.collected_at, s.received_at, s.registered_at) DESC, s.id DESC) chosen
            """, cancellation, id, version, assay.Id, assay.Profiler, assay.DatabaseFamily);
        void Add(NpgsqlDbType type, object? value) => insert.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        Add(NpgsqlDbType.Text, assay.Region);
        Add(NpgsqlDbType.Text, request.Sex);
        Add(NpgsqlDbType.Smallint, request.AgeFrom);
        Add(NpgsqlDbType.Smallint, request.AgeTo);
        Add(NpgsqlDbType.TimestampTz, request.CollectedFrom?.ToUniversalTime());
        Add(NpgsqlDbType.TimestampTz, request.CollectedTo?.ToUniversalTime());
        Add(NpgsqlDbType.Array | NpgsqlDbType.Text, request.Excluded());
        return await insert.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Their profiles, always in the same order, some at a time.</summary>
    public static async IAsyncEnumerable<TaxonomicProfile> ProfilesAsync(LabSession session, string id, int version, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var last = Guid.Empty;
        for (var read = Batch; read == Batch;)
        {
            var packed = new List<byte[]>(Batch);
            await using (var select = await session.CommandAsync("""
                SELECT m.profile_id, p.packed FROM lab.cohort_member m JOIN lab.profile p ON p.id = m.profile_id
                WHERE m.cohort_id = $1 AND m.version = $2 AND m.profile_id > $3 ORDER BY m.profile_id LIMIT $4
                """, cancellation, id, version, last, Batch))
            {
                await using var reader = await select.ExecuteReaderAsync(cancellation);
                for (read = 0; await reader.ReadAsync(cancellation); read++)
                {
                    last = reader.GetGuid(0);
                    packed.Add(reader.GetFieldValue<byte[]>(1));
                }
            }
            foreach (var person in packed) yield return ProfilePacking.Unpack(person, TaxonomyRelease.Shipped);
        }
    }

    /// <summary>At most so many of them, chosen as if at random but always alike, and only who still agrees.</summary>
    public static async IAsyncEnumerable<TaxonomicProfile> SomeAsync(LabSession session, string id, int version, int most, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var chosen = new List<Guid>();
        await using (var select = await session.CommandAsync("""
            SELECT m.profile_id FROM lab.cohort_member m JOIN lab.sample s ON s.id = m.sample_id
            WHERE m.cohort_id = $1 AND m.version = $2 AND s.consent AND s.rejected_at IS NULL AND s.erased_at IS NULL ORDER BY md5(m.profile_id::text) LIMIT $3
            """, cancellation, id, version, most))
        {
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation)) chosen.Add(reader.GetGuid(0));
        }
        foreach (var some in chosen.Chunk(Batch))
        {
            var packed = new List<byte[]>(Batch);
            await using (var select = await session.CommandAsync("SELECT packed FROM lab.profile WHERE id = ANY($1) AND packed <> '' ORDER BY id", cancellation, (object)some))
            {
                await using var reader = await select.ExecuteReaderAsync(cancellation);
                while (await reader.ReadAsync(cancellation)) packed.Add(reader.GetFieldValue<byte[]>(0));
            }
            foreach (var person in packed) yield return ProfilePacking.Unpack(person, TaxonomyRelease.Shipped);
        }
    }
}
