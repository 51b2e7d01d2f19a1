using System.Text.Json.Serialization;

namespace Lab.Client;

/// <summary>How a file is to be read; all of it optional.</summary>
public sealed record UploadOptions
{
    /// <summary>How the sample was measured; default: what fits the format.</summary>
    public string? Assay { get; init; }
    /// <summary>The format; default: what the content shows.</summary>
    public string? Format { get; init; }
    /// <summary>The panel to report with, e.g. <c>gut-core@1</c>.</summary>
    public string? Panel { get; init; }
    /// <summary>The cohort to refer to, e.g. <c>western-shotgun@1</c>.</summary>
    public string? Cohort { get; init; }
    /// <summary>Take a report from which rows were cut.</summary>
    public bool AllowIncomplete { get; init; }
    /// <summary>1 to 255 characters: a repeated request with it gets the first answer. Of no meaning for a preview.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>What the lab understood of an upload, and where to follow its analysis.</summary>
public sealed record Upload
{
    /// <summary>The stored profile.</summary>
    public required Guid ProfileId { get; init; }
    /// <summary>Its analysis.</summary>
    public required Guid AnalysisId { get; init; }
    /// <summary>The sample.</summary>
    public required string Accession { get; init; }
    /// <summary>What the file was.</summary>
    public required string Format { get; init; }
    /// <summary>How the sample was measured.</summary>
    public required string Assay { get; init; }
    /// <summary><c>reads</c>, <c>estimated-reads</c>, <c>fraction</c> or <c>percent</c>.</summary>
    public required string Unit { get; init; }
    /// <summary>Null where the file cannot say.</summary>
    public long? TotalReads { get; init; }
    /// <summary>0 to 1; null where the file cannot say.</summary>
    public double? UnclassifiedFraction { get; init; }
    /// <summary>Rows of the normalised profile.</summary>
    public required int Taxa { get; init; }
    /// <summary>SHA-256 of the content after all decoding, lower-case hex.</summary>
    public required string Sha256 { get; init; }
    /// <summary>A later profile of this sample and assay has taken its place.</summary>
    public bool Superseded { get; init; }
    /// <summary>What is remarkable in the file.</summary>
    public required IReadOnlyList<InputProblem> Warnings { get; init; }
    /// <summary>False when the same content was there already: the ids are of then.</summary>
    [JsonIgnore] public bool IsNew { get; init; }
    /// <summary>Whether this is the kept first answer to an idempotency key.</summary>
    [JsonIgnore] public bool IsReplayed { get; init; }
    /// <summary>Where to follow the analysis.</summary>
    [JsonIgnore] public Uri? Location { get; init; }
}

/// <summary>What became of one sample of many.</summary>
public sealed record UploadVerdict
{
    /// <summary>The line, or the place in the table; from 1.</summary>
    public required long Line { get; init; }
    /// <summary>Null where the line or column names none.</summary>
    public string? Accession { get; init; }
    /// <summary><c>accepted</c>, <c>duplicate</c> or <c>rejected</c>.</summary>
    public required string Status { get; init; }
    /// <summary>The stored profile.</summary>
    public Guid? ProfileId { get; init; }
    /// <summary>Its analysis.</summary>
    public Guid? AnalysisId { get; init; }
    /// <summary>Why it was rejected.</summary>
    public VerdictProblem? Problem { get; init; }
}

/// <summary>Why one sample of many was rejected.</summary>
public sealed record VerdictProblem(string Code, string Title, int Status, string Detail, string Hint, IReadOnlyList<InputProblem> Errors);

/// <summary>What the numbers of a format are.</summary>
/// <param name="Abundance"><c>sequence</c>, <c>taxonomic</c> or <c>unknown</c>.</param>
/// <param name="Aggregation"><c>disjoint</c> or <c>clade</c>.</param>
/// <param name="Denominator">What fractions are of: <c>all</c>, <c>classified</c> or <c>unknown</c>.</param>
/// <param name="Taxonomy">Whose names it uses; null where that depends on the database.</param>
public sealed record Measurement(string Abundance, string Aggregation, string Denominator, string? Taxonomy);

/// <summary>A profile as Lab understood it.</summary>
public sealed record Profile
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The sample.</summary>
    public required string Accession { get; init; }
    /// <summary>What the file was.</summary>
    public required string Format { get; init; }
    /// <summary>How the sample was measured.</summary>
    public required string Assay { get; init; }
    /// <summary><c>reads</c>, <c>estimated-reads</c>, <c>fraction</c> or <c>percent</c>.</summary>
    public required string Unit { get; init; }
    /// <summary>What the numbers of its format are.</summary>
    public required Measurement Measurement { get; init; }
    /// <summary>The database that the file names.</summary>
    public string? Database { get; init; }
    /// <summary>Null where the file cannot say.</summary>
    public long? TotalReads { get; init; }
    /// <summary>What is not classified, in the unit of the file; null where it cannot say.</summary>
    public double? Unclassified { get; init; }
    /// <summary>0 to 1; null where the file cannot say.</summary>
    public double? UnclassifiedFraction { get; init; }
    /// <summary>0 to 1; null where the file cannot say.</summary>
    public double? HostFraction { get; init; }
    /// <summary>0 to 1; null where the file cannot say.</summary>
    public double? ViralFraction { get; init; }
    /// <summary>What every fraction of a taxon is of.</summary>
    public required double Denominator { get; init; }
    /// <summary>SHA-256 of the content after all decoding.</summary>
    public required string Sha256 { get; init; }
    /// <summary>SHA-256 of the normalised profile; the order of rows does not matter to it.</summary>
    public required string NormalisedSha256 { get; init; }
    /// <summary>When it was uploaded.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
    /// <summary>What is remarkable in the file.</summary>
    public required IReadOnlyList<InputProblem> Warnings { get; init; }
    /// <summary>Every taxon, ancestors first.</summary>
    public required IReadOnlyList<ProfileTaxon> Taxa { get; init; }
}

