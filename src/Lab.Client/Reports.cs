using System.Text.Json;

namespace Lab.Client;

/// <summary>An answer to reading a report.</summary>
/// <param name="Report">Null when the caller has it already (304).</param>
/// <param name="ETag">Names the bytes of this representation.</param>
/// <param name="Successor">A later version, where there is one.</param>
public sealed record ReportReading(Report? Report, string? ETag, Uri? Successor);

/// <summary>One version of a report, written once.</summary>
public sealed record Report
{
    /// <summary>Its id; zero for a preview.</summary>
    public required Guid Id { get; init; }
    /// <summary>From 1 in the series of a sample and assay; 0 for a preview.</summary>
    public required int Version { get; init; }
    /// <summary><c>preliminary</c>, <c>final</c>, <c>amended</c>, <c>corrected</c> or <c>entered-in-error</c>.</summary>
    public required string Status { get; init; }
    /// <summary>When it was written.</summary>
    public required DateTimeOffset IssuedAt { get; init; }
    /// <summary>The version released before it.</summary>
    public Guid? Replaces { get; init; }
    /// <summary>Why there is another version.</summary>
    public ReportReason? Because { get; init; }
    /// <summary>The specimen.</summary>
    public required ReportSample Sample { get; init; }
    /// <summary>How the numbers came about.</summary>
    public required ReportMethod Method { get; init; }
    /// <summary>Whether the numbers can be trusted.</summary>
    public required ReportQuality Quality { get; init; }
    /// <summary>The diversity metrics.</summary>
    public required IReadOnlyList<ReportMetric> Diversity { get; init; }
    /// <summary>Who is there, by rank.</summary>
    public required ReportComposition Composition { get; init; }
    /// <summary>Ratios of two groups.</summary>
    public required IReadOnlyList<ReportRatio> Ratios { get; init; }
    /// <summary>Groups by what they do.</summary>
    public required IReadOnlyList<ReportGuild> Guilds { get; init; }
    /// <summary>Published dysbiosis indices.</summary>
    public required IReadOnlyList<ReportIndex> Indices { get; init; }
    /// <summary>What stands out, at most one of a code.</summary>
    public required IReadOnlyList<ReportFinding> Findings { get; init; }
    /// <summary>What every reader has to know.</summary>
    public required IReadOnlyList<ReportNotice> Notices { get; init; }
    /// <summary>What may be tried; empty unless the panel turns recommendations on.</summary>
    public required IReadOnlyList<ReportRecommendation> Recommendations { get; init; }
    /// <summary>SHA-256 of the content without id, version, status, times and sample: equal for equal inputs.</summary>
    public required string Digest { get; init; }
}

/// <summary>Which reports to list; all of it optional.</summary>
public sealed record ReportFilter
{
    /// <summary>Of this person.</summary>
    public string? Subject { get; init; }
    /// <summary>Of this sample.</summary>
    public string? Accession { get; init; }
    /// <summary><c>preliminary</c>, <c>final</c>, <c>amended</c>, <c>corrected</c> or <c>entered-in-error</c>.</summary>
    public string? Status { get; init; }
    /// <summary>With a finding of this code.</summary>
    public string? Finding { get; init; }
    /// <summary>Issued at this time or later.</summary>
    public DateTimeOffset? UpdatedFrom { get; init; }
    /// <summary>Every version, not only the current one of each series.</summary>
    public bool EveryVersion { get; init; }
}

/// <summary>Why there is another version.</summary>
/// <param name="Code">Such as <c>new-profile</c>.</param>
/// <param name="Reason">Such as <c>sample-mismatch</c>.</param>
/// <param name="Note">In somebody's words.</param>
public sealed record ReportReason(string Code, string? Reason, string? Note);

/// <summary>The specimen of a report.</summary>
/// <param name="Accession">Its name in the lab.</param>
/// <param name="Subject">The lab's pseudonym of the person.</param>
/// <param name="CollectedAt">When it was taken.</param>
/// <param name="ReceivedAt">When the lab received it.</param>
public sealed record ReportSample(string? Accession, string? Subject, DateTimeOffset? CollectedAt, DateTimeOffset? ReceivedAt);

