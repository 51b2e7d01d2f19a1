using System.Collections.Concurrent;
using Lab.Api.Storage;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Npgsql;

namespace Lab.Api.Reports;

/// <summary>The lab's noise, from its pairs of replicates: samples of one partner with the same subject and time of collection, or of which one names the other. The newest of the lab's count, whoever asks: only
/// how many they are comes out, and deviations and limits of at least twenty. What was computed is kept for a minute.</summary>
public sealed class ReplicateYardsticks(LabDatabase database, TimeProvider clock) : IDisposable
{
    private const int MostPairs = 500;

    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (DateTimeOffset At, ReplicateNoise Noise)> known = new();
    private readonly SemaphoreSlim one = new(1);

    /// <summary>The noise of samples measured like this one.</summary>
    public async Task<ReplicateNoise> OfAsync(MeasuredSample sample, ReferenceCohort? cohort, CancellationToken cancellation)
    {
        var features = ProfileDistance.FeaturesOf(sample, cohort);
        // An assay can be defined anew; a unit is the file's.
        var key = $"{ReportInputs.Write(sample.Assay)} {sample.Profile.Unit} {sample.Panel.Ref} {(features is null ? null : cohort!.Ref)}";
        await one.WaitAsync(cancellation);
        try
        {
            var now = clock.GetUtcNow();
            foreach (var (old, _) in known.Where(k => now - k.Value.At >= Kept)) known.TryRemove(old, out _);
            if (known.TryGetValue(key, out var kept)) return kept.Noise;
            var noise = ReplicateNoise.Of(await PairsAsync(sample, cancellation), features);
            known[key] = (now, noise);
            return noise;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    /// <summary>Disjoint pairs, so that they are independent, the newest first. The same profile twice is a copy and no replicate.</summary>
    private async Task<IReadOnlyList<(MeasuredSample, MeasuredSample)>> PairsAsync(MeasuredSample like, CancellationToken cancellation)
    {
        // The jobs' connections: those of requests may all be held by requests that wait for this.
        await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
        var specimens = await SpecimensAsync(connection, cancellation);
        await using var select = new NpgsqlCommand($"""
            SELECT r.sample_id, r.inputs::text, p.normalised_sha256, p.packed FROM lab.report r JOIN lab.sample s ON s.id = r.sample_id JOIN lab.profile p ON p.id = r.profile_id
            WHERE r.sample_id = ANY($1) AND r.assay = $2 AND r.quality <> 'fail' AND r.status NOT IN ('preliminary', 'entered-in-error') AND s.erased_at IS NULL AND s.rejected_at IS NULL
                AND {GetReport.IsCurrent} ORDER BY r.sample_id DESC
            """, connection) { Parameters = { new() { Value = specimens.Keys.ToArray() }, new() { Value = like.Assay.Id } } };
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        var (waiting, pairs) = (new Dictionary<Guid, (MeasuredSample Sample, byte[] Hash)>(), new List<(MeasuredSample, MeasuredSample)>());
        while (pairs.Count < MostPairs && await reader.ReadAsync(cancellation))
        {
            var profile = ProfilePacking.Unpack(reader.GetFieldValue<byte[]>(3), TaxonomyRelease.Shipped);
            var (sample, hash) = (new MeasuredSample(profile, ReportInputs.Read<ReportInputs>(reader.GetString(1)).Assay, like.Panel), reader.GetFieldValue<byte[]>(2));
            if (Comparability.Of(sample, like).Extent != ComparableExtent.Everything) continue;
            var specimen = specimens[reader.GetGuid(0)];
            if (!waiting.TryGetValue(specimen, out var other)) waiting[specimen] = (sample, hash);
            else if (!hash.AsSpan().SequenceEqual(other.Hash))
            {
                pairs.Add((other.Sample, sample));
                waiting.Remove(specimen);
            }
        }
        return pairs;
    }

    /// <summary>The specimen of every sample that has a replicate, by the first of its samples.</summary>
    private static async Task<Dictionary<Guid, Guid>> SpecimensAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var links = new NpgsqlCommand("""
            SELECT id, replicate_of FROM lab.sample WHERE replicate_of IS NOT NULL
            UNION ALL
            SELECT s.id, t.first FROM
                (SELECT partner_id, subject, collected_at, (array_agg(id ORDER BY id))[1] AS first FROM lab.sample WHERE subject IS NOT NULL AND collected_at IS NOT NULL
                    GROUP BY partner_id, subject, collected_at HAVING count(*) > 1) t
                JOIN lab.sample s ON s.subject = t.subject AND s.collected_at = t.collected_at AND s.partner_id IS NOT DISTINCT FROM t.partner_id
            """, connection);
        await using var reader = await links.ExecuteReaderAsync(cancellation);
        var above = new Dictionary<Guid, Guid>();
        Guid Root(Guid id)
        {
            while (above.TryGetValue(id, out var next) && next != id) id = next;
            return id;
        }
        while (await reader.ReadAsync(cancellation))
        {
            var (one, other) = (Root(reader.GetGuid(0)), Root(reader.GetGuid(1)));
            var (first, last) = one.CompareTo(other) <= 0 ? (one, other) : (other, one);
            above[first] = above[last] = first;
        }
        return above.Keys.ToDictionary(id => id, Root);
    }
}
