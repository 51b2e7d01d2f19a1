using System.Text;
using System.Text.Unicode;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A line of text with its number, counted from 1.</summary>
internal readonly record struct TextLine(int Number, string Text);

/// <summary>Splits UTF-8 into lines. LF, CRLF and a lone CR end a line; the last line needs no end; blank lines are left out but counted.</summary>
internal static class TextContent
{
    public static List<TextLine> Lines(ReadOnlySpan<byte> content, ProfileLimits limits, ProblemList problems)
    {
        var lines = new List<TextLine>();
        int number = 0;
        while (!content.IsEmpty)
        {
            int end = content.IndexOfAny((byte)'\n', (byte)'\r');
            var line = end < 0 ? content : content[..end];
            int next = end < 0 ? content.Length : end + 1;
            if (end >= 0 && content[end] == '\r' && next < content.Length && content[next] == '\n')
            {
                next++;
            }

            content = content[next..];
            if (++number > limits.MaxLines)
            {
                problems.Refuse(ProfileRefusal.TooLarge, "too-many-lines", $"More than {limits.MaxLines} lines.", "Send one sample; leave out rows of zero.",
                    number);
                return lines;
            }

            if (line.Length > limits.MaxLineBytes)
            {
                problems.Refuse(ProfileRefusal.TooLarge, "line-too-long", $"The line has more than {limits.MaxLineBytes} bytes.",
                    "Is this a table of many samples?", number);
                return lines;
            }

            if (Clean(line, number, problems) && line.IndexOfAnyExcept((byte)' ', (byte)'\t') >= 0)
            {
                lines.Add(new TextLine(number, Encoding.UTF8.GetString(line)));
            }
        }

        return lines;
    }

    private static bool Clean(ReadOnlySpan<byte> line, int number, ProblemList problems)
    {
        for (int i = 0; i < line.Length; i++)
        {
            if ((line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7F)
            {
                problems.Error("control-character", $"The byte 0x{line[i]:x2} is a control character.", "Export the file again as plain text.", number,
                    Field(line, i));
                return false;
            }
        }

        if (Utf8.IsValid(line))
        {
            return true;
        }

        problems.Error("encoding-invalid-utf8", "The line is not UTF-8.", "Save the file as UTF-8.", number, Field(line, FirstInvalid(line)));
        return false;
    }

    private static int FirstInvalid(ReadOnlySpan<byte> line)
    {
        int at = 0;
        while (at < line.Length && Rune.DecodeFromUtf8(line[at..], out _, out int used) == System.Buffers.OperationStatus.Done)
        {
            at += used;
        }

        return at;
    }

    private static int Field(ReadOnlySpan<byte> line, int at) => line[..at].Count((byte)'\t') + 1;
}
