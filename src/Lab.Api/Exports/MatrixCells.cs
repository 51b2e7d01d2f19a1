using Lab.Api.Storage;
using Npgsql;

namespace Lab.Api.Exports;

/// <summary>The values of a table, turned from samples to taxa by a temporary table of the database: it sorts on its own disk, and health data stay in one place.</summary>
public sealed class MatrixCells(LabDatabase database) : IAsyncDisposable
{
    private NpgsqlConnection? connection;
    private NpgsqlTransaction? transaction;
    private NpgsqlBinaryImporter? importer;

    public async Task AddAsync(int taxon, int sample, double value, CancellationToken cancellation)
    {
        var copy = importer ?? await BeginAsync(cancellation);
        await copy.StartRowAsync(cancellation);
        await copy.WriteAsync(taxon, cancellation);
        await copy.WriteAsync(sample, cancellation);
        await copy.WriteAsync(value, cancellation);
    }

    /// <summary>All of them, taxon by taxon in the given order, and each by sample.</summary>
    public async IAsyncEnumerable<(int Place, int Sample, double Value)> ReadAsync(int[] taxa, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        if (importer is null) yield break;
        await importer.CompleteAsync(cancellation);
        await importer.DisposeAsync();
        importer = null;
        await using var select = new NpgsqlCommand("SELECT o.place::int, c.sample, c.value FROM cell c JOIN unnest($1) WITH ORDINALITY o(taxon, place) USING (taxon) ORDER BY o.place, c.sample", connection)
        {
            Parameters = { new() { Value = taxa } },
        };
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) yield return (reader.GetInt32(0) - 1, reader.GetInt32(1), reader.GetDouble(2));
    }

    public async ValueTask DisposeAsync()
    {
        if (importer is not null) await importer.DisposeAsync();
        if (transaction is not null) await transaction.DisposeAsync();
        if (connection is not null) await connection.DisposeAsync();
    }

    private async Task<NpgsqlBinaryImporter> BeginAsync(CancellationToken cancellation)
    {
        connection = await database.App.OpenConnectionAsync(cancellation);
        transaction = await connection.BeginTransactionAsync(cancellation);
        await using var create = new NpgsqlCommand("CREATE TEMPORARY TABLE cell (taxon integer, sample integer, value float8) ON COMMIT DROP", connection);
        await create.ExecuteNonQueryAsync(cancellation);
        return importer = await connection.BeginBinaryImportAsync("COPY cell FROM STDIN (FORMAT BINARY)", cancellation);
    }
}
