namespace Lab.Client;

/// <summary>A panel: the rules that reports are made with.</summary>
/// <param name="Id">e.g. <c>gut-core</c>.</param>
/// <param name="Version">From 1; a published version never changes.</param>
/// <param name="Status"><c>draft</c> or <c>published</c>.</param>
public sealed record Panel(string Id, int Version, string Status);

/// <summary>A version of a panel that was stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">From 1.</param>
/// <param name="Status"><c>draft</c> or <c>published</c>.</param>
/// <param name="Digest">SHA-256 of what was stored.</param>
/// <param name="Rates">How often each rule makes a finding in the healthy people of each cohort.</param>
public sealed record PanelStored(string Id, int Version, string Status, string Digest, IReadOnlyList<PanelRates> Rates);

/// <summary>How often the rules of a panel make a finding in the people of one cohort.</summary>
/// <param name="Cohort">As <c>id@version</c>.</param>
/// <param name="N">How many people.</param>
/// <param name="Counted">Over their profiles; else an upper bound by the cohort's quantiles.</param>
/// <param name="Rules">One a rule, in the order of the panel.</param>
public sealed record PanelRates(string Cohort, int N, bool Counted, IReadOnlyList<RuleRate> Rules);

/// <summary>How often one rule makes a finding in healthy people.</summary>
/// <param name="Code">The rule.</param>
/// <param name="Rate">The share of them who have the finding; null where the cohort does not know what the rule reads.</param>
/// <param name="AboveInfo">The share of them in whom it is more than information.</param>
public sealed record RuleRate(string Code, double? Rate, double? AboveInfo);

/// <summary>A reference cohort.</summary>
public sealed record Cohort
{
    /// <summary>e.g. <c>western-shotgun</c>.</summary>
    public required string Id { get; init; }
    /// <summary>From 1; a published version never changes.</summary>
    public required int Version { get; init; }
    /// <summary><c>building</c>, <c>published</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }
    /// <summary>Why building it failed, as a code.</summary>
    public string? Error { get; init; }
    /// <summary>How far building it is; null where it is not being built.</summary>
    public CohortProgress? Progress { get; init; }
    /// <summary>How many people.</summary>
    public required int N { get; init; }
    /// <summary>Who they are.</summary>
    public required ReportText Population { get; init; }
    /// <summary>What sets them apart: such a cohort is used only where it is named. Null: nothing does.</summary>
    public string? Stratum { get; init; }
    /// <summary><c>shotgun</c> or <c>amplicon</c>.</summary>
    public required string Platform { get; init; }
    /// <summary>The amplified region; null for shotgun.</summary>
    public string? Region { get; init; }
    /// <summary>The profiler with its major version.</summary>
    public required string Profiler { get; init; }
    /// <summary>The family of its database.</summary>
    public required string DatabaseFamily { get; init; }
    /// <summary>Whose guilds, ratios and sums were measured.</summary>
    public required string Panel { get; init; }
    /// <summary>Where the figures come from.</summary>
    public required string Source { get; init; }
    /// <summary>The publication; <c>-</c> where there is none.</summary>
    public required string Doi { get; init; }
    /// <summary>The licence of the source.</summary>
    public required string Licence { get; init; }
    /// <summary>What it is good for, and what not.</summary>
    public required ReportText Note { get; init; }
    /// <summary>SHA-256 of the file; null until it is published.</summary>
    public string? Digest { get; init; }
}

/// <summary>How far building a cohort is.</summary>
/// <param name="Done">People who were measured and compared, each counted twice.</param>
/// <param name="Total">Null until it is known.</param>
public sealed record CohortProgress(long Done, long? Total);

/// <summary>A cohort with its distributions.</summary>
/// <param name="Cohort">Who and how.</param>
/// <param name="Levels">The levels of the quantiles; none until it is published.</param>
/// <param name="Distributions">Metrics, ratios, guilds, sums and taxa.</param>
/// <param name="RuleRates">How often rules make a finding in its own people.</param>
public sealed record CohortDetails(Cohort Cohort, IReadOnlyList<double> Levels, IReadOnlyList<CohortDistribution> Distributions, IReadOnlyList<CohortRuleRate> RuleRates);

/// <summary>One distribution of a cohort.</summary>
/// <param name="Kind"><c>taxon</c>, <c>metric</c>, <c>ratio</c>, <c>guild</c> or <c>sum</c>.</param>
/// <param name="Id">The taxid of a taxon, else the id.</param>
/// <param name="Rank">Of a taxon, or the rank of a metric.</param>
/// <param name="Name">Of a taxon.</param>
/// <param name="Prevalence">The share of people with a value above 0.</param>
/// <param name="Quantiles">At the cohort's levels, zeros included.</param>
/// <param name="LowLimitCi95">Where 95 % surely the population's p2.5 lies.</param>
/// <param name="HighLimitCi95">The same for p97.5.</param>
public sealed record CohortDistribution(string Kind, string Id, string Rank, string Name, double Prevalence, IReadOnlyList<double> Quantiles, IReadOnlyList<double>? LowLimitCi95, IReadOnlyList<double>? HighLimitCi95);

