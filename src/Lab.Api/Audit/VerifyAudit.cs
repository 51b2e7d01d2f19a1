using System.Data;
using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Lab.Api.Audit;

/// <summary>A head of the chain that was noted elsewhere, to be found in it again.</summary>
public sealed record KnownHead
{
    /// <summary>How many rows were sealed then.</summary>
    public required long Sealed { get; init; }
    /// <summary>The hash of the last of them: 64 lower-case hex digits.</summary>
    public required string Head { get; init; }
}

/// <summary>Whether the audit trail is what was written.</summary>
/// <param name="Intact">No row was changed, removed or added.</param>
/// <param name="Rows">How many there are.</param>
/// <param name="Sealed">How many of them are in the chain; the others were written in the last second.</param>
/// <param name="Head">The hash of the last sealed row. Noted elsewhere, it proves later that nothing before it was rewritten.</param>
/// <param name="Problems">At most 100.</param>
public sealed record AuditVerification(bool Intact, long Rows, long Sealed, string Head, IReadOnlyList<AuditProblem> Problems);

/// <summary>One thing that is not as it was written.</summary>
/// <param name="Code">row-changed, row-missing, row-added or head-changed.</param>
/// <param name="Seq">The place in the chain; null for a row that is not sealed yet.</param>
/// <param name="Id">The row, where there is one.</param>
/// <param name="Message">In words.</param>
public sealed record AuditProblem(string Code, long? Seq, long? Id, string Message);

/// <summary>Computes the whole chain again.</summary>
public static class VerifyAudit
{
    private const int Listed = 100;

    public sealed record Command(KnownHead? Known) : ICommand<AuditVerification>;

    /// <summary>Verify the audit trail</summary>
    public static async Task<Ok<AuditVerification>> PostAsync(HttpContext context, IMediator sender)
    {
        var (known, _) = await StrictBody.ReadOptionalAsync<KnownHead>(context);
        if (known is { Sealed: < 1 } || (known is { } given && (given.Head.Length != 64 || !given.Head.All(char.IsAsciiHexDigit))))
        {
            throw new ProblemException(ProblemCodes.ValueInvalid, "The head cannot be one.", errors:
                [new("value-invalid", null, null, known.Sealed < 1 ? "/sealed" : "/head", "A head is a number of rows from 1 on and 64 hex digits.", "Send sealed and head as an earlier verification answered them.")]);
        }
        return TypedResults.Ok(await sender.Send(new Command(known), context.RequestAborted));
    }

    public sealed class Handler(LabSession session, LabDatabase database) : IRequestHandler<Command, AuditVerification>
    {
        // Each reads all there is: one at a time at a node, and who waits holds no connection.
        private static readonly SemaphoreSlim Turn = new(1);

        public async Task<AuditVerification> Handle(Command command, CancellationToken cancellation)
        {
            await Turn.WaitAsync(cancellation);
            try
            {
                return await VerifyAsync(command.Known, cancellation);
            }
            finally
            {
                Turn.Release();
            }
        }

        private async Task<AuditVerification> VerifyAsync(KnownHead? known, CancellationToken cancellation)
        {
            await using var connection = await database.Worker.OpenConnectionAsync(cancellation);
            // One snapshot: what is sealed meanwhile belongs to the next verification.
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
            var (count, head, unproven) = await HeadAsync(connection, cancellation);
            var chain = new Walk(known);
            await using (var select = new NpgsqlCommand($"SELECT {ChainRow.Columns}, seq, hash, genuine FROM lab.audit WHERE seq IS NOT NULL ORDER BY seq, id", connection))
            await using (var reader = await select.ExecuteReaderAsync(cancellation))
            {
                while (await reader.ReadAsync(cancellation)) chain.Step(ChainRow.Read(reader), reader.GetInt64(9), reader.IsDBNull(10) ? [] : reader.GetFieldValue<byte[]>(10), !reader.IsDBNull(11) && reader.GetBoolean(11));
            }
            chain.End(count, head);
            long open = 0;
            await using (var select = new NpgsqlCommand($"SELECT {ChainRow.Columns} FROM lab.audit WHERE seq IS NULL ORDER BY id", connection))
            await using (var reader = await select.ExecuteReaderAsync(cancellation))
            {
                for (; await reader.ReadAsync(cancellation); open++)
                {
                    var row = ChainRow.Read(reader);
                    if (row.Id > unproven && !database.Proof.Accepts(row.Proof, row.Actor, row.Action, row.Object)) chain.Add("row-added", null, row.Id, "The row is not sealed yet, and the service did not write it.");
                }
            }
            var verification = new AuditVerification(chain.Problems.Count == 0, chain.Rows + open, chain.Rows, Convert.ToHexStringLower(head), chain.Problems);
            await session.RecordAsync("audit.verified", $"audit:{count}", JsonSerializer.Serialize(new { verification.Intact, verification.Rows, verification.Head }, JsonSerializerOptions.Web), cancellation);
            return verification;
        }

        private static async Task<(long Sealed, byte[] Head, long Unproven)> HeadAsync(NpgsqlConnection connection, CancellationToken cancellation)
        {
            await using var select = new NpgsqlCommand("SELECT sealed, hash, unproven_until FROM lab.chain_head", connection);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            return (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2));
        }
    }

    /// <summary>Goes along the chain. Each row is held against the stored hash before it, so that one change is one problem and not one for every row behind it.</summary>
    private sealed class Walk(KnownHead? known)
    {
        private long last;
        private byte[] before = AuditChain.Start;
        private bool met;

        public long Rows { get; private set; }

        public List<AuditProblem> Problems { get; } = [];

        public void Add(string code, long? seq, long? id, string message)
        {
            if (Problems.Count < Listed) Problems.Add(new(code, seq, id, message));
        }

        public void Step(ChainRow row, long seq, byte[] hash, bool genuine)
        {
            Rows++;
            if (seq <= last) Add("row-added", seq, row.Id, "The place is another row's.");
            else if (seq > last + 1) Add("row-missing", last + 1, null, seq == last + 2 ? "The row at this place is gone." : $"The rows at the places {last + 1} to {seq - 1} are gone.");
            // Behind a gap the hash before is not known.
            else if (!AuditChain.Next(before, seq, row, genuine).AsSpan().SequenceEqual(hash)) Add("row-changed", seq, row.Id, "The row, or the one before it, is not what was sealed.");
            else if (!genuine) Add("row-added", seq, row.Id, "The service did not write the row.");
            if (seq == known?.Sealed)
            {
                met = true;
                if (!Convert.ToHexString(hash).Equals(known.Head, StringComparison.OrdinalIgnoreCase)) Add("head-changed", seq, row.Id, "The hash at this place is not the one that was noted.");
            }
            (last, before) = (seq, hash);
        }

        public void End(long count, byte[] head)
        {
            if (last < count) Add("row-missing", last + 1, null, count == last + 1 ? "The last row is gone." : $"The rows at the places {last + 1} to {count} are gone.");
            else if (last > count) Add("row-added", count + 1, null, "There are sealed rows behind the end of the chain.");
            else if (!before.AsSpan().SequenceEqual(head)) Add("head-changed", last, null, "The hash of the last row is not the head of the chain.");
            if (known is not null && !met) Add("head-changed", known.Sealed, null, "The chain has no row at the place that was noted.");
        }
    }
}
