using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.Zip.Compression;
using Lab.Api.Hosting;

namespace Lab.Api.Storage;

/// <summary>Gzip (RFC 1952) that is checked to its end: .NET's own reader takes a cut-off stream for a shorter file, and SharpZipLib's ignores what
/// follows the first member when that is no whole member, which is how a cut-off second one looks.</summary>
public static class Gzip
{
    public static bool Recognises(ReadOnlySpan<byte> content) => content.Length > 2 && content[0] == 0x1F && content[1] == 0x8B;

    // Level 2: a report takes a fifth less than with the fastest, for 65 µs more; each further level wins a twentieth for as much again.
    private static readonly ZLibCompressionOptions Level = new() { CompressionLevel = 2 };

    public static byte[] Compress(ReadOnlySpan<byte> content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, Level, leaveOpen: true)) gzip.Write(content);
        return compressed.ToArray();
    }

    /// <summary>All members, checksums verified; nothing may follow the last. For what the service itself stored.</summary>
    /// <exception cref="ProblemException">Damaged or cut off.</exception>
    public static byte[] Expand(byte[] content)
    {
        var expanded = new ArrayBufferWriter<byte>(4 * content.Length + 16);
        var decoder = new GzipDecoder();
        decoder.Push(content, content.Length, expanded);
        decoder.Complete();
        return expanded.WrittenSpan.ToArray();
    }
}

/// <summary>Decodes gzip that comes in pieces, to the end of its last member.</summary>
public sealed class GzipDecoder
{
    private const int Trailer = 8, FixedHeader = 10, MaxHeader = 1 << 16;

    private readonly Inflater inflater = new(noHeader: true);
    private readonly Crc32 checksum = new();
    private readonly byte[] buffer = new byte[1 << 16];
    // What of a header or a trailer has come so far.
    private readonly ArrayBufferWriter<byte> held = new();
    private State state = State.Header;
    private bool any;

    private enum State { Header, Body, Trailer }

    [Flags]
    private enum Fields : byte { HeaderChecksum = 2, Extra = 4, Name = 8, Comment = 16, Reserved = 0xE0 }

    /// <exception cref="ProblemException">Damaged.</exception>
    public void Push(byte[] input, int count, IBufferWriter<byte> output)
    {
        var at = 0;
        while (at < count)
        {
            at = state switch
            {
                State.Header => PastHeader(input, at, count),
                State.Body => PastBody(input, at, count, output),
                _ => PastTrailer(input, at, count),
            };
        }
    }

    /// <exception cref="ProblemException">Cut off.</exception>
    public void Complete()
    {
        if (state != State.Header || held.WrittenCount > 0 || !any) throw Damaged();
    }

    private int PastHeader(byte[] input, int at, int count)
    {
        var before = held.WrittenCount;
        held.Write(input.AsSpan(at, Math.Min(count - at, MaxHeader - before)));
        var length = HeaderLength(held.WrittenSpan);
        if (length < 0) return held.WrittenCount < MaxHeader ? count : throw Damaged();
        held.ResetWrittenCount();
        inflater.Reset();
        checksum.Reset();
        (state, any) = (State.Body, true);
        return at + length - before;
    }

    private int PastBody(byte[] input, int at, int count, IBufferWriter<byte> output)
    {
        try
        {
            inflater.SetInput(input, at, count - at);
            while (!inflater.IsFinished && (!inflater.IsNeedingInput || inflater.RemainingInput > 0))
            {
                var read = inflater.Inflate(buffer);
                if (read == 0)
                {
                    if (inflater.IsNeedingInput || inflater.IsFinished) break;
                    throw Damaged();
                }
                checksum.Update(new ArraySegment<byte>(buffer, 0, read));
                output.Write(buffer.AsSpan(0, read));
            }
        }
        catch (Exception damaged) when (damaged is SharpZipBaseException or IndexOutOfRangeException)
        {
            throw Damaged();
        }
        if (!inflater.IsFinished) return count;
        state = State.Trailer;
        return count - inflater.RemainingInput;
    }

    private int PastTrailer(byte[] input, int at, int count)
    {
        var taken = Math.Min(Trailer - held.WrittenCount, count - at);
        held.Write(input.AsSpan(at, taken));
        if (held.WrittenCount < Trailer) return count;
        if (BinaryPrimitives.ReadUInt32LittleEndian(held.WrittenSpan) != (uint)checksum.Value || BinaryPrimitives.ReadUInt32LittleEndian(held.WrittenSpan[4..]) != (uint)inflater.TotalOut) throw Damaged();
        held.ResetWrittenCount();
        state = State.Header;
        return at + taken;
    }

    // Negative while it has not come whole.
    private static int HeaderLength(ReadOnlySpan<byte> header)
    {
        const byte deflate = 8;
        if ((header.Length > 0 && header[0] != 0x1F) || (header.Length > 1 && header[1] != 0x8B) || (header.Length > 2 && header[2] != deflate)) throw Damaged();
        if (header.Length < FixedHeader) return -1;
        var fields = (Fields)header[3];
        if ((fields & Fields.Reserved) != 0) throw Damaged();
        var length = FixedHeader;
        if (fields.HasFlag(Fields.Extra))
        {
            if (header.Length < length + 2) return -1;
            length += 2 + BinaryPrimitives.ReadUInt16LittleEndian(header[length..]);
        }
        foreach (var text in new[] { Fields.Name, Fields.Comment })
        {
            if (!fields.HasFlag(text)) continue;
            var end = length > header.Length ? -1 : header[length..].IndexOf((byte)0);
            if (end < 0) return -1;
            length += end + 1;
        }
        if (fields.HasFlag(Fields.HeaderChecksum)) length += 2;
        return length <= header.Length ? length : -1;
    }

    private static ProblemException Damaged() => new(ProblemCodes.CompressionCorrupt, "The gzip content is damaged or cut off.");
}
