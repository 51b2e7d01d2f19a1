using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Microbiome.Panels;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Panels;

/// <summary>A panel, without its content.</summary>
public sealed record PanelSummary(string Id, int Version, string Description, string License, int Rules, int Guilds, int Ratios, int Recommendations);

/// <summary>Lists and reads panels.</summary>
public static class ListPanels
{
    public static Ok<Page<PanelSummary>> Get() => TypedResults.Ok(new Page<PanelSummary>
    {
        Items = [.. Panel.Shipped.Select(p => new PanelSummary(p.Id, p.Version, p.Description, p.License, p.Rules.Length, p.Guilds.Length, p.Ratios.Length, p.Recommendations.Length))],
    });

    public static Ok<Panel> GetVersion(string id, int version) =>
        TypedResults.Ok(Panel.Shipped.FirstOrDefault(p => p.Id == id && p.Version == version) ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such panel version."));
}
