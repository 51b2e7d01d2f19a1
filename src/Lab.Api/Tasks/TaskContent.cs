using System.IO.Compression;
using System.Security.Cryptography;

namespace Lab.Api.Tasks;

/// <summary>What a content is.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Compressed">The length of its parts together.</param>
/// <param name="Sha256">Of the content, lower-case hex.</param>
public sealed record ContentSize(long Bytes, long Compressed, string Sha256);

/// <summary>Writes content of any length as one gzip member in parts of about a megabyte; one of them is in memory.</summary>
public sealed class TaskContent : IAsyncDisposable
{
    private const int PartSize = 1 << 20;

    // GZipStream writes nothing at all where nothing was written to it, and that is no gzip.
    private static ReadOnlySpan<byte> EmptyMember => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly TaskRun run;
    private readonly MemoryStream part = new(PartSize + (1 << 18));
    private readonly GZipStream gzip;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<Guid> samples = [];
    private long bytes, compressed;

    public TaskContent(TaskRun run)
    {
        this.run = run;
        gzip = new GZipStream(part, CompressionLevel.Fastest, leaveOpen: true);
    }

    /// <summary>Says whose data follow; before they are written.</summary>
    public void Holds(Guid sample) => samples.Add(sample);

    /// <summary>Adds to the content; after something has been added, <see cref="KeepAsync"/>.</summary>
    public void Write(ReadOnlySpan<byte> content)
    {
        gzip.Write(content);
        hash.AppendData(content);
        bytes += content.Length;
    }

    /// <summary>Keeps what makes a part.</summary>
    /// <exception cref="TaskLostException">The task is not this worker's any more.</exception>
    public ValueTask KeepAsync(CancellationToken cancellation) => part.Length < PartSize ? ValueTask.CompletedTask : new(FlushAsync(cancellation));

    /// <summary>Keeps the last part.</summary>
    public async Task<ContentSize> CompleteAsync(CancellationToken cancellation)
    {
        await gzip.DisposeAsync();
        if (bytes == 0) part.Write(EmptyMember);
        await FlushAsync(cancellation);
        return new ContentSize(bytes, compressed, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    public async ValueTask DisposeAsync()
    {
        await gzip.DisposeAsync();
        await part.DisposeAsync();
        hash.Dispose();
    }

    private async Task FlushAsync(CancellationToken cancellation)
    {
        await run.WritePartAsync(part.GetBuffer().AsMemory(0, (int)part.Length), samples, cancellation);
        compressed += part.Length;
        part.SetLength(0);
        samples.Clear();
    }
}
