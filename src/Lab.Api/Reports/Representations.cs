using System.Collections.Immutable;
using Lab.Api.Hosting;
using Lab.Api.Reports.Fhir;
using Lab.Api.Reports.Page;
using Microsoft.Net.Http.Headers;

namespace Lab.Api.Reports;

/// <summary>One way to send a stored report, as a request asks for it.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="Tag">What its ETag has after that of the document; empty for the document itself.</param>
/// <param name="RenderAsync">Makes it of the document; null where it is the document.</param>
public sealed record Rendition(string ContentType, string Tag, Func<byte[], HttpContext, Task<byte[]>>? RenderAsync = null)
{
    /// <summary>BCP 47; null where it has none of its own.</summary>
    public string? Language { get; init; }

    public string? ContentSecurityPolicy { get; init; }

    public IResult Send(HttpContext context, byte[] content)
    {
        context.Response.Headers.ContentLanguage = Language;
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        return TypedResults.Bytes(content, ContentType);
    }
}

/// <summary>What a report can be sent as. On equal wishes the first wins, so that <c>*/*</c> is JSON.</summary>
public static class Representations
{
    private static readonly ImmutableArray<(string MediaType, Func<HttpRequest, PageWish, Rendition> Of)> All =
    [
        ("application/json", (_, _) => new Rendition("application/json; charset=utf-8", "")),
        ("text/html", ReportPage.Of),
        (FhirReport.MediaType, (_, _) => new Rendition($"{FhirReport.MediaType}; charset=utf-8", $"-fhir-{Build}", (document, _) => Task.FromResult(FhirReport.Write(document)))),
        (ReportCsv.MediaType, (_, _) => new Rendition($"{ReportCsv.MediaType}; charset=utf-8", $"-csv-{Build}", ReportCsv.RenderAsync)),
    ];

    // What is rendered is rendered in a build's own way, so another build of it is another representation.
    public static readonly string Build = typeof(Representations).Module.ModuleVersionId.ToString("N")[..8];

    public static string Names => string.Join(", ", All.Select(r => r.MediaType));

    /// <exception cref="ProblemException">None of them is accepted, or its parameters cannot be right.</exception>
    public static Rendition Of(HttpRequest request, string? lang, string? view)
    {
        var wish = PageWish.Demand(lang, view);
        var type = Preferred(request, [.. All.Select(r => r.MediaType)]) ?? throw new ProblemException(ProblemCodes.NotAcceptable, $"A report is sent as {Names}.");
        return All.Single(r => r.MediaType == type).Of(request, wish);
    }

    /// <summary>Which of some types the client likes best, on equal wishes the first; null where it accepts none.</summary>
    public static string? Preferred(HttpRequest request, params string[] types)
    {
        var ranges = request.GetTypedHeaders().Accept;
        return ranges is not { Count: > 0 } ? types[0]
            : types.Select(type => (Type: type, Quality: Quality(ranges, type))).Where(t => t.Quality > 0).OrderByDescending(t => t.Quality).FirstOrDefault().Type;
    }

    /// <summary>The most specific range that covers the type decides, and its q=0 means no (RFC 9110, 12.5.1).</summary>
    private static double Quality(IEnumerable<MediaTypeHeaderValue> ranges, string type) => ranges
        // Whole names: ASP.NET takes application/fhir+json for an application/json.
        .Where(range => range.MatchesAllSubTypes ? range.MatchesMediaType(type) : range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase))
        .OrderByDescending(range => range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2).Select(range => range.Quality ?? 1).FirstOrDefault();
}
