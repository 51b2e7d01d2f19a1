using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Lab.Microbiome.Profiles;

namespace Lab.Microbiome.Panels;

/// <summary>A part of a sum.</summary>
/// <param name="Taxid">NCBI taxid, where known.</param>
/// <param name="Name">The current name.</param>
/// <param name="Value">In the unit of the profile's clades.</param>
public readonly record struct CladePart(long? Taxid, string Name, double Value);

/// <summary>The rows of one profile by what a panel calls them.</summary>
public sealed class CladeIndex
{
    private readonly Dictionary<long, int> byTaxid;
    private readonly Dictionary<string, int> byName;
    // After each row the next one of its taxid, and of its name; -1 for none.
    private readonly int[] nextOfTaxid, nextOfName;

    /// <summary>The index of a profile.</summary>
    public CladeIndex(TaxonomicProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        Taxa = profile.Taxa;
        (byTaxid, byName) = (new(Taxa.Length), new(Taxa.Length, StringComparer.Ordinal));
        (nextOfTaxid, nextOfName) = (new int[Taxa.Length], new int[Taxa.Length]);
        for (var i = Taxa.Length - 1; i >= 0; i--)
        {
            nextOfTaxid[i] = Taxa[i].Taxid is { } taxid ? Before(byTaxid, taxid, i) : -1;
            nextOfName[i] = Before(byName, Taxa[i].Name, i);
        }

        static int Before<T>(Dictionary<T, int> first, T key, int row) where T : notnull
        {
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(first, key, out var exists);
            var next = exists ? place : -1;
            place = row;
            return next;
        }
    }

    /// <summary>The rows of the profile.</summary>
    public ImmutableArray<ProfileTaxon> Taxa { get; }

    /// <summary>The rows that are one of the taxa, in the order of the profile.</summary>
    public SortedSet<int> Rows(ImmutableArray<PanelTaxon> taxa)
    {
        var rows = new SortedSet<int>();
        if (taxa.IsDefault) return rows;
        foreach (var taxon in taxa)
        {
            if (taxon.Taxid is { } taxid) Add(byTaxid.GetValueOrDefault(taxid, -1), nextOfTaxid);
            Add(byName.GetValueOrDefault(taxon.Name, -1), nextOfName);
        }
        return rows;

        void Add(int row, int[] next)
        {
            for (; row >= 0; row = next[row]) rows.Add(row);
        }
    }
}

/// <summary>The sum of clades over a profile: each read once, because only the top-most member of a branch counts.</summary>
/// <param name="Value">In the unit of the profile's clades; 0 or more.</param>
/// <param name="Parts">What it consists of, each taxid once, the largest first.</param>
public sealed record CladeSum(double Value, ImmutableArray<CladePart> Parts)
{
    /// <summary>Sums the clades of <paramref name="members"/> less those of <paramref name="excluded"/> below them.</summary>
    public static CladeSum Of(CladeIndex profile, ImmutableArray<PanelTaxon> members, ImmutableArray<PanelTaxon> excluded = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var (taxa, wanted, unwanted) = (profile.Taxa, profile.Rows(members), profile.Rows(excluded));
        var parts = new Dictionary<int, CladePart>();
        foreach (var i in wanted.Where(i => !Above(i).Any(wanted.Contains))) parts.Add(i, new(taxa[i].Taxid, taxa[i].Name, taxa[i].Clade));
        foreach (var i in unwanted)
        {
            // Below its part, and not below another excluded clade of it, which took it off already.
            var branch = Above(i).Prepend(i).ToArray();
            var top = Array.FindIndex(branch, parts.ContainsKey);
            if (top < 0 || branch[1..(top + 1)].Any(unwanted.Contains)) continue;
            parts[branch[top]] = parts[branch[top]] with { Value = Math.Max(0, parts[branch[top]].Value - taxa[i].Clade) };
        }
        // One order for every profile of the same content: the sum does not depend on the order of the file.
        var ordered = parts.Values.Where(p => p.Value > 0).OrderByDescending(p => p.Value).ThenBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Taxid).ToImmutableArray();
        // Rows that were two taxa when the profiler named them and are one today stand as one part.
        return new(ordered.Sum(p => p.Value), [.. ordered.GroupBy(p => (p.Taxid, p.Name)).Select(same => same.First() with { Value = same.Sum(p => p.Value) }).OrderByDescending(p => p.Value)]);

        IEnumerable<int> Above(int row)
        {
            for (var i = taxa[row].Parent; i >= 0; i = taxa[i].Parent) yield return i;
        }
    }
}
