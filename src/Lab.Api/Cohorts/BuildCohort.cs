using System.Collections.Immutable;
using System.Data;
using System.Text.Json;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Cohorts;

/// <summary>Which version is to be built.</summary>
public sealed record CohortName(string Id, int Version);

/// <summary>Builds a cohort of the people who were chosen when it was asked for, and publishes it. Their values lie in files of this process, deleted as they are closed, and never all in memory.</summary>
public sealed class BuildCohort(LabAssays assays, ReferenceLibrary library) : ITaskHandler
{
    public const string TaskKind = "cohort-build";

    public string Kind => TaskKind;

    public async Task RunAsync(TaskRun run, CancellationToken cancellation)
    {
        var (id, version) = run.Request<CohortName>();
        // Whoever is erased, rejected or no longer agrees while it is built leaves its list, and it is built again without.
        while (!await TryAsync(run, id, version, cancellation)) { }
    }

    private async Task<bool> TryAsync(TaskRun run, string id, int version, CancellationToken cancellation)
    {
        var request = await RequestAsync(run, id, version, cancellation);
        var assay = await assays.FindAsync(request.Assay, cancellation) ?? throw new ProblemException(ProblemCodes.AssayUnknown, "The assay is not known.");
        var panel = await library.FindPanelAsync(request.Panel!, cancellation) ?? throw new ProblemException(ProblemCodes.PanelUnknown, "The panel is not known.");
        using var assembly = new CohortAssembly(request.Describe(id, version, assay), panel, await JudgedAsync(panel, cancellation), Spool);
        await using (var session = run.Open(IsolationLevel.RepeatableRead))
        {
            var total = 2 * await CountAsync(session, id, version, cancellation);
            if (total / 2 < request.Minimum()) throw new ProblemException(ProblemCodes.CohortTooSmall, "Too few people are left.");
            await foreach (var person in CohortPeople.ProfilesAsync(session, id, version, cancellation))
            {
                assembly.Add(person);
                run.Progress(assembly.People, total);
            }
            var judged = assembly.People;
            await foreach (var person in CohortPeople.ProfilesAsync(session, id, version, cancellation))
            {
                assembly.Judge(person);
                run.Progress(++judged, total);
            }
        }
        return await PublishAsync(run, id, version, assembly, cancellation);
    }

    /// <summary>False: somebody left meanwhile.</summary>
    private static async Task<bool> PublishAsync(TaskRun run, string id, int version, CohortAssembly assembly, CancellationToken cancellation)
    {
        var file = assembly.Write();
        var cohort = ReferenceCohort.Read(file);
        await using var session = run.Open();
        // Whoever leaves now waits for this commit, or was seen here.
        await using (var count = await session.CommandAsync("SELECT count(*) FROM (SELECT FROM lab.cohort_member WHERE cohort_id = $1 AND version = $2 FOR KEY SHARE) people", cancellation, id, version))
        {
            if ((long)(await count.ExecuteScalarAsync(cancellation))! != assembly.People) return false;
        }
        await using (var update = await session.CommandAsync("""
            UPDATE lab.cohort_version SET status = 'published', published_at = clock_timestamp(), n = $3, digest = $4, content = $5, summary = $6 WHERE id = $1 AND version = $2 AND status = 'building'
            """, cancellation, id, version, cohort.N, cohort.Digest, Gzip.Compress(file)))
        {
            update.Parameters.Add(new NpgsqlParameter { Value = JsonSerializer.Serialize(CohortSummary.Of(cohort), Json.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
            await update.ExecuteNonQueryAsync(cancellation);
        }
        await session.RecordAsync("cohort.published", $"cohort:{cohort.Ref}", JsonSerializer.Serialize(new { cohort.Digest, cohort.N, Uploaded = false }, Json.Options), cancellation);
        run.Report(new { cohort = cohort.Ref, cohort.N, cohort.Digest });
        await run.SucceedAsync(session, cancellation);
        await session.CommitAsync(cancellation);
        return true;
    }

    /// <summary>The panels whose rules are counted in these people: its own, and of the others the newest version that stands by itself.</summary>
    private async Task<ImmutableArray<Panel>> JudgedAsync(Panel panel, CancellationToken cancellation) =>
        [panel, .. (await library.PanelsAsync(cancellation)).Where(p => p.Base is null && p.Ref != panel.Ref)];

    private static async Task<CohortRequest> RequestAsync(TaskRun run, string id, int version, CancellationToken cancellation)
    {
        await using var session = run.Open();
        // A report may have been withdrawn since: then the sample may be another person's.
        await session.ExecuteAsync("""
            DELETE FROM lab.cohort_member m WHERE m.cohort_id = $1 AND m.version = $2 AND EXISTS (SELECT FROM lab.cohort_version v WHERE v.id = $1 AND v.version = $2 AND v.status = 'building') AND (
                SELECT r.status FROM lab.report r JOIN lab.profile p ON p.id = m.profile_id WHERE r.sample_id = m.sample_id AND r.assay = p.assay AND r.status <> 'preliminary' ORDER BY r.version DESC LIMIT 1) = 'entered-in-error'
            """, cancellation, id, version);
        await using var select = await session.CommandAsync("SELECT request::text FROM lab.cohort_version WHERE id = $1 AND version = $2", cancellation, id, version);
        var request = JsonSerializer.Deserialize<CohortRequest>((string)(await select.ExecuteScalarAsync(cancellation))!, Json.Stored)!;
        await session.CommitAsync(cancellation);
        return request;
    }

    private static async Task<long> CountAsync(LabSession session, string id, int version, CancellationToken cancellation)
    {
        await using var count = await session.CommandAsync("SELECT count(*) FROM lab.cohort_member WHERE cohort_id = $1 AND version = $2", cancellation, id, version);
        return (long)(await count.ExecuteScalarAsync(cancellation))!;
    }

    private static FileStream Spool() => new(Path.Combine(Path.GetTempPath(), $"lab-cohort-{Guid.CreateVersion7():n}"), new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.ReadWrite,
        Options = FileOptions.DeleteOnClose,
        BufferSize = 1 << 16,
    });
}
