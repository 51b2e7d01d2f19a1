using System.Collections.Immutable;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Reports;

/// <summary>A measured profile beside the cohort that may speak of it: what a value's place and status are, and why none can be given.</summary>
internal sealed class Comparison
{
    public const string NoCohort = "no-matching-cohort";
    private readonly ImmutableArray<ComparedClade>[] clades = new ImmutableArray<ComparedClade>[(int)TaxonomicRank.Strain + 1];

    public Comparison(ReportInput input)
    {
        Input = input;
        Measures = new Measures(input.Profile, input.Assay.LowestRank);
        Match = CohortMatching.Match(input.Assay, input.Cohort);
        Cohort = Match == CohortMatch.None ? null : input.Cohort;
        ClassifiedReads = input.Profile.Unit is AbundanceUnit.Reads or AbundanceUnit.EstimatedReads ? Measures.Composition.Denominator : null;
        TooLittleAssigned = Measures.Composition.AssignedFraction(TaxonomicRank.Genus) < 0.5;
        DetectionLimit = ClassifiedReads is not null ? null : Measures.Shares.Observed > 0 ? Measures.Shares.Values[0] : 1;
    }

    public ReportInput Input { get; }
    public Measures Measures { get; }
    public CohortMatch Match { get; }
    /// <summary>Null when none may speak.</summary>
    public ReferenceCohort? Cohort { get; }
    public bool SameMethod => Match == CohortMatch.SameMethod;
    /// <summary>Counted or estimated; null where the file has fractions.</summary>
    public double? ClassifiedReads { get; }
    /// <summary>The smallest fraction that a file without reads reports; null where reads are known.</summary>
    public double? DetectionLimit { get; }
    public bool TooFewReads => ClassifiedReads < Input.Assay.MinimumReads;
    /// <summary>Whether so much stands above the genera that a genus, or a sum of them, may be low for that alone.</summary>
    public bool TooLittleAssigned { get; }

    /// <summary>What the cohort may say of a taxon at this rank.</summary>
    public bool MayCompare(TaxonomicRank rank) => SameMethod || (Match == CohortMatch.SamePlatform && rank is TaxonomicRank.Phylum or TaxonomicRank.Family or TaxonomicRank.Genus);

    public static RangeReference Reference(CohortEntry entry, double value)
    {
        var d = entry.Distribution;
        return new(Math.Round(d.Percentile(value), 1), d.P5, d.P50, d.P95);
    }

    /// <summary>low or high outside p5 to p95; a zero is absent only where it would have been seen.</summary>
    public string Status(CohortEntry entry, double value)
    {
        if (value == 0) return IsAbsent(entry) ? "absent" : "not-detected";
        var d = entry.Distribution;
        return value < d.P5 ? "low" : value > d.P95 ? "high" : "within";
    }

    /// <summary>Whether a zero means absence: under 5 % of those of the cohort who have it would have shown none, by <see cref="CohortEntry.ReadsToRuleOut"/> where reads are
    /// known, else by <see cref="CohortEntry.CarrierLow"/>. Never where fewer than twenty have it (nobody knows then where the lowest 5 % lie), where the sample is too
    /// shallow for its assay, where too much is not known down to the genus, or by another profiler, which may not know the taxon.</summary>
    public bool IsAbsent(CohortEntry entry) =>
        SameMethod && !TooFewReads && !TooLittleAssigned && entry.Prevalence * Cohort!.N >= 20
        && (DetectionLimit is { } limit ? limit < entry.CarrierLow : ClassifiedReads >= entry.ReadsToRuleOut);

    /// <summary>Whether the assay looks for such organisms at all.</summary>
    public bool Sees(string kingdom) => Input.Assay.Kingdoms.Contains(kingdom);

    public DiversityMetric Diversity(string name) => name == HealthyCentre.Metric ? Distance()
        : Diversity(AlphaMetric.Find(name) ?? throw new ArgumentOutOfRangeException(nameof(name), name, "No such metric."));

    private DiversityMetric Distance()
    {
        var (rank, assigned, entry) = (Measures.LowestRank, Measures.Composition.AssignedFraction(Measures.LowestRank), SameMethod ? Cohort!.Find("metric", HealthyCentre.Metric) : null);
        var reason = TooFewReads ? "too-few-reads" : assigned < 0.5 ? "too-little-assigned" : entry is null || Cohort!.Centre is null ? NoCohort : null;
        var value = reason is null ? Cohort!.Centre!.Distance(Measures.Sample) : null;
        return new(HealthyCentre.Metric, value, null, Lower(rank), null, assigned, value is { } far ? Reference(entry!, far) : null, value is { } d ? Outside(entry!, d) : "not-assessable", reason, null);
    }