/// <summary>One taxon of a profile.</summary>
/// <param name="Taxid">NCBI taxid; null where it is not known.</param>
/// <param name="Name">The current name.</param>
/// <param name="SubmittedName">As the file has it; null on an ancestor that the file does not list.</param>
/// <param name="Rank"><c>domain</c> … <c>species</c>, <c>strain</c> or <c>none</c>.</param>
/// <param name="Lineage">Its ancestors and itself.</param>
/// <param name="Reads">Reads of the whole clade; null where the file has fractions.</param>
/// <param name="Fraction">0 to 1, of all that is classified as Bacteria, Archaea or Fungi; null for what stands outside.</param>
public sealed record ProfileTaxon(long? Taxid, string Name, string? SubmittedName, string Rank, string Lineage, double? Reads, double? Fraction);

/// <summary>What an upload of a file would give.</summary>
public sealed record ProfileValidation
{
    /// <summary>Whether it would be accepted.</summary>
    public required bool Valid { get; init; }
    /// <summary>Null when it was not recognised.</summary>
    public string? Format { get; init; }
    /// <summary>Null when the profile is not valid.</summary>
    public string? Assay { get; init; }
    /// <summary>What was understood of each sample; none when the profile is not valid.</summary>
    public required IReadOnlyList<ValidatedSample> Samples { get; init; }
    /// <summary>All problems at once, at most 100.</summary>
    public required IReadOnlyList<InputProblem> Errors { get; init; }
    /// <summary>True when there were more errors than listed.</summary>
    public bool Truncated { get; init; }
    /// <summary>What is remarkable but accepted.</summary>
    public required IReadOnlyList<InputProblem> Warnings { get; init; }
}

/// <summary>One sample of a valid file.</summary>
/// <param name="Accession">As the file names it.</param>
/// <param name="Unit"><c>reads</c>, <c>fraction</c> or <c>percent</c>.</param>
/// <param name="TotalReads">Null where the file cannot say.</param>
/// <param name="UnclassifiedFraction">0 to 1; null where the file cannot say.</param>
/// <param name="Taxa">Rows of the normalised profile.</param>
public sealed record ValidatedSample(string? Accession, string Unit, long? TotalReads, double? UnclassifiedFraction, int Taxa);

/// <summary>A metric of a profile at full precision.</summary>
/// <param name="Metric">Such as <c>shannon</c>.</param>
/// <param name="Value">Null where it is refused.</param>
/// <param name="Ci95">Of counting error; null where there are no counts.</param>
/// <param name="Rank">The rank that it stands on.</param>
/// <param name="Base">Base of the logarithm, where there is one.</param>
/// <param name="AssignedFraction">0 to 1, of the classified.</param>
/// <param name="Reference">Its place in the cohort; null where none may speak of it.</param>
/// <param name="Status"><c>within</c>, <c>low</c>, <c>high</c> or <c>not-assessable</c>.</param>
/// <param name="Reason">Why it is not assessable.</param>
/// <param name="Caveats">What to know of the value.</param>
public sealed record ProfileMetric(string Metric, double? Value, IReadOnlyList<double>? Ci95, string Rank, string? Base, double AssignedFraction, ReferencePosition? Reference, string Status,
    string? Reason, IReadOnlyList<string> Caveats);

/// <summary>Where a value stands in a cohort.</summary>
/// <param name="Percentile">0 to 100.</param>
/// <param name="P5">A twentieth of the cohort is below.</param>
/// <param name="P50">The median.</param>
/// <param name="P95">A twentieth of the cohort is above.</param>
public sealed record ReferencePosition(double? Percentile, double? P5, double? P50, double? P95);

internal sealed record ProfileDiversity(IReadOnlyList<ProfileMetric> Metrics);

/// <summary>Where an analysis stands.</summary>
public sealed record Analysis
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The sample.</summary>
    public required string Accession { get; init; }
    /// <summary>The profile that is analysed.</summary>
    public required Guid ProfileId { get; init; }
    /// <summary>The panel, with its version.</summary>
    public required string Panel { get; init; }
    /// <summary>The wanted cohort; null: the one that fits the assay best.</summary>
    public string? Cohort { get; init; }
    /// <summary><c>queued</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public required string Status { get; init; }
    /// <summary>How often it was begun.</summary>
    public required int Attempts { get; init; }
    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset QueuedAt { get; init; }
    /// <summary>When it was first begun.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
    /// <summary>The report, once it has succeeded.</summary>
    public Guid? ReportId { get; init; }
    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }
    /// <summary>Whether it is still queued or running.</summary>
    [JsonIgnore] public bool IsOpen => Status is "queued" or "running";
}
