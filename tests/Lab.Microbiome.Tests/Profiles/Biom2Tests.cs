using CsCheck;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using PureHDF;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>BIOM 2.1, https://biom-format.org/documentation/format_versions/biom-2.1.html; the files are written here.</summary>
public sealed class Biom2Tests
{
    private static readonly string[] Levels = ["k__Bacteria", "p__Firmicutes", "g__Blautia", "k__Bacteria", "p__Bacteroidetes", ""];
    private const string Tsv = "#OTU ID\tS1\tS2\ttaxonomy\na\t3.0\t4.0\tk__Bacteria; p__Firmicutes; g__Blautia\nb\t0.0\t5.0\tk__Bacteria; p__Bacteroidetes\n";

    private sealed record Table
    {
        public object Shape { get; init; } = new long[] { 2, 2 };
        public object Nnz { get; init; } = 3L;
        public object Version { get; init; } = new long[] { 2, 1 };
        public object Features { get; init; } = new[] { "a", "b" };
        public object Samples { get; init; } = new[] { "S1", "S2" };
        public object Rows { get; init; } = Matrix(new[] { 3.0, 4, 5 }, [0, 1, 1], [0, 2, 3]);
        public object Columns { get; init; } = Matrix(new[] { 3.0, 4, 5 }, [0, 0, 1], [0, 1, 3]);
        public object Taxonomy { get; init; } = new H5Dataset(Levels, fileDims: [2, 3]);

        public static H5Group Matrix(object data, int[] indices, int[] indptr) => new() { ["data"] = data, ["indices"] = indices, ["indptr"] = indptr };

        public byte[] Write(Action<H5File>? change = null)
        {
            var file = new H5File
            {
                ["observation"] = new H5Group { ["ids"] = Features, ["matrix"] = Rows, ["metadata"] = new H5Group { ["taxonomy"] = Taxonomy } },
                ["sample"] = new H5Group { ["ids"] = Samples, ["matrix"] = Columns, ["metadata"] = new H5Group() },
                Attributes = new() { ["id"] = "x", ["format-version"] = Version, ["shape"] = Shape, ["nnz"] = Nnz },
            };
            change?.Invoke(file);
            using var stream = new MemoryStream();
            file.Write(stream);
            return stream.ToArray();
        }
    }

    public static TheoryData<string> Spellings => [.. Same.Keys];

