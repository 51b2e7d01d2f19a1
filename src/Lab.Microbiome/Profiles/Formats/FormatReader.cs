using System.Collections.Immutable;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Which format a reader takes the content for, and whether another declaration may overrule it.</summary>
internal readonly record struct Recognition(string Format, bool Certain = true);

/// <summary>One sample of the content, not yet built: a table of thousands is built one at a time.</summary>
/// <param name="Accession">The sample's name in the content; null where it has none.</param>
/// <param name="Build">The profile, or null with the reasons in the problems of the given context.</param>
/// <param name="Slice">This sample's part of the content alone; null where the content holds no other.</param>
internal sealed record SampleSource(string? Accession, Func<ReaderContext, TaxonomicProfile?> Build, Func<byte[]>? Slice = null);

/// <summary>Reads one family of formats. A new format is a class that derives from this and a line in <see cref="ProfileFormats"/>.</summary>
internal abstract class FormatReader
{
    /// <summary>What clients are told about the formats.</summary>
    public abstract ImmutableArray<ProfileFormat> Formats { get; }

    /// <summary>The format that the content looks like; null when it is none of these.</summary>
    public abstract Recognition? Recognise(ProfileContent content);

    /// <summary>The samples, in the order of the content. What is wrong with the content as a whole is noted as a problem of the context.</summary>
    public abstract IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context);

    /// <summary>Content that can hold only one sample.</summary>
    protected static IReadOnlyList<SampleSource> One(Func<ReaderContext, TaxonomicProfile?> build) => [new SampleSource(null, build)];
}
