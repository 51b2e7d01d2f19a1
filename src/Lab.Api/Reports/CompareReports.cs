using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Reports;
using MediatR;

namespace Lab.Api.Reports;

/// <summary>What to compare: two reports, or all current ones of a subject, each against the one before.</summary>
public sealed record ComparisonRequest
{
    /// <summary>The earlier report; with `to`.</summary>
    public Guid? From { get; init; }
    /// <summary>The later report; with `from`.</summary>
    public Guid? To { get; init; }
    /// <summary>A person, by the lab's pseudonym; instead of the two.</summary>
    public string? Subject { get; init; }
}

/// <summary>Two reports beside each other.</summary>
public sealed record ReportComparison
{
    /// <summary>The earlier report.</summary>
    public required Guid From { get; init; }
    /// <summary>The later report.</summary>
    public required Guid To { get; init; }
    /// <summary>Whether one method measured both, so that all may be compared.</summary>
    public required bool Comparable { get; init; }
    /// <summary>Why not all may be compared, as codes.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }
    /// <summary>What has to be known of the comparison all the same, as codes.</summary>
    public required IReadOnlyList<string> Caveats { get; init; }
    /// <summary>The kinds of things that are compared; of two shotgun methods those that a reference of another method may speak of, else none.</summary>
    public required IReadOnlyList<string> Compared { get; init; }
    /// <summary>What the changes are measured against.</summary>
    public required ComparisonYardsticks Yardsticks { get; init; }
    /// <summary>How far apart the two lie; none where they are not comparable.</summary>
    public required IReadOnlyList<ReportDistance> Distances { get; init; }
    /// <summary>Metrics, ratios, guilds, indices, and the phyla, families and genera that make up 0.1 % of one of the two.</summary>
    public required IReadOnlyList<ReportChange> Changes { get; init; }
    /// <summary>How many changes have a yardstick; of so many one in twenty passes it by chance.</summary>
    public required int Judged { get; init; }
    /// <summary>How many of them are beyond noise.</summary>
    public required int Beyond { get; init; }

    public static async Task<ReportComparison> OfAsync(FollowedReport from, FollowedReport to, ReferenceLibrary library, ReplicateYardsticks replicates, CancellationToken cancellation)
    {
        // The later one's, in the versions that its report names.
        var panel = await library.FindPanelAsync(to.Panel, cancellation) ?? throw new InvalidOperationException($"The panel {to.Panel} is gone.");
        var cohort = to.Cohort is null ? null : await library.PinnedAsync(to.Cohort, panel, cancellation) ?? throw new InvalidOperationException($"The cohort {to.Cohort} is gone.");
        var (before, after) = (from.Measured(panel), to.Measured(panel));
        var noise = await replicates.OfAsync(after, cohort, cancellation);
        FollowedReport[] both = [from, to];
        string[] unusable = [.. both.Where(r => r.Status == ReportSeries.EnteredInError).Select(_ => "withdrawn").Concat(both.Where(r => r.Quality == "fail").Select(_ => "quality-failed")).Distinct()];
        var comparison = SampleComparison.Of(before, after, cohort, noise);
        if (unusable.Length > 0) comparison = comparison with { Distances = [], Changes = [] };
        var comparability = comparison.Comparability;
        return new ReportComparison
        {
            From = from.Id,
            To = to.Id,
            Comparable = unusable.Length == 0 && comparability.Extent == ComparableExtent.Everything,
            Reasons = [.. unusable, .. comparability.Reasons],
            Caveats = [.. comparability.Caveats, .. from.Subject is null || from.Subject != to.Subject ? ["not-known-to-be-one-person"] : Array.Empty<string>()],
            Compared = [.. comparison.Changes.Select(c => c.Kind).Distinct()],
            Yardsticks = new(noise.Pairs, ReplicateNoise.MinimumPairs, comparison.Distances.Any(d => d.Percentile is not null) ? cohort!.Ref : null,
                comparison.Distances.Any(d => d.Percentile is not null) ? cohort!.N : null, panel.Ref),
            Distances = [.. comparison.Distances.Select(d => new ReportDistance(d.Metric, Reported(d.Value), d.Percentile, d.Features, Reported(d.Limit), d.BeyondNoise, d.Yardstick, d.Pairs, d.Reason))],
            Changes = [.. comparison.Changes.Select(c => new ReportChange(c.Kind, c.Id, c.Name, Reported(c.From), Reported(c.To), c.Scale == ChangeScale.Log2 ? "log2" : "difference", Reported(c.Amount),
                c.Ci95 is { } ci ? [Significant.Reported(ci.Low), Significant.Reported(ci.High)] : null, c.BeyondNoise, c.Yardstick, c.Pairs, c.Reason))],
            Judged = comparison.Changes.Count(c => c.BeyondNoise is not null),
            Beyond = comparison.Changes.Count(c => c.BeyondNoise == true),
        };
    }

    private static double? Reported(double? value) => value is { } number ? Significant.Reported(number) : null;
}

/// <summary>What changes are measured against.</summary>
/// <param name="ReplicatePairs">How many pairs of replicates of the assay the lab has.</param>
/// <param name="MinimumPairs">How many it takes before they are a yardstick.</param>
/// <param name="Cohort">Between whose people the distances have their percentile; null where there is none of the same method.</param>
/// <param name="CohortPeople">How many people it is.</param>
/// <param name="Panel">Whose ratios and guilds both were measured with: that of the later report.</param>
public sealed record ComparisonYardsticks(int ReplicatePairs, int MinimumPairs, string? Cohort, int? CohortPeople, string Panel);

