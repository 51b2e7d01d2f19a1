using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using MediatR;
using Npgsql;
using NpgsqlTypes;

namespace Lab.Api.Panels;

/// <summary>A version of a panel that was stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">From 1.</param>
/// <param name="Status">draft or published (frozen).</param>
/// <param name="Digest">SHA-256 of what was stored.</param>
/// <param name="Rates">How often each rule makes a finding in the healthy people of each cohort.</param>
public sealed record PanelStored(string Id, int Version, string Status, string Digest, IReadOnlyList<PanelRates> Rates);

/// <summary>A new version of a panel of the lab's own: a draft, to be tried, or published at once and frozen.</summary>
public static class PublishPanel
{
    private const int LongestReason = 500;

    public sealed record Command(Panel Panel, byte[] Content, string Status, string? Force, IReadOnlyList<PanelRates> Rates, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Publish a panel</summary>
    public static async Task<Answer> PostAsync(string id, bool? draft, string? force, HttpContext context, IMediator sender, ReferenceLibrary library, PanelJudgement judgement)
    {
        Accession.Demand(id);
        if (Panel.Shipped.Any(p => p.Id == id)) throw new ProblemException(ProblemCodes.ReferenceFixed, "The panel ships with Lab.");
        if (force is not null && (string.IsNullOrWhiteSpace(force) || force.Length > LongestReason || force.Any(char.IsControl)))
            throw new ProblemException(ProblemCodes.BadRequest, $"force is a reason in 1 to {LongestReason} characters.");
        var body = await UploadedContent.ReadAsync(context);
        var (panel, content) = await PanelContent.ReadAsync(body.Bytes, reference => library.FindPanelAsync(reference, context.RequestAborted));
        if (panel.Id != id) throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors: [new("value-invalid", null, null, "/id", $"The panel is '{panel.Id}', and was sent to '{id}'.", "Send it to its own address.")]);
        // Counted before the transaction: it takes seconds, and the people of a published cohort do not change.
        var rates = await judgement.RatesAsync(panel, context.RequestAborted);
        if (draft is not true && force is null) await judgement.DemandRareAsync(panel, rates, context.RequestAborted);
        return await sender.Send(new Command(panel, content, draft is true ? PanelVersion.Draft : PanelVersion.Published, force, rates, IdempotentRequest.Of(context.Request, body.Sha256)), context.RequestAborted);
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Command, Answer>
    {
        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var (panel, digest) = (command.Panel, Convert.ToHexStringLower(SHA256.HashData(command.Content)));
            // Versions of one panel are numbered one after the other.
            await session.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('panel:' || $1, 0))", cancellation, panel.Id);
            var stored = new PanelStored(panel.Id, panel.Version, command.Status, digest, command.Rates);
            var (next, same) = await PublishedAsync(panel, digest, cancellation);
            if (same is not null && command.Status == PanelVersion.Published) stored = stored with { Rates = same };
            else if (panel.Version != next) throw new ProblemException(ProblemCodes.VersionTaken, string.Create(CultureInfo.InvariantCulture, $"The next version of {panel.Id} is {next}."));
            else await StoreAsync(stored, command.Content, cancellation);
            if (same is null)
            {
                await session.RecordAsync(command.Status == PanelVersion.Draft ? "panel.drafted" : "panel.published", $"panel:{panel.Ref}",
                    JsonSerializer.Serialize(new { stored.Digest, Forced = command.Force, stored.Rates }, Json.Options), cancellation);
            }
            var answer = Answer.Of(same is null ? StatusCodes.Status201Created : StatusCodes.Status200OK, $"/v1/panels/{panel.Id}/versions/{panel.Version}", stored);
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }

        /// <summary>Which version comes next, and the rates of the published one that is this very content.</summary>
        private async Task<(int Next, IReadOnlyList<PanelRates>? Same)> PublishedAsync(Panel panel, string digest, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("""
                SELECT COALESCE(max(version), 0) + 1, (SELECT rates::text FROM lab.panel_version WHERE id = $1 AND version = $2 AND status = 'published' AND digest = $3)
                FROM lab.panel_version WHERE id = $1 AND status = 'published'
                """, cancellation, panel.Id, panel.Version, digest);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            return (reader.GetInt32(0), await reader.IsDBNullAsync(1, cancellation) ? null : JsonSerializer.Deserialize<PanelRates[]>(reader.GetString(1), Json.Stored));
        }

        private async Task StoreAsync(PanelStored stored, byte[] content, CancellationToken cancellation)
        {
            await using var upsert = await session.CommandAsync("""
                INSERT INTO lab.panel_version (id, version, status, digest, content, created_by, rates, created_at, published_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp(), CASE $3 WHEN 'published' THEN clock_timestamp() END)
                ON CONFLICT (id, version) DO UPDATE SET status = excluded.status, digest = excluded.digest, content = excluded.content, created_by = excluded.created_by, rates = excluded.rates,
                    created_at = excluded.created_at, published_at = excluded.published_at
                """, cancellation, stored.Id, stored.Version, stored.Status, stored.Digest, Gzip.Compress(content), session.Caller.Client);
            upsert.Parameters.Add(new NpgsqlParameter { Value = JsonSerializer.Serialize(stored.Rates, Json.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
            await upsert.ExecuteNonQueryAsync(cancellation);
        }
    }
}
