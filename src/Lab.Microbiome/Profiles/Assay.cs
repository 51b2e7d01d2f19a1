using System.Collections.Immutable;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles;

/// <summary>The sequencing platform, as far as comparability goes.</summary>
public enum Platform
{
    /// <summary>Whole-metagenome shotgun sequencing.</summary>
    Shotgun,
    /// <summary>Marker gene (16S) amplicons.</summary>
    Amplicon,
}

/// <summary>How a sample was measured: what its profile can show and which cohorts it may be compared with.</summary>
/// <param name="Id">e.g. <c>shotgun-metaphlan2</c>.</param>
/// <param name="Platform">Shotgun or amplicon.</param>
/// <param name="Region">The amplified region, e.g. <c>V4</c>; null for shotgun or unknown.</param>
/// <param name="Profiler">The program with its major version, e.g. <c>MetaPhlAn 2</c>.</param>
/// <param name="DatabaseFamily">The family of its reference database, e.g. <c>ChocoPhlAn</c>, <c>SILVA</c>, <c>Greengenes</c>.</param>
/// <param name="Kingdoms">What it can see: Bacteria, Archaea, Fungi, Viruses.</param>
/// <param name="Unit">The unit that its profiles come in.</param>
/// <param name="LowestRank">The lowest rank that it resolves; diversity is computed there.</param>
/// <param name="MinimumReads">Classified reads below which the quality fails.</param>
/// <param name="UnclassifiedLimit">Unclassified fraction above which the quality warns; null where it says nothing.</param>
/// <param name="Formats">The formats whose uploads default to this assay.</param>
public sealed record Assay(string Id, Platform Platform, string? Region, string Profiler, string DatabaseFamily, ImmutableArray<string> Kingdoms,
    AbundanceUnit Unit, TaxonomicRank LowestRank, long MinimumReads, double? UnclassifiedLimit, ImmutableArray<string> Formats)
{
    /// <summary>How the instrument writes its tables, where they are of no program's format; null where they are.</summary>
    public SourceTable? Source { get; init; }

    /// <summary>The assays that ship with Lab.</summary>
    public static ImmutableArray<Assay> Shipped { get; } =
    [
        Shotgun("shotgun-kraken2", "Kraken 2", "RefSeq", ["Bacteria", "Archaea", "Viruses"], AbundanceUnit.Reads, 0.7, "kraken2-report", "kraken2-mpa"),
        Shotgun("shotgun-bracken", "Bracken", "RefSeq", ["Bacteria", "Archaea", "Viruses"], AbundanceUnit.EstimatedReads, null, "bracken"),
        Shotgun("shotgun-metaphlan2", "MetaPhlAn 2", "ChocoPhlAn mpa_v20", ["Bacteria", "Archaea", "Fungi", "Viruses"], AbundanceUnit.Percent, null,
            "metaphlan2"),
        Shotgun("shotgun-metaphlan3", "MetaPhlAn 3", "ChocoPhlAn mpa_v3", ["Bacteria", "Archaea", "Fungi", "Viruses"], AbundanceUnit.Percent, null,
            "metaphlan3"),
        Shotgun("shotgun-metaphlan4", "MetaPhlAn 4", "ChocoPhlAn SGB", ["Bacteria", "Archaea", "Fungi"], AbundanceUnit.Percent, null, "metaphlan4"),
        new("amplicon-16s", Platform.Amplicon, "V4", "DADA2", "SILVA", ["Bacteria", "Archaea"], AbundanceUnit.Reads, TaxonomicRank.Genus, 5_000, 0.1,
            ["feature-table-tsv", "qiime2-barplot", "biom1", "biom2"]),
        new("amplicon-16s-greengenes", Platform.Amplicon, "V4", "QIIME 1", "Greengenes", ["Bacteria", "Archaea"], AbundanceUnit.Reads, TaxonomicRank.Genus,
            5_000, 0.1, []),
        // The same markers, named by GTDB: its species and genera are not NCBI's, so a cohort of the one is none of the other.
        Shotgun("shotgun-metaphlan4-gtdb", "MetaPhlAn 4", "ChocoPhlAn SGB, GTDB names", ["Bacteria", "Archaea"], AbundanceUnit.Percent, null, "metaphlan4-gtdb"),
        // Of 5 million reads of a stool some 600 hit its ten marker genes (motus-tool.org, FAQ).
        Shotgun("shotgun-motus", "mOTUs", "mOTUs", ["Bacteria", "Archaea"], AbundanceUnit.Fraction, null, "motus", "motus-clades") with { MinimumReads = 500 },
        Shotgun("shotgun-sylph", "sylph", "GTDB", ["Bacteria", "Archaea"], AbundanceUnit.Percent, null, "sylph", "sylph-tax"),
        Shotgun("shotgun-kaiju", "Kaiju", "NCBI proteins", ["Bacteria", "Archaea", "Viruses"], AbundanceUnit.Reads, null, "kaiju"),
        Shotgun("shotgun-generic", NotStated, NotStated, ["Bacteria", "Archaea"], AbundanceUnit.Fraction, null, "cami", "taxpasta", "matrix", "lab-csv"),
        new("amplicon-16s-emu", Platform.Amplicon, "V1-V9", "Emu", "Emu (rrnDB, NCBI)", ["Bacteria", "Archaea"], AbundanceUnit.Fraction, TaxonomicRank.Species,
            5_000, null, ["emu"]),
    ];

    /// <summary>The profiler or database of an assay that does not state it: comparable with nothing.</summary>
    public const string NotStated = "not stated";

    /// <summary>The shipped assay with this id, or null.</summary>
    public static Assay? Find(string id) => Shipped.FirstOrDefault(a => a.Id == id);

    private static Assay Shotgun(string id, string profiler, string database, ImmutableArray<string> kingdoms, AbundanceUnit unit, double? unclassifiedLimit,
        params ImmutableArray<string> formats) =>
        new(id, Platform.Shotgun, null, profiler, database, kingdoms, unit, TaxonomicRank.Species, 100_000, unclassifiedLimit, formats);
}