    private static Dictionary<string, Table> Same => new()
    {
        ["as the format says"] = new(),
        ["int32 attributes"] = new() { Shape = new[] { 2, 2 }, Version = new[] { 2, 0 }, Nnz = 3 },
        ["doubles of R"] = new() { Shape = new[] { 2.0, 2.0 }, Nnz = new[] { 3.0 } },
        ["whole numbers"] = new() { Rows = Table.Matrix(new[] { 3, 4, 5 }, [0, 1, 1], [0, 2, 3]), Columns = Table.Matrix(new[] { 3f, 4f, 5f }, [0, 0, 1], [0, 1, 3]) },
        ["a zero that is listed, rows out of order"] = new() { Nnz = 4L, Rows = Table.Matrix(new[] { 4.0, 3, 0, 5 }, [1, 0, 0, 1], [0, 2, 4]) },
        ["one text a lineage"] = new() { Taxonomy = new[] { "k__Bacteria; p__Firmicutes; g__Blautia", "k__Bacteria; p__Bacteroidetes" } },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public void Every_spelling_of_one_table_is_the_profile_of_its_text(string spelling) =>
        Assert.Equal(Tables.Profiles(Tsv).Select(p => p.Whatever()), Tables.Profiles(Tables.Read(Same[spelling].Write())).Select(p => p.Whatever()));

    public static TheoryData<string> Faults => [.. Wrong.Keys];

    private static Dictionary<string, Table> Wrong => new()
    {
        ["biom-shape 1"] = new() { Shape = new long[] { 300, 2 } },
        ["biom-shape 2"] = new() { Rows = Table.Matrix(new[] { 3.0, 4 }, [0, 1, 1], [0, 2, 3]) },
        ["biom-version"] = new() { Version = new long[] { 9, 9 } },
        ["biom-indptr 1"] = new() { Rows = Table.Matrix(new[] { 3.0, 4, 5 }, [0, 1, 1], [0, 4, 3]) },
        ["biom-indptr 2"] = new() { Rows = Table.Matrix(new[] { 3.0, 4, 5 }, [0, 1, 1], [0, 3]) },
        ["biom-index 1"] = new() { Rows = Table.Matrix(new[] { 3.0, 4, 5 }, [0, 2, 1], [0, 2, 3]) },
        ["biom-index 2"] = new() { Rows = Table.Matrix(new[] { 3.0, 4, 5 }, [0, 0, 1], [0, 2, 3]) },
        ["biom-csr-csc-mismatch 1"] = new() { Columns = Table.Matrix(new[] { 3.0, 4, 50 }, [0, 0, 1], [0, 1, 3]) },
        ["biom-csr-csc-mismatch 2"] = new() { Columns = Table.Matrix(new[] { 3.0, 4, 5 }, [0, 1, 1], [0, 2, 3]) },
        ["biom-element-type"] = new() { Rows = Table.Matrix(new[] { "3", "4", "5" }, [0, 1, 1], [0, 2, 3]) },
        ["biom-structure"] = new() { Rows = new H5Group() },
        ["value-not-finite"] = new() { Rows = Table.Matrix(new[] { 3.0, double.NaN, 5 }, [0, 1, 1], [0, 2, 3]) },
        ["value-negative"] = new() { Rows = Table.Matrix(new[] { 3.0, -4, 5 }, [0, 1, 1], [0, 2, 3]) },
        ["duplicate-taxon"] = new() { Features = new[] { "a", "a" } },
        ["duplicate-sample"] = new() { Samples = new[] { "S1", "S1" } },
        ["taxonomy-missing"] = new() { Taxonomy = new[] { "", "" } },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_wrong_table_gets_its_code(string fault) => Assert.Equal(fault.Split(' ')[0], Tables.Code(Tables.Read(Wrong[fault].Write())));

    [Fact]
    public void Another_number_of_values_than_stated_is_a_warning() =>
        Assert.Equal("biom-nnz", Assert.Single(Tables.Read((new Table { Nnz = 99L }).Write()).Content.Warnings).Code);

    [Fact]
    public void Taxids_as_ids_are_taxa()
    {
        var profile = Tables.Profiles(Tables.Read((new Table { Features = new[] { "NCBI:txid853", "NCBI:txid562" }, Taxonomy = new[] { "", "" } }).Write()))[1];
        Assert.Equal((4.0, "shotgun-generic"), (profile.Taxa.Single(t => t.Taxid == 853).Clade, profile.DeclaredAssay));
    }

    [Fact]
    public void Hdf5_of_something_else_is_other_content()
    {
        using var stream = new MemoryStream();
        new H5File { ["temperature"] = new[] { 36.6 } }.Write(stream);
        var content = Tables.Read(stream.ToArray()).Content;
        Assert.Equal(("hdf5-not-biom", ProfileRefusal.OtherContent), (Assert.Single(content.Errors).Code, content.Refusal));
    }

    [Fact]
    public void What_is_larger_than_the_budget_is_not_unpacked()
    {
        var content = Tables.Read(new Table().Write(), limits: new ProfileLimits { MaxValues = 2 }).Content;
        Assert.Equal(("decompressed-too-large", ProfileRefusal.TooLarge), (Assert.Single(content.Errors).Code, content.Refusal));
    }

    [Fact]
    public void A_file_that_is_cut_is_corrupt()
    {
        byte[] file = new Table().Write();
        foreach (int length in new[] { 8, 40, 100, file.Length / 2, file.Length - 1 })
        {
            Assert.Equal("hdf5-corrupt", Tables.Code(Tables.Read(file[..length])));
        }
    }

    [Theory]
    [InlineData((byte)1)]
    [InlineData((byte)64)]
    public void A_link_to_elsewhere_is_not_followed(byte kind)
    {
        // HDF5 file format specification, IV.A.2.g: version, flags (kind is given, length of one byte), kind, length of the name, name, target.
        byte[] link = [1, 8, kind, 11, .. "observation"u8, 12, 0, .. "/observation"u8];
        Assert.Equal("hdf5-corrupt", Tables.Code(Tables.Read([.. new Table().Write(), .. link])));
    }

    [Fact]
    public void A_heap_that_claims_more_than_the_file_is_corrupt()
    {
        // HDF5 file format specification, III.E: signature, version, three reserved, size of all, then the first object: index, count, four reserved, size.
        byte[] file = new Table().Write();
        int heap = file.AsSpan().IndexOf("GCOL"u8);
        Assert.True(heap > 0);
        BitConverter.TryWriteBytes(file.AsSpan(heap + 24), 2_000_000_000L);
        Assert.Equal("hdf5-corrupt", Tables.Code(Tables.Read(file)));
    }

    [Theory]
    [InlineData("a fill value of version 2")]
    [InlineData("a fill value of version 3")]
    [InlineData("an old fill value")]
    [InlineData("an attribute")]
    [InlineData("an attribute in a block that the header goes on in")]
    public void What_claims_more_than_the_file_is_corrupt(string what)
    {
        Assert.Equal("hdf5-corrupt", Tables.Code(Tables.Read(With(what, 2_000_000_000))));
        Assert.True(Tables.Read(With(what, 4)).Content.Errors.IsEmpty);
    }

    // HDF5 file format specification, IV.A.1.b and IV.A.2.e, f, m and q, behind a table that does not lead there: kind, size, flags; then something of a size.
    private static byte[] With(string what, uint size)
    {
        byte[] table = new Table().Write(), bytes = BitConverter.GetBytes(size);
        byte[] attribute = [12, 31, 0, 0, 3, 0, 2, 0, 8, 0, 12, 0, 0, (byte)'n', 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 1, .. bytes, 0, 0, 0, 0];
        byte[] message = what switch
        {
            "a fill value of version 2" => [5, 8, 0, 0, 2, 2, 2, 1, .. bytes],
            "a fill value of version 3" => [5, 6, 0, 0, 3, 0x29, .. bytes, 0, 0],
            "an old fill value" => [4, 4, 0, 0, .. bytes],
            "an attribute" => attribute,
            _ => [16, 16, 0, 0, .. BitConverter.GetBytes((long)table.Length + 27 + 4), .. BitConverter.GetBytes((long)attribute.Length + 8)],
        };
        byte[] header = [.. "OHDR"u8, 2, 0, (byte)message.Length, .. message, 0, 0, 0, 0];
        return what.EndsWith("goes on in", StringComparison.Ordinal) ? [.. table, .. header, .. "OCHK"u8, .. attribute, 0, 0, 0, 0] : [.. table, .. header];
    }

    [Fact]
    public void No_room_is_made_for_an_attribute_that_claims_more_than_the_file()
    {
        byte[] file = new Table().Write();
        int dimension = file.AsSpan().IndexOf("shape\0"u8) + 22;
        Assert.Equal(2, BitConverter.ToInt64(file, dimension));
        BitConverter.TryWriteBytes(file.AsSpan(dimension), 200_000_000L);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("hdf5-corrupt", Tables.Code(Tables.Read(file)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000);
    }

    [Fact]
    public void Whatever_byte_is_changed_there_is_an_answer()
    {
        byte[] file = new Table().Write();
        Gen.Select(Gen.Int[8, file.Length - 1], Gen.Byte).Sample((place, value) =>
        {
            byte[] changed = [.. file];
            changed[place] = value;
            var table = ProfileReader.ReadTable(changed, new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits());
            Assert.True(table.Content.Errors.Length > 0 || table.Samples.All(s => s.Read() is { } reading && (reading.Profile is null) == (reading.Errors.Length > 0)));
        });
    }
}
