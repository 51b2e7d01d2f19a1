using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Cohorts;

/// <summary>One measured thing of a cohort.</summary>
/// <param name="Kind">taxon, metric, ratio, guild, sum, or distance (between every two of its people).</param>
/// <param name="Id">The taxid of a taxon (empty where it has none), else the id.</param>
/// <param name="Rank">Of a taxon, or the rank at which a metric was computed; none elsewhere.</param>
/// <param name="Name">The name of a taxon, else the id.</param>
/// <param name="Prevalence">The share of the cohort with a value above 0 (defined, for ratios), 0 to 1.</param>
/// <param name="Distribution">Fractions of 0..1 for taxa and guilds, zeros included; for ratios over those for whom it is defined.</param>
public sealed record CohortEntry(string Kind, string Id, TaxonomicRank Rank, string Name, double Prevalence, Quantiles Distribution)
{
    private const double MostMissed = 0.05, MostReads = 1e12;
    private double carrierLow = double.NaN, readsToRuleOut = double.NaN;

    /// <summary>NCBI taxid of a taxon; null where it has none, and of anything else.</summary>
    public long? Taxid { get; } = Kind == "taxon" && long.TryParse(Id, NumberStyles.None, CultureInfo.InvariantCulture, out var taxid) ? taxid : null;

    /// <summary>Where 95 % surely the population's p2.5 lies; null where fewer than 146 people, or only published quantiles, say nothing of it.</summary>
    public Interval? LowLimitInterval { get; init; }

    /// <summary>The same for p97.5.</summary>
    public Interval? HighLimitInterval { get; init; }

    /// <summary>The fraction that 95 % of those who have it reach. Who reports nothing smaller than d misses the carriers below d: under 5 % of them where d is smaller than this.</summary>
    public double CarrierLow => double.IsNaN(carrierLow) ? carrierLow = OfCarriers(MostMissed) : carrierLow;

    /// <summary>How many classified reads it takes before none of them means absence: with more, under 5 % of those who have it would show none.</summary>
    /// <remarks>A carrier whose fraction is a shows no read among N with the chance (1 - a)^N, at most exp(-N a). Over the carriers of the cohort that is the mean
    /// of exp(-N a(u)) for u from 0 to 1, where a(u) is the quantile among those who have it: the cohort's quantile at the level 1 - prevalence + u prevalence.
    /// Between the levels of the file the quantiles are taken as linear, so each piece from a to b is (exp(-N a) - exp(-N b)) / (N (b - a)); the first starts at 0 where
    /// the file says nothing better. It is the chance to miss who has it and not the chance to have it: of what everybody has, no depth would ever show the absence.
    /// It knows carriers as the cohort's own method saw them, and reads as drawn independently. Infinite where nobody of the cohort has it.</remarks>
    public double ReadsToRuleOut => double.IsNaN(readsToRuleOut) ? readsToRuleOut = LeastReads() : readsToRuleOut;

    /// <summary>The chance that somebody who has it, taken from the cohort's carriers at random, shows none of it among some reads.</summary>
    /// <param name="reads">Classified reads, above 0.</param>
    /// <returns>0 to 1; 1 where nobody of the cohort has it.</returns>
    public double ChanceOfMissing(double reads)
    {
        if (Prevalence <= 0) return 1;
        var (chance, from, least) = (0.0, 0.0, OfCarriers(0));
        foreach (var (level, value) in Distribution.Levels.Zip(Distribution.Values).Append((1, Distribution.Values[^1])))
        {
            var to = Math.Min(1, (level - (1 - Prevalence)) / Prevalence);
            if (to <= from) continue;
            var (a, b) = (reads * least, reads * value);
            chance += (to - from) * (b - a < 1e-9 ? Math.Exp(-a) : (Math.Exp(-a) - Math.Exp(-b)) / (b - a));
            (from, least) = (to, value);
        }
        return Math.Min(1, chance);
    }

    private double OfCarriers(double share)
    {
        if (Prevalence <= 0) return 0;
        var (levels, values, level) = (Distribution.Levels, Distribution.Values, 1 - Prevalence + share * Prevalence);
        var above = 0;
        while (above < levels.Length && levels[above] < level) above++;
        if (above == levels.Length) return values[^1];
        // Up from 0 at the least of the carriers, where the level before is of somebody who has none of it or is not in the file.
        var (from, least) = above > 0 && values[above - 1] > 0 ? (levels[above - 1], values[above - 1]) : (1 - Prevalence, above == 0 && levels[0] <= 1e-9 ? values[0] : 0);
        return levels[above] - from < 1e-9 ? least : least + (values[above] - least) * (level - from) / (levels[above] - from);
    }

    private double LeastReads()
    {
        if (ChanceOfMissing(MostReads) >= MostMissed) return double.PositiveInfinity;
        var (few, enough) = (0L, (long)MostReads);
        while (enough - few > 1)
        {
            var middle = (few + enough) / 2;
            if (ChanceOfMissing(middle) < MostMissed) enough = middle;
            else few = middle;
        }
        return enough;
    }
}

