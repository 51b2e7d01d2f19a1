namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What the bytes of an upload are before they are a format.</summary>
internal enum ContentKind
{
    Text,
    Json,
    Hdf5,
}

/// <summary>The decoded bytes of an upload and, for text, its lines.</summary>
/// <param name="Kind">Text, JSON or HDF5.</param>
/// <param name="Bytes">Without a byte order mark.</param>
/// <param name="Lines">Of text only: without blank lines.</param>
/// <param name="Taxonomy">The second file of formats of two files; null where none was sent.</param>
/// <param name="Source">How the instrument writes its tables; null where it was not said.</param>
internal sealed record ProfileContent(ContentKind Kind, ReadOnlyMemory<byte> Bytes, List<TextLine> Lines, ReadOnlyMemory<byte>? Taxonomy, SourceTable? Source)
{
    private const int HeadLines = 16;

    /// <summary>The first lines, which are enough to recognise a format by.</summary>
    public IEnumerable<string> Head => Lines.Take(HeadLines).Select(l => l.Text);

    /// <summary>Whether one of the first lines begins so.</summary>
    public bool HeadHas(string start) => Head.Any(l => l.StartsWith(start, StringComparison.Ordinal));
}
