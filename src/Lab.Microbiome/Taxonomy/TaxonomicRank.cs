namespace Lab.Microbiome.Taxonomy;

/// <summary>The ranks that a report speaks of, from the root down. <see cref="None"/> is a clade without a standard rank.</summary>
public enum TaxonomicRank
{
    /// <summary>A clade between the ranks (Kraken's R1, G2, S1 …, NCBI's "no rank").</summary>
    None,
    /// <summary>Bacteria, Archaea, Eukaryota, Viruses; formerly superkingdom.</summary>
    Domain,
    /// <summary>Kingdom.</summary>
    Kingdom,
    /// <summary>Phylum.</summary>
    Phylum,
    /// <summary>Class.</summary>
    Class,
    /// <summary>Order.</summary>
    Order,
    /// <summary>Family.</summary>
    Family,
    /// <summary>Genus.</summary>
    Genus,
    /// <summary>Species.</summary>
    Species,
    /// <summary>Strain, subspecies, MetaPhlAn's SGB rows.</summary>
    Strain,
}
