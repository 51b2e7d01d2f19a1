using System.Globalization;
using System.IO.Compression;
using System.Text;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using Lab.Microbiome.Tests.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>Reports of real people (public study samples that lie beside a development checkout) and of made-up ones.</summary>
internal static class People
{
    private static readonly Lazy<Dictionary<string, string>> Lineages =
        new(() => Rows("data/metaphlan2_species_lineage.tsv").ToDictionary(r => r[0], r => r[1]));
    private static readonly Lazy<ILookup<string, (string Species, double Percent)>> Abundances =
        new(() => Rows("data/healthy_reference_species_long.tsv.gz").Concat(Rows("data/disease_samples_species_long.tsv.gz"))
            .ToLookup(r => r[0], r => (r[^2], double.Parse(r[^1], CultureInfo.InvariantCulture))));

    /// <summary>The ids of the 339 healthy Western adults of the cohort western-shotgun.</summary>
    public static IEnumerable<string> HealthyWestern() => Rows("data/healthy_reference_samples.tsv").Where(r => r[3] == "western").Select(r => r[0]);

    /// <summary>One person's profile, as MetaPhlAn 2 would have written it.</summary>
    public static TaxonomicProfile Person(string id)
    {
        var clades = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (species, percent) in Abundances.Value[id])
        {
            var levels = Lineages.Value[species].Split('|');
            for (var i = 1; i <= levels.Length; i++) clades[string.Join('|', levels[..i])] = clades.GetValueOrDefault(string.Join('|', levels[..i])) + percent;
        }
        return Read("#SampleID\tMetaphlan2_Analysis\n" + string.Concat(clades.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}\t{c.Value:R}\n"))));
    }

    /// <summary>A profile of Lab JSON: taxa as <c>853:0.3</c> (taxid) or <c>g__Roseburia:0.1</c> (lineage), the values in the unit.</summary>
    public static TaxonomicProfile MadeUp(string unit, params IEnumerable<string> taxa)
    {
        var items = taxa.Select(t => (Key: t[..t.LastIndexOf(':')], Value: t[(t.LastIndexOf(':') + 1)..]))
            .Select(t => long.TryParse(t.Key, out _) ? $"{{\"taxid\":{t.Key},\"value\":{t.Value}}}" : $"{{\"lineage\":\"{t.Key}\",\"value\":{t.Value}}}");
        return Read($"{{\"unit\":\"{unit}\",\"taxa\":[{string.Join(',', items)}]}}");
    }

    /// <summary>The report by the shipped panel and the cohort that fits best, or the named one.</summary>
    public static ReportContent Report(TaxonomicProfile profile, string assay, string? cohort = null) => ReportBuilder.Build(Input(profile, assay, cohort));

    public static ReportInput Input(TaxonomicProfile profile, string assay, string? cohort = null) => new()
    {
        Profile = profile,
        Assay = Assay.Find(assay)!,
        Panel = Panel.Default,
        Cohort = CohortMatching.Best(Assay.Find(assay)!, ReferenceCohort.Shipped, cohort),
    };

    public static ReportContent Report(string person) => Report(Person(person), "shotgun-metaphlan2");

    public static Finding? Find(this ReportContent report, string code) => report.Findings.SingleOrDefault(f => f.Code == code);

    public static TaxonomicProfile Read(string text)
    {
        var reading = ProfileReader.Read(Encoding.UTF8.GetBytes(text), new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits());
        return reading.Profile ?? throw new InvalidOperationException(string.Join('\n', reading.Errors));
    }

    /// <summary>The rows of a science table, without its header; skips the test where the tables are not beside the repository.</summary>
    public static IEnumerable<string[]> Rows(string file)
    {
        var path = SharedScience.Find(file);
        Assert.SkipUnless(path is not null, $"shared/data/science/{file} is not beside the repository");
        using var bytes = File.OpenRead(path);
#pragma warning disable RS0030 // A whole file of ours: truncation is not in question here.
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(bytes, CompressionMode.Decompress) : bytes;
#pragma warning restore RS0030
        using var reader = new StreamReader(plain);
        reader.ReadLine();
        while (reader.ReadLine() is { } line) yield return line.Split('\t');
    }
}
