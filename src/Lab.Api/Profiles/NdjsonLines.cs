using System.Buffers;

namespace Lab.Api.Profiles;

/// <summary>A line of NDJSON without its end; its bytes are null where it is too long to be a sample.</summary>
public sealed record NdjsonLine(long Number, byte[]? Bytes);

/// <summary>Splits what comes in pieces into lines. Blank lines are counted and left out.</summary>
public sealed class NdjsonLines(int limit)
{
    private readonly ArrayBufferWriter<byte> held = new();
    private bool tooLong;
    private long number;

    public IEnumerable<NdjsonLine> Push(ReadOnlyMemory<byte> piece)
    {
        while (piece.Span.IndexOf((byte)'\n') is >= 0 and var end)
        {
            Hold(piece[..end]);
            piece = piece[(end + 1)..];
            if (Last() is { } line) yield return line;
        }
        Hold(piece);
    }

    /// <summary>What was held: after the last piece, the line that no line feed ends; null where it is blank.</summary>
    public NdjsonLine? Last()
    {
        number++;
        var line = held.WrittenSpan.TrimEnd((byte)'\r');
        NdjsonLine? result = tooLong ? new(number, null) : line.IndexOfAnyExcept((byte)' ', (byte)'\t') < 0 ? null : new(number, line.ToArray());
        held.ResetWrittenCount();
        tooLong = false;
        return result;
    }

    private void Hold(ReadOnlyMemory<byte> part)
    {
        tooLong |= held.WrittenCount + part.Length > limit;
        if (!tooLong) held.Write(part.Span);
    }
}
