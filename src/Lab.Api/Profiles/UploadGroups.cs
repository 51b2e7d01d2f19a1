using Lab.Api.Analyses;
using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Npgsql;

namespace Lab.Api.Profiles;

/// <summary>Uploads of one caller that come while others of his are stored wait for each other and are stored in one transaction: what its statements and its commit cost
/// is shared by as many as come at once. An upload that comes alone waits for nobody. All of a group is stored or nothing; what would be refused or repeated, is so alone.</summary>
public sealed class UploadGroups(LabDatabase database, AnalysisSignal signal, DefaultPartner defaultPartner)
{
    private const int MaxUploads = 64, MaxBytes = 4 * 1024 * 1024;

    /// <summary>Groups of one caller at once: the next is stored while the last one is written to disk.</summary>
    private const int AtOnce = 2;

    private readonly Dictionary<(string Client, string? Partner), Line> lines = [];

    private sealed record Waiting(UploadProfile.Command Upload, TaskCompletionSource<Answer> Answer);

    private sealed class Line(Caller caller)
    {
        public Caller Caller => caller;
        public LinkedList<Waiting> Uploads { get; } = [];
        public int Groups { get; set; }
    }

    /// <returns>When it is committed; who no longer waits for it does not undo it.</returns>
    public Task<Answer> StoreAsync(Caller caller, UploadProfile.Command upload)
    {
        var waiting = new Waiting(upload, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (lines)
        {
            if (!lines.TryGetValue((caller.Client, caller.PartnerId), out var line)) lines.Add((caller.Client, caller.PartnerId), line = new(caller));
            line.Uploads.AddLast(waiting);
            if (line.Groups < AtOnce)
            {
                line.Groups++;
                _ = Task.Run(() => StoreAsync(line));
            }
        }
        return waiting.Answer.Task;
    }

    private async Task StoreAsync(Line line)
    {
        while (Next(line) is { Count: > 0 } group)
        {
            if (group.Count > 1 && await TogetherAsync(line.Caller, group)) continue;
            foreach (var waiting in group) await AloneAsync(line.Caller, waiting);
        }
    }

    /// <summary>In the order of their coming; a second upload to a sample, or with a key, comes after the first.</summary>
    private List<Waiting> Next(Line line)
    {
        var group = new List<Waiting>();
        var (samples, keys, bytes) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), 0);
        lock (lines)
        {
            for (var node = line.Uploads.First; node is not null && group.Count < MaxUploads && bytes < MaxBytes;)
            {
                var (waiting, next) = (node.Value, node.Next);
                // Of both sets, so that a third does not overtake the second.
                var apart = samples.Add(waiting.Upload.Profile.Accession) & (waiting.Upload.Idempotent is not { } idempotent || keys.Add(idempotent.Key));
                if (apart)
                {
                    group.Add(waiting);
                    bytes += waiting.Upload.Profile.Source.Length + waiting.Upload.Profile.Packed.Length;
                    line.Uploads.Remove(node);
                }
                node = next;
            }
            if (group.Count == 0 && --line.Groups == 0) lines.Remove((line.Caller.Client, line.Caller.PartnerId));
        }
        return group;
    }

    /// <summary>False when it cannot be all of them.</summary>
    private async Task<bool> TogetherAsync(Caller caller, List<Waiting> group)
    {
        try
        {
            await using var session = new LabSession(database, caller);
            await session.ExecuteAsync("SET LOCAL lock_timeout = '2s'", CancellationToken.None);
            IdempotentRequest[] keys = [.. group.Select(w => w.Upload.Idempotent).OfType<IdempotentRequest>()];
            if (keys.Length > 0 && !await IdempotentRequest.TakeAsync(session, keys, CancellationToken.None)) return false;
            var stored = await new StoreProfiles(session, signal, defaultPartner).StoreAsync([.. group.Select(w => w.Upload.Profile)], CancellationToken.None);
            if (stored.Any(s => s.Refused is not null)) return false;
            Answer[] answers = [.. stored.Select(AnswerOf)];
            var kept = group.Zip(answers).Where(g => g.First.Upload.Idempotent is not null).Select(g => (g.First.Upload.Idempotent!, g.Second)).ToArray();
            if (kept.Length > 0) await IdempotentRequest.CompleteAsync(session, kept, CancellationToken.None);
            await session.CommitAsync(CancellationToken.None);
            foreach (var (waiting, answer) in group.Zip(answers)) waiting.Answer.TrySetResult(answer);
            return true;
        }
        catch (PostgresException)
        {
            // Rolled back: whose fault it was shows alone.
            return false;
        }
        catch (Exception failure)
        {
            foreach (var waiting in group) waiting.Answer.TrySetException(failure);
            return true;
        }
    }

    private async Task AloneAsync(Caller caller, Waiting waiting)
    {
        try
        {
            await using var session = new LabSession(database, caller);
            var answer = waiting.Upload.Idempotent is { } request ? await request.BeginAsync(session, CancellationToken.None) : null;
            if (answer is null)
            {
                var stored = (await new StoreProfiles(session, signal, defaultPartner).StoreAsync([waiting.Upload.Profile], CancellationToken.None))[0];
                answer = stored.Refused is { } refused ? throw refused : AnswerOf(stored);
                if (waiting.Upload.Idempotent is { } kept) await kept.CompleteAsync(session, answer, CancellationToken.None);
            }
            await session.CommitAsync(CancellationToken.None);
            waiting.Answer.TrySetResult(answer);
        }
        catch (Exception failure)
        {
            waiting.Answer.TrySetException(failure);
        }
    }

    private static Answer AnswerOf(StoredProfile stored) =>
        Answer.Of(stored.Duplicate ? StatusCodes.Status200OK : StatusCodes.Status202Accepted, $"/v1/analyses/{stored.Accepted!.AnalysisId}", stored.Accepted);
}
