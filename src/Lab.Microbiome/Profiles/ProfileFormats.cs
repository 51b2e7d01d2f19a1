using System.Collections.Immutable;
using Lab.Microbiome.Profiles.Formats;

namespace Lab.Microbiome.Profiles;

/// <summary>The formats that Lab reads.</summary>
public static class ProfileFormats
{
    /// <summary>The readers, in the order in which they are asked: what is recognised by more stands before what is recognised by less.</summary>
    internal static ImmutableArray<FormatReader> Readers { get; } =
    [
        new SliceReader(), new Biom1Reader(), new NativeJsonReader(), new Biom2Reader(), new KreportReader(), new BrackenReader(), new FeatureTableReader(), new BarplotReader(),
        new CamiReader(), new MotusReader(), new SylphReader(), new SylphTaxReader(), new KaijuReader(), new TaxpastaReader(), new EmuReader(), new KrakenMpaReader(),
        new MetaPhlAnReader(), new LabCsvReader(), new MatrixReader(),
    ];

    /// <summary>All of them, from the readers themselves.</summary>
    public static ImmutableArray<ProfileFormat> All { get; } = [.. Readers.SelectMany(r => r.Formats)];

    /// <summary>The format with this id, or null.</summary>
    public static ProfileFormat? Find(string id) => All.FirstOrDefault(f => f.Id == id);
}
