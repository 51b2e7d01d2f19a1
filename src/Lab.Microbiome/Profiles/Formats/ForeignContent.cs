namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Content that is known and not read, with a word about what to send in its place.</summary>
internal static class ForeignContent
{
    private const string OtherFormat = "Send it in one of the formats of GET /v1/formats.";

    private static readonly (string Start, string Name, string Hint)[] Tables =
    [
        ("# KrakenUniq", "a KrakenUniq report", "Run Kraken 2 or Bracken, or send taxpasta's standard table of it."),
        ("label\tGroup\tnumOtus", "a mothur shared table", "Export a BIOM file with make.biom and its constaxonomy, and send that."),
        ("OTU\tSize\tTaxonomy", "a mothur consensus taxonomy", "Export a BIOM file with make.biom and its constaxonomy, and send that."),
        ("sample\tcoverage\ttaxonomy", "a SingleM profile", "Send taxpasta's standard table, or a table of filled coverage with lineages."),
        ("name\ttaxID\ttaxRank", "Centrifuge's own table", "Send the report of centrifuge-kreport."),
        ("tax_id,tax_level", "a CZ ID report", OtherFormat),
        ("unclassified\t-\t", "a ganon report", "Send taxpasta's standard table of it."),
        ("root\t1\t", "a ganon report", "Send taxpasta's standard table of it."),
        ("ref\tpercentage\tcoverage\tscore", "a KMCP profile", "Send KMCP's output in CAMI format."),
        ("intersect_bp,", "a sourmash gather table", "Send the output of sourmash tax metagenome in bioboxes format."),
        ("query_name,rank,fraction", "a sourmash tax table", "Send the output of sourmash tax metagenome in bioboxes format."),
        ("-\tNCBI\t", "a MEGAN table", "Send taxpasta's standard table of it."),
        ("tax_name,tax_rank", "an export of a consumer test", OtherFormat),
        ("count,count_norm", "an export of a consumer test", OtherFormat),
        ("H|\\", "an ASTM message", "Send the abundance table that the pipeline wrote."),
        ("H@^", "an ASTM message", "Send the abundance table that the pipeline wrote."),
    ];

    /// <summary>What the first bytes say; null when they may be ours.</summary>
    public static (ProfileProblem Problem, ProfileRefusal Refusal)? Binary(ReadOnlySpan<byte> content) => content switch
    {
        [0x50, 0x4B, 0x03 or 0x05, ..] => Refuse("archive-not-accepted", "This is a zip archive (also .qza, .xlsx).", "Unpack it, or export the table as text, and send that.",
            ProfileRefusal.OtherContent),
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => Refuse("format-not-recognised", "This is a PDF.", OtherFormat, ProfileRefusal.OtherContent),
        [0x1F, 0x8B, ..] or [0x28, 0xB5, 0x2F, 0xFD, ..] or [(byte)'B', (byte)'Z', (byte)'h', ..] => Refuse("compression-unsupported",
            "The content is compressed in a way, or once more than, is read.", "Send it plain, or compressed once with gzip or zstd.", ProfileRefusal.OtherContent),
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => Refuse("encoding-unsupported", "The text is UTF-16.", "Save the file as UTF-8."),
        _ => null,
    };

    /// <summary>What JSON it is; null when it may be ours.</summary>
    public static (ProfileProblem Problem, ProfileRefusal Refusal)? Json(ReadOnlySpan<byte> json)
    {
        string? name = json switch
        {
            _ when json.IndexOf("\"resourceType\""u8) >= 0 => "a FHIR resource",
            _ when json.IndexOf("\"ubiome_bacteriacounts\""u8) >= 0 => "a uBiome export",
            _ when json.IndexOf("\"n_reads\""u8) >= 0 && json.IndexOf("\"table\""u8) >= 0 => "a One Codex result",
            _ => null,
        };
        return name is null ? null : Refuse("format-not-supported", $"This looks like {name}.", OtherFormat);
    }

    /// <summary>What text it is, by its first lines; null when it is not known.</summary>
    public static (ProfileProblem Problem, ProfileRefusal Refusal)? Text(List<TextLine> lines)
    {
        string first = lines[0].Text.TrimStart();
        if (first.StartsWith('<'))
        {
            return Refuse("format-not-recognised", "This looks like HTML or XML.", "Was an error page saved in place of the file?", ProfileRefusal.OtherContent, lines[0].Number);
        }

        if (first.StartsWith('>') || (first.StartsWith('@') && lines.Count > 2 && lines[2].Text.StartsWith('+')))
        {
            return Refuse("reads-not-accepted", "These are sequence reads.", "Send the profile that a classifier made of them.", ProfileRefusal.OtherContent, lines[0].Number);
        }

        foreach (var line in lines.Take(5))
        {
            if (Tables.FirstOrDefault(t => line.Text.StartsWith(t.Start, StringComparison.Ordinal)) is { Name: { } name, Hint: { } hint })
            {
                return Refuse("format-not-supported", $"This looks like {name}.", hint, line: line.Number);
            }
        }

        if (first.StartsWith("Feature ID\tTaxon", StringComparison.Ordinal))
        {
            return Refuse("companion-file-required", "This is a taxonomy of QIIME 2, without the table of its features.",
                "Send it as the part 'taxonomy' of a multipart upload, with the feature table as the part 'profile'.", line: lines[0].Number);
        }

        // The delimiters of HL7 are what follows the first three letters.
        if (first is ['M', 'S', 'H', var delimiter, var second, ..] && char.IsPunctuation(delimiter) | char.IsSymbol(delimiter) && !char.IsLetterOrDigit(second))
        {
            return Refuse("format-not-supported", "This looks like an HL7 message.", "Send the abundance table that the pipeline wrote.", line: lines[0].Number);
        }

        return first.Split('\t') is [("C" or "U"), _, _, _, ..]
            ? Refuse("wrong-kraken-output", "This is Kraken's output, one line a read.", "Send the report (--report).", line: lines[0].Number) : null;
    }

    private static (ProfileProblem Problem, ProfileRefusal Refusal) Refuse(string code, string message, string hint, ProfileRefusal refusal = ProfileRefusal.Meaning,
        int? line = null) => (new ProfileProblem(code, line, null, null, message, hint), refusal);
}
