namespace Lab.Microbiome.Profiles;

/// <summary>What the numbers of a profile are, as the file gave them.</summary>
public enum AbundanceUnit
{
    /// <summary>Integer read counts.</summary>
    Reads,
    /// <summary>Read numbers that a program estimated (Bracken, Emu): not counts, refused by count metrics.</summary>
    EstimatedReads,
    /// <summary>Relative abundance, 0 to 1.</summary>
    Fraction,
    /// <summary>Relative abundance, 0 to 100.</summary>
    Percent,
}
