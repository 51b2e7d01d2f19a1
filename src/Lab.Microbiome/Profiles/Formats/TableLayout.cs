namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What the title line of a table says about its columns.</summary>
/// <param name="HeaderAt">The place of the title line.</param>
/// <param name="Separator">Between cells.</param>
/// <param name="Titles">Of the columns.</param>
/// <param name="DecimalSign">A point or a comma.</param>
internal sealed record TableLayout(int HeaderAt, char Separator, string[] Titles, char DecimalSign = '.')
{
    /// <summary>The layout of a text, by the first line that is no comment, or by what was said about its source; null where that has no two columns.</summary>
    public static TableLayout? Of(List<TextLine> lines, SourceTable? source)
    {
        int at = lines.FindIndex(l => l.Text[0] != '#');
        if (at < 0)
        {
            return null;
        }

        // R and others comment the titles out.
        at = at > 0 && lines[at - 1].Text.Contains('\t', StringComparison.Ordinal) ? at - 1 : at;
        string text = lines[at].Text;
        char separator = source?.Separator ?? (text.Contains('\t', StringComparison.Ordinal) ? '\t' : text.Contains(',', StringComparison.Ordinal) ? ',' : ';');
        string[]? titles = Cells.Split(text.TrimStart('#'), separator);
        return titles is { Length: > 1 } ? new TableLayout(at, separator, [.. titles.Select(t => t.Trim())], source?.DecimalSign ?? '.') : null;
    }

    /// <summary>The column of one of these titles, whatever their case; null where there is none.</summary>
    public int? Column(params ReadOnlySpan<string?> titles)
    {
        foreach (string? title in titles)
        {
            int at = title is null ? -1 : Array.FindIndex(Titles, t => t.Equals(title, StringComparison.OrdinalIgnoreCase));
            if (at >= 0)
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>The number of a cell, or null with the reason noted.</summary>
    public double? Number(ReadOnlySpan<char> cell, int line, int column, ProblemList problems)
    {
        if (DecimalSign == '.' || cell.IndexOfAny('.', ',') < 0)
        {
            return Numbers.Decimal(cell, line, column, problems);
        }

        // A point beside a decimal comma would part thousands; a comma is put back so that it is said which cell is wrong.
        string text = cell.ToString();
        return Numbers.Decimal((cell.Contains('.') ? text.Replace('.', ',') : text.Replace(',', '.')).AsSpan(), line, column, problems);
    }
}