/// <summary>Healthy people measured by one method: the only thing that a person may be compared with who was measured by the same.</summary>
public sealed record ReferenceCohort
{
    private FrozenDictionary<(TaxonomicRank, long), CohortEntry> byTaxid = FrozenDictionary<(TaxonomicRank, long), CohortEntry>.Empty;
    private FrozenDictionary<(TaxonomicRank, string), CohortEntry> byName = FrozenDictionary<(TaxonomicRank, string), CohortEntry>.Empty;
    private FrozenDictionary<(string Kind, string Id), CohortEntry> byId = FrozenDictionary<(string, string), CohortEntry>.Empty;
    private ILookup<TaxonomicRank, CohortEntry> common = Array.Empty<CohortEntry>().ToLookup(e => e.Rank);

    /// <summary>e.g. <c>western-shotgun</c>.</summary>
    public required string Id { get; init; }
    /// <summary>1, 2, ….</summary>
    public required int Version { get; init; }
    /// <summary>How many people.</summary>
    public required int N { get; init; }
    /// <summary>Who they are, e.g. <c>healthy Western adults</c>; in both languages, in words that fit a sentence.</summary>
    public required Panels.BilingualText Population { get; init; }
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
    public required Panels.BilingualText Note { get; init; }
    /// <summary>All that was measured.</summary>
    public required ImmutableArray<CohortEntry> Entries { get; init; }
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

    /// <summary>Reads a cohort file; docs/data-sources.md describes the format.</summary>
    /// <exception cref="InvalidDataException">The file is not of the format.</exception>
    public static ReferenceCohort Read(byte[] file)
    {
        var head = new Dictionary<string, string>();
        var entries = ImmutableArray.CreateBuilder<CohortEntry>();
        using var reader = new StreamReader(new MemoryStream(file));
        ImmutableArray<double> levels = [];
        var rates = new Dictionary<string, double>();
        var centre = new List<KeyValuePair<string, double>>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                var colon = line.IndexOf(": ", StringComparison.Ordinal);
                head[line[2..colon]] = line[(colon + 2)..];
                continue;
            }
            var cells = line.Split('\t');
            if (cells[0] == "kind") levels = [.. cells[5..].TakeWhile(c => !c.StartsWith("ci95-", StringComparison.Ordinal)).Select(Number)];
            else if (cells[0] == "rule") rates.Add(cells[1], Number(cells[4]));
            else if (cells[0] == "centre") centre.Add(new(cells[1].Length > 0 ? cells[1] : cells[3], Number(cells[4])));
            else
            {
                var (values, limits) = (cells[5..(5 + levels.Length)], cells[(5 + levels.Length)..]);
                entries.Add(new(cells[0], cells[1], Enum.Parse<TaxonomicRank>(cells[2], ignoreCase: true), cells[3], Number(cells[4]), new(levels, [.. values.Select(Number)]))
                {
                    LowLimitInterval = limits is [not "", not "", ..] ? new(Number(limits[0]), Number(limits[1])) : null,
                    HighLimitInterval = limits is [_, _, not "", not ""] ? new(Number(limits[2]), Number(limits[3])) : null,
                });
            }
        }
        string Text(string key) => head.TryGetValue(key, out var value) ? value : throw new InvalidDataException($"The cohort file has no '{key}'.");
        // Two clades of one taxid (or name and rank) cannot be told apart later: the first, which is the more prevalent, stands.
        var taxa = entries.Where(e => e.Kind == "taxon").ToArray();
        return new ReferenceCohort
        {
            Id = Text("id"),
            Version = int.Parse(Text("version"), CultureInfo.InvariantCulture),
            N = int.Parse(Text("n"), CultureInfo.InvariantCulture),
            Population = new(Text("population-en"), Text("population-nl")),
            Platform = Enum.Parse<Platform>(Text("platform"), ignoreCase: true),
            Region = Text("region") is "-" ? null : Text("region"),
            Profiler = Text("profiler"),
            DatabaseFamily = Text("database-family"),
            Source = Text("source"),
            Doi = Text("doi"),
            Licence = Text("licence"),
            Note = new(Text("note-en"), Text("note-nl")),
            RuleRates = rates.ToFrozenDictionary(),
            Entries = entries.ToImmutable(),
            Centre = centre.Count > 0 ? HealthyCentre.From(centre) : null,
            Digest = Convert.ToHexStringLower(SHA256.HashData(file)),
            byTaxid = taxa.Where(e => e.Taxid is not null).DistinctBy(e => (e.Rank, e.Taxid)).ToFrozenDictionary(e => (e.Rank, e.Taxid!.Value)),
            byName = taxa.DistinctBy(e => (e.Rank, e.Name)).ToFrozenDictionary(e => (e.Rank, e.Name)),
            byId = entries.Where(e => e.Kind != "taxon").ToFrozenDictionary(e => (e.Kind, e.Id)),
            common = taxa.Where(e => e.Distribution.P5 > 0).ToLookup(e => e.Rank),
        };
    }

    private static double Number(string cell) => double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static ReferenceCohort Read(string name)
    {
        using var stream = typeof(ReferenceCohort).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return Read(copy.ToArray());
    }
}
