using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Lab.Api.Tests;

/// <summary>Real files that are no part of the repository: <c>shared/fixtures</c> beside it, or where <c>LAB_SHARED</c> says.</summary>
public static partial class SharedFixtures
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

    /// <summary>Every real file with its wave and what is to be done with it; one row that says so where they are missing.</summary>
    public static TheoryData<string, string, string> All
    {
        get
        {
            if (Folder is null) return [("missing", "", "")];
            return [.. Rows("EXPECTED.tsv").Select(r => (r[0], r[1], r[2]))];
        }
    }

    /// <summary>Every broken file, with the format that it is declared as (where only that shows what is wrong), and the status and code that it has to get.</summary>
    public static TheoryData<string, string?, int, string> Malformed
    {
        get
        {
            if (Folder is null) return [("missing", null, 0, "")];
            return [.. Rows("malformed/MALFORMED.tsv").Select(r => (File: r[1], Format: r[2].Replace('_', '-'), Status: int.Parse(r[3], CultureInfo.InvariantCulture), Code: r[4].ToLowerInvariant().Replace('_', '-')))
                .Select(r => (r.File, r.Code == "format-mismatch" ? r.Format : null, r.Status, r.Code))];
        }
    }

    /// <summary>The same without what they have to get.</summary>
    public static TheoryData<string, string?> MalformedFiles => [.. Malformed.Select(r => (r.Data.Item1, r.Data.Item2))];

    public static async Task<byte[]> ReadAsync(string file)
    {
        Assert.SkipWhen(Folder is null, "shared/fixtures is not beside the repository, and LAB_SHARED does not name it");
        return await File.ReadAllBytesAsync(Path.Combine(Folder, file));
    }

    /// <summary>A file's name as an accession.</summary>
    public static string Accession(string file) => Unfit().Replace(file, "_") is { Length: <= 64 } fit ? fit : Unfit().Replace(file, "_")[^64..].TrimStart('_', '.', '-');

    [GeneratedRegex("[^A-Za-z0-9._:-]")]
    private static partial Regex Unfit();

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
