using System.Text;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Splits a line of a table into cells.</summary>
internal static class Cells
{
    /// <summary>The cells; with a comma or semicolon, quotes are taken off as RFC 4180 says. Null where a quote is not closed.</summary>
    public static string[]? Split(string line, char separator)
    {
        if (separator == '\t' || !line.Contains('"', StringComparison.Ordinal))
        {
            return line.Split(separator);
        }

        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"')
            {
                cell.Append('"');
                i++;
            }
            else if (c == '"' && (quoted || cell.Length == 0))
            {
                quoted = !quoted;
            }
            else if (c == separator && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        cells.Add(cell.ToString());
        return quoted ? null : [.. cells];
    }
}
