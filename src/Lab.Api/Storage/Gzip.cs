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
    private const int Trailer = 8, FixedHeader = 10;

    [Flags]
    private enum Fields : byte { HeaderChecksum = 2, Extra = 4, Name = 8, Comment = 16, Reserved = 0xE0 }

    public static bool Recognises(ReadOnlySpan<byte> content) => content.Length > 2 && content[0] == 0x1F && content[1] == 0x8B;

    public static byte[] Compress(ReadOnlySpan<byte> content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(content);
        return compressed.ToArray();
    }

    /// <summary>All members, checksums verified, at most <paramref name="limit"/> bytes; nothing may follow the last.</summary>
    /// <exception cref="ProblemException">Damaged, cut off, or too large.</exception>
    public static byte[] Expand(byte[] content, long limit)
    {
        using var expanded = new MemoryStream();
        var at = 0;
        do
        {
            at = Member(content, at + HeaderLength(content.AsSpan(at)), expanded, limit);
        }
        while (at < content.Length);
        return expanded.ToArray();
    }

    private static int Member(byte[] content, int at, MemoryStream expanded, long limit)
    {
        var inflater = new Inflater(noHeader: true);
        var checksum = new Crc32();
        var buffer = new byte[81920];
        try
        {
            inflater.SetInput(content, at, content.Length - at);
            while (!inflater.IsFinished)
            {
                var read = inflater.Inflate(buffer);
                if (read == 0 && !inflater.IsFinished) throw Damaged();
                if (expanded.Length + read > limit) throw new ProblemException(ProblemCodes.TooLarge, $"The content is larger than {limit} bytes when decompressed.", errors: [TooLarge]);
                checksum.Update(new ArraySegment<byte>(buffer, 0, read));
                expanded.Write(buffer, 0, read);
            }
        }
        catch (Exception damaged) when (damaged is SharpZipBaseException or IndexOutOfRangeException)
        {
            throw Damaged();
        }
        var trailer = content.AsSpan(content.Length - inflater.RemainingInput);
        if (trailer.Length < Trailer || BinaryPrimitives.ReadUInt32LittleEndian(trailer) != (uint)checksum.Value
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != (uint)inflater.TotalOut)
        {
            throw Damaged();
        }
        return content.Length - inflater.RemainingInput + Trailer;
    }

    private static int HeaderLength(ReadOnlySpan<byte> member)
    {
        const byte deflate = 8;
        if (member.Length < FixedHeader || !Recognises(member) || member[2] != deflate) throw Damaged();
        var fields = (Fields)member[3];
        if ((fields & Fields.Reserved) != 0) throw Damaged();
        var length = FixedHeader;
        if (fields.HasFlag(Fields.Extra)) length += 2 + (member.Length < length + 2 ? throw Damaged() : BinaryPrimitives.ReadUInt16LittleEndian(member[length..]));
        foreach (var text in new[] { Fields.Name, Fields.Comment })
        {
            if (!fields.HasFlag(text)) continue;
            var end = length > member.Length ? -1 : member[length..].IndexOf((byte)0);
            if (end < 0) throw Damaged();
            length += end + 1;
        }
        if (fields.HasFlag(Fields.HeaderChecksum)) length += 2;
        return length < member.Length ? length : throw Damaged();
    }

    private static ProblemException Damaged() => new(ProblemCodes.CompressionCorrupt, "The gzip content is damaged or cut off.");

    private static readonly ProblemError TooLarge = new("decompressed-too-large", null, null, null, "The content is too large when decompressed.", "Send one sample a request.");
}