/// <summary>How far two samples lie apart at the lowest rank of the assay.</summary>
/// <param name="Metric">bray-curtis, 0 to 1; or aitchison, 0 upwards, zeros replaced by 1/D².</param>
/// <param name="Value">Null where a sample has too few reads or too little assigned.</param>
/// <param name="Percentile">Its place among the distances of every two people of the cohort, 0 to 100.</param>
/// <param name="Features">D, over how many taxa it is, what is not listed counted as one.</param>
/// <param name="Limit">What two measurements of one specimen stay below in 95 of 100, by the yardstick.</param>
/// <param name="BeyondNoise">Whether it is larger than that; null without a yardstick.</param>
/// <param name="Yardstick">replicates, or counting-error of the reads alone; null where neither is known.</param>
/// <param name="Pairs">Of how many pairs of replicates.</param>
/// <param name="Reason">Why there is no value.</param>
public sealed record ReportDistance(string Metric, double? Value, double? Percentile, int Features, double? Limit, bool? BeyondNoise, string? Yardstick, int? Pairs, string? Reason);

/// <summary>How one thing changed.</summary>
/// <param name="Kind">metric, ratio, guild, index, phylum, family or genus.</param>
/// <param name="Id">The metric or id as in a report; of a taxon its taxid, else its name.</param>
/// <param name="Name">Of a taxon, else the id.</param>
/// <param name="From">In the earlier.</param>
/// <param name="To">In the later.</param>
/// <param name="Scale">Of `change`: log2 (of to / from: 1 is twice as much) or difference (to - from, also where one is 0).</param>
/// <param name="Change">Null where it cannot be told.</param>
/// <param name="Ci95">Where 95 % surely it lies, by the yardstick.</param>
/// <param name="BeyondNoise">Whether it is more than noise; null without a yardstick.</param>
/// <param name="Yardstick">replicates (their within-pair deviation, 1.96 √2 of it), or counting-error of the reads alone; null where neither is known.</param>
/// <param name="Pairs">Of how many pairs of replicates.</param>
/// <param name="Reason">Why there is no change.</param>
public sealed record ReportChange(string Kind, string Id, string Name, double? From, double? To, string Scale, double? Change, IReadOnlyList<double>? Ci95, bool? BeyondNoise, string? Yardstick, int? Pairs,
    string? Reason);

/// <summary>A person's reports, each beside the one before.</summary>
/// <param name="Subject">The lab's pseudonym.</param>
/// <param name="Truncated">Whether there are older reports than the hundred that are compared.</param>
/// <param name="Comparisons">By the time of the later.</param>
public sealed record SubjectComparisons(string Subject, bool Truncated, IReadOnlyList<ReportComparison> Comparisons);

/// <summary>Compares reports of one person over time.</summary>
public static class CompareReports
{
    public sealed record Pair(Guid From, Guid To) : IRequest<ReportComparison>;

    public sealed record Series(string Subject) : IRequest<SubjectComparisons>;

    /// <summary>Compare two reports, or a subject's series</summary>
    public static async Task<IResult> PostAsync(HttpContext context, IMediator sender)
    {
        var wanted = await StrictBody.ReadAsync<ComparisonRequest>(context);
        return wanted switch
        {
            { From: { } from, To: { } to, Subject: null } => TypedResults.Ok(await sender.Send(new Pair(from, to), context.RequestAborted)),
            { From: null, To: null, Subject: { } subject } when Accession.IsValid(subject) => TypedResults.Ok(await sender.Send(new Series(subject), context.RequestAborted)),
            _ => throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was compared.", errors:
                [new("value-invalid", null, null, wanted.Subject is null ? "" : "/subject", "Either two reports or one subject is compared.", "Send { \"from\": …, \"to\": … } with ids of reports, or { \"subject\": … }.")]),
        };
    }

    public sealed class PairHandler(LabSession session, ReadAudit reads, ReferenceLibrary library, ReplicateYardsticks replicates) : IRequestHandler<Pair, ReportComparison>
    {
        public async Task<ReportComparison> Handle(Pair pair, CancellationToken cancellation)
        {
            var reports = await FollowedReport.DemandAsync(session, reads, [pair.From, pair.To], cancellation);
            return await ReportComparison.OfAsync(reports[0], reports[1], library, replicates, cancellation);
        }
    }

    public sealed class SeriesHandler(LabSession session, ReadAudit reads, ReferenceLibrary library, ReplicateYardsticks replicates) : IRequestHandler<Series, SubjectComparisons>
    {
        public async Task<SubjectComparisons> Handle(Series series, CancellationToken cancellation)
        {
            var (reports, truncated) = await FollowedReport.OfSubjectAsync(session, reads, series.Subject, cancellation);
            var comparisons = new List<ReportComparison>();
            foreach (var (from, to) in FollowedReport.Neighbours(reports)) comparisons.Add(await ReportComparison.OfAsync(from, to, library, replicates, cancellation));
            return new(series.Subject, truncated, comparisons);
        }
    }
}
