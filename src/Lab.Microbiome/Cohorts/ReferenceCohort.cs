using System.Collections.Frozen;
using System.Collections.Immutable;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Cohorts;

/// <summary>Healthy people measured by one method: the only thing that a person may be compared with who was measured by the same.</summary>
public sealed record ReferenceCohort
{
    private readonly FrozenDictionary<(TaxonomicRank, long), CohortEntry> byTaxid = FrozenDictionary<(TaxonomicRank, long), CohortEntry>.Empty;
    private readonly FrozenDictionary<(TaxonomicRank, string), CohortEntry> byName = FrozenDictionary<(TaxonomicRank, string), CohortEntry>.Empty;
    private readonly FrozenDictionary<(string Kind, string Id), CohortEntry> byId = FrozenDictionary<(string, string), CohortEntry>.Empty;
    private readonly ILookup<TaxonomicRank, CohortEntry> prevalent = Array.Empty<CohortEntry>().ToLookup(e => e.Rank);
    private readonly ILookup<TaxonomicRank, CohortEntry> common = Array.Empty<CohortEntry>().ToLookup(e => e.Rank);

    /// <summary>e.g. <c>western-shotgun</c>.</summary>
    public required string Id { get; init; }
    /// <summary>1, 2, ….</summary>
    public required int Version { get; init; }
    /// <summary>How many people.</summary>
    public required int N { get; init; }
    /// <summary>Who they are, e.g. <c>healthy Western adults</c>; in both languages, in words that fit a sentence.</summary>
    public required BilingualText Population { get; init; }
    /// <summary>Shotgun or amplicon.</summary>
    public required Platform Platform { get; init; }
    /// <summary>The amplified region; null for shotgun.</summary>
    public required string? Region { get; init; }
    /// <summary>The profiler with its major version.</summary>
    public required string Profiler { get; init; }
    /// <summary>The family of its database.</summary>
    public required string DatabaseFamily { get; init; }
    /// <summary>Where the figures come from.</summary>
    public required string Source { get; init; }
    /// <summary>The publication.</summary>
    public required string Doi { get; init; }
    /// <summary>The licence of the source, and why these figures may be shipped.</summary>
    public required string Licence { get; init; }
    /// <summary>What they are good for, and what not.</summary>
    public required BilingualText Note { get; init; }
    /// <summary>The panel whose guilds, ratios and sums were measured: a sum of other taxa under the same name is another measure.</summary>
    public string Panel { get; init; } = Panels.Panel.Default.Ref;
    /// <summary>What sets these people apart from those whom the assay measures, such as <c>female; 18 to 39 years</c>; null: nothing does. A stratum speaks only where it is named.</summary>
    public string? Stratum { get; init; }
    /// <summary>All that was measured.</summary>
    public required ImmutableArray<CohortEntry> Entries
    {
        get;
        init
        {
            field = value;
            // Two clades of one taxid (or name and rank) cannot be told apart later: the first, which is the more prevalent, stands.
            var taxa = value.Where(e => e.Kind == "taxon").ToArray();
            byTaxid = taxa.Where(e => e.Taxid is not null).DistinctBy(e => (e.Rank, e.Taxid)).ToFrozenDictionary(e => (e.Rank, e.Taxid!.Value));
            byName = taxa.DistinctBy(e => (e.Rank, e.Name)).ToFrozenDictionary(e => (e.Rank, e.Name));
            byId = value.Where(e => e.Kind != "taxon").ToFrozenDictionary(e => (e.Kind, e.Id));
            prevalent = taxa.Where(e => e.Prevalence >= 0.9).OrderByDescending(e => e.Prevalence).ToLookup(e => e.Rank);
            common = taxa.Where(e => e.Distribution.P5 > 0).ToLookup(e => e.Rank);
        }
    }
    /// <summary>The share of these people in whom a rule makes a finding, by <c>gut-core@1#candida-high</c>; none where only published quantiles are known.</summary>
    public required FrozenDictionary<string, double> RuleRates { get; init; }
    /// <summary>The middle of these people; null where only published quantiles are known.</summary>
    public required HealthyCentre? Centre { get; init; }
    /// <summary>SHA-256 of the file, lower-case hex.</summary>
    public required string Digest { get; init; }

