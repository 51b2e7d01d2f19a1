using System.Collections.Immutable;
using Lab.Microbiome.Profiles.Formats;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles;

/// <summary>Reads an upload into normalised profiles, or says everything that is wrong with it.</summary>
public static class ProfileReader
{
    /// <summary>Reads the whole, decompressed content of one sample. Never throws for what the content is.</summary>
    /// <param name="content">The bytes after all decoding.</param>
    /// <param name="options">The declared format, whether a cut report is accepted, and the second file of formats of two.</param>
    /// <param name="taxonomy">The release to resolve names with.</param>
    /// <param name="limits">The limits of one upload.</param>
    public static ProfileReading Read(ReadOnlyMemory<byte> content, ProfileReadingOptions options, TaxonomyRelease taxonomy, ProfileLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var context = new ReaderContext(options, taxonomy, limits, new ProblemList(limits.MaxProblems));
        var (format, sources) = Sources(content, context);
        if (sources.Count > 1)
        {
            context.Problems.Error("multi-sample-table", $"The table has {sources.Count} samples.", "Send one sample a file, or the table to POST /v1/profiles.");
        }

        return context.Problems.HasErrors || sources.Count == 0 ? context.Problems.Refused(format) : Build(sources[0], format!, options.Taxonomy is not null, context);
    }

    /// <summary>Reads the whole, decompressed content of any number of samples. Never throws for what the content is.</summary>
    /// <inheritdoc cref="Read"/>
    public static TableReading ReadTable(ReadOnlyMemory<byte> content, ProfileReadingOptions options, TaxonomyRelease taxonomy, ProfileLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var context = new ReaderContext(options, taxonomy, limits, new ProblemList(limits.MaxProblems));
        var (format, sources) = Sources(content, context);
        return new TableReading
        {
            Content = context.Problems.Refused(format) with { Refusal = context.Problems.HasErrors ? context.Problems.Refusal : null },
            Samples = context.Problems.HasErrors ? [] : [.. sources.Select(s => new SampleReading(s.Accession,
                () => Build(s, format!, true, context with { Problems = new ProblemList(limits.MaxProblems) })))],
        };
    }

    private static ProfileReading Build(SampleSource source, string format, bool sliced, ReaderContext context) =>
        source.Build(context) is { } profile && !context.Problems.HasErrors
            ? context.Problems.Accepted(profile with { Taxa = WithOrganellesApart(profile.Taxa) }) with { Slice = sliced && ProfileFormats.Find(format) is { ManySamples: true } ? source.Slice?.Invoke() : null }
            : context.Problems.Refused(format);

    private static (string? Format, IReadOnlyList<SampleSource> Sources) Sources(ReadOnlyMemory<byte> content, ReaderContext context)
    {
        string? declared = context.Options.Format;
        if (declared is not null && ProfileFormats.Find(declared) is null)
        {
            context.Problems.Error("format-unknown", $"{ProblemList.Quote(declared)} is no format.", $"Formats: {string.Join(' ', ProfileFormats.All.Select(f => f.Id))}.");
            return (null, []);
        }

        if (Content(content, context) is not { } read)
        {
            return (declared, []);
        }

        var candidates = ProfileFormats.Readers.Select(r => (Reader: r, Recognition: r.Recognise(read))).Where(r => r.Recognition is not null).ToList();
        if (candidates.Count == 0)
        {
            return Unknown(read, context);
        }

        // A declaration decides between what the content may be; it never makes it something else.
        var (reader, recognised) = declared is null ? candidates[0] : candidates.Find(c => Allows(c.Reader, c.Recognition!.Value, declared));
        if (reader is null)
        {
            string likely = candidates[0].Recognition!.Value.Format;
            context.Problems.Error("format-mismatch", $"Declared as {declared}, but it looks like {likely}.", $"Declare {likely}, or leave the format out.", 1);
            return (likely, []);
        }

        string format = declared ?? recognised!.Value.Format;
        var sources = reader.Read(read, format, context);
        if (read.Kind == ContentKind.Text)
        {
            WarnOfTheEnd(read, format, context.Problems);
        }

        return (format, sources);
    }

    private static void WarnOfTheEnd(ProfileContent content, string format, ProblemList problems)
    {
        int last = content.Lines[^1].Number;
        if (content.Bytes.Span[^1] is not ((byte)'\n' or (byte)'\r'))
        {
            problems.Warning("last-line-unended", "The last line has no end.", "Was the file cut off in it?", last);
        }

        if (ProfileFormats.Find(format) is { TellsItsEnd: false })
        {
            problems.EndNotTold(last);
        }
    }

    private static bool Allows(FormatReader reader, Recognition recognition, string declared) =>
        recognition.Format == declared || (!recognition.Certain && reader.Formats.Any(f => f.Id == declared));

    private static (string? Format, IReadOnlyList<SampleSource> Sources) Unknown(ProfileContent content, ReaderContext context)
    {
        if (content.Kind == ContentKind.Text && content.Lines.Count > 0)
        {
            context.Problems.Error("format-not-recognised", "The format is not known.", "The formats that are read stand at GET /v1/formats.", content.Lines[0].Number);
        }

        return (null, []);
    }

    // Null, with the reason noted, where it is nothing that a reader need look at.
    private static ProfileContent? Content(ReadOnlyMemory<byte> content, ReaderContext context)
    {
        var problems = context.Problems;
        if (content.Length > context.Limits.MaxBytes)
        {
            problems.Refuse(ProfileRefusal.TooLarge, "content-too-large", $"The content has more than {context.Limits.MaxBytes} bytes.", "Send one sample.");
            return null;
        }

        content = content.Span is [0xEF, 0xBB, 0xBF, ..] ? content[3..] : content;
        var bytes = content.Span;
        if (bytes.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            problems.Error("empty-file", "The content is empty.", "Was the file written completely?");
            return null;
        }

        bool json = bytes.TrimStart(" \t\r\n"u8)[0] is (byte)'{' or (byte)'[';
        var kind = bytes is [0x89, 0x48, 0x44, 0x46, ..] ? ContentKind.Hdf5 : json ? ContentKind.Json : ContentKind.Text;
        List<TextLine> lines = [];
        var foreign = ForeignContent.Binary(bytes) ?? (json ? ForeignContent.Json(bytes) : null);
        if (foreign is null && kind == ContentKind.Text)
        {
            lines = TextContent.Lines(bytes, context.Limits, problems);
            foreign = lines.Count > 0 ? ForeignContent.Text(lines) : null;
        }

        if (foreign is { } known)
        {
            problems.Refuse(known.Refusal, known.Problem.Code, known.Problem.Message, known.Problem.Hint, known.Problem.Line);
        }

        return problems.HasErrors ? null : new ProfileContent(kind, content, lines, context.Options.Taxonomy, context.Options.Source);
    }

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
}
