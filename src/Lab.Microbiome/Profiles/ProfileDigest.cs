using System.Globalization;
using System.Security.Cryptography;
using System.Text;

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
        bool flat = profile.Format is "lab-json" or "bracken";
        string[] paths = new string[profile.Taxa.Length];
        string[] lines = new string[profile.Taxa.Length];
        for (int i = 0; i < profile.Taxa.Length; i++)
        {
            var row = profile.Taxa[i];

            // A hash of the path instead of the path: the text stays short however deep the tree is.
            string own = string.Create(CultureInfo.InvariantCulture, $"{row.Taxid}\t{Quoted(row.Name)}\t{Quoted(row.SubmittedName)}\t{row.Rank}\t{row.Group}");
            paths[i] = Hash($"{(row.Parent < 0 ? "" : paths[row.Parent])}\n{own}");
            lines[i] = string.Create(CultureInfo.InvariantCulture, $"{paths[i]}\t{(flat ? row.Direct : row.Clade):R}");
        }

        Array.Sort(lines, StringComparer.Ordinal);
        string head = string.Create(CultureInfo.InvariantCulture,
            $"1\t{profile.Format}\t{profile.Unit}\t{Quoted(profile.DeclaredAssay)}\t{Quoted(profile.Database)}\t{profile.TotalReads}\t" +
            $"{profile.Unclassified:R}\t{profile.Incomplete}\t{profile.NameTaxidMismatch}");
        return Hash($"{head}\n{string.Join('\n', lines)}");
    }

    private static string Quoted(string? text) => text is null ? "-" : $"\"{Escaped(text, '\\', '\t', '\n')}";

    private static string Escaped(string text, params ReadOnlySpan<char> marks)
    {
        foreach (char mark in marks)
        {
            text = text.Replace(mark.ToString(), $"\\{(int)mark}", StringComparison.Ordinal);
        }

        return text;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
