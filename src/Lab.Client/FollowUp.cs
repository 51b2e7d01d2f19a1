namespace Lab.Client;

/// <summary>Two reports beside each other.</summary>
public sealed record ReportComparison
{
    /// <summary>The earlier report.</summary>
    public required Guid From { get; init; }
    /// <summary>The later report.</summary>
    public required Guid To { get; init; }
    /// <summary>Whether one method measured both, so that all may be compared.</summary>
    public required bool Comparable { get; init; }
    /// <summary>Why not all may be compared, as codes such as <c>profiler-differs</c>.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }
    /// <summary>What has to be known all the same, such as <c>depth-differs</c>.</summary>
    public required IReadOnlyList<string> Caveats { get; init; }
    /// <summary>The kinds of things that are compared.</summary>
    public required IReadOnlyList<string> Compared { get; init; }
    /// <summary>What the changes are measured against.</summary>
    public required ComparisonYardsticks Yardsticks { get; init; }
    /// <summary>How far apart the two lie; none where they are not comparable.</summary>
    public required IReadOnlyList<ReportDistance> Distances { get; init; }
    /// <summary>What changed, and what did not.</summary>
    public required IReadOnlyList<ReportChange> Changes { get; init; }
    /// <summary>How many changes have a yardstick; of so many one in twenty passes it by chance.</summary>
    public required int Judged { get; init; }
    /// <summary>How many of them are beyond noise.</summary>
    public required int Beyond { get; init; }
}

/// <summary>What changes are measured against.</summary>
/// <param name="ReplicatePairs">How many pairs of replicates of the assay the lab has.</param>
/// <param name="MinimumPairs">How many it takes before they are a yardstick.</param>
/// <param name="Cohort">Between whose people the distances have their percentile; null where there is none of the same method.</param>
/// <param name="CohortPeople">How many people it is.</param>
/// <param name="Panel">Whose ratios and guilds both were measured with.</param>
public sealed record ComparisonYardsticks(int ReplicatePairs, int MinimumPairs, string? Cohort, int? CohortPeople, string Panel);

/// <summary>How far two samples lie apart.</summary>
/// <param name="Metric"><c>bray-curtis</c> (0 to 1) or <c>aitchison</c> (0 upwards).</param>
/// <param name="Value">Null where a sample has too few reads or too little assigned.</param>
/// <param name="Percentile">Its place among the distances of every two people of the cohort, 0 to 100.</param>
/// <param name="Features">Over how many taxa it is.</param>
/// <param name="Limit">What two measurements of one specimen stay below in 95 of 100.</param>
/// <param name="BeyondNoise">Whether it is larger than that; null without a yardstick.</param>
/// <param name="Yardstick"><c>replicates</c> or <c>counting-error</c>; null where neither is known.</param>
/// <param name="Pairs">Of how many pairs of replicates.</param>
/// <param name="Reason">Why there is no value.</param>
public sealed record ReportDistance(string Metric, double? Value, double? Percentile, int Features, double? Limit, bool? BeyondNoise, string? Yardstick, int? Pairs, string? Reason);

/// <summary>How one thing changed.</summary>
/// <param name="Kind"><c>metric</c>, <c>ratio</c>, <c>guild</c>, <c>index</c>, <c>phylum</c>, <c>family</c> or <c>genus</c>.</param>
/// <param name="Id">As in a report; of a taxon its taxid, else its name.</param>
/// <param name="Name">Of a taxon, else the id.</param>
/// <param name="From">In the earlier.</param>
/// <param name="To">In the later.</param>
/// <param name="Scale"><c>log2</c> (1 is twice as much) or <c>difference</c>.</param>
/// <param name="Change">Null where it cannot be told.</param>
/// <param name="Ci95">Where 95 % surely it lies, by the yardstick.</param>
/// <param name="BeyondNoise">Whether it is more than noise; null without a yardstick.</param>
/// <param name="Yardstick"><c>replicates</c> or <c>counting-error</c>; null where neither is known.</param>
/// <param name="Pairs">Of how many pairs of replicates.</param>
/// <param name="Reason">Why there is no change.</param>
public sealed record ReportChange(string Kind, string Id, string Name, double? From, double? To, string Scale, double? Change, IReadOnlyList<double>? Ci95, bool? BeyondNoise, string? Yardstick, int? Pairs,
    string? Reason);

