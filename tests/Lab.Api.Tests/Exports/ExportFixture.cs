using System.Globalization;
using System.Text;
using System.Text.Json;
using Lab.Client;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Api.Tests.Exports;

/// <summary>Samples to be exported, and exports as text.</summary>
public static class ExportFixture
{
    public const string Assay = "shotgun-kraken2";

    private static readonly long[] Species = [.. TaxonomyRelease.Shipped.Taxa.Where(t => t.Rank == TaxonomicRank.Species && TaxonomyRelease.Shipped.Ancestor(t.Taxid, TaxonomicRank.Domain)?.Taxid == 2).Select(t => t.Taxid).Take(200)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Lines of Lab's own JSON: counts of many gut species, the same for a seed.</summary>
    public static IEnumerable<string> Lines(string prefix, int count, int taxa = 120, int seed = 1)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var rows = Species.OrderBy(_ => random.Next()).Take(taxa).Select(t => new { taxid = t, value = random.Next(1, 40_000) });
            yield return JsonSerializer.Serialize(new { accession = $"{prefix}-{i:00000}", assay = Assay, unit = "reads", unclassified = 50_000, taxa = rows });
        }
    }

    /// <summary>Uploads them and waits until all are reported.</summary>
    public static async Task UploadAsync(LabClient client, IEnumerable<string> lines)
    {
        using var content = new StringContent(string.Join('\n', lines) + "\n", Encoding.UTF8, "application/x-ndjson");
        var last = Guid.Empty;
        await foreach (var verdict in client.UploadProfilesAsync(content, cancellation: Ct))
        {
            Assert.Equal("accepted", verdict.Status);
            last = verdict.AnalysisId!.Value;
        }
        Assert.NotEqual(Guid.Empty, last);
        while ((await client.ListAnalysesAsync("queued", 1, cancellation: Ct)).Items.Count > 0 || (await client.ListAnalysesAsync("running", 1, cancellation: Ct)).Items.Count > 0) await Task.Delay(200, Ct);
    }

    /// <summary>Asks, waits and reads.</summary>
    public static async Task<(Export Export, string Text)> ExportAsync(this LabClient client, ExportRequest request)
    {
        var asked = await client.RequestExportAsync(request, cancellation: Ct);
        var export = await client.WaitForExportAsync(asked.Id, Ct);
        Assert.Equal(("succeeded", null), (export.Status, export.Error));
        return (export, await client.ReadAsync(export.Id));
    }

    public static async Task<string> ReadAsync(this LabClient client, Guid id)
    {
        using var reader = new StreamReader(await client.DownloadExportAsync(id, Ct));
        return await reader.ReadToEndAsync(Ct);
    }

    /// <summary>A table with tabs: the value of a taxon in a sample.</summary>
    public static Dictionary<(string Taxid, string Sample), double> Cells(string tsv)
    {
        var lines = tsv.TrimEnd('\n').Split('\n').Select(l => l.Split('\t')).ToArray();
        Assert.All(lines, l => Assert.Equal(lines[0].Length, l.Length));
        return lines.Skip(1).SelectMany(l => lines[0].Skip(3).Zip(l.Skip(3), (sample, value) => ((l[0], sample), double.Parse(value, CultureInfo.InvariantCulture)))).ToDictionary(c => c.Item1, c => c.Item2);
    }
}
