using System.Collections.Immutable;
using System.Globalization;
using Lab.Microbiome.Indices;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Reports;

/// <summary>Profile + panel + cohort → what a report says. Pure: equal inputs give equal bytes, whenever and wherever.</summary>
public static class ReportBuilder
{
    /// <summary>The version of these rules; it changes when a number or a text can.</summary>
    public const string Engine = "lab-microbiome/0.1";

    /// <summary>Builds the content of a report.</summary>
    /// <exception cref="ArgumentException">The context holds a code that is not known.</exception>
    public static ReportContent Build(ReportInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var comparison = new Comparison(input);
        var (quality, findings) = (Quality(comparison), FindingRules.Evaluate(comparison));
        var (flags, pathogens) = (Guidance.RedFlags(input.Context), Pathogens(comparison));
        // A pathogen that was found is an alarm sign like those that are registered.
        var withheld = !input.Panel.Recommendations.IsEmpty && (!flags.IsEmpty || pathogens.Length > 0);
        return new ReportContent
        {
            Method = Method(comparison),
            Quality = quality,
            Diversity = [.. Measures.Metrics.Select(comparison.Diversity)],
            Composition = new(comparison.Taxa(TaxonomicRank.Phylum), comparison.Taxa(TaxonomicRank.Family), comparison.Taxa(TaxonomicRank.Genus), comparison.Taxa(TaxonomicRank.Species)),
            Ratios = [.. input.Panel.Ratios.Select(comparison.Ratio)],
            Guilds = [.. input.Panel.Guilds.Select(comparison.Guild)],
            Indices = [.. PublishedIndex.Shipped.Select(index => IndexRules.Evaluate(comparison, index))],
            Findings = findings,
            Notices = [.. Guidance.SeekCare(flags), .. PanelNotices(input.Panel, pathogens), .. Guidance.Explain(input.Context, withheld)],
            // Nothing is suggested on a measurement that failed.
            Recommendations = withheld || quality.Status == "fail" ? [] : [.. Guidance.Recommend(input.Panel, findings)],
        };
    }

