using System.Collections.Immutable;
using System.Data;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;

namespace Lab.Api.Panels;

/// <summary>What is to be tried.</summary>
public sealed record ImpactTask(string Id, int Version, string? Cohort);

/// <summary>What the reports would say under a panel.</summary>
/// <param name="Panel">As <c>id@version</c>.</param>
/// <param name="Digest">SHA-256 of the panel that was tried: a draft may have been replaced since.</param>
/// <param name="Cohort">The cohort that was asked for; null: for each report the one that a new analysis would take.</param>
/// <param name="Reports">How many reports were evaluated, one a sample and assay.</param>
/// <param name="Changed">How many of them would say anything else than their last version does.</param>
/// <param name="FindingsChanged">How many would have other findings, or one of another severity or direction.</param>
/// <param name="WithoutReport">Profiles that have no report yet; they are in no other number.</param>
/// <param name="Findings">Which findings would come, go and change, the most frequent first.</param>
public sealed record ImpactSummary(string Panel, string Digest, string? Cohort, int Reports, int Changed, int FindingsChanged, int WithoutReport, IReadOnlyList<FindingImpact> Findings);

/// <summary>One way in which findings would change.</summary>
/// <param name="Code">Which finding.</param>
/// <param name="Change">appears, vanishes or changes.</param>
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
/// <param name="Change">appears, vanishes or changes.</param>
/// <param name="From">The severity before; null where it appears.</param>
/// <param name="To">The severity after; null where it vanishes.</param>
public sealed record FindingChange(string Code, string Change, string? From, string? To);

/// <summary>Evaluates a panel over everything that is stored, as a re-interpretation would, and keeps only what would differ.</summary>
public sealed class PanelImpact(ReferenceLibrary library) : ITaskHandler
{
    public const string TaskKind = "panel-impact", Appears = "appears", Vanishes = "vanishes", Changes = "changes";

    public string Kind => TaskKind;

    public async Task RunAsync(TaskRun run, CancellationToken cancellation)
    {
        var (id, version, wanted) = run.Request<ImpactTask>();
        await using var session = run.Open(IsolationLevel.RepeatableRead);
        var (panel, digest) = await PanelAsync(session, id, version, cancellation);
        var cohorts = await library.CohortsAsync(cancellation);
        long total;
        await using (var count = await session.CommandAsync("SELECT count(*) FROM lab.sample", cancellation)) total = (long)(await count.ExecuteScalarAsync(cancellation))!;
        await using var list = new TaskContent(run);
        var ways = new Dictionary<FindingChange, int>();
        var (done, reports, changed, findings, without) = (0L, 0, 0, 0, 0);
        for (Guid? last = Guid.Empty; last is { } after;)
        {
            (last, var samples, var batch) = await StoredSeries.NextAsync(session, after, panel, cancellation);
            foreach (var series in batch)
            {
                if (series.Document is not { } document || series.Report is not var (report, number))
                {
                    without++;
                    continue;
                }
                reports++;
                // As a re-interpretation: where the wanted one does not fit, the one that does.
                var cohort = (wanted is null ? null : await library.ChooseAsync(series.Assay, panel, wanted, cohorts, cancellation)) ?? await library.ChooseAsync(series.Assay, panel, null, cohorts, cancellation);
                var content = ReportBuilder.Build(series.Input with { Cohort = cohort });
                var diff = ReportDiff.Of(Gzip.Expand(document), ReportDocument.Write(Envelope, content));
                if (!IsChange(diff)) continue;
                changed++;
                var changes = ChangesOf(diff);
                if (changes.Length > 0) findings++;
                foreach (var change in changes) CollectionsMarshal.GetValueRefOrAddDefault(ways, change, out _)++;
                list.Holds(series.SampleId);
                list.Write(JsonSerializer.SerializeToUtf8Bytes(new ReportImpact(series.Accession, series.Assay.Id, report, number, changes), Json.Options));
                list.Write("\n"u8);
                await list.KeepAsync(cancellation);
            }
            run.Progress(done += samples, total);
        }
        await list.CompleteAsync(cancellation);
        run.Report(new ImpactSummary(panel.Ref, digest, wanted, reports, changed, findings, without,
            [.. ways.OrderByDescending(w => w.Value).ThenBy(w => w.Key.Code, StringComparer.Ordinal).Select(w => new FindingImpact(w.Key.Code, w.Key.Change, w.Key.From, w.Key.To, w.Value))]));
    }

    /// <summary>A name for a document that is compared and thrown away.</summary>
    private static ReportEnvelope Envelope => new() { Id = Guid.Empty, Version = 0, Status = "preliminary", IssuedAt = DateTimeOffset.UnixEpoch };

    /// <summary>Whether a reader is told something else: not that the panel, which names itself in the method and in each rule, has another name.</summary>
    public static bool IsChange(ReportDiff diff)
    {
        ArgumentNullException.ThrowIfNull(diff);
        return diff.Findings.Any(f => f.Change != "changed" || f.Members.Any(m => m != "rule")) || diff.Quality.Length + diff.Checks.Length + diff.Measurements.Length + diff.Taxa.Length > 0
            || diff.Notices.Length + diff.Recommendations.Length > 0 || diff.Method.Any(m => m.Member is not ("panel" or "engine"));
    }

    /// <summary>What of the findings is different: there or not, its severity, its direction.</summary>
    public static ImmutableArray<FindingChange> ChangesOf(ReportDiff diff)
    {
        ArgumentNullException.ThrowIfNull(diff);
        return [.. diff.Findings.Where(f => (f.From?.Severity, f.From?.Direction) != (f.To?.Severity, f.To?.Direction))
            .Select(f => new FindingChange(f.Code, f.From is null ? Appears : f.To is null ? Vanishes : Changes, f.From?.Severity, f.To?.Severity))];
    }

    private async Task<(Panel, string)> PanelAsync(LabSession session, string id, int version, CancellationToken cancellation)
    {
        if (Panel.Find($"{id}@{version}") is { } shipped) return (shipped, Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(shipped, Json.Options))));
        await using var select = await session.CommandAsync("SELECT content, digest FROM lab.panel_version WHERE id = $1 AND version = $2", cancellation, id, version);
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) throw new ProblemException(ProblemCodes.PanelUnknown, "The panel is not there any more.");
        var (content, digest) = (Gzip.Expand(reader.GetFieldValue<byte[]>(0)), reader.GetString(1));
        // The library's own object where this is what was published: then the rates are its own, too.
        return (await library.FindPanelAsync($"{id}@{version}", cancellation) ?? PanelContent.Read(content), digest);
    }
}
