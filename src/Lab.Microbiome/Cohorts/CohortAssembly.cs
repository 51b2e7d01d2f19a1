using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Cohorts;

/// <summary>Makes a cohort of any number of people without having them in memory: every value goes to a spool and comes back a part of the things at a time, so that quantiles are exact. People pass twice:
/// <see cref="Add(TaxonomicProfile)"/> measures them, <see cref="Judge(TaxonomicProfile)"/> compares each with all. In memory stay eight bytes a person, the taxa of the first few hundred, and, for each thing that any person has, its name and a few numbers.</summary>
public sealed class CohortAssembly : IDisposable
{
    private const int Parts = 64, Record = sizeof(int) + sizeof(double);

    /// <summary>Every two of these lie apart as people do: more pairs would only cost more.</summary>
    private const int MostPaired = 600;

    internal static readonly ImmutableArray<double> Levels = [.. Enumerable.Range(0, 41).Select(i => i / 40.0)];

    private readonly CohortDescription description;
    private readonly Panel panel;
    private readonly ImmutableArray<Panel> judged;
    private readonly int minimum;
    private readonly Stream[] spool;
    private readonly List<Tally> things = [];
    private readonly Dictionary<(TaxonomicRank, string), int> taxa = [];
    private readonly List<double> distances = [];
    private readonly List<KeyValuePair<string, double>[]> paired = [];
    private readonly byte[] record = new byte[Record];
    private readonly List<(Panel Panel, ReferenceCohort Cohort, Dictionary<string, int> Fired)> rules = [];
    private readonly Dictionary<(int, double), (int Low, int High)?> intervals = [];
    private readonly StringBuilder text = new();
    private HealthyCentre? centre;
    private ImmutableArray<int> listed = [];
    private int people, withTaxa, passed;