/// <summary>How often a rule makes a finding in a cohort's own people.</summary>
/// <param name="Rule">As <c>panel@version#code</c>.</param>
/// <param name="Rate">Share of the people.</param>
public sealed record CohortRuleRate(string Rule, double Rate);

/// <summary>What a cohort knows of a taxon.</summary>
/// <param name="Cohort">As <c>id@version</c>.</param>
/// <param name="N">How many people.</param>
/// <param name="Levels">The levels of the quantiles.</param>
/// <param name="Distribution">Of its fraction.</param>
public sealed record CohortTaxon(string Cohort, int N, IReadOnlyList<double> Levels, CohortDistribution Distribution);

/// <summary>Of whom a cohort is to be built.</summary>
public sealed record CohortRequest
{
    /// <summary>How all of them were measured.</summary>
    public required string Assay { get; init; }
    /// <summary>Who they are, in words that fit a sentence.</summary>
    public required ReportText Population { get; init; }
    /// <summary>What it is good for, and what not.</summary>
    public ReportText? Note { get; init; }
    /// <summary>The panel whose guilds, ratios and sums are measured.</summary>
    public string? Panel { get; init; }
    /// <summary>Only <c>female</c>, <c>male</c> or <c>other</c>.</summary>
    public string? Sex { get; init; }
    /// <summary>Only of this age or more.</summary>
    public int? AgeFrom { get; init; }
    /// <summary>Only of this age or less.</summary>
    public int? AgeTo { get; init; }
    /// <summary>Only of samples collected at this time or later.</summary>
    public DateTimeOffset? CollectedFrom { get; init; }
    /// <summary>Only of samples collected at this time or earlier.</summary>
    public DateTimeOffset? CollectedTo { get; init; }
    /// <summary>Without people whose context has one of these codes; null: every red flag and diagnosis, and <c>antibiotics-3-months</c>.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }
    /// <summary>Fail below so many people; at least 120.</summary>
    public int? MinimumN { get; init; }
}

/// <summary>The trial of a panel.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Panel">As <c>id@version</c>.</param>
/// <param name="Status"><c>queued</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Done">Samples so far.</param>
/// <param name="Total">Samples in all; null until it is known.</param>
/// <param name="Error">Why it failed, or why its list is gone.</param>
/// <param name="ExpiresAt">When the list goes.</param>
/// <param name="Result">What the reports would say; null until it has succeeded.</param>
public sealed record Impact(Guid Id, string Panel, string Status, long Done, long? Total, string? Error, DateTimeOffset? ExpiresAt, ImpactSummary? Result);

/// <summary>What the reports would say under a panel.</summary>
/// <param name="Panel">As <c>id@version</c>.</param>
/// <param name="Digest">SHA-256 of the panel that was tried.</param>
/// <param name="Cohort">The cohort that was asked for.</param>
/// <param name="Reports">How many reports were evaluated.</param>
/// <param name="Changed">How many would say anything else.</param>
/// <param name="FindingsChanged">How many would have other findings, or one of another severity or direction.</param>
/// <param name="WithoutReport">Profiles that have no report yet.</param>
/// <param name="Findings">Which findings would come, go and change.</param>
public sealed record ImpactSummary(string Panel, string Digest, string? Cohort, int Reports, int Changed, int FindingsChanged, int WithoutReport, IReadOnlyList<FindingImpact> Findings);

/// <summary>One way in which findings would change.</summary>
/// <param name="Code">Which finding.</param>
/// <param name="Change"><c>appears</c>, <c>vanishes</c> or <c>changes</c>.</param>
/// <param name="From">The severity before; null where it appears.</param>
/// <param name="To">The severity after; null where it vanishes.</param>
/// <param name="Reports">In how many reports.</param>
public sealed record FindingImpact(string Code, string Change, string? From, string? To, int Reports);

/// <summary>A report that would change.</summary>
/// <param name="Accession">Of the sample.</param>
/// <param name="Assay">Of the series.</param>
/// <param name="ReportId">The last version, which it is compared with.</param>
/// <param name="Version">Its number.</param>
/// <param name="Findings">What of its findings would change; none where it is something else.</param>
public sealed record ReportImpact(string Accession, string Assay, Guid ReportId, int Version, IReadOnlyList<FindingChange> Findings);

/// <summary>A finding of a report that would change.</summary>
/// <param name="Code">Which finding.</param>
/// <param name="Change"><c>appears</c>, <c>vanishes</c> or <c>changes</c>.</param>
/// <param name="From">The severity before; null where it appears.</param>
/// <param name="To">The severity after; null where it vanishes.</param>
public sealed record FindingChange(string Code, string Change, string? From, string? To);