    /// <summary>e.g. <c>western-shotgun@1</c>.</summary>
    public string Ref => $"{Id}@{Version}";

    /// <summary>The cohorts that ship with Lab; of two that fit equally well, the first is taken.</summary>
    public static ImmutableArray<ReferenceCohort> Shipped { get; } =
        [Read("western-shotgun@1.tsv"), Read("chinese-shotgun@1.tsv"), Read("benelux-16s@1.tsv"), Read("us-16s@1.tsv")];

    /// <summary>By <c>id@version</c>, or by id alone its newest version; null when there is none.</summary>
    public static ReferenceCohort? Find(string reference) => Shipped.LastOrDefault(c => c.Ref == reference || c.Id == reference);

    /// <summary>The metric, ratio or guild; null when the cohort has none.</summary>
    public CohortEntry? Find(string kind, string id) => byId.GetValueOrDefault((kind, id));

    /// <summary>The taxon of this rank and taxid; null when the cohort has none.</summary>
    public CohortEntry? Find(TaxonomicRank rank, long taxid) => byTaxid.GetValueOrDefault((rank, taxid));

    /// <summary>The taxon of a row: by taxid, else by rank and name; null when the cohort has none.</summary>
    public CohortEntry? Find(ProfileTaxon row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return (row.Taxid is { } taxid ? Find(row.Rank, taxid) : null)
            ?? byName.GetValueOrDefault((row.Rank, row.Name));
    }

    /// <summary>The taxa of a rank that at least 95 % of the cohort have, in the order of the file.</summary>
    public IEnumerable<CohortEntry> Common(TaxonomicRank rank) => common[rank];

    /// <summary>The taxa of a rank that at least 90 % of the cohort have, the most prevalent first.</summary>
    public IEnumerable<CohortEntry> Prevalent(TaxonomicRank rank) => prevalent[rank];

    /// <summary>The cohort as far as it speaks of what a panel means: a guild, ratio or sum that the panel defines by other taxa than the one that was measured is left out, and so is the
    /// rate of a rule that reads it.</summary>
    /// <param name="panel">Whose words they are.</param>
    /// <param name="measured">The panel that <see cref="Panel"/> names.</param>
    /// <param name="counted">Rates of the panel's rules in these people, counted since the cohort was made, by code; null where nobody counted.</param>
    public ReferenceCohort For(Panel panel, Panel measured, IReadOnlyDictionary<string, double>? counted = null)
    {
        ArgumentNullException.ThrowIfNull(panel);
        ArgumentNullException.ThrowIfNull(measured);
        var (ours, theirs) = (PanelDefinitions.Of(measured), PanelDefinitions.Of(panel));
        var rates = RuleRates.ToDictionary();
        foreach (var rule in panel.Rules)
        {
            var key = $"{panel.Base ?? panel.Ref}#{rule.Code}";
            if (counted?.TryGetValue(rule.Code, out var rate) == true || (theirs.FiresLike(ours, rule.Code) && rates.TryGetValue($"{measured.Base ?? measured.Ref}#{rule.Code}", out rate))) rates.TryAdd(key, rate);
        }
        return this with
        {
            Entries = [.. Entries.Where(e => e.Kind is not ("guild" or "ratio" or "sum") || theirs.Means(ours, e.Kind, e.Id))],
            RuleRates = rates.ToFrozenDictionary(),
        };
    }

    /// <summary>Reads a cohort file; docs/cohort-format.md describes the format.</summary>
    /// <exception cref="InvalidDataException">The file is not of the format.</exception>
    public static ReferenceCohort Read(byte[] file) => Read(file, CohortBuilder.MinimumPeople);

    internal static ReferenceCohort Read(byte[] file, int minimum)
    {
        var (cohort, problems) = CohortReader.Read(file, minimum);
        return cohort ?? throw new InvalidDataException(string.Join("; ", problems));
    }

    private static ReferenceCohort Read(string name)
    {
        using var stream = typeof(ReferenceCohort).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return Read(copy.ToArray());
    }
}
