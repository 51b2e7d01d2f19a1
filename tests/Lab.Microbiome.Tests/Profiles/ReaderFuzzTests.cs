using System.Diagnostics;
using System.Globalization;
using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>Files that were damaged at random: whatever the bytes, the answer is a profile or problems. <c>LAB_FUZZ_SECONDS</c> says how long each family is
/// tried; each try has a number that makes it again.</summary>
public sealed class ReaderFuzzTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("LAB_FUZZ_SECONDS") ?? "12", CultureInfo.InvariantCulture));
    private static readonly string[] Tokens =
        ["-1", "nan", "1e999", "9223372036854775808", "1,5", "0", "", "\t", "\t\t", ";", "|", "__", "k__", "d__", "\"", "\n", "\r", "#", "@@TAXID", "2|", "\0", "\u00a0", "é", "[", "]", "{", "}", "null", "[[[[", "1e-400",
            "taxonomy", "unclassified", "99999999999999999999", "0x10"];

    private static readonly Dictionary<string, string[]> Families = new()
    {
        ["trees by indentation"] = ["kraken2_report_6col", "kraken2_report_8col", "bracken_kreport", "centrifuge_kreport"],
        ["every rank has rows"] = ["metaphlan2_profile", "metaphlan3_profile", "metaphlan3_merged", "metaphlan4_profile", "metaphlan4_gtdb", "metaphlan4_read_stats", "motus3_clade_table", "cami_profile", "sylphmpa", "kraken2_mpa"],
        ["each read in one row"] = ["bracken_tsv", "kaiju_table", "emu_tsv", "taxpasta_standard", "sylph_profile", "motus2_profile", "qiime1_taxatable", "qiime2_feature_table_tsv", "qiime2_barplot_csv", "generic_matrix_csv"],
        ["JSON"] = ["biom1_json"],
        ["HDF5"] = ["biom2_hdf5"],
    };

    // Made by us, so that every family has a seed where the shared files are missing.
    private static readonly Dictionary<string, string[]> Own = new()
    {
        ["trees by indentation"] = [" 20.00\t200\t200\tU\t0\tunclassified\n 80.00\t800\t0\tR\t1\troot\n 80.00\t800\t0\tD\t2\t  Bacteria\n 80.00\t800\t800\tS\t562\t    Escherichia coli\n"],
        ["every rank has rows"] = ["#mpa_v30\n#clade_name\tNCBI_tax_id\trelative_abundance\nUNKNOWN\t-1\t10.0\nk__Bacteria\t2\t90.0\nk__Bacteria|p__Firmicutes\t2|1239\t90.0\n",
            "@SampleID:S\n@Version:0.10.0\n@Ranks:superkingdom|phylum\n@@TAXID\tRANK\tTAXPATH\tTAXPATHSN\tPERCENTAGE\n2\tsuperkingdom\t2\tBacteria\t100.0\n1239\tphylum\t2|1239\tBacteria|Bacillota\t60.0\n"],
        ["each read in one row"] = ["taxonomy_id\tcount\n853\t5\n562\t7\n", "#OTU ID\tS1\tS2\ttaxonomy\n1\t5\t7\td__Bacteria; p__Bacillota\n", "taxid,name,value,unit\n853,Faecalibacterium prausnitzii,12,reads\n",
            "index,d__Bacteria;p__Firmicutes,age\nS1,10,44\n"],
        ["JSON"] = ["""{"assay":"amplicon-16s","unit":"reads","totalReads":50,"taxa":[{"taxid":853,"value":10},{"name":"Escherichia coli","rank":"species","value":5},{"lineage":"d__Bacteria;p__Bacillota","value":1}]}""",
            """{"id":null,"format":"Biological Observation Matrix 1.0.0","format_url":"http://biom-format.org","type":null,"generated_by":"x","date":"2026-11-25","rows":[{"id":"1","metadata":{"taxonomy":["d__Bacteria"]}}],"columns":[{"id":"S1","metadata":null}],"matrix_type":"sparse","matrix_element_type":"int","shape":[1,1],"data":[[0,0,5]]}"""],
        ["HDF5"] = [],
    };

    public static TheoryData<string> Names => [.. Families.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Damaged_files_are_read_or_refused_and_nothing_else_happens(string family)
    {
        var seeds = Seeds(family).ToList();
        Assert.SkipWhen(seeds.Count == 0, "shared/fixtures is not beside the repository");
        var until = Stopwatch.StartNew();
        int number = 0;
        for (; until.Elapsed < Time; number++)
        {
            byte[] damaged = Damage(seeds[number % seeds.Count], new Random(number));
            var from = Stopwatch.GetTimestamp();
            try
            {
                var table = Read(damaged);
                Assert.True(table.Content.Refusal is null == table.Content.Errors.IsEmpty);
                foreach (var reading in table.Samples.Take(3).Select(s => s.Read()))
                {
                    Assert.True(reading.Profile is null == reading.Refusal is not null && reading.Refusal is null == reading.Errors.IsEmpty);
                    if (reading.Profile is { } profile)
                    {
                        Assert.All(profile.Taxa, t => Assert.True(double.IsFinite(t.Clade) && t.Clade >= 0 && t.Direct >= 0));
                        Assert.Equal(profile.NormalisedSha256(), ProfilePacking.Unpack(ProfilePacking.Pack(profile), TaxonomyRelease.Shipped).NormalisedSha256());
                    }
                }
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"Try {number} of {family}: {e}");
            }

            // Generous: other tests run beside it.
            Assert.True(Stopwatch.GetElapsedTime(from) < TimeSpan.FromSeconds(10), $"Try {number} of {family} hangs.");
        }

        TestContext.Current.SendDiagnosticMessage("{0}: {1} damaged files", family, number);
        Assert.True(number > 20, $"{number} tries");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_that_was_cut_anywhere_is_refused_or_warned_of(string family)
    {
        var silent = new List<string>();
        int number = 0;
        foreach (byte[] whole in Seeds(family).Where(s => s.Length < 100_000 && Read(s).Content.Refusal is null))
        {
            var places = whole.Length < 600 ? Enumerable.Range(1, whole.Length - 1) : Enumerable.Range(0, 40).Select(i => new Random(i).Next(1, whole.Length));
            foreach (int length in places.Where(l => whole.AsSpan(l).IndexOfAnyExcept(" \t\r\n"u8) >= 0))
            {
                number++;
                var table = Read(whole[..length]);
                var readings = table.Samples.Take(1).Select(s => s.Read()).Append(table.Content);
                if (readings.All(r => r.Errors.IsEmpty && r.Warnings.IsEmpty))
                {
                    silent.Add($"{table.Content.Format} of {whole.Length} cut at {length}");
                }
            }
        }

        Assert.Empty(silent);
        Assert.True(number > 100 || SharedFixtures.Folder is null, $"{number} cuts");
    }

    private static TableReading Read(byte[] content) => ProfileReader.ReadTable(content, new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits());

    private static IEnumerable<byte[]> Seeds(string family)
    {
        foreach (string own in Own[family])
        {
            yield return Encoding.UTF8.GetBytes(own);
        }

        if (SharedFixtures.Folder is not { } shared)
        {
            yield break;
        }

        foreach (string file in Families[family].SelectMany(f => Directory.EnumerateFiles(Path.Combine(shared, f))).Order(StringComparer.Ordinal).Where(f => new FileInfo(f).Length < 400_000))
        {
            yield return SharedFixtures.Bytes(Path.GetRelativePath(shared, file));
        }
    }

    private static byte[] Damage(byte[] seed, Random random)
    {
        // Large files are cut to a part of them now and then, so that a second tries many.
        var bytes = (random.Next(3) > 0 && seed.Length > 4000 ? seed[..random.Next(1000, seed.Length)] : seed).ToList();
        for (int times = random.Next(1, 6); times > 0 && bytes.Count > 1; times--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 40)));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                case 3:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 400))));
                    break;
                case 4:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
