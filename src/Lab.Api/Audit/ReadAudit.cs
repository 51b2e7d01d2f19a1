using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Npgsql;

namespace Lab.Api.Audit;

/// <summary>Records who read which report or profile. A read waits for no disk: it is put in a bounded queue that is written every 200 ms. While the queue is
/// full nothing is read (503); a crash loses what was read in that window, at most.</summary>
public sealed class ReadAudit(LabDatabase database, IConfiguration configuration, ILogger<ReadAudit> logger) : BackgroundService
{
    public const string Report = "report.read", Profile = "profile.read";

    private const int Batch = 5000;

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(200);

    private readonly Channel<Reading> queue = Channel.CreateBounded<Reading>(configuration.GetValue("Audit:ReadQueue", 20_000));
    // Taken from the queue, not yet in the database.
    private readonly List<Reading> taken = [];

    private readonly record struct Reading(long Time, string Actor, Guid Sample, string Action, string Object);

    /// <summary>Before anything of it is sent.</summary>
    /// <exception cref="ProblemException">The queue is full (503).</exception>
    public void Record(Caller caller, string action, Guid id, Guid sample)
    {
        if (!queue.Writer.TryWrite(new Reading(Stopwatch.GetTimestamp(), Storable(caller.Client), sample, action, $"{action[..action.IndexOf('.', StringComparison.Ordinal)]}:{id}")))
        {
            throw new ProblemException(ProblemCodes.Unavailable, "Reads cannot be recorded now, so nothing is read.", retryAfter: 1);
        }
    }

    /// <summary>A name that no text of the database can hold would keep all the others of its batch from being written.</summary>
    public static string Storable(string client) => client.All(c => c != 0 && !char.IsSurrogate(c)) ? client : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(client)).Replace("\0", "\uFFFD", StringComparison.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (taken.Count == 0) await ((Task)queue.Reader.WaitToReadAsync(stoppingToken).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(Window, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await WriteAsync();
        }
    }

    /// <summary>What was read while the host stopped is written too: no request is open any more.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync();
    }

    private async Task WriteAsync()
    {
        try
        {
            do
            {
                while (taken.Count < Batch && queue.Reader.TryRead(out var reading)) taken.Add(reading);
                if (taken.Count > 0) await InsertAsync();
                taken.Clear();
            }
            while (queue.Reader.TryPeek(out _));
        }
        catch (Exception e)
        {
            // They stay, and are written when the database is back.
            ReadAuditLog.Missed(logger, e, taken.Count);
        }
    }

    private async Task InsertAsync()
    {
        // The database's clock, less how long ago it was: clocks of nodes differ.
        await using var insert = database.Worker.CreateCommand("""
            INSERT INTO lab.audit (at, actor, partner_id, sample_id, action, object, proof)
            SELECT clock_timestamp() - make_interval(secs => r.age), r.actor, s.partner_id, r.sample, r.action, r.object, r.proof
            FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY r(age, actor, sample, action, object, proof, place) LEFT JOIN lab.sample s ON s.id = r.sample ORDER BY r.place
            """);
        foreach (var values in new Array[]
        {
            taken.Select(r => Stopwatch.GetElapsedTime(r.Time).TotalSeconds).ToArray(), taken.Select(r => r.Actor).ToArray(), taken.Select(r => r.Sample).ToArray(),
            taken.Select(r => r.Action).ToArray(), taken.Select(r => r.Object).ToArray(), taken.Select(r => database.Proof.Of(r.Actor, r.Action, r.Object)).ToArray(),
        })
        {
            insert.Parameters.Add(new NpgsqlParameter { Value = values });
        }
        await insert.ExecuteNonQueryAsync();
    }
}

internal static partial class ReadAuditLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} reads could not be recorded; trying again")]
    public static partial void Missed(ILogger logger, Exception exception, int count);
}
