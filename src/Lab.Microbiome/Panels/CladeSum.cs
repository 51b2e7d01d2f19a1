using System.Collections.Immutable;
using Lab.Microbiome.Profiles;

namespace Lab.Microbiome.Panels;

/// <summary>A part of a sum.</summary>
/// <param name="Taxid">NCBI taxid, where known.</param>
/// <param name="Name">The current name.</param>
/// <param name="Value">In the unit of the profile's clades.</param>
public readonly record struct CladePart(long? Taxid, string Name, double Value);

/// <summary>The sum of clades over a profile: each read once, because only the top-most member of a branch counts.</summary>
/// <param name="Value">In the unit of the profile's clades; 0 or more.</param>
/// <param name="Parts">What it consists of, the largest first.</param>
public sealed record CladeSum(double Value, ImmutableArray<CladePart> Parts)
{
    /// <summary>Sums the clades of <paramref name="members"/> less those of <paramref name="excluded"/> below them.</summary>
    public static CladeSum Of(TaxonomicProfile profile, ImmutableArray<PanelTaxon> members, ImmutableArray<PanelTaxon> excluded = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var wanted = new Matcher(members);
        var unwanted = new Matcher(excluded.IsDefault ? [] : excluded);
        var taxa = profile.Taxa;
        // For every row: the part that it or an ancestor of it opened, or -1.
        var part = new int[taxa.Length];
        var closed = new bool[taxa.Length];
        var parts = new List<CladePart>();
        for (var i = 0; i < taxa.Length; i++)
        {
            var row = taxa[i];
            part[i] = row.Parent < 0 ? -1 : part[row.Parent];
            closed[i] = row.Parent >= 0 && closed[row.Parent];
            if (part[i] < 0 && wanted.Matches(row))
            {
                part[i] = parts.Count;
                parts.Add(new(row.Taxid, row.Name, row.Clade));
            }
            if (part[i] >= 0 && !closed[i] && unwanted.Matches(row))
            {
                closed[i] = true;
                parts[part[i]] = parts[part[i]] with { Value = Math.Max(0, parts[part[i]].Value - row.Clade) };
            }
        }
        // One order for every profile of the same content: the sum does not depend on the order of the file.
        var ordered = parts.Where(p => p.Value > 0).OrderByDescending(p => p.Value).ThenBy(p => p.Name, StringComparer.Ordinal).ToImmutableArray();
        return new(ordered.Sum(p => p.Value), ordered);
    }

    /// <summary>Whether the row is one of the taxa.</summary>
    public static Func<ProfileTaxon, bool> Matching(ImmutableArray<PanelTaxon> taxa) => new Matcher(taxa).Matches;

    private sealed class Matcher(ImmutableArray<PanelTaxon> taxa)
    {
        private readonly HashSet<long> taxids = [.. taxa.Where(t => t.Taxid is not null).Select(t => t.Taxid!.Value)];
        private readonly HashSet<string> names = [.. taxa.Select(t => t.Name)];

        public bool Matches(ProfileTaxon row) => row.Taxid is { } taxid && taxids.Contains(taxid) || names.Contains(row.Name);
    }
}
