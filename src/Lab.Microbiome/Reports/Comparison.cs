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

    public Comparison(ReportInput input)
    {
        Input = input;
        Measures = new Measures(input.Profile, input.Assay.LowestRank);
        Match = CohortMatching.Match(input.Assay, input.Cohort);
        Cohort = Match == CohortMatch.None ? null : input.Cohort;
        ClassifiedReads = input.Profile.Unit is AbundanceUnit.Reads or AbundanceUnit.EstimatedReads ? Measures.Composition.Denominator : null;
        DetectionLimit = ClassifiedReads is { } reads
            ? reads > 0 ? 3 / reads : 1
            : Measures.Shares.Observed > 0 ? Measures.Shares.Values[0] : 1;
    }

    public ReportInput Input { get; }
    public Measures Measures { get; }
    public CohortMatch Match { get; }
    /// <summary>Null when none may speak.</summary>
    public ReferenceCohort? Cohort { get; }
    public bool SameMethod => Match == CohortMatch.SameMethod;
    /// <summary>Counted or estimated; null where the file has fractions.</summary>
    public double? ClassifiedReads { get; }
    /// <summary>The fraction below which a taxon may be there unseen: three reads of all (the upper 95 % limit of none seen), else the smallest that the file reports.</summary>
    public double DetectionLimit { get; }
    public bool TooFewReads => ClassifiedReads < Input.Assay.MinimumReads;

    /// <summary>What the cohort may say of a taxon at this rank.</summary>
    public bool MayCompare(TaxonomicRank rank) => SameMethod || (Match == CohortMatch.SamePlatform && rank is TaxonomicRank.Phylum or TaxonomicRank.Family or TaxonomicRank.Genus);

    public static RangeReference Reference(CohortEntry entry, double value)
    {
        var d = entry.Distribution;
        return new(Math.Round(d.Percentile(value), 1), d.At(0.05), d.At(0.5), d.At(0.95));
    }

    /// <summary>low or high outside p5 to p95; a zero is absent only where it would have been seen.</summary>
    public string Status(CohortEntry entry, double value)
    {
        if (value == 0) return IsDeepEnough(entry) ? "absent" : "not-detected";
        var d = entry.Distribution;
        return value < d.At(0.05) ? "low" : value > d.At(0.95) ? "high" : "within";
    }

    /// <summary>Whether a zero means absence: what hardly anybody lacks must have shown, and anything at one in ten thousand.</summary>
    public bool IsDeepEnough(CohortEntry entry)
    {
        var p5 = entry.Distribution.At(0.05);
        return p5 > 0 ? DetectionLimit < p5 : DetectionLimit <= 1e-4;
    }

    public DiversityMetric Diversity(string metric)
    {
        var rank = Measures.LowestRank;
        var assigned = Measures.Composition.AssignedFraction(rank);
        var needsCounts = metric is "chao1" or "goods-coverage" or "fisher-alpha";
        var reason = needsCounts && Input.Profile.Unit == AbundanceUnit.EstimatedReads ? "estimated-counts"
            : needsCounts && !Input.Profile.HasCounts ? "requires-integer-counts"
            : TooFewReads ? "too-few-reads"
            : assigned < 0.5 ? "too-little-assigned" : null;
        var value = reason is null ? Measures.Metric(metric) : null;
        if (reason is null && value is null) reason = metric == "pielou" ? "denominator-zero" : "too-few-reads";
        var entry = value is not null && SameMethod ? Cohort!.Find("metric", metric) : null;
        if (value is not null && entry is null) reason = NoCohort;
        var ci = value is null ? null : Measures.MetricInterval(metric);
        return new(metric, value, Ci(ci), Lower(rank), metric == "shannon" ? "e" : null, assigned,
            entry is null ? null : Reference(entry, value!.Value), entry is null ? "not-assessable" : Outside(entry, value!.Value), reason, Caveats(needsCounts && value is not null));
    }

    public ImmutableArray<CompositionTaxon> Taxa(TaxonomicRank rank)
    {
        var rows = Measures.Composition.RowsAt(rank).Where(r => r.Clade > 0).ToArray();
        var taxa = rows.Select(row =>
        {
            var fraction = Measures.Composition.Fraction(row);
            var entry = MayCompare(rank) ? Cohort!.Find(row) : null;
            var former = row.Taxid is { } taxid ? TaxonomyRelease.Shipped.Find(taxid)?.FormerNames.FirstOrDefault() : null;
            var ci = Measures.ClassifiedReads is { } total ? Intervals.Wilson((long)row.Clade, total) : null;
            return new CompositionTaxon(row.Taxid, row.Name, former, fraction, Ci(ci), Input.Profile.HasCounts ? row.Clade : null,
                entry is null ? null : Reference(entry, fraction), entry is null ? "not-assessable" : Status(entry, fraction), entry is null ? NoCohort : null);
        }).ToList();
        if (SameMethod)
        {
            var seen = rows.Select(Cohort!.Find).OfType<CohortEntry>().ToHashSet();
            // What nearly everybody has and this sample has not is part of its composition.
            taxa.AddRange(Cohort.Entries.Where(e => e.Kind == "taxon" && e.Rank == rank && e.Distribution.At(0.05) > 0 && !seen.Contains(e)).Select(e =>
            {
                long? taxid = long.TryParse(e.Id, out var id) ? id : null;
                return new CompositionTaxon(taxid, e.Name, taxid is { } known ? TaxonomyRelease.Shipped.Find(known)?.FormerNames.FirstOrDefault() : null,
                    0, null, Input.Profile.HasCounts ? 0 : null, Reference(e, 0), Status(e, 0), null);
            }));
        }
        var ordered = taxa.OrderByDescending(t => t.Fraction).ThenBy(t => t.Name, StringComparer.Ordinal).ThenBy(t => t.Taxid);
        if (rank is TaxonomicRank.Phylum or TaxonomicRank.Family) return [.. ordered];
        var listed = ordered.Where(t => t.Fraction >= 0.001 || t.Status is "low" or "high" or "absent" or "not-detected").ToArray();
        // Where there are more than fifty, what is outside its range goes before what is merely abundant.
        var kept = listed.OrderByDescending(t => t.Status is "low" or "high" or "absent").ThenByDescending(t => t.Fraction).Take(50).ToHashSet();
        return [.. listed.Where(kept.Contains)];
    }

    public ReportRatio Ratio(Panels.Ratio ratio)
    {
        var (numerator, denominator) = Measures.Sides(ratio);
        var share = ratio.Denominator.IsEmpty;
        double? value = denominator > 0 ? numerator / denominator : null;
        var entry = value is > 0 ? Cohort?.Find("ratio", ratio.Id) : null;
        Interval? ci = Measures.ClassifiedReads is not { } total ? null
            : share ? Intervals.Wilson((long)Measures.Sum(ratio.Numerator).Value, total)
            : Intervals.Ratio((long)Measures.Sum(ratio.Numerator).Value, (long)Measures.Sum(ratio.Denominator).Value);
        var status = value is null ? "not-assessable" : value == 0 ? "not-detected" : entry is null ? "not-assessable" : Outside(entry, value.Value);
        var reason = value is null ? "denominator-zero" : value > 0 && entry is null ? NoCohort : null;
        return new(ratio.Id, numerator, denominator, value, value is > 0 && !share ? Math.Log2(value.Value) : null, value is null ? null : Ci(ci),
            entry is null ? null : Reference(entry, value!.Value), status, reason, ratio.Caveats);
    }

    public ReportGuild Guild(Panels.Guild guild)
    {
        if (guild.Id == "fungi" && !Input.Assay.SeesFungi) return new(guild.Id, null, null, "not-assessable", "kingdom-not-assayed", []);
        var sum = Measures.Sum(guild.Members, guild.Excluded);
        var fraction = Measures.Fraction(sum);
        var entry = Cohort?.Find("guild", guild.Id);
        return new(guild.Id, fraction, entry is null ? null : Reference(entry, fraction), entry is null ? "not-assessable" : Status(entry, fraction), entry is null ? NoCohort : null, Contributions(sum));
    }

    public static ImmutableArray<Contribution> Contributions(Panels.CladeSum sum) =>
        sum.Value > 0 ? [.. sum.Parts.Take(10).Select(p => new Contribution(p.Taxid, p.Name, p.Value / sum.Value))] : [];

    public static ImmutableArray<double>? Ci(Interval? interval) => interval is { } i ? [i.Low, i.High] : null;

    public static string Lower(TaxonomicRank rank) => rank.ToString().ToLowerInvariant();

    private static string Outside(CohortEntry entry, double value) =>
        value < entry.Distribution.At(0.05) ? "low" : value > entry.Distribution.At(0.95) ? "high" : "within";

    private ImmutableArray<string>? Caveats(bool ofCounts)
    {
        if (!ofCounts) return null;
        if (Input.Assay.Profiler == "Kraken 2") return ["singletons-are-classifier-noise"];
        return Input.Assay.Platform == Platform.Amplicon && Measures.Counts is { Observed: > 0 } counts && counts.Values[0] > 1 ? ["singletons-removed"] : null;
    }
}
