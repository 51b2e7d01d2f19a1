using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Partners;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Microbiome.Panels;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Panels;

/// <summary>A panel, without its content.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">From 1.</param>
/// <param name="Status">draft or published (frozen).</param>
/// <param name="Description">What it is for.</param>
/// <param name="License">Of its data.</param>
/// <param name="Rules">How many.</param>
/// <param name="Guilds">How many.</param>
/// <param name="Ratios">How many.</param>
/// <param name="Recommendations">How many.</param>
public sealed record PanelSummary(string Id, int Version, string Status, string Description, string License, int Rules, int Guilds, int Ratios, int Recommendations)
{
    public static PanelSummary Of(Panel p, string status) =>
        new(p.Id, p.Version, status, p.Description, p.License, p.Rules.Length, p.Guilds.Length, p.Ratios.Length, p.Recommendations.Length);
}

/// <summary>Lists and reads panels: those that ship, and the lab's own. Drafts are for those who may publish.</summary>
public static class ListPanels
{
    public sealed record Query(Paging Paging) : IRequest<Page<PanelSummary>>;

    public sealed record VersionQuery(string Id, int Version) : IRequest<Panel>;

    /// <summary>List the panels</summary>
    public static async Task<Ok<Page<PanelSummary>>> GetAsync(int? limit, string? cursor, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new Query(Paging.Of(context, limit, cursor)), context.RequestAborted));

    /// <summary>Read a panel</summary>
    public static async Task<Ok<Panel>> GetVersionAsync(string id, int version, HttpContext context, IMediator sender) =>
        TypedResults.Ok(await sender.Send(new VersionQuery(id, version), context.RequestAborted));

    /// <summary>Who may see what is not published.</summary>
    private static bool Publishes(Caller caller) => caller.IsLab && caller.Scopes.Contains(Scope.PanelsAdmin);

    public sealed class Handler(LabSession session) : IRequestHandler<Query, Page<PanelSummary>>
    {
        public async Task<Page<PanelSummary>> Handle(Query query, CancellationToken cancellation)
        {
            var own = (await session.ModelAsync(cancellation)).PanelVersions.AsQueryable();
            if (!Publishes(session.Caller)) own = own.Where(p => p.Status == PanelVersion.Published);
            var rows = await own.OrderBy(p => p.Id).ThenBy(p => p.Version).Select(p => new { p.Status, p.Content }).ToListAsync(cancellation);
            return query.Paging.PageOf([.. Panel.Shipped.Select(p => PanelSummary.Of(p, PanelVersion.Published)), .. rows.Select(p => PanelSummary.Of(PanelContent.Read(Gzip.Expand(p.Content)), p.Status))],
                p => $"{p.Id}@{p.Version}");
        }
    }

    public sealed class VersionHandler(LabSession session, ReferenceLibrary library) : IRequestHandler<VersionQuery, Panel>
    {
        public async Task<Panel> Handle(VersionQuery query, CancellationToken cancellation) =>
            await library.FindPanelAsync($"{query.Id}@{query.Version}", cancellation)
            ?? (Publishes(session.Caller) ? await DraftAsync(session, query.Id, query.Version, cancellation) : null)
            ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such panel version.");
    }

    /// <summary>A version that may still change; null when there is none.</summary>
    public static async Task<Panel?> DraftAsync(LabSession session, string id, int version, CancellationToken cancellation)
    {
        var content = await (await session.ModelAsync(cancellation)).PanelVersions.Where(p => p.Id == id && p.Version == version).Select(p => p.Content).SingleOrDefaultAsync(cancellation);
        return content is null ? null : PanelContent.Read(Gzip.Expand(content));
    }
}
