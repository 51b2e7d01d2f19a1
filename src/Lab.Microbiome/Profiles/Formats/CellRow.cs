namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The cells of one line after another, without a text for each cell of a wide table.</summary>
internal sealed class CellRow(char separator)
{
    private Range[] ranges = new Range[64];
    private string[]? unquoted;
    private string text = "";

    /// <summary>Takes a line, and says how many cells it has; 0 where a quote is not closed.</summary>
    public int Take(string line)
    {
        text = line;
        unquoted = separator != '\t' && line.Contains('"', StringComparison.Ordinal) ? Cells.Split(line, separator) ?? [] : null;
        if (unquoted is not null)
        {
            return unquoted.Length;
        }

        int count = line.AsSpan().Count(separator) + 1;
        ranges = ranges.Length < count ? new Range[count] : ranges;
        return line.AsSpan().Split(ranges, separator);
    }

    public ReadOnlySpan<char> this[int cell] => unquoted is null ? text.AsSpan()[ranges[cell]] : unquoted[cell];

    /// <summary>A cell as a text, without blanks around it; null where it is empty.</summary>
    public string? Text(int? cell) => cell is { } at && this[at].Trim() is { Length: > 0 } trimmed ? trimmed.ToString() : null;
}
