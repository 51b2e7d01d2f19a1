using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Lab.Api.Cohorts;
using Lab.Api.Hosting;
using Lab.Api.Panels;
using Lab.Api.Storage;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;

namespace Lab.Api.Library;

/// <summary>The panels and cohorts that a report may be made with: those that ship and the lab's own published versions. A version never changes, so what was read once is kept; which versions there
/// are is asked of the database each time that it matters, so that every node knows a version from its commit on.</summary>
/// <remarks>It reads by the worker's connections: a request that holds one of its own never waits here for a second.</remarks>
public sealed class ReferenceLibrary(LabDatabase database)
{
    /// <summary>More versions than a laboratory uses at once; beyond, all are read again.</summary>
    private const int Kept = 64;

    private readonly ConcurrentDictionary<string, (Panel Panel, IReadOnlyList<PanelRates> Rates)> panels = new();
    private readonly ConcurrentDictionary<string, ReferenceCohort> cohorts = new();
    private readonly ConcurrentDictionary<(string Panel, string Cohort), ReferenceCohort> views = new();

    /// <summary>By <c>id@version</c>, or by id alone its newest version; null when there is none that is published.</summary>
    public async Task<Panel?> FindPanelAsync(string reference, CancellationToken cancellation) => Panel.Find(reference) ?? (await OwnPanelAsync(reference, cancellation))?.Panel;

