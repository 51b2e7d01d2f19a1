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
    /// <summary>Recommendations, as the panel has them.</summary>
    public required IReadOnlyList<JsonElement> Recommendations { get; init; }
    /// <summary>SHA-256 of the content without id, version, status, times and sample: equal for equal inputs.</summary>
    public required string Digest { get; init; }
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
public sealed record ReportGuild(string Id, double? Fraction, string Status);

/// <summary>A published dysbiosis index.</summary>
/// <param name="Id">Such as <c>gmhi</c>.</param>
/// <param name="Value">Null where it is not assessable.</param>
/// <param name="Status">As of a metric.</param>
/// <param name="Reason">Why it is not assessable.</param>
public sealed record ReportIndex(string Id, double? Value, string Status, string? Reason);

/// <summary>Something that stands out.</summary>
/// <param name="Code">Such as <c>klebsiella-high</c>.</param>
/// <param name="Severity"><c>info</c>, <c>low</c>, <c>moderate</c> or <c>high</c>.</param>
/// <param name="Direction"><c>high</c> or <c>low</c>.</param>
/// <param name="Value">What was observed.</param>
/// <param name="Text">For people.</param>
public sealed record ReportFinding(string Code, string Severity, string? Direction, double? Value, ReportText Text);

/// <summary>What every reader has to know.</summary>
/// <param name="Code">Such as <c>not-a-diagnosis</c>.</param>
/// <param name="Text">For people.</param>
public sealed record ReportNotice(string Code, ReportText Text);

/// <summary>A text in the languages of the service.</summary>
/// <param name="En">English.</param>
/// <param name="Nl">Dutch.</param>
public sealed record ReportText(string En, string Nl);
