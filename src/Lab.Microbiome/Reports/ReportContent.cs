using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Lab.Microbiome.Panels;

namespace Lab.Microbiome.Reports;

/// <summary>What the digest is of: all of a report that follows from profile, panel, cohort and engine. Fractions are 0..1; nothing is ever NaN or infinite.</summary>
public sealed record ReportContent
{
    /// <summary>How it was measured and with what it was compared.</summary>
    public required ReportMethod Method { get; init; }
    /// <summary>Whether the measurement is good enough.</summary>
    public required ReportQuality Quality { get; init; }
    /// <summary>The nine metrics.</summary>
    public required ImmutableArray<DiversityMetric> Diversity { get; init; }
    /// <summary>The taxa.</summary>
    public required ReportComposition Composition { get; init; }
    /// <summary>The ratios of the panel.</summary>
    public required ImmutableArray<ReportRatio> Ratios { get; init; }
    /// <summary>The guilds of the panel.</summary>
    public required ImmutableArray<ReportGuild> Guilds { get; init; }
    /// <summary>The published indices, each with its value or the reason why there is none.</summary>
    public required ImmutableArray<ReportIndex> Indices { get; init; }
    /// <summary>What stands out, the most severe first.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }
    /// <summary>What a reader must know.</summary>
    public required ImmutableArray<Notice> Notices { get; init; }
    /// <summary>What may be tried; none unless the panel turns them on.</summary>
    public required ImmutableArray<Recommendation> Recommendations { get; init; }

    /// <summary>pass, warn or fail.</summary>
    [JsonIgnore] public string QualityStatus => Quality.Status;
    /// <summary>The cohort, or null.</summary>
    [JsonIgnore] public string? Cohort => Method.Cohort;
    /// <summary>SHA-256 over the RFC 8785 form, as <c>sha256:…</c>.</summary>
    [JsonIgnore] public string Digest => digest.Value;

    private readonly Lazy<string> digest;

    /// <summary>An empty content, filled by its members.</summary>
    public ReportContent() => digest = new(() => ReportDocument.Digest(this));
}

/// <summary>How a sample was measured and compared.</summary>
public sealed record ReportMethod(string Assay, string Platform, string Profiler, string Database, ImmutableArray<string> Kingdoms, string Panel, string? Cohort, string CohortMatch,
    string Taxonomy, string Engine, string ProfileSha256);

/// <summary>The worst of the checks, not-assessable ignored.</summary>
public sealed record ReportQuality(string Status, long? TotalReads, double? UnclassifiedFraction, double? HostFraction, double? ViralFraction, ImmutableArray<QualityCheck> Checks);

/// <summary>One check: pass, warn, fail or not-assessable.</summary>
public sealed record QualityCheck(string Code, string Status, string Message);

/// <summary>Where a value stands in the cohort; null members where nothing can be said.</summary>
public sealed record RangeReference(double? Percentile, double? P5, double? P50, double? P95);

/// <summary>One alpha-diversity metric.</summary>
public sealed record DiversityMetric(string Metric, double? Value, ImmutableArray<double>? Ci95, string Rank, string? Base, double AssignedFraction, RangeReference? Reference, string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Caveats);

/// <summary>Taxa by rank.</summary>
public sealed record ReportComposition(ImmutableArray<CompositionTaxon> Phylum, ImmutableArray<CompositionTaxon> Family, ImmutableArray<CompositionTaxon> Genus, ImmutableArray<CompositionTaxon> Species);

/// <summary>One taxon of a composition.</summary>
public sealed record CompositionTaxon(long? Taxid, string Name, string? FormerName, double Fraction, ImmutableArray<double>? Ci95, double? Reads, RangeReference? Reference, string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason);

/// <summary>One ratio.</summary>
public sealed record ReportRatio(string Id, double Numerator, double Denominator, double? Value, double? Log2, ImmutableArray<double>? Ci95, RangeReference? Reference, string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason, ImmutableArray<string> Caveats);

/// <summary>A part of a sum, as a share of it.</summary>
public sealed record Contribution(long? Taxid, string Name, double Share);

/// <summary>One guild.</summary>
public sealed record ReportGuild(string Id, double? Fraction, RangeReference? Reference, string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason, ImmutableArray<Contribution> Contributions);

/// <summary>One published index: what it is and is not stands beside it.</summary>
public sealed record ReportIndex(string Id, double? Value, RangeReference? Reference, string Status, string? Reason, ImmutableArray<string> Caveats, BilingualText Text, ImmutableArray<string> Citations);

/// <summary>What a finding is about.</summary>
public sealed record FindingSubject(string Kind, string Id);

/// <summary>The cohort's limits of a finding.</summary>
public sealed record FindingReference(double? Percentile, [property: JsonPropertyName("p2_5")] double? LowLimit, [property: JsonPropertyName("p97_5")] double? HighLimit);

/// <summary>Something that stands out.</summary>
public sealed record Finding(string Code, string Direction, string Severity, string Rule, FindingSubject Subject, double? Value, FindingReference Reference, double? CountingStability,
    double? BaseRate, ImmutableArray<string> Caveats, ImmutableArray<Contribution> Contributions, BilingualText Text, string Evidence, ImmutableArray<string> Citations);

/// <summary>What a reader must know.</summary>
public sealed record Notice(string Code, BilingualText Text);

/// <summary>What may be tried, tied to a finding.</summary>
public sealed record Recommendation(string Code, string Finding, BilingualText Text, string Evidence, BilingualText Caveat, ImmutableArray<string> Sources);
