using Hl7.Fhir.Model;
using Lab.Api.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Reports.Fhir;

/// <summary>Publishes the codes that reports use, for whoever has to read one: no key is needed.</summary>
public static class GetCodeSystems
{
    private static readonly Dictionary<string, byte[]> Each = LabCodes.Published.ToDictionary(system => system.Id!, FhirReport.Write);

    private static readonly byte[] Everything = FhirReport.Write(new Bundle
    {
        Type = Bundle.BundleType.Searchset,
        Total = LabCodes.Published.Count,
        Entry = [.. LabCodes.Published.Select(system => new Bundle.EntryComponent { FullUrl = system.Url, Resource = system, Search = new() { Mode = Bundle.SearchEntryMode.Match } })],
    });

    /// <summary>List the code systems</summary>
    public static IResult Get(HttpContext context) => Send(context, Everything);

    /// <summary>Read a code system</summary>
    public static IResult GetOne(string id, HttpContext context) =>
        Send(context, Each.GetValueOrDefault(id) ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such code system."));

    private static FileContentHttpResult Send(HttpContext context, byte[] resource)
    {
        context.Response.Headers.CacheControl = "public, max-age=3600";
        return TypedResults.Bytes(resource, $"{FhirReport.MediaType}; charset=utf-8");
    }
}
