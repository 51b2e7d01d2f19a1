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

    /// <summary>The rows that are one of the taxa, each once, in the order of the profile.</summary>
    public ImmutableArray<int> Rows(ImmutableArray<PanelTaxon> taxa)
    {
        if (taxa.IsDefaultOrEmpty) return [];
        var rows = new List<int>();
        foreach (var taxon in taxa)
        {
            if (taxon.Taxid is { } taxid) Add(byTaxid.GetValueOrDefault(taxid, -1), nextOfTaxid);
            Add(byName.GetValueOrDefault(taxon.Name, -1), nextOfName);
        }
        rows.Sort();
        return [.. rows.Where((row, i) => i == 0 || row != rows[i - 1])];

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
        var (taxa, wanted) = (profile.Taxa, profile.Rows(members));
        if (wanted.IsEmpty) return new(0, []);
        var (values, unwanted) = (new Dictionary<int, double>(wanted.Length), profile.Rows(excluded));
        foreach (var row in wanted)
        {
            var above = taxa[row].Parent;
            while (above >= 0 && wanted.BinarySearch(above) < 0) above = taxa[above].Parent;
            if (above < 0) values.Add(row, taxa[row].Clade);
        }
        foreach (var row in unwanted)
        {
            // Below its part, and not below another excluded clade of it, which took it off already.
            var top = row;
            while (top >= 0 && !values.ContainsKey(top))
            {
                top = taxa[top].Parent;
                if (unwanted.BinarySearch(top) >= 0) top = -1;
            }
            if (top >= 0) values[top] = Math.Max(0, values[top] - taxa[row].Clade);
        }
        var parts = values.Where(v => v.Value > 0).Select(v => new CladePart(taxa[v.Key].Taxid, taxa[v.Key].Name, v.Value)).ToList();
        // One order for every profile of the same content: the sum does not depend on the order of the file.
        parts.Sort(LargestFirst);
        var sum = parts.Sum(p => p.Value);
        // Rows that were two taxa when the profiler named them and are one today stand as one part.
        if (parts.DistinctBy(p => p.Name).Count() == parts.Count) return new(sum, [.. parts]);
        return new(sum, [.. parts.GroupBy(p => (p.Taxid, p.Name)).Select(same => same.First() with { Value = same.Sum(p => p.Value) }).OrderByDescending(p => p.Value)]);
    }

    private static int LargestFirst(CladePart one, CladePart other)
    {
        if (one.Value != other.Value) return other.Value.CompareTo(one.Value);
        var names = string.CompareOrdinal(one.Name, other.Name);
        return names != 0 ? names : Nullable.Compare(one.Taxid, other.Taxid);
    }
}
