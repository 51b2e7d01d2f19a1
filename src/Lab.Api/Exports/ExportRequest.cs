using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Reports;
using Lab.Api.Samples;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Api.Exports;

/// <summary>What to export, and how.</summary>
public sealed record ExportRequest
{
    /// <summary>ndjson: a report a line, as it is stored; tsv: a table of taxa by samples; biom: the same as BIOM 1.0.</summary>
    public required string Format { get; init; }
    /// <summary>Which reports; without it all that you may see.</summary>
    public ExportFilter? Filter { get; init; }
    /// <summary>Of a table: which taxa are its rows. Without it, the lowest rank that the assay resolves.</summary>
    public string? Rank { get; init; }
    /// <summary>Of a table: fraction (without it) or reads, which every sample must then have as integer counts.</summary>
    public string? Unit { get; init; }
}

/// <summary>Which reports, as <c>GET /v1/reports</c>: all that is given has to hold. Of every series its released, current version.</summary>
public sealed record ExportFilter
{
    /// <summary>Of this person, by the lab's pseudonym.</summary>
    public string? Subject { get; init; }
    /// <summary>Of this specimen.</summary>
    public string? Accession { get; init; }
    /// <summary>Of this assay; a table needs one, for what was measured by different methods is not compared number by number.</summary>
    public string? Assay { get; init; }
    /// <summary>With this status.</summary>
    public string? Status { get; init; }
    /// <summary>With a finding of this code.</summary>
    public string? Finding { get; init; }
    /// <summary>Issued at this time or later.</summary>
    public DateTimeOffset? UpdatedFrom { get; init; }
    /// <summary>Issued before this time.</summary>
    public DateTimeOffset? UpdatedBefore { get; init; }
}

/// <summary>The words of an export, and what of a request cannot be right.</summary>
public static class ExportRules
{
    public const string Ndjson = "ndjson", Tsv = "tsv", Biom = "biom", Fraction = "fraction", Reads = "reads";
    public static readonly string[] Formats = [Ndjson, Tsv, Biom], Units = [Fraction, Reads];
    public static readonly string[] Ranks = ["phylum", "class", "order", "family", "genus", "species"];
    public static readonly string[] Statuses = [.. ListReports.Statuses.Where(s => s != ReportSeries.Preliminary)];

    /// <summary>The request with all that it left to us.</summary>
    /// <exception cref="ProblemException">With everything that cannot be right.</exception>
    public static async Task<ExportRequest> CompleteAsync(ExportRequest request, LabAssays assays, ReferenceLibrary library, CancellationToken cancellation)
    {
        var errors = new List<ProblemError>();
        var filter = request.Filter ?? new ExportFilter();
        var table = request.Format is Tsv or Biom;
        Word("/format", request.Format, Formats);
        Word("/rank", request.Rank, Ranks);
        Word("/unit", request.Unit, Units);
        Word("/filter/status", filter.Status, Statuses);
        if (filter.Finding is not null) Word("/filter/finding", filter.Finding, await library.FindingCodesAsync(cancellation));
        Name("/filter/subject", filter.Subject);
        Name("/filter/accession", filter.Accession);
        Name("/filter/assay", filter.Assay);
        if (request.Format == Ndjson && (request.Rank ?? request.Unit) is not null) Refuse("/format", "A report has no rank and no unit.", "Leave rank and unit out, or ask for tsv or biom.");
        if (table && filter.Assay is null) Refuse("/filter/assay", "A table is of one assay: what was measured by different methods is not compared number by number.", "GET /v1/assays lists them.");
        if (table && filter.Status == ReportSeries.EnteredInError) Refuse("/filter/status", "What was withdrawn is in no table.", "Ask for ndjson, where each report says that it is withdrawn.");
        Demand();
        if (filter.Assay is null) return request with { Filter = filter };
        var assay = await assays.FindAsync(filter.Assay, cancellation) ?? throw new ProblemException(ProblemCodes.AssayUnknown, "The assay is not known.");
        if (!table) return request with { Filter = filter };
        var rank = request.Rank ?? Names.Of(assay.LowestRank);
        if (RankOf(rank) > assay.LowestRank) Refuse("/rank", $"The assay does not resolve the {rank}.", $"The lowest rank is {Names.Of(assay.LowestRank)}.");
        if (request.Unit == Reads && assay.Unit != AbundanceUnit.Reads) Refuse("/unit", "The assay has no integer read counts.", "Ask for fractions.");
        Demand();
        return request with { Filter = filter, Rank = rank, Unit = request.Unit ?? Fraction };

        void Refuse(string pointer, string message, string hint) => errors.Add(new("value-invalid", null, null, pointer, message, hint));

        void Word(string pointer, string? value, string[] known)
        {
            if (value is not null && !known.Contains(value)) Refuse(pointer, "The value is not known.", $"Known: {string.Join(", ", known)}.");
        }

        void Name(string pointer, string? value)
        {
            if (value is not null && !Accession.IsValid(value)) Refuse(pointer, "This can be no name.", "A name has 1 to 64 letters, digits and . _ : - and starts with a letter or digit.");
        }

        void Demand()
        {
            if (errors.Count > 0) throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was queued.", errors: errors);
        }
    }

    public static TaxonomicRank RankOf(string rank) => Enum.Parse<TaxonomicRank>(rank, ignoreCase: true);
}