/// <summary>How the numbers of a report came about.</summary>
/// <param name="Assay">How the sample was measured.</param>
/// <param name="Panel">The rules, with their version.</param>
/// <param name="Cohort">The reference, with its version; null when none fits.</param>
/// <param name="CohortMatch">How well it fits.</param>
/// <param name="Taxonomy">The taxonomy's version.</param>
/// <param name="Engine">The science's version.</param>
/// <param name="ProfileSha256">SHA-256 of the normalised profile.</param>
public sealed record ReportMethod(string Assay, string Panel, string? Cohort, string? CohortMatch, string Taxonomy, string Engine, string ProfileSha256);

/// <summary>Whether the numbers can be trusted.</summary>
/// <param name="Status"><c>pass</c>, <c>warn</c> or <c>fail</c>: the worst check.</param>
/// <param name="TotalReads">Null where the file cannot say.</param>
/// <param name="UnclassifiedFraction">0 to 1; null where the file cannot say.</param>
/// <param name="Checks">Each check.</param>
public sealed record ReportQuality(string Status, long? TotalReads, double? UnclassifiedFraction, IReadOnlyList<ReportCheck> Checks);

/// <summary>A quality check.</summary>
/// <param name="Code">Such as <c>min-reads</c>.</param>
/// <param name="Status"><c>pass</c>, <c>warn</c>, <c>fail</c> or <c>not-assessable</c>.</param>
/// <param name="Message">For people.</param>
public sealed record ReportCheck(string Code, string Status, string? Message);

/// <summary>A diversity metric.</summary>
/// <param name="Metric">Such as <c>shannon</c>.</param>
/// <param name="Value">Null where it is not assessable.</param>
/// <param name="Status"><c>within</c>, <c>low</c>, <c>high</c> or <c>not-assessable</c>.</param>
/// <param name="Reason">Why it is not assessable.</param>
public sealed record ReportMetric(string Metric, double? Value, string Status, string? Reason);

/// <summary>Who is there, by rank.</summary>
/// <param name="Phylum">All phyla.</param>
/// <param name="Family">All families.</param>
/// <param name="Genus">The genera that matter.</param>
/// <param name="Species">The species that matter.</param>
public sealed record ReportComposition(IReadOnlyList<ReportTaxon> Phylum, IReadOnlyList<ReportTaxon> Family, IReadOnlyList<ReportTaxon> Genus, IReadOnlyList<ReportTaxon> Species);

/// <summary>A taxon of a report.</summary>
/// <param name="Taxid">NCBI taxid; null where it is not known.</param>
/// <param name="Name">The current name.</param>
/// <param name="Fraction">0 to 1.</param>
/// <param name="Reads">Null where the file has fractions.</param>
/// <param name="Status"><c>within</c>, <c>low</c>, <c>high</c>, <c>absent</c>, <c>not-detected</c> or <c>not-assessable</c>.</param>
public sealed record ReportTaxon(long? Taxid, string Name, double? Fraction, double? Reads, string Status);

/// <summary>A taxon of the whole table of a report.</summary>
/// <param name="Rank"><c>domain</c> … <c>strain</c>, or <c>none</c>.</param>
/// <param name="Taxid">NCBI taxid; null where it is not known.</param>
/// <param name="Name">The current name.</param>
/// <param name="FormerName">The best known of its former names.</param>
/// <param name="Fraction">0 to 1.</param>
/// <param name="Ci95">Of counting error; null where there are no counts.</param>
/// <param name="Reads">Null where the file has fractions.</param>
/// <param name="Reference">Its place in the cohort; null where the cohort may not speak of it.</param>
/// <param name="Status"><c>within</c>, <c>low</c>, <c>high</c>, <c>absent</c>, <c>not-detected</c> or <c>not-assessable</c>.</param>
/// <param name="Reason">Why it is not assessable.</param>
public sealed record TableTaxon(string Rank, long? Taxid, string Name, string? FormerName, double Fraction, IReadOnlyList<double>? Ci95, double? Reads, ReferencePosition? Reference, string Status,
    string? Reason);

