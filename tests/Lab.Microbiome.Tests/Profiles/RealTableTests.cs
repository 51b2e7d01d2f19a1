using System.Globalization;
using System.Text.RegularExpressions;
using Lab.Microbiome.Profiles;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>Real tables of features, BIOM and matrices, against facts that another program computed from them.</summary>
public sealed partial class RealTableTests
{
    // Expected as accepted, but nothing in them says what their features are: the contract's page calls that taxonomy-missing.
    private static readonly string[] WithoutTaxonomy = ["biom1_json/min_dense_otu_table.biom", "biom1_json/min_sparse_otu_table.biom",
        "biom2_hdf5/rich_sparse_otu_table_hdf5_group_metadata.biom", "qiime1_otu_table/HMP_s15.txt", "qiime1_taxatable/otutable.txt", "qiime2_feature_table_tsv/feature-table.tsv"];

    private static readonly string[] Families = ["biom1_json", "biom2_hdf5", "qiime1_otu_table", "qiime1_taxatable", "qiime2_barplot_csv", "qiime2_collapsed_tsv",
        "qiime2_feature_table_tsv", "qiime2_taxonomy_tsv", "generic_matrix_csv", "generic_matrix_tsv"];

    private static readonly Dictionary<string, string> Companions = new()
    {
        ["qiime2_taxonomy_tsv/duplicate-ids.tsv"] = "duplicate-taxon",
        ["qiime2_taxonomy_tsv/duplicate-columns.tsv"] = "duplicate-column",
        ["qiime2_taxonomy_tsv/blanks"] = "empty-file",
    };

    [Fact]
    public void Every_real_table_is_accepted_or_refused_as_expected()
    {
        SharedFixtures.Require();
        var wrong = new List<string>();
        int count = 0;
        foreach (string[] row in SharedFixtures.Table("EXPECTED.tsv").Where(r => Families.Contains(r[0].Split('/')[0]) || r[0] == "metaphlan_matrix/HMP2_taxonomy.tsv"))
        {
            count++;
            var table = SharedFixtures.ReadTable(row[0]);
            var readings = table.Samples.Select(s => s.Read()).ToList();
            bool accepted = readings.Count > 0 && readings.TrueForAll(r => r.Profile is not null);
            bool expected = row[2] == "accept" && !WithoutTaxonomy.Contains(row[0]);
            if (accepted != expected || (accepted && readings.Count == 1 != (row[3] == "one")))
            {
                wrong.Add($"{row[0]}: {readings.Count} samples, {string.Join(' ', table.Content.Errors.Concat(readings.SelectMany(r => r.Errors)).Take(3).Select(e => $"{e.Code} {e.Message}"))}");
            }

            if (WithoutTaxonomy.Contains(row[0]))
            {
                Assert.Equal("taxonomy-missing", Tables.Code(table));
            }
        }

        Assert.Empty(wrong);
        Assert.True(count > 30, $"{count} files");
    }

    [Fact]
    public void Sums_and_samples_are_those_that_another_program_found()
    {
        SharedFixtures.Require();
        int compared = 0;
        foreach (string[] row in SharedFixtures.Table("MANIFEST.tsv").Where(r => Families.Contains(r[0]) && r[9] != "invalid" && r[0] != "qiime2_taxonomy_tsv" && Total().IsMatch(r[12])))
        {
            var table = SharedFixtures.ReadTable(row[1], taxonomy: row[1].StartsWith("qiime2_feature_table_tsv/feature", StringComparison.Ordinal) ? "qiime2_taxonomy_tsv/taxonomy.tsv" : null);
            if (table.Content.Errors.Length > 0)
            {
                Assert.Equal("taxonomy-missing", Tables.Code(table));
                continue;
            }

            var profiles = Tables.Profiles(table);
            string sum = Total().Match(row[12]).Groups[1].Value;
            double total = double.Parse(sum, CultureInfo.InvariantCulture);
            double tolerance = sum.Contains('e', StringComparison.Ordinal) ? total * 1e-5 : 1e-6;
            Assert.Equal(total, profiles.Sum(p => p.Everything), tolerance);
            if (row[8].Length > 0)
            {
                Assert.Equal(row[8], profiles.Length.ToString(CultureInfo.InvariantCulture));
            }

            if (FirstSample().Match(row[12]) is { Success: true } first)
            {
                Assert.Equal(first.Groups[1].Value, table.Samples[0].Accession);
                Assert.Equal(double.Parse(first.Groups[2].Value, CultureInfo.InvariantCulture), profiles[0].Everything, 1e-6);
            }

            compared++;
        }

        Assert.True(compared >= 17, $"{compared} tables");
    }

    [Fact]
    public void Biom_and_its_text_are_one_profile()
    {
        SharedFixtures.Require();
        Assert.Equal(Whatever("biom1_json/ERZ791569_FASTA_SSU_OTU_TABLE_JSON.biom"), Whatever("qiime2_feature_table_tsv/ERZ791569_from_biom.tsv"));
        Assert.Equal(Whatever("biom1_json/rich_sparse_otu_table.biom"), Whatever("biom2_hdf5/rich_sparse_otu_table_hdf5.biom"));
        Assert.Equal(Whatever("biom2_hdf5/test.biom"), Whatever("biom2_hdf5/rich_sparse_otu_table_hdf5.biom"));
    }

    [Fact]
    public void A_second_file_that_is_wrong_is_refused_and_the_others_are_read()
    {
        SharedFixtures.Require();
        foreach (string[] row in SharedFixtures.Table("EXPECTED.tsv").Where(r => r[0].StartsWith("qiime2_taxonomy_tsv/", StringComparison.Ordinal)))
        {
            var content = SharedFixtures.ReadTable("biom1_json/min_sparse_otu_table.biom", taxonomy: row[0]).Content;
            Assert.Equal(Companions.GetValueOrDefault(row[0], "taxonomy-missing"), Assert.Single(content.Errors).Code);
        }
    }

    private static string[] Whatever(string file) => [.. Tables.Profiles(SharedFixtures.ReadTable(file)).Select(p => p.Whatever())];

    [GeneratedRegex(@"total=([0-9.e+]+)")]
    private static partial Regex Total();

    [GeneratedRegex(@"sample1=([^ :;]+):([0-9.]+);")]
    private static partial Regex FirstSample();
}
