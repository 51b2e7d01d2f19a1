using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Lab.Api.Hosting;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Lab.Api.Reports.Page;

/// <summary>How a reader wants the page; null where that was not said.</summary>
public sealed record PageWish(string? Language, string? View)
{
    /// <exception cref="ProblemException">There is no such language or view.</exception>
    public static PageWish Demand(string? lang, string? view)
    {
        var filters = new Filters();
        var wish = new PageWish(filters.Word("lang", lang, [.. ReportPage.Languages]), filters.Word("view", view, [.. ReportPage.Views]));
        filters.Demand();
        return wish;
    }
}

/// <summary>The report for people: one self-contained page of the stored document, with nothing computed again.</summary>
public static class ReportPage
{
    public static readonly ImmutableArray<string> Languages = ["en", "nl"];
    public static readonly ImmutableArray<string> Views = ["full", "clinician", "consumer", "consensus"];

    public static readonly string Style = ReadStyle();

    // Only the page's own style sheet applies, and nothing can be loaded, run or sent.
    public static readonly string Policy = "default-src 'none'; style-src 'sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))
        + "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // Letters of names and of Dutch stay as they are: the page is UTF-8.
    private static readonly ServiceProvider Services = new ServiceCollection().AddLogging().AddSingleton(HtmlEncoder.Create(UnicodeRanges.All)).BuildServiceProvider();

    public static Rendition Of(HttpRequest request, PageWish wish)
    {
        var (language, view) = (wish.Language ?? Preferred(request), wish.View ?? Views[0]);
        return new("text/html; charset=utf-8", $"-html-{language}{(view == Views[0] ? "" : $"-{view}")}-{Representations.Build}", (document, _) => RenderAsync(document, language, view))
        {
            Language = language,
            ContentSecurityPolicy = Policy,
        };
    }

    public static Task<byte[]> RenderAsync(byte[] document, string language, string view) => RenderAsync<WholePage>(document, language, view);

    /// <summary>Any page of a document.</summary>
    public static async Task<byte[]> RenderAsync<TPage>(byte[] document, string language, string view) where TPage : PagePart
    {
        using var parsed = JsonDocument.Parse(document);
        var model = new PageModel(new DocumentPart(parsed.RootElement, ""), language, view);
        await using var renderer = new HtmlRenderer(Services, Services.GetRequiredService<ILoggerFactory>());
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync<TPage>(ParameterView.FromDictionary(new Dictionary<string, object?> { [nameof(PagePart.Page)] = model }))).ToHtmlString());
        return Encoding.UTF8.GetBytes("<!doctype html>\n" + html);
    }

    /// <summary>The language that the reader likes best of those there are; English where none is named.</summary>
    public static string Preferred(HttpRequest request) => request.GetTypedHeaders().AcceptLanguage.Where(l => l.Quality is null or > 0).OrderByDescending(l => l.Quality ?? 1)
        .Select(l => Languages.FirstOrDefault(known => l.Value == "*" || l.Value.Equals(known, StringComparison.OrdinalIgnoreCase) || l.Value.StartsWith(known + "-", StringComparison.OrdinalIgnoreCase)))
        .FirstOrDefault(l => l is not null) ?? Languages[0];

    private static string ReadStyle()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("page/report.css") ?? throw new InvalidOperationException("report.css is missing.");
        using var reader = new StreamReader(stream);
        // Lines and indents are for who writes it.
        return string.Concat(reader.ReadToEnd().Split('\n').Select(line => line.Trim()));
    }
}
