using System.Text.Json;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Reports;

/// <summary>Whether a stored report is what was written, and whether the same comes out of its source again.</summary>
/// <param name="Intact">The stored bytes have the hash that the audit trail recorded, and the digest that they state.</param>
/// <param name="Reproduced">Read from the stored source again and computed with the pinned panel, cohort and assay, the report has the same digest.</param>
/// <param name="Digest">The digest that the audit trail recorded.</param>
public sealed record ReportVerification(bool Intact, bool Reproduced, string Digest);

/// <summary>Proves a report against the audit trail and against its source.</summary>
public static class VerifyReport
{
    public sealed record Command(Guid Id) : ICommand<ReportVerification>;

    /// <summary>Verify a report</summary>
    public static async Task<Ok<ReportVerification>> PostAsync(string id, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Command(Ids.Demand(id)), context.RequestAborted));

    public sealed class Handler(LabSession session, ReferenceLibrary library) : IRequestHandler<Command, ReportVerification>
    {
        public async Task<ReportVerification> Handle(Command command, CancellationToken cancellation)
        {
            var (stored, source) = await ReadAsync(command.Id, cancellation);
            var verification = new ReportVerification(IsIntact(stored), source is not null && await IsReproducedAsync(stored, source, cancellation), stored.Recorded.Digest);
            await session.RecordAsync("report.verified", $"report:{command.Id}", JsonSerializer.Serialize(verification, JsonSerializerOptions.Web), cancellation);
            return verification;
        }

        private static bool IsIntact(Stored stored)
        {
            if (Unpacked(stored.Document) is not { } document || ReportVersion.Hash(document) != stored.Recorded.Sha256) return false;
            return ReportDocument.DigestOf(document) == stored.Recorded.Digest && stored.Digest == stored.Recorded.Digest && stored.Etag == ReportDocument.Etag(document)
                && stored.Version == stored.Recorded.Version && stored.Status == stored.Recorded.Status;
        }

        private async Task<bool> IsReproducedAsync(Stored stored, Source source, CancellationToken cancellation)
        {
            var assay = stored.Inputs.Assay;
            if (Unpacked(source.Content) is not { } content || await library.FindPanelAsync(stored.Panel, cancellation) is not { } panel) return false;
            var cohort = stored.Cohort is null ? null : await library.PinnedAsync(stored.Cohort, panel, cancellation);
            if (stored.Cohort is not null && cohort is null) return false;
            var reading = ProfileReader.Read(content, new ProfileReadingOptions(source.Format, AllowIncomplete: true) { Source = assay.Source }, TaxonomyRelease.Shipped, UploadedContent.Limits);
            if (reading.Profile is not { } profile) return false;
            var report = ReportBuilder.Build(new ReportInput
            {
                Profile = profile,
                Assay = assay,
                Panel = panel,
                Cohort = cohort,
                CollectedAt = stored.Inputs.CollectedAt,
                ReceivedAt = stored.Inputs.ReceivedAt,
                Context = stored.Inputs.Context?.ForReport(),
                SameBytesAsAnotherSample = stored.Inputs.SameBytesAsAnotherSample,
            });
            if (stored.Recorded.Status == ReportSeries.EnteredInError) report = report with { Findings = [], Recommendations = [] };
            return ReportDocument.Digest(report) == stored.Recorded.Digest;
        }

        /// <summary>Null where what is stored is no gzip any more: changed, not merely another text.</summary>
        private static byte[]? Unpacked(byte[] packed)
        {
            try
            {
                return Gzip.Expand(packed);
            }
            catch (ProblemException)
            {
                return null;
            }
        }

        private async Task<(Stored, Source?)> ReadAsync(Guid id, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("""
                SELECT r.version, r.status, r.panel, r.cohort, r.inputs::text, r.digest, r.etag, r.document, p.format, p.source,
                    (SELECT a.details::text FROM lab.audit a WHERE a.object = 'report:' || r.id AND a.action <> 'report.verified' AND a.details ? 'sha256' ORDER BY a.id LIMIT 1)
                FROM lab.report r LEFT JOIN lab.profile p ON p.id = r.profile_id WHERE r.id = $1
                """, cancellation, id);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation)) throw new ProblemException(ProblemCodes.NotFound, "There is no such report, or it is not yours.");
            session.Caller.DemandReleased(reader.GetString(1));
            var document = Erasure.Demand(reader.GetFieldValue<byte[]>(7));
            var recorded = await reader.IsDBNullAsync(10, cancellation) ? new("", "", 0, "") : JsonSerializer.Deserialize<ReportVersion.Recorded>(reader.GetString(10), JsonSerializerOptions.Web)!;
            return (new(reader.GetInt32(0), reader.GetString(1), reader.GetString(2), await reader.IsDBNullAsync(3, cancellation) ? null : reader.GetString(3),
                ReportInputs.Read<ReportInputs>(reader.GetString(4)), reader.GetString(5), reader.GetString(6), document, recorded),
                await reader.IsDBNullAsync(9, cancellation) ? null : new(reader.GetString(8), reader.GetFieldValue<byte[]>(9)));
        }

        private sealed record Stored(int Version, string Status, string Panel, string? Cohort, ReportInputs Inputs, string Digest, string Etag, byte[] Document, ReportVersion.Recorded Recorded);

        private sealed record Source(string Format, byte[] Content);
    }
}
