using Lab.Microbiome.Indices;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Reports;

/// <summary>What a report says of a published index: its value only on the method that it was made with, or the reason why there is none.</summary>
internal static class IndexRules
{
    /// <summary>Scores closer to 0 than this are on no side (our limit; the authors name none).</summary>
    private const double Gmwi2Limit = 0.5;

    public static ReportIndex Evaluate(Comparison c, PublishedIndex index)
    {
        var reason = !Fits(c.Input, index) ? "profiler-mismatch"
            : c.TooFewReads || c.Input.Profile.TotalReads < c.Input.Assay.MinimumReads ? "too-few-reads"
            : c.Measures.Composition.AssignedFraction(index.Platform is null ? TaxonomicRank.Species : TaxonomicRank.Genus) < 0.5 ? "too-little-assigned" : null;
        if (reason is not null) return Report(index, null, "not-assessable", reason);
        double? value;
        if (index.Id is "gmwi2") value = IndexFormulas.Gmwi2(index, c.Input.Profile);
        else if (index.Id is "gmhi") value = IndexFormulas.Gmhi(index, c.Input.Profile);
        else
        {
            var (increased, decreased) = IndexFormulas.Sides(index, c.Measures.Index);
            // Nothing above the line is no failure of the measurement, but its logarithm is not finite.
            if (decreased > 0 && increased == 0) return Report(index, null, "not-detected", null);
            value = decreased > 0 ? Math.Log(increased / decreased) : null;
        }
        if (value is not { } known) return Report(index, null, "not-assessable", "denominator-zero");
        if (index.Healthy is not { } healthy || c.Input.Assay.Profiler != index.Profiler) return Report(index, known, "not-assessable", Comparison.NoCohort);
        var status = known < healthy.P5 ? "low" : known > healthy.P95 ? "high" : "within";
        return Report(index, known, status, null) with { Reference = new(Math.Round(healthy.Percentile(known), 1), healthy.P5, healthy.P50, healthy.P95) };
    }

    private static ReportIndex Report(PublishedIndex index, double? value, string status, string? reason) => new(index.Id, value, null, status, reason,
        index.Id == "gmwi2" && Math.Abs(value ?? 1) < Gmwi2Limit ? [.. index.Caveats, "inconclusive"] : index.Caveats, index.Text, [index.Citation]);

    private static bool Fits(ReportInput input, PublishedIndex index)
    {
        // Genera go by the taxonomy, whatever file they come in; the others by the profiler's own names.
        if (index.Platform is { } platform) return input.Assay.Platform == platform || input.Assay.Profiler == index.Profiler;
        if (input.Assay.Profiler != index.Profiler) return false;
        var profile = input.Profile;
        if (index.Id == "gmwi2")
        {
            // Coefficients of all ranks: a table cut to one rank would miss clades in silence. Lineages of viruses have gaps in the profiler's own tables.
            return profile.Format == "metaphlan3" && profile.Database == index.Database && profile.Unclassified is not null
                && profile.Taxa.Where(t => t.Group is OrganismGroup.Bacteria or OrganismGroup.Archaea).All(t => t.Parent < 0 ? t.Rank is TaxonomicRank.Domain or TaxonomicRank.Kingdom
                    : t.Rank == TaxonomicRank.Phylum || profile.Taxa[t.Parent].Rank == t.Rank - 1);
        }
        // A table without a header is taken for MetaPhlAn 2; names of co-abundance groups came with its successors.
        return profile.Format == "metaphlan2" && !profile.Taxa.Any(t => t.SubmittedName?.Contains("_CAG_", StringComparison.Ordinal) is true);
    }
}
