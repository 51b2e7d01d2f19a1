using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Npgsql;

namespace Lab.Api.Profiles;

/// <summary>A sample of many that waits to be read.</summary>
/// <param name="Line">Its line or place.</param>
/// <param name="Read">Reads it; on any thread.</param>
public sealed record PendingSample(long Line, Func<SampleUpload> Read);

/// <summary>Reads, stores and answers the samples of one request a chunk at a time: while one chunk is stored the next is read, and no more than two are in memory.</summary>
public sealed class UploadChunks(LabSession session, StoreProfiles store, Stream verdicts, Func<ProfileReading, CancellationToken, Task<Interpretation>> interpret) : IAsyncDisposable
{
    private const int MaxSamples = 128, MaxBytes = 4 * 1024 * 1024;
    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    private List<PendingSample> pending = [];
    private int pendingBytes;
    private Task storing = Task.CompletedTask;

    /// <summary>Samples so far.</summary>
    public long Count { get; private set; }

    public async Task AddAsync(PendingSample sample, int bytes, CancellationToken cancellation)
    {
        Count++;
        pending.Add(sample);
        pendingBytes += bytes;
        if (pending.Count == MaxSamples || pendingBytes > MaxBytes) await ReadAndStoreAsync(cancellation);
    }

    /// <summary>Stores what is left; when it returns, all verdicts are written.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        if (pending.Count > 0) await ReadAndStoreAsync(cancellation);
        await storing;
    }

    /// <summary>Waits for the chunk that is being stored: the session is not to be left in the middle of it.</summary>
    public async ValueTask DisposeAsync() => await storing.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task ReadAndStoreAsync(CancellationToken cancellation)
    {
        var chunk = pending;
        (pending, pendingBytes) = ([], 0);
        var read = new (PendingSample Sample, PreparedProfile? Prepared, string? Accession, ProblemException? Refused)[chunk.Count];
        await Parallel.ForAsync(0, chunk.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, async (i, stop) =>
        {
            var upload = chunk[i].Read();
            try
            {
                read[i] = (chunk[i], await PrepareAsync(upload, stop), upload.Accession, null);
            }
            catch (ProblemException refused)
            {
                read[i] = (chunk[i], null, upload.Accession, refused);
            }
        });
        await storing;
        storing = StoreAsync(read, cancellation);
    }

    private async Task<PreparedProfile> PrepareAsync(SampleUpload upload, CancellationToken cancellation)
    {
        if (upload.Reading.Refusal is not null) throw UploadedContent.Refused(upload.Reading);
        if (upload.Accession is not { } accession) throw new ProblemException(ProblemCodes.AccessionMissing, "The sample has no name that could be an accession.");
        if (!Accession.IsValid(accession)) throw new ProblemException(ProblemCodes.AccessionInvalid, "The sample's name cannot be an accession.");
        return PreparedProfile.Of(accession, upload.Reading, await interpret(upload.Reading, cancellation), upload.Content);
    }

    private async Task StoreAsync((PendingSample Sample, PreparedProfile? Prepared, string? Accession, ProblemException? Refused)[] read, CancellationToken cancellation)
    {
        var stored = new StoredProfile?[read.Length];
        // A sample that stands twice in a chunk is stored twice, one after the other.
        for (var rest = Enumerable.Range(0, read.Length).Where(i => read[i].Prepared is not null).ToList(); rest.Count > 0;)
        {
            var once = rest.DistinctBy(i => read[i].Prepared!.Accession).ToList();
            var results = await CommittedAsync([.. once.Select(i => read[i].Prepared!)], cancellation);
            for (var k = 0; k < once.Count; k++) stored[once[k]] = results[k];
            rest = [.. rest.Except(once)];
        }
        for (var i = 0; i < read.Length; i++)
        {
            var accepted = stored[i]?.Accepted;
            var status = accepted is null ? "rejected" : stored[i]!.Duplicate ? "duplicate" : "accepted";
            Telemetry.Uploads.Add(1, "outcome", status);
            await JsonSerializer.SerializeAsync(verdicts, new UploadVerdict
            {
                Line = read[i].Sample.Line,
                Accession = read[i].Accession,
                Status = status,
                ProfileId = accepted?.ProfileId,
                AnalysisId = accepted?.AnalysisId,
                Problem = (read[i].Refused ?? stored[i]?.Refused) is { } refused ? VerdictProblem.Of(refused) : null,
            }, Json.Options, cancellation);
            await verdicts.WriteAsync(LineEnd, cancellation);
        }
    }

    private async Task<IReadOnlyList<StoredProfile>> CommittedAsync(IReadOnlyList<PreparedProfile> profiles, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var stored = await store.StoreAsync(profiles, cancellation);
                await session.CommitAsync(cancellation);
                return stored;
            }
            catch (PostgresException contended) when (contended.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && attempt < 3)
            {
                await session.DisposeAsync();
            }
        }
    }
}
