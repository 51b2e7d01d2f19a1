using System.Buffers;
using System.Collections.Immutable;
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
        var rows = new ArrayBufferWriter<byte>(64 * profile.Taxa.Length + 1);
        int[] starts = new int[profile.Taxa.Length + 1];
        for (int i = 0; i < profile.Taxa.Length; i++)
        {
            var row = profile.Taxa[i];
            if (row.Taxid is { } taxid)
            {
                Append(rows, taxid);
            }

            AppendQuoted(rows, row.Name);
            AppendQuoted(rows, row.SubmittedName);
            rows.Write(Ranks[(int)row.Rank]);
            rows.Write(Groups[(int)row.Group]);
            rows.Write("\t"u8);
            Append(rows, flat ? row.Direct : row.Clade);
            rows.Write("\n"u8);
            starts[i + 1] = rows.WrittenCount;
        }

        var tree = new Tree(profile.Taxa, rows.WrittenMemory, starts);
        var text = new ArrayBufferWriter<byte>(rows.WrittenCount + 4 * profile.Taxa.Length + 256);
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"2\t{profile.Format}\t{profile.Unit}\t{Quoted(profile.DeclaredAssay)}\t{Quoted(profile.Database)}\t{profile.TotalReads}\t" +
            $"{profile.Unclassified:R}\t{profile.Incomplete}\t{profile.NameTaxidMismatch}\n"), text);
        foreach (var (depth, row) in tree.Below(0))
        {
            Append(text, depth);
            text.Write("\t"u8);
            text.Write(tree.Text(row));
        }

        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan));
    }

    /// <summary>The rows below each other, siblings in one order whatever the order of the file. Nodes are rows counted from 1; 0 is above all.</summary>
    private sealed class Tree
    {
        private readonly ReadOnlyMemory<byte> text;
        private readonly int[] starts, children, first;

        public Tree(ImmutableArray<ProfileTaxon> taxa, ReadOnlyMemory<byte> text, int[] starts)
        {
            (this.text, this.starts) = (text, starts);
            (children, first) = (new int[taxa.Length], new int[taxa.Length + 2]);
            foreach (var row in taxa)
            {
                first[row.Parent + 2]++;
            }

            for (int node = 1; node < first.Length; node++)
            {
                first[node] += first[node - 1];
            }

            int[] next = [.. first];
            for (int i = 0; i < taxa.Length; i++)
            {
                children[next[taxa[i].Parent + 1]++] = i + 1;
            }

            // A parent stands before its children, so that all below a node is in order when its own children are put in order.
            for (int node = taxa.Length; node >= 0; node--)
            {
                children.AsSpan(first[node]..first[node + 1]).Sort(Compare);
            }
        }

        public ReadOnlySpan<byte> Text(int node) => text.Span[starts[node - 1]..starts[node]];

        /// <summary>All below a node, each before what is below it.</summary>
        public IEnumerable<(int Depth, int Node)> Below(int node)
        {
            var open = new Stack<(int Depth, int Node)>();
            Push(0, node);
            while (open.TryPop(out var next))
            {
                yield return next;
                Push(next.Depth + 1, next.Node);
            }

            void Push(int depth, int parent)
            {
                for (int i = first[parent + 1] - 1; i >= first[parent]; i--)
                {
                    open.Push((depth, children[i]));
                }
            }
        }

        private int Compare(int one, int other)
        {
            int order = Text(one).SequenceCompareTo(Text(other));
            if (order != 0 || one == other || (IsLeaf(one) && IsLeaf(other)))
            {
                return order;
            }

            // Equal rows differ by what is below them.
            using var others = Below(other).GetEnumerator();
            foreach (var (depth, node) in Below(one))
            {
                if (!others.MoveNext())
                {
                    return 1;
                }

                order = depth.CompareTo(others.Current.Depth);
                if (order == 0)
                {
                    order = Text(node).SequenceCompareTo(Text(others.Current.Node));
                }

                if (order != 0)
                {
                    return order;
                }
            }

            return others.MoveNext() ? -1 : 0;
        }

        private bool IsLeaf(int node) => first[node] == first[node + 1];
    }

    private static readonly byte[][] Ranks = [.. Enum.GetValues<TaxonomicRank>().Select(r => Encoding.ASCII.GetBytes($"\t{r}"))];
    private static readonly byte[][] Groups = [.. Enum.GetValues<OrganismGroup>().Select(g => Encoding.ASCII.GetBytes($"\t{g}"))];

    private static void AppendQuoted(ArrayBufferWriter<byte> text, string? part)
    {
        text.Write(part is null ? "\t-"u8 : "\t\""u8);
        Encoding.UTF8.GetBytes(Escaped(part), text);
    }

    private static void Append<T>(ArrayBufferWriter<byte> text, T number)
        where T : struct, IUtf8SpanFormattable
    {
        number.TryFormat(text.GetSpan(32), out int written, default, CultureInfo.InvariantCulture);
        text.Advance(written);
    }

    private static string Quoted(string? text) => text is null ? "-" : $"\"{Escaped(text)}";

    private static string Escaped(string? text)
    {
        if (text.AsSpan().IndexOfAny('\\', '\t', '\n') < 0)
        {
            return text ?? "";
        }

        foreach (char mark in "\\\t\n")
        {
            text = text!.Replace(mark.ToString(), $"\\{(int)mark}", StringComparison.Ordinal);
        }

        return text!;
    }
}
