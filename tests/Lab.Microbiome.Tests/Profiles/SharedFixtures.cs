using System.IO.Compression;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>Real files that lie beside the repository on a developer's machine and are not part of it.</summary>
internal static class SharedFixtures
{
    public static string? Folder { get; } = Find();

    public static string Require()
    {
        Assert.SkipUnless(Folder is not null, "shared/fixtures is not beside the repository");
        return Folder!;
    }

    public static IEnumerable<string[]> Table(string file) =>
        File.ReadLines(Path.Combine(Folder!, file)).Skip(1).Where(l => l.Length > 0).Select(l => l.Split('\t'));

    public static byte[] Bytes(string file)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Folder!, file));
        if (!file.EndsWith(".gz", StringComparison.Ordinal))
        {
            return bytes;
        }

        using var output = new MemoryStream();
#pragma warning disable RS0030 // A whole file of ours: truncation is not in question here.
        using var input = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
#pragma warning restore RS0030
        input.CopyTo(output);
        return output.ToArray();
    }

    public static ProfileReading Read(string file, string? format = null, bool allowIncomplete = false) =>
        ProfileReader.Read(Bytes(file), new ProfileReadingOptions(format, allowIncomplete), TaxonomyRelease.Shipped, new ProfileLimits());

    public static TableReading ReadTable(string file, string? format = null, string? taxonomy = null) =>
        ProfileReader.ReadTable(Bytes(file), new ProfileReadingOptions(format) { Taxonomy = taxonomy is null ? (ReadOnlyMemory<byte>?)null : Bytes(taxonomy) },
            TaxonomyRelease.Shipped, new ProfileLimits());

    /// <summary>Every sample of a file of any number of samples; the one refusal where the file as a whole is refused.</summary>
    public static IReadOnlyList<(string? Accession, ProfileReading Reading)> ReadAll(ReadOnlyMemory<byte> content, string? format = null, bool allowIncomplete = false)
    {
        var table = ProfileReader.ReadTable(content, new ProfileReadingOptions(format, allowIncomplete), TaxonomyRelease.Shipped, new ProfileLimits());
        return table.Content.Refusal is null ? [.. table.Samples.Select(s => (s.Accession, s.Read()))] : [(null, table.Content)];
    }

    public static IReadOnlyList<(string? Accession, ProfileReading Reading)> ReadAll(string file, bool allowIncomplete = false) =>
        ReadAll(Bytes(file), allowIncomplete: allowIncomplete);

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("LAB_SHARED") is { Length: > 0 } named)
        {
            return Directory.Exists(Path.Combine(named, "fixtures")) ? Path.Combine(named, "fixtures") : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "fixtures");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
