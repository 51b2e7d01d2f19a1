using System.Globalization;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>The numbers of real files of the profilers against what was computed from them by another program.</summary>
public sealed class ProfilerFileTests
{
    private static readonly string[] Folders =
        ["metaphlan2_merged", "metaphlan3_merged", "metaphlan4_gtdb", "metaphlan_matrix", "motus2_profile", "motus3_profile", "motus3_clade_table", "sylph_profile",
            "sylphmpa", "kaiju_table", "cami_profile"];

    private static readonly Dictionary<string, TaxonomicRank> CamiRanks = new()
    {
        ["superkingdom"] = TaxonomicRank.Domain,
        ["phylum"] = TaxonomicRank.Phylum,
        ["class"] = TaxonomicRank.Class,
        ["order"] = TaxonomicRank.Order,
        ["family"] = TaxonomicRank.Family,
        ["genus"] = TaxonomicRank.Genus,
        ["species"] = TaxonomicRank.Species,
        ["strain"] = TaxonomicRank.Strain,
    };

    [Fact]
    public void Sums_and_most_abundant_taxa_are_those_of_the_manifest()
    {
        SharedFixtures.Require();
        var wrong = new List<string>();
        int compared = 0;
        foreach (string[] row in SharedFixtures.Table("MANIFEST.tsv").Where(r => Folders.Contains(r[0]) && !r[1].Contains("HMP2_taxonomy", StringComparison.Ordinal)))
        {
            var samples = SharedFixtures.ReadAll(row[1]);
            foreach (var (name, expected, actual) in samples[0].Reading.Profile is null ? [] : row[12].Split("; ").Where(f => f.Contains('=', StringComparison.Ordinal))
                .SelectMany(f => Compare(f[..f.IndexOf('=', StringComparison.Ordinal)], f[(f.IndexOf('=', StringComparison.Ordinal) + 1)..], samples)))
            {
                compared++;
                // Percent are given to four digits, fractions to six.
                if (Math.Abs(expected - actual) > (expected > 1 ? 0.00011 : 0.0000006))
                {
                    wrong.Add($"{row[1]}: {name} {actual} instead of {expected}");
                }
            }
        }

        Assert.Empty(wrong);
        Assert.True(compared > 150, $"{compared} facts");
    }

    [Fact]
    public void The_same_stool_sample_through_three_programs_gives_three_numbers_of_one_species()
    {
        SharedFixtures.Require();
        string[] files = ["metaphlan4_profile/ERR7738937_metaphlan.txt", "sylphmpa/ERR7738937_1.fastq.gz.sylphmpa", "motus3_clade_table/ERR7738937_motus.txt"];
        var rectale = files.Select(f => SharedFixtures.Read(f).Profile!.Taxa.First(t => t is { Taxid: 39491, Rank: TaxonomicRank.Species }).Clade);
        Assert.Equal([0.0785, 0.0664, 0.0575], rectale.Select(r => Math.Round(r, 4)));
    }

    private static IEnumerable<(string, double, double)> Compare(string name, string value, IReadOnlyList<(string? Accession, ProfileReading Reading)> samples)
    {
        var profile = samples[0].Reading.Profile!;
        double scale = profile.Unit == AbundanceUnit.Percent ? 100 : 1;
        double Sum(string prefix) => scale * profile.Taxa.Where(t => prefix == "NO_TAXONOMY" ? t.SubmittedName == prefix
            : t.SubmittedName?.StartsWith($"{prefix}__", StringComparison.Ordinal) == true).Sum(t => t.Clade);
        (string Name, double Value) Pair(string text) => (text[..text.LastIndexOf('=')], Number(text[(text.LastIndexOf('=') + 1)..]));
        (string, double, double) Top(string text, Func<ProfileTaxon, bool> candidate)
        {
            var (wanted, number) = Pair(text);
            var top = profile.Taxa.Where(candidate).MaxBy(t => t.Clade)!;
            return (wanted, number, top.SubmittedName == wanted ? scale * top.Clade : -1);
        }

        return name switch
        {
            "sums" when profile.Format == "cami" => value.Split(';').Select(s => s.Split(':')).Select(s =>
                (s[0], Number(s[1]), scale * profile.Taxa.Where(t => t.Rank == CamiRanks[s[0]]).Sum(t => t.Clade))),
            "sums" => value.Split(';').Select(s => s.Split(':')).Select(s => (s[0], Number(s[1]), Sum(s[0]))),
            "top_s" or "sample1_top" => [Top(value, t => t.SubmittedName?.StartsWith("s__", StringComparison.Ordinal) == true)],
            "top_species" => [Top(value, t => t.Rank == TaxonomicRank.Species)],
            "top" => [Top(value, t => t.SubmittedName is { } n && !n.StartsWith("cannot", StringComparison.Ordinal)) is var top && top.Item3 < 0 && samples.Count > 1
                ? (top.Item1, top.Item2, samples.Max(s => s.Reading.Profile!.Taxa.Where(t => Pair(value).Name == t.SubmittedName).Max(t => t.Clade))) : top],
            "sample1" => [(value, Number(value[(value.LastIndexOf('=') + 1)..]), value.StartsWith($"{samples[0].Accession} ", StringComparison.Ordinal) ? Sum("s") : -1)],
            "nonzero_rows" => [(name, Number(value), samples.SelectMany(s => s.Reading.Profile!.Taxa).Select(t => t.SubmittedName)
                .Where(n => n is not null).Distinct().Count() + (profile.Unclassified > 0 ? 1 : 0))],
            "last_row" => [(name, Number(value.Split('|').First(c => c is not ("-1" or "unassigned" or "NA"))), profile.Unclassified!.Value)],
            "sum" => [(name, Number(value), profile.Everything)],
            "sum_reads" when samples[0].Reading.Warnings.All(w => w.Code != "fraction-sum") => [(name, Number(value), samples.Sum(s => s.Reading.Profile!.Everything))],
            "sum_tax_abund" => value.Trim('{', '}').Split(", ").Zip(samples, (s, sample) =>
                (s, Number(s.Split(": ")[1]), 100 * sample.Reading.Profile!.Taxa.Where(t => t.SubmittedName is not null).Sum(t => t.Direct))),
            _ => [],
        };
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
