using System.Collections.Immutable;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Builds the rows of a flat table (each read stands once) with the ancestors that the taxonomy or the lineage gives, so that sums exist at every
/// rank.</summary>
internal sealed class FlatTree(TaxonomyRelease taxonomy, ProfileRows rows)
{
    private readonly List<Node> nodes = [];
    private readonly Dictionary<long, Node> byTaxid = [];
    private readonly Dictionary<(Node? Parent, TaxonomicRank Rank, string Key), Node> byName = [];

    /// <summary>One row of the file.</summary>
    public void Add(TaxonResolution resolution, long? taxid, string submitted, double value)
    {
        Node? parent = resolution.Ancestor is { } ancestor ? Known(ancestor) : null;
        foreach (var level in resolution.Between)
        {
            parent = Named(parent, level);
        }

        string name = resolution.Taxon?.Name ?? (resolution.Name.Length > 0 ? resolution.Name : submitted);
        Node? node = resolution.Taxon is { } known ? byTaxid.GetValueOrDefault(known.Taxid)
            : byName.GetValueOrDefault((parent, resolution.Rank, LineageText.Key(name)));
        if (node is null || node.Submitted is not null)
        {
            bool first = node is null;
            node = Append(parent, resolution.Taxon?.Taxid ?? taxid, name, resolution.Rank, resolution.Taxon ?? resolution.Ancestor);
            if (first && resolution.Taxon is { } taxon)
            {
                byTaxid.Add(taxon.Taxid, node);
            }
            else if (first)
            {
                byName.Add((parent, resolution.Rank, LineageText.Key(name)), node);
            }
        }

        node.Submitted = submitted;
        node.Direct = value;
    }

    /// <summary>The rows, parents before children.</summary>
    /// <param name="mixed">Called for a listed row whose value is that of the listed rows below it.</param>
    /// <param name="atDomain">How far a domain may be from what is below it to be taken for its sum even if lower ranks, where names are missing, add up to
    /// less; null to look at all ranks together.</param>
    public ImmutableArray<ProfileTaxon> Build(Action<string>? mixed = null, double? atDomain = null)
    {
        var taxa = ImmutableArray.CreateBuilder<ProfileTaxon>(nodes.Count);
        foreach (var root in nodes.Where(n => n.Parent is null))
        {
            Sum(root);
            Emit(root, -1, taxa);
        }

        // A table of stacked ranks adds up at every ancestor; reads left at one ancestor may equal those below it by chance.
        var ancestors = nodes.Where(n => n is { Submitted: not null, Direct: > 0, Below: > 0 }).ToArray();
        if (ancestors.All(n => n.AddsUp(0.001)) || (atDomain is { } tolerance && ancestors.Any(n => n.Rank == TaxonomicRank.Domain && n.AddsUp(tolerance))))
        {
            foreach (var ancestor in ancestors)
            {
                mixed?.Invoke(ancestor.Submitted!);
            }
        }

        return taxa.ToImmutable();
    }

    private Node Known(Taxon taxon)
    {
        if (byTaxid.TryGetValue(taxon.Taxid, out var node))
        {
            return node;
        }

        Node? parent = taxon.ParentTaxid is { } above && taxonomy.Find(above) is { } next ? Known(next) : null;
        node = Append(parent, taxon.Taxid, taxon.Name, taxon.Rank, taxon);
        byTaxid.Add(taxon.Taxid, node);
        return node;
    }

    private Node Named(Node? parent, LineageLevel level)
    {
        var key = (parent, level.Rank, LineageText.Key(level.Name));
        if (!byName.TryGetValue(key, out var node))
        {
            node = Append(parent, null, LineageText.Display(level.Name), level.Rank, null);
            byName.Add(key, node);
        }

        return node;
    }

    private Node Append(Node? parent, long? taxid, string name, TaxonomicRank rank, Taxon? nearest)
    {
        var node = new Node(parent, taxid, name, rank, rows.Group(taxid, name, parent?.Group, nearest));
        nodes.Add(node);
        parent?.Children.Add(node);
        return node;
    }

    private static double Sum(Node node)
    {
        double below = 0;
        foreach (var child in node.Children)
        {
            below += Sum(child);
            node.Next += child is { Submitted: not null, Direct: > 0 } ? child.Direct : child.Next;
        }

        node.Below = below;
        return node.Direct + below;
    }

    private static void Emit(Node node, int parent, ImmutableArray<ProfileTaxon>.Builder taxa)
    {
        int own = taxa.Count;
        taxa.Add(new ProfileTaxon
        {
            Taxid = node.Taxid,
            Name = node.Name,
            SubmittedName = node.Submitted,
            Rank = node.Rank,
            Parent = parent,
            Group = node.Group,
            Clade = node.Direct + node.Below,
            Direct = node.Direct,
        });
        foreach (var child in node.Children)
        {
            Emit(child, own, taxa);
        }
    }

    private sealed class Node(Node? parent, long? taxid, string name, TaxonomicRank rank, OrganismGroup group)
    {
        public Node? Parent { get; } = parent;
        public long? Taxid { get; } = taxid;
        public string Name { get; } = name;
        public TaxonomicRank Rank { get; } = rank;
        public OrganismGroup Group { get; } = group;
        public List<Node> Children { get; } = [];
        public string? Submitted { get; set; }
        public double Direct { get; set; }
        public double Below { get; set; }

        /// <summary>The sum of the nearest listed rows below.</summary>
        public double Next { get; set; }

        public bool AddsUp(double tolerance) => Math.Abs(Direct - Next) <= tolerance * Direct;
    }
}
