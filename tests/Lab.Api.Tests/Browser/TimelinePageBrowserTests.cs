using Lab.Api.Tests.Subjects;
using Microsoft.Playwright;
using Xunit;

namespace Lab.Api.Tests.Browser;

/// <summary>The page of a person over time as a browser shows it.</summary>
public sealed class TimelinePageBrowserTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly string Chromium = Environment.GetEnvironmentVariable("CHROMIUM_PATH") ?? "/usr/bin/chromium";

    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("en", ColorScheme.Dark)]
    [InlineData("nl", ColorScheme.Light)]
    [InlineData("nl", ColorScheme.Dark)]
    public async Task It_does_not_violate_WCAG_2_2_AA(string language, ColorScheme scheme)
    {
        var axe = Environment.GetEnvironmentVariable("AXE_PATH");
        Assert.SkipUnless(File.Exists(axe), "axe-core is not here: AXE_PATH names its axe.min.js, which .ci/run fetches with npm.");
        await using var opened = await OpenAsync(language, new() { ColorScheme = scheme, BypassCSP = true, ViewportSize = new() { Width = 390, Height = 844 } });
        await opened.Page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        await opened.Page.AddScriptTagAsync(new() { Path = axe });
        var violations = await opened.Page.EvaluateAsync<string[]>("""
            async () => (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
                .violations.map(v => `${v.id}: ${v.nodes[0].html}`)
            """);
        Assert.Equal("", string.Join('\n', violations));
    }

    [Theory]
    [InlineData(360)]
    [InlineData(768)]
    public async Task It_fits_a_screen_without_scrolling_sideways(int width)
    {
        await using var opened = await OpenAsync("nl", new() { BypassCSP = true, ViewportSize = new() { Width = width, Height = 740 } });
        Assert.Equal(width, await opened.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task It_asks_for_nothing_but_itself_needs_no_script_and_joins_only_what_is_comparable()
    {
        var (requests, complaints) = (new List<string>(), new List<string>());
        await using var opened = await OpenAsync("en", new() { JavaScriptEnabled = false }, page =>
        {
            page.Request += (_, request) => requests.Add(request.Url);
            page.Console += (_, message) => complaints.Add(message.Text);
        });
        Assert.Single(requests);
        Assert.Empty(complaints);
        await Assertions.Expect(opened.Page.Locator(".summary")).ToHaveCSSAsync("border-top-style", "solid");
        // Four samples of one assay and, between the second and third, one of another: the four are joined, the other is in the table only.
        var shannon = opened.Page.Locator(".trend-row").Filter(new() { Has = opened.Page.GetByRole(AriaRole.Heading, new() { Name = "Shannon" }) }).First;
        Assert.Equal((4, 3), (await shannon.Locator(".mark").CountAsync(), await shannon.Locator("line.trend").CountAsync()));
    }

    private async Task<Opened> OpenAsync(string language, BrowserNewPageOptions options, Action<IPage>? watch = null)
    {
        Assert.SkipUnless(File.Exists(Chromium), $"There is no Chromium at {Chromium}; CHROMIUM_PATH names another.");
        await FourSamples.RegisterAsync(host, "BROWSED", TestContext.Current.CancellationToken);
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
        options.ExtraHTTPHeaders = new Dictionary<string, string> { ["X-Api-Key"] = host.Key, ["Accept"] = "text/html" };
        var page = await browser.NewPageAsync(options);
        watch?.Invoke(page);
        await page.GotoAsync(new Uri(host.BaseAddress, $"v1/subjects/BROWSED/timeline?lang={language}").ToString());
        return new(playwright, browser, page);
    }

    private sealed record Opened(IPlaywright Playwright, IBrowser Chromium, IPage Page) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Chromium.DisposeAsync();
            Playwright.Dispose();
        }
    }
}