    /// <summary>Any metrics of diversity, and <see cref="Cohorts.HealthyCentre.Metric"/>, by the rules of a report and against its cohort, in the order asked for.</summary>
    /// <returns>At full precision; a report rounds them.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="Diversity.AlphaMetric.Find"/> does not know a name.</exception>
    public static ImmutableArray<DiversityMetric> Diversity(ReportInput input, IEnumerable<string> metrics)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(metrics);
        var comparison = new Comparison(input);
        return [.. metrics.Select(comparison.Diversity)];
    }

    /// <summary>Every taxon of every rank as a report's composition has it, uncut: from the domains down, clades between the ranks last, the most abundant first,
    /// and where the cohort was measured by the same method also what nearly everybody has and this sample has not.</summary>
    /// <returns>At full precision; a report rounds them.</returns>
    public static ImmutableArray<(TaxonomicRank Rank, CompositionTaxon Taxon)> Taxa(ReportInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var comparison = new Comparison(input);
        return [.. Enum.GetValues<TaxonomicRank>().OrderBy(rank => rank == TaxonomicRank.None).ThenBy(rank => rank)
            .SelectMany(rank => comparison.AllTaxa(rank).Select(taxon => (rank, taxon)))];
    }

    private static ReportMethod Method(Comparison c)
    {
        var assay = c.Input.Assay;
        return new(assay.Id, assay.Platform.ToString().ToLowerInvariant(), assay.Profiler, c.Input.Profile.Database ?? assay.DatabaseFamily, assay.Kingdoms, c.Input.Panel.Ref, c.Cohort?.Ref,
            c.Match switch { Cohorts.CohortMatch.SameMethod => "same-method", Cohorts.CohortMatch.SamePlatform => "same-platform", _ => "none" },
            TaxonomyRelease.Shipped.Version, Engine, c.Input.ProfileSha256 ?? c.Input.Profile.NormalisedSha256());
    }

    private static ReportQuality Quality(Comparison c)
    {
        var (input, composition) = (c.Input, c.Measures.Composition);
        var top = c.Measures.Composition.RowsAt(c.Measures.LowestRank).Select(composition.Fraction).DefaultIfEmpty(0).Max();
        var reagents = c.Measures.Fraction(c.Measures.Sum(input.Panel.ReagentGenera).Value);
        var days = (input.ReceivedAt - input.CollectedAt)?.TotalDays;
        ImmutableArray<QualityCheck> checks =
        [
            composition.Denominator == 0 ? new("min-reads", "fail", "Nothing is classified as Bacteria, Archaea or Fungi.")
                : c.ClassifiedReads is { } reads ? Check("min-reads", c.TooFewReads, "fail", $"{reads:0} classified reads; the assay asks for {input.Assay.MinimumReads}.")
                : new("min-reads", "not-assessable", "The file does not say how many reads were classified."),
            composition.UnclassifiedFraction is { } unclassified && input.Assay.UnclassifiedLimit is { } limit
                ? Check("unclassified-share", unclassified > limit, "warn", $"{Percent(unclassified)} is not classified; above {Percent(limit)} is unusual for the assay.")
                : new("unclassified-share", "not-assessable", "The file does not say how much is not classified, or the assay has no limit for it."),
            composition.HostFraction is { } host ? Check("host-share", host > 0.5, "warn", $"{Percent(host)} is of the host or of food.")
                : new("host-share", "not-assessable", "The profiler does not see the host."),
            Check("one-taxon-dominates", top > 0.8, "warn", $"The most abundant {Comparison.Lower(c.Measures.LowestRank)} makes up {Percent(top)}."),
            days is { } transit ? Check("transit-time", transit > 14, "warn", string.Create(CultureInfo.InvariantCulture, $"{transit:0.#} days from collection to reception."))
                : new("transit-time", "not-assessable", "The times of collection and reception are not both known."),
            Check("reagent-genera", reagents > 0.01, "warn", $"Genera that come with reagents make up {Percent(reagents)}."),
            Check("name-taxid-mismatch", input.Profile.NameTaxidMismatch, "warn", input.Profile.NameTaxidMismatch ? "A name in the file belongs to another taxid than the one beside it." : "Names and taxids agree."),
            Check("incomplete-report", input.Profile.Incomplete, "warn", input.Profile.Incomplete ? "The file is cut or incomplete and was accepted as such." : "The file is complete as far as it can tell."),
            Check("same-bytes-as-another-sample", input.SameBytesAsAnotherSample, "warn", input.SameBytesAsAnotherSample ? "Another sample has exactly this file." : "No other sample has this file."),
        ];
        var worst = checks.Any(q => q.Status == "fail") ? "fail" : checks.Any(q => q.Status == "warn") ? "warn" : "pass";
        return new(worst, input.Profile.TotalReads, composition.UnclassifiedFraction, composition.HostFraction, composition.ViralFraction, checks);
    }

    /// <summary>Taxa that are never a finding, above the floor.</summary>
    private static string[] Pathogens(Comparison c) => [.. c.Input.Panel.Confirm.Where(taxon => FindingRules.AboveFloor(c, c.Measures.Sum([taxon]), 0.001)).Select(t => t.Name)];

    private static IEnumerable<Notice> PanelNotices(Panel panel, string[] pathogens)
    {
        var taxa = string.Join(", ", pathogens);
        return panel.Notices.Where(n => n.Code != "confirm-by-culture-or-pcr" || pathogens.Length > 0).Select(n =>
            new Notice(n.Code, new(n.Text.En.Replace("{taxa}", taxa, StringComparison.Ordinal), n.Text.Nl.Replace("{taxa}", taxa, StringComparison.Ordinal))));
    }

    private static QualityCheck Check(string code, bool remarkable, string status, string message) => new(code, remarkable ? status : "pass", message);

    private static string Percent(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{fraction * 100:0.##} %");
}