/// <summary>A ratio of two groups.</summary>
/// <param name="Id">Such as <c>firmicutes-bacteroidetes</c>.</param>
/// <param name="Numerator">0 to 1.</param>
/// <param name="Denominator">0 to 1.</param>
/// <param name="Value">Null where it is not assessable.</param>
/// <param name="Status">As of a taxon.</param>
public sealed record ReportRatio(string Id, double? Numerator, double? Denominator, double? Value, string Status);

/// <summary>A group by what it does.</summary>
/// <param name="Id">Such as <c>butyrate-producers</c>.</param>
/// <param name="Fraction">0 to 1; null where it is not assessable.</param>
/// <param name="Status">As of a taxon.</param>
/// <param name="Reason">Why it is not assessable, such as <c>kingdom-not-assayed</c>; else null.</param>
public sealed record ReportGuild(string Id, double? Fraction, string Status, string? Reason);

/// <summary>A published dysbiosis index.</summary>
/// <param name="Id">Such as <c>gmhi</c>.</param>
/// <param name="Value">Null where the profiler is not the one that it was made with, or it is not defined.</param>
/// <param name="Reference">Its place among healthy people measured alike; null where none are published.</param>
/// <param name="Status">As of a taxon.</param>
/// <param name="Reason">Why it is not assessable.</param>
/// <param name="Caveats">Such as <c>inconclusive</c>.</param>
/// <param name="Text">What it says, how well it did where it was published, and what it is not; in both languages.</param>
/// <param name="Citations">As <c>doi:…</c>.</param>
public sealed record ReportIndex(string Id, double? Value, ReferencePosition? Reference, string Status, string? Reason, IReadOnlyList<string> Caveats, ReportText Text, IReadOnlyList<string> Citations);

/// <summary>Something that stands out.</summary>
/// <param name="Code">Such as <c>klebsiella-high</c>.</param>
/// <param name="Severity"><c>info</c>, <c>low</c>, <c>moderate</c> or <c>high</c>.</param>
/// <param name="Direction"><c>high</c>, <c>low</c> or <c>absent</c>.</param>
/// <param name="Value">What was observed.</param>
/// <param name="Text">For people.</param>
public sealed record ReportFinding(string Code, string Severity, string? Direction, double? Value, ReportText Text);

/// <summary>What every reader has to know.</summary>
/// <param name="Code">Such as <c>not-a-diagnosis</c>.</param>
/// <param name="Text">For people.</param>
public sealed record ReportNotice(string Code, ReportText Text);

/// <summary>What may be tried, tied to a finding.</summary>
/// <param name="Code">Such as <c>fermentable-fibre</c>.</param>
/// <param name="Finding">The finding that it belongs to.</param>
/// <param name="Text">For people.</param>
/// <param name="Evidence"><c>expert-opinion</c>, <c>very-low</c>, <c>low</c>, <c>moderate</c> or <c>high</c>.</param>
/// <param name="Caveat">What to know before.</param>
/// <param name="Sources">Papers as <c>doi:…</c>, else in words.</param>
public sealed record ReportRecommendation(string Code, string Finding, ReportText Text, string Evidence, ReportText Caveat, IReadOnlyList<string> Sources);

