using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lab.Microbiome.Profiles.Formats;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles;

/// <summary>The identity of a normalised profile.</summary>
public static class ProfileDigest
{
    /// <summary>SHA-256 of what the profile says, lower-case hex: independent of the order of its taxa, of line ends and of compression.
    /// Two files with the same rows below the same parents give the same digest.</summary>
    public static string NormalisedSha256(this TaxonomicProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        // The number that the file itself gives: sums of fractions depend on the order of the rows in their last digits.
        bool flat = ProfileFormats.Find(profile.Format)?.Aggregation == Aggregation.Disjoint;
        byte[][] paths = new byte[profile.Taxa.Length][];
        byte[][] lines = new byte[profile.Taxa.Length][];
        var text = new ArrayBufferWriter<byte>(1024);
        for (int i = 0; i < profile.Taxa.Length; i++)
        {
            var row = profile.Taxa[i];

            // A hash of the path instead of the path: the text stays short however deep the tree is.
            text.ResetWrittenCount();
            text.Write(row.Parent < 0 ? [] : paths[row.Parent]);
            text.Write("\n"u8);
            if (row.Taxid is { } taxid)
            {
                Append(text, taxid);
            }

            Append(text, $"\t{Quoted(row.Name)}\t{Quoted(row.SubmittedName)}\t{Ranks[(int)row.Rank]}\t{Groups[(int)row.Group]}");
            paths[i] = Hash(text.WrittenSpan);
            text.ResetWrittenCount();
            text.Write(paths[i]);
            text.Write("\t"u8);
            Append(text, flat ? row.Direct : row.Clade);
            lines[i] = text.WrittenSpan.ToArray();
        }

        // All of it is ASCII: the order of the bytes is the order of the text.
        Array.Sort(lines, (one, other) => one.AsSpan().SequenceCompareTo(other));
        text.ResetWrittenCount();
        Append(text, string.Create(CultureInfo.InvariantCulture,
            $"1\t{profile.Format}\t{profile.Unit}\t{Quoted(profile.DeclaredAssay)}\t{Quoted(profile.Database)}\t{profile.TotalReads}\t" +
            $"{profile.Unclassified:R}\t{profile.Incomplete}\t{profile.NameTaxidMismatch}"));
        text.Write("\n"u8);
        for (int i = 0; i < lines.Length; i++)
        {
            text.Write(i > 0 ? "\n"u8 : []);
            text.Write(lines[i]);
        }

        return Encoding.ASCII.GetString(Hash(text.WrittenSpan));
    }

    private static readonly string[] Ranks = [.. Enum.GetValues<TaxonomicRank>().Select(r => r.ToString())];
    private static readonly string[] Groups = [.. Enum.GetValues<OrganismGroup>().Select(g => g.ToString())];

    private static void Append(ArrayBufferWriter<byte> text, string part) => Encoding.UTF8.GetBytes(part, text);

    private static void Append<T>(ArrayBufferWriter<byte> text, T number)
        where T : struct, IUtf8SpanFormattable
    {
        number.TryFormat(text.GetSpan(32), out int written, default, CultureInfo.InvariantCulture);
        text.Advance(written);
    }

    private static string Quoted(string? text) => text is null ? "-" : $"\"{(text.AsSpan().IndexOfAny('\\', '\t', '\n') < 0 ? text : Escaped(text, '\\', '\t', '\n'))}";

    private static string Escaped(string text, params ReadOnlySpan<char> marks)
    {
        foreach (char mark in marks)
        {
            text = text.Replace(mark.ToString(), $"\\{(int)mark}", StringComparison.Ordinal);
        }

        return text;
    }

    // Lower-case hex, as bytes.
    private static byte[] Hash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        byte[] hex = new byte[2 * hash.Length];
        Convert.TryToHexStringLower(hash, hex, out _);
        return hex;
    }
}
