using System.Buffers;
using System.Runtime.CompilerServices;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Lab.Api.Profiles;

/// <summary>A body in pieces, as it is after its Content-Encoding and after one layer of gzip or zstd that the file itself has. Each layer is checked to
/// its end: a cut-off body is never a shorter one.</summary>
public static class DecodedBody
{
    private const int PieceLength = 1 << 16;

    /// <summary>Past this many bytes a body that expands more than <see cref="MaxRatio"/> times is no data.</summary>
    private const long Generous = 64 * 1024 * 1024;
    private const int MaxRatio = 200;

    /// <summary>The pieces; each is valid until the next is asked for.</summary>
    /// <exception cref="ProblemException">The Content-Encoding is not known; a layer is damaged, cut off, or expands without measure.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream body, string contentEncoding, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var taken = new Count();
        var decoded = contentEncoding.Trim().ToLowerInvariant() switch
        {
            "" or "identity" => Pieces(body, taken, cancellation),
            "gzip" or "x-gzip" => Gunzip(Pieces(body, taken, cancellation)),
            "zstd" => Unzstd(Pieces(body, taken, cancellation)),
            _ => throw new ProblemException(ProblemCodes.UnsupportedContent, "The Content-Encoding is not known.", "Send it plain, or with Content-Encoding gzip or zstd."),
        };
        await using var pieces = decoded.GetAsyncEnumerator(cancellation);
        var head = new ArrayBufferWriter<byte>(4);
        while (head.WrittenCount < 4 && await pieces.MoveNextAsync()) head.Write(pieces.Current.Span);
        var rest = Joined(head.WrittenMemory, pieces);
        var content = Gzip.Recognises(head.WrittenSpan) ? Gunzip(rest) : head.WrittenSpan is [0x28, 0xB5, 0x2F, 0xFD, ..] ? Unzstd(rest) : rest;
        long given = 0;
        await foreach (var piece in content.WithCancellation(cancellation))
        {
            given += piece.Length;
            if (given > Generous && given > MaxRatio * taken.Bytes) throw TooLarge(Generous);
            yield return piece;
        }
    }

    public static ProblemException TooLarge(long limit) => new(ProblemCodes.TooLarge, $"The content is larger than {limit} bytes when decompressed.",
        errors: [new("decompressed-too-large", null, null, null, "The content is too large when decompressed.", "Send one sample a request.")]);

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Pieces(Stream body, Count taken, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var buffer = new byte[PieceLength];
        while (await body.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            taken.Bytes += read;
            yield return buffer.AsMemory(0, read);
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Joined(ReadOnlyMemory<byte> first, IAsyncEnumerator<ReadOnlyMemory<byte>> others)
    {
        if (!first.IsEmpty) yield return first;
        while (await others.MoveNextAsync()) yield return others.Current;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Gunzip(IAsyncEnumerable<ReadOnlyMemory<byte>> compressed)
    {
        var decoder = new GzipDecoder();
        var output = new ArrayBufferWriter<byte>(PieceLength);
        var input = new byte[PieceLength];
        await foreach (var piece in compressed)
        {
            // A small input at a time bounds what one piece can expand to.
            for (var at = 0; at < piece.Length;)
            {
                var length = Math.Min(4096, piece.Length - at);
                piece.Slice(at, length).CopyTo(input);
                at += length;
                output.ResetWrittenCount();
                decoder.Push(input, length, output);
                if (output.WrittenCount > 0) yield return output.WrittenMemory;
            }
        }
        decoder.Complete();
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Unzstd(IAsyncEnumerable<ReadOnlyMemory<byte>> compressed)
    {
        using var decompressor = new Decompressor();
        // A frame says how much memory it wants; what zstd's levels up to 19 ask for is 8 MB.
        decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, 24);
        var output = new byte[PieceLength];
        var status = OperationStatus.NeedMoreData;
        await foreach (var piece in compressed)
        {
            for (var at = 0; at < piece.Length || status == OperationStatus.DestinationTooSmall;)
            {
                (status, var consumed, var written) = Step(decompressor, piece[at..].Span, output);
                at += consumed;
                if (written > 0) yield return output.AsMemory(0, written);
                if (consumed == 0 && written == 0) break;
            }
        }
        if (status != OperationStatus.Done) throw DamagedZstd();
    }

    private static (OperationStatus Status, int Consumed, int Written) Step(Decompressor decompressor, ReadOnlySpan<byte> input, Span<byte> output)
    {
        try
        {
            var status = decompressor.UnwrapStream(input, output, out var consumed, out var written);
            return status == OperationStatus.InvalidData ? throw DamagedZstd() : (status, consumed, written);
        }
        catch (ZstdException)
        {
            throw DamagedZstd();
        }
    }

    private static ProblemException DamagedZstd() => new(ProblemCodes.CompressionCorrupt, "The zstd content is damaged or cut off, or asks for more than 16 MB of memory.");

    private sealed class Count
    {
        public long Bytes { get; set; }
    }
}
