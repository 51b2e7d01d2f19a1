using System.Collections.Immutable;
using Lab.Microbiome.Profiles.Formats;

namespace Lab.Microbiome.Profiles;

/// <summary>The formats that Lab reads.</summary>
public static class ProfileFormats
{
    /// <summary>All of them, from the readers themselves.</summary>
    public static ImmutableArray<ProfileFormat> All { get; } = [NativeJsonReader.Format, KreportReader.Format, BrackenReader.Format,
        .. MetaPhlAnReader.Formats];

    /// <summary>The format with this id, or null.</summary>
    public static ProfileFormat? Find(string id) => All.FirstOrDefault(f => f.Id == id);
}
