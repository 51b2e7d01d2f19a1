using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Profiles;

/// <summary>A profile as Lab understood it.</summary>
public sealed record NormalisedProfile
{
    public required Guid Id { get; init; }
    public required string Accession { get; init; }
    public required string Format { get; init; }
    public required string Assay { get; init; }
    public required string Unit { get; init; }
    /// <summary>The database that the file names; null where it names none.</summary>
    public required string? Database { get; init; }
    /// <summary>What the numbers of its format are: profiles that differ in it are not compared number by number.</summary>
    public required Measurement Measurement { get; init; }
    public required long? TotalReads { get; init; }
    /// <summary>What is not classified, in the unit of the file; null where it cannot say.</summary>
    public required double? Unclassified { get; init; }
    public required double? UnclassifiedFraction { get; init; }
    public required double? HostFraction { get; init; }
    public required double? ViralFraction { get; init; }
    /// <summary>What every fraction is of: all that is classified as Bacteria, Archaea or Fungi, in reads or as a fraction of everything.</summary>
    public required double Denominator { get; init; }
    public required string Sha256 { get; init; }
    public required string NormalisedSha256 { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public required IReadOnlyList<ProblemError> Warnings { get; init; }
    public required IReadOnlyList<NormalisedTaxon> Taxa { get; init; }
}

/// <summary>What the numbers of a format are.</summary>
/// <param name="Abundance">sequence: shares of reads; taxonomic: of organisms; unknown.</param>
/// <param name="Aggregation">disjoint: each read stands in one row; clade: a row holds all that stands below it.</param>
/// <param name="Denominator">What fractions are of: all, classified or unknown.</param>
/// <param name="Taxonomy">Whose names it uses, such as NCBI or GTDB; null where that depends on the database.</param>
public sealed record Measurement(string Abundance, string Aggregation, string Denominator, string? Taxonomy)
{
    public static Measurement Of(string format)
    {
        var known = ProfileFormats.Find(format)!;
        return new(Names.Of(known.Abundance), Names.Of(known.Aggregation), Names.Of(known.Denominator), known.Taxonomy);
    }
}

/// <summary>One taxon of a normalised profile.</summary>
/// <param name="Taxid">NCBI taxid; null where it is not known.</param>
/// <param name="Name">The current name.</param>
/// <param name="SubmittedName">As the file has it; null on an ancestor that the file does not list.</param>
/// <param name="Rank">domain … species, strain, or none.</param>
/// <param name="Lineage">Its ancestors and itself.</param>
/// <param name="Reads">Reads of the whole clade; null where the file has fractions.</param>
/// <param name="Fraction">Of all that is classified as Bacteria, Archaea or Fungi; null for what stands outside (host, viruses).</param>
public sealed record NormalisedTaxon(long? Taxid, string Name, string? SubmittedName, string Rank, string Lineage, double? Reads, double? Fraction);

/// <summary>The normalised profile, and the content as it came.</summary>
public static class GetProfile
{
    public sealed record Query(Guid Id) : IRequest<NormalisedProfile?>;

    public sealed record SourceQuery(Guid Id) : IRequest<byte[]?>;

    /// <summary>Read a profile as Lab understood it</summary>
    public static async Task<Ok<NormalisedProfile>> GetAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Query(Ids.Demand(id)), context.RequestAborted) ?? throw Missing());

    /// <summary>Read the content as it came</summary>
    public static async Task<FileContentHttpResult> SourceAsync(string id, HttpContext context, IMediator sender)
    {
        var source = await sender.Send(new SourceQuery(Ids.Demand(id)), context.RequestAborted) ?? throw Missing();
        // Never rendered by a browser, whatever somebody uploaded.
        context.Response.Headers.ContentDisposition = "attachment";
        return TypedResults.Bytes(source, "application/octet-stream");
    }

    private static ProblemException Missing() => new(ProblemCodes.NotFound, "There is no such profile, or it is not yours.");

    public sealed class Handler(LabSession session, ReadAudit reads) : IRequestHandler<Query, NormalisedProfile?>, IRequestHandler<SourceQuery, byte[]?>
    {
        public async Task<byte[]?> Handle(SourceQuery query, CancellationToken cancellation)
        {
            await using var command = await session.CommandAsync("SELECT source, sample_id FROM lab.profile WHERE id = $1", cancellation, query.Id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) return null;
            var source = Erasure.Demand(reader.GetFieldValue<byte[]>(0));
            reads.Record(session.Caller, ReadAudit.Profile, query.Id, reader.GetGuid(1));
            return Gzip.Expand(source);
        }

        public async Task<NormalisedProfile?> Handle(Query query, CancellationToken cancellation)
        {
            await using var command = await session.CommandAsync("""
                SELECT p.packed, s.accession, p.assay, p.sha256, p.normalised_sha256, p.received_at, p.warnings::text, p.sample_id
                FROM lab.profile p JOIN lab.sample s ON s.id = p.sample_id WHERE p.id = $1
                """, cancellation, query.Id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) return null;
            var packed = Erasure.Demand(reader.GetFieldValue<byte[]>(0));
            reads.Record(session.Caller, ReadAudit.Profile, query.Id, reader.GetGuid(7));
            var profile = ProfilePacking.Unpack(packed, TaxonomyRelease.Shipped);
            var composition = new Composition(profile);
            return new NormalisedProfile
            {
                Id = query.Id,
                Accession = reader.GetString(1),
                Format = profile.Format,
                Assay = reader.GetString(2),
                Unit = Names.Of(profile.Unit),
                Database = profile.Database,
                Measurement = Measurement.Of(profile.Format),
                TotalReads = profile.TotalReads,
                Unclassified = profile.Unit == AbundanceUnit.Percent ? profile.Unclassified * 100 : profile.Unclassified,
                UnclassifiedFraction = composition.UnclassifiedFraction,
                HostFraction = composition.HostFraction,
                ViralFraction = composition.ViralFraction,
                Denominator = composition.Denominator,
                Sha256 = Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(3)),
                NormalisedSha256 = Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(4)),
                ReceivedAt = reader.GetFieldValue<DateTimeOffset>(5),
                Warnings = System.Text.Json.JsonSerializer.Deserialize<List<ProblemError>>(reader.GetString(6), Json.Stored)!,
                Taxa = Taxa(profile, composition.Denominator),
            };
        }

        private static NormalisedTaxon[] Taxa(TaxonomicProfile profile, double denominator)
        {
            var lineages = new string[profile.Taxa.Length];
            var taxa = new NormalisedTaxon[profile.Taxa.Length];
            for (var i = 0; i < taxa.Length; i++)
            {
                var row = profile.Taxa[i];
                var above = row.Parent < 0 ? "" : lineages[row.Parent];
                var level = row.Rank is TaxonomicRank.None ? "" : $"{char.ToLowerInvariant(row.Rank == TaxonomicRank.Strain ? 't' : row.Rank.ToString()[0])}__{row.Name}";
                lineages[i] = level.Length == 0 ? above : above.Length == 0 ? level : $"{above};{level}";
                var inside = row.Group is OrganismGroup.Unknown or OrganismGroup.Bacteria or OrganismGroup.Archaea or OrganismGroup.Fungi;
                taxa[i] = new(row.Taxid, row.Name, row.SubmittedName, Names.Of(row.Rank), lineages[i],
                    profile.Unit is AbundanceUnit.Reads or AbundanceUnit.EstimatedReads ? row.Clade : null,
                    inside && denominator > 0 ? row.Clade / denominator : null);
            }
            return taxa;
        }
    }
}
