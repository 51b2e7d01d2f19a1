using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using MediatR;
using Npgsql;

namespace Lab.Api.Reports;

/// <summary>Sends a stored report version as it is, or as it is rendered for its reader; for a known ETag neither is even read.</summary>
public static class GetReport
{
    /// <summary>SQL: of the series of <c>r</c>, the last released version, or the last of those that wait for a first release. By version: clocks of nodes differ.</summary>
    public const string IsCurrent = """
        NOT EXISTS (SELECT FROM lab.report n WHERE n.sample_id = r.sample_id AND n.assay = r.assay AND n.status <> 'preliminary'
            AND (n.version > r.version OR r.status = 'preliminary'))
        AND NOT EXISTS (SELECT FROM lab.report n WHERE n.sample_id = r.sample_id AND n.assay = r.assay AND r.status = 'preliminary' AND n.version > r.version)
        """;

    /// <summary>By id, or the current one of a sample (of one assay, or the one issued last). The client knows some ETags; this representation's ends with a tag.</summary>
    public sealed record Query(Guid? Id, string? Accession, string? Assay) : IRequest<Found?>
    {
        public IReadOnlyList<string> KnownEtags { get; init; } = [];
        public string Tag { get; init; } = "";
    }

    /// <summary>A report as it is stored, with the ETag of the representation; the document is null when the client has it.</summary>
    public sealed record Found(Guid Id, string Etag, byte[]? Document, Guid? Successor);

    /// <summary>Read one version of a report</summary>
    public static Task<IResult> ByIdAsync(string id, string? lang, string? view, HttpContext context, IMediator sender) =>
        SendAsync(context, sender, new Query(Ids.Demand(id), null, null), lang, view);

    /// <summary>Read a sample's current report</summary>
    public static Task<IResult> CurrentAsync(string accession, string? assay, string? lang, string? view, HttpContext context, IMediator sender)
    {
        Accession.Demand(accession);
        if (assay is not null && !Accession.IsValid(assay)) throw new ProblemException(ProblemCodes.NotFound, "There is no such assay.");
        return SendAsync(context, sender, new Query(null, accession, assay), lang, view);
    }

    private static async Task<IResult> SendAsync(HttpContext context, IMediator sender, Query query, string? lang, string? view)
    {
        var rendition = Representations.Of(context.Request, lang, view);
        var gzip = context.Request.GetTypedHeaders().AcceptEncoding.Any(e => e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && e.Quality is null or > 0);
        var known = context.Request.GetTypedHeaders().IfNoneMatch.Select(tag => tag.Tag.ToString().Trim('"')).ToArray();
        var found = await sender.Send(query with { KnownEtags = known, Tag = $"{rendition.Tag}{(gzip ? "-gzip" : "")}" }, context.RequestAborted)
            ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such report, or it is not yours.");
        var headers = context.Response.Headers;
        headers.ETag = $"\"{found.Etag}\"";
        headers.Vary = "Accept, Accept-Encoding, Accept-Language";
        headers.CacheControl = "private, no-cache";
        if (found.Successor is { } successor) headers.Link = $"</v1/reports/{successor}>; rel=\"successor-version\"";
        if (found.Document is null) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        Telemetry.ReportReads.Add(1, "media_type", rendition.ContentType.Split(';')[0]);
        if (gzip) headers.ContentEncoding = "gzip";
        if (rendition.RenderAsync is null) return rendition.Send(context, gzip ? found.Document : Gzip.Expand(found.Document));
        var rendered = await rendition.RenderAsync(Gzip.Expand(found.Document), context);
        return rendition.Send(context, gzip ? Gzip.Compress(rendered) : rendered);
    }

    public sealed class Handler(LabDatabase database, Caller caller, ReadAudit reads) : IRequestHandler<Query, Found?>
    {
        /// <summary>Partners see released versions only; who may release them also what still waits.</summary>
        public async Task<Found?> Handle(Query query, CancellationToken cancellation)
        {
            // One round trip: the batch is its own transaction, and its first statement says whose rows may be seen.
            await using var batch = database.App.CreateBatch();
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('app.partner', $1, true)") { Parameters = { new() { Value = caller.PartnerScope } } });
            var select = new NpgsqlBatchCommand($"""
                SELECT r.id, r.etag || $2, r.status, CASE WHEN (r.etag || $2 = ANY($1) OR '*' = ANY($1)) AND r.document <> '' THEN NULL ELSE r.document END,
                    (SELECT n.id FROM lab.report n WHERE n.sample_id = r.sample_id AND n.assay = r.assay AND n.version > r.version
                        AND ($3 OR n.status <> 'preliminary') ORDER BY n.version LIMIT 1), r.sample_id
                FROM lab.report r {(query.Id is null ? "JOIN lab.sample s ON s.id = r.sample_id" : "")}
                WHERE {(query.Id is null ? $"s.accession = $4 AND ($5::text IS NULL OR r.assay = $5) AND {IsCurrent}" : "r.id = $4")}
                ORDER BY r.status <> 'preliminary' DESC, r.issued_at DESC, r.id DESC LIMIT 1
                """);
            select.Parameters.Add(new() { Value = query.KnownEtags.ToArray() });
            select.Parameters.Add(new() { Value = query.Tag });
            select.Parameters.Add(new() { Value = caller.SeesPreliminary });
            select.Parameters.Add(new() { Value = query.Id is { } id ? id : query.Accession });
            if (query.Id is null) select.Parameters.Add(new() { Value = (object?)query.Assay ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            batch.BatchCommands.Add(select);
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            await reader.NextResultAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) return null;
            caller.DemandReleased(reader.GetString(2));
            var document = reader.IsDBNull(3) ? null : Erasure.Demand(reader.GetFieldValue<byte[]>(3));
            // Who has the bytes already is sent none.
            if (document is not null) reads.Record(caller, ReadAudit.Report, reader.GetGuid(0), reader.GetGuid(5));
            return new Found(reader.GetGuid(0), reader.GetString(1), document, reader.IsDBNull(4) ? null : reader.GetGuid(4));
        }
    }
}
