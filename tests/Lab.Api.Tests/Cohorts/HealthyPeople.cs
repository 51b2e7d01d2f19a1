using System.Globalization;
using System.IO.Compression;
using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Cohorts;

/// <summary>The people of the shipped shotgun cohorts, whose profiles lie beside a development checkout and are no part of the repository.</summary>
internal static class HealthyPeople
{
    /// <summary>Each person's profile as MetaPhlAn 2 would have written it, by name; of <c>western</c> or <c>east_asian</c> people.</summary>
    public static IReadOnlyList<(string Name, byte[] Profile)> Of(string population)
    {
        Assert.SkipWhen(Folder is null, "shared/data/science is not beside the repository, and LAB_SHARED does not name it");
        var lineages = Rows("metaphlan2_species_lineage.tsv").ToDictionary(r => r[0], r => r[1]);
        var people = Rows("healthy_reference_samples.tsv").Where(r => r[3] == population).Select(r => r[0]).ToHashSet();
        return [.. Rows("healthy_reference_species_long.tsv.gz").Where(r => people.Contains(r[0])).GroupBy(r => r[0], r => (r[1], double.Parse(r[2], CultureInfo.InvariantCulture)))
            .OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, MetaPhlAn2(g, lineages)))];
    }

    /// <summary>Registers each as a person who agreed, uploads the profile, and waits until all are reported.</summary>
    public static async Task RegisterAsync(LabClient client, IEnumerable<(string Name, byte[] Profile)> people, CancellationToken cancellation)
    {
        var last = await Task.WhenAll(people.Chunk(100).Select(async some =>
        {
            var analysis = Guid.Empty;
            foreach (var (name, profile) in some)
            {
                await client.PutSampleAsync(name, new() { Subject = $"P-{name}", Consent = true }, cancellation);
                analysis = (await client.UploadProfileAsync(name, profile, cancellation: cancellation)).AnalysisId;
            }
            return analysis;
        }));
        foreach (var analysis in last) await client.WaitForReportAsync(analysis, cancellation);
        while ((await client.ListAnalysesAsync("queued", 1, cancellation: cancellation)).Items.Count + (await client.ListAnalysesAsync("running", 1, cancellation: cancellation)).Items.Count > 0) await Task.Delay(50, cancellation);
    }

    private static string? Folder => SharedFixtures.Folder is { } fixtures && Path.Combine(fixtures, "..", "data", "science", "data") is var folder && Directory.Exists(folder) ? folder : null;

    private static byte[] MetaPhlAn2(IEnumerable<(string Species, double Percent)> person, Dictionary<string, string> lineages)
    {
        var clades = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (species, percent) in person)
        {
            var levels = lineages[species].Split('|');
            for (var i = 1; i <= levels.Length; i++) clades[string.Join('|', levels[..i])] = clades.GetValueOrDefault(string.Join('|', levels[..i])) + percent;
        }
        return Encoding.UTF8.GetBytes("#SampleID\tMetaphlan2_Analysis\n" + string.Concat(clades.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}\t{c.Value:G6}\n"))));
    }

    private static IEnumerable<string[]> Rows(string file)
    {
        using var bytes = File.OpenRead(Path.Combine(Folder!, file));
#pragma warning disable RS0030 // A whole file of ours: truncation is not in question here.
        using Stream plain = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(bytes, CompressionMode.Decompress) : bytes;
#pragma warning restore RS0030
        using var reader = new StreamReader(plain);
        reader.ReadLine();
        while (reader.ReadLine() is { } line) yield return line.Split('\t');
    }
}
