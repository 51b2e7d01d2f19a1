namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What the content is: a format of ours, or a reason to refuse it.</summary>
internal sealed record Detected(string? Format, bool Certain, ProfileProblem? Problem, ProfileRefusal Refusal = ProfileRefusal.Meaning)
{
    public static Detected As(string format, bool certain = true) => new(format, certain, null);

    public static Detected Refused(string code, string message, string hint, ProfileRefusal refusal = ProfileRefusal.Meaning, int? line = null) =>
        new(null, true, new ProfileProblem(code, line, null, null, message, hint), refusal);
}

/// <summary>Recognises an upload by its content; a file's name never decides.</summary>
internal static class ContentDetection
{
    private const string Supported = "Lab reads lab-json, Kraken 2 reports, Bracken tables and MetaPhlAn profiles.";

    private static readonly (string Start, string Name)[] OtherTables =
    [
        ("@@TAXID", "a CAMI profile"), ("@SampleID", "a CAMI profile"), ("@Version", "a CAMI profile"), ("# git tag version", "a mOTUs profile"),
            ("# motus version", "a mOTUs profile"),
        ("#mOTUs2_clade", "a mOTUs profile"), ("#consensus_taxonomy", "a mOTUs profile"), ("# Constructed from biom file", "a feature table"),
            ("#OTU ID", "a feature table"),
        ("# OTU ID", "a feature table"), ("# KrakenUniq", "a KrakenUniq report"), ("file\tpercent\treads\ttaxon_id", "a Kaiju table"),
            ("label\tGroup\tnumOtus", "a mothur table"),
        ("OTU\tSize\tTaxonomy", "a mothur table"), ("tax_id\tabundance", "an Emu table"), ("sample\tcoverage\ttaxonomy", "a SingleM profile"),
            ("Feature ID\tTaxon", "a QIIME 2 taxonomy"),
        ("taxonomy_id\tcount", "a taxpasta table"), ("taxonomy_id\t", "a taxpasta table"), ("Sample_file\tGenome_file", "a sylph profile"),
            ("tax_id,tax_level", "a CZ ID report"),
        ("name\ttaxID\ttaxRank", "a Centrifuge table"), ("#Number of Samples", "a combined Kraken table"), ("MSH|", "an HL7 message"),
            ("H|\\", "an ASTM message"),
    ];

    /// <summary>Content that is no text of ours, by its first bytes; null when it may be.</summary>
    public static Detected? Binary(ReadOnlySpan<byte> content)
    {
        return content switch
        {
            [0x50, 0x4B, 0x03 or 0x05, ..] => Archive("a zip archive (also .qza, .xlsx)"),
            [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => Other("a PDF"),
            [0x89, 0x48, 0x44, 0x46, ..] => Other("an HDF5 file"),
            [0x1F, 0x8B, ..] or [0x28, 0xB5, 0x2F, 0xFD, ..] or [(byte)'B', (byte)'Z', (byte)'h', ..] => Detected.Refused("compression-unsupported",
                "The content is compressed in a way, or once more than, is read.", "Send it plain, or compressed once with gzip or zstd.",
                    ProfileRefusal.OtherContent),
            [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => Detected.Refused("encoding-unsupported", "The text is UTF-16.", "Save the file as UTF-8."),
            _ => null,
        };
    }

    /// <summary>Text by its first lines; <paramref name="lines"/> is not empty.</summary>
    public static Detected Text(List<TextLine> lines)
    {
        string first = lines[0].Text.TrimStart();
        if (first.StartsWith('<'))
        {
            return Detected.Refused("format-not-recognised", "This looks like HTML or XML.", "Was an error page saved in place of the file?",
                ProfileRefusal.OtherContent, lines[0].Number);
        }

        if (first.StartsWith('>') || (first.StartsWith('@') && lines.Count > 2 && lines[2].Text.StartsWith('+')))
        {
            return Detected.Refused("reads-not-accepted", "These are sequence reads.", "Send the profile that a classifier made of them.",
                ProfileRefusal.OtherContent, lines[0].Number);
        }

        foreach (var line in lines.Take(5))
        {
            if (OtherTables.FirstOrDefault(t => line.Text.StartsWith(t.Start, StringComparison.Ordinal)) is { Name: { } name }
                && !line.Text.StartsWith("name\ttaxonomy_id", StringComparison.Ordinal))
            {
                return Detected.Refused("format-not-supported", $"This looks like {name}.", Supported, line: line.Number);
            }
        }

        return Table(lines);
    }

    private static Detected Table(List<TextLine> lines)
    {
        var first = lines[0];
        if (first.Text.StartsWith("name\ttaxonomy_id\ttaxonomy_lvl", StringComparison.Ordinal))
        {
            return Detected.As("bracken");
        }

        string[] cells = first.Text.Split('\t');
        if (cells is [("C" or "U"), _, _, _, ..])
        {
            return Detected.Refused("wrong-kraken-output", "This is Kraken's output, one line a read.", "Send the report (--report).", line: first.Number);
        }

        if (cells.Length >= 4 && IsPercent(cells[0]) && cells[1].Trim().Length > 0 && char.IsAsciiDigit(cells[1].Trim()[0]))
        {
            return Detected.As("kraken2-report");
        }

        if (IsMetaPhlAn(lines))
        {
            return lines.Take(6).Any(l => l.Text.Contains("sequence_abundance", StringComparison.Ordinal))
                ? Detected.Refused("format-not-supported", "This looks like a sylph profile.", Supported, line: first.Number)
                    : MetaPhlAn(MetaPhlAnHeader.Read(lines));
        }

        return Detected.Refused("format-not-recognised", "The format is not known.", Supported, line: first.Number);
    }

    private static Detected MetaPhlAn(MetaPhlAnHeader header) => Detected.As($"metaphlan{header.Version}", header.VersionIsCertain);

    private static bool IsMetaPhlAn(List<TextLine> lines) => lines.Take(8).Any(l => l.Text.StartsWith("#mpa_v", StringComparison.Ordinal)
        || l.Text.Contains("\tMetaphlan", StringComparison.Ordinal) || l.Text.StartsWith("#clade_name\t", StringComparison.Ordinal)
            || l.Text.StartsWith("clade_name\t", StringComparison.Ordinal))
        || lines.Take(2).Any(l => l.Text.Contains('\t', StringComparison.Ordinal) && MetaPhlAnHeader.IsClade(l.Text)
            && !l.Text.StartsWith("d__", StringComparison.Ordinal));

    private static bool IsPercent(string cell)
    {
        string text = cell.Trim(' ');
        return text is "nan" or "-nan" || (text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c == '.'));
    }

    private static Detected Archive(string name) =>
        Detected.Refused("archive-not-accepted", $"This is {name}.", "Unpack it, or export the table as text, and send that.", ProfileRefusal.OtherContent);

    private static Detected Other(string name) => Detected.Refused("format-not-recognised", $"This is {name}.", Supported, ProfileRefusal.OtherContent);
}
