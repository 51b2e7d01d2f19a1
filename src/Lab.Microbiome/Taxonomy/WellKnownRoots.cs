using System.Collections.Frozen;
using Lab.Microbiome.Profiles;

namespace Lab.Microbiome.Taxonomy;

/// <summary>Taxa outside the gut taxonomy that decide on which side of the denominator a row stands: host, food, viruses, other eukaryotes.
/// Ids from the NCBI taxonomy.</summary>
public static class WellKnownRoots
{
    private static readonly (long Taxid, string Name, OrganismGroup Group)[] Roots =
    [
        (2, "Bacteria", OrganismGroup.Bacteria),
        (2157, "Archaea", OrganismGroup.Archaea),
        (4751, "Fungi", OrganismGroup.Fungi),
        (4890, "Ascomycota", OrganismGroup.Fungi),
        (5204, "Basidiomycota", OrganismGroup.Fungi),
        (1913637, "Mucoromycota", OrganismGroup.Fungi),
        (451864, "Dikarya", OrganismGroup.Fungi),
        (6029, "Microsporidia", OrganismGroup.Fungi),
        (10239, "Viruses", OrganismGroup.Virus),
        (2759, "Eukaryota", OrganismGroup.OtherEukaryote),
        (33208, "Metazoa", OrganismGroup.OtherEukaryote),
        (33154, "Opisthokonta", OrganismGroup.OtherEukaryote),
        (7711, "Chordata", OrganismGroup.Host),
        (7742, "Vertebrata", OrganismGroup.Host),
        (40674, "Mammalia", OrganismGroup.Host),
        (9443, "Primates", OrganismGroup.Host),
        (9604, "Hominidae", OrganismGroup.Host),
        (9605, "Homo", OrganismGroup.Host),
        (9606, "Homo sapiens", OrganismGroup.Host),
        (10088, "Mus", OrganismGroup.Host),
        (10090, "Mus musculus", OrganismGroup.Host),
        (9913, "Bos taurus", OrganismGroup.Host),
        (9823, "Sus scrofa", OrganismGroup.Host),
        (9031, "Gallus gallus", OrganismGroup.Host),
        (33090, "Viridiplantae", OrganismGroup.Host),
        (35493, "Streptophyta", OrganismGroup.Host),
        (3193, "Embryophyta", OrganismGroup.Host),
        (3398, "Magnoliopsida", OrganismGroup.Host),
    ];

    private static readonly FrozenDictionary<long, OrganismGroup> ByTaxid = Roots.ToFrozenDictionary(r => r.Taxid, r => r.Group);
    // What 16S classifiers find of plants and animals stands in their bacterial trees: Chloroplast below the Cyanobacteria, Mitochondria below the Rickettsiales.
    private static readonly string[] Organelles = ["Chloroplast", "Mitochondria"];
    private static readonly FrozenDictionary<string, OrganismGroup> ByName = Roots.Select(r => (r.Name, r.Group)).Concat(Organelles.Select(name => (name, OrganismGroup.Host)))
        .ToFrozenDictionary(r => LineageText.Key(r.Item1), r => r.Item2);
    private static readonly string[] VirusEndings = ["virus", "viruses", "phage", "viridae", "virinae", "virales", "viricetes", "viricota", "virites",
        "viroid", "viria", "virae"];

    /// <summary>The group of this very taxid, or null when it is none of the roots.</summary>
    public static OrganismGroup? GroupOf(long taxid) => ByTaxid.TryGetValue(taxid, out var group) ? group : null;

    /// <summary>The group of this very name (compared by <see cref="LineageText.Key"/>), or null when it is none of the roots.</summary>
    public static OrganismGroup? GroupOf(string name) => ByName.TryGetValue(LineageText.Key(name), out var group) ? group : null;

    /// <summary>Whether a name by its form is a virus's: a word of it ends in virus, phage, viridae, … This is all there is to go by in tables
    /// without a lineage; no bacterium's name has such a word.</summary>
    public static bool IsVirusName(string name) =>
        LineageText.Key(name).Split(' ').Any(word => VirusEndings.Any(ending => word.EndsWith(ending, StringComparison.Ordinal)));

    /// <summary>The group of a taxon of the release, by its lineage.</summary>
    public static OrganismGroup GroupOf(TaxonomyRelease taxonomy, long taxid)
    {
        ArgumentNullException.ThrowIfNull(taxonomy);
        var lineage = taxonomy.Lineage(taxid);
        for (int i = lineage.Length - 1; i >= 0; i--)
        {
            if (GroupOf(lineage[i].Taxid) is { } group)
            {
                return group;
            }
        }

        return GroupOf(taxid) ?? OrganismGroup.Unknown;
    }
}
