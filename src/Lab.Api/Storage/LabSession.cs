using System.Data;
using Lab.Api.Hosting;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lab.Api.Storage;

/// <summary>The one transaction of a request. Its first statement tells the database whose rows may be seen; it is rolled back unless committed.</summary>
public sealed class LabSession(LabDatabase database, Caller caller) : IAsyncDisposable
{
    private NpgsqlConnection? connection;
    private NpgsqlTransaction? transaction;
    private LabDbContext? context;

    public Caller Caller => caller;

    public IsolationLevel Isolation { get; init; } = IsolationLevel.ReadCommitted;

    /// <summary>Runs after the commit: signals, never anything that must not be lost.</summary>
    public Action? Committed { get; set; }

    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        if (connection is null)
        {
            var opening = await database.App.OpenConnectionAsync(cancellation);
            connection = opening;
            transaction = await opening.BeginTransactionAsync(Isolation, cancellation);
            await using var scope = new NpgsqlCommand("SELECT set_config('app.partner', $1, true)", opening) { Parameters = { new() { Value = caller.PartnerScope } } };
            await scope.ExecuteNonQueryAsync(cancellation);
        }
        return connection;
    }

    /// <summary>The model over the same transaction.</summary>
    public async ValueTask<LabDbContext> ModelAsync(CancellationToken cancellation)
    {
        if (context is null)
        {
            var open = await OpenAsync(cancellation);
            context = new LabDbContext(new DbContextOptionsBuilder<LabDbContext>().UseNpgsql(open).UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking).Options);
            await context.Database.UseTransactionAsync(transaction, cancellation);
        }
        return context;
    }

    public async ValueTask<NpgsqlCommand> CommandAsync(string sql, CancellationToken cancellation, params object?[] parameters)
    {
        var command = new NpgsqlCommand(sql, await OpenAsync(cancellation));
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancellation, params object?[] parameters)
    {
        await using var command = await CommandAsync(sql, cancellation, parameters);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task CommitAsync(CancellationToken cancellation)
    {
        if (transaction is null) return;
        await transaction.CommitAsync(cancellation);
        Committed?.Invoke();
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (context is not null) await context.DisposeAsync();
        if (transaction is not null) await transaction.DisposeAsync();
        if (connection is not null) await connection.DisposeAsync();
        (context, transaction, connection) = (null, null, null);
    }
}
