using System.Globalization;
using System.IO.Compression;
using System.Text;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Reports;

/// <summary>Fifty reports of every kind, made through the API, each as JSON and FHIR. Real people where their tables lie beside the repository, made-up ones otherwise.</summary>
public sealed class ReportCorpus(TestDatabase databases) : IAsyncLifetime
{
    public const int Size = 50;

    /// <summary>A name that a file may bring: a formula, markup, quotes, other scripts.</summary>
    public static readonly string[] HostileNames =
        ["=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-2+3", "@SUM(A1)", "<script>alert(1)</script>", "comma, \"quote\"", "naïve 肠道菌 🦠", "'apostrophe"];

    private readonly List<Made> reports = [];

    public LabHost Host { get; } = new(databases);

    public IReadOnlyList<Made> Reports => reports;

    /// <summary>One version, as the API sends it.</summary>
    public sealed record Made(string Name, Guid Id, byte[] Json, byte[] Fhir);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Host.InitializeAsync();
        foreach (var file in SampleFiles.Shipped) await MakeAsync($"SHIPPED-{file.Data}", SampleFiles.Read(file.Data));
        await MakeAsync("SHALLOW", SampleFiles.ShallowKreport(1));
        await MakeAsync("HOSTILE-READS", Hostile("reads", "4120"), new() { Assay = "amplicon-16s" });
        await MakeAsync("HOSTILE-FRACTION", Hostile("fraction", "0.00001"), new() { Assay = "shotgun-metaphlan2" });
        await MakeAsync("TINY", Encoding.UTF8.GetBytes("""{"assay":"shotgun-metaphlan2","unit":"fraction","taxa":[{"taxid":853,"value":0.9},{"taxid":562,"value":1e-7},{"taxid":820,"value":1e-27},{"taxid":573,"value":1e-200}]}"""));
        await MakeAsync("ONE-TAXON", Encoding.UTF8.GetBytes("""{"assay":"shotgun-kraken2","unit":"reads","taxa":[{"taxid":853,"value":900000}]}"""));
        await MakeAsync("NO-COHORT", SampleFiles.Read("amplicon-16s-healthy.json"), new() { Cohort = "us-16s@1" });
        await MakeAsync("GUIDED", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), new() { Panel = "gut-core-guided@1" });
        await Host.Client.PutSampleAsync("REGISTERED", new SampleRegistration
        {
            Subject = "P-1",
            CollectedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            ReceivedAt = new DateTimeOffset(2026, 1, 20, 3, 4, 5, 678, TimeSpan.Zero),
            Context = new() { RedFlags = ["fit-positive"] },
        }, Ct);
        await MakeAsync("REGISTERED", SampleFiles.Kreport(1));
        await SignAsync();
        var people = People().Take(25).ToArray();
        foreach (var (id, file) in people) await MakeAsync($"PERSON-{id}", file);
        for (var seed = 0; reports.Count < Size; seed++) await MakeAsync($"KREPORT-{seed}", SampleFiles.Kreport(1000 * seed));
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    /// <summary>The statuses after the first: corrected, amended, withdrawn.</summary>
    private async Task SignAsync()
    {
        foreach (var (accession, reason) in new[] { ("CORRECTED", "sample-mismatch"), ("AMENDED", "new-information") })
        {
            var released = await UploadAsync(accession, SampleFiles.Kreport(2));
            var amended = await Host.Client.AmendReportAsync(released, await EtagAsync(released), reason, "A \"note\" of a person,\u0007\nwith what FHIR's strings do not hold.", Ct);
            await AddAsync($"{accession}-PRELIMINARY", amended.Id);
            await AddAsync(accession, (await Host.Client.ReleaseReportAsync(amended.Id, await EtagAsync(amended.Id), null, Ct)).Id);
        }
        var withdrawn = await UploadAsync("WITHDRAWN", SampleFiles.Read("kraken2-klebsiella.kreport"));
        await AddAsync("WITHDRAWN", (await Host.Client.WithdrawReportAsync(withdrawn, await EtagAsync(withdrawn), "patient-mismatch", "Tube of somebody else.", Ct)).Id);
    }

    private async Task<string> EtagAsync(Guid report) => (await Host.Client.GetReportAsync(report, cancellation: Ct)).ETag!;

    private async Task<Guid> UploadAsync(string accession, byte[] file, UploadOptions? options = null)
    {
        var upload = await Host.Client.UploadProfileAsync(accession, file, options, Ct);
        return (await Host.Client.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(30), Ct)).ReportId!.Value;
    }

    private async Task MakeAsync(string accession, byte[] file, UploadOptions? options = null) => await AddAsync(accession, await UploadAsync(accession, file, options));

    private async Task AddAsync(string name, Guid id) => reports.Add(new(name, id, await ReadAsync(id, "application/json"), await ReadAsync(id, "application/fhir+json")));

    public async Task<byte[]> ReadAsync(Guid id, string type)
    {
        using var http = Host.Http();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/reports/{id}");
        request.Headers.Accept.ParseAdd(type);
        using var answer = await http.SendAsync(request, Ct);
        answer.EnsureSuccessStatusCode();
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        return await answer.Content.ReadAsByteArrayAsync(Ct);
    }

    private static byte[] Hostile(string unit, string value) => Encoding.UTF8.GetBytes($$"""
        {"unit":"{{unit}}","taxa":[{"taxid":853,"value":{{(unit == "reads" ? "800000" : "0.8")}}},
        {{string.Join(',', HostileNames.Select(name => $$"""{"lineage":{{System.Text.Json.JsonSerializer.Serialize($"k__Bacteria;p__{name};c__{name}c;o__{name}o;f__{name}f;g__{name}g")}},"value":{{value}}}"""))}}]}
        """);

    /// <summary>People of public studies, as MetaPhlAn 2 would have written them; none where the tables are missing.</summary>
    private static IEnumerable<(string Id, byte[] File)> People()
    {
        var folder = SharedFixtures.Folder is { } fixtures ? Path.Combine(fixtures, "..", "data", "science", "data") : "";
        if (!Directory.Exists(folder)) yield break;
        var lineages = Rows("metaphlan2_species_lineage.tsv").ToDictionary(r => r[0], r => r[1]);
        // Every thirtieth of the healthy and of the ill, so that they are of many studies.
        foreach (var table in new[] { "healthy_reference_species_long.tsv.gz", "disease_samples_species_long.tsv.gz" })
        {
            foreach (var person in Rows(table).GroupBy(r => r[0]).Where((_, place) => place % 30 == 0).Take(13))
            {
                var clades = new SortedDictionary<string, double>(StringComparer.Ordinal);
                foreach (var row in person)
                {
                    var levels = lineages[row[^2]].Split('|');
                    for (var i = 1; i <= levels.Length; i++)
                    {
                        var clade = string.Join('|', levels[..i]);
                        clades[clade] = clades.GetValueOrDefault(clade) + double.Parse(row[^1], CultureInfo.InvariantCulture);
                    }
                }
                yield return (person.Key, Encoding.UTF8.GetBytes("#SampleID\tMetaphlan2_Analysis\n" + string.Concat(clades.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}\t{c.Value:R}\n")))));
            }
        }

        IEnumerable<string[]> Rows(string file)
        {
            using var bytes = File.OpenRead(Path.Combine(folder, file));
#pragma warning disable RS0030 // A whole file of ours: truncation is not in question here.
            using Stream plain = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(bytes, CompressionMode.Decompress) : bytes;
#pragma warning restore RS0030
            using var reader = new StreamReader(plain);
            reader.ReadLine();
            while (reader.ReadLine() is { } line) yield return line.Split('\t');
        }
    }
}