/// <summary>Why a report has a finding.</summary>
public sealed record FindingExplanation
{
    /// <summary>The code of the finding.</summary>
    public required string Finding { get; init; }
    /// <summary>The rule, with the panel's version.</summary>
    public required string Rule { get; init; }
    /// <summary><c>metric</c>, <c>guild</c>, <c>taxon</c>, <c>ratio</c> or <c>genera</c>.</summary>
    public required string Kind { get; init; }
    /// <summary>Which of its kind.</summary>
    public required string Subject { get; init; }
    /// <summary><c>low</c>, <c>high</c> or <c>absent</c>.</summary>
    public required string Direction { get; init; }
    /// <summary>The limit; null for genera that are absent.</summary>
    public FindingThreshold? Threshold { get; init; }
    /// <summary>The fraction below which a high value is no finding.</summary>
    public double? Floor { get; init; }
    /// <summary>What was measured; null for lists of genera.</summary>
    public double? Observed { get; init; }
    /// <summary>Where it lies in the cohort, 0 to 100.</summary>
    public double? Percentile { get; init; }
    /// <summary>Who it is compared with.</summary>
    public required ExplainedCohort Cohort { get; init; }
    /// <summary><c>same-method</c> or <c>same-platform</c>.</summary>
    public required string CohortMatch { get; init; }
    /// <summary>Who makes up the value, the largest first.</summary>
    public required IReadOnlyList<Contribution> Contributions { get; init; }
    /// <summary>Grade of the evidence.</summary>
    public required string Evidence { get; init; }
    /// <summary>Papers, as <c>doi:…</c>.</summary>
    public required IReadOnlyList<string> Citations { get; init; }
    /// <summary>The share of the cohort's people in whom the rule fires; null where they were measured otherwise, or nobody counted.</summary>
    public double? BaseRate { get; init; }
    /// <summary>Probability that the true value is on the same side of the limit, as far as counting goes.</summary>
    public double? CountingStability { get; init; }
    /// <summary>What to know of it, as codes.</summary>
    public required IReadOnlyList<string> Caveats { get; init; }
    /// <summary><c>info</c>, <c>low</c>, <c>moderate</c> or <c>high</c>.</summary>
    public required string Severity { get; init; }
    /// <summary>How the severity came about: the distance, then what lowered it.</summary>
    public required IReadOnlyList<SeverityReason> SeverityBecause { get; init; }
    /// <summary>For people.</summary>
    public required ReportText Text { get; init; }
}

/// <summary>The limit of a cohort.</summary>
/// <param name="Percentile">2.5 or 97.5.</param>
/// <param name="Value">The cohort's value there; null for lists of genera.</param>
public sealed record FindingThreshold(double Percentile, double? Value);

/// <summary>The cohort of an explanation.</summary>
/// <param name="Ref">With its version.</param>
/// <param name="N">How many people.</param>
/// <param name="Population">Who they are.</param>
/// <param name="Source">Where the figures come from.</param>
/// <param name="Doi">The publication.</param>
public sealed record ExplainedCohort(string Ref, int N, ReportText Population, string Source, string Doi);

/// <summary>A taxon's share of a value.</summary>
/// <param name="Taxid">NCBI taxid; null where it is not known.</param>
/// <param name="Name">The current name.</param>
/// <param name="Share">0 to 1.</param>
public sealed record Contribution(long? Taxid, string Name, double Share);

/// <summary>One step on the way to a severity.</summary>
/// <param name="Code">Such as <c>distance</c> or <c>evidence-limits</c>.</param>
/// <param name="Severity">The severity after it.</param>
/// <param name="Text">For people.</param>
public sealed record SeverityReason(string Code, string Severity, ReportText Text);

/// <summary>What differs between two versions of a report; what is equal is left out. <c>change</c> is <c>added</c>, <c>removed</c> or <c>changed</c>.</summary>
public sealed record ReportDiff
{
    /// <summary>The version that is compared.</summary>
    public required DiffVersion From { get; init; }
    /// <summary>The version that it is compared with.</summary>
    public required DiffVersion To { get; init; }
    /// <summary>Whether the digests agree.</summary>
    public required bool SameContent { get; init; }
    /// <summary>Members of the sample.</summary>
    public required IReadOnlyList<MemberDifference> Sample { get; init; }
    /// <summary>Members of the method.</summary>
    public required IReadOnlyList<MemberDifference> Method { get; init; }
    /// <summary>Members of the quality, but the checks.</summary>
    public required IReadOnlyList<MemberDifference> Quality { get; init; }
    /// <summary>Quality checks.</summary>
    public required IReadOnlyList<CheckDifference> Checks { get; init; }
    /// <summary>Metrics, ratios, guilds and indices.</summary>
    public required IReadOnlyList<MeasurementDifference> Measurements { get; init; }
    /// <summary>Taxa of the composition.</summary>
    public required IReadOnlyList<TaxonDifference> Taxa { get; init; }
    /// <summary>Findings.</summary>
    public required IReadOnlyList<FindingDifference> Findings { get; init; }
    /// <summary>Notices.</summary>
    public required IReadOnlyList<CodeDifference> Notices { get; init; }
    /// <summary>Recommendations.</summary>
    public required IReadOnlyList<CodeDifference> Recommendations { get; init; }
}

