using System.Globalization;
using System.Text;
using Lab.Api.Reports;
using Lab.Api.Tasks;
using Lab.Microbiome.Reports;

namespace Lab.Api.Exports;

/// <summary>A table of taxa by samples with tabs between (UTF-8), ordered by lineage. The samples are read once; their values come back taxon by taxon.</summary>
public static class TsvExport
{
    public static async Task<(long Samples, long Taxa)> WriteAsync(TaskRun run, TaskContent content, TaxonTables tables, MatrixCells cells, long total, CancellationToken cancellation)
    {
        var header = new StringBuilder("taxid\tname\tlineage");
        var samples = 0;
        await foreach (var sample in tables.ReadAsync(cancellation))
        {
            // All of them before the first value: every line of the table holds something of everybody.
            content.Holds(sample.Sample);
            header.Append('\t').Append(Cell(sample.Accession));
            foreach (var (taxon, value) in sample.Values) await cells.AddAsync(taxon, samples, value, cancellation);
            run.Progress(++samples, total);
        }
        content.Write(Encoding.UTF8.GetBytes(header.Append('\n').ToString()));
        await content.KeepAsync(cancellation);
        var order = Enumerable.Range(0, tables.Taxa.Count).OrderBy(i => string.Join(';', tables.Taxa[i].Lineage), StringComparer.Ordinal).ThenBy(i => tables.Taxa[i].Id, StringComparer.Ordinal).ToArray();
        var row = new Row(content, tables, order, samples);
        await foreach (var (place, sample, value) in cells.ReadAsync(order, cancellation))
        {
            if (row.Place != place)
            {
                row.End();
                await content.KeepAsync(cancellation);
                row.Begin(place);
            }
            row.Add(sample, value);
        }
        row.End();
        await content.KeepAsync(cancellation);
        return (samples, order.Length);
    }

    /// <summary>Nothing in a cell ends it, and a spreadsheet takes none for a formula.</summary>
    private static string Cell(string text)
    {
        var plain = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c == '"' ? '\'' : c));
        return ReportCsv.Defused(plain);
    }

    /// <summary>One line: what a sample does not have is 0.</summary>
    private sealed class Row(TaskContent content, TaxonTables tables, int[] order, int samples)
    {
        private readonly StringBuilder line = new();
        private int next;

        public int Place { get; private set; } = -1;

        public void Begin(int place)
        {
            (Place, next) = (place, 0);
            var taxon = tables.Taxa[order[place]];
            line.Append(taxon.Taxid?.ToString(CultureInfo.InvariantCulture)).Append('\t').Append(Cell(taxon.Name)).Append('\t').Append(Cell(string.Join(';', taxon.Lineage)));
        }

        public void Add(int sample, double value)
        {
            Fill(sample);
            line.Append('\t').Append(CanonicalJson.Number(value));
            next++;
        }

        public void End()
        {
            if (Place < 0) return;
            Fill(samples);
            content.Write(Encoding.UTF8.GetBytes(line.Append('\n').ToString()));
            line.Clear();
        }

        private void Fill(int until)
        {
            for (; next < until; next++) line.Append("\t0");
        }
    }
}
