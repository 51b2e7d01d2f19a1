using System.Globalization;
using Xunit;

namespace Lab.Api.Tests;

/// <summary>Real files that are no part of the repository: <c>shared/fixtures</c> beside it, or where <c>LAB_SHARED</c> says.</summary>
public static class SharedFixtures
{
    private static readonly string[] Folders =
    [
        "kraken2_report_6col", "kraken2_report_8col", "bracken_tsv", "bracken_kreport", "centrifuge_kreport", "metaphlan2_profile", "metaphlan3_profile", "metaphlan4_profile",
    ];

    /// <summary>Null where they are not.</summary>
    public static string? Folder { get; } = Locate();

    /// <summary>Every file of the four inputs that has to be accepted as one sample; one row that says so where they are missing.</summary>
    public static TheoryData<string> Accepted
    {
        get
        {
            if (Folder is null) return ["missing"];
            return [.. Rows("EXPECTED.tsv").Where(r => r[2] == "accept" && r[3] == "one" && Folders.Contains(r[0].Split('/')[0])).Select(r => r[0])];
        }
    }

    /// <summary>Every broken file of the four inputs (and what is none of them), with the status and code that it has to get.</summary>
    public static TheoryData<string, int, string> Malformed
    {
        get
        {
            var all = new TheoryData<string, int, string>();
            if (Folder is null) return [("missing", 0, "")];
            foreach (var row in Rows("malformed/MALFORMED.tsv").Where(r => r[2] is "kraken2_report" or "bracken" or "metaphlan2" or "metaphlan3" or "metaphlan4"))
            {
                all.Add(row[1], int.Parse(row[3], CultureInfo.InvariantCulture), row[4].ToLowerInvariant().Replace('_', '-'));
            }
            return all;
        }
    }

    public static async Task<byte[]> ReadAsync(string file)
    {
        Assert.SkipWhen(Folder is null, "shared/fixtures is not beside the repository, and LAB_SHARED does not name it");
        return await File.ReadAllBytesAsync(Path.Combine(Folder, file));
    }

    /// <summary>The independently computed facts of a file, by name.</summary>
    public static Dictionary<string, string> Facts(string file) => Rows("MANIFEST.tsv").Single(r => r[1] == file)[12].Split("; ")
        .Select(f => f.Split('=', 2)).Where(f => f.Length == 2).ToDictionary(f => f[0], f => f[1]);

    /// <summary>A fact that is a number; null where the file has none.</summary>
    public static double? Number(this Dictionary<string, string> facts, string name) =>
        facts.TryGetValue(name, out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static IEnumerable<string[]> Rows(string table) => File.ReadLines(Path.Combine(Folder!, table)).Skip(1).Select(l => l.Split('\t'));

    private static string? Locate()
    {
        if (Environment.GetEnvironmentVariable("LAB_SHARED") is { Length: > 0 } named) return Path.Combine(named, "fixtures");
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "shared", "fixtures");
            if (Directory.Exists(folder)) return folder;
        }
        return null;
    }
}