/// <summary>Which version of a report.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its number in the series.</param>
/// <param name="Status">As of a report.</param>
/// <param name="IssuedAt">When it was written.</param>
/// <param name="Because">Why it was made; null for the first.</param>
/// <param name="Digest">Of its content.</param>
public sealed record DiffVersion(Guid Id, int Version, string Status, DateTimeOffset IssuedAt, ReportReason? Because, string Digest);

/// <summary>A member that differs.</summary>
/// <param name="Member">Its name.</param>
/// <param name="From">Before.</param>
/// <param name="To">After.</param>
public sealed record MemberDifference(string Member, JsonElement? From, JsonElement? To);

/// <summary>A quality check, in short.</summary>
/// <param name="Status">As of a check.</param>
/// <param name="Message">For people.</param>
public sealed record CheckState(string Status, string Message);

/// <summary>A quality check that differs.</summary>
/// <param name="Code">Which.</param>
/// <param name="Change">How.</param>
/// <param name="From">Before; null when it was not there.</param>
/// <param name="To">After; null when it is not there.</param>
public sealed record CheckDifference(string Code, string Change, CheckState? From, CheckState? To);

/// <summary>Something measured, in short.</summary>
/// <param name="Value">Null where it cannot be given.</param>
/// <param name="Status">As of a taxon.</param>
/// <param name="Reason">Why it is not assessable.</param>
/// <param name="Percentile">Where it lies in the cohort, 0 to 100.</param>
public sealed record MeasuredState(double? Value, string Status, string? Reason, double? Percentile);

/// <summary>A metric, ratio, guild or index that differs.</summary>
/// <param name="Kind"><c>metric</c>, <c>ratio</c>, <c>guild</c> or <c>index</c>.</param>
/// <param name="Id">Which.</param>
/// <param name="Change">How.</param>
/// <param name="From">Before; null when it was not there.</param>
/// <param name="To">After; null when it is not there.</param>
/// <param name="Members">Which members of it differ.</param>
public sealed record MeasurementDifference(string Kind, string Id, string Change, MeasuredState? From, MeasuredState? To, IReadOnlyList<string> Members);

/// <summary>A taxon that differs; who leaves the list of a composition need not be gone.</summary>
/// <param name="Rank"><c>phylum</c>, <c>family</c>, <c>genus</c> or <c>species</c>.</param>
/// <param name="Taxid">NCBI taxid; null where it is not known.</param>
/// <param name="Name">The current name.</param>
/// <param name="Change">How.</param>
/// <param name="From">Before; null when it was not listed.</param>
/// <param name="To">After; null when it is not listed.</param>
/// <param name="Members">Which members of it differ.</param>
public sealed record TaxonDifference(string Rank, long? Taxid, string Name, string Change, MeasuredState? From, MeasuredState? To, IReadOnlyList<string> Members);

/// <summary>A finding, in short.</summary>
/// <param name="Direction"><c>low</c>, <c>high</c> or <c>absent</c>.</param>
/// <param name="Severity"><c>info</c>, <c>low</c>, <c>moderate</c> or <c>high</c>.</param>
/// <param name="Value">What was observed.</param>
/// <param name="Percentile">Where it lies in the cohort, 0 to 100.</param>
public sealed record FindingState(string Direction, string Severity, double? Value, double? Percentile);

/// <summary>A finding that differs.</summary>
/// <param name="Code">Which.</param>
/// <param name="Change">How.</param>
/// <param name="From">Before; null when it was not there.</param>
/// <param name="To">After; null when it is not there.</param>
/// <param name="Members">Which members of it differ.</param>
public sealed record FindingDifference(string Code, string Change, FindingState? From, FindingState? To, IReadOnlyList<string> Members);

/// <summary>A notice or recommendation that differs.</summary>
/// <param name="Code">Which.</param>
/// <param name="Change">How.</param>
/// <param name="Members">Which members of it differ.</param>
public sealed record CodeDifference(string Code, string Change, IReadOnlyList<string> Members);

/// <summary>A text in the languages of the service.</summary>
/// <param name="En">English.</param>
/// <param name="Nl">Dutch.</param>
public sealed record ReportText(string En, string Nl);