    /// <summary>A cohort without people.</summary>
    /// <param name="description">Who they are.</param>
    /// <param name="panel">Whose guilds, ratios and sums are measured.</param>
    /// <param name="judged">The panels whose rules are counted in these people.</param>
    /// <param name="spool">Gives empty streams to write and read; they are disposed with this.</param>
    /// <param name="minimum">How many people it needs.</param>
    public CohortAssembly(CohortDescription description, Panel panel, ImmutableArray<Panel> judged, Func<Stream> spool, int minimum = CohortBuilder.MinimumPeople)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(panel);
        ArgumentNullException.ThrowIfNull(spool);
        (this.description, this.panel, this.judged, this.minimum) = (description, panel, judged, minimum);
        this.spool = [.. Enumerable.Range(0, Parts).Select(_ => spool())];
        things.AddRange(MeasuredPerson.Things(panel, description.Assay.LowestRank).Select(thing => new Tally(thing)));
        Fixed = things.Count;
    }

    /// <summary>How many people were added.</summary>
    public int People => people;

    private int Fixed { get; }

    /// <summary>Measures a person.</summary>
    public void Add(TaxonomicProfile person) => Add(new Measures(person, description.Assay.LowestRank));

    /// <summary>Compares a person with all: once for each, in the order in which they were added, after the last was added.</summary>
    /// <exception cref="InvalidOperationException">There are too few people, or more are judged than were added.</exception>
    public void Judge(TaxonomicProfile person) => Judge(new Measures(person, description.Assay.LowestRank));

    internal void Add(Measures person)
    {
        if (text.Length > 0) throw new InvalidOperationException("The people are compared already.");
        people++;
        foreach (var (i, value) in MeasuredPerson.Values(panel, person).Index()) if (value is { } number) Spool(i, number);
        for (var rank = TaxonomicRank.Phylum; rank <= description.Assay.LowestRank; rank++)
        {
            var found = MeasuredPerson.Taxa(person, rank).ToArray();
            foreach (var (taxon, fraction) in found) Spool(Place(taxon), fraction);
            if (rank < description.Assay.LowestRank || found.Length == 0) continue;
            withTaxa++;
            // Shares of what is found at the rank; from the smallest upwards, whatever the order of the file.
            var all = found.Select(t => t.Fraction).Order().Sum();
            foreach (var (taxon, fraction) in found) CollectionsMarshal.AsSpan(things)[Place(taxon)].Shares.Add(fraction / all);
        }
    }

    internal void Judge(Measures person)
    {
        if (text.Length == 0) Measured();
        if (++passed > people) throw new InvalidOperationException("More people are judged than were added.");
        // Without a person the mean moves straight away from that person, by one part in n - 1 of what lies between.
        KeyValuePair<string, double>[] sample = [.. MeasuredPerson.Taxa(person, description.Assay.LowestRank).Select(t => KeyValuePair.Create(t.Taxon.Feature, t.Fraction))];
        if (!judged.IsEmpty && paired.Count < MostPaired) paired.Add(sample);
        if (centre?.Distance(sample) is { } distance)
            distances.Add(Math.Min(1, distance * withTaxa / (withTaxa - 1)));
        foreach (var (rulesOf, cohort, fired) in rules)
        {
            foreach (var finding in FindingRules.Evaluate(new Comparison(new ReportInput { Profile = person.Profile, Assay = description.Assay, Panel = rulesOf, Cohort = cohort })))
                CollectionsMarshal.GetValueRefOrAddDefault(fired, finding.Code, out _)++;
        }
    }

    /// <summary>The file, when all were judged.</summary>
    /// <returns>For <see cref="ReferenceCohort.Read(byte[])"/>.</returns>
    /// <exception cref="InvalidOperationException">Somebody was not judged.</exception>
    public byte[] Write()
    {
        if (passed != people || people == 0) throw new InvalidOperationException("Everybody who was added is judged before the cohort is written.");
        var whole = new StringBuilder().Append(text);
        if (centre is not null)
        {
            Append(whole, new("metric", HealthyCentre.Metric, description.Assay.LowestRank, HealthyCentre.Metric), 1, 0, [.. distances.Order()]);
            whole.Append(CentreText());
            if (paired.Count > 1)
            {
                foreach (var (metric, between) in ProfileDistance.Between(centre.Shares.Features, paired))
                    Append(whole, new(ProfileDistance.Kind, metric, description.Assay.LowestRank, metric), 1, 0, [.. between.Order()]);
            }
        }
        foreach (var (rulesOf, _, fired) in rules)
        {
            foreach (var rule in rulesOf.Rules) whole.Append(CultureInfo.InvariantCulture, $"rule\t{rulesOf.Ref}#{rule.Code}\tNone\t{rule.Code}\t{Shown(fired.GetValueOrDefault(rule.Code) / (double)people)}\n");
        }
        return Encoding.UTF8.GetBytes(whole.ToString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in spool) part.Dispose();
    }

    /// <summary>All were added: quantiles of everything, then the centre, then the cohort that each is judged by.</summary>
    private void Measured()
    {
        if (people < minimum) throw new InvalidOperationException($"A cohort needs {minimum} people and not {people}.");
        WriteHead();
        var lines = Lines();
        var common = ImmutableArray.CreateBuilder<int>();
        foreach (var i in Enumerable.Range(0, Fixed).Concat(Enumerable.Range(Fixed, things.Count - Fixed)
            .OrderBy(i => things[i].Thing.Rank).ThenByDescending(i => things[i].Positive).ThenBy(i => things[i].Thing.Name, StringComparer.Ordinal)))
        {
            text.Append(lines.GetValueOrDefault(i));
            if (i >= Fixed && things[i].Thing.Rank == description.Assay.LowestRank && things[i].Positive >= CohortBuilder.LeastPrevalence * people) common.Add(i);
        }
        if (withTaxa > 1)
        {
            listed = common.ToImmutable();
            var others = FeatureList.Sum(Enumerable.Range(Fixed, things.Count - Fixed).Except(listed).Select(i => things[i].Shares.Value));
            centre = HealthyCentre.From([.. listed.Select(i => KeyValuePair.Create(things[i].Thing.Feature, things[i].Shares.Value)), KeyValuePair.Create(HealthyCentre.Others, others)]);
        }
        var cohort = ReferenceCohort.Read(Encoding.UTF8.GetBytes(text.ToString()), minimum);
        foreach (var rulesOf in judged) rules.Add((rulesOf, cohort.For(rulesOf, panel), []));
    }

    private StringBuilder CentreText()
    {
        var lines = new StringBuilder();
        var shares = centre!.Shares.Features.Names.Zip(centre.Shares.Values).ToDictionary(share => share.First, share => share.Second);
        foreach (var thing in listed.Select(i => things[i].Thing).Append(new("taxon", "", description.Assay.LowestRank, HealthyCentre.Others)))
            lines.Append(CultureInfo.InvariantCulture, $"centre\t{thing.Id}\t{description.Assay.LowestRank}\t{thing.Name}\t{Shown(shares[thing.Feature])}\n");
        return lines;
    }

    private void WriteHead()
    {
        var assay = description.Assay;
        text.Append(CultureInfo.InvariantCulture, $"# lab-cohort: 1\n# id: {description.Id}\n# version: {description.Version}\n# n: {people}\n# population-en: {description.Population.En}\n")
            .Append(CultureInfo.InvariantCulture, $"# population-nl: {description.Population.Nl}\n# platform: {assay.Platform}\n# region: {assay.Region ?? "-"}\n# profiler: {assay.Profiler}\n")
            .Append(CultureInfo.InvariantCulture, $"# database-family: {assay.DatabaseFamily}\n# source: {description.Source}\n# doi: {description.Doi}\n# licence: {description.Licence}\n")
            .Append(CultureInfo.InvariantCulture, $"# note-en: {description.Note.En}\n# note-nl: {description.Note.Nl}\n");
        if (panel.Ref != Panel.Default.Ref) text.Append(CultureInfo.InvariantCulture, $"# panel: {panel.Ref}\n");
        if (description.Stratum is { } stratum) text.Append(CultureInfo.InvariantCulture, $"# stratum: {stratum}\n");
        text.Append("kind\tid\trank\tname\tprevalence\t").AppendJoin('\t', Levels.Select(Shown)).Append("\tci95-low-0.025\tci95-high-0.025\tci95-low-0.975\tci95-high-0.975\n");
    }

    /// <summary>The line of each thing that has one. A part of the spool is in memory at a time.</summary>
    private Dictionary<int, string> Lines()
    {
        var lines = new Dictionary<int, string>();
        for (var part = 0; part < Parts; part++)
        {
            var values = new Dictionary<int, double[]>();
            for (var i = part; i < things.Count; i += Parts) if (IsListed(i)) values.Add(i, new double[things[i].Count]);
            var filled = new Dictionary<int, int>();
            spool[part].Position = 0;
            var buffer = new byte[Record * 4096];
            for (int length; (length = spool[part].ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
            {
                for (var at = 0; at < length; at += Record)
                {
                    var i = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at));
                    if (values.TryGetValue(i, out var of)) of[CollectionsMarshal.GetValueRefOrAddDefault(filled, i, out _)++] = BinaryPrimitives.ReadDoubleLittleEndian(buffer.AsSpan(at + sizeof(int)));
                }
            }
            spool[part].SetLength(0);
            foreach (var (i, of) in values)
            {
                Array.Sort(of);
                var line = new StringBuilder();
                Append(line, things[i].Thing, things[i].Thing.Kind == "metric" ? 1 : things[i].Positive / (double)people, i < Fixed ? 0 : people - of.Length, of);
                lines.Add(i, line.ToString());
            }
        }
        return lines;
    }

    private bool IsListed(int i) => things[i].Thing.Kind switch
    {
        "metric" => things[i].Count == people,
        "ratio" => things[i].Count > 0,
        "taxon" => things[i].Thing.Rank is TaxonomicRank.Phylum or TaxonomicRank.Family || things[i].Positive / (double)people >= CohortBuilder.LeastPrevalence,
        _ => true,
    };

    private int Place(MeasuredThing taxon)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(taxa, (taxon.Rank, taxon.Feature), out var known);
        if (known) return place;
        place = things.Count;
        things.Add(new(taxon));
        return place;
    }

    private void Spool(int thing, double value)
    {
        ref var tally = ref CollectionsMarshal.AsSpan(things)[thing];
        tally.Count++;
        if (value > 0) tally.Positive++;
        BinaryPrimitives.WriteInt32LittleEndian(record, thing);
        BinaryPrimitives.WriteDoubleLittleEndian(record.AsSpan(sizeof(int)), value);
        spool[thing % Parts].Write(record);
    }

    /// <summary>A line of zeros and of values above them, in rising order.</summary>
    private void Append(StringBuilder text, MeasuredThing thing, double prevalence, int zeros, double[] sorted)
    {
        text.Append(CultureInfo.InvariantCulture, $"{thing.Kind}\t{thing.Id}\t{thing.Rank}\t{thing.Name}\t{Shown(prevalence)}\t").AppendJoin('\t', Levels.Select(level => Shown(Quantiles.Of(zeros, sorted, level))));
        foreach (var level in (ReadOnlySpan<double>)[0.025, 0.975])
        {
            // Distances that share a person are not independent: order statistics say nothing of them.
            if (thing.Kind != ProfileDistance.Kind && Ranks(zeros + sorted.Length, level) is var (low, high)) text.Append('\t').Append(Shown(Quantiles.Ranked(zeros, sorted, low - 1))).Append('\t').Append(Shown(Quantiles.Ranked(zeros, sorted, high - 1)));
            else text.Append("\t\t");
        }
        text.Append('\n');
    }

    // Most things have as many values as there are people.
    private (int Low, int High)? Ranks(int n, double level)
    {
        ref var ranks = ref CollectionsMarshal.GetValueRefOrAddDefault(intervals, (n, level), out var known);
        return known ? ranks : ranks = Quantiles.IntervalRanks(n, level);
    }

    private static string Shown(double value) => CanonicalJson.Number(Significant.Round(value));

    /// <summary>A thing, how many have a value of it, how many one above 0, and the sum of its shares.</summary>
    private struct Tally(MeasuredThing thing)
    {
        public readonly MeasuredThing Thing = thing;
        public int Count, Positive;
        public CompensatedSum Shares;
    }
}