    private DiversityMetric Diversity(AlphaMetric metric)
    {
        var rank = Measures.LowestRank;
        var assigned = Measures.Composition.AssignedFraction(rank);
        var needsCounts = metric.NeedsCounts;
        var reason = needsCounts && Input.Profile.Unit == AbundanceUnit.EstimatedReads ? "estimated-counts"
            : needsCounts && !Input.Profile.HasCounts ? "requires-integer-counts"
            : TooFewReads ? "too-few-reads"
            : assigned < 0.5 ? "too-little-assigned" : null;
        var value = reason is null ? metric.Value(Measures.Shares, Measures.Counts) : null;
        if (reason is null && value is null) reason = metric.UndefinedByDenominator ? "denominator-zero" : "too-few-reads";
        var entry = value is not null && SameMethod ? Cohort!.Find("metric", metric.Name) : null;
        if (value is not null && entry is null) reason = NoCohort;
        var ci = value is null ? null : metric.Interval(Measures.Counts);
        return new(metric.Name, value, Ci(ci), Lower(rank), metric.LogBase, assigned,
            entry is null ? null : Reference(entry, value!.Value), entry is null ? "not-assessable" : Outside(entry, value!.Value), reason, Caveats(needsCounts && value is not null));
    }

    /// <summary>What was found at a rank, in no order. A clade that the file splits under former names of one taxid is one clade, as it is in the cohort;
    /// but species, strains and what has no rank stay their own where they share a taxid, and are compared by their sum.</summary>
    public ImmutableArray<ComparedClade> Clades(TaxonomicRank rank)
    {
        if (!clades[(int)rank].IsDefault) return clades[(int)rank];
        var rows = Measures.Composition.RowsAt(rank).Where(r => r.Clade > 0).ToArray();
        var found = ImmutableArray.CreateBuilder<ComparedClade>(rows.Length);
        var apart = rank is TaxonomicRank.None or >= TaxonomicRank.Species;
        foreach (var alike in Alike(rows))
        {
            var entry = MayCompare(rank) ? Cohort!.Find(alike[0]) : null;
            // From the smallest upwards: the sum does not depend on the order of the file.
            var all = alike.Length == 1 ? alike[0].Clade : alike.Select(r => r.Clade).Order().Sum();
            var compared = Measures.Fraction(all);
            var status = entry is null ? "not-assessable" : Status(entry, compared);
            foreach (var row in apart ? alike : alike[..1])
            {
                var value = apart ? row.Clade : all;
                found.Add(new(row.Taxid, row.Name, value, Measures.Fraction(value), entry, compared, status));
            }
        }
        return clades[(int)rank] = found.ToImmutable();
    }

    /// <summary>The taxa of a rank that a report names: all phyla and families, else what matters.</summary>
    public ImmutableArray<CompositionTaxon> Taxa(TaxonomicRank rank)
    {
        if (rank is TaxonomicRank.Phylum or TaxonomicRank.Family) return AllTaxa(rank);
        var listed = MostAbundantFirst(WithMissing(rank).Where(c => c.Fraction >= 0.001 || c.Status is "low" or "high" or "absent" or "not-detected")).ToArray();
        // Where there are more than fifty, what is outside its range goes before what is merely abundant.
        var outside = 50;
        var within = Math.Max(0, outside - listed.Count(c => c.Status is "low" or "high" or "absent"));
        return [.. listed.Where(c => (c.Status is "low" or "high" or "absent" ? outside-- : within--) > 0).Select(Taxon)];
    }

    /// <summary>The taxa of a rank, the most abundant first.</summary>
    public ImmutableArray<CompositionTaxon> AllTaxa(TaxonomicRank rank) => [.. MostAbundantFirst(WithMissing(rank)).Select(Taxon)];

    /// <summary>The rows of one taxid, or without one of one name, together; nearly always each is alone.</summary>
    private static IEnumerable<ProfileTaxon[]> Alike(ProfileTaxon[] rows)
    {
        var (taxids, names) = (new HashSet<long>(rows.Length), new HashSet<string>(StringComparer.Ordinal));
        return rows.All(row => row.Taxid is { } taxid ? taxids.Add(taxid) : names.Add(row.Name)) ? rows.Chunk(1)
            : rows.GroupBy(row => (row.Taxid, row.Taxid is null ? row.Name : null)).Select(alike => alike.ToArray());
    }

    /// <summary>What was found at a rank, and what nearly everybody has and this sample has not: that is part of its composition.</summary>
    private IEnumerable<ComparedClade> WithMissing(TaxonomicRank rank)
    {
        var found = Clades(rank);
        if (!SameMethod) return found;
        var seen = found.Select(c => c.Entry).ToHashSet(ReferenceEqualityComparer.Instance);
        return found.Concat(Cohort!.Common(rank).Where(e => !seen.Contains(e)).Select(e => new ComparedClade(e.Taxid, e.Name, 0, 0, e, 0, Status(e, 0))));
    }

