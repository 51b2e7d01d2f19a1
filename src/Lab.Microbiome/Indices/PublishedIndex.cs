using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;

namespace Lab.Microbiome.Indices;

/// <summary>A taxon of an index.</summary>
/// <param name="Set">Its side, e.g. <c>increased</c>.</param>
/// <param name="Taxid">NCBI taxid; null where the index goes by the profiler's own names, or none is certain.</param>
/// <param name="Name">The profiler's own name or lineage (GMWI2, GMHI), or the current name.</param>
/// <param name="Coefficient">What it adds to a score; 0 where the index has none.</param>
public sealed record IndexTaxon(string Set, long? Taxid, string Name, double Coefficient);

/// <summary>A published index of health or dysbiosis as data: what it is made of, the method that it holds for, how well it did, and what it is not.</summary>
public sealed record PublishedIndex
{
    /// <summary>e.g. <c>gmwi2</c>.</summary>
    public required string Id { get; init; }
    /// <summary>The profiler that it was made with, with its major version; null where none is asked for.</summary>
    public required string? Profiler { get; init; }
    /// <summary>The exact database that it was made with; null where the profiler alone decides.</summary>
    public required string? Database { get; init; }
    /// <summary>The platform that does as well as the profiler; null for none.</summary>
    public required Platform? Platform { get; init; }
    /// <summary>What a reader must know, as codes.</summary>
    public required ImmutableArray<string> Caveats { get; init; }
    /// <summary>What it says, how well it did where it was published, and what it is not.</summary>
    public required BilingualText Text { get; init; }
    /// <summary>The publication, as <c>doi:…</c>.</summary>
    public required string Citation { get; init; }
    /// <summary>The taxa, in the order of the file, which is the order of every sum.</summary>
    public required ImmutableArray<IndexTaxon> Taxa { get; init; }
    /// <summary>Values of healthy people measured with <see cref="Profiler"/>; null where none are published.</summary>
    public required Quantiles? Healthy { get; init; }

    /// <summary>The indices of every report, in its order.</summary>
    public static ImmutableArray<PublishedIndex> Shipped { get; } = [Read("gmwi2.tsv"), Read("gmhi.tsv"), Read("md-index.tsv"), Read("microbiomehd.tsv")];

    /// <summary>The taxa of one side.</summary>
    public ImmutableArray<PanelTaxon> Side(string set) => [.. Taxa.Where(t => t.Set == set).Select(t => new PanelTaxon(t.Taxid, t.Name))];

    private static PublishedIndex Read(string file)
    {
        using var stream = typeof(PublishedIndex).Assembly.GetManifestResourceStream(file) ?? throw new InvalidOperationException($"{file} is not embedded.");
        using var reader = new StreamReader(stream);
        var (head, rows) = (new Dictionary<string, string>(), new List<string[]>());
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("# ", StringComparison.Ordinal)) head[line[2..line.IndexOf(": ", StringComparison.Ordinal)]] = line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..];
            else rows.Add(line.Split('\t'));
        }
        string? Text(string key) => head[key] is "-" ? null : head[key];
        var quantiles = rows.Where(r => r[0] == "healthy-quantile").ToArray();
        return new()
        {
            Id = head["id"],
            Profiler = Text("profiler"),
            Database = Text("database"),
            Platform = Text("platform") is { } platform ? Enum.Parse<Platform>(platform) : null,
            Caveats = [.. head["caveats"].Split(',', StringSplitOptions.TrimEntries).Where(c => c != "-")],
            Text = new(head["text-en"], head["text-nl"]),
            Citation = "doi:" + head["doi"],
            Taxa = [.. rows.Skip(1).Except(quantiles).Select(r => new IndexTaxon(r[0], r[1].Length > 0 ? long.Parse(r[1], CultureInfo.InvariantCulture) : null, r[2], r[3].Length > 0 ? Number(r[3]) : 0))],
            Healthy = quantiles.Length == 0 ? null : new([.. quantiles.Select(r => Number(r[2]))], [.. quantiles.Select(r => Number(r[3]))]),
        };
    }

    private static double Number(string cell) => double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
}
