using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The bytes of an HDF5 file as the stream that PureHDF reads. A file is a graph, and a hostile one has circles: reads are counted, and refused
/// where they are too many or too deep, which ends every walk that does not end by itself.</summary>
internal sealed class Hdf5Bytes(ReadOnlyMemory<byte> bytes) : Stream
{
    private static readonly int[] LengthSizes = [1, 2, 4, 8];
    private long position;

    // A file of many short texts is read less than once a byte.
    private long readsLeft = Math.Min(20_000_000, 200_000 + (2L * bytes.Length));

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => bytes.Length;

    public override long Position
    {
        get => position;
        set => position = value >= 0 ? value : throw new IOException("A place before the file.");
    }

    /// <summary>Whether the file has all the bytes that its superblock says it has.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> file)
    {
        // Version 0 and 1 have 64-bit addresses from byte 24 or 28 on, version 2 and 3 from byte 12: base, another, end of file.
        int end = file.Length < 48 ? 0 : file[8] switch { 0 => 40, 1 => 44, 2 or 3 => 28, _ => 0 };
        return end > 0 && file[end == 28 ? 9 : 13] == 8 && BinaryPrimitives.ReadUInt64LittleEndian(file[end..]) <= (ulong)file.Length;
    }

    /// <summary>Whether what the heaps of the file say that they hold lies in the file: the library makes room for it before it looks.</summary>
    public static bool HasSoundHeaps(ReadOnlySpan<byte> file)
    {
        // Local heap: signature, version 0, three reserved, size of its data.
        for (int at = file.IndexOf("HEAP"u8); at >= 0 && at + 16 <= file.Length; at = Next(file, at, "HEAP"u8))
        {
            if (file[at + 4] == 0 && BinaryPrimitives.ReadUInt64LittleEndian(file[(at + 8)..]) > (ulong)file.Length)
            {
                return false;
            }
        }

        int left = Budget(file);
        for (int at = file.IndexOf("GCOL"u8); at >= 0 && at + 16 <= file.Length; at = Next(file, at, "GCOL"u8))
        {
            if (file[at + 4] == 1 && !IsSoundCollection(file[at..], ref left))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the fill values and attributes of the file lie in it, for which the library makes room, too, before it looks.</summary>
    public static bool HasSoundMessages(ReadOnlySpan<byte> file)
    {
        int left = Budget(file);

        // Headers of the old style have no signature: the root's address stands in the superblock, the others' in the symbol tables.
        if (file.Length > 80 && file[8] < 2 && !HasSoundHeader(file, BinaryPrimitives.ReadUInt64LittleEndian(file[(file[8] == 0 ? 64 : 68)..]), ref left))
        {
            return false;
        }

        for (int at = file.IndexOf("SNOD"u8); at >= 0; at = Next(file, at, "SNOD"u8))
        {
            for (int entry = at + 8; entry + 40 <= file.Length && entry < at + 8 + (40 * BinaryPrimitives.ReadUInt16LittleEndian(file[(at + 6)..])); entry += 40)
            {
                if (--left < 0 || !HasSoundHeader(file, BinaryPrimitives.ReadUInt64LittleEndian(file[(entry + 8)..]), ref left))
                {
                    return false;
                }
            }
        }

        for (int at = file.IndexOf("OHDR"u8); at >= 0 && at + 16 <= file.Length; at = Next(file, at, "OHDR"u8))
        {
            // Version, flags, perhaps four times and two limits, the size of the messages.
            int flags = file[at + 5];
            int sized = at + 6 + ((flags & 32) == 0 ? 0 : 16) + ((flags & 16) == 0 ? 0 : 4);
            int width = 1 << (flags & 3);
            if (file[at + 4] == 2 && sized + width <= file.Length
                && !HasSoundBlock(file, sized + width, Unsigned(file.Slice(sized, width)), (flags & 4) == 0 ? 4 : 6, ref left))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether one of the names that are looked for, or anything in a group of the old style, is a link to another place or file. Nothing that
    /// writes BIOM makes them; following them could go in circles or read other files of this machine.</summary>
    public static bool HasLinks(ReadOnlySpan<byte> file, IEnumerable<string> names)
    {
        int left = Budget(file);
        for (int at = file.IndexOf("SNOD"u8); at >= 0; at = Next(file, at, "SNOD"u8))
        {
            // A symbol table node: version, reserved, count, then entries of 40 bytes with the kind at byte 16; 2 is a symbolic link.
            int count = at + 8 <= file.Length ? BinaryPrimitives.ReadUInt16LittleEndian(file[(at + 6)..]) : 0;
            for (int i = 0; i < count && at + 8 + (40 * i) + 20 <= file.Length; i++)
            {
                if (--left < 0 || BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 8 + (40 * i) + 16)..]) == 2)
                {
                    return true;
                }
            }
        }

        foreach (string name in names)
        {
            byte[] text = System.Text.Encoding.ASCII.GetBytes(name);
            for (int at = file.IndexOf(text); at >= 0; at = Next(file, at, text))
            {
                if (IsLinkMessage(file, at, text.Length))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public override int Read(Span<byte> buffer)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (--readsLeft < 0)
        {
            throw new IOException("The file is read in circles.");
        }

        int count = (int)Math.Clamp(bytes.Length - position, 0, buffer.Length);
        bytes.Span.Slice((int)Math.Min(position, bytes.Length), count).CopyTo(buffer);
        position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? position : bytes.Length);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // Global heap collection: signature, version 1, three reserved, size of all; then objects of index, count, four reserved, size, and their bytes up to a
    // multiple of 8. Index 0 is what is free.
    private static bool IsSoundCollection(ReadOnlySpan<byte> heap, ref int left)
    {
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(heap[8..]);
        if (size > (ulong)heap.Length)
        {
            return false;
        }

        for (int at = 16; at + 16 <= (int)size;)
        {
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(heap[(at + 8)..]);
            if (BinaryPrimitives.ReadUInt16LittleEndian(heap[at..]) == 0)
            {
                return true;
            }

            if (--left < 0 || length > size - (ulong)at - 16)
            {
                return false;
            }

            at += 16 + (int)((length + 7) / 8 * 8);
        }

        return true;
    }

    // A header of the old style: version 1, reserved, two counts, the size of the messages, four bytes to fill.
    private static bool HasSoundHeader(ReadOnlySpan<byte> file, ulong at, ref int left) =>
        at + 16 > (ulong)file.Length || at > int.MaxValue || file[(int)at] != 1
        || HasSoundBlock(file, (int)at + 16, BinaryPrimitives.ReadUInt32LittleEndian(file[((int)at + 8)..]), 8, ref left);

    // Messages: of the old style kind, size, flags, reserved (8 bytes); of the new style kind, size, flags (4), perhaps an order (6). Kind 16 says where more
    // of them are, in the new style between a signature and a checksum.
    private static bool HasSoundBlock(ReadOnlySpan<byte> file, int at, ulong length, int head, ref int left)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        int end = at + (int)Math.Min(length, (ulong)(file.Length - at));
        while (at + head <= end)
        {
            int size = BinaryPrimitives.ReadUInt16LittleEndian(file[(at + (head == 8 ? 2 : 1))..]);
            var body = file[(at + head)..];
            if (--left < 0 || !IsSoundMessage(file[at], body, file.Length, ref left))
            {
                return false;
            }

            if (file[at] == 16 && body.Length >= 16 && BinaryPrimitives.ReadUInt64LittleEndian(body) is var address && address < (ulong)file.Length - 4
                && BinaryPrimitives.ReadUInt64LittleEndian(body[8..]) is var more && more >= 8
                && !HasSoundBlock(file, (int)address + (head == 8 ? 0 : 4), head == 8 ? more : more - 8, head, ref left))
            {
                return false;
            }

            at += head + size;
        }

        return true;
    }

    private static bool IsSoundMessage(int kind, ReadOnlySpan<byte> body, int most, ref int left) => kind switch
    {
        4 => body.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(body) <= most,

        // A fill value: version, and of 1 and 2 two times, 1 where there is one, its size; of 3 flags with bit 5 where there is one, its size.
        5 when body.Length >= 8 && body[0] is 1 or 2 && body[3] == 1 => BinaryPrimitives.ReadUInt32LittleEndian(body[4..]) <= most,
        5 when body.Length >= 8 && body[0] == 3 && (body[1] & 48) == 32 => BinaryPrimitives.ReadUInt32LittleEndian(body[2..]) <= most,
        12 => IsSoundAttribute(body, most, ref left),
        _ => true,
    };

    // Version, flags (bits for a type or space that stands elsewhere), sizes of the name, the type and the space, of version 3 the character set; then these
    // three, of version 1 each up to a multiple of 8. A type has its size at byte 4, a space its rank at 1 and its dimensions from 8 (version 1) or 4 on.
    private static bool IsSoundAttribute(ReadOnlySpan<byte> body, int most, ref int left)
    {
        if (body.Length < 9 || body[0] is not (1 or 2 or 3) || (body[0] > 1 && (body[1] & 3) != 0))
        {
            return true;
        }

        int from = body[0] == 3 ? 9 : 8;
        int type = body[from..].IndexOf((byte)0) + 1;
        left -= type == 0 ? body.Length : type;
        type = from + (body[0] == 1 ? (type + 7) / 8 * 8 : type);
        int typeSize = BinaryPrimitives.ReadUInt16LittleEndian(body[4..]);
        int space = type + (body[0] == 1 ? (typeSize + 7) / 8 * 8 : typeSize);
        if (space + 4 > body.Length)
        {
            return true;
        }

        double size = BinaryPrimitives.ReadUInt32LittleEndian(body[(type + 4)..]);
        int first = space + (body[space] == 1 ? 8 : 4);
        for (int i = 0; i < body[space + 1] && first + (8 * i) + 8 <= body.Length; i++)
        {
            size *= BinaryPrimitives.ReadUInt64LittleEndian(body[(first + (8 * i))..]);
        }

        return size <= most;
    }

    // What is walked overlaps only where somebody made it so; such a file is refused when more was looked at than it has.
    private static int Budget(ReadOnlySpan<byte> file) => Math.Max(1000, file.Length);

    private static ulong Unsigned(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }

    private static int Next(ReadOnlySpan<byte> file, int at, ReadOnlySpan<byte> text)
    {
        int next = file[(at + 1)..].IndexOf(text);
        return next < 0 ? -1 : at + 1 + next;
    }

    // A link message before its name: version 1, flags, kind, order of creation, character set, length of the name. Kind 0 is a hard link.
    private static bool IsLinkMessage(ReadOnlySpan<byte> file, int name, int length)
    {
        for (int size = 0; size < LengthSizes.Length; size++)
        {
            int at = name - LengthSizes[size];
            if (at < 3 || file[at] != length || file[(at + 1)..name].ContainsAnyExcept((byte)0))
            {
                continue;
            }

            for (int optional = 0; optional < 4; optional++)
            {
                int start = at - ((optional & 1) == 0 ? 0 : 8) - ((optional & 2) == 0 ? 0 : 1) - 3;
                int flags = size | 8 | ((optional & 1) == 0 ? 0 : 4) | ((optional & 2) == 0 ? 0 : 16);
                if (start >= 0 && file[start] == 1 && file[start + 1] == flags && file[start + 2] is 1 or >= 64)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
