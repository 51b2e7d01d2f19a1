using System.Globalization;
using System.Text;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

namespace Lab.Benchmarks;

/// <summary>Whole reports as a worker makes them: a profile in memory to the bytes of the document with its digest, on one thread.</summary>
internal static class ReportSpeed
{
    private const int Species = 300;

    public static void Run()
    {
        var assay = Assay.Find("shotgun-metaphlan2")!;
        var cohort = ReferenceCohort.Find("western-shotgun")!;
        var profile = Profile(cohort);
        var input = new ReportInput { Profile = profile, ProfileSha256 = profile.NormalisedSha256(), Assay = assay, Panel = Panel.Default, Cohort = cohort };
        var envelope = new ReportEnvelope { Id = Guid.Empty, Version = 1, Status = "preliminary", IssuedAt = DateTimeOffset.UnixEpoch, Accession = "BENCHMARK" };
        byte[] document = [];
        void Whole() => document = ReportDocument.Write(envelope, ReportBuilder.Build(input));

        // The parts first: the compiler makes them fast in the background, which may take longer than one warm-up on a busy machine.
        var built = ReportBuilder.Build(input);
        var body = ReportDocument.Body(built);
        var (content, bytes, around) = (Timing.Shortest(() => ReportBuilder.Build(input)), Timing.Shortest(() => ReportDocument.Body(built)), Timing.Shortest(() => ReportDocument.Write(envelope, body)));
        var whole = Timing.Shortest(Whole);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Whole();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Species} species, {profile.Taxa.Length} clades: {1 / whole:N0} reports/s on one thread, {allocated:N0} bytes allocated a report, document {document.Length:N0} bytes"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"of {whole * 1e6:N0} µs: content {content * 1e6:N0}, its bytes and digest {bytes * 1e6:N0}, document around them {around * 1e6:N0}"));
    }

    // The most prevalent species of the cohort with shares over four powers of ten.
    private static TaxonomicProfile Profile(ReferenceCohort cohort)
    {
        var random = new Random(20261125);
        double[] abundances = [.. Enumerable.Range(0, Species).Select(_ => Math.Pow(10, -4 * random.NextDouble()))];
        var species = cohort.Entries.Where(entry => entry is { Kind: "taxon", Rank: TaxonomicRank.Species, Taxid: not null }).OrderByDescending(entry => entry.Prevalence).Select(entry => entry.Taxid!.Value)
            .Concat(TaxonomyRelease.Shipped.Taxa.Where(taxon => taxon.Rank == TaxonomicRank.Species).Select(taxon => taxon.Taxid)).Distinct().Take(Species);
        var taxa = species.Zip(abundances, (taxid, abundance) => string.Create(CultureInfo.InvariantCulture, $"{{\"taxid\":{taxid},\"value\":{100 * abundance / abundances.Sum()}}}"));
        var reading = ProfileReader.Read(Encoding.UTF8.GetBytes($"{{\"unit\":\"percent\",\"taxa\":[{string.Join(',', taxa)}]}}"), new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits());
        return reading.Profile ?? throw new InvalidOperationException(string.Join('\n', reading.Errors));
    }
}
