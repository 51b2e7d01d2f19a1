using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lab.Api.Partners;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>What comes with the repository: no package with a listed hole, no key.</summary>
public sealed partial class SupplyChainTests
{
    private static readonly string[] Generated = ["bin", "obj", ".git", "node_modules", "TestResults"];

    [Fact]
    public void No_lock_file_has_a_version_that_is_listed_and_an_older_one_would_be_found()
    {
        var listed = File.ReadLines(Path.Combine(Repository.Root, "docs", "advisories.tsv")).Skip(1).Select(line => line.Split('\t')).ToArray();
        Assert.All(listed, row => Assert.True(row is [_, _, _, ['h', 't', 't', 'p', 's', ..]], string.Join(' ', row)));
        var locked = Files("packages.lock.json").SelectMany(Packages).Distinct().ToArray();
        Assert.True(locked.Length > 50, $"{locked.Length} packages were found.");
        Assert.DoesNotContain(locked, package => IsListed(listed, package));
        Assert.Contains(("Newtonsoft.Json", "12.0.1"), new[] { ("Newtonsoft.Json", "12.0.1"), ("newtonsoft.json", "13.0.1") }.Where(package => IsListed(listed, package)));
        Assert.True(IsListed(listed, ("npgsql", "8.0.3-preview.1")));
    }

    [Fact]
    public void No_file_has_a_key()
    {
        var made = KeyText.Generate().Text;
        Assert.Equal([made], Keys($"a line with {made} and lab_none"));
        Assert.Empty(Files("*").Where(file => new FileInfo(file).Length < 5_000_000).SelectMany(file => Keys(File.ReadAllText(file))));
    }

    private static IEnumerable<string> Keys(string text) => Shape().Matches(text).Select(m => m.Value).Where(key => KeyText.Parse(key) is not null);

    private static IEnumerable<(string Name, string Version)> Packages(string lockFile)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(lockFile));
        foreach (var framework in json.RootElement.GetProperty("dependencies").EnumerateObject())
        {
            foreach (var package in framework.Value.EnumerateObject().Where(p => p.Value.TryGetProperty("resolved", out _))) yield return (package.Name, package.Value.GetProperty("resolved").GetString()!);
        }
    }

    private static bool IsListed(IEnumerable<string[]> listed, (string Name, string Version) package) =>
        listed.Any(row => row[0].Equals(package.Name, StringComparison.OrdinalIgnoreCase) && Order(package.Version).CompareTo(Order(row[1])) < 0);

    /// <summary>A preview is before its release.</summary>
    private static (int, int, int, int, int) Order(string version)
    {
        var numbers = version.Split('-', '+')[0].Split('.').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).Concat(Enumerable.Repeat(0, 4)).ToArray();
        return (numbers[0], numbers[1], numbers[2], numbers[3], version.Contains('-', StringComparison.Ordinal) ? 0 : 1);
    }

    private static IEnumerable<string> Files(string pattern) => Directory.EnumerateFiles(Repository.Root, pattern, SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar).Any(Generated.Contains));

    [GeneratedRegex("lab_[0-9A-Za-z]{12}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}")]
    private static partial Regex Shape();
}
