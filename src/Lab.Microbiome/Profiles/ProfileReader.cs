using System.Collections.Immutable;
using Lab.Microbiome.Profiles.Formats;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles;

/// <summary>Reads an upload into a normalised profile, or says everything that is wrong with it.</summary>
public static class ProfileReader
{
    /// <summary>Reads the whole, decompressed content. Never throws for what the content is.</summary>
    /// <param name="content">The bytes after all decoding.</param>
    /// <param name="options">The declared format, and whether a cut report is accepted.</param>
    /// <param name="taxonomy">The release to resolve names with.</param>
    /// <param name="limits">The limits of one upload.</param>
    public static ProfileReading Read(ReadOnlyMemory<byte> content, ProfileReadingOptions options, TaxonomyRelease taxonomy, ProfileLimits limits)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(taxonomy);
        ArgumentNullException.ThrowIfNull(limits);
        var problems = new ProblemList(limits.MaxProblems);
        var context = new ReaderContext(options, taxonomy, limits, problems);
        var bytes = content.Span;
        if (bytes.Length > limits.MaxBytes)
        {
            problems.Refuse(ProfileRefusal.TooLarge, "content-too-large", $"The content has more than {limits.MaxBytes} bytes.", "Send one sample.");
            return problems.Refused(options.Format);
        }

        if (options.Format is { } declared && ProfileFormats.Find(declared) is null)
        {
            problems.Error("format-unknown", $"{ProblemList.Quote(declared)} is no format.",
                $"Formats: {string.Join(' ', ProfileFormats.All.Select(f => f.Id))}.");
            return problems.Refused(null);
        }

        bytes = bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes[3..] : bytes;
        if (bytes.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            problems.Error("empty-file", "The content is empty.", "Was the file written completely?");
            return problems.Refused(options.Format);
        }

        if (ContentDetection.Binary(bytes) is { Problem: { } other } binary)
        {
            return Refused(problems, binary, other, options.Format);
        }

        byte start = bytes.TrimStart(" \t\r\n"u8)[0];
        return start is (byte)'{' or (byte)'[' ? ReadJson(bytes, context) : ReadText(bytes, context);
    }

    private static ProfileReading ReadJson(ReadOnlySpan<byte> bytes, ReaderContext context)
    {
        if (Foreign(bytes) is { } name)
        {
            context.Problems.Error("format-not-supported", $"This looks like {name}.",
                "Lab reads its own JSON, Kraken 2 reports, Bracken tables and MetaPhlAn profiles.");
            return context.Problems.Refused(null);
        }

        string format = NativeJsonReader.Format.Id;
        if (Mismatch(context, format, true))
        {
            return context.Problems.Refused(format);
        }

        return Finish(NativeJsonReader.Read(bytes, context), format, context);
    }

    private static ProfileReading ReadText(ReadOnlySpan<byte> bytes, ReaderContext context)
    {
        var problems = context.Problems;
        var lines = TextContent.Lines(bytes, context.Limits, problems);
        var detected = lines.Count > 0 ? ContentDetection.Text(lines) : null;
        if (problems.HasErrors || detected is null)
        {
            return problems.Refused(detected?.Format ?? context.Options.Format);
        }

        if (detected.Problem is { } problem)
        {
            return Refused(problems, detected, problem, null);
        }

        if (Mismatch(context, detected.Format!, detected.Certain))
        {
            return problems.Refused(detected.Format);
        }

        string format = !detected.Certain && context.Options.Format is { } declared ? declared : detected.Format!;
        var profile = format == KreportReader.Format.Id ? KreportReader.Read(lines, context)
            : format == BrackenReader.Format.Id ? BrackenReader.Read(lines, context)
            : MetaPhlAnReader.Read(lines, format, MetaPhlAnHeader.Read(lines), context);
        return Finish(profile, format, context);
    }

    private static bool Mismatch(ReaderContext context, string detected, bool certain)
    {
        string? declared = context.Options.Format;
        bool versionOnly = declared is not null && declared[..^1] == detected[..^1] && !certain;
        if (declared is null || declared == detected || versionOnly)
        {
            return false;
        }

        context.Problems.Error("format-mismatch", $"Declared as {declared}, but it looks like {detected}.", $"Declare {detected}, or leave the format out.", 1);
        return true;
    }

    private static ProfileReading Finish(TaxonomicProfile? profile, string format, ReaderContext context) =>
        profile is null || context.Problems.HasErrors ? context.Problems.Refused(format) : context.Problems.Accepted(profile with { Taxa = WithOrganellesApart(profile.Taxa) });

    // A chloroplast is food and a mitochondrion the host's: neither may count for the phylum of bacteria that a classifier's tree has it in.
    private static ImmutableArray<ProfileTaxon> WithOrganellesApart(ImmutableArray<ProfileTaxon> taxa)
    {
        ImmutableArray<ProfileTaxon>.Builder? apart = null;
        for (int row = 0; row < taxa.Length; row++)
        {
            if (taxa[row] is not { Group: OrganismGroup.Host, Parent: >= 0 and var parent } || taxa[parent].Group != OrganismGroup.Bacteria)
            {
                continue;
            }

            apart ??= taxa.ToBuilder();
            apart[row] = taxa[row] with { Parent = -1 };
            for (int above = parent; above >= 0; above = taxa[above].Parent)
            {
                apart[above] = apart[above] with { Clade = Math.Max(0, apart[above].Clade - taxa[row].Clade) };
            }
        }

        return apart?.DrainToImmutable() ?? taxa;
    }

    private static ProfileReading Refused(ProblemList problems, Detected detected, ProfileProblem problem, string? format)
    {
        problems.Refuse(detected.Refusal, problem.Code, problem.Message, problem.Hint, problem.Line);
        return problems.Refused(format);
    }

    private static string? Foreign(ReadOnlySpan<byte> json) => json switch
    {
        _ when json.IndexOf("\"matrix_type\""u8) >= 0 => "a BIOM 1 table",
        _ when json.IndexOf("\"resourceType\""u8) >= 0 => "a FHIR resource",
        _ when json.IndexOf("\"ubiome_bacteriacounts\""u8) >= 0 => "a uBiome export",
        _ when json.IndexOf("\"n_reads\""u8) >= 0 && json.IndexOf("\"table\""u8) >= 0 => "a One Codex result",
        _ => null,
    };
}