    /// <summary>By <c>id@version</c>, or by id alone its newest version; null when there is none that is published.</summary>
    public async Task<ReferenceCohort?> FindCohortAsync(string reference, CancellationToken cancellation)
    {
        if (ReferenceCohort.Find(reference) is { } shipped) return shipped;
        if (await VersionAsync("cohort_version", reference, cancellation) is not var (id, version)) return null;
        if (cohorts.TryGetValue($"{id}@{version}", out var known)) return known;
        await using var command = database.Worker.CreateCommand("SELECT content FROM lab.cohort_version WHERE id = $1 AND version = $2 AND status = 'published'");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = version });
        if (await command.ExecuteScalarAsync(cancellation) is not byte[] content) return null;
        if (cohorts.Count >= Kept) cohorts.Clear();
        return cohorts[$"{id}@{version}"] = ReferenceCohort.Read(Gzip.Expand(content));
    }

    /// <summary>The newest version of each cohort, of two that fit an assay equally well the one to take first: the lab's own before those that ship, what was published last before all.</summary>
    public async Task<IReadOnlyList<ReferenceCohort>> CohortsAsync(CancellationToken cancellation)
    {
        var newest = new List<string>();
        await using (var command = database.Worker.CreateCommand("""
            SELECT id || '@' || version FROM (SELECT DISTINCT ON (id) id, version, published_at FROM lab.cohort_version WHERE status = 'published' ORDER BY id, version DESC) newest
            ORDER BY published_at DESC, id
            """))
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation)) newest.Add(reader.GetString(0));
        }
        var own = new List<ReferenceCohort>(newest.Count);
        foreach (var reference in newest) own.Add((await FindCohortAsync(reference, cancellation))!);
        return [.. own, .. ReferenceCohort.Shipped];
    }

    /// <summary>The newest version of each panel, those that ship first.</summary>
    public async Task<IReadOnlyList<Panel>> PanelsAsync(CancellationToken cancellation)
    {
        var newest = new List<string>();
        await using (var command = database.Worker.CreateCommand("SELECT id || '@' || max(version) FROM lab.panel_version WHERE status = 'published' GROUP BY id ORDER BY id"))
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation)) newest.Add(reader.GetString(0));
        }
        var own = new List<Panel>(newest.Count);
        foreach (var reference in newest) own.Add((await FindPanelAsync(reference, cancellation))!);
        return [.. Panel.Shipped, .. own];
    }

    /// <summary>What a finding may be: the codes of the rules of all of them.</summary>
    public async Task<string[]> FindingCodesAsync(CancellationToken cancellation) => [.. (await PanelsAsync(cancellation)).SelectMany(p => p.Rules).Select(r => r.Code).Distinct()];

    /// <summary>The cohort for an analysis: the wanted one, or where none is wanted the one of all that was measured most alike; as the panel sees it. Null where it may not speak at all.</summary>
    public async Task<ReferenceCohort?> ChooseAsync(Assay assay, Panel panel, string? wanted, CancellationToken cancellation) =>
        await ChooseAsync(assay, panel, wanted, wanted is null ? await CohortsAsync(cancellation) : [], cancellation);

    /// <summary>The same of what <see cref="CohortsAsync"/> gave.</summary>
    public async Task<ReferenceCohort?> ChooseAsync(Assay assay, Panel panel, string? wanted, IReadOnlyList<ReferenceCohort> known, CancellationToken cancellation)
    {
        var cohort = wanted is null ? CohortMatching.Best(assay, known, null)
            : await FindCohortAsync(wanted, cancellation) is { } named && CohortMatching.Match(assay, named) != CohortMatch.None ? named : null;
        return cohort is null ? null : await SeeAsync(cohort, panel, cancellation);
    }

    /// <summary>The cohort of a report by its pinned version, as the report's panel sees it; null when there is none.</summary>
    public async Task<ReferenceCohort?> PinnedAsync(string reference, Panel panel, CancellationToken cancellation) =>
        await FindCohortAsync(reference, cancellation) is { } cohort ? await SeeAsync(cohort, panel, cancellation) : null;

    /// <summary>A cohort as far as it speaks of what a panel means, with the rates that were counted when the panel was published; a panel that is not published has none yet.</summary>
    public async Task<ReferenceCohort> SeeAsync(ReferenceCohort cohort, Panel panel, CancellationToken cancellation)
    {
        if (panel.Ref == cohort.Panel && ReferenceEquals(panel, await FindPanelAsync(panel.Ref, cancellation))) return cohort;
        var own = Panel.Find(panel.Ref) is null ? await OwnPanelAsync(panel.Ref, cancellation) : null;
        // A draft has the name of what may be published meanwhile with other rules.
        var published = own is null ? Panel.Find(panel.Ref) is not null : ReferenceEquals(own.Value.Panel, panel);
        if (published && views.TryGetValue((panel.Ref, cohort.Ref), out var view)) return view;
        var measured = await FindPanelAsync(cohort.Panel, cancellation) ?? throw new InvalidOperationException($"The panel {cohort.Panel} of {cohort.Ref} is gone.");
        var rates = published ? own?.Rates.FirstOrDefault(r => r.Cohort == cohort.Ref && r.Counted) : null;
        view = cohort.For(panel, measured, rates?.Rules.Where(r => r.Rate is not null).ToDictionary(r => r.Code, r => r.Rate!.Value));
        if (!published) return view;
        if (views.Count >= Kept) views.Clear();
        return views[(panel.Ref, cohort.Ref)] = view;
    }

    private async Task<(Panel Panel, IReadOnlyList<PanelRates> Rates)?> OwnPanelAsync(string reference, CancellationToken cancellation)
    {
        if (await VersionAsync("panel_version", reference, cancellation) is not var (id, version)) return null;
        if (panels.TryGetValue($"{id}@{version}", out var known)) return known;
        await using var command = database.Worker.CreateCommand("SELECT content, rates::text FROM lab.panel_version WHERE id = $1 AND version = $2 AND status = 'published'");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = version });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return null;
        var own = (PanelContent.Read(Gzip.Expand(reader.GetFieldValue<byte[]>(0))), (IReadOnlyList<PanelRates>)JsonSerializer.Deserialize<PanelRates[]>(reader.GetString(1), Json.Stored)!);
        if (panels.Count >= Kept) panels.Clear();
        // Whoever read it at the same time has the same content; one of them stays, so that a panel is one object.
        return panels.GetOrAdd($"{id}@{version}", own);
    }

    /// <summary>What a name stands for; by id alone its newest published version, which only the database knows.</summary>
    private async Task<(string Id, int Version)?> VersionAsync(string table, string reference, CancellationToken cancellation)
    {
        var at = reference.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0) return int.TryParse(reference.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? (reference[..at], version) : null;
        await using var command = database.Worker.CreateCommand($"SELECT max(version) FROM lab.{table} WHERE id = $1 AND status = 'published'");
        command.Parameters.Add(new() { Value = reference });
        return await command.ExecuteScalarAsync(cancellation) is int newest ? (reference, newest) : null;
    }
}
