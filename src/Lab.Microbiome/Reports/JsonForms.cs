using System.Buffers;

namespace Lab.Microbiome.Reports;

/// <summary>Bytes that grow, in memory that is used again and again: a content's are too many to be cleared and collected each time.</summary>
internal sealed class JsonBytes : IDisposable
{
    /// <summary>What most contents do not exceed.</summary>
    private const int Usual = 64 * 1024;

    private byte[] all = ArrayPool<byte>.Shared.Rent(Usual);

    public int Length { get; set; }

    public ReadOnlySpan<byte> Written => all.AsSpan(0, Length);

    /// <summary>Room for so many after what is written.</summary>
    public Span<byte> Room(int length)
    {
        if (all.Length - Length < length) Grow(length);
        return all.AsSpan(Length);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(all);
        all = [];
    }

    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * all.Length, Length + length));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(all);
        all = larger;
    }
}

/// <summary>The two forms of a content while they are written.</summary>
internal sealed class JsonForms : IDisposable
{
    /// <summary>As it stands in the document.</summary>
    public JsonBytes Contract { get; } = new();

    /// <summary>As RFC 8785 says.</summary>
    public JsonBytes Canonical { get; } = new();

    /// <summary>The members of one record in the canonical order, before they are in their place.</summary>
    public JsonBytes Turned { get; } = new();

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Contract.Append(bytes);
        Canonical.Append(bytes);
    }

    public void Dispose()
    {
        Contract.Dispose();
        Canonical.Dispose();
        Turned.Dispose();
    }
}
