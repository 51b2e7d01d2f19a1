using CsCheck;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>What makes two profiles the same one.</summary>
public sealed class ProfileDigestTests
{
    [Fact]
    public void Rows_that_say_the_same_differ_by_what_is_below_them()
    {
        (string, int)[] twice = [("Clostridium", -1), ("scindens", 0), ("Clostridium", -1), ("bolteae", 2), ("sp", 3)];
        (string, int)[] other = [("Clostridium", -1), ("bolteae", 0), ("sp", 1), ("Clostridium", -1), ("scindens", 3)];
        (string, int)[] moved = [("Clostridium", -1), ("scindens", 0), ("bolteae", 0), ("sp", 2), ("Clostridium", -1)];
        (string, int)[] lifted = [("Clostridium", -1), ("scindens", 0), ("Clostridium", -1), ("bolteae", 2), ("sp", 2)];
        Assert.Equal(Digest(twice), Digest(other));
        Assert.Equal(4, new[] { twice, moved, lifted, twice[..4] }.Select(Digest).Distinct().Count());
    }

    [Fact]
    public void No_name_passes_for_two_rows_or_for_none()
    {
        string[] digests = [Digest(("a", -1)), Digest(("a\n1\t", -1)), Digest(("a", -1), ("", -1)), Digest(("a\\10", -1)), Digest(("-", -1)), Digest(("", -1)), Digest()];
        Assert.Equal(digests.Length, digests.Distinct().Count());
    }

    // Trees of few names, so that equal rows and equal branches are frequent.
    [Fact]
    public void The_order_of_siblings_changes_nothing() =>
        Gen.Select(Gen.Select(Gen.Int[0, 2], Gen.Int[0, 1000]).Array[1, 40], Gen.Int).Sample((rows, seed) =>
        {
            var tree = rows.Select((row, i) => (row.Item1.ToString(System.Globalization.CultureInfo.InvariantCulture), row.Item2 % (i + 1) - 1)).ToArray();
            return Digest(tree) == Digest(Shuffled(tree, new Random(seed)));
        });

    [Fact]
    public void A_chain_of_twenty_thousand_rows_beside_another_is_no_trouble()
    {
        var chains = Enumerable.Range(0, 40_000).Select(i => ("a", i < 2 ? -1 : i - 2)).ToArray();
        Assert.NotEqual(Digest(chains), Digest(chains[..^1]));
    }

    private static (string, int)[] Shuffled((string Name, int Parent)[] tree, Random random)
    {
        var (order, place) = (new List<(string, int)>(), new int[tree.Length]);
        Visit(-1);
        return [.. order];

        void Visit(int parent)
        {
            var children = Enumerable.Range(0, tree.Length).Where(i => tree[i].Parent == parent).ToArray();
            random.Shuffle(children);
            foreach (var child in children)
            {
                place[child] = order.Count;
                order.Add((tree[child].Name, parent < 0 ? -1 : place[parent]));
                Visit(child);
            }
        }
    }

    private static string Digest(params (string Name, int Parent)[] rows) => new TaxonomicProfile
    {
        Format = "any",
        Unit = AbundanceUnit.Fraction,
        TotalReads = null,
        Unclassified = null,
        Everything = 1,
        Taxa = [.. rows.Select(row => new ProfileTaxon
        {
            Taxid = null,
            Name = row.Name,
            SubmittedName = null,
            Rank = TaxonomicRank.None,
            Parent = row.Parent,
            Group = OrganismGroup.Bacteria,
            Clade = 0.25,
            Direct = 0.25,
        })],
    }.NormalisedSha256();
}
