using System.Collections.Immutable;
using System.Text;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles;

/// <summary>The compact binary form in which profiles are stored: a version byte, then variable-length integers, texts and doubles; names only
/// where they differ from the taxonomy's. The round trip is exact.</summary>
public static class ProfilePacking
{
    private const byte Version = 1;

    [Flags]
    private enum RowFlags
    {
        None = 0,
        Taxid = 1,
        OwnName = 2,
        Submitted = 4,
        SubmittedIsName = 8,
        Whole = 16,
        DirectIsClade = 32,
        DirectIsZero = 64,
    }

    /// <summary>Packs a profile. Names are left out where they are those of the release that ships, so <see cref="Unpack"/> needs the same release.</summary>
    public static byte[] Pack(TaxonomicProfile profile) => Pack(profile, TaxonomyRelease.Shipped);

    /// <summary>Packs a profile against a release.</summary>
    public static byte[] Pack(TaxonomicProfile profile, TaxonomyRelease taxonomy)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(taxonomy);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Version);
        writer.Write(taxonomy.Version);
        writer.Write(profile.Format);
        writer.Write((byte)profile.Unit);
        WriteText(writer, profile.DeclaredAssay);
        WriteText(writer, profile.DeclaredAccession);
        WriteText(writer, profile.Database);
        writer.Write(profile.TotalReads is not null);
        writer.Write7BitEncodedInt64(profile.TotalReads ?? 0);
        writer.Write(profile.Unclassified is not null);
        writer.Write(profile.Unclassified ?? 0);
        writer.Write(profile.Everything);
        writer.Write(profile.Incomplete);
        writer.Write(profile.NameTaxidMismatch);
        writer.Write7BitEncodedInt(profile.Taxa.Length);
        for (int i = 0; i < profile.Taxa.Length; i++)
        {
            WriteRow(writer, profile.Taxa[i], i, taxonomy);
        }

        return stream.ToArray();
    }

    /// <summary>Unpacks what <see cref="Pack(TaxonomicProfile)"/> gave.</summary>
    /// <exception cref="InvalidDataException">The bytes are no packed profile, or were packed against another release.</exception>
    public static TaxonomicProfile Unpack(ReadOnlySpan<byte> packed, TaxonomyRelease taxonomy)
    {
        ArgumentNullException.ThrowIfNull(taxonomy);
        using var reader = new BinaryReader(new MemoryStream(packed.ToArray()), Encoding.UTF8);
        try
        {
            if (reader.ReadByte() != Version || reader.ReadString() != taxonomy.Version)
            {
                throw new InvalidDataException("The profile was packed by another version, or against another taxonomy.");
            }

            return ReadProfile(reader, taxonomy);
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("The bytes are no packed profile.", e);
        }
    }

    private static TaxonomicProfile ReadProfile(BinaryReader reader, TaxonomyRelease taxonomy)
    {
        string format = reader.ReadString();
        var unit = (AbundanceUnit)reader.ReadByte();
        string? assay = ReadText(reader);
        string? accession = ReadText(reader);
        string? database = ReadText(reader);
        bool hasTotal = reader.ReadBoolean();
        long total = reader.Read7BitEncodedInt64();
        bool hasUnclassified = reader.ReadBoolean();
        double unclassified = reader.ReadDouble();
        double everything = reader.ReadDouble();
        bool incomplete = reader.ReadBoolean();
        bool mismatch = reader.ReadBoolean();
        int count = reader.Read7BitEncodedInt();
        if (count < 0)
        {
            throw new InvalidDataException("The bytes are no packed profile.");
        }

        var taxa = ImmutableArray.CreateBuilder<ProfileTaxon>();
        for (int i = 0; i < count; i++)
        {
            taxa.Add(ReadRow(reader, i, taxonomy));
        }

        return new TaxonomicProfile
        {
            Format = format,
            Unit = unit,
            DeclaredAssay = assay,
            DeclaredAccession = accession,
            Database = database,
            TotalReads = hasTotal ? total : null,
            Unclassified = hasUnclassified ? unclassified : null,
            Everything = everything,
            Incomplete = incomplete,
            NameTaxidMismatch = mismatch,
            Taxa = taxa.ToImmutable(),
        };
    }

    private static void WriteRow(BinaryWriter writer, ProfileTaxon row, int index, TaxonomyRelease taxonomy)
    {
        bool known = row.Taxid is { } id && taxonomy.Find(id)?.Name == row.Name;
        var flags = (row.Taxid is null ? RowFlags.None : RowFlags.Taxid)
            | (known ? RowFlags.None : RowFlags.OwnName)
            | (row.SubmittedName is null ? RowFlags.None : row.SubmittedName == row.Name ? RowFlags.SubmittedIsName : RowFlags.Submitted)
            | (IsWhole(row.Clade) && IsWhole(row.Direct) ? RowFlags.Whole : RowFlags.None)
            | (Same(row.Direct, row.Clade) ? RowFlags.DirectIsClade : Same(row.Direct, 0) ? RowFlags.DirectIsZero : RowFlags.None);
        writer.Write((byte)flags);
        writer.Write((byte)((int)row.Rank | ((int)row.Group << 4)));
        writer.Write7BitEncodedInt(row.Parent < 0 ? 0 : index - row.Parent);
        if (row.Taxid is { } taxid)
        {
            writer.Write7BitEncodedInt64(taxid);
        }

        if (!known)
        {
            writer.Write(row.Name);
        }

        if (flags.HasFlag(RowFlags.Submitted))
        {
            writer.Write(row.SubmittedName!);
        }

        WriteNumber(writer, row.Clade, flags);
        if (!flags.HasFlag(RowFlags.DirectIsClade) && !flags.HasFlag(RowFlags.DirectIsZero))
        {
            WriteNumber(writer, row.Direct, flags);
        }
    }

    private static ProfileTaxon ReadRow(BinaryReader reader, int index, TaxonomyRelease taxonomy)
    {
        var flags = (RowFlags)reader.ReadByte();
        int kinds = reader.ReadByte();
        int back = reader.Read7BitEncodedInt();
        long? taxid = flags.HasFlag(RowFlags.Taxid) ? reader.Read7BitEncodedInt64() : null;
        string? name = flags.HasFlag(RowFlags.OwnName) ? reader.ReadString() : taxonomy.Find(taxid ?? 0)?.Name;
        if (name is null || back < 0 || back > index)
        {
            throw new InvalidDataException("The bytes are no packed profile.");
        }

        string? submitted = flags.HasFlag(RowFlags.SubmittedIsName) ? name : flags.HasFlag(RowFlags.Submitted) ? reader.ReadString() : null;
        double clade = ReadNumber(reader, flags);
        double direct = flags.HasFlag(RowFlags.DirectIsClade) ? clade : flags.HasFlag(RowFlags.DirectIsZero) ? 0 : ReadNumber(reader, flags);
        return new ProfileTaxon
        {
            Taxid = taxid,
            Name = name,
            SubmittedName = submitted,
            Rank = (TaxonomicRank)(kinds & 15),
            Group = (OrganismGroup)(kinds >> 4),
            Parent = back == 0 ? -1 : index - back,
            Clade = clade,
            Direct = direct,
        };
    }

    private static bool IsWhole(double value) => value is >= 0 and < 1L << 53 && Same(value, (long)value);

    // By bits, so that -0 stays what it is.
    private static bool Same(double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b);

    private static void WriteNumber(BinaryWriter writer, double value, RowFlags flags)
    {
        if (flags.HasFlag(RowFlags.Whole))
        {
            writer.Write7BitEncodedInt64((long)value);
        }
        else
        {
            writer.Write(value);
        }
    }

    private static double ReadNumber(BinaryReader reader, RowFlags flags) => flags.HasFlag(RowFlags.Whole) ? reader.Read7BitEncodedInt64()
        : reader.ReadDouble();

    private static void WriteText(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null)
        {
            writer.Write(text);
        }
    }

    private static string? ReadText(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;
}
