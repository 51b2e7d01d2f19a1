using System.Collections.Concurrent;
using System.Globalization;

namespace Lab.Faults;

/// <summary>What a call came to.</summary>
internal enum Outcome
{
    /// <summary>The service acknowledged it: it must be there for ever.</summary>
    Ok,
    /// <summary>The service refused it, or was never reached: nothing of it may be there.</summary>
    Fail,
    /// <summary>No answer came, or one that the database was away: wholly there, or not at all.</summary>
    Unknown,
}

/// <summary>One upload, as its client knows it.</summary>
/// <param name="Accession">The sample.</param>
/// <param name="Sha256">Of what was sent, lower-case hex.</param>
/// <param name="Key">The Idempotency-Key; null where none was sent.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="Status">Of the answer; 0 where none came.</param>
/// <param name="RetryAfter">Whether the answer said when to come again.</param>
/// <param name="ProfileId">As it was acknowledged.</param>
/// <param name="AnalysisId">As it was acknowledged.</param>
internal sealed record Call(string Accession, string Sha256, string? Key, Outcome Outcome, int Status, bool RetryAfter, Guid? ProfileId, Guid? AnalysisId);

/// <summary>All calls of an experiment. Each stands in a file before it is sent and after it ended, so that what a crash of this program left can be read.</summary>
internal sealed class Ledger : IDisposable
{
    private readonly ConcurrentQueue<Call> calls = new();
    private readonly TextWriter file;

    public Ledger(string path) => file = TextWriter.Synchronized(new StreamWriter(path) { AutoFlush = true });

    public IEnumerable<Call> Calls => calls;

    public int Acknowledged => calls.Count(call => call.Outcome == Outcome.Ok);

    public void Invoke(string accession, string sha256, string? key) => file.WriteLine($"invoke\t{accession}\t{sha256}\t{key}");

    public void Ended(Call call)
    {
        calls.Enqueue(call);
        file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{call.Outcome}\t{call.Accession}\t{call.Sha256}\t{call.Key}\t{call.Status}\t{call.ProfileId}\t{call.AnalysisId}"));
    }

    public void Dispose() => file.Dispose();
}
