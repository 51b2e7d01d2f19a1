using System.Globalization;
using System.Text;
using Lab.Client;

namespace Lab.Api.Tests.Subjects;

/// <summary>A made-up person with four samples of one assay and one of another: complaints and an overgrowth that come and go, an alarm sign at the end.</summary>
internal static class FourSamples
{
    // Thousands of reads by taxid. The fourth sample is as the first, within the error of counting.
    private static readonly (string Name, int Month, double[] Thousands, SampleContext Context, short Bristol)[] Samples =
    [
        ("1", 1, [310, 240, 6, 40, 30, 55, 18, 44, 21, 4, 9, 0.6], new() { Symptoms = ["bloating"], Medication = [] }, 4),
        ("2", 3, [140, 330, 95, 9, 12, 20, 60, 12, 5, 48, 3, 0.2], new() { Symptoms = ["bloating", "diarrhoea", "cramps"], Medication = ["antibiotics-3-months"] }, 6),
        ("3", 6, [255, 262, 21, 28, 25, 41, 33, 30, 15, 13, 7, 0.4], new() { Symptoms = ["bloating", "fatigue"], Medication = ["probiotic", "antibiotics-3-months"] }, 5),
        ("4", 10, [311, 239.5, 6.1, 40.2, 29.9, 54.8, 18.1, 44.1, 21, 4.1, 9, 0.6], new() { Symptoms = [], RedFlags = ["rectal-bleeding"], Medication = ["probiotic"] }, 4),
    ];

    private static readonly int[] Taxa = [853, 820, 562, 1680, 239935, 301301, 33038, 40520, 88431, 573, 2173, 1304];

    public static async Task RegisterAsync(LabHost host, string subject, CancellationToken cancellation)
    {
        foreach (var (name, month, thousands, context, bristol) in Samples)
        {
            var accession = $"{subject}-{name}";
            var collected = new DateTimeOffset(2026, month, 12, 7, 30, 0, TimeSpan.Zero);
            await host.Client.PutSampleAsync(accession, new() { Subject = subject, CollectedAt = collected, ReceivedAt = collected.AddDays(2), BristolScale = bristol, Context = context }, cancellation);
            await UploadAsync(host, accession, Profile("reads", "shotgun-kraken2", [.. thousands.Select(t => Math.Round(1000 * t))]), cancellation);
        }
        var other = $"{subject}-16S";
        await host.Client.PutSampleAsync(other, new() { Subject = subject, CollectedAt = new(2026, 4, 20, 7, 0, 0, TimeSpan.Zero) }, cancellation);
        await UploadAsync(host, other, SampleFiles.Read("amplicon-16s-healthy.json"), cancellation);
    }

    private static byte[] Profile(string unit, string assay, double[] values) => Encoding.UTF8.GetBytes(
        $$"""{"assay":"{{assay}}","unit":"{{unit}}","taxa":[{{string.Join(',', Taxa.Zip(values, (taxid, value) => string.Create(CultureInfo.InvariantCulture, $$"""{"taxid":{{taxid}},"value":{{value}}}""")))}}]}""");

    private static async Task UploadAsync(LabHost host, string accession, byte[] profile, CancellationToken cancellation)
    {
        var upload = await host.Client.UploadProfileAsync(accession, profile, cancellation: cancellation);
        await host.Client.WaitForReportAsync(upload.AnalysisId, cancellation);
    }
}
