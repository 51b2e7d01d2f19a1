using System.Collections.Immutable;
using CsCheck;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

public sealed class ProfilePackingTests
{
    private static readonly Gen<string?> Text = Gen.Frequency((1, Gen.Const((string?)null)),
        (3, Gen.String[Gen.Char.AlphaNumeric, 0, 40].Select(s => (string?)s)));
    private static readonly Gen<double> Number = Gen.OneOf(Gen.Double[0, 1], Gen.Const(0.0), Gen.Const(-0.0), Gen.Long[0, 1L << 53].Select(n => (double)n));

    private static readonly Gen<ProfileTaxon> Row =
        Gen.Select(Gen.OneOf(Gen.Int[0, TaxonomyRelease.Shipped.Count - 1].Select(i => (long?)TaxonomyRelease.Shipped.Taxa[i].Taxid),
            Gen.Long[1, long.MaxValue].Select(n => (long?)n), Gen.Const((long?)null)),
            Text, Text, Gen.Enum<TaxonomicRank>(), Gen.Enum<OrganismGroup>(), Number, Number, Gen.Bool)
        .Select((taxid, name, submitted, rank, group, clade, direct, current) => new ProfileTaxon
        {
            Taxid = taxid,
            Name = (current ? TaxonomyRelease.Shipped.Find(taxid ?? 0)?.Name : null) ?? name ?? "x",
            SubmittedName = current ? name : submitted,
            Rank = rank,
            Group = group,
            Parent = -1,
            Clade = clade,
            Direct = direct,
        });

    private static readonly Gen<TaxonomicProfile> Profile =
        Gen.Select(Row.Array[0, 60], Gen.Int[0, 1000], Gen.Enum<AbundanceUnit>(), Text, Number, Gen.Bool, Gen.Bool, Gen.Long[0, long.MaxValue])
        .Select((rows, seed, unit, text, number, a, b, total) => new TaxonomicProfile
        {
            Format = text ?? "bracken",
            Unit = unit,
            DeclaredAssay = a ? text : null,
            DeclaredAccession = b ? text : null,
            Database = text,
            TotalReads = a ? total : null,
            Unclassified = b ? number : null,
            Everything = number,
            Incomplete = a,
            NameTaxidMismatch = b,
            Taxa = [.. rows.Select((row, i) => row with { Parent = ((seed + (i * 7)) % (i + 1)) - 1 })],
        });

    [Fact]
    public void A_packed_profile_comes_back_exactly() => Profile.Sample(profile =>
    {
        var again = ProfilePacking.Unpack(ProfilePacking.Pack(profile), TaxonomyRelease.Shipped);
        Assert.Equal(profile.Taxa.AsEnumerable(), again.Taxa);
        Assert.Equal(profile with { Taxa = [] }, again with { Taxa = [] });
        Assert.All(profile.Taxa.Zip(again.Taxa), p => Assert.Equal(BitConverter.DoubleToInt64Bits(p.First.Direct),
            BitConverter.DoubleToInt64Bits(p.Second.Direct)));
    });

    [Fact]
    public void Damaged_bytes_are_an_error_and_never_something_else() => Gen.Select(Profile, Gen.Int[0, 10_000], Gen.Byte).Sample((profile, place, value) =>
    {
        byte[] packed = ProfilePacking.Pack(profile);
        byte[] cut = packed[..(place % packed.Length)];
        Assert.Throws<InvalidDataException>(() => ProfilePacking.Unpack(cut, TaxonomyRelease.Shipped));
        packed[place % packed.Length] = value;
        try
        {
            _ = ProfilePacking.Unpack(packed, TaxonomyRelease.Shipped);
        }
        catch (InvalidDataException)
        {
            return;
        }
    });
}
