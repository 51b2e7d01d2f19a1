using System.Globalization;
using System.IO.Compression;
using System.Text;
using Xunit;

namespace Lab.Api.Tests;

/// <summary>Files of the four inputs that these tests make up, and those in <c>samples/</c>.</summary>
public static class SampleFiles
{
    public static TheoryData<string> Shipped => ["kraken2-klebsiella.kreport", "metaphlan2-scfa-depleted.txt", "amplicon-16s-healthy.json"];

    public static byte[] Read(string name) => Lab.Api.Hosting.Demo.File(name);

    /// <summary>A Kraken2 report of three gut species; equal seeds give equal bytes, unequal ones other counts.</summary>
    public static byte[] Kreport(int seed) => Kreport(50_000 + seed, 400_000 - seed, 300_000, 250_000);

    /// <summary>The same with too few reads to be released by itself.</summary>
    public static byte[] ShallowKreport(int seed) => Kreport(500 + seed, 4_000 - seed, 3_000, 2_500);

    private static byte[] Kreport(int coli, int prausnitzii, int uniformis, int unclassified)
    {
        var bacteria = coli + prausnitzii + uniformis;
        var all = bacteria + unclassified;
        var text = new StringBuilder();
        Row(unclassified, unclassified, "U", 0, 0, "unclassified");
        Row(bacteria, 0, "R", 1, 0, "root");
        Row(bacteria, 0, "D", 2, 1, "Bacteria");
        Row(coli, 0, "P", 1224, 2, "Pseudomonadota");
        Row(coli, 0, "F", 543, 3, "Enterobacteriaceae");
        Row(coli, 0, "G", 561, 4, "Escherichia");
        Row(coli, coli, "S", 562, 5, "Escherichia coli");
        Row(prausnitzii, 0, "P", 1239, 2, "Bacillota");
        Row(prausnitzii, 0, "F", 216572, 3, "Oscillospiraceae");
        Row(prausnitzii, 0, "G", 216851, 4, "Faecalibacterium");
        Row(prausnitzii, prausnitzii, "S", 853, 5, "Faecalibacterium prausnitzii");
        Row(uniformis, 0, "P", 976, 2, "Bacteroidota");
        Row(uniformis, 0, "F", 815, 3, "Bacteroidaceae");
        Row(uniformis, 0, "G", 816, 4, "Bacteroides");
        Row(uniformis, uniformis, "S", 820, 5, "Bacteroides uniformis");
        return Encoding.UTF8.GetBytes(text.ToString());

        void Row(int clade, int direct, string rank, int taxid, int depth, string name) => text.Append(CultureInfo.InvariantCulture,
            $"{100.0 * clade / all,6:0.00}\t{clade}\t{direct}\t{rank}\t{taxid}\t{new string(' ', 2 * depth)}{name}\n");
    }

    public static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(content);
        return compressed.ToArray();
    }

    public static byte[] Zstd(byte[] content)
    {
        using var compressor = new ZstdSharp.Compressor();
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor.Wrap(content).ToArray();
    }
}
