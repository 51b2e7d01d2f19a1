using System.Globalization;
using System.Text;
using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Tasks;
using Lab.Microbiome.Reports;

namespace Lab.Api.Exports;

/// <summary>A table of taxa by samples as BIOM 1.0 (JSON, sparse). The values go out as the samples are read; rows, columns and shape, which are known then, stand after them.</summary>
public static class BiomExport
{
    public static async Task<(long Samples, long Taxa)> WriteAsync(TaskRun run, TaskContent content, TaxonTables tables, long total, CancellationToken cancellation)
    {
        Write(content, $$"""
            {"id":"{{run.Id}}","format":"Biological Observation Matrix 1.0.0","format_url":"http://biom-format.org","type":"Taxon table","generated_by":"Lab {{About.This.Version}}","date":"{{run.CreatedAt.UtcDateTime.ToString("s", CultureInfo.InvariantCulture)}}","matrix_type":"sparse","matrix_element_type":"{{(tables.Unit == ExportRules.Reads ? "int" : "float")}}","data":[
            """);
        var columns = new List<string>();
        var (text, separator) = (new StringBuilder(), "");
        await foreach (var sample in tables.ReadAsync(cancellation))
        {
            content.Holds(sample.Sample);
            foreach (var (taxon, value) in sample.Values)
            {
                text.Append(CultureInfo.InvariantCulture, $"{separator}[{taxon},{columns.Count},{CanonicalJson.Number(value)}]");
                separator = ",\n";
            }
            Write(content, text);
            await content.KeepAsync(cancellation);
            columns.Add(JsonSerializer.Serialize(new { id = sample.Accession, metadata = new { report = sample.Report, sample.Version, sample.Status, sample.IssuedAt } }, Json.Options));
            run.Progress(columns.Count, total);
        }
        Write(content, "],\n\"columns\":[");
        await ListAsync(content, columns, cancellation);
        Write(content, "],\n\"rows\":[");
        await ListAsync(content, tables.Taxa.Select(t => JsonSerializer.Serialize(new { t.Id, metadata = new { taxonomy = t.Lineage, t.Taxid, t.Name, tables.Rank } }, Json.Options)), cancellation);
        Write(content, string.Create(CultureInfo.InvariantCulture, $"],\n\"shape\":[{tables.Taxa.Count},{columns.Count}]}}\n"));
        await content.KeepAsync(cancellation);
        return (columns.Count, tables.Taxa.Count);
    }

    private static async Task ListAsync(TaskContent content, IEnumerable<string> items, CancellationToken cancellation)
    {
        var separator = "";
        foreach (var item in items)
        {
            Write(content, separator + item);
            separator = ",\n";
            await content.KeepAsync(cancellation);
        }
    }

    private static void Write(TaskContent content, string text) => content.Write(Encoding.UTF8.GetBytes(text));

    private static void Write(TaskContent content, StringBuilder text)
    {
        Write(content, text.ToString());
        text.Clear();
    }
}
