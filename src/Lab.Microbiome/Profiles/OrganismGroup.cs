namespace Lab.Microbiome.Profiles;

/// <summary>Which side of the denominator a taxon stands on (every fraction is of what is classified as Bacteria, Archaea or Fungi).</summary>
public enum OrganismGroup
{
    /// <summary>No known ancestor: stays in the denominator, unassigned at the ranks above its own.</summary>
    Unknown,
    /// <summary>Bacteria.</summary>
    Bacteria,
    /// <summary>Archaea.</summary>
    Archaea,
    /// <summary>Fungi.</summary>
    Fungi,
    /// <summary>Chordata and plants: host and food. Outside the denominator.</summary>
    Host,
    /// <summary>Viruses. Outside the denominator.</summary>
    Virus,
    /// <summary>Any other eukaryote (Blastocystis, …). Outside the denominator.</summary>
    OtherEukaryote,
}
