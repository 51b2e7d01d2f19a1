using Lab.Microbiome.Profiles;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class MalformedFileTests
{
    // The contract's page names the code for a cut report; a JSON number that no format declares is not in question.
    private static readonly Dictionary<string, string> Renamed = new() { ["T07"] = "report-incomplete", ["S04"] = "taxonomy-missing" };

    // Byte for byte the intact biom2_hdf5/test.biom: the bytes that were to be damaged were zero before.
    private const string Undamaged = "H04";
    private static readonly Dictionary<string, string> Formats = new()
    {
        ["kraken2_report"] = "kraken2-report",
        ["bracken"] = "bracken",
        ["metaphlan2"] = "metaphlan2",
        ["metaphlan3"] = "metaphlan3",
        ["metaphlan4"] = "metaphlan4",
        ["feature_table_tsv"] = "feature-table-tsv",
        ["biom1"] = "biom1",
        ["biom2"] = "biom2",
        ["qiime2_barplot"] = "qiime2-barplot",
        ["matrix"] = "matrix",
        ["cami"] = "cami",
        ["taxpasta"] = "taxpasta",
    };

    [Fact]
    public void Every_malformed_file_gets_its_verdict_and_code()
    {
        SharedFixtures.Require();
        var wrong = new List<string>();
        int count = 0;
        foreach (string[] row in SharedFixtures.Table("malformed/MALFORMED.tsv").Where(r => Formats.ContainsKey(r[2]) && !r[0].StartsWith('Z') && r[0] != Undamaged))
        {
            count++;
            var reading = SharedFixtures.ReadAll(SharedFixtures.Bytes($"malformed/{row[1]}"), Formats[row[2]])[0].Reading;
            string expected = Renamed.GetValueOrDefault(row[0], row[4].ToLowerInvariant().Replace('_', '-'));
            var refusal = row[3] switch
            {
                "201" => (ProfileRefusal?)null,
                "415" => ProfileRefusal.OtherContent,
                "400" => ProfileRefusal.Malformed,
                "413" =>
                ProfileRefusal.TooLarge,
                _ => ProfileRefusal.Meaning
            };
            bool right = reading.Refusal == refusal && (refusal is null || reading.Errors.Any(e => e.Code == expected));
            if (!right)
            {
                string found = string.Join(' ', reading.Errors.Take(3).Select(e => $"{e.Code}@{e.Line}:{e.Column} {e.Message}"));
                wrong.Add($"{row[0]} {row[1]}: {reading.Refusal} {found} instead of {row[3]} {expected}");
            }
        }

        Assert.Empty(wrong);
        Assert.True(count > 45, $"{count} files");
    }

    [Theory]
    [InlineData("negative_count.kreport", 6, 3)]
    [InlineData("nan_percent.kreport", 4, 1)]
    [InlineData("count_above_2p53.kreport", 6, 3)]
    [InlineData("unknown_rank_code.kreport", 6, 4)]
    [InlineData("taxid_not_numeric.kreport", 6, 5)]
    [InlineData("duplicate_taxid.kreport", 45, 5)]
    public void A_problem_names_its_line_and_column(string file, int line, int column)
    {
        SharedFixtures.Require();
        var error = SharedFixtures.Read($"malformed/{file}").Errors[0];
        Assert.Equal((line, column), (error.Line, error.Column));
    }

    [Fact]
    public void Line_ends_do_not_change_the_digest()
    {
        SharedFixtures.Require();
        string[] files = ["malformed/crlf.kreport", "malformed/mixed_eol.kreport", "malformed/no_final_newline.kreport",
            "kraken2_report_6col/2611_se-ERR5766174-db1.kraken2.report.txt"];
        Assert.Single(files.Select(f => SharedFixtures.Read(f).Profile!.NormalisedSha256()).Distinct());
    }

    [Theory]
    [InlineData("metaphlan2_merged/merged_abundance_table.txt")]
    [InlineData("metaphlan3_merged/all_metaphlan3.txt")]
    [InlineData("metaphlan3_merged/metaphlan_test.txt")]
    public void A_merged_table_is_refused_by_name(string file)
    {
        SharedFixtures.Require();
        Assert.Equal("multi-sample-table", Assert.Single(SharedFixtures.Read(file).Errors).Code);
    }
}
