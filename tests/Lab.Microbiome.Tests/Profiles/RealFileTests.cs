using System.Globalization;
using System.Text.RegularExpressions;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed partial class RealFileTests
{
    private static readonly string[] Folders =
        ["kraken2_report_6col", "kraken2_report_8col", "bracken_tsv", "bracken_kreport", "centrifuge_kreport", "metaphlan2_profile", "metaphlan3_profile",
            "metaphlan4_profile"];

    private static readonly string[] Tables =
        ["metaphlan2_merged", "metaphlan3_merged", "metaphlan4_gtdb", "metaphlan4_read_stats", "metaphlan_matrix", "kraken2_mpa", "motus2_profile", "motus3_profile",
            "motus3_clade_table", "sylph_profile", "sylphmpa", "kaiju_table", "cami_profile", "taxpasta_standard", "emu_tsv"];

    // Samples as rows and plain names are a table of another family.
    private static IEnumerable<string[]> Expected(params string[] folders) =>
        SharedFixtures.Table("EXPECTED.tsv").Where(r => folders.Contains(r[0].Split('/')[0]) && !r[0].EndsWith("HMP2_taxonomy.tsv", StringComparison.Ordinal));

    [Fact]
    public void Every_table_that_is_to_be_accepted_is_sample_by_sample()
    {
        SharedFixtures.Require();
        var wrong = new List<string>();
        foreach (string[] row in Expected(Tables).Where(r => r[2] != "refuse"))
        {
            var samples = SharedFixtures.ReadAll(row[0]);
            bool many = row[3] == "many" || samples.Count > 1;
            bool empty = row[0].EndsWith("metaphlan_taxonomic_profiles.tsv", StringComparison.Ordinal);
            bool right = samples.All(s => s.Reading.Profile is not null || (empty && s is { Accession: "PSM7J17B", Reading.Errors: [{ Code: "no-data-rows" }] })) && (many || SharedFixtures.Read(row[0]).Profile is not null)
                && (row.Length < 5 || row[4] != "warnings expected" || samples.All(s => !s.Reading.Warnings.IsEmpty));
            if (!right)
            {
                var (accession, first) = samples.FirstOrDefault(s => s.Reading.Profile is null, samples[0]);
                wrong.Add($"{row[0]} {accession}: {first.Format} {string.Join(' ', first.Errors.Select(e => $"{e.Code}@{e.Line}:{e.Column} {e.Message}").Take(3))}");
            }
        }

        Assert.Empty(wrong);
        Assert.All(Expected(Tables).Where(r => r[2] == "refuse"), r => Assert.All(SharedFixtures.ReadAll(r[0], allowIncomplete: true), s => Assert.Null(s.Reading.Profile)));
    }

    [Fact]
    public void Every_file_that_is_to_be_accepted_is_and_every_other_is_refused()
    {
        SharedFixtures.Require();
        var wrong = new List<string>();
        foreach (string[] row in SharedFixtures.Table("EXPECTED.tsv").Where(r => Folders.Contains(r[0].Split('/')[0]) && r[2] != "either"))
        {
            bool warned = row.Length > 4 && row[4] == "warnings expected";
            bool cut = warned && IsCut(row[0]);
            var plain = SharedFixtures.Read(row[0]);
            var allowed = SharedFixtures.Read(row[0], allowIncomplete: true);
            bool right = row[2] == "accept"
                ? (plain.Profile is null) == cut && allowed.Profile?.Incomplete == cut && (!warned || !allowed.Warnings.IsEmpty)
                : plain.Profile is null && allowed.Profile is null;
            if (!right)
            {
                wrong.Add($"{row[0]}: {plain.Format} {string.Join(' ', plain.Errors.Select(e => $"{e.Code}@{e.Line}:{e.Column} {e.Message}").Take(3))}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void The_facts_of_the_manifest_come_out()
    {
        SharedFixtures.Require();
        var facts = SharedFixtures.Table("MANIFEST.tsv").ToDictionary(r => r[1], r => r[12]);
        var wrong = new List<string>();
        int compared = 0;
        foreach (string file in SharedFixtures.Table("EXPECTED.tsv").Where(r => Folders.Contains(r[0].Split('/')[0]) && r[2] == "accept").Select(r => r[0]))
        {
            var profile = SharedFixtures.Read(file, allowIncomplete: true).Profile;
            Assert.NotNull(profile);
            foreach (var (name, expected, actual) in Compare(facts[file], profile))
            {
                compared++;
                if (expected != actual)
                {
                    wrong.Add($"{file}: {name} {actual} instead of {expected}");
                }
            }
        }

        Assert.Empty(wrong);
        Assert.True(compared > 120, $"{compared} facts");
    }

    [Fact]
    public void Every_profile_survives_packing_and_stands_in_order()
    {
        SharedFixtures.Require();
        var files = Expected([.. Folders, .. Tables]).Where(r => r[2] == "accept").Select(r => r[0]);
        foreach (var (file, reading) in files.SelectMany(f => SharedFixtures.ReadAll(f, allowIncomplete: true).Take(50).Select(s => (f, s.Reading))))
        {
            var profile = reading.Profile!;
            var again = ProfilePacking.Unpack(ProfilePacking.Pack(profile), TaxonomyRelease.Shipped);
            Assert.Equal(profile.Taxa.AsEnumerable(), again.Taxa);
            Assert.Equal(profile with { Taxa = [] }, again with { Taxa = [] });
            Assert.Equal(profile.NormalisedSha256(), again.NormalisedSha256());
            Assert.All(profile.Taxa.Select((t, i) => (t, i)), r => Assert.InRange(r.t.Parent, -1, r.i - 1));
            var composition = new Composition(profile);
            Assert.InRange(composition.Denominator, 0, profile.Everything * 1.006);

            // No read counts twice, but where the file itself has more below a clade than in it.
            double all = profile.Taxa.Sum(t => t.Direct) + (profile.Unclassified ?? 0);
            bool exceeded = reading.Warnings.Any(w => w.Code is "parent-below-children" or "report-incomplete");
            Assert.True(exceeded || all <= (profile.Everything * 1.0001) + 0.0001, $"{file}: {all} of {profile.Everything}");
            Assert.InRange(profile.Taxa.Where(t => t.Parent < 0).Sum(t => t.Clade) + (profile.Unclassified ?? 0), 0, profile.Everything * 1.0001);
        }
    }

    [Fact]
    public void A_kreport_that_Bracken_wrote_holds_estimates_and_no_other_does()
    {
        SharedFixtures.Require();
        foreach (string file in SharedFixtures.Table("EXPECTED.tsv").Where(r => r[0].Contains("kreport", StringComparison.Ordinal)
            && r[2] == "accept").Select(r => r[0])
            .Concat(SharedFixtures.Table("EXPECTED.tsv").Where(r => r[0].StartsWith("kraken2_report", StringComparison.Ordinal)
                && r[2] == "accept").Select(r => r[0])).Distinct())
        {
            var profile = SharedFixtures.Read(file, allowIncomplete: true).Profile!;
            bool bracken = file.StartsWith("bracken_kreport", StringComparison.Ordinal);
            Assert.True(bracken == (profile.Unit == AbundanceUnit.EstimatedReads), file);
        }
    }

    [Theory]
    [InlineData("SRR8146936")]
    [InlineData("SRR8146978")]
    public void Each_species_of_a_Bracken_table_is_in_the_Kraken_report_that_it_was_made_of_with_the_assigned_reads(string run)
    {
        SharedFixtures.Require();
        var kraken = SharedFixtures.Read($"kraken2_report_6col/{run}.report").Profile!.Taxa.Where(t => t.Rank == TaxonomicRank.Species).ToDictionary(t => t.SubmittedName!, t => t.Clade);
        var bracken = File.ReadLines(Path.Combine(SharedFixtures.Require(), "bracken_tsv", $"{run}.bracken")).Skip(1).Select(l => l.Split('\t')).ToList();
        var read = SharedFixtures.Read($"bracken_tsv/{run}.bracken").Profile!;
        Assert.Equal(bracken.Count, read.Taxa.Count(t => t.SubmittedName is not null));
        Assert.All(bracken, row => Assert.Equal((row[0], double.Parse(row[3], CultureInfo.InvariantCulture)), (row[0], kraken.GetValueOrDefault(row[0]))));
    }

    [Fact]
    public void A_newer_name_of_a_known_taxid_is_no_contradiction()
    {
        SharedFixtures.Require();
        foreach (string file in new[] { "SRR8146936.report", "SRR8146971.report", "SRR8146977.report", "SRR8146978.report" })
        {
            Assert.False(SharedFixtures.Read($"kraken2_report_6col/{file}").Profile!.NameTaxidMismatch, file);
        }
    }

    private static bool IsCut(string file) => file.Contains("AP159", StringComparison.Ordinal) || file.Contains("genus_only", StringComparison.Ordinal)
        || file.Contains("empty.report", StringComparison.Ordinal) || file.EndsWith("8col/kraken2.report.txt", StringComparison.Ordinal);

    private static IEnumerable<(string Name, string Expected, string Actual)> Compare(string facts, TaxonomicProfile profile)
    {
        var given = facts.Split("; ").Select(f => f.Split('=', 2)).Where(f => f.Length == 2).ToDictionary(f => f[0], f => f[1]);
        var species = profile.Taxa.Where(t => t.Rank == TaxonomicRank.Species && t.SubmittedName is not null).ToList();
        var top = species.MaxBy(t => t.Clade);
        if (given.TryGetValue("unclassified", out string? unclassified) && profile.Unclassified is { } reads)
        {
            yield return ("unclassified", unclassified, Text(reads));
        }

        if (given.TryGetValue("root_clade", out string? root) && root != "absent")
        {
            yield return ("root", root, Text(profile.Everything - (profile.Unclassified ?? 0)));
        }

        if (given.TryGetValue("n_S", out string? number))
        {
            yield return ("species", number, Text(species.Count));
        }

        if (given.TryGetValue("sum_new_est", out string? sum))
        {
            yield return ("sum", sum, Text(profile.Everything));
        }

        if ((given.GetValueOrDefault("top_S") ?? given.GetValueOrDefault("top")) is { } first && TopReads().Match(first) is { Success: true } match)
        {
            yield return ("top", $"{match.Groups[1]}={match.Groups[2]}", $"{top?.Taxid}={Text(top?.Clade ?? 0)}");
        }

        if (given.TryGetValue("top_s", out string? percent))
        {
            string[] parts = percent.Split('=');
            yield return ("top", $"{parts[0]}={double.Parse(parts[1], CultureInfo.InvariantCulture):F6}", $"{top?.SubmittedName}={100 * (top?.Clade ?? 0):F6}");
        }

        if (given.TryGetValue("n", out string? ranks) && SpeciesRows().Match(ranks) is { Success: true } count)
        {
            yield return ("species", count.Groups[1].Value, Text(species.Count));
        }

        if (given.TryGetValue("sums", out string? sums) && UnknownSum().Match(sums) is { Success: true } unknown)
        {
            yield return ("unknown", unknown.Groups[1].Value, (100 * (profile.Unclassified ?? -1)).ToString("F5", CultureInfo.InvariantCulture));
        }
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\(taxid (\d+)\)=(\d+)")]
    private static partial Regex TopReads();

    [GeneratedRegex(@"(?:^|;)s:(\d+)")]
    private static partial Regex SpeciesRows();

    [GeneratedRegex(@"(?:^|;)U:([0-9.]+)")]
    private static partial Regex UnknownSum();
}