    private static IEnumerable<ComparedClade> MostAbundantFirst(IEnumerable<ComparedClade> clades) =>
        clades.OrderByDescending(c => c.Fraction).ThenBy(c => c.Name, StringComparer.Ordinal).ThenBy(c => c.Taxid);

    private CompositionTaxon Taxon(ComparedClade clade)
    {
        var ci = clade.Value > 0 && Measures.ClassifiedReads is { } total ? Intervals.Wilson(Math.Min((long)clade.Value, total), total) : null;
        return new(clade.Taxid, clade.Name, FormerName(clade.Taxid), clade.Fraction, Ci(ci), Input.Profile.HasCounts ? clade.Value : null,
            clade.Entry is { } entry ? Reference(entry, clade.Compared) : null, clade.Status, clade.Entry is null ? NoCohort : null);
    }

    public ReportRatio Ratio(Panels.Ratio ratio)
    {
        var (numerator, denominator) = Measures.Sides(ratio);
        var share = ratio.Denominator.IsEmpty;
        // A side below detection leaves a ratio undefined; a share may be 0.
        double? value = denominator > 0 && (share || numerator > 0) ? numerator / denominator : null;
        var entry = value is > 0 ? Cohort?.Find("ratio", ratio.Id) : null;
        Interval? ci = Measures.ClassifiedReads is not { } total ? null
            : share ? Intervals.Wilson(Math.Min((long)Measures.Sum(ratio.Numerator).Value, total), total)
            : Intervals.Ratio((long)Measures.Sum(ratio.Numerator).Value, (long)Measures.Sum(ratio.Denominator).Value);
        var status = denominator == 0 ? "not-assessable" : numerator == 0 ? "not-detected" : entry is null ? "not-assessable" : Outside(entry, value!.Value);
        var reason = denominator == 0 ? "denominator-zero" : numerator > 0 && entry is null ? NoCohort : null;
        return new(ratio.Id, numerator, denominator, value, value is > 0 && !share ? Math.Log2(value.Value) : null, value is null ? null : Ci(ci),
            entry is null ? null : Reference(entry, value!.Value), status, reason, ratio.Caveats);
    }

    public ReportGuild Guild(Panels.Guild guild)
    {
        if (!Sees(guild.Kingdom)) return new(guild.Id, null, null, "not-assessable", "kingdom-not-assayed", []);
        if (Measures.Composition.Denominator == 0) return new(guild.Id, null, null, "not-assessable", "denominator-zero", []);
        var sum = Measures.Sum(guild.Members, guild.Excluded);
        var fraction = Measures.Fraction(sum.Value);
        var entry = Cohort?.Find("guild", guild.Id);
        return new(guild.Id, fraction, entry is null ? null : Reference(entry, fraction), entry is null ? "not-assessable" : Status(entry, fraction), entry is null ? NoCohort : null, Contributions(sum));
    }

    public static ImmutableArray<Contribution> Contributions(Panels.CladeSum sum) =>
        sum.Value > 0 ? [.. sum.Parts.Take(10).Select(p => new Contribution(p.Taxid, p.Name, p.Value / sum.Value))] : [];

    public static ImmutableArray<double>? Ci(Interval? interval) => interval is { } i ? [i.Low, i.High] : null;

    public static string Lower(TaxonomicRank rank) => rank.ToString().ToLowerInvariant();

    private static string? FormerName(long? taxid) => taxid is { } id && TaxonomyRelease.Shipped.Find(id) is { FormerNames: [var former, ..] } ? former : null;

    private static string Outside(CohortEntry entry, double value) =>
        value < entry.Distribution.P5 ? "low" : value > entry.Distribution.P95 ? "high" : "within";

    private ImmutableArray<string>? Caveats(bool ofCounts)
    {
        if (!ofCounts) return null;
        if (Input.Assay.Profiler == "Kraken 2") return ["singletons-are-classifier-noise"];
        return Input.Assay.Platform == Platform.Amplicon && Measures.Counts is { Observed: > 0 } counts && counts.Values[0] > 1 ? ["singletons-removed"] : null;
    }
}

/// <summary>A clade that was found or is missing, beside the cohort's.</summary>
/// <param name="Taxid">NCBI taxid, where known.</param>
/// <param name="Name">The current name.</param>
/// <param name="Value">In the unit of the profile's clades.</param>
/// <param name="Fraction">Of the denominator.</param>
/// <param name="Entry">The cohort's; null where it may not speak or has none.</param>
/// <param name="Compared">What is compared with <paramref name="Entry"/>: the fraction of all that has the taxid.</param>
/// <param name="Status">What came of it.</param>
internal sealed record ComparedClade(long? Taxid, string Name, double Value, double Fraction, CohortEntry? Entry, double Compared, string Status);