/// <summary>A person's reports, each beside the one before.</summary>
/// <param name="Subject">The lab's pseudonym.</param>
/// <param name="Truncated">Whether there are older reports than the hundred that are compared.</param>
/// <param name="Comparisons">By the time of the later.</param>
public sealed record SubjectComparisons(string Subject, bool Truncated, IReadOnlyList<ReportComparison> Comparisons);

/// <summary>A person's reports over time.</summary>
/// <param name="Subject">The lab's pseudonym.</param>
/// <param name="Truncated">Whether there are older reports than the hundred that are here.</param>
/// <param name="Reports">By the time of collection, else of issue.</param>
/// <param name="Series">Each metric, ratio, guild and index.</param>
/// <param name="Neighbours">Each report beside the one before it; where that is of another assay, also beside the last of its own.</param>
public sealed record Timeline(string Subject, bool Truncated, IReadOnlyList<TimelineReport> Reports, IReadOnlyList<TimelineSeries> Series, IReadOnlyList<ReportComparison> Neighbours);

/// <summary>A report of a timeline.</summary>
public sealed record TimelineReport
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }
    /// <summary>Of which sample.</summary>
    public required string Accession { get; init; }
    /// <summary>How it was measured.</summary>
    public required string Assay { get; init; }
    /// <summary>Its version in the series of sample and assay.</summary>
    public required int Version { get; init; }
    /// <summary><c>preliminary</c>, <c>final</c>, <c>amended</c>, <c>corrected</c> or <c>entered-in-error</c>.</summary>
    public required string Status { get; init; }
    /// <summary><c>pass</c>, <c>warn</c> or <c>fail</c>.</summary>
    public required string Quality { get; init; }
    /// <summary>When the specimen was taken.</summary>
    public DateTimeOffset? CollectedAt { get; init; }
    /// <summary>When the lab received it.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }
    /// <summary>When the version was written.</summary>
    public required DateTimeOffset IssuedAt { get; init; }
    /// <summary>The rules, with their version.</summary>
    public required string Panel { get; init; }
    /// <summary>The reference, with its version; null when none fits.</summary>
    public string? Cohort { get; init; }
    /// <summary>Bristol stool scale, 1 to 7.</summary>
    public int? BristolScale { get; init; }
    /// <summary>What is registered of the person with the sample; null where nothing is.</summary>
    public SampleContext? Context { get; init; }
    /// <summary>The report's notices to seek care.</summary>
    public required IReadOnlyList<ReportNotice> SeekCare { get; init; }
}

/// <summary>One measured thing over time.</summary>
/// <param name="Kind"><c>metric</c>, <c>ratio</c>, <c>guild</c> or <c>index</c>.</param>
/// <param name="Id">Which.</param>
/// <param name="Points">One a report that has it; a withdrawn one has none.</param>
public sealed record TimelineSeries(string Kind, string Id, IReadOnlyList<TimelinePoint> Points);

/// <summary>One report's value.</summary>
/// <param name="Report">The report's id.</param>
/// <param name="Value">Null where it is not assessable.</param>
/// <param name="Ci95">Of counting error.</param>
/// <param name="Reference">Its place in the report's cohort.</param>
/// <param name="Status"><c>within</c>, <c>low</c>, <c>high</c>, <c>absent</c>, <c>not-detected</c> or <c>not-assessable</c>.</param>
/// <param name="Reason">Why it is not assessable.</param>
/// <param name="Rank">Of a metric: at which rank it was computed.</param>
public sealed record TimelinePoint(Guid Report, double? Value, IReadOnlyList<double>? Ci95, ReferencePosition? Reference, string Status, string? Reason, string? Rank);
